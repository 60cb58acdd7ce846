"""Products: sums of products over shared axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, TraceError
from glassprop.ops import product
from glassprop.ops.leaves import is_python_number


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


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.dot: dot,
        np.outer: outer,
        np.tensordot: tensordot,
        np.einsum: einsum,
    }
)
