"""NumPy's functions, on traced arrays: which row each is, or how it is composed.

`UFUNCS` and `FUNCTIONS` map NumPy's own objects to what is done when one of them meets
a traced array. A composed function is written in NumPy once more, in terms of rows, so
that it needs no derivative of its own. Parameters stand in NumPy's order; what is not
listed is refused by `glassprop.traced`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, TraceError, shape_text
from glassprop.graph import Dimension, Primitive, Size, count, normal_axes
from glassprop.ops import elementwise, product, reduction, stable
from glassprop.ops import shape as shapes
from glassprop.ops.leaves import is_python_number

Axis = int | Sequence[int] | None


# Reductions -----------------------------------------------------------------------


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


# Elementwise ----------------------------------------------------------------------


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Choose from two arrays by a condition."""
    if x is None or y is None:
        raise TraceError(
            "np.where with a condition alone gives positions, whose number depends on "
            "the values. Give all three: np.where(condition, a, b)."
        )
    return elementwise.where(condition, x, y)


def clip(
    a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Any:
    """Limit the values from below, above or both."""
    low = a_min if min is None else min
    high = a_max if max is None else max
    if low is not None:
        a = np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


def bitwise(row: Primitive) -> Callable[..., Any]:
    """Take ``&``, ``|``, ``^`` and ``~`` on booleans for what they mean there."""

    def logical(*operands: Any) -> Any:
        if any(np.result_type(one).kind != "b" for one in operands):
            raise TraceError(
                "&, |, ^ and ~ can be traced on booleans only. Compare first, "
                "(x > 0) & (x < 1), or calculate with numbers."
            )
        return row(*operands)

    return logical


def square(x: Any) -> Any:
    """Multiply by itself."""
    return x * x


def power(base: Any, exponent: Any) -> Any:
    """Write the powers that have a shorter form in that form, as NumPy itself does."""
    floating = np.result_type(base).kind == "f"
    if is_python_number(exponent) and (floating or type(exponent) is int):
        if exponent == 2:
            return base * base
        if exponent == 1:
            return elementwise.positive(base)
        if exponent == 0.5 and floating:
            return np.sqrt(base)
        if exponent == -1 and floating:
            return 1 / base
    return elementwise.power(base, exponent)


# Shapes ---------------------------------------------------------------------------


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


# Products -------------------------------------------------------------------------


def dot(a: Any, b: Any) -> Any:
    """Multiply as np.dot does."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return _array(a) * _array(b)
    if np.ndim(b) <= 2:
        return product.matmul(a, b)
    return np.tensordot(a, b, axes=(-1, -2))


def _array(value: Any) -> Any:
    """Take a Python number as an array, which has a dtype of its own."""
    return np.asarray(value) if is_python_number(value) else value


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
    letters = [chr(ord("a") + at) for at in range(rank_a + rank_b)]
    term_a, term_b = letters[:rank_a], letters[rank_a:]
    for at_a, at_b in zip(summed_a, summed_b, strict=True):
        term_b[at_b] = term_a[at_a]
    kept = [one for at, one in enumerate(term_a) if at not in summed_a]
    kept += [one for at, one in enumerate(term_b) if at not in summed_b]
    subscripts = f"{''.join(term_a)},{''.join(term_b)}->{''.join(kept)}"
    return product.einsum(a, b, subscripts=subscripts)


def einsum(subscripts: Any, *operands: Any, optimize: Any = False) -> Any:
    """Sum products over the letters that the result lacks."""
    if not isinstance(subscripts, str):
        raise TraceError(
            "np.einsum: lists of axis numbers cannot be traced. Write the subscripts "
            "as text, np.einsum('ij,jk->ik', a, b)."
        )
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    operands = tuple(_array(operand) for operand in operands)
    if "." in text or any(len(set(term)) < len(term) for term in terms):
        raise TraceError(
            f"np.einsum: {subscripts!r} has an ellipsis or names an index twice in one "
            "operand, which cannot be traced. Name every axis with a letter of its own."
        )
    if not arrow:
        every = "".join(terms)
        right = "".join(sorted(one for one in set(every) if every.count(one) == 1))
    if not set(right) <= set(left) or len(set(right)) < len(right):
        raise ShapeError(
            f"np.einsum: {subscripts!r} must name on the right, at most once each, "
            "letters that stand on the left."
        )
    ranks = [np.ndim(operand) for operand in operands]
    if [len(term) for term in terms] != ranks:
        raise ShapeError(
            f"np.einsum: {subscripts!r} is for arrays of "
            f"{', '.join(str(len(term)) for term in terms)} dimensions; the operands "
            f"have {', '.join(str(rank) for rank in ranks)}."
        )
    return product.einsum(*operands, subscripts=f"{','.join(terms)}->{right}")


# Making arrays --------------------------------------------------------------------


def zeros_like(a: Any, dtype: Any = None) -> Any:
    """Make zeros of the shape of an array."""
    return np.full_like(a, 0, dtype=dtype)


def ones_like(a: Any, dtype: Any = None) -> Any:
    """Make ones of the shape of an array."""
    return np.full_like(a, 1, dtype=dtype)


def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    """Fill the shape of an array with a value."""
    kept = a.dtype if dtype is None else np.dtype(dtype)
    value = fill_value if hasattr(fill_value, "node") else a.constant(fill_value, kept)
    return np.broadcast_to(value.astype(kept), a.shape)


# Questions with a plain answer ----------------------------------------------------


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
        *(one.dtype if hasattr(one, "node") else one for one in arrays_and_dtypes)
    )


UFUNCS: Mapping[np.ufunc, Callable[..., Any]] = MappingProxyType(
    {
        **{
            row.numpy: row
            for family in (elementwise, product)
            for row in vars(family).values()
            if isinstance(getattr(row, "numpy", None), np.ufunc)
        },
        np.positive: elementwise.positive,
        np.power: power,
        np.square: square,
        np.bitwise_and: bitwise(elementwise.logical_and),
        np.bitwise_or: bitwise(elementwise.logical_or),
        np.bitwise_xor: bitwise(elementwise.logical_xor),
        np.invert: bitwise(elementwise.logical_not),
    }
)

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
        np.where: where,
        np.clip: clip,
        np.reshape: reshape,
        np.transpose: transpose,
        np.swapaxes: swapaxes,
        np.expand_dims: expand_dims,
        np.squeeze: squeeze,
        np.broadcast_to: broadcast_to,
        np.concatenate: concatenate,
        np.stack: stack,
        np.split: split,
        np.dot: dot,
        np.outer: outer,
        np.tensordot: tensordot,
        np.einsum: einsum,
        np.zeros_like: zeros_like,
        np.ones_like: ones_like,
        np.full_like: full_like,
        np.shape: shape_,
        np.ndim: ndim,
        np.size: size,
        np.result_type: result_type,
    }
)


def scipy_ufunc(ufunc: np.ufunc, special: Any) -> Callable[..., Any] | None:
    """Give the row of a ufunc of ``scipy.special``, if it has one."""
    return {special.expit: stable.sigmoid}.get(ufunc)
