"""Rays: straight ways from a row on, and where on them a decision is another.

A ray changes at most two numbers of a row. It begins at a value for each, which may be
another than the row has (the code of another word), and goes on in a direction. Its
*length* is measured in units of the inputs' scales.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.reasons.flat_points import Points

Vector = NDArray[np.float64]
Flipped = Callable[[Points], NDArray[np.bool_]]

GRID = 48  # lengths that are tried on a ray
BISECTIONS = 60
NARROW = 1e-13  # of a length: a bracket that needs no more bisection
MOST_NUMBERS = 2**22  # of rows that are tried at once: 32 MB


@dataclass(frozen=True, eq=False)
class Rays:
    """Some rays from one row.

    Parameters
    ----------
    columns : int array of shape (m, 2)
        The numbers of the row that each changes; twice the same if it is one.
    begins, slopes : array of shape (m, 2)
        Where each begins, and how far it goes for a length of 1.
    fixed : array of shape (m,)
        The square of the distance from the row that it begins with.
    reach : array of shape (m,)
        Up to what length to look.
    """

    columns: NDArray[np.int64]
    begins: Points
    slopes: Points
    fixed: Vector
    reach: Vector

    def __len__(self) -> int:
        return len(self.columns)

    def take(self, chosen: NDArray[Any]) -> Rays:
        """Choose rays, by number or by truth values."""
        parts = (self.columns, self.begins, self.slopes, self.fixed, self.reach)
        return Rays(*(one[chosen] for one in parts))

    def values(self, lengths: Vector) -> Points:
        """Give the two values at a length of each ray; where it is infinite, NaN."""
        finite = np.where(np.isfinite(lengths), lengths, np.nan)
        values: Points = self.begins + finite[:, None] * self.slopes
        return values

    def distances(self, lengths: Vector) -> Vector:
        """Give how far from the row that is; infinity stays infinity."""
        distances: Vector = np.sqrt(self.fixed + lengths * lengths)
        return distances


def joined(several: Sequence[Rays]) -> Rays:
    """Put rays together; of none there are none."""
    nothing = Rays(
        np.zeros((0, 2), np.int64),
        np.zeros((0, 2)),
        np.zeros((0, 2)),
        np.zeros(0),
        np.zeros(0),
    )
    parts = [nothing, *several]
    fields = ("columns", "begins", "slopes", "fixed", "reach")
    return Rays(
        *(np.concatenate([getattr(one, key) for one in parts]) for key in fields)
    )


def changed(row: Vector, columns: NDArray[np.int64], values: Points) -> Points:
    """Give a row once for each pair of values, these put in their columns."""
    rows = np.repeat(row[None], len(values), axis=0)
    for which in range(columns.shape[1]):
        rows[np.arange(len(rows)), columns[:, which]] = values[:, which]
    return rows


def first_flips(
    row: Vector,
    rays: Rays,
    flipped: Flipped,
    *,
    bisections: int = BISECTIONS,
    grid: int = GRID,
) -> Vector:
    """Find the first length on each ray where the decision flips.

    A grid is tried, and between the first of its points that flips and the one before
    it the place is bisected. What lies between two points of the grid that do not flip
    is not seen.

    Parameters
    ----------
    row : array of shape (D,)
        Where the rays come from.
    rays : Rays
        Where to look.
    flipped : callable
        From points (n, D) to truth values (n,), by running the network.
    bisections : int
        How many times at most; as many as that give all digits.
    grid : int
        How many lengths are tried, closer together near the row.

    Returns
    -------
    array of shape (m,)
        A length at which it has flipped; infinity where it does not.
    """
    found = np.full(len(rays), np.inf)
    at_start = _flips(row, rays, np.zeros(len(rays)), flipped)
    found[at_start] = 0
    going = np.flatnonzero(~at_start & (rays.reach > 0))
    left = rays.take(going)
    lengths = left.reach[:, None] * (np.arange(grid + 1) / grid) ** 2
    tried = left.take(np.repeat(np.arange(len(left)), grid))
    flips = _flips(row, tried, lengths[:, 1:].ravel(), flipped).reshape(-1, grid)
    some = np.flatnonzero(flips.any(axis=1))
    at = flips.argmax(axis=1)[some]
    near, far = lengths[some, at], lengths[some, at + 1]
    bracketed = left.take(some)
    for _ in range(bisections):
        if np.all(far - near <= NARROW * far):
            break
        middle = (near + far) / 2
        here = _flips(row, bracketed, middle, flipped)
        near, far = np.where(here, near, middle), np.where(here, middle, far)
    found[going[some]] = far
    return found


def _flips(
    row: Vector, rays: Rays, lengths: Vector, flipped: Flipped
) -> NDArray[np.bool_]:
    """Tell whether the decision has flipped at a length of each ray."""
    values = rays.values(lengths)
    size = max(1, MOST_NUMBERS // row.size)
    found = np.zeros(len(rays), np.bool_)
    for start in range(0, len(rays), size):
        some = slice(start, start + size)
        found[some] = flipped(changed(row, rays.columns[some], values[some]))
    return found
