"""Differences between neighbours, slopes from samples, and the area below them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, TraceError, shape_text
from glassprop.graph import normal_axes
from glassprop.numpy_functions.operands import plain_or_traced


def _part(a: Any, axis: int, start: int | None, stop: int | None) -> Any:
    """Cut an array along an axis."""
    return a[(*(slice(None),) * axis, slice(start, stop))]


def diff(
    a: Any,
    n: int = 1,
    axis: int = -1,
    prepend: Any = np._NoValue,
    append: Any = np._NoValue,
) -> Any:
    """Subtract each value from the next, n times over."""
    if n < 0:
        raise TraceError(f"np.diff: n must be 0 or more, got {n}.")
    rank = np.ndim(a)
    if rank == 0:
        raise ShapeError("np.diff: expected an array of at least one dimension.")
    (at,) = normal_axes(axis, rank, name="diff")
    if n == 0:
        return a
    ends = [_end(one, a, at) for one in (prepend, append)]
    if any(one is not None for one in ends):
        parts = [ends[0], a, ends[1]]
        a = np.concatenate([one for one in parts if one is not None], axis=at)
    change = np.not_equal if np.result_type(a).kind == "b" else np.subtract
    for _ in range(n):
        a = change(_part(a, at, 1, None), _part(a, at, None, -1))
    return a


def _end(value: Any, a: Any, axis: int) -> Any:
    """Give what is to stand at an end of an axis; a number is repeated."""
    if value is np._NoValue:
        return None
    array = plain_or_traced(value)
    if array.ndim:
        return array
    sizes = np.shape(a)
    return np.broadcast_to(array, (*sizes[:axis], 1, *sizes[axis + 1 :]))


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Subtract each value of the flat array from the next; values may stand around."""
    flat = np.ravel(ary)
    ends = [None if one is None else np.ravel(one) for one in (to_begin, to_end)]
    for one in ends:
        if one is not None and not np.can_cast(one.dtype, flat.dtype, "same_kind"):
            raise TraceError(
                f"np.ediff1d: values of {one.dtype} cannot stand beside differences "
                f"of {flat.dtype}. Convert them first."
            )
    parts = [ends[0], flat[1:] - flat[:-1], ends[1]]
    kept = [one.astype(flat.dtype) for one in parts if one is not None]
    return np.concatenate(kept)


def gradient(
    f: Any, *varargs: Any, axis: int | Sequence[int] | None = None, edge_order: int = 1
) -> Any:
    """Estimate slopes from samples: central differences, one-sided at the ends."""
    if edge_order not in (1, 2):
        raise TraceError(f"np.gradient: edge_order must be 1 or 2, got {edge_order}.")
    axes = normal_axes(axis, f.ndim, name="gradient")
    if axis is not None:  # in the order they are named
        axes = tuple(operator.index(one) % f.ndim for one in np.atleast_1d(axis))
    spacings = list(varargs) or [1.0]
    if len(spacings) == 1 and np.ndim(spacings[0]) == 0:
        spacings = spacings * len(axes)
    if len(spacings) != len(axes):
        raise ShapeError(
            f"np.gradient: {len(spacings)} spacings for {len(axes)} axes. Give one "
            "number, or a number or coordinates for each axis."
        )
    f = f if np.result_type(f).kind == "f" else f.astype(np.float64)
    slopes = tuple(
        _slope(f, at, spacing, edge_order)
        for at, spacing in zip(axes, spacings, strict=True)
    )
    return slopes[0] if len(slopes) == 1 else slopes


