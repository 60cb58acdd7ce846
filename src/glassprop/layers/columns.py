"""The layer between a table's array and a network: missing values, scales, words.

`glassprop.encoding` gives a table as one float array: numbers as they are, words as
codes 0, 1, ..., K - 1, missing as NaN. `Columns` turns it into what neurons can work
with, inside the network, so that the rules are printed, saved and applied to new rows
with everything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from glassprop.errors import ArgumentError, ShapeError, shape_text
from glassprop.layers.contract import Parameter, Run, SampleShape
from glassprop.layers.core import Standardize

MOST_WORDS = 1_000_000  # of all columns together; a model file may claim anything


@dataclass(frozen=True)
class Columns:
    """Fill and standardize numbers, flag missing ones, turn codes into one-hot.

    The output has, in this order,

    - each number as ``(x - mean) / scale``, with the mean of the training rows for a
      missing one, which is 0 after standardizing;
    - for each flagged number 1 where it is missing, else 0;
    - for each column of K words K values: 1 for the word of the row's code and 0 for
      the others, or all 0 where it is missing.

    Mean and scale are learned once, from the rows that the first `fit` trains on, as
    `Standardize` learns them.

    Parameters
    ----------
    words : sequence of int
        For each input column the number of its words, 0 for a column of numbers.
    flagged : sequence of int
        The places, from 0, of the columns of numbers that get a flag: those with
        missing values among the training rows.
    name : str or None
        The layer's name.

    Raises
    ------
    ArgumentError
        If there are no columns, a count is negative, all are over a million, or a
        flagged column is not one of numbers.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> from glassprop.layers import Columns
    >>> net = gp.Network([Columns((0, 2), flagged=(0,)), gp.Dense(1)], input_shape=2)
    >>> X = np.array([[3.0, 0], [5.0, 1], [np.nan, np.nan]])
    >>> net.learn(X)
    >>> net.remove("dense_1")(X)
    array([[-1.,  0.,  1.,  0.],
           [ 1.,  0.,  0.,  1.],
           [ 0.,  1.,  0.,  0.]])
    """

    words: Sequence[int]
    flagged: Sequence[int] = ()
    _: KW_ONLY
    name: str | None = None

    fills_missing: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for field in ("words", "flagged"):
            places = getattr(self, field)
            if not all(isinstance(one, int | np.integer) for one in places):
                raise ArgumentError(
                    f"Columns: {field} must be whole numbers, got {places!r}."
                )
            object.__setattr__(self, field, tuple(int(one) for one in places))
        if not self.words or min(self.words) < 0:
            raise ArgumentError(
                "Columns: words must hold a count for each column, 0 for a column of "
                f"numbers, got {self.words!r}."
            )
        if sum(self.words) > MOST_WORDS:
            raise ArgumentError(
                f"Columns: words may count {MOST_WORDS:,} words in all, got "
                f"{sum(self.words):,}."
            )
        if not set(self.flagged) <= set(self._numbers):
            raise ArgumentError(
                f"Columns: flagged must name columns of numbers, {self._numbers!r}, "
                f"got {self.flagged!r}."
            )

    @property
    def _numbers(self) -> tuple[int, ...]:
        return tuple(place for place, count in enumerate(self.words) if count == 0)

    @property
    def sources(self) -> tuple[int, ...]:
        """The place of the input column that each value of the output is made of."""
        spread = [at for at, count in enumerate(self.words) for _ in range(count)]
        return (*self._numbers, *self.flagged, *spread)

    def state(self, input_shape: SampleShape) -> dict[str, Parameter]:
        """Give the mean and the scale of each column of numbers."""
        if input_shape != (len(self.words),):
            raise ShapeError(
                f"expected input {shape_text(('n', len(self.words)))}, a column for "
                f"each count in words, got {shape_text(('n', *input_shape))}."
            )
        return Standardize().state((len(self._numbers),)) if self._numbers else {}

    def learn(self, x: Any) -> dict[str, Any]:
        """Find mean and scale over the training rows, missing values left out."""
        return Standardize().learn(x[:, self._numbers]) if self._numbers else {}

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give standardized numbers, flags and one-hot words, side by side."""
        parts = []
        if self._numbers:
            numbers = _taken(x, self._numbers)
            missing = np.not_equal(numbers, numbers)  # NaN alone differs from itself
            filled = np.where(missing, run.state["mean"], numbers)
            standardized = (filled - run.state["mean"]) / run.state["scale"]
            parts.append(standardized)
        if self.flagged:
            flagged = _taken(x, self.flagged)
            flags = np.not_equal(flagged, flagged).astype(x.dtype)
            parts.append(flags)
        if any(self.words):
            # Each column once for each of its words, compared with that word's code.
            places = np.repeat(np.arange(len(self.words)), self.words)
            codes = np.concatenate([np.arange(count) for count in self.words])
            one_hot = (x[:, places] == codes).astype(x.dtype)
            parts.append(one_hot)
        columns = np.concatenate(parts, axis=1)
        return columns  # noqa: RET504  # programs call the value by this name


def _taken(x: Any, places: Sequence[int]) -> Any:
    """Take columns: as a slice where they stand side by side, else one by one."""
    if all(after == before + 1 for before, after in pairwise(places)):
        return x[:, places[0] : places[-1] + 1]
    return x[:, np.array(places)]
