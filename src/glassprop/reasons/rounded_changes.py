"""Changes in numbers that are as short as they can be and still flip a decision."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.reasons.rays import Flipped, Vector, changed
from glassprop.reasons.spaces import Space, begin_of

ROUNDED = 1e-3  # how much farther a change may be so that it has fewer digits


@dataclass(frozen=True, eq=False)
class Found:
    """A change that flips the decision, as it was run.

    Parameters
    ----------
    columns : tuple of int
        The numbers of the row that change.
    values : tuple of float
        What they change to.
    distance : float
        In units of the scales.
    """

    columns: tuple[int, ...]
    values: tuple[float, ...]
    distance: float


def rounded_change(
    row: Vector,
    space: Space,
    flipped: Flipped,
    columns: tuple[int, ...],
    values: Vector,
) -> Found | None:
    """Round a change away from the row, as far as it flips and hardly gets farther.

    Parameters
    ----------
    row : array of shape (D,)
        NaN where a value is missing.
    space : Space
        What the numbers may be.
    flipped : callable
        From points (n, D) to truth values (n,), by running the network.
    columns : tuple of int
        The numbers that change.
    values : array
        What to.

    Returns
    -------
    Found or None
        It has been run as it stands; None if even the exact change, which lies on the
        edge, does not flip when it is run alone, or no whole number does that has to.
    """
    begins = np.array([begin_of(row, space, at) for at in columns])
    tries = [
        _round_outward(row, space, columns, values, digits) for digits in range(1, 17)
    ]
    exact = tuple(float(one) for one in values)
    if all(
        one.is_integer()
        for at, one in zip(columns, exact, strict=True)
        if space.whole[at]
    ):
        tries.append(exact)
    for one in tries:
        if one is not None and flipped(changed(row, _pair(columns), _pair(one)))[0]:
            return Found(columns, one, _distance(space, columns, begins, np.array(one)))
    return None


def _pair(one: Sequence[float]) -> NDArray[Any]:
    """Give one or two things as a row of two."""
    return np.array([[one[0], one[-1]]])


def _round_outward(
    row: Vector,
    space: Space,
    columns: tuple[int, ...],
    values: Vector,
    digits: int,
) -> tuple[float, ...] | None:
    """Round away from where it began, to so many digits of the way; None if too far.

    A missing number that is to be there is rounded too, at no distance to speak of.
    """
    rounded = []
    for at, value in zip(columns, values, strict=True):
        begin = begin_of(row, space, at)
        way = abs(value - begin)
        if not way and math.isnan(row[at]):
            way = float(space.scales[at])
        if space.words[at] or not way:
            rounded.append(float(value))
            continue
        decimals = digits - 1 - math.floor(math.log10(way))
        if space.whole[at]:
            decimals = min(decimals, 0)
        step = 10.0**-decimals
        outward = math.floor if value < begin else math.ceil
        number = round(outward(round(value / step, 9)) * step, max(decimals, 0))
        far = 1.0 if space.whole[at] else ROUNDED * way
        if not space.lows[at] <= number <= space.highs[at]:
            return None
        if abs(number - value) > far:
            return None
        rounded.append(float(number))
    return tuple(rounded)


def _distance(
    space: Space, columns: tuple[int, ...], begins: Vector, values: Vector
) -> float:
    parts = [
        1.0 if space.words[at] else (value - begin) / space.scales[at]
        for at, begin, value in zip(columns, begins, values, strict=True)
    ]
    return math.sqrt(sum(one * one for one in parts))
