"""Products: sums of products over shared axes."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, shape_text
from glassprop.numpy_functions.operands import with_own_dtype
from glassprop.ops import product
from glassprop.ops.linalg import check_square


def dot(a: Any, b: Any) -> Any:
    """Multiply as np.dot does."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return with_own_dtype(a) * with_own_dtype(b)
    if np.ndim(b) <= 2:
        return product.matmul(a, b)
    return np.tensordot(a, b, axes=(-1, -2))


def outer(a: Any, b: Any) -> Any:
    """Multiply each value of one array with each of another."""
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum products over the axes given."""
    rank_a, rank_b = np.ndim(a), np.ndim(b)
    if isinstance(axes, int):
        summed_a = tuple(range(rank_a - axes, rank_a))
        summed_b = tuple(range(axes))
    else:
        summed_a, summed_b = (
            tuple(one % rank for one in ((part,) if isinstance(part, int) else part))
            for part, rank in zip(axes, (rank_a, rank_b), strict=True)
        )
    kept_a = tuple(at for at in range(rank_a) if at not in summed_a)
    kept_b = tuple(at for at in range(rank_b) if at not in summed_b)
    a, b = _transposed(a, (*kept_a, *summed_a)), _transposed(b, (*summed_b, *kept_b))
    sizes_a, sizes_b = np.shape(a), np.shape(b)
    outer_a, inner_a = sizes_a[: len(kept_a)], sizes_a[len(kept_a) :]
    inner_b, outer_b = sizes_b[: len(summed_b)], sizes_b[len(summed_b) :]
    if inner_a != inner_b:
        raise ShapeError(
            f"np.tensordot: the axes to be summed do not fit: {shape_text(inner_a)} "
            f"of the first array, {shape_text(inner_b)} of the second."
        )
    # As NumPy: one product of two matrices, whose sums BLAS adds up.
    length = math.prod(inner_a)
    rows = np.reshape(a, (math.prod(outer_a), length) if outer_a else (length,))
    columns = np.reshape(b, (length, math.prod(outer_b)) if outer_b else (length,))
    return np.reshape(product.matmul(rows, columns), (*outer_a, *outer_b))


def _transposed(a: Any, axes: tuple[int, ...]) -> Any:
    return a if axes == tuple(range(len(axes))) else np.transpose(a, axes)


def inner(a: Any, b: Any) -> Any:
    """Sum products over the last axis of both."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return with_own_dtype(a) * with_own_dtype(b)
    return np.dot(a, b if np.ndim(b) == 1 else np.swapaxes(b, -1, -2))


def vdot(a: Any, b: Any) -> Any:
    """Sum the products of all values, both arrays flat."""
    return np.dot(np.ravel(a), np.ravel(b))


def kron(a: Any, b: Any) -> Any:
    """Put, in the place of each value of one array, its product with another array."""
    rank = max(np.ndim(a), np.ndim(b))
    if rank == 0:
        return with_own_dtype(a) * with_own_dtype(b)
    shape_a, shape_b = (
        (*(1,) * (rank - np.ndim(one)), *np.shape(one)) for one in (a, b)
    )
    apart_a = [size for one in shape_a for size in (one, 1)]
    apart_b = [size for one in shape_b for size in (1, one)]
    whole = np.reshape(a, apart_a) * np.reshape(b, apart_b)
    return np.reshape(whole, [p * q for p, q in zip(shape_a, shape_b, strict=True)])


