"""Shape rows: the same values in another arrangement.

Target shapes may hold n; the back ends put the number of rows in its place before they
call a row's meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, shape_text
from glassprop.graph import (
    Case,
    Dimension,
    Primitive,
    Shape,
    Size,
    broadcast,
    count,
)
from glassprop.ops.rules import common_dtype, no_cost, same_dtype, same_shape


def _reshape_shape(x: Any, shape: Shape) -> Shape:
    if count(x.shape) != count(shape):
        known = isinstance(count(x.shape), int)
        hint = "" if known else " Use x.shape[0] for the number of rows, or -1."
        raise ShapeError(
            f"cannot reshape {shape_text(x.shape)}, {count(x.shape)} values, to "
            f"{shape_text(shape)}, {count(shape)} values.{hint}"
        )
    return shape


def _reshape(x: Any, shape: Any) -> Any:
    return np.reshape(x, shape)


reshape = Primitive(
    name="reshape",
    numpy=_reshape,
    shape=_reshape_shape,
    dtype=same_dtype,
    vjps=(lambda g, y, x, shape: np.reshape(g, x.shape),),
    cost=no_cost,
    cases=(
        Case(((3, 4),), {"shape": (2, 6)}),
        Case(((3, 4),), {"shape": (12,)}),
        Case(((1,),), {"shape": ()}),
        Case(((),), {"shape": (1, 1)}),
    ),
)

transpose = Primitive(
    name="transpose",
    numpy=np.transpose,
    shape=lambda x, axes: tuple(x.shape[axis] for axis in axes),
    dtype=same_dtype,
    vjps=(
        lambda g, y, x, axes: np.transpose(g, tuple(int(i) for i in np.argsort(axes))),
    ),
    cost=no_cost,
    cases=(
        Case(((3, 4),), {"axes": (1, 0)}),
        Case(((2, 3, 4),), {"axes": (1, 2, 0)}),
    ),
)


def _broadcast_to_shape(x: Any, shape: Shape) -> Shape:
    if broadcast(x.shape, shape) != shape:
        raise ShapeError(
            f"cannot broadcast {shape_text(x.shape)} to {shape_text(shape)}."
        )
    return shape


# The gradient of a broadcast is the sum over what it repeated; differentiate.py sums.
broadcast_to = Primitive(
    name="broadcast_to",
    numpy=np.broadcast_to,
    shape=_broadcast_to_shape,
    dtype=same_dtype,
    vjps=(lambda g, y, x, shape: g,),
    cost=no_cost,
    cases=(
        Case(((4,),), {"shape": (3, 4)}),
        Case(((3, 1),), {"shape": (2, 3, 4)}),
        Case(((),), {"shape": (3,)}),
    ),
)


def _rolled_back(g: Any, y: Any, x: Any, shift: Any, axis: Any) -> Any:
    return np.roll(g, tuple(-one for one in shift), axis)


# A row, and not slices: it is the one way to move the rows of a batch.
roll = Primitive(
    name="roll",
    numpy=np.roll,
    shape=same_shape,
    dtype=same_dtype,
    vjps=(_rolled_back,),
    cost=no_cost,
    cases=(
        Case(((3, 4),), {"shift": (1,), "axis": (1,)}),
        Case(((3, 4),), {"shift": (2, -5), "axis": (0, 1)}),
        Case(((5,),), {"shift": (0,), "axis": (0,)}),
    ),
)


def added(sizes: Sequence[Dimension]) -> Dimension:
    """Add sizes up: all integers, or all multiples of n."""
    factors = [size.factor for size in sizes if isinstance(size, Size)]
    if not factors:
        return sum(size for size in sizes if isinstance(size, int))
    if len(factors) < len(sizes):
        raise ShapeError(
            f"cannot join sizes {', '.join(str(size) for size in sizes)} along one "
            "axis: a size is an integer or k * n. Join plain rows before the call."
        )
    return Size(sum(factors))


def _concatenate_shape(*arrays: Any, axis: int) -> Shape:
    first = arrays[0].shape
    for other in arrays[1:]:
        rest = [s for at, s in enumerate(other.shape) if at != axis]
        if rest != [s for at, s in enumerate(first) if at != axis]:
            raise ShapeError(
                f"cannot concatenate {shape_text(first)} and "
                f"{shape_text(other.shape)} along axis {axis}: the other axes differ."
            )
    joined = added([one.shape[axis] for one in arrays])
    return (*first[:axis], joined, *first[axis + 1 :])


def _concatenate_vjp(position: int, g: Any, y: Any, *arrays: Any, axis: int) -> Any:
    sizes = [one.shape[axis] for one in arrays]
    start = sum(sizes[:position]) if position else 0
    key = (slice(None),) * axis + (slice(start, start + sizes[position]),)
    return g[key]


concatenate = Primitive(
    name="concatenate",
    numpy=lambda *arrays, axis: np.concatenate(arrays, axis=axis),
    shape=_concatenate_shape,
    dtype=common_dtype,
    vjps=_concatenate_vjp,
    cost=no_cost,
    cases=(
        Case(((3, 4), (3, 2)), {"axis": 1}),
        Case(((2,), (3,), (1,)), {"axis": 0}),
    ),
)
