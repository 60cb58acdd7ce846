"""What a training step costs compiled, beside NumPy, and what compiling it costs.

Three networks: the exam network (2-3-1 sigmoids, float64, 3 rows at once), a spiral
(2-8-8-2 tanh, float32, Adam, batches of 16 of 500 rows) and digits (64-128-10 relu,
float32, Adam, batches of 32 of 1797 rows). Both back ends get the same data, start,
order and rates, in one call of many steps; before anything is timed their losses and
values must agree. BLAS has one thread. Compiling is measured in processes of their own,
with an empty folder for compiled code and with what the first one left there.

    python benchmarks/compiled_step.py [--turns 20] [--processes 3]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import glassprop as gp
from glassprop.backends import disk_cache
from glassprop.backends.contract import Steps
from glassprop.backends.run_numba import NumbaSteps
from glassprop.backends.run_numpy import NumpySteps
from glassprop.program import Program
from timing import in_turns, machine, ratios, spread, table

EPOCHS_OF_EXAM = 500  # steps of a call, where an epoch is one step


class Workload:
    """A network with its data, ready to be trained on any back end."""

    def __init__(self, net: gp.Network, x: Any, y: Any, optimizer: Any, batch: int):
        whole = len(x) <= batch
        options = {"batch_size": None if whole else batch, "verbose": False}
        net.fit(x, y, optimizer=optimizer, **options)
        self.program: Program = net.recipe.program(net.structure)
        self.data = {"x": x, "y": y}
        self.batch = batch
        self.start = {**net.values, **net.training.memory}
        self.start = {key: np.array(value) for key, value in self.start.items()}
        self.order = np.random.default_rng(0).permutation(len(x))
        steps = EPOCHS_OF_EXAM if whole else -(-len(x) // batch)
        self.rates = np.full(steps, optimizer.learning_rate, net.structure.dtype)

    def run(self, steps: Steps) -> tuple[float, Any, Mapping[str, Any]]:
        """Run the steps from the start; give the seconds of one, losses and values."""
        values = {key: np.array(value) for key, value in self.start.items()}
        options = {"batch_size": self.batch, "seed": 0, "first_step": 1}
        start = perf_counter()
        losses = steps.epoch(values, self.data, self.order, self.rates, **options)
        return (perf_counter() - start) / len(self.rates), losses, values

    def check_equal(self, one: Steps, two: Steps) -> None:
        """Stop if the two do not compute the same."""
        (_, losses, values), (_, others, found) = self.run(one), self.run(two)
        close = 1e-8 if self.rates.dtype == np.float64 else 1e-4
        np.testing.assert_allclose(others, losses, rtol=close, atol=close)
        for key, value in values.items():
            np.testing.assert_allclose(found[key], value, rtol=close, atol=close)


def exam() -> Workload:
    x = np.array([[2 / 3, 1], [1 / 3, 5 / 9], [1, 2 / 3]])
    y = np.array([[0.92], [0.86], [0.89]])
    layers = [gp.Dense(3, "sigmoid", bias=False), gp.Dense(1, "sigmoid", bias=False)]
    net = gp.Network(layers, loss="half_squared_error", seed=0)
    return Workload(net, x, y, gp.SGD(3.0), 3)


def spiral() -> Workload:
    angle = np.linspace(0, 3 * np.pi, 250)
    arm = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1) / 9
    x = np.concatenate([arm, -arm]).astype(np.float32)
    layers = [gp.Dense(8, "tanh"), gp.Dense(8, "tanh"), gp.Dense(2)]
    net = gp.Network(layers, loss="cross_entropy", seed=0)
    return Workload(net, x, np.repeat([0, 1], 250), gp.Adam(), 16)


def digits() -> Workload:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    net = gp.Network(
        [gp.Dense(128, "relu"), gp.Dense(10)], loss="cross_entropy", seed=0
    )
    return Workload(net, (x / 16).astype(np.float32), y, gp.Adam(), 32)


WORKLOADS: Mapping[str, Callable[[], Workload]] = {
    "exam": exam,
    "spiral": spiral,
    "digits": digits,
}


def measure_steps(turns: int) -> None:
    """Print the time of a step on both back ends."""
    rows = []
    for name, make in WORKLOADS.items():
        work = make()
        reference, compiled = (
            NumpySteps(work.program),
            NumbaSteps(work.program, work.batch),
        )
        work.check_equal(reference, compiled)
        times = in_turns(
            {
                "numpy": lambda work=work, steps=reference: work.run(steps)[0],
                "numba": lambda work=work, steps=compiled: work.run(steps)[0],
            },
            turns,
        )
        rows.append(
            (
                name,
                spread(times["numpy"], 1e6, 1),
                spread(times["numba"], 1e6, 2),
                spread(ratios(times["numpy"], times["numba"]), 1, 1),
            )
        )
    print(f"One step, {turns} turns; median (quartiles), microseconds\n")
    print(table(("", "NumPy", "compiled", "NumPy / compiled"), rows))


# Compiling ----------------------------------------------------------------------------


def compile_once(name: str, folder: str) -> None:
    """Print the seconds from a program to steps that run, without Numba's import."""
    import numba.core.registry  # noqa: F401  # imported before the clock starts

    disk_cache.cache_folder = lambda: Path(folder)  # type: ignore[assignment]
    work = WORKLOADS[name]()
    start = perf_counter()
    NumbaSteps(work.program, work.batch)
    print(perf_counter() - start)


def compile_seconds(name: str, folder: str) -> float:
    """Compile in a process of its own."""
    command = [sys.executable, __file__, "--compile", name, folder]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(run.stdout)


def measure_compiling(processes: int) -> None:
    """Print how long compiling takes, and loading what was compiled."""
    rows = []
    for name in WORKLOADS:
        cold, warm = [], []
        for _ in range(processes):
            with tempfile.TemporaryDirectory() as folder:
                measure = partial(compile_seconds, name, folder)
                cold.append(measure())
                warm.append(measure())
        rows.append(
            (name, f"{statistics.median(cold):.2f}", f"{statistics.median(warm):.2f}")
        )
    print(f"\nSeconds to plan, print and compile; median of {processes} processes\n")
    print(table(("", "empty folder", "compiled before"), rows))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--compile", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.compile:
        compile_once(*options.compile)
        return
    print(machine())
    with threadpool_limits(1, "blas"):
        measure_steps(options.turns)
    if options.processes:
        measure_compiling(options.processes)


if __name__ == "__main__":
    main()
