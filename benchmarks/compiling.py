"""What compiling a training step costs, the first time and from the cache.

Each time in a process of its own, with an empty folder for compiled code and with what
the first process left there: from the traced network to steps that run, without the
import of Numba. The last table is of networks that differ in their depth alone: equal
layers are compiled once, and their calls are a loop, so it should not grow.

    python benchmarks/compiling.py [--processes 3]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

from timing import machine, table

SHOWN = ("exam", "spiral", "tabular", "digits", "deep")
DEPTHS = (5, 10, 20, 40)
PROGRAM = """
import sys
from dataclasses import replace
from functools import partial
from time import perf_counter

from glassprop.backends.run_numba import NumbaSteps
from glassprop.bench import Trainer
from glassprop.workloads import WORKLOADS, data

workload, depth = WORKLOADS[sys.argv[1]], int(sys.argv[2])
if depth:
    sizes = (64, *[64] * depth, 10)
    activations = (*["tanh"] * depth, None)
    workload = replace(workload, sizes=sizes, activations=activations)
start = perf_counter()
import numba.core.registry
imported = perf_counter() - start
made = Trainer(workload, partial(NumbaSteps, rows=workload.batch), data(workload))
print(imported, made.seconds_to_make)
"""


def seconds(name: str, folder: str, depth: int = 0) -> tuple[float, float]:
    """Make a workload's steps in a process of its own.

    Parameters
    ----------
    name : str
        Of the workload.
    folder : str
        Where compiled code is kept.
    depth : int
        How many layers it has instead; 0 for its own.

    Returns
    -------
    imported, made : float
        Seconds to import Numba, and to compile the steps or to load them.
    """
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, name, str(depth)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": folder},
    )
    imported, made = map(float, run.stdout.split())
    return imported, made


def medians(name: str, processes: int, depth: int = 0) -> tuple[str, str]:
    """Give the medians without and with compiled code that was kept."""
    cold, warm = [], []
    for _ in range(processes):
        with tempfile.TemporaryDirectory() as folder:
            for times in (cold, warm):
                times.append(seconds(name, folder, depth)[1])
    first, later = (statistics.median(one) for one in (cold, warm))
    return f"{first:.2f}", f"{later:.2f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=3)
    processes = parser.parse_args().processes
    print(machine())
    print(f"Seconds until steps run; median of {processes} processes\n")
    heads = ("empty folder", "compiled before")
    print(table(("", *heads), [(name, *medians(name, processes)) for name in SHOWN]))
    rows = [(str(depth), *medians("deep", processes, depth)) for depth in DEPTHS]
    print(f"\n{table(('layers of 64', *heads), rows)}")


if __name__ == "__main__":
    main()
