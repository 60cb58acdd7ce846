"""How often a training is looked at, and on how many rows.

Both follow from what the training and a look at it cost, never from a clock.
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
    looking = NumpySteps.pace
    more = looking.seconds(program, 2 * rows) - looking.seconds(program, rows)
    step, row = pace.seconds(program, rows), more / rows
    fixed = LOOKING + NODE * program.size + step + LOSSES * rows * row
    share = SHARE * steps * step
    for_rows = max(FOR_ROWS, share / FEWEST - fixed)
    least = min(ROWS, max(rows, LEAST_ROWS))
    many = min(ROWS, max(least, int(for_rows / (PASSES * row)))) if row else ROWS
    look = fixed + PASSES * many * row
    return Plan(min(MOST, max(FEWEST, int(share / look))), many)


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
