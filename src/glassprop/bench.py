"""How fast a training step runs on this machine: compiled, beside NumPy.

Each workload is trained by both back ends with the same data, start and order, in turns
of many steps. Before it is timed their losses must agree. What is reported is the
median over the turns with its quartiles; ratios are taken turn by turn.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.contract import Steps
from glassprop.backends.installed import import_all
from glassprop.backends.run_numba import NumbaSteps
from glassprop.backends.run_numpy import NumpySteps
from glassprop.errors import ArgumentError, GlasspropError, did_you_mean
from glassprop.options import is_whole
from glassprop.program import Program
from glassprop.programs import Target
from glassprop.recipes import Recipe
from glassprop.updates import start_memory
from glassprop.workloads import WORKLOADS, Workload, data, network, optimizer

SHOWN = ("exam", "and", "spiral", "tabular", "digits", "deep")
SECONDS = 0.2  # of a turn
CHECKED = 20  # steps whose losses are compared
CLOSE = {"float64": 1e-9, "float32": 1e-3}  # relative


class Trainer:
    """A workload's training on one back end: any number of steps from where it is.

    Parameters
    ----------
    workload : Workload
        What is trained.
    make : callable
        Gives the steps of a program: `NumpySteps`, `NumbaSteps`.
    given : tuple of (x, y)
        The data.
    """

    def __init__(
        self,
        workload: Workload,
        make: Callable[[Program], Steps],
        given: tuple[NDArray[Any], NDArray[Any]],
    ) -> None:
        self.workload = workload
        x, y = given
        net, rule = network(workload), optimizer(workload)
        assert net.loss is not None
        target = Target(y.shape[1:], y.dtype)
        start = perf_counter()
        self.steps = make(Recipe(net.loss, rule, target).program(net.structure))
        self.seconds_to_make = perf_counter() - start
        memory = start_memory(net.structure, rule, net.values)
        self.values = {**net.values, **memory}
        self.data = {"x": x, "y": y}
        self.dtype = net.structure.dtype
        self.done = 0

    def run(self, order: NDArray[np.int64], steps: int) -> NDArray[Any]:
        """Run steps, going through the order again and again; give their losses."""
        rates = np.full(steps, self.workload.learning_rate, self.dtype)
        with self.steps.holding(self.values, self.workload.batch) as run:
            losses = run(self.data, order, rates, seed=0, first_step=self.done + 1)
        self.done += steps
        return losses


@dataclass(frozen=True)
class Speed:
    """What a step of a workload costs, in seconds: quartiles over the turns.

    Parameters
    ----------
    numpy, numba : tuple of float
        The seconds of a step.
    ratio : tuple of float
        NumPy's time over the compiled step's.
    making : float
        The seconds from the traced network to steps that run; less if the compiled code
        was kept from before.
    """

    numpy: tuple[float, ...]
    numba: tuple[float, ...]
    ratio: tuple[float, ...]
    making: float


def chosen(names: Sequence[str], turns: int) -> list[Workload]:
    """Give the workloads of these names, before anything is measured.

    Parameters
    ----------
    names : sequence of str
        Empty for those that take a few seconds together.
    turns : int
        How often each will be timed.

    Raises
    ------
    ArgumentError
        If there is no such workload, or turns are too few.
    MissingExtraError
        If Numba is not installed, or cannot be imported.
    """
    for name in names:
        if name not in WORKLOADS:
            raise ArgumentError(
                f"there is no workload {name!r}.{did_you_mean(name, WORKLOADS)} They "
                f"are {', '.join(WORKLOADS)}."
            )
    if not is_whole(turns) or turns < 2:
        raise ArgumentError(f"turns must be an integer of at least 2, got {turns!r}.")
    import_all()
    return [WORKLOADS[name] for name in names or SHOWN]


def speed(workload: Workload, turns: int) -> Speed:
    """Measure one workload.

    Parameters
    ----------
    workload : Workload
        What is trained.
    turns : int
        How often it is timed on each back end.

    Raises
    ------
    ArgumentError
        If compiled code cannot do it yet.
    GlasspropError
        If the two back ends compute different losses.
    """
    given = data(workload)
    both = {
        "numba": Trainer(workload, partial(NumbaSteps, rows=workload.batch), given),
        "numpy": Trainer(workload, NumpySteps, given),
    }
    order = np.random.default_rng(0).permutation(workload.rows)
    first = {key: one.run(order, CHECKED) for key, one in both.items()}
    check_agreement(first, CLOSE[workload.dtype])
    counts = {key: _steps_of_a_turn(one, order) for key, one in both.items()}
    times: Mapping[str, list[float]] = {key: [] for key in both}
    for _ in range(turns):
        for key, one in both.items():
            times[key].append(_timed(one, order, counts[key]))
    ratios = [a / b for a, b in zip(times["numpy"], times["numba"], strict=True)]
    return Speed(
        quartiles(times["numpy"]),
        quartiles(times["numba"]),
        quartiles(ratios),
        both["numba"].seconds_to_make,
    )


def check_agreement(losses: Mapping[str, NDArray[Any]], close: float) -> None:
    """Stop if two back ends do not compute the same.

    Parameters
    ----------
    losses : mapping from str to array of shape (steps,)
        Those of the first steps, by back end.
    close : float
        How far apart they may be, relative to the first.

    Raises
    ------
    GlasspropError
        With the first step that differs.
    """
    (one, first), (other, second) = losses.items()
    apart = ~(np.abs(first - second) <= close * np.abs(first))  # NaN is apart
    if apart.any():
        step = int(apart.argmax())
        raise GlasspropError(
            f"step {step + 1}: {one} has the loss {first[step]}, {other} "
            f"{second[step]}. Please report this."
        )


def _timed(trainer: Trainer, order: NDArray[np.int64], steps: int) -> float:
    """Give the seconds of one of some steps."""
    start = perf_counter()
    trainer.run(order, steps)
    return (perf_counter() - start) / steps


def _steps_of_a_turn(trainer: Trainer, order: NDArray[np.int64]) -> int:
    """Find how many steps take about `SECONDS`: whole passes, or part of one."""
    steps = trainer.workload.steps
    each = min(_timed(trainer, order, min(steps, CHECKED)) for _ in range(3))
    wanted = max(1, round(SECONDS / each))
    return wanted if wanted < steps else wanted // steps * steps


def quartiles(values: list[float]) -> tuple[float, ...]:
    """Give the lower quartile, the median and the upper quartile.

    Parameters
    ----------
    values : list of float
        Two at least.
    """
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def as_json(found: Mapping[str, Speed | str]) -> dict[str, Any]:
    """Give what was measured as data for a file.

    Parameters
    ----------
    found : mapping from str to Speed or str
        By workload what was measured, or why it was not.
    """
    rows = {
        name: {"not_run": one} if isinstance(one, str) else asdict(one)
        for name, one in found.items()
    }
    return {"unit": "seconds a step", "workloads": rows}
