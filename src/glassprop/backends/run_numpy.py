"""Running training steps with NumPy: the reference back end.

The printed program is called once a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.blas_threads import blas_threads
from glassprop.backends.contract import Order, Pace, Run, batches
from glassprop.compiling import Compiled
from glassprop.program import Program


class NumpySteps:
    """Training steps that run as their printed NumPy source.

    Parameters
    ----------
    program : Program
        One training step.
    threads : int or None
        How many threads BLAS may use; None for as many as it does.
    """

    pace = Pace(arithmetic=5e9, call=8e-7)

    def __init__(self, program: Program, threads: int | None = None) -> None:
        self.program = program
        self.threads = threads
        self.compiled = Compiled(program)
        self.keys = list(program.inputs)

    @contextmanager
    def holding(self, values: Mapping[str, Any], batch_size: int) -> Iterator[Run]:
        """Run steps on the arrays themselves (`Steps`)."""
        with blas_threads(self.threads):
            yield partial(self._run, values=values, batch_size=batch_size)

    def _run(
        self,
        data: Mapping[str, NDArray[Any]],
        order: Order,
        rates: NDArray[Any],
        *,
        values: Mapping[str, Any],
        batch_size: int,
        seed: int,
        first_step: int,
    ) -> NDArray[Any]:
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
