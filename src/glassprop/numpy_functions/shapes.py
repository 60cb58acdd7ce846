"""Functions that arrange the same values in another shape."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, TraceError, shape_text
from glassprop.graph import Dimension, Size, count, normal_axes
from glassprop.ops import shape as shapes

Axis = int | Sequence[int] | None


def reshape(a: Any, shape: Any = None, order: str = "C") -> Any:
    """Arrange the values in another shape; one size can be -1."""
    if order != "C":
        raise TraceError(f"np.reshape: order={order!r} cannot be traced; use 'C'.")
    sizes = [_dimension(one) for one in _sizes(shape)]
    unknown = [at for at, one in enumerate(sizes) if one == -1]
    if len(unknown) > 1:
        raise ShapeError("np.reshape: only one size can be -1.")
    if unknown:
        total = count(_sizes(a.node.shape))
        known = count(size for at, size in enumerate(sizes) if at != unknown[0])
        part = _divided(total, known)
        if part is None:
            raise ShapeError(
                f"np.reshape: {shape_text(a.shape)} cannot be given the shape "
                f"{shape_text(sizes)}: its {total} values do not divide by {known}."
            )
        sizes[unknown[0]] = part
    return shapes.reshape(a, shape=tuple(sizes))


def _sizes(shape: Any) -> list[Any]:
    return list(shape) if isinstance(shape, Sequence | np.ndarray) else [shape]


def _dimension(size: Any) -> Dimension:
    """Give one size of a shape: an integer, or a multiple of n."""
    symbolic = getattr(size, "size", size)  # the stand-in for n holds its Size
    return symbolic if isinstance(symbolic, Size) else operator.index(size)


def _divided(total: Dimension, known: Dimension) -> Dimension | None:
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
    sizes = tuple(_dimension(one) for one in _sizes(shape))
    return shapes.broadcast_to(array, shape=sizes)


def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    """Join arrays along an axis."""
    parts = list(arrays)
    if axis is None:
        parts, axis = [np.reshape(part, -1) for part in parts], 0
    rank = np.ndim(parts[0])
    for part in parts:
        if np.ndim(part) != rank or rank == 0:
            raise ShapeError(
                "np.concatenate: arrays must have one number of dimensions, at least "
                f"1; got {', '.join(shape_text(np.shape(one)) for one in parts)}."
            )
    at = normal_axes(axis, rank, name="concatenate")[0]
    return parts[0] if len(parts) == 1 else shapes.concatenate(*parts, axis=at)


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Join arrays along a new axis."""
    parts = [np.expand_dims(part, axis) for part in arrays]
    return np.concatenate(parts, axis=normal_axes(axis, parts[0].ndim, name="stack")[0])


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Cut an array along an axis, into equal parts or at the places given."""
    at = normal_axes(axis, ary.ndim, name="split")[0]
    size = ary.shape[at]
    if isinstance(indices_or_sections, Sequence | np.ndarray):
        ends = list(indices_or_sections)
    else:
        sections = operator.index(indices_or_sections)
        part = _divided(ary.node.shape[at], sections)
        if part is None:
            raise ShapeError(
                f"np.split: axis {at} of {shape_text(ary.shape)} cannot be split into "
                f"{sections} equal parts. Give the places to cut at, "
                "np.split(x, [2, 5]), or a number of parts that divides it."
            )
        ends = [count([part, k]) for k in range(1, sections)]
    before = (slice(None),) * at
    return [
        ary[(*before, slice(start, end))]
        for start, end in zip([0, *ends], [*ends, size], strict=True)
    ]


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.reshape: reshape,
        np.transpose: transpose,
        np.swapaxes: swapaxes,
        np.expand_dims: expand_dims,
        np.squeeze: squeeze,
        np.broadcast_to: broadcast_to,
        np.concatenate: concatenate,
        np.stack: stack,
        np.split: split,
    }
)
