"""Measure the numbers by which backend="auto" chooses, and say what it chooses.

For each workload of `glassprop bench` the time of a step with NumPy and compiled, and
the wait for the compiler in a process of its own with an empty folder. What a step
costs NumPy more is fitted by operations and by elements that are no products; the wait
by operations (`glassprop.backends.choice`). The last column is the number of steps from
which "auto" takes compiled code, beside that from which it was sooner here.

    python benchmarks/back_end_choice.py [--turns 5]
"""

from __future__ import annotations

import argparse
import tempfile

import numpy as np

from compiling import seconds
from glassprop.backends import choice
from glassprop.backends.run_numpy import NumpySteps
from glassprop.bench import SHOWN, Trainer, speed
from glassprop.ops import product
from glassprop.program import Program
from glassprop.workloads import WORKLOADS, data
from timing import machine, table


def wait(name: str) -> float:
    """Give the seconds that a first process waits for Numba and its compiler."""
    with tempfile.TemporaryDirectory() as folder:
        return sum(seconds(name, folder))


def first_step(program: Program, rows: int) -> int:
    """Find the number of steps from which compiled code is chosen."""
    low, high = 0, 1
    while choice.chosen_backend(program, rows, high) == "numpy":
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        compiled = choice.chosen_backend(program, rows, middle) == "numba"
        low, high = (low, middle) if compiled else (middle, high)
    return high


def main() -> None:
    """Measure, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=5)
    turns = parser.parse_args().turns
    rows, sizes, saved, waits = [], [], [], []
    for name in SHOWN:
        workload = WORKLOADS[name]
        times = speed(workload, turns)
        program = Trainer(workload, NumpySteps, data(workload)).steps.program
        batch = min(workload.batch, workload.rows)
        elements = program.cost(batch, without=(product.matmul,))
        more, waited = times.numpy[1] - times.numba[1], wait(name)
        sizes.append((program.size, elements))
        saved.append(more)
        waits.append(waited)
        rows.append(
            (
                name,
                f"{program.size}",
                f"{elements:,.0f}",
                f"{1e6 * more:,.0f}",
                f"{waited:.1f}",
                f"{first_step(program, batch):,}",
                f"{waited / more:,.0f}",
            )
        )
    call, element = _fitted(np.array(sizes, float), np.array(saved))
    heads = ("", "operations", "elements", "saved, us", "wait, s", "auto from step")
    print(machine())
    print(table((*heads, "sooner from step"), rows))
    operations = np.array([[1.0, size] for size, _ in sizes])
    started, compiling = np.linalg.lstsq(operations, np.array(waits), rcond=None)[0]
    print(f"\ncall {call:.2g} s (NumpySteps.pace: {NumpySteps.pace.call:g})")
    print(f"ELEMENT {element:.2g} s (choice: {choice.ELEMENT:g})")
    print(f"IMPORT {started:.2g} s (choice: {choice.IMPORT:g})")
    print(f"COMPILE {compiling:.2g} s (choice: {choice.COMPILE:g})")


def _fitted(sizes: np.ndarray, saved: np.ndarray) -> np.ndarray:
    """Fit seconds by operations and elements, each relative to what was measured."""
    found: np.ndarray = np.linalg.lstsq(
        sizes / saved[:, None], np.ones(len(saved)), rcond=None
    )[0]
    return found


if __name__ == "__main__":
    main()
