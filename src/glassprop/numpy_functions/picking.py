"""Functions that pick values, put them in order, or look at them through windows."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, TraceError
from glassprop.graph import normal_axes
from glassprop.numpy_functions.operands import is_traced, plain_or_traced
from glassprop.ops import sorting, windows
from glassprop.ops.leaves import is_python_number


def take(a: Any, indices: Any, axis: int | None = None, *, mode: str = "raise") -> Any:
    """Pick values along an axis by their places."""
    if mode != "raise":
        raise TraceError(
            f"np.take: mode={mode!r} cannot be traced. Bring the indices into range "
            "first, np.clip(indices, 0, size - 1) for one."
        )
    if axis is None:
        a, axis = np.ravel(a), 0
    (at,) = normal_axes(axis, np.ndim(a), name="take")
    return a[(*(slice(None),) * at, _integers(indices))]


def _integers(indices: Any) -> Any:
    """Take a list or a plain array of integers as an array; booleans as 0 and 1."""
    array = plain_or_traced(indices)
    return (
        array.astype(np.int64) if array.dtype.kind == "b" or not array.size else array
    )


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """Pick, for each place, the value at an index along an axis."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    if np.result_type(indices).kind not in "iu":
        raise TraceError(
            "np.take_along_axis: the indices must be integers, got "
            f"{np.result_type(indices)}. Convert them, indices.astype(np.int64)."
        )
    (at,) = normal_axes(axis, np.ndim(arr), name="take_along_axis")
    return sorting.take_along_axis(arr, indices, axis=at)


def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """Leave away the values at places along an axis."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    if is_traced(obj):
        raise TraceError(
            "np.delete: traced places cannot be traced, as what is left depends on "
            "them. Give plain integers, or keep all and choose with np.where."
        )
    (at,) = normal_axes(axis, np.ndim(arr), name="delete")
    places = np.arange(arr.shape[at])
    try:
        kept = np.delete(places, obj)
    except (IndexError, ValueError) as error:
        raise ShapeError(f"np.delete: {error}.") from None
    return np.take(arr, kept, axis=at)


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Choose from several arrays by the first condition that holds."""
    if len(condlist) != len(choicelist) or not condlist:
        raise ShapeError(
            f"np.select: {len(condlist)} conditions and {len(choicelist)} choices; "
            "give as many of each, at least one."
        )
    kept = [
        one if is_python_number(one) else plain_or_traced(one)
        for one in (*choicelist, default)
    ]
    dtype = np.result_type(*kept)  # of all at once: a Python number takes what it meets
    *choices, chosen = (
        one.astype(dtype) if is_traced(one) else np.asarray(one, dtype) for one in kept
    )
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        if np.result_type(condition).kind != "b":
            raise TraceError(
                "np.select: a condition must be of booleans, got "
                f"{np.result_type(condition)}. Compare, x > 0, or x.astype(bool)."
            )
        chosen = np.where(condition, choice, chosen)
    return chosen


# Order ------------------------------------------------------------------------------


def sort(
    a: Any,
    axis: int | None = -1,
    kind: str | None = None,
    order: None = None,
    *,
    stable: bool | None = None,
) -> Any:
    """Put the values along an axis in order; how they are sorted changes nothing."""
    a, at = _along(a, axis, order, "sort")
    return sorting.sort(a, axis=at)


def argsort(
    a: Any,
    axis: int | None = -1,
    kind: str | None = None,
    order: None = None,
    *,
    stable: bool | None = None,
) -> Any:
    """Give the places of the values along an axis in their order."""
    a = np.atleast_1d(a)  # the one place of a number is in an array of one, as in NumPy
    a, at = _along(a, axis, order, "argsort")
    if stable or kind in ("stable", "mergesort"):
        return sorting.argsort(a, axis=at, stable=True)
    return sorting.argsort(a, axis=at)


def partition(
    a: Any,
    kth: Any,
    axis: int | None = -1,
    kind: str = "introselect",
    order: None = None,
) -> Any:
    """Put the kth value in its place, smaller ones before it: here all are sorted.

    NumPy leaves the order within the parts open, and it may change from one version or
    processor to the next.
    """
    a, at = _along(a, axis, order, "partition")
    _check_kth(kth, a.shape[at])
    return sorting.sort(a, axis=at)


def argpartition(
    a: Any,
    kth: Any,
    axis: int | None = -1,
    kind: str = "introselect",
    order: None = None,
) -> Any:
    """Give the places of the values as `partition` arranges them."""
    a, at = _along(a, axis, order, "argpartition")
    _check_kth(kth, a.shape[at])
    return sorting.argsort(a, axis=at)


def _along(a: Any, axis: int | None, order: Any, name: str) -> tuple[Any, int]:
    """Give the array and the axis to sort along; no axis means all values in one."""
    if order is not None:
        raise TraceError(f"np.{name}: order={order!r} is for arrays of records only.")
    if axis is None:
        return np.ravel(a), 0
    return a, normal_axes(axis, a.ndim, name=name)[0]


def _check_kth(kth: Any, size: Any) -> None:
    for one in np.atleast_1d(kth).tolist():
        if isinstance(size, int) and not -size <= operator.index(one) < size:
            raise ShapeError(
                f"np.partition: kth={one} is out of bounds for an axis of {size} "
                "values."
            )


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """Give where values would go among sorted ones: integers, without a slope."""
    if side not in ("left", "right"):
        raise TraceError(
            f"np.searchsorted: side must be 'left' or 'right', got {side!r}."
        )
    among = a if sorter is None else np.take(a, sorter)
    return sorting.searchsorted(among, v, side=side)


# Windows ----------------------------------------------------------------------------


def sliding_window_view(x: Any, window_shape: Any, axis: Any = None) -> Any:
    """Give every part of an array that a window of a size shows, its axes last."""
    sizes = [operator.index(one) for one in np.atleast_1d(window_shape)]
    axes = list(range(x.ndim)) if axis is None else list(np.atleast_1d(axis))
    normal_axes(axes, x.ndim, name="sliding_window_view")
    if len(sizes) != len(axes):
        raise ShapeError(
            f"sliding_window_view: {len(sizes)} window sizes for {len(axes)} axes. "
            "Name the axes, axis=1, or give each a size."
        )
    at = tuple(int(one) % x.ndim for one in axes)
    return windows.windows(x, window_shape=tuple(sizes), axis=at)


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.take: take,
        np.take_along_axis: take_along_axis,
        np.delete: delete,
        np.select: select,
        np.sort: sort,
        np.argsort: argsort,
        np.partition: partition,
        np.argpartition: argpartition,
        np.searchsorted: searchsorted,
        np.lib.stride_tricks.sliding_window_view: sliding_window_view,
    }
)
