"""Contributions of inputs: gradients integrated along the way from a baseline.

Sundararajan, Taly and Yan (2017), "Axiomatic attribution for deep networks", ICML,
equation 1. With the score F, the point x and the baseline b, input i contributes

    c_i = (x_i - b_i) * integral over a from 0 to 1 of dF/dx_i at b + a * (x - b)

The method has the axioms of that paper: *sensitivity* (an input that alone differs and
changes the score has a part in it, one that the score does not depend on has none),
*implementation invariance* (two networks that are one function get the same), and
*completeness*: the contributions sum to F(x) - F(b). The last is what is checked here,
on every piece of the way.

The integral is a sum over pieces of the way, by Gauss-Legendre with 5 points each. A
piece is halved as long as its halves tell otherwise than the whole, or their sum is not
what the score changes by. So pieces get small where a relu bends, and stay large where
all is smooth. Where the score itself jumps, no slope sees it, and no halving helps:
that part is given as `jumps`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.reasons.flat_points import Points

Vector = NDArray[np.float64]
ScoreFunction = Callable[[Points], tuple[Vector, Points]]

TOLERANCE = 1e-5  # of the gap, in parts of what is contributed
PIECES = 4  # to begin with
POINTS, WEIGHTS = np.polynomial.legendre.leggauss(5)
MOST_SLOPES = 8192  # that are calculated, about
NARROW = 2.0**-40  # a piece in which a score jumps, if it still changes
MOST_KEPT = 2**24  # numbers of pieces that wait to be halved: 128 MB


@dataclass(frozen=True, eq=False)
class Integrated:
    """What each input contributes, and how well that sums up.

    Parameters
    ----------
    contributions : array of shape (D,)
        Of each number of the point.
    start, end : float
        The score at the baseline and at the point.
    jumps : float
        What the score changes by in jumps, which no slope sees.
    slopes : int
        At how many points slopes were calculated.
    edges : array
        Where the pieces of the way end, from 0 to 1.
    """

    contributions: Vector
    start: float
    end: float
    jumps: float
    slopes: int
    edges: Vector

    @property
    def change(self) -> float:
        """What the contributions should sum to."""
        return self.end - self.start

    @property
    def gap(self) -> float:
        """What is missing from that."""
        return self.change - float(np.sum(self.contributions))

    @property
    def complete(self) -> bool:
        """Whether next to nothing is missing."""
        allowed = _allowed(np.abs(self.contributions).sum(), self.start, self.end)
        return bool(abs(self.gap) <= allowed)


def integrate(
    score: ScoreFunction, start: Vector, end: Vector, most: int = MOST_SLOPES
) -> Integrated:
    """Integrate the slopes along the straight way from a baseline to a point.

    Parameters
    ----------
    score : callable
        From points (n, D) to scores (n,) and slopes (n, D).
    start, end : array of shape (D,)
        The baseline and the point.
    most : int
        At how many points slopes may be calculated, about.
    """
    way = _Way(score, start, end)
    bounds = np.linspace(0, 1, PIECES + 1)
    waiting = way.pieces(bounds, way.scores(bounds))
    first, last = float(waiting.scores[0, 0]), float(waiting.scores[-1, 1])
    done, jumps, edges, spent = np.zeros_like(end), 0.0, [0.0, 1.0], 0.0
    while len(waiting):
        halves = way.halves(waiting)
        both = halves.parts.reshape(len(waiting), 2, end.size)
        wrong = np.abs(both.sum(axis=1) - waiting.parts).sum(axis=1)
        wrong += np.abs(halves.gaps).reshape(-1, 2).sum(axis=1)
        wrong[~np.isfinite(wrong)] = np.inf
        size = np.abs(done).sum() + np.abs(halves.parts).sum()
        # Of what is wrong the least is left, as much as may remain of the gap.
        order = np.argsort(wrong, kind="stable")
        left = np.cumsum(wrong[order]) <= (_allowed(size, first, last) - spent) / 2
        spent += float(wrong[order][left].sum())
        room = (most - way.slopes) // (2 * len(POINTS))
        room = max(0, min(room, MOST_KEPT // end.size) // 2)
        again = order[~left][::-1][:room]
        open_ = np.zeros(len(halves), bool)
        open_[2 * again] = open_[2 * again + 1] = True
        narrow = open_ & (np.diff(halves.ends, axis=1)[:, 0] <= NARROW)
        jumps += float(halves.gaps[narrow].sum())
        open_ &= ~narrow
        done += halves.parts[~open_].sum(axis=0)
        edges += halves.ends[~open_].ravel().tolist()
        waiting = halves.take(open_)
    return Integrated(done, first, last, jumps, way.slopes, np.unique(edges))


def _allowed(size: Any, start: float, end: float) -> float:
    """Give the gap that may remain: a small part, or what rounding makes of scores."""
    rounding = 1e-13 * (abs(start) + abs(end))
    return float(max(TOLERANCE * size, rounding))


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Pieces of the way, what they contribute, and what is missing from that."""

    ends: Points  # (pieces, 2)
    scores: Points  # at the ends
    parts: Points  # (pieces, D)

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def gaps(self) -> Vector:
        change: Vector = np.diff(self.scores, axis=1)[:, 0] - self.parts.sum(axis=1)
        return change

    def take(self, chosen: NDArray[np.bool_]) -> _Pieces:
        return _Pieces(self.ends[chosen], self.scores[chosen], self.parts[chosen])


class _Way:
    """The straight way, and what is calculated along it."""

    def __init__(self, score: ScoreFunction, start: Vector, end: Vector) -> None:
        self.score, self.start, self.end = score, start, end
        self.slopes = 0

    def points(self, places: Vector) -> Points:
        """Give points of the way; both ends exactly as they are."""
        at = places[:, None]
        points: Points = (1 - at) * self.start + at * self.end
        return points

    def scores(self, places: Vector) -> Vector:
        return self.score(self.points(places))[0]

    def pieces(self, bounds: Vector, scores: Vector) -> _Pieces:
        """Integrate between neighbours of sorted bounds."""
        ends, known = (
            np.stack([one[:-1], one[1:]], axis=1) for one in (bounds, scores)
        )
        return _Pieces(ends, known, self._parts(ends))

    def halves(self, waiting: _Pieces) -> _Pieces:
        """Integrate over both halves of each piece, which stand side by side."""
        middle = waiting.ends.mean(axis=1)
        between = self.scores(middle)

        def halved(ends: Points, inner: Vector) -> Points:
            four = [ends[:, 0], inner, inner, ends[:, 1]]
            return np.stack(four, axis=1).reshape(-1, 2)

        ends = halved(waiting.ends, middle)
        return _Pieces(ends, halved(waiting.scores, between), self._parts(ends))

    def _parts(self, ends: Points) -> Points:
        """Integrate over pieces, as many at a time as there is room for."""
        size = max(1, MOST_KEPT // (4 * self.end.size * len(POINTS)))
        self.slopes += len(ends) * len(POINTS)
        return np.concatenate(
            [self._few(ends[at : at + size]) for at in range(0, len(ends), size)]
        )

    def _few(self, ends: Points) -> Points:
        width = np.diff(ends, axis=1)
        places = ends[:, :1] + width * (POINTS + 1) / 2
        _, slopes = self.score(self.points(places.ravel()))
        each = slopes.reshape(*places.shape, self.end.size)
        means = np.tensordot(WEIGHTS / 2, each, axes=(0, 1))
        parts: Points = (self.end - self.start) * means * width
        return parts
