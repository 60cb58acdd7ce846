"""Rows to learn from, by name; each set adds its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
Source = Callable[[], tuple[NDArray[Any], NDArray[Any]]]
SOURCES: dict[str, Source] = {}


def source(make: Source) -> Source:
    """Add inputs and targets under the function's name."""
    if make.__name__ in SOURCES:
        raise ValueError(f"there are two tables {make.__name__!r}")
    SOURCES[make.__name__] = make
    return make


class Table(NamedTuple):
    """Rows to learn from.

    Parameters
    ----------
    X : array of shape (rows, columns)
        In the units in which they were measured.
    y : array of int of shape (rows,), or of float of shape (rows, outputs)
    classes : int
        How many; 0 for numbers, which have a mean of 0 and a deviation of 1.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    classes: int

    @property
    def scaled(self) -> NDArray[Any]:
        """The columns with a mean of 0 and a deviation of 1."""
        scaled: NDArray[Any] = (self.X - self.X.mean(0)) / self.X.std(0)
        return scaled


@cache
def table(name: str) -> Table:
    """Give the rows of a name, in an order of chance."""
    X, y = SOURCES[name]()
    order = np.random.default_rng(7).permutation(len(X))
    X, y = X[order], y[order]
    if y.dtype.kind == "i":
        return Table(X, y, int(y.max()) + 1)
    y = y.reshape(len(y), -1)
    return Table(X, (y - y.mean(0)) / y.std(0), 0)
