"""Checks of options: whole numbers, numbers in a range, switches, seeds.

Each check takes who asks (``Adam``, ``k_fold``), the option's name and what was given,
and refuses what the option cannot be. True and False are no numbers here, although they
are to Python.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, TypeGuard

import numpy as np

from glassprop.errors import ArgumentError


def is_whole(value: Any) -> TypeGuard[int]:
    """Tell whether a value is an integer, Python's or NumPy's."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: Any) -> TypeGuard[float]:
    """Tell whether a value is a real number; NaN and infinity are."""
    return isinstance(value, Real) and not isinstance(value, bool)


def check_whole(kind: str, name: str, value: Any, least: int) -> None:
    """Refuse what is not a whole number of at least `least`."""
    if not is_whole(value) or value < least:
        raise ArgumentError(
            f"{kind}: {name} must be a whole number >= {least}, got {value!r}."
        )


def check_size(kind: str, name: str, value: Any) -> None:
    """Refuse what is not a finite number of at least 0."""
    check_between(kind, name, value, 0, math.inf, words="a finite number >= 0")


def check_positive(kind: str, name: str, value: Any) -> None:
    """Refuse what is not a finite number above 0."""
    if not is_number(value) or not 0 < value < math.inf:
        raise ArgumentError(
            f"{kind}: {name} must be a finite number above 0, got {value!r}."
        )


def check_fraction(kind: str, name: str, value: Any) -> None:
    """Refuse what is not at least 0 and below 1."""
    check_between(kind, name, value, 0, 1, words="at least 0 and below 1")


def check_between(
    kind: str, name: str, value: Any, low: float, high: float, *, words: str
) -> None:
    """Refuse an option that is not a number from `low` to below `high`.

    Parameters
    ----------
    kind, name : str
        Who asks, and the option.
    value : object
        What was given.
    low, high : float
        The range, without its upper end.
    words : str
        The range in words.

    Raises
    ------
    ArgumentError
        With all of these.
    """
    if not is_number(value) or not low <= value < high:
        raise ArgumentError(f"{kind}: {name} must be {words}, got {value!r}.")


def check_switch(kind: str, name: str, value: Any) -> None:
    """Refuse what is neither True nor False."""
    if not isinstance(value, bool | np.bool):
        raise ArgumentError(f"{kind}: {name} must be True or False, got {value!r}.")


def refuse_class(value: Any, noun: str, *, where: str = "", call: str = "") -> None:
    """Refuse a class where one of its instances is meant.

    Parameters
    ----------
    value : object
        What was given.
    noun : str
        What was expected: ``an optimizer``.
    where : str
        In front of the message.
    call : str
        The arguments of the call to write.

    Raises
    ------
    ArgumentError
        If it is a class.
    """
    if isinstance(value, type):
        name = value.__name__
        raise ArgumentError(
            f"{where}expected {noun}, got the class {name}. Call it: {name}({call})."
        )


def check_seed(seed: Any, kind: str = "") -> None:
    """Refuse what is not a seed.

    Parameters
    ----------
    seed : object
        What was given.
    kind : str
        Who asks, in front of the message; nothing for a network.

    Raises
    ------
    ArgumentError
        If it is not an integer from 0 to 2**63 - 1.
    """
    if not is_whole(seed) or not 0 <= seed < 2**63:
        raise ArgumentError(
            f"{kind}{': ' if kind else ''}seed must be an integer from 0 to 2**63 - 1, "
            f"got {seed!r}."
        )
