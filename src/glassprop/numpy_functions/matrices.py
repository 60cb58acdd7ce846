"""Diagonals, triangles, and linear algebra of square matrices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, TraceError, shape_text
from glassprop.graph import Size, normal_axes
from glassprop.numpy_functions.operands import plain_or_traced
from glassprop.ops import linalg


def _plain_sizes(a: Any, axes: tuple[int, ...], name: str) -> list[int]:
    """Give the sizes of axes, none of which may hold the rows of a batch."""
    sizes = [a.node.shape[at] for at in axes]
    if any(isinstance(size, Size) for size in sizes):
        raise ShapeError(
            f"np.{name}: the places it picks in {shape_text(a.shape)} would depend on "
            "n, the rows of a batch. Name other axes, or put the rows in front: the "
            "matrices of a batch are (n, k, k)."
        )
    return sizes


def _zero(a: Any) -> Any:
    """Give a zero that changes no dtype."""
    return False if a.dtype.kind == "b" else 0


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Give the diagonal of two axes, as the last axis."""
    if a.ndim < 2:
        raise ShapeError(
            "np.diagonal: expected an array of at least 2 dimensions, got shape "
            f"{shape_text(a.shape)}."
        )
    normal_axes((axis1, axis2), a.ndim, name="diagonal")
    last = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = _plain_sizes(last, (-2, -1), "diagonal")
    down, right = max(-offset, 0), max(offset, 0)
    count = max(min(rows - down, columns - right), 0)
    return last[..., np.arange(count) + down, np.arange(count) + right]


def last_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """Give the diagonal of the last two axes."""
    return np.diagonal(x, offset, -2, -1)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Sum the diagonal of two axes."""
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


def last_trace(x: Any, /, *, offset: int = 0) -> Any:
    """Sum the diagonal of the last two axes."""
    return np.trace(x, offset, -2, -1)


def diag(v: Any, k: int = 0) -> Any:
    """Give the diagonal of a matrix, or the matrix that has a diagonal."""
    if v.ndim == 2:
        return np.diagonal(v, k)
    if v.ndim != 1:
        raise ShapeError(
            f"np.diag: expected 1 or 2 dimensions, got shape {shape_text(v.shape)}."
        )
    (size,) = _plain_sizes(v, (0,), "diag")
    longer = np.pad(v, (max(-k, 0), max(k, 0)))
    places = np.eye(size + abs(k), k=k, dtype=bool)
    return np.where(places, longer[:, None], _zero(v))


def diagflat(v: Any, k: int = 0) -> Any:
    """Give the matrix that has the flat array as its diagonal."""
    return np.diag(np.ravel(v), k)


def tril(m: Any, k: int = 0) -> Any:
    """Keep what stands on and below a diagonal; zero the rest."""
    return np.where(_triangle(m, k, "tril"), m, _zero(m))


def triu(m: Any, k: int = 0) -> Any:
    """Keep what stands on and above a diagonal; zero the rest."""
    return np.where(_triangle(m, k - 1, "triu"), _zero(m), m)


def _triangle(m: Any, k: int, name: str) -> Any:
    if m.ndim == 0:
        raise ShapeError(f"np.{name}: expected an array of at least one dimension.")
    sizes = _plain_sizes(m, tuple(range(m.ndim))[-2:], name)
    return np.tri(sizes[0], sizes[-1], k=k, dtype=bool)


# Linear algebra -----------------------------------------------------------------------


def solve(a: Any, b: Any) -> Any:
    """Solve the systems ``a @ x = b``."""
    linalg.check_square(plain_or_traced(a), "solve")
    if np.ndim(b) == 1:
        return linalg.solve(a, np.reshape(b, (-1, 1)))[..., 0]
    return linalg.solve(a, b)


def slogdet(a: Any) -> Any:
    """Give the sign and the logarithm of the absolute value of the determinant."""
    result = type(np.linalg.slogdet(np.eye(1)))
    return result(linalg.detsign(a), linalg.logabsdet(a))


def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """Give the triangle L with ``L @ L.T = a``, or its transpose."""
    linalg.check_square(a, "cholesky")
    return linalg.cholesky(a, upper=True) if upper else linalg.cholesky(a)


def eigh(a: Any, UPLO: str = "L") -> Any:
    """Give the eigenvalues and the eigenvectors of symmetric matrices."""
    part = _triangle_read(UPLO, "eigh")
    result = type(np.linalg.eigh(np.eye(1)))
    return result(linalg.eigenvalues(a, **part), linalg.eigenvectors(a, **part))


def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Give the eigenvalues of symmetric matrices."""
    return linalg.eigenvalues(a, alone=True, **_triangle_read(UPLO, "eigvalsh"))


def _triangle_read(part: str, name: str) -> dict[str, str]:
    """Give the attribute that says which triangle is read, if it is the upper one."""
    if part.upper() not in ("L", "U"):
        raise TraceError(f"np.linalg.{name}: UPLO must be 'L' or 'U', got {part!r}.")
    return {} if part.upper() == "L" else {"UPLO": "U"}


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.diagonal: diagonal,
        np.linalg.diagonal: last_diagonal,
        np.trace: trace,
        np.linalg.trace: last_trace,
        np.diag: diag,
        np.diagflat: diagflat,
        np.tril: tril,
        np.triu: triu,
        np.linalg.solve: solve,
        np.linalg.inv: linalg.inv,
        np.linalg.det: linalg.det,
        np.linalg.slogdet: slogdet,
        np.linalg.cholesky: cholesky,
        np.linalg.eigh: eigh,
        np.linalg.eigvalsh: eigvalsh,
        np.linalg.pinv: linalg.pinv,
    }
)
