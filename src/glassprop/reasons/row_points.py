"""A network and one row: the row as a point, the real network, and the exact score.

Where the first layer takes codes of words (`sources`, see `layers.contract`), the way
from a baseline to the row is that of the layer's output, as no slope leads from one
code to the next: *points* are what the layer gives. Else they are the rows themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.built import Built
from glassprop.compiling import Compiled
from glassprop.evaluate import outputs
from glassprop.programs import arriving_program, predict_program
from glassprop.reasons.flat_points import Flat, Points
from glassprop.reasons.rays import Vector
from glassprop.reasons.scores import Score, batches, run_at
from glassprop.structure import Structure, arrange
from glassprop.trees import map_parts


class Row:
    """A network and one row, as points and as a function of them.

    Parameters
    ----------
    built : Built
        Structure and values; nothing of it changes.
    x : array of shape (1, ...), or tuple of such
        The row, checked.
    """

    def __init__(self, built: Built, x: Any) -> None:
        self.built = built
        self.x = x
        self.flat = Flat(built.structure.input_shape)
        self.values: Vector = self.flat.points(x)[0]
        self._predict = predict_program(built.structure)

    def run(self, points: Points) -> Any:
        """Run the real network, in its own dtype, at rows (n, D)."""
        dtype = self.built.structure.dtype
        parts = [
            outputs(self.built, self.flat.arrays(points[rows].astype(dtype)))
            for rows in batches(self._predict, len(points))
        ]
        return map_parts(lambda *several: np.concatenate(several), *parts)

    @cached_property
    def output(self) -> Any:
        """What the network gives for the row."""
        return self.run(self.values[None])

    @cached_property
    def _exact(self) -> tuple[Structure, dict[str, Any]]:
        """The structure in float64, and what its programs take."""
        before = self.built.structure
        layers = [place.layer for place in before.places]
        structure = arrange(layers, before.input_shape, np.float64)
        values = {
            key: np.array(one, np.float64) for key, one in self.built.values.items()
        }
        return structure, {**self.built.given(), **values}

    @cached_property
    def sources(self) -> NDArray[np.int64]:
        """For each number of a point the input that it is made of."""
        codes = self.codes
        return np.arange(self.values.size) if codes is None else np.array(codes)

    @property
    def codes(self) -> Sequence[int] | None:
        """The sources of a first layer that takes codes, None for any other."""
        places = self.built.structure.places
        found = getattr(places[0].layer, "sources", None)
        return found if len(places) > 1 else None

    @property
    def words(self) -> NDArray[np.int64]:
        """For each input how many words its codes stand for, 0 for a number."""
        layer = self.built.structure.places[0].layer
        if self.codes is None:
            return np.zeros(self.values.size, np.int64)
        return np.array(layer.words, np.int64)

    def encoded(self, rows: Points) -> Points:
        """Give rows as points: behind a first layer that takes codes."""
        if self.codes is None:
            return rows
        structure, given = self._exact
        found = run_at(self._encoder, given, self.flat, rows)["arriving"]
        return Flat(structure.places[0].output_shape).points(found)

    @cached_property
    def _encoder(self) -> Compiled:
        structure, _ = self._exact
        return Compiled(arriving_program(structure, structure.places[1].name))

    def score(self, place: tuple[int, ...]) -> Score:
        """Give the score as a function of points."""
        structure, given = self._exact
        if self.codes is not None:
            first, *others = structure.places
            structure = replace(
                structure, places=tuple(others), input_shape=first.output_shape
            )
        return Score(structure, given, place)
