"""Functions that arrange the same values in another shape."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, TraceError, shape_text
from glassprop.graph import Dimension, Size, broadcast, count, normal_axes
from glassprop.numpy_functions.operands import is_traced, shape_of
from glassprop.ops import shape as shapes

Axis = int | Sequence[int] | None


def reshape(a: Any, shape: Any = None, order: str = "C") -> Any:
    """Arrange the values in another shape; one size can be -1."""
    if order == "F":
        turned = np.reshape(np.transpose(a), tuple(reversed(_sizes(shape))))
        return np.transpose(turned)
    if order != "C":
        raise TraceError(
            f"np.reshape: order={order!r} cannot be traced: it asks how the values lie "
            "in memory, which no traced array knows. Use 'C' or 'F'."
        )
    sizes = [dimension(one) for one in _sizes(shape)]
    unknown = [at for at, one in enumerate(sizes) if one == -1]
    if len(unknown) > 1:
        raise ShapeError("np.reshape: only one size can be -1.")
    if unknown:
        total = count(_sizes(a.node.shape))
        known = count(size for at, size in enumerate(sizes) if at != unknown[0])
        part = divided(total, known)
        if part is None:
            raise ShapeError(
                f"np.reshape: {shape_text(a.shape)} cannot be given the shape "
                f"{shape_text(sizes)}: its {total} values do not divide by {known}."
            )
        sizes[unknown[0]] = part
    return shapes.reshape(a, shape=tuple(sizes))


def _sizes(shape: Any) -> list[Any]:
    return list(shape) if isinstance(shape, Sequence | np.ndarray) else [shape]


def dimension(size: Any) -> Dimension:
    """Give one size of a shape: an integer, or a multiple of n."""
    symbolic = getattr(size, "size", size)  # the stand-in for n holds its Size
    return symbolic if isinstance(symbolic, Size) else operator.index(size)


def divided(total: Dimension, known: Dimension) -> Dimension | None:
    """Divide sizes; None where that gives no size."""
    if isinstance(known, Size) and not isinstance(total, Size):
        return None
    whole = total.factor if isinstance(total, Size) else total
    part = known.factor if isinstance(known, Size) else known
    if part == 0 or whole % part:
        return None
    symbolic = isinstance(total, Size) and not isinstance(known, Size)
    return Size(whole // part) if symbolic else whole // part


def transpose(a: Any, axes: Sequence[int] | None = None) -> Any:
    """Reorder the axes; all reversed if no order is given."""
    if axes is None:
        axes = tuple(reversed(range(a.ndim)))
    if normal_axes(axes, a.ndim, name="transpose") != tuple(range(a.ndim)):
        raise ShapeError(
            f"np.transpose: axes {tuple(axes)} must name each of the {a.ndim} axes "
            "once."
        )
    return shapes.transpose(a, axes=tuple(int(axis) % a.ndim for axis in axes))


def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Exchange two axes."""
    (first,) = normal_axes(axis1, a.ndim, name="swapaxes")
    (second,) = normal_axes(axis2, a.ndim, name="swapaxes")
    axes = list(range(a.ndim))
    axes[first], axes[second] = axes[second], axes[first]
    return np.transpose(a, axes)


def expand_dims(a: Any, axis: int | Sequence[int]) -> Any:
    """Add axes of size 1."""
    given = _sizes(axis)
    rank = a.ndim + len(given)
    new = normal_axes(given, rank, name="expand_dims")
    sizes = iter(a.shape)
    return np.reshape(a, tuple(1 if at in new else next(sizes) for at in range(rank)))


def squeeze(a: Any, axis: Axis = None) -> Any:
    """Drop axes of size 1."""
    ones = tuple(at for at, one in enumerate(a.node.shape) if one == 1)
    axes = ones if axis is None else normal_axes(axis, a.ndim, name="squeeze")
    for at in axes:
        if at not in ones:
            raise ShapeError(
                f"np.squeeze: axis {at} of {shape_text(a.shape)} is not of size 1."
            )
    return np.reshape(a, tuple(s for at, s in enumerate(a.shape) if at not in axes))


def broadcast_to(array: Any, shape: Any) -> Any:
    """Repeat the values to a shape."""
    sizes = tuple(dimension(one) for one in _sizes(shape))
    return shapes.broadcast_to(array, shape=sizes)


def ravel(a: Any, order: Any = "C") -> Any:
    """Arrange the values in one dimension."""
    return np.reshape(a, -1, order=order)


def matrix_transpose(x: Any) -> Any:
    """Exchange the last two axes."""
    if np.ndim(x) < 2:
        raise ShapeError(
            "matrix_transpose: expected at least 2 dimensions, got shape "
            f"{shape_text(np.shape(x))}."
        )
    return np.swapaxes(x, -1, -2)


