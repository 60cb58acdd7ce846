"""Checks of a loss's options."""

from __future__ import annotations

from numbers import Real
from typing import Any

from glassprop.errors import ArgumentError


def check_between(
    kind: str, name: str, value: Any, low: float, high: float, *, words: str
) -> None:
    """Refuse an option that is not a number from `low` to below `high`.

    Parameters
    ----------
    kind, name : str
        The loss, and its option.
    value : float
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
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not low <= float(value) < high:
        raise ArgumentError(f"{kind}: {name} must be {words}, got {value!r}.")
