"""Product rows: sums of products over shared axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, shape_text
from glassprop.graph import Case, Primitive, Shape, broadcast
from glassprop.ops.rules import common_dtype, ufunc_dtype


def _matmul_shape(a: Any, b: Any) -> Shape:
    if not a.shape or not b.shape:
        raise ShapeError("`@` needs arrays of at least one dimension; use `*`.")
    inner_b = b.shape[-2] if len(b.shape) > 1 else b.shape[0]
    if a.shape[-1] != inner_b:
        raise ShapeError(
            f"cannot multiply {shape_text(a.shape)} @ {shape_text(b.shape)}: the last "
            f"axis of the first is {a.shape[-1]}, the matching axis of the second is "
            f"{inner_b}.{_transposed_hint(a, b)}"
        )
    batch = broadcast(a.shape[:-2], b.shape[:-2])
    rows, columns = a.shape[-2:-1], b.shape[-1:] if len(b.shape) > 1 else ()
    return (*batch, *rows, *columns)


def _transposed_hint(a: Any, b: Any) -> str:
    """Say which transpose would fit, as a sentence to append."""
    if len(a.shape) != 2 or len(b.shape) != 2:
        return ""
    if a.shape[1] == b.shape[1]:
        return " `a @ b.T` would fit."
    return " `a.T @ b` would fit." if a.shape[0] == b.shape[0] else ""


def _matmul_vjp_a(g: Any, y: Any, a: Any, b: Any) -> Any:
    if len(b.shape) == 1:
        return np.expand_dims(g, -1) * b
    if len(a.shape) == 1:
        product = np.expand_dims(g, -2) @ np.swapaxes(b, -1, -2)
        return np.reshape(_summed(product, len(b.shape) - 2), a.shape)
    return g @ np.swapaxes(b, -1, -2)


def _matmul_vjp_b(g: Any, y: Any, a: Any, b: Any) -> Any:
    if len(a.shape) == 1 and len(b.shape) == 1:
        return g * a
    if len(a.shape) == 1:
        return np.expand_dims(a, -1) * np.expand_dims(g, -2)
    if len(b.shape) == 1:
        return _summed(a * np.expand_dims(g, -1), len(a.shape) - 1)
    return np.swapaxes(a, -1, -2) @ g


def _summed(product: Any, axes: int) -> Any:
    """Sum over so many axes in front."""
    return np.sum(product, axis=tuple(range(axes))) if axes else product


def _matmul_cost(value: Any, a: Any, b: Any) -> float:
    return float(2 * math.prod(value.shape) * a.shape[-1])


matmul = Primitive(
    name="matmul",
    numpy=np.matmul,
    shape=_matmul_shape,
    dtype=ufunc_dtype(np.matmul),
    vjps=(_matmul_vjp_a, _matmul_vjp_b),
    cost=_matmul_cost,
    cases=(
        Case(((3, 4), (4, 2))),
        Case(((4,), (4,))),
        Case(((3, 4), (4,))),
        Case(((4,), (4, 2))),
        Case(((2, 3, 4), (4, 2))),
        Case(((2, 1, 3, 4), (5, 4, 2))),
        Case(((4,), (2, 4, 3))),
        Case(((2, 3, 4), (4,))),
    ),
)


def _terms(subscripts: str) -> tuple[list[str], str]:
    left, right = subscripts.split("->")
    return left.split(","), right


def _einsum_sizes(arrays: tuple[Any, ...], subscripts: str) -> dict[str, Any]:
    sizes: dict[str, Any] = {}
    for term, one in zip(_terms(subscripts)[0], arrays, strict=True):
        for letter, size in zip(term, one.shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise ShapeError(
                    f"einsum {subscripts!r}: the index {letter!r} is {sizes[letter]} "
                    f"in one operand and {size} in another."
                )
    return sizes


def _einsum_shape(*arrays: Any, subscripts: str) -> Shape:
    sizes = _einsum_sizes(arrays, subscripts)
    return tuple(sizes[letter] for letter in _terms(subscripts)[1])


def _einsum_vjp(position: int, g: Any, y: Any, *arrays: Any, subscripts: str) -> Any:
    """Contract g with the other operands; repeat it along axes that only x has."""
    terms, right = _terms(subscripts)
    wanted = terms[position]
    others = [term for at, term in enumerate(terms) if at != position]
    known = set(right).union(*others)
    kept = "".join(letter for letter in wanted if letter in known)
    operands = [one for at, one in enumerate(arrays) if at != position]
    part = np.einsum(f"{','.join([right, *others])}->{kept}", g, *operands)
    lost = tuple(at for at, letter in enumerate(wanted) if letter not in known)
    return np.broadcast_to(np.expand_dims(part, lost), arrays[position].shape)


def _einsum_cost(value: Any, *arrays: Any, subscripts: str) -> float:
    sizes = _einsum_sizes(arrays, subscripts)
    return float(len(arrays) * math.prod(sizes.values()))


# Subscripts arrive explicit ("ij,jk->ik"), without ellipsis or repeated indices.
einsum = Primitive(
    name="einsum",
    numpy=lambda *arrays, subscripts: np.einsum(subscripts, *arrays),
    shape=_einsum_shape,
    dtype=common_dtype,
    vjps=_einsum_vjp,
    cost=_einsum_cost,
    cases=(
        Case(((3, 4), (4, 2)), {"subscripts": "ij,jk->ik"}),
        Case(((3, 4),), {"subscripts": "ij->j"}),
        Case(((3, 4), (4, 2), (3,)), {"subscripts": "ij,jk,i->k"}),
        Case(((3,), (4,)), {"subscripts": "i,j->ij"}),
        Case(((2, 3, 4), (2, 4)), {"subscripts": "bij,bj->bi"}),
    ),
)
