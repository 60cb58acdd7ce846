"""glassprop: its compiled epochs, its NumPy epochs, and `fit` around the first."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from glassprop.backends.run_numba import NumbaSteps
from glassprop.backends.run_numpy import NumpySteps
from glassprop.bench import Trainer as Epochs
from glassprop.errors import ArgumentError
from glassprop.network import Network
from glassprop.workloads import Workload, network, optimizer
from peers.common import NotRun, passes


class Compiled:
    """Training steps that Numba has compiled, called as `fit` calls them."""

    def __init__(self, workload: Workload, x: Any, y: Any, *, threads: int, lean: bool):
        self.workload, self.note = workload, ""
        try:
            self.epochs = Epochs(workload, self.steps(threads), (x, y))
        except ArgumentError as error:
            raise NotRun(str(error)) from None

    def steps(self, threads: int) -> Any:
        return partial(NumbaSteps, rows=self.workload.batch, threads=threads)

    def run(self, order: Any, steps: int) -> Any:
        if steps < self.workload.steps:
            order = order[: steps * self.workload.batch]
        return self.epochs.run(order, steps)

    def weights(self) -> list[Any]:
        return dense_weights(self.epochs.values)


class Reference(Compiled):
    """The same with the NumPy back end, which everything else must equal."""

    def steps(self, threads: int) -> Any:
        return NumpySteps


class Fitted:
    """`fit`, as a user calls it: with its checks and what it does between epochs."""

    def __init__(self, workload: Workload, x: Any, y: Any, *, threads: int, lean: bool):
        self.workload, self.note = workload, ""
        self.x, self.y = x, y
        self.net, self.rule = network(workload), optimizer(workload)
        self.fit = partial(Network.fit, threads=threads)

    def run(self, order: Any, steps: int) -> None:
        whole, count = passes(self.workload, steps)
        rows = order[: count * self.workload.batch]
        batch = self.workload.batch
        try:
            self.fit(
                self.net,
                self.x[rows],
                self.y[rows],
                optimizer=self.rule,
                epochs=whole,
                batch_size=None if batch >= self.workload.rows else batch,
                shuffle=False,
                backend="numba",
                verbose=False,
            )
        except ArgumentError as error:
            raise NotRun(str(error)) from None

    def weights(self) -> list[Any]:
        return dense_weights(self.net.values)


def dense_weights(values: Any) -> list[Any]:
    """Give the weights and biases of the dense layers, in their order."""
    return [
        np.array(value)
        for key, value in values.items()
        if key.startswith("layer") and " of " not in key
    ]
