"""The words that a data frame has for its columns, for results that name inputs.

Any object with ``columns`` is a data frame, and one axis with an ``index`` of words is
a row of one. Words are taken where all columns have one, as scikit-learn does: a frame
that was made of an array numbers its columns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from glassprop.errors import DataError
from glassprop.layers.contract import Shapes
from glassprop.number_texts import SMALL
from glassprop.trees import as_parts, is_several, part_names

Words = tuple[str, ...]
FEW = 3  # of many words that are written


def frame_words(data: Any) -> Words | None:
    """Give the words of a data frame's columns; None for anything else.

    Parameters
    ----------
    data : object
        What a user gave.
    """
    return _words(getattr(data, "columns", None))


def row_words(data: Any) -> Words | None:
    """Give the words of a data frame's columns, or of one row's values.

    Parameters
    ----------
    data : object
        What a user gave.
    """
    one = getattr(data, "ndim", 0) == 1
    return frame_words(data) or (_words(getattr(data, "index", None)) if one else None)


def _words(names: Any) -> Words | None:
    if names is None or callable(names):
        return None
    words = tuple(names)
    return words if words and all(isinstance(one, str) for one in words) else None


def words_of(name: str, data: Any, shapes: Shapes) -> dict[str, Words]:
    """Give the words for the columns of each array that a program takes.

    Parameters
    ----------
    name : str
        What the program calls the arrays: ``x``, or ``y``.
    data : object, or tuple of such
        What a user gave for them.
    shapes : tuple of int, or tuple of such
        Of one row; several for several arrays.

    Returns
    -------
    dict from str to tuple of str
        By the array's name, for those that have words: ``x``, or ``x_1``.
    """
    given = data if is_several(shapes) else (data,)
    names = as_parts(part_names(name, shapes))
    found = {}
    for key, part, shape in zip(names, given, as_parts(shapes), strict=True):
        # One axis of a target is that of the rows, not of the columns.
        words = row_words(part) if name == "x" and shape else frame_words(part)
        if words is not None and len(shape) < 2 and len(words) == math.prod(shape):
            found[key] = words
    return found


def check_same_columns(
    name: str, words: Mapping[str, Words], known: Mapping[str, Words], alike: str
) -> None:
    """Refuse a data frame with other columns than another, or in another order.

    Parameters
    ----------
    name : str
        What errors call it.
    words : mapping from str to tuple of str
        Its words, from `words_of`.
    known : mapping from str to tuple of str
        Those of the other.
    alike : str
        What is to have the same columns, as the subject of a sentence.

    Raises
    ------
    DataError
        With the first column that is another.
    """
    for key, mine in words.items():
        for at, (one, other) in enumerate(zip(mine, known.get(key, mine), strict=True)):
            if one != other:
                raise DataError(
                    f"{name}: expected {other!r} as column {at}, got {one!r}. {alike} "
                    "have the same columns in the same order."
                )


def place_text(words: Sequence[str]) -> str:
    """Write in which columns something is: ``, in column 'income'``.

    Parameters
    ----------
    words : sequence of str
        Empty for nothing.
    """
    if not words:
        return ""
    few = [repr(one) for one in words[:FEW]]
    if len(words) > SMALL:
        return f", in columns {', '.join(few)}, ... ({len(words):,} of them)"
    plural = "s" if len(words) > 1 else ""
    return f", in column{plural} {', '.join(map(repr, words))}"


def words_text(words: Words | None) -> str:
    """Write the words behind an array in a text: ``  # hours, sleep``.

    Parameters
    ----------
    words : tuple of str or None
        None for nothing.
    """
    if not words:
        return ""
    if len(words) <= SMALL:
        return f"  # {', '.join(words)}"
    return f"  # {', '.join(words[:FEW])}, ... ({len(words):,} columns)"
