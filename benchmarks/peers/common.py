"""What every system offers here, and what they share.

A *system* is a library in one of its forms: ``torch`` is PyTorch eager,
``torch.compile`` the same, compiled. A module of a system has a class whose objects
train one workload:

``Trainer(workload, x, y, threads=..., lean=...)``
    Makes it ready, from the workload's start weights; raises `NotRun` with the reason
    if the system cannot do that arithmetic. ``lean`` asks for the form that takes the
    least memory, where there are several.
``run(order, steps)``
    Runs training steps and gives the loss of each (or None, if the system tells none).
    Batches are cut from the order; after the last, smaller one they begin again.
    `steps` is a number of whole passes, or less than a pass: then all batches are full.
``weights()``
    Gives the weights and biases, ``[W1, b1, W2, b2, ...]``; no b without biases.
``note``
    What was chosen among several forms, by measuring them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import numpy as np

from glassprop.workloads import Workload

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # of Adam, in every system
MOMENTUM, BATCH_EPSILON = 0.1, 1e-5  # of batch normalization, likewise
SECONDS = 0.15  # that each form is measured for


class NotRun(Exception):
    """A system cannot do a workload; the message says why."""


def passes(workload: Workload, steps: int) -> tuple[int, int]:
    """Give the number of passes, and the batches of each, that make so many steps."""
    if steps < workload.steps:
        return 1, steps
    whole, rest = divmod(steps, workload.steps)
    if rest:
        raise ValueError(f"{steps} steps are no whole passes of {workload.steps}.")
    return whole, workload.steps


def batches(workload: Workload, count: int) -> list[slice]:
    """Give the first batches of a pass, as parts of the order."""
    starts = range(0, count * workload.batch, workload.batch)
    return [slice(at, min(at + workload.batch, workload.rows)) for at in starts]


def fastest(
    forms: Mapping[str, Callable[[np.ndarray, int], Any]], workload: Workload
) -> str:
    """Measure several forms of the same training; name the fastest.

    Parameters
    ----------
    forms : mapping from str to callable
        ``run(order, steps)`` of each. Those that fail are left out.
    workload : Workload
        What they train.
    """
    order = np.random.default_rng(5).permutation(workload.rows)
    steps = measured_steps(workload)
    times, failed = {}, {}
    for name, run in forms.items():
        try:
            run(order, steps)  # compiles, warms up
            times[name] = []
        except Exception as error:
            failed[name] = error
    if not times:
        raise next(iter(failed.values()))
    end = perf_counter() + SECONDS * len(times)
    while perf_counter() < end or not all(times.values()):
        for name, found in times.items():
            start = perf_counter()
            forms[name](order, steps)
            found.append(perf_counter() - start)
    return min(times, key=lambda name: float(np.median(times[name])))


def measured_steps(workload: Workload) -> int:
    """Give a small number of steps: less than a pass, or a pass, or some."""
    if workload.steps > 20:
        return 20
    return -(-20 // workload.steps) * workload.steps if workload.steps < 8 else 16


def flat(pairs: list[tuple[Any, Any]], bias: bool) -> list[Any]:
    """Give ``[W1, b1, W2, ...]`` of pairs, without the biases if there are none."""
    return [one for pair in pairs for one in (pair if bias else pair[:1])]
