"""Inputs as points: all numbers of a row side by side, whatever shapes they have.

What looks for contributions and for nearest changes calculates with points of shape
(D,); the network takes one array or several, of any shape. `Flat` goes between them.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.frame_columns import Words
from glassprop.layers.contract import Shapes
from glassprop.trees import as_parts, is_several, named_parts, part_names

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Flat:
    """How the numbers of a row, or of what a layer gives, are laid side by side.

    Parameters
    ----------
    shapes : tuple of int, or tuple of such
        Of one row; several for several arrays.
    """

    shapes: Shapes

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers each array has."""
        return tuple(math.prod(one) for one in as_parts(self.shapes))

    @property
    def size(self) -> int:
        """How many numbers there are in all, D."""
        return sum(self.sizes)

    def points(self, arrays: Any) -> Points:
        """Lay arrays of shape (n, ...) side by side: (n, D), in float64."""
        rows = [
            np.reshape(np.asarray(one, np.float64), (len(one), -1))
            for one in as_parts(arrays)
        ]
        return rows[0] if len(rows) == 1 else np.concatenate(rows, axis=1)

    def arrays(self, points: NDArray[Any]) -> Any:
        """Give points of shape (n, D) as the arrays that they stand for."""
        ends = list(itertools.accumulate(self.sizes))
        parts = [
            np.reshape(points[:, end - size : end], (len(points), *shape))
            for end, size, shape in zip(
                ends, self.sizes, as_parts(self.shapes), strict=True
            )
        ]
        return tuple(parts) if is_several(self.shapes) else parts[0]

    def named(self, name: str, points: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Give the arrays by name, as a program knows them: ``x``, or ``x_1``."""
        arrays = self.arrays(points)
        return named_parts(part_names(name, arrays), arrays)

    def labels(self, name: str, words: Mapping[str, Words] | None = None) -> list[str]:
        """Name all of the numbers: ``x[3]``, or ``x_2[0, 4]`` of several.

        Those of an array that has `words` get these, where a word is of one alone.
        """
        names = as_parts(part_names(name, self.shapes))
        places = [
            f"{part}[{', '.join(map(str, index))}]"
            for part, shape in zip(names, as_parts(self.shapes), strict=True)
            for index in np.ndindex(shape)
        ]
        if not words:
            return places
        ends = itertools.accumulate(self.sizes)
        found = [
            label
            for part, end, size in zip(names, ends, self.sizes, strict=True)
            for label in words.get(part, places[end - size : end])
        ]
        counts = Counter(found)
        return [
            label if counts[label] == 1 else place
            for label, place in zip(found, places, strict=True)
        ]
