"""Norms of vectors and matrices.

Where a norm is 0 it has a corner; its slope is taken as 0 there, as in PyTorch. In
autograd and JAX it is NaN. The squares overflow from 1e154 on, in float32 from 1e19: as
in NumPy, the norm is infinite then, and its slope 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import ArgumentError, ShapeError, TraceError, shape_text
from glassprop.graph import normal_axes
from glassprop.numpy_functions.reductions import root

MATRICES, VECTORS = 2, 1  # the number of axes that a norm takes together


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Give a norm of vectors or matrices, by NumPy's names of them."""
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    if axis is None and (
        ord is None
        or (ord in ("fro", "f") and x.ndim == MATRICES)
        or (not isinstance(ord, str) and ord == 2 and x.ndim == VECTORS)
    ):
        flat = np.reshape(x, -1)
        found = root(flat @ flat)
        return np.reshape(found, (1,) * x.ndim) if keepdims else found
    axes = tuple(axis) if isinstance(axis, Sequence) else axis
    normal = normal_axes(axes, x.ndim, name="norm")
    if len(normal) == VECTORS:
        return _vector_norm(x, ord, normal, keepdims)
    if len(normal) == MATRICES:
        rows, columns = normal if axes is None else (one % x.ndim for one in axes)
        found = _matrix_norm(x, ord, rows, columns)
        return found if keepdims else np.squeeze(found, normal)
    raise ShapeError(
        f"np.linalg.norm: ord={ord!r} is for one axis or two, and an array of shape "
        f"{shape_text(x.shape)} with axis={axis} has {len(normal)}. Name the axes, or "
        "leave ord away for the root of the sum of squares."
    )


def _vector_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if isinstance(ord, str):
        raise ArgumentError(
            f"np.linalg.norm: ord={ord!r} is not for vectors. Give None or a number, "
            "np.inf and -np.inf among them."
        )
    over: dict[str, Any] = {"axis": axes, "keepdims": keepdims}
    if ord is None or ord == 2:
        return root(np.sum(x * x, **over))
    if ord == 0:
        return np.sum((x != 0).astype(x.dtype), **over)
    if ord in _SIMPLE:
        return _SIMPLE[ord](np.abs(x), **over)
    magnitude = np.abs(x)
    if ord < 1:  # the power has no finite slope at 0
        zero = magnitude == 0
        powers = np.where(zero, 1, magnitude) ** ord
        total = np.sum(np.where(zero, 0.0 if ord > 0 else np.inf, powers), **over)
    else:
        total = np.sum(magnitude**ord, **over)
    if ord < 0:
        return total ** (1 / ord)
    zero = total == 0
    return np.where(zero, 0, np.where(zero, 1, total) ** (1 / ord))


def _matrix_norm(x: Any, ord: Any, rows: int, columns: int) -> Any:
    """Give a norm of matrices, with their axes kept."""
    if ord in (None, "fro", "f"):
        return root(np.sum(x * x, axis=(rows, columns), keepdims=True))
    for size, summed, compared in ((1, rows, columns), (np.inf, columns, rows)):
        if not isinstance(ord, str) and abs(ord) == size:
            sums = np.sum(np.abs(x), axis=summed, keepdims=True)
            extreme = np.max if ord > 0 else np.min
            return extreme(sums, axis=compared, keepdims=True)
    if ord in (2, -2, "nuc"):
        raise TraceError(
            f"np.linalg.norm with ord={ord!r} of a matrix cannot be traced: it needs "
            "singular values. Use 'fro', 1 or np.inf, which are within a factor of it."
        )
    raise ArgumentError(
        f"np.linalg.norm: ord={ord!r} is not for matrices. Give 'fro', 1, -1, np.inf "
        "or -np.inf."
    )


_SIMPLE: Mapping[float, Callable[..., Any]] = MappingProxyType(
    {1: np.sum, np.inf: np.max, -np.inf: np.min}
)

FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {np.linalg.norm: norm}
)