def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Move axes to other places; the others keep their order."""
    places = []
    for given in (source, destination):
        axes = [operator.index(one) for one in _sizes(given)]
        normal_axes(axes, a.ndim, name="moveaxis")
        places.append([one % a.ndim for one in axes])
    if len(places[0]) != len(places[1]):
        raise ShapeError(
            f"moveaxis: {len(places[0])} axes cannot go to {len(places[1])} places."
        )
    order = [at for at in range(a.ndim) if at not in places[0]]
    for to, at in sorted(zip(places[1], places[0], strict=True)):
        order.insert(to, at)
    return np.transpose(a, order)


def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """Move one axis to stand before another."""
    (at,) = normal_axes(axis, a.ndim, name="rollaxis")
    to = start + a.ndim if start < 0 else start
    normal_axes(to, a.ndim + 1, name="rollaxis")
    order = [one for one in range(a.ndim) if one != at]
    order.insert(to - (at < to), at)
    return np.transpose(a, order)


def flip(m: Any, axis: Axis = None) -> Any:
    """Reverse the order along axes."""
    axes = normal_axes(axis, m.ndim, name="flip")
    return m[tuple(slice(None, None, -1 if at in axes else 1) for at in range(m.ndim))]


def fliplr(m: Any) -> Any:
    """Reverse the order of the columns."""
    return np.flip(m, 1)


def flipud(m: Any) -> Any:
    """Reverse the order of the rows."""
    return np.flip(m, 0)


def rot90(m: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Any:
    """Turn by quarters in the plane of two axes, from the first towards the second."""
    if len(normal_axes(axes, m.ndim, name="rot90")) != 2:
        raise ShapeError(f"rot90: axes must be two axes, got {tuple(axes)}.")
    first, second = axes
    if k % 2 == 0:
        return np.flip(m, (first, second)) if k % 4 else m
    if k % 4 == 1:
        return np.swapaxes(np.flip(m, second), first, second)
    return np.flip(np.swapaxes(m, first, second), second)


def roll(a: Any, shift: Any, axis: Axis = None) -> Any:
    """Move the values along axes; what leaves at one end comes in at the other."""
    if axis is None:
        return np.reshape(np.roll(np.ravel(a), shift, 0), a.shape)
    pairs = np.broadcast(shift, axis)
    shifts: dict[int, int] = {}
    for by, one in pairs:
        (at,) = normal_axes(one, a.ndim, name="roll")
        shifts[at] = shifts.get(at, 0) + operator.index(by)
    return shapes.roll(a, shift=tuple(shifts.values()), axis=tuple(shifts))


def atleast(rank: int) -> Callable[..., Any]:
    """Make a function that gives arrays a number of dimensions, if they have fewer."""

    def atleast_nd(*arys: Any) -> Any:
        made = tuple(with_axes(one, rank) for one in arys)
        return made[0] if len(made) == 1 else made

    return atleast_nd


def with_axes(array: Any, rank: int) -> Any:
    """Give an array axes as np.atleast_1d, 2d and 3d do."""
    missing = rank - np.ndim(array)
    if missing <= 0:
        return array
    behind = 1 if rank == 3 and missing < 3 else 0
    ones = (1,) * (missing - behind)
    return np.reshape(array, (*ones, *np.shape(array), *(1,) * behind))


def broadcast_arrays(*args: Any) -> tuple[Any, ...]:
    """Repeat arrays to the shape that they have together."""
    shape = broadcast(*(shape_of(one) for one in args))
    traced = next(one for one in args if is_traced(one))
    return tuple(
        shapes.broadcast_to(
            one if is_traced(one) else traced.constant(one), shape=shape
        )
        for one in args
    )


def meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> Any:
    """Make the coordinates of a grid from those of its axes."""
    if indexing not in ("xy", "ij"):
        raise ShapeError(
            f"np.meshgrid: indexing must be 'xy' or 'ij', got {indexing!r}."
        )
    rank = len(xi)
    places = list(range(rank))
    if indexing == "xy" and rank > 1:
        places[:2] = [1, 0]
    made = tuple(
        np.reshape(one, (*(1,) * at, -1, *(1,) * (rank - 1 - at)))
        for one, at in zip(xi, places, strict=True)
    )
    return made if sparse else np.broadcast_arrays(*made)


def tile(A: Any, reps: Any) -> Any:
    """Lay copies of an array beside each other, so many along each axis."""
    times = [operator.index(one) for one in _sizes(reps)]
    rank = max(len(times), np.ndim(A))
    times = [1] * (rank - len(times)) + times
    sizes = [*(1,) * (rank - np.ndim(A)), *np.shape(A)]
    apart: list[Any] = []
    spread: list[Any] = []
    for size, count_ in zip(sizes, times, strict=True):
        apart += [size] if count_ == 1 else [1, size]
        spread += [size] if count_ == 1 else [count_, size]
    whole = np.broadcast_to(np.reshape(A, tuple(apart)), tuple(spread))
    return np.reshape(whole, tuple(s * t for s, t in zip(sizes, times, strict=True)))


def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Repeat each value so many times, next to itself."""
    if axis is None:
        return np.repeat(np.ravel(a), repeats, 0)
    (at,) = normal_axes(axis, a.ndim, name="repeat")
    if np.ndim(repeats):
        places = np.repeat(np.arange(a.shape[at]), repeats)
        return np.take(a, places, axis=at)
    times = operator.index(repeats)
    before, size, after = a.shape[:at], a.shape[at], a.shape[at + 1 :]
    apart = np.reshape(a, (*before, size, 1, *after))
    whole = np.broadcast_to(apart, (*before, size, times, *after))
    return np.reshape(whole, (*before, size * times, *after))


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.reshape: reshape,
        np.transpose: transpose,
        np.swapaxes: swapaxes,
        np.expand_dims: expand_dims,
        np.squeeze: squeeze,
        np.broadcast_to: broadcast_to,
        np.ravel: ravel,
        np.matrix_transpose: matrix_transpose,
        np.linalg.matrix_transpose: matrix_transpose,
        np.moveaxis: moveaxis,
        np.rollaxis: rollaxis,
        np.flip: flip,
        np.fliplr: fliplr,
        np.flipud: flipud,
        np.rot90: rot90,
        np.roll: roll,
        np.atleast_1d: atleast(1),
        np.atleast_2d: atleast(2),
        np.atleast_3d: atleast(3),
        np.broadcast_arrays: broadcast_arrays,
        np.meshgrid: meshgrid,
        np.tile: tile,
        np.repeat: repeat,
    }
)
