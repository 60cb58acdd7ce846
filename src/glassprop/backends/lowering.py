"""A program's graph made ready for loops: composed rows taken apart, copies put in.

Rows that run over an axis and are more than one loop become several nodes: logsumexp,
softmax. Where a reshape or a product needs its values in order and they are not, a copy
is put in front of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from glassprop.backends.own_kernels import OWN
from glassprop.backends.views import core, view_of
from glassprop.errors import Unspelled
from glassprop.graph import Node, Primitive, apply, count
from glassprop.ops import elementwise, leaves, product, reduction, shape


def lowered(nodes: Sequence[Node]) -> dict[Node, Node]:
    """Give for each node of a program the one that stands for it in loops.

    Parameters
    ----------
    nodes : sequence of Node
        Each after those it reads.

    Raises
    ------
    Unspelled
        If an operation cannot be made ready.
    """
    made: dict[Node, Node] = {}
    for node in nodes:
        inputs = tuple(made[one] for one in node.inputs)
        same = inputs == node.inputs
        copy = node if same else replace(node, inputs=inputs)
        lower = LOWERINGS.get(node.primitive.name)
        made[node] = copy if lower is None else lower(copy)
    return made


class _Builder:
    """Makes nodes in the place of one."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def __call__(self, row: Primitive, *inputs: Node, **attributes: Any) -> Node:
        node = self.node
        return apply(row, inputs, attributes, scope=node.scope, section=node.section)

    def number(self, value: float) -> Node:
        return self(leaves.constant, value=value, dtype=self.node.dtype)


def _copied(node: Node) -> Node:
    return _Builder(node)(elementwise.astype, node, dtype=node.dtype)


def _in_order(node: Node) -> Node:
    """Give the node, or a copy of it if its values do not lie in order."""
    view = view_of(node)
    return node if view.is_whole else _copied(node)


def _logsumexp(node: Node) -> Node:
    make, (z,) = _Builder(node), node.inputs
    axis = node.attributes["axis"]
    largest = make(reduction.max_, z, axis=axis, keepdims=True)
    finite = make(elementwise.isfinite, largest)
    largest = make(elementwise.where, finite, largest, make.number(0.0))
    e = make(elementwise.exp, make(elementwise.subtract, z, largest))
    total = make(reduction.sum_, e, axis=axis, keepdims=True)
    y = make(elementwise.add, largest, make(elementwise.log, total))
    return make(shape.reshape, y, shape=node.shape)


def _softmax(node: Node) -> Node:
    make, (z,) = _Builder(node), node.inputs
    axis = node.attributes["axis"]
    largest = make(reduction.max_, z, axis=axis, keepdims=True)
    e = make(elementwise.exp, make(elementwise.subtract, z, largest))
    total = make(reduction.sum_, e, axis=axis, keepdims=True)
    return make(elementwise.divide, e, total)


def _softplus(node: Node) -> Node:
    make, (z,) = _Builder(node), node.inputs
    e = make(elementwise.exp, make(elementwise.negative, make(elementwise.absolute, z)))
    above = make(elementwise.maximum, z, make.number(0.0))
    return make(elementwise.add, above, make(elementwise.log1p, e))


def _reshape(node: Node) -> Node:
    (x,) = node.inputs
    if core(x.shape) == core(node.shape):
        return node
    return replace(node, inputs=(_in_order(x),))


def _own(node: Node) -> Node:
    """Let a kernel of its own read inputs that lie in memory, in order."""
    return replace(node, inputs=tuple(map(_in_memory, node.inputs)))


def _in_memory(node: Node) -> Node:
    root = view_of(node).node
    is_number = root.primitive is leaves.size or (
        root.primitive is leaves.constant and not root.shape
    )
    return _copied(node) if is_number else _in_order(node)


def _reduction(node: Node) -> Node:
    """Make a reduction over no axis a copy."""
    return node if node.attributes["axis"] else _copied(node.inputs[0])


def _matmul(node: Node) -> Node:
    """Make a product one of two matrices."""
    make = _Builder(node)
    a, b = node.inputs
    if len(b.shape) > 2:
        raise Unspelled(node, "of more than two matrices")
    if node.dtype.kind != "f" or not a.dtype == b.dtype == node.dtype:
        raise Unspelled(node, f"of {a.dtype} and {b.dtype}")
    columns = b.shape[1] if len(b.shape) == 2 else 1
    if len(a.shape) != 2:
        a = make(shape.reshape, _in_order(a), shape=(count(a.shape[:-1]), a.shape[-1]))
    if len(b.shape) == 1:
        b = make(shape.reshape, _in_order(b), shape=(b.shape[0], 1))
    a, b = (one if _is_matrix(one) else _copied(one) for one in (a, b))
    if 0 in (*a.shape, *b.shape):
        raise Unspelled(node, "of nothing")
    found = make(product.matmul, a, b)
    assert found.shape == (a.shape[0], columns)
    return (
        found
        if found.shape == node.shape
        else make(shape.reshape, found, shape=node.shape)
    )


def _is_matrix(node: Node) -> bool:
    """Tell whether BLAS can read a value where it lies, perhaps transposed."""
    view = view_of(node)
    if leaves.constant is view.node.primitive and not view.node.shape:
        return False
    return view.is_whole or is_transposed(node)


def is_transposed(node: Node) -> bool:
    """Tell whether a matrix lies column by column."""
    view = view_of(node)
    (rows, columns), (down, right) = view.shape, view.strides
    return (rows == 1 or down == 1) and (columns == 1 or right == rows)


LOWERINGS: Mapping[str, Callable[[Node], Node]] = MappingProxyType(
    {
        "logsumexp": _logsumexp,
        "softmax": _softmax,
        "softplus": _softplus,
        "reshape": _reshape,
        "matmul": _matmul,
        **dict.fromkeys(("sum", "max", "min", "prod"), _reduction),
        **dict.fromkeys(OWN, _own),
    }
)
