"""From a perceptron's solver and policy to what `Network.fit` takes.

Vocabulary: ``told`` is the estimator, of which only its parameters are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import glassprop as gp
from glassprop.schedules import Plateau
from glassprop.schedules.contract import powers
from glassprop.schedules.plateau import Held

Array = NDArray[Any]

FALL = 0.2  # the part of the learning rate that "adaptive" leaves
LOWEST = 1e-6  # the learning rate from which on it ends the training instead
NEVER = 10**9  # epochs


def solver(told: Any) -> Any:
    """Give the optimizer that a solver is.

    Parameters
    ----------
    told : estimator
        Its solver and what goes with it.
    """
    rate = float(told.learning_rate_init)
    if told.solver == "lbfgs":
        return gp.LBFGS(
            memory=10,
            gradient_tolerance=float(told.tol),
            evaluations=int(told.max_fun),
        )
    if told.solver == "adam":
        return gp.Adam(
            rate,
            float(told.beta_1),
            float(told.beta_2),
            float(told.epsilon),
            epsilon_hat=True,
        )
    momentum = float(told.momentum)
    nesterov = bool(told.nesterovs_momentum and momentum)
    return gp.SGD(rate, momentum, nesterov=nesterov)


def policy(told: Any) -> str:
    """Name how the learning rate changes; only that of plain descent does.

    Parameters
    ----------
    told : estimator
        Its solver and policy; an optimizer or a schedule that is given comes first.
    """
    plain = told.optimizer is None and told.schedule is None and told.solver == "sgd"
    return str(told.learning_rate) if plain else "constant"


def patience(told: Any) -> int:
    """Give the epochs to wait: one more than those that may be no better."""
    return int(min(told.n_iter_no_change, NEVER)) + 1


def scaled_by_rows(told: Any, seen: int, rows: int, *, incremental: bool) -> Any:
    """Give the schedule of the policy "invscaling".

    Parameters
    ----------
    told : estimator
        Its power.
    seen : int
        The rows that it has gone through before.
    rows : int
        Of an epoch.
    incremental : bool
        Whether this is one epoch more of a training.
    """
    if incremental:
        return Held((seen + 1.0) ** -float(told.power_t))
    return RowScaling(float(told.power_t), seen, rows)


def falling(told: Any, monitor: str) -> Plateau:
    """Give the schedule of the policy "adaptive".

    Parameters
    ----------
    told : estimator
        Its rate, patience and tolerance.
    monitor : str
        The number of the history that shows whether training gets on.
    """
    rate, drops = float(told.learning_rate_init), 0
    while rate > LOWEST:
        rate, drops = rate * FALL, drops + 1
    return Plateau(
        patience(told), FALL, monitor, 0.0, float(told.tol), adds_up=False, drops=drops
    )


@dataclass(frozen=True)
class RowScaling:
    """Divide the learning rate by a power of the rows that were gone through.

    The factor of an epoch is ``1 / (t + 1) ** power`` with t rows before it; that of
    the first one after another training is 1.

    Parameters
    ----------
    power : float
        The power.
    seen : int
        Rows before the first epoch.
    rows : int
        Of an epoch.
    """

    power: float
    seen: int
    rows: int

    def __call__(self, steps: Array, steps_per_epoch: int) -> Array:
        """Give the factor of each step."""
        epochs = steps // steps_per_epoch
        factors = powers(self.seen + epochs * self.rows + 1.0, -self.power)
        return np.where(epochs == 0, 1.0, factors)
