"""Einstein's sums, in all the ways that NumPy can write them.

What NumPy takes, text or lists of axis numbers, with an ellipsis, an index twice in one
operand, a result that is not named, axes of size 1 that broadcast, is brought to the
one form that the row takes: every axis has a letter, a letter stands once in an
operand, and the result is named.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, TraceError
from glassprop.numpy_functions.operands import shape_of, with_own_dtype
from glassprop.ops import product

LETTERS = string.ascii_letters


def einsum(*operands: Any, optimize: Any = False) -> Any:
    """Sum products over the letters that the result lacks."""
    subscripts, arrays = _written(operands)
    terms, right = _lettered(subscripts, arrays)
    for at, term in enumerate(terms):
        arrays[at], terms[at] = _diagonals(arrays[at], term, subscripts)
    sizes: dict[str, Any] = {}
    for term, array in zip(terms, arrays, strict=True):
        for letter, size in zip(term, shape_of(array), strict=True):
            sizes[letter] = size if sizes.get(letter, 1) == 1 else sizes[letter]
    for at, term in enumerate(terms):
        ones = [
            k
            for k, (letter, size) in enumerate(
                zip(term, shape_of(arrays[at]), strict=True)
            )
            if size == 1 and sizes[letter] != 1
        ]
        arrays[at] = np.squeeze(arrays[at], tuple(ones)) if ones else arrays[at]
        terms[at] = "".join(one for k, one in enumerate(term) if k not in ones)
    return product.einsum(*arrays, subscripts=f"{','.join(terms)}->{right}")


def _written(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """Give the subscripts as text, also where they are lists of axis numbers."""
    if isinstance(operands[0], str):
        return operands[0].replace(" ", ""), [
            with_own_dtype(one) for one in operands[1:]
        ]
    arrays = [with_own_dtype(one) for one in operands[: len(operands) // 2 * 2 : 2]]
    lists = [list(one) for one in operands[1::2]]
    result = list(operands[-1]) if len(operands) % 2 else None
    every = [one for part in lists for one in part if one is not Ellipsis]
    if not all(isinstance(one, int | np.integer) for one in every):
        raise TraceError(
            "np.einsum: expected subscripts as text, np.einsum('ij,jk->ik', a, b), or "
            "after each operand a list of its axes as integers."
        )
    letters = dict(zip(sorted(set(every)), LETTERS, strict=False))
    letters[Ellipsis] = "..."

    def text(axes: Sequence[Any]) -> str:
        return "".join(letters.get(one, "?") for one in axes)

    arrow = "" if result is None else f"->{text(result)}"
    return f"{','.join(text(one) for one in lists)}{arrow}", arrays


def _lettered(subscripts: str, arrays: Sequence[Any]) -> tuple[list[str], str]:
    """Give every axis a letter, those of an ellipsis too, and name the result."""
    left, arrow, right = subscripts.partition("->")
    terms = left.split(",")
    ranks = [np.ndim(one) for one in arrays]
    named = [len(term.replace("...", "")) for term in terms]
    fits = len(terms) == len(ranks) and all(
        rank >= count if "..." in term else rank == count
        for term, rank, count in zip(terms, ranks, named, strict=False)
    )
    if not fits:
        raise ShapeError(
            f"np.einsum: {subscripts!r} is for arrays of "
            f"{', '.join(map(_rank_text, terms))} dimensions; the operands have "
            f"{', '.join(str(rank) for rank in ranks)}."
        )
    extra = max(rank - count for rank, count in zip(ranks, named, strict=True))
    fresh = [one for one in LETTERS if one not in subscripts][:extra]
    filled = [
        term.replace("...", "".join(fresh[extra - (rank - count) :]))
        for term, rank, count in zip(terms, ranks, named, strict=True)
    ]
    if not arrow:
        every = left.replace("...", "").replace(",", "")
        single = sorted(one for one in set(every) if every.count(one) == 1)
        right = "".join([*fresh, *single])
    elif "..." in right:
        right = right.replace("...", "".join(fresh))
    elif extra:
        raise ShapeError(
            f"np.einsum: {subscripts!r} sums over the axes that `...` stands for. Name "
            "them with letters, or put `...` on the right."
        )
    known = set("".join(filled))
    if not (known | set(right)) <= set(LETTERS):
        raise ShapeError(
            f"np.einsum: {subscripts!r} may hold letters, commas, `...` and `->` alone."
        )
    if not set(right) <= known or len(set(right)) < len(right):
        raise ShapeError(
            f"np.einsum: {subscripts!r} must name on the right, at most once each, "
            "letters that stand on the left."
        )
    return filled, right


def _rank_text(term: str) -> str:
    count = len(term.replace("...", ""))
    return f"{count} or more" if "..." in term else str(count)


def _diagonals(array: Any, term: str, subscripts: str) -> tuple[Any, str]:
    """Take the diagonal of axes that have one letter."""
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            sizes = [shape_of(array)[first], shape_of(array)[second]]
            if sizes[0] != sizes[1]:
                raise ShapeError(
                    f"np.einsum: {subscripts!r} names two axes of one operand "
                    f"{letter!r}, and they have {sizes[0]} and {sizes[1]} values."
                )
            array = np.diagonal(array, axis1=first, axis2=second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + letter
    return array, term


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {np.einsum: einsum}
)