def cross(  # noqa: PLR0917  # in the order of NumPy's
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Any:
    """Give the vector that stands at right angles to two vectors of three values."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = with_own_dtype(a), with_own_dtype(b)
    sizes = [np.shape(one)[at] for one, at in ((a, axisa), (b, axisb))]
    if sizes != [3, 3]:
        raise ShapeError(
            f"np.cross: vectors of {sizes[0]} and {sizes[1]} values; both must have 3. "
            "Of two values each, the third is a[0] * b[1] - a[1] * b[0]."
        )
    (a0, a1, a2), (b0, b1, b2) = (
        [np.take(one, k, axis=at) for k in range(3)]
        for one, at in ((a, axisa), (b, axisb))
    )
    parts = [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0]
    return np.stack(parts, axis=axisc)


def cross_along(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Give np.cross along one axis of both."""
    return np.cross(x1, x2, axis=axis)


def vecdot(x1: Any, x2: Any) -> Any:
    """Sum products over the last axis, of as many vectors as there are."""
    row, column = np.expand_dims(x1, -2), np.expand_dims(x2, -1)
    return np.matmul(row, column)[..., 0, 0]


def vecdot_along(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Sum products over an axis, of as many vectors as there are."""
    return vecdot(np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1))


def matvec(x1: Any, x2: Any) -> Any:
    """Multiply matrices by vectors."""
    return np.matmul(x1, np.expand_dims(x2, -1))[..., 0]


def vecmat(x1: Any, x2: Any) -> Any:
    """Multiply vectors by matrices."""
    return np.matmul(np.expand_dims(x1, -2), x2)[..., 0, :]


def multi_dot(arrays: Sequence[Any]) -> Any:
    """Multiply several matrices, in the order that takes the fewest operations."""
    parts = list(arrays)
    if len(parts) < 2:
        raise ShapeError("np.linalg.multi_dot: expected at least two arrays.")
    first, last = np.ndim(parts[0]), np.ndim(parts[-1])
    if first == 1:
        parts[0] = np.reshape(parts[0], (1, -1))
    if last == 1:
        parts[-1] = np.reshape(parts[-1], (-1, 1))
    if any(np.ndim(one) != 2 for one in parts):
        raise ShapeError(
            "np.linalg.multi_dot: expected matrices, the first and the last may be "
            f"vectors; got {', '.join(shape_text(np.shape(one)) for one in arrays)}."
        )
    product = _chain(parts)
    if first == 1:
        product = product[0]
    return product[..., 0] if last == 1 else product


def _chain(parts: Sequence[Any]) -> Any:
    """Multiply matrices by the cheapest bracketing (Cormen et al., section 15.2)."""
    sizes = [_length(np.shape(one)[0]) for one in parts]
    sizes.append(_length(np.shape(parts[-1])[1]))
    cost: dict[tuple[int, int], float] = {}
    cut: dict[tuple[int, int], int] = {}
    for length in range(len(parts)):
        for first in range(len(parts) - length):
            last = first + length
            trials = {
                at: cost[first, at]
                + cost[at + 1, last]
                + sizes[first] * sizes[at + 1] * sizes[last + 1]
                for at in range(first, last)
            }
            cost[first, last] = min(trials.values(), default=0)
            cut[first, last] = min(trials, key=trials.__getitem__, default=first)

    def product(first: int, last: int) -> Any:
        if first == last:
            return parts[first]
        at = cut[first, last]
        return np.matmul(product(first, at), product(at + 1, last))

    return product(0, len(parts) - 1)


MANY = 1000  # stands for the rows of a batch where the cost of products is compared


def _length(size: Any) -> int:
    return size if isinstance(size, int) else MANY * int(size.factor)


def matrix_power(a: Any, n: int) -> Any:
    """Multiply a matrix by itself, n times; its inverse for n < 0."""
    power = operator.index(n)
    check_square(a, "matrix_power")
    if power == 0:
        return np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    base = np.linalg.inv(a) if power < 0 else a
    if abs(power) == 3:  # as NumPy, which squares what it has in all other cases
        return np.matmul(np.matmul(base, base), base)
    result = None
    for bit in reversed(bin(abs(power))[2:]):
        if bit == "1":
            result = base if result is None else np.matmul(result, base)
        base = np.matmul(base, base)
    return result


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.dot: dot,
        np.inner: inner,
        np.vdot: vdot,
        np.outer: outer,
        np.linalg.outer: outer,
        np.kron: kron,
        np.cross: cross,
        np.linalg.cross: cross_along,
        np.linalg.vecdot: vecdot_along,
        np.linalg.matmul: product.matmul,
        np.linalg.multi_dot: multi_dot,
        np.linalg.matrix_power: matrix_power,
        np.tensordot: tensordot,
        np.linalg.tensordot: tensordot,
    }
)

# NumPy has the first from 2.0 on, the others from 2.2.
VECTOR_PRODUCTS = {"vecdot": vecdot, "matvec": matvec, "vecmat": vecmat}
UFUNCS: Mapping[np.ufunc, Callable[..., Any]] = MappingProxyType(
    {
        getattr(np, name): function
        for name, function in VECTOR_PRODUCTS.items()
        if hasattr(np, name)
    }
)
