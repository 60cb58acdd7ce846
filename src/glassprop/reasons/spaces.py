"""What the numbers of a row may be, and the rays along which changes are looked for.

A *space* has the unit of distance and the range of each number, and how many words a
code stands for. From it come the rays of one number, both directions of its axis or the
codes of the other words, and those of two, 16 directions in their plane.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glassprop.reasons.rays import Rays, Vector

MOST_WORDS = 8  # words of a column that are tried in pairs
DIRECTIONS = 16


@dataclass(frozen=True, eq=False)
class Space:
    """What the numbers of a row may be, and how far apart they are.

    Parameters
    ----------
    scales, lows, highs : array of shape (D,)
        The unit of distance of each, and the range that is searched.
    words : int array of shape (D,)
        How many words a code stands for; 0 for a number.
    centers : array of shape (D,)
        What the network takes where a number is missing; of a number that is not its
        own value.
    whole : bool array of shape (D,)
        Whether only whole numbers make sense.
    """

    scales: Vector
    lows: Vector
    highs: Vector
    words: NDArray[np.int64]
    centers: Vector
    whole: NDArray[np.bool_]


def begin_of(row: Vector, space: Space, at: int) -> float:
    """Give where a number begins: a missing one where the network takes it to be.

    Parameters
    ----------
    row : array of shape (D,)
        NaN where a value is missing.
    space : Space
        What the numbers may be.
    at : int
        Which.
    """
    value = float(row[at])
    return float(space.centers[at]) if math.isnan(value) else value


def _options(
    row: Vector, space: Space, at: int, most: int | None = None
) -> list[float]:
    """Give the codes of the other words."""
    others = [float(one) for one in range(int(space.words[at])) if one != row[at]]
    return others[:most]


def single_rays(row: Vector, space: Space, at: int) -> Iterator[Rays]:
    """Give the rays of one number: both ways, or the other words.

    Parameters
    ----------
    row : array of shape (D,)
        NaN where a value is missing.
    space : Space
        What the numbers may be.
    at : int
        Which.
    """
    if space.words[at]:
        for code in _options(row, space, at):
            yield _ray((at, at), (code, code), (0.0, 0.0), 1.0, 0.0)
        return
    begin = begin_of(row, space, at)
    for sign in (1.0, -1.0):
        yield towards(space, (at, at), (begin, begin), (sign, sign), 0.0)


def pair_rays(row: Vector, space: Space, one: int, two: int) -> Iterator[Rays]:
    """Give the rays of two numbers: in their plane, or for the other words.

    Parameters
    ----------
    row : array of shape (D,)
        NaN where a value is missing.
    space : Space
        What the numbers may be.
    one, two : int
        Which.
    """
    if space.words[one] and space.words[two]:
        for codes in itertools.product(
            _options(row, space, one, MOST_WORDS), _options(row, space, two, MOST_WORDS)
        ):
            yield _ray((one, two), codes, (0.0, 0.0), 2.0, 0.0)
    elif space.words[one] or space.words[two]:
        word, number = (one, two) if space.words[one] else (two, one)
        begin = begin_of(row, space, number)
        for code in _options(row, space, word, MOST_WORDS):
            for sign in (1.0, -1.0):
                yield towards(space, (word, number), (code, begin), (0.0, sign), 1.0)
    else:
        begins = (begin_of(row, space, one), begin_of(row, space, two))
        for which in range(DIRECTIONS):
            angle = (which + 0.5) * 2 * math.pi / DIRECTIONS
            units = (math.cos(angle), math.sin(angle))
            yield towards(space, (one, two), begins, units, 0.0)


def towards(
    space: Space,
    columns: tuple[int, int],
    begins: tuple[float, float],
    units: tuple[float, float],
    fixed: float,
) -> Rays:
    """Make a ray that goes so many scales for a length of 1, to the end of a range.

    Parameters
    ----------
    space : Space
        What the numbers may be.
    columns : tuple of int
        Which two.
    begins : tuple of float
        Where they begin.
    units : tuple of float
        How many scales each goes for a length of 1.
    fixed : float
        The square of the distance that it begins with.
    """
    slopes = tuple(
        unit * float(space.scales[at]) for at, unit in zip(columns, units, strict=True)
    )
    reach = math.inf
    for at, begin, slope in zip(columns, begins, slopes, strict=True):
        if slope:
            end = float(space.highs[at] if slope > 0 else space.lows[at])
            reach = min(reach, (end - begin) / slope)
    return _ray(columns, begins, slopes, fixed, max(reach, 0.0))


def _ray(
    columns: tuple[int, int],
    begins: Sequence[float],
    slopes: Sequence[float],
    fixed: float,
    reach: float,
) -> Rays:
    return Rays(
        np.array([columns], np.int64),
        np.array([begins], np.float64),
        np.array([slopes], np.float64),
        np.array([fixed]),
        np.array([reach]),
    )


def nearer(rays: Rays, below: float) -> Rays:
    """Leave out rays that are not nearer, and do not look farther on the others.

    Parameters
    ----------
    rays : Rays
        Any.
    below : float
        The distance to stay below.
    """
    some = rays.take(rays.fixed < below * below)
    reach = np.minimum(some.reach, np.sqrt(below * below - some.fixed))
    return Rays(some.columns, some.begins, some.slopes, some.fixed, reach)
