"""How often a training is looked at, on how many rows, and what a diagnosis tries.

All follow from what the training and a look at it cost, never from a clock.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glassprop.backends.contract import Pace
from glassprop.backends.run_numpy import NumpySteps
from glassprop.program import Program

ROWS, LEAST_ROWS = 256, 32  # that a look is on
MOST, FEWEST = 12, 3  # looks at a training
SHARE = 0.02  # of a training's time that all looks may take; a tenth with the rest
LOOKING = 5e-4  # seconds of a look beside what it runs of the step
NODE = 1e-5  # seconds that it takes for an operation of the step beyond arithmetic
FOR_ROWS = 2e-3  # seconds that its gradients and slopes may take in any training
LOSSES = 2 / 3  # the losses of a look beside a step on the same rows
PASSES = 1.5  # its gradients and slopes beside one
# Seconds, about, that parts of a diagnosis may take where a step is dear; of a trial
# the steps where it is not, and those that are made in any case.
LOOKS_SECONDS, TRIAL_SECONDS, RANGE_SECONDS = 10.0, 15.0, 30.0
CHECK_SECONDS, HEART_SECONDS = 10.0, 15.0
TRIAL_STEPS, LEAST_TRIAL = 300, 30
LEAST_EPOCHS = 3  # of a trial


class Plan(NamedTuple):
    """How a training is looked at.

    Parameters
    ----------
    looks : int
        How many, at most.
    rows : int
        Of each.
    """

    looks: int
    rows: int


def affordable(program: Program, rows: int, steps: int, pace: Pace) -> Plan:
    """Plan looks at a training that cost little beside it.

    Where a row is dear a look is on fewer, though not fewer than a step has.

    Parameters
    ----------
    program : Program
        One step.
    rows : int
        Of a batch.
    steps : int
        Of the whole training.
    pace : Pace
        Of its steps; looks are NumPy's.
    """
    step, row = pace.seconds(program, rows), seconds_of_row(program, rows)
    fixed = LOOKING + NODE * program.size + step + LOSSES * rows * row
    share = SHARE * steps * step
    for_rows = max(FOR_ROWS, share / FEWEST - fixed)
    least = min(ROWS, max(rows, LEAST_ROWS))
    many = min(ROWS, max(least, int(for_rows / (PASSES * row)))) if row else ROWS
    look = fixed + PASSES * many * row
    return Plan(min(MOST, max(FEWEST, int(share / look))), many)


def seconds_of_row(program: Program, rows: int) -> float:
    """Give what a step takes for one row more.

    Parameters
    ----------
    program : Program
        One step.
    rows : int
        Of a batch.
    """
    looking = NumpySteps.pace
    return (looking.seconds(program, 2 * rows) - looking.seconds(program, rows)) / rows


def rows_of_looks(program: Program, rows: int, looks: int) -> int:
    """Give how many rows looks are on whose number is asked for.

    Parameters
    ----------
    program : Program
        One step.
    rows : int
        Of a batch.
    looks : int
        How many.
    """
    row = seconds_of_row(program, rows)
    most = int(LOOKS_SECONDS / (PASSES * looks * row)) if row else ROWS
    return min(ROWS, max(LEAST_ROWS, most))


def affordable_steps(program: Program, rows: int, seconds: float) -> int:
    """Give how many steps NumPy makes in some time, about.

    Parameters
    ----------
    program : Program
        One step.
    rows : int
        Of a batch.
    seconds : float
        The time.
    """
    return int(seconds / NumpySteps.pace.seconds(program, rows))


class TrialPlan(NamedTuple):
    """What a trial whose epochs are not given trains on.

    Parameters
    ----------
    rows : int
        How many of them.
    epochs : int
        How often.
    """

    rows: int
    epochs: int


def planned_trial(program: Program, total: int, per_step: int) -> TrialPlan:
    """Plan a trial: some hundred steps, at least three epochs, fewer of dear steps.

    Parameters
    ----------
    program : Program
        One step.
    total : int
        Rows that there are.
    per_step : int
        Rows of a batch.
    """
    steps = affordable_steps(program, per_step, TRIAL_SECONDS)
    wanted = TRIAL_STEPS if per_step == total else LEAST_TRIAL
    if steps < wanted and per_step > ROWS:  # all at once, fewer rows tell as much
        row = seconds_of_row(program, per_step)
        total = per_step = max(ROWS, int(TRIAL_SECONDS / (wanted * row)))
        steps = affordable_steps(program, per_step, TRIAL_SECONDS)
    steps = min(TRIAL_STEPS, max(LEAST_TRIAL, steps))
    rows = min(total, per_step * steps // LEAST_EPOCHS)
    return TrialPlan(rows, max(LEAST_EPOCHS, -(-steps // -(-rows // per_step))))


def look_epochs(epochs: int, looks: int) -> list[int]:
    """Choose after which epochs a training is looked at: the first look before it.

    Parameters
    ----------
    epochs : int
        Of the training.
    looks : int
        How many, two at least; fewer where there are not so many epochs.
    """
    if epochs < looks:
        return list(range(epochs + 1))
    spread = np.unique(np.round(np.geomspace(epochs, 1, looks - 1)).astype(int))
    return [0, *spread.tolist()]
