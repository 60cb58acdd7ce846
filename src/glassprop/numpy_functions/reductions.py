"""Reductions: sums, products, means and extremes over axes, and running sums."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.graph import normal_axes
from glassprop.ops import cumulative, reduction

Axis = int | Sequence[int] | None


def sum_(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Sum over axes."""
    axes = normal_axes(axis, a.ndim, name="sum")
    return reduction.sum_(a, axis=axes, keepdims=bool(keepdims))


def prod(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Multiply over axes."""
    axes = normal_axes(axis, a.ndim, name="prod")
    return reduction.prod(a, axis=axes, keepdims=bool(keepdims))


def any_(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Tell whether any value over axes is true."""
    axes = normal_axes(axis, a.ndim, name="any")
    return reduction.any_(a, axis=axes, keepdims=bool(keepdims))


def all_(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Tell whether all values over axes are true."""
    axes = normal_axes(axis, a.ndim, name="all")
    return reduction.all_(a, axis=axes, keepdims=bool(keepdims))


def count_nonzero(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Count the values over axes that are not 0."""
    return np.sum(a != 0, axis=axis, keepdims=keepdims)


def cumsum(a: Any, axis: int | None = None) -> Any:
    """Give the sum up to each value, along an axis; of the flat array if none."""
    a, at = _along(a, axis, "cumsum")
    return cumulative.cumsum(a, axis=at)


def cumprod(a: Any, axis: int | None = None) -> Any:
    """Give the product up to each value, along an axis; of the flat array if none."""
    a, at = _along(a, axis, "cumprod")
    return cumulative.cumprod(a, axis=at)


def _along(a: Any, axis: int | None, name: str) -> tuple[Any, int]:
    """Give an array and an axis to run along."""
    if axis is None or not a.ndim:
        a, axis = np.reshape(a, -1), axis or 0
    return a, normal_axes(axis, a.ndim, name=name)[0]


def max_(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Give the largest value over axes."""
    axes = normal_axes(axis, a.ndim, name="max")
    return reduction.max_(a, axis=axes, keepdims=bool(keepdims))


def min_(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Give the smallest value over axes."""
    axes = normal_axes(axis, a.ndim, name="min")
    return reduction.min_(a, axis=axes, keepdims=bool(keepdims))


def argmax(a: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
    """Give the position of the largest value."""
    at = None if axis is None else normal_axes(axis, a.ndim, name="argmax")[0]
    return reduction.argmax(a, axis=at, keepdims=bool(keepdims))


def argmin(a: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
    """Give the position of the smallest value."""
    at = None if axis is None else normal_axes(axis, a.ndim, name="argmin")[0]
    return reduction.argmin(a, axis=at, keepdims=bool(keepdims))


def ptp(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Give the distance from the smallest to the largest value over axes."""
    largest = np.max(a, axis=axis, keepdims=keepdims)
    return largest - np.min(a, axis=axis, keepdims=keepdims)


def mean(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Average over axes."""
    axes = normal_axes(axis, a.ndim, name="mean")
    return np.sum(a, axis=axes, keepdims=keepdims) / _count(a, axes)


def var(a: Any, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    """Give the variance over axes."""
    axes = normal_axes(axis, a.ndim, name="var")
    deviation = a - np.mean(a, axis=axes, keepdims=True)
    total = np.sum(deviation * deviation, axis=axes, keepdims=keepdims)
    return total / _summands(a, axes, ddof)


def std(a: Any, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    """Give the standard deviation over axes; where it is 0, so is its slope."""
    return root(np.var(a, axis=axis, ddof=ddof, keepdims=keepdims))


def root(total: Any) -> Any:
    """Give the square root of a sum of squares, with slope 0 where that is 0."""
    zero = total == 0
    return np.where(zero, 0, np.sqrt(np.where(zero, 1, total)))


def _summands(a: Any, axes: tuple[int, ...], ddof: float) -> Any:
    """Count the summands of a variance, less `ddof` but never below 0, as NumPy."""
    size = _count(a, axes)
    if not ddof:
        return size
    return max(size - ddof, 0) if isinstance(size, int) else size - ddof


def _count(a: Any, axes: tuple[int, ...]) -> Any:
    return math.prod(a.shape[axis] for axis in axes)


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.sum: sum_,
        np.prod: prod,
        np.any: any_,
        np.all: all_,
        np.count_nonzero: count_nonzero,
        np.cumsum: cumsum,
        np.cumprod: cumprod,
        np.max: max_,
        np.amax: max_,
        np.min: min_,
        np.amin: min_,
        np.argmax: argmax,
        np.argmin: argmin,
        np.ptp: ptp,
        np.mean: mean,
        np.var: var,
        np.std: std,
    }
)
