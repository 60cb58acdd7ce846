"""A program's graph made ready for loops: composed rows taken apart, copies put in.

Rows that run over an axis and are more than one loop become several nodes: logsumexp,
softmax. Where a reshape or a product needs its values in order and they are not, a copy
is put in front of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from glassprop.backends.lowered_picks import (
    lowered_added_along,
    lowered_along,
    lowered_index,
    lowered_index_add,
    lowered_roll,
)
from glassprop.backends.lowered_products import lowered_einsum, lowered_matmul
from glassprop.backends.making import Maker, copied, in_memory, in_order
from glassprop.backends.order_kernels import sorted_places, sorted_values
from glassprop.backends.own_kernels import REFUSED
from glassprop.backends.own_table import OWN
from glassprop.backends.power_kernels import whole_power
from glassprop.backends.views import core
from glassprop.graph import Node, count
from glassprop.ops import elementwise, indexing, leaves, reduction, shape, sorting


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


def _logsumexp(node: Node) -> Node:
    make, (z,) = Maker(node), node.inputs
    axis = node.attributes["axis"]
    largest = make(reduction.max_, z, axis=axis, keepdims=True)
    finite = make(elementwise.isfinite, largest)
    largest = make(elementwise.where, finite, largest, make.number(0.0))
    e = make(elementwise.exp, make(elementwise.subtract, z, largest))
    total = make(reduction.sum_, e, axis=axis, keepdims=True)
    y = make(elementwise.add, largest, make(elementwise.log, total))
    return make(shape.reshape, y, shape=node.shape)


def _softmax(node: Node) -> Node:
    make, (z,) = Maker(node), node.inputs
    axis = node.attributes["axis"]
    largest = make(reduction.max_, z, axis=axis, keepdims=True)
    e = make(elementwise.exp, make(elementwise.subtract, z, largest))
    total = make(reduction.sum_, e, axis=axis, keepdims=True)
    return make(elementwise.divide, e, total)


def _power(node: Node) -> Node:
    """Let a power of whole numbers tell of exponents below 0, if there may be some."""
    exponent = node.inputs[1]
    known = exponent.primitive is leaves.constant
    if (
        node.dtype.kind not in "iu"
        or exponent.dtype.kind != "i"
        or (known and np.all(np.asarray(exponent.attributes["value"]) >= 0))
    ):
        return node
    make, integer = Maker(node), np.dtype(np.int64)
    base, exponent = (
        in_memory(make.repeated(make.cast(one, integer), node.shape))
        for one in node.inputs
    )
    found = make(whole_power, base, REFUSED, exponent, shape=node.shape)
    return make.cast(found, node.dtype)


def _softplus(node: Node) -> Node:
    make, (z,) = Maker(node), node.inputs
    e = make(elementwise.exp, make(elementwise.negative, make(elementwise.absolute, z)))
    above = make(elementwise.maximum, z, make.number(0.0))
    return make(elementwise.add, above, make(elementwise.log1p, e))


def _reshape(node: Node) -> Node:
    (x,) = node.inputs
    if core(x.shape) == core(node.shape):
        return node
    return replace(node, inputs=(in_order(x),))


def _own(node: Node) -> Node:
    """Let a kernel of its own read inputs that lie in memory, in order."""
    return replace(node, inputs=tuple(map(in_memory, node.inputs)))


def _sorted(node: Node) -> Node:
    """Sort along the last axis, in twice the memory."""
    make, (x,) = Maker(node), node.inputs
    axis, rank = node.attributes["axis"], len(x.shape)
    axes = [*(at for at in range(rank) if at != axis), axis]
    moved = in_memory(make.transposed(x, axes))
    row = sorted_values if node.primitive is sorting.sort else sorted_places
    both = make(row, moved, shape=(2, *moved.shape), dtype=node.dtype)
    key = (0, *[indexing.Slice()] * rank)
    found = make(indexing.index, both, key=key)
    return make.transposed(found, [axes.index(at) for at in range(rank)])


def _position(node: Node) -> Node:
    """Find a place along the last axis, or among all values."""
    make, (x,) = Maker(node), node.inputs
    axis = node.attributes["axis"]
    if axis is None:
        moved = make.reshaped(x, (count(x.shape),))
    else:
        axes = [*(at for at in range(len(x.shape)) if at != axis), axis]
        moved = make.transposed(x, axes)
    last = len(moved.shape) - 1
    found = make(node.primitive, in_memory(moved), axis=last, keepdims=False)
    return make.reshaped(found, node.shape)


def _truth(node: Node) -> Node:
    """Give the largest or the smallest of truth values."""
    make, (x,) = Maker(node), node.inputs
    is_any, axes = node.primitive is reduction.any_, node.attributes["axis"]
    if 0 in (x.shape[axis] for axis in axes):
        return make.filled(not is_any, node.shape)
    true = make.cast(x, node.dtype)
    if not axes:
        return copied(true)
    row = reduction.max_ if is_any else reduction.min_
    return make(row, true, axis=axes, keepdims=node.attributes.get("keepdims", False))


def _searchsorted(node: Node) -> Node:
    """Compare values of one dtype."""
    make, (a, v) = Maker(node), node.inputs
    dtype = np.result_type(a.dtype, v.dtype)
    inputs = tuple(in_memory(make.cast(one, dtype)) for one in (a, v))
    return replace(node, inputs=inputs)


def _recurrence(node: Node) -> Node:
    make = Maker(node)
    inputs = (in_memory(make.cast(one, node.dtype)) for one in node.inputs)
    return replace(node, inputs=tuple(inputs))


def _reduction(node: Node) -> Node:
    """Make a reduction over no axis a copy."""
    if node.attributes["axis"]:
        return node
    return copied(Maker(node).cast(node.inputs[0], node.dtype))


LOWERINGS: Mapping[str, Callable[[Node], Node]] = MappingProxyType(
    {
        **dict.fromkeys(OWN, _own),
        "logsumexp": _logsumexp,
        "softmax": _softmax,
        "softplus": _softplus,
        "power": _power,
        "reshape": _reshape,
        "matmul": lowered_matmul,
        "einsum": lowered_einsum,
        "index": lowered_index,
        "index_add": lowered_index_add,
        "take_along_axis": lowered_along,
        "add_along_axis": lowered_added_along,
        "roll": lowered_roll,
        "searchsorted": _searchsorted,
        "recurrence": _recurrence,
        **dict.fromkeys(("sum", "max", "min", "prod"), _reduction),
        **dict.fromkeys(("any", "all"), _truth),
        **dict.fromkeys(("sort", "argsort"), _sorted),
        **dict.fromkeys(("argmax", "argmin"), _position),
    }
)
