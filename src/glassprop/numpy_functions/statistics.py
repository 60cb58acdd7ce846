"""Statistics: weighted means, quantiles, and reductions that pass NaN over.

Quantiles are values picked from the sorted array, so their slope goes to those; which
ones is known only for an axis whose size is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import ArgumentError, ShapeError, TraceError, shape_text
from glassprop.graph import Size, count, normal_axes
from glassprop.numpy_functions.operands import is_traced, plain_or_traced, shape_of
from glassprop.numpy_functions.reductions import root

Axis = int | Sequence[int] | None


def average(
    a: Any, axis: Axis = None, weights: Any = None, *, keepdims: bool = False
) -> Any:
    """Give the mean, each value with its weight; NaN where the weights sum to 0."""
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    a, weights = (plain_or_traced(one) for one in (a, weights))
    axes = normal_axes(axis, a.ndim, name="average")
    given = axes if axis is None or isinstance(axis, int) else tuple(axis)
    weights = _spread(weights, a, axis, tuple(one % a.ndim for one in given))
    numbers = (a.dtype, weights.dtype, *([] if a.dtype.kind == "f" else ["f8"]))
    dtype = np.result_type(*numbers)
    weights = weights.astype(dtype)
    total = np.sum(a.astype(dtype) * weights, axis=axes, keepdims=keepdims)
    return total / np.sum(weights, axis=axes, keepdims=keepdims)


def _spread(weights: Any, a: Any, axis: Axis, axes: tuple[int, ...]) -> Any:
    """Give weights along some axes the others of the array too, each of size 1."""
    given, whole = shape_of(weights), shape_of(a)
    if given == whole:
        return weights
    if axis is None or given != tuple(whole[one] for one in axes):
        raise ShapeError(
            f"np.average: weights of shape {shape_text(given)} do not fit an "
            f"array of shape {shape_text(whole)} with axis={axis}. Give weights of "
            "the array's shape, or of the shape of the axes named."
        )
    weights = np.transpose(weights, tuple(int(one) for one in np.argsort(axes)))
    others = tuple(one for one in range(a.ndim) if one not in axes)
    return np.expand_dims(weights, others) if others else weights


# Quantiles ---------------------------------------------------------------------------


def median(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Give the middle value over axes, the mean of both if there are two."""
    values, final = _sorted(a, axis, keepdims, "median")
    size = values.shape[0]
    middle = np.mean(values[(size - 1) // 2 : size // 2 + 1], axis=0)
    return np.reshape(_nan_where_any(values, middle), final)


def quantile(
    a: Any, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    """Give the value below which a share q lies, interpolated between neighbours."""
    share = _share(q, 1, method, "quantile")
    return _picked(*_sorted(a, axis, keepdims, "quantile"), share)


def percentile(
    a: Any, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    """Give the value below which q percent lie, interpolated between neighbours."""
    share = _share(q, 100, method, "percentile")
    return _picked(*_sorted(a, axis, keepdims, "percentile"), share)


def _share(q: Any, whole: int, method: str, name: str) -> Any:
    """Give q as a part of 1: a Python number stays one, the rest becomes an array."""
    if method != "linear":
        raise TraceError(
            f"np.{name}: method={method!r} cannot be traced; use 'linear'."
        )
    if is_traced(q):
        raise TraceError(
            f"np.{name}: a traced q cannot be traced, as it decides which values are "
            "picked. Give plain numbers."
        )
    share = np.asarray(q) if whole == 1 else np.asarray(np.true_divide(q, whole))
    if not np.all((share >= 0) & (share <= 1)):
        raise ArgumentError(f"np.{name}: q must be from 0 to {whole}, got {q!r}.")
    return share.item() if type(q) in (int, float) else share


def _picked(values: Any, shape: Any, share: Any) -> Any:
    """Give what stands at a share of the sorted values; `shape` without the share."""
    place = np.asarray(share * (values.shape[0] - 1))
    below = np.floor(place).astype(np.int64)
    found = values[below[()]]
    if place.dtype.kind == "f":
        above = np.minimum(below + 1, values.shape[0] - 1)
        rest = np.reshape(place - below, (*place.shape, *[1] * (values.ndim - 1)))
        weak = isinstance(share, float)  # in NumPy it leaves float32 as it is
        found = _between(found, values[above[()]], rest.item() if weak else rest)
    return np.reshape(_nan_where_any(values, found), (*place.shape, *shape))


def _between(lower: Any, upper: Any, share: Any) -> Any:
    """Go a share of the way from one value to another; as NumPy, from the nearer."""
    step = upper - lower
    forth, back = lower + step * share, upper - step * (1 - share)
    return np.where(share >= 0.5, back, forth)


def _sorted(a: Any, axis: Axis, keepdims: bool, name: str) -> tuple[Any, Any]:
    """Sort over axes, as the first axis; give the shape without them, too."""
    axes = normal_axes(axis, a.ndim, name=name)
    size = count(a.node.shape[one] for one in axes)
    if isinstance(size, Size):
        raise TraceError(
            f"np.{name} over the rows of a batch cannot be traced: which values are "
            "picked depends on their number, and one program serves batches of every "
            "size. Reduce over another axis, or calculate it before or after the call."
        )
    if size == 0:
        raise ShapeError(
            f"np.{name}: an array of shape {shape_text(a.shape)} has no values over "
            f"axis {axis}."
        )
    kept = tuple(one for one in range(a.ndim) if one not in axes)
    sizes = tuple(a.shape[one] for one in kept)
    order = (*axes, *kept)
    moved = a if order == tuple(range(a.ndim)) else np.transpose(a, order)
    whole = tuple(1 if one in axes else a.shape[one] for one in range(a.ndim))
    first = np.sort(np.reshape(moved, (size, *sizes)), axis=0)
    return first, whole if keepdims else sizes


def _nan_where_any(values: Any, found: Any) -> Any:
    """Give NaN where one of the values is; sorting puts it last."""
    if values.dtype.kind != "f":
        return found
    return np.where(np.isnan(values[-1]), values[-1], found)


# Without NaN -------------------------------------------------------------------------


def _passing_nan_over(
    function: Callable[..., Any], neutral: float
) -> Callable[..., Any]:
    """Make a reduction that takes a neutral number for NaN."""

    def reduced(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
        return function(_without_nan(a, neutral), axis=axis, keepdims=keepdims)

    return reduced


def _running_without_nan(
    function: Callable[..., Any], neutral: float
) -> Callable[..., Any]:
    """Make a running sum or product that takes a neutral number for NaN."""

    def running(a: Any, axis: int | None = None) -> Any:
        return function(_without_nan(a, neutral), axis=axis)

    return running


def _extreme_without_nan(
    function: Callable[..., Any], worst: float
) -> Callable[..., Any]:
    """Make the largest or smallest value but NaN; NaN, of slope 0, where all are."""

    def extreme(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        if a.dtype.kind != "f":
            return function(a, axis=axis, keepdims=keepdims)
        found = function(_without_nan(a, worst), axis=axis, keepdims=keepdims)
        nothing = np.all(np.isnan(a), axis=axis, keepdims=keepdims)
        return np.where(nothing, np.nan, found)

    return extreme


def _without_nan(a: Any, value: float) -> Any:
    return np.where(np.isnan(a), value, a) if a.dtype.kind == "f" else a


def nanmean(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Average over axes all that is not NaN; NaN where there is nothing else."""
    if a.dtype.kind != "f":
        return np.mean(a, axis=axis, keepdims=keepdims)
    number = np.sum(~np.isnan(a), axis=axis, keepdims=keepdims)
    total = np.sum(_without_nan(a, 0), axis=axis, keepdims=keepdims)
    return total / number.astype(a.dtype)


def nanmedian(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Give the middle over axes of all that is not NaN; NaN, of slope 0, if all is."""
    if a.dtype.kind != "f":
        return np.median(a, axis=axis, keepdims=keepdims)
    values, final = _sorted(a, axis, keepdims, "nanmedian")  # NaN comes last
    number = np.sum(~np.isnan(values), axis=0, keepdims=True)
    below, above = np.maximum(number - 1, 0) // 2, number // 2
    lower = np.take_along_axis(values, below, axis=0)
    upper = np.take_along_axis(values, np.where(above > below, above, below), axis=0)
    middle = (lower + upper) / 2  # as NumPy also of an odd number, but of a flat array
    if values.ndim == 1:
        middle = np.where(above > below, middle, lower)
    return np.reshape(np.where(number == 0, np.nan, middle), final)


def nanvar(
    a: Any, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False
) -> Any:
    """Give the variance over axes of all that is not NaN."""
    if a.dtype.kind != "f":
        return np.var(a, axis=axis, ddof=ddof, keepdims=keepdims)
    deviation = a - nanmean(a, axis=axis, keepdims=True)
    deviation = np.where(np.isnan(a), 0, deviation)
    total = np.sum(deviation * deviation, axis=axis, keepdims=keepdims)
    number = np.sum(~np.isnan(a), axis=axis, keepdims=keepdims).astype(a.dtype) - ddof
    return np.where(number <= 0, np.nan, total / number)


def nanstd(
    a: Any, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False
) -> Any:
    """Give the standard deviation over axes of all that is not NaN."""
    return root(np.nanvar(a, axis=axis, ddof=ddof, keepdims=keepdims))


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.average: average,
        np.median: median,
        np.quantile: quantile,
        np.percentile: percentile,
        np.nansum: _passing_nan_over(np.sum, 0),
        np.nanprod: _passing_nan_over(np.prod, 1),
        np.nancumsum: _running_without_nan(np.cumsum, 0),
        np.nancumprod: _running_without_nan(np.cumprod, 1),
        np.nanmax: _extreme_without_nan(np.max, -np.inf),
        np.nanmin: _extreme_without_nan(np.min, np.inf),
        np.nanmean: nanmean,
        np.nanmedian: nanmedian,
        np.nanvar: nanvar,
        np.nanstd: nanstd,
    }
)
