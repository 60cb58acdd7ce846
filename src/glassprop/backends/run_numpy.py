"""Running training steps with NumPy: the reference back end.

The printed program is called once a batch. Every back end offers the same `epoch`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.contract import Order, batches
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
        self.program = program
        self.compiled = Compiled(program)
        self.keys = list(program.inputs)

    def epoch(
        self,
        values: Mapping[str, Any],
        data: Mapping[str, NDArray[Any]],
        order: Order,
        rates: NDArray[Any],
        *,
        batch_size: int,
        seed: int,
        first_step: int,
    ) -> NDArray[Any]:
        """Run one step for each rate and change the values in place.

        Parameters
        ----------
        values : mapping from str to array
            Parameters, what the optimizer remembers, and layer states; written into.
        data : mapping from str to array of shape (rows, ...)
            x, y, and weights where rows are weighted.
        order : array of int, or slice
            The rows, in the order in which batches are cut from them. When they are
            used up, they are gone through again.
        rates : array of shape (steps,)
            The learning rate of each step.
        batch_size : int
            Rows of a batch; the last one of a pass may have fewer.
        seed : int
            The seed of random layers.
        first_step : int
            The number of the first step, from 1.

        Returns
        -------
        array of shape (steps,)
            The loss of each step.
        """
        given = {**values, **data, "seed": seed}
        arguments = [given.get(key) for key in self.keys]
        varying = [(at, data[key]) for at, key in enumerate(self.keys) if key in data]
        rate_at = self.keys.index("learning_rate")
        step_at = self.keys.index("t") if "t" in self.keys else None
        cut = batches(order, batch_size)
        losses = np.empty(len(rates))
        for at, rate in enumerate(rates):
            rows = cut[at % len(cut)]
            for place, array in varying:
                arguments[place] = array[rows]
            arguments[rate_at] = rate
            if step_at is not None:
                arguments[step_at] = np.float64(first_step + at)
            losses[at] = self.compiled(*arguments)
        return losses
