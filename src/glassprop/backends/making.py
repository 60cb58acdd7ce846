"""Nodes made in the place of others, where a program is made ready for loops.

A *maker* makes nodes with the scope and section of the one they stand for; the rest
puts copies in front of what must lie in memory, in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassprop.backends.views import core, is_in_code, view_of
from glassprop.errors import Unspelled
from glassprop.graph import DType, Node, Primitive, Shape, apply
from glassprop.ops import elementwise, indexing, leaves, shape


class Maker:
    """Makes nodes in the place of one.

    Parameters
    ----------
    node : Node
        The one.
    """

    def __init__(self, node: Node) -> None:
        self.node = node

    def __call__(self, row: Primitive, *inputs: Node, **attributes: Any) -> Node:
        """Apply a row."""
        node = self.node
        return apply(row, inputs, attributes, scope=node.scope, section=node.section)

    def number(self, value: float) -> Node:
        """Make a number of the node's dtype."""
        return self(leaves.constant, value=value, dtype=self.node.dtype)

    def filled(self, value: float, sizes: Shape) -> Node:
        """Make an array of one number."""
        return copied(self(shape.broadcast_to, self.number(value), shape=sizes))

    def cast(self, node: Node, dtype: DType) -> Node:
        """Bring a value to a dtype."""
        if node.dtype == dtype:
            return node
        return self(elementwise.astype, node, dtype=dtype)

    def transposed(self, node: Node, axes: Sequence[int]) -> Node:
        """Bring axes into another order."""
        if list(axes) == list(range(len(axes))):
            return node
        return self(shape.transpose, node, axes=tuple(axes))

    def reshaped(self, node: Node, sizes: Shape) -> Node:
        """Read a value, or a copy of it in order, as another shape."""
        if node.shape == sizes:
            return node
        same = core(node.shape) == core(sizes)
        return self(shape.reshape, node if same else in_order(node), shape=sizes)

    def repeated(self, node: Node, sizes: Shape) -> Node:
        """Broadcast a value to a shape."""
        if node.shape == sizes:
            return node
        return self(shape.broadcast_to, node, shape=sizes)


def copied(node: Node) -> Node:
    """Give a copy in memory of its own.

    Parameters
    ----------
    node : Node
        Any.
    """
    return Maker(node)(elementwise.astype, node, dtype=node.dtype)


def in_order(node: Node) -> Node:
    """Give the node, or a copy of it if its values do not lie in order.

    Parameters
    ----------
    node : Node
        Any.
    """
    return node if view_of(node).is_whole else copied(node)


def in_memory(node: Node) -> Node:
    """Give the node, or a copy of it if it is a number or does not lie in order.

    Parameters
    ----------
    node : Node
        Any.
    """
    return copied(node) if is_in_code(view_of(node).node) else in_order(node)


def readable(node: Node) -> Node:
    """Give a view, or one of a copy where there is no one place to read it from.

    Parameters
    ----------
    node : Node
        A view of its first input.
    """
    try:
        view_of(node)
    except Unspelled:
        make = Maker(node)
        return make(node.primitive, copied(node.inputs[0]), **node.attributes)
    return node


def indexed(key: Any, sizes: Shape, dtype: DType) -> Node:
    """Give what an index without arrays takes of some array without gaps.

    Parameters
    ----------
    key : tuple
        The index, as `glassprop.ops.indexing` stores it.
    sizes : tuple of size
        The shape of the array.
    dtype : numpy dtype
        Of the array.
    """
    given = {"name": "array", "shape": sizes, "dtype": dtype}
    return apply(indexing.index, (apply(leaves.input_, (), given),), {"key": key})
