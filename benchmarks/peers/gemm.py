"""The machine's own rate: the matrix products of a training step, and nothing else.

Each layer but the first has three: ``x @ W`` forward, ``x.T @ d_z`` for the gradient of
W, ``d_z @ W.T`` for that of x, which the first layer does not need. They are NumPy's,
written into arrays that are there before.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from glassprop.workloads import Workload


class Trainer:
    """One workload's products; nothing is trained."""

    note = ""

    def __init__(self, workload: Workload, x: Any, y: Any, *, threads: int, lean: bool):
        rng = np.random.default_rng(0)
        self.calls = []
        for number, (inputs, units) in enumerate(pairwise(workload.sizes)):
            x, weight, d_z = (
                rng.standard_normal(shape, workload.dtype)
                for shape in (
                    (workload.batch, inputs),
                    (inputs, units),
                    (workload.batch, units),
                )
            )
            products = [(x, weight), (x.T, d_z), (d_z, weight.T)]
            for a, b in products if number else products[:2]:
                self.calls.append((a, b, np.empty((len(a), b.shape[1]), a.dtype)))

    def run(self, order: Any, steps: int) -> None:
        for _ in range(steps):
            for a, b, out in self.calls:
                np.dot(a, b, out=out)
