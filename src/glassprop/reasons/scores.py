"""A network as a function of points: the score, and its slope for each number.

The *score* of a row is the number of its output that is explained. All is calculated in
float64, whatever the network's dtype, as `check_gradients` does; random layers behave
as in prediction. Where a layer mixes the rows of a batch, each point is a batch of its
own, as a single row is to `predict`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.chunks import rows_stay_apart
from glassprop.compiling import Compiled
from glassprop.graph import Size, concrete
from glassprop.program import Program
from glassprop.reasons.flat_points import Flat, Points
from glassprop.reasons.score_programs import SLOPE, score_program
from glassprop.structure import Structure

MOST_OPERATIONS = 5e9  # that each part of an explanation may take: half a second
MOST_NUMBERS = 2**23  # that the values of a batch may have: 64 MB


class Score:
    """The score of points, and its slopes.

    Parameters
    ----------
    structure : Structure
        In float64; from the layer on that points are given to.
    given : mapping from str to array
        All that its programs take besides x.
    place : tuple of int
        Which output, and the index of the number in a row of it.
    """

    def __init__(
        self, structure: Structure, given: Mapping[str, Any], place: tuple[int, ...]
    ) -> None:
        self.structure = structure
        self.given = given
        self.place = place
        self.flat = Flat(structure.input_shape)
        self._compiled = Compiled(score_program(structure, place))

    @property
    def cost(self) -> float:
        """How many operations a point takes."""
        return self._compiled.program.cost()

    def __call__(self, points: Points) -> tuple[NDArray[np.float64], Points]:
        """Give scores of shape (n,) and slopes of shape (n, D) at points (n, D)."""
        scores, slopes = [], []
        for rows in batches(self._compiled.program, len(points)):
            found = run_at(self._compiled, self.given, self.flat, points[rows])
            scores.append(np.asarray(found["score"], np.float64))
            parts = [one for key, one in found.items() if key.startswith(SLOPE)]
            slopes.append(self.flat.points(tuple(parts)))
        return np.concatenate(scores), np.concatenate(slopes)


def run_at(
    compiled: Compiled, given: Mapping[str, Any], flat: Flat, points: Points
) -> dict[str, Any]:
    """Run a program of x at points.

    Parameters
    ----------
    compiled : Compiled
        The program.
    given : mapping from str to array
        All else that it takes.
    flat : Flat
        The shapes of x.
    points : array of shape (n, D)
        The rows.
    """
    with np.errstate(all="ignore"):
        return compiled.named({**given, **flat.named("x", points)})


def batches(program: Program, rows: int) -> Iterator[slice]:
    """Cut rows into batches: of one each if a layer mixes them, else by their size.

    Parameters
    ----------
    program : Program
        What is to be calculated.
    rows : int
        For how many rows.
    """
    of_a_row = program.derived("numbers of a row", lambda: _numbers_of_a_row(program))
    size = 1 if of_a_row is None else max(1, MOST_NUMBERS // max(of_a_row, 1))
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def _numbers_of_a_row(program: Program) -> int | None:
    """Count what is calculated for a row; None if a layer mixes rows."""
    if not rows_stay_apart(program):
        return None
    numbers: list[int] = [
        math.prod(concrete(one.shape, 1))
        for one in program.nodes
        if any(isinstance(size, Size) for size in one.shape)
    ]
    return sum(numbers)
