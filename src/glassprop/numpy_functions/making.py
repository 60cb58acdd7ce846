"""Functions that make arrays like others, or answer a question about one."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.numpy_functions.operands import is_traced


def zeros_like(a: Any, dtype: Any = None) -> Any:
    """Make zeros of the shape of an array."""
    return np.full_like(a, 0, dtype=dtype)


def ones_like(a: Any, dtype: Any = None) -> Any:
    """Make ones of the shape of an array."""
    return np.full_like(a, 1, dtype=dtype)


def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    """Fill the shape of an array with a value."""
    kept = a.dtype if dtype is None else np.dtype(dtype)
    value = fill_value if is_traced(fill_value) else a.constant(fill_value, kept)
    return np.broadcast_to(value.astype(kept), a.shape)


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    *,
    axis: int = 0,
) -> Any:
    """Give evenly spaced numbers from one to another; either may be an array."""
    count = operator.index(num)
    parts = count - 1 if endpoint else count
    start, stop = start * 1.0, stop * 1.0
    width = stop - start
    step = width / parts if parts > 0 else width * np.nan
    places = np.arange(max(count, 0), dtype=np.result_type(start, stop))
    places = np.reshape(places, (-1, *(1,) * np.ndim(width)))
    if parts > 0:
        # As NumPy, where a width is so small that its part is 0 (or is 0 itself).
        lost = np.any(step == 0)
        made = np.where(lost, places / parts * width, places * step) + start
    else:
        made = places * width + start
    if endpoint and count > 1:
        last = np.broadcast_to(stop, made.shape)[-1:].astype(made.dtype)
        made = np.concatenate([made[:-1], last])
    made = np.moveaxis(made, 0, axis)
    return (made, step) if retstep else made


def copy(a: Any, order: str = "K") -> Any:
    """Give the array itself: traced values never change."""
    return a


def astype(x: Any, dtype: Any, /, *, copy: bool = True) -> Any:
    """Convert to another dtype."""
    return x.astype(dtype)


def shape_(a: Any) -> Any:
    """Give the shape."""
    return a.shape


def ndim(a: Any) -> int:
    """Give the number of dimensions."""
    rank: int = a.ndim
    return rank


def size(a: Any, axis: int | None = None) -> Any:
    """Give the number of elements."""
    return math.prod(a.shape) if axis is None else a.shape[axis]


def result_type(*arrays_and_dtypes: Any) -> Any:
    """Give the dtype that arrays promote to."""
    return np.result_type(
        *(one.dtype if is_traced(one) else one for one in arrays_and_dtypes)
    )


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.zeros_like: zeros_like,
        np.ones_like: ones_like,
        np.full_like: full_like,
        np.linspace: linspace,
        np.copy: copy,
        **({np.astype: astype} if hasattr(np, "astype") else {}),  # from 2.1 on
        np.shape: shape_,
        np.ndim: ndim,
        np.size: size,
        np.result_type: result_type,
    }
)
