"""Reductions: sums, means and extremes over axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.graph import normal_axes
from glassprop.ops import reduction

Axis = int | Sequence[int] | None


def sum_(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Sum over axes."""
    axes = normal_axes(axis, a.ndim, name="sum")
    return reduction.sum_(a, axis=axes, keepdims=bool(keepdims))


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
    """Give the standard deviation over axes."""
    return np.sqrt(np.var(a, axis=axis, ddof=ddof, keepdims=keepdims))


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
        np.max: max_,
        np.amax: max_,
        np.min: min_,
        np.amin: min_,
        np.argmax: argmax,
        np.mean: mean,
        np.var: var,
        np.std: std,
    }
)
