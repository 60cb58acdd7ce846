"""Running training steps with NumPy: the reference back end.

The printed program is called once a batch. Every back end offers the same `epoch`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.compiling import Compiled
from glassprop.program import Program


class NumpySteps:
    """Training steps that run as their printed NumPy source.

    Parameters
    ----------
    program : Program
        One training step.
    """

    name = "numpy"

    def __init__(self, program: Program) -> None:
        self.compiled = Compiled(program)
        self.keys = list(program.inputs)

    def epoch(
        self,
        values: Mapping[str, Any],
        data: Mapping[str, NDArray[Any]],
        batches: Sequence[NDArray[Any] | slice],
        rates: NDArray[Any],
        *,
        seed: int,
        first_step: int,
        stop: Callable[[], bool],
    ) -> NDArray[Any]:
        """Run one step for each batch and change the values in place.

        Parameters
        ----------
        values : mapping from str to array
            Parameters, what the optimizer remembers, and layer states; written into.
        data : mapping from str to array of shape (rows, ...)
            x, y, and weights where rows are weighted.
        batches : sequence of index arrays or slices
            The rows of each batch.
        rates : array of shape (len(batches),)
            The learning rate of each step.
        seed : int
            The seed of random layers.
        first_step : int
            The number of the first step, from 1.
        stop : callable
            Asked before each step; True ends the epoch early.

        Returns
        -------
        array of shape (steps done,)
            The loss of each step.
        """
        given = {**values, **data, "seed": seed}
        arguments = [given.get(key) for key in self.keys]
        varying = [(at, data[key]) for at, key in enumerate(self.keys) if key in data]
        rate_at = self.keys.index("learning_rate")
        step_at = self.keys.index("t") if "t" in self.keys else None
        losses = np.empty(len(batches))
        for at, rows in enumerate(batches):
            if stop():
                return losses[:at]
            for place, array in varying:
                arguments[place] = array[rows]
            arguments[rate_at] = rates[at]
            if step_at is not None:
                arguments[step_at] = np.float64(first_step + at)
            losses[at] = self.compiled(*arguments)
        return losses