def _slope(f: Any, axis: int, spacing: Any, edge_order: int) -> Any:
    """Give the slopes along one axis."""
    size = f.shape[axis]
    if not isinstance(size, int):
        raise ShapeError(
            f"np.gradient: axis {axis} of {shape_text(f.shape)} holds the rows of a "
            "batch, which are no neighbours. Name the other axes, axis=1."
        )
    if size < edge_order + 1:
        raise ShapeError(
            f"np.gradient: axis {axis} has {size} values; it needs at least "
            f"{edge_order + 1} with edge_order={edge_order}."
        )
    steps = _steps(f, axis, spacing, size)
    uniform = np.ndim(steps) == 0

    def step(start: int | None, stop: int | None) -> Any:
        return steps if uniform else _part(steps, axis, start, stop)

    first, last = _part(f, axis, 0, 1), _part(f, axis, -1, None)
    if size == 2 or edge_order == 1:
        begin = (_part(f, axis, 1, 2) - first) / step(0, 1)
        end = (last - _part(f, axis, -2, -1)) / step(-1, None)
    else:
        weights = _end_weights(step(0, 1), step(1, 2), uniform)
        values = [_part(f, axis, k, k + 1) for k in range(3)]
        begin = _weighted(weights, values)
        # The same from the other end, backwards; added up from left to right.
        weights = _end_weights(step(-1, None), step(-2, -1), uniform)
        values = [_part(f, axis, -3, -2), _part(f, axis, -2, -1), last]
        end = _weighted([-one for one in reversed(weights)], values)
    if size == 2:
        return np.concatenate([begin, end], axis=axis).astype(f.dtype)
    ahead, behind = _part(f, axis, 2, None), _part(f, axis, None, -2)
    if uniform:
        inner = (ahead - behind) / (2.0 * steps)
    else:
        left, right = step(None, -1), step(1, None)
        weights = [
            -right / (left * (left + right)),
            (right - left) / (left * right),
            left / (right * (left + right)),
        ]
        inner = _weighted(weights, [behind, _part(f, axis, 1, -1), ahead])
    return np.concatenate([begin, inner, end], axis=axis).astype(f.dtype)


def _steps(f: Any, axis: int, spacing: Any, size: int) -> Any:
    """Give the step between samples: a number, or one for each pair along the axis."""
    if np.ndim(spacing) == 0:
        return spacing
    if np.ndim(spacing) != 1 or np.shape(spacing)[0] != size:
        raise ShapeError(
            f"np.gradient: the coordinates of axis {axis} must be {size} values, got "
            f"shape {shape_text(np.shape(spacing))}."
        )
    places = plain_or_traced(spacing)
    if places.dtype.kind != "f":
        places = places.astype(np.float64)
    steps = np.diff(places)
    if isinstance(steps, np.ndarray) and (steps == steps[0]).all():
        return steps[0]
    return np.reshape(steps, [-1 if at == axis else 1 for at in range(f.ndim)])


def _end_weights(near: Any, far: Any, uniform: bool) -> list[Any]:
    """Give the weights of three samples in the slope at the first: of a parabola's."""
    if uniform:
        return [-1.5 / near, 2.0 / near, -0.5 / near]
    return [
        -(2.0 * near + far) / (near * (near + far)),
        (near + far) / (near * far),
        -near / (far * (near + far)),
    ]


def _weighted(weights: Sequence[Any], values: Sequence[Any]) -> Any:
    """Add up three weighted samples in the order that NumPy does."""
    one, two, three = (w * v for w, v in zip(weights, values, strict=True))
    return one + two + three


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Give the area below samples by the trapezoidal rule."""
    (at,) = normal_axes(axis, np.ndim(y), name="trapezoid")
    width = dx
    if x is not None:
        width = np.diff(x, axis=0 if np.ndim(x) == 1 else at)
        if np.ndim(x) == 1:
            width = np.reshape(width, [-1 if k == at else 1 for k in range(np.ndim(y))])
    heights = _part(y, at, 1, None) + _part(y, at, None, -1)
    return np.sum(width * heights / 2.0, axis=at)


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.diff: diff,
        np.ediff1d: ediff1d,
        np.gradient: gradient,
        np.trapezoid: trapezoid,
    }
)
