"""From an estimator's parameters to what `Network.fit` takes.

Vocabulary: ``told`` is the estimator, of which only its parameters are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import glassprop as gp
from glassprop.optimizers import get_optimizer, is_minimizer
from glassprop.schedules import Plateau
from glassprop.schedules.contract import powers
from glassprop.schedules.plateau import Held

Array = NDArray[Any]
LOSSES = {
    "softmax": "cross_entropy",
    "logistic": "binary_cross_entropy",
    "identity": "half_squared_error",
    "exp": "poisson",
}
"""The loss by the output's activation, which it starts before."""

FALL = 0.2  # the part of the learning rate that "adaptive" leaves
LOWEST = 1e-6  # the learning rate from which on it ends the training instead
NEVER = 10**9  # epochs


def takes_steps(told: Any) -> bool:
    """Tell whether training goes step by step, through batches of rows.

    Parameters
    ----------
    told : estimator
        Its optimizer, or its solver.
    """
    if told.optimizer is None:
        return bool(told.solver != "lbfgs")
    return not is_minimizer(get_optimizer(told.optimizer))


def optimizer(told: Any) -> Any:
    """Give the optimizer that is asked for, else that of the solver."""
    if told.optimizer is not None:
        return get_optimizer(told.optimizer)
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


def _has_policy(told: Any) -> bool:
    """Tell whether the learning rate is that of plain descent, and changes as told."""
    return bool(
        told.solver == "sgd" and told.optimizer is None and told.schedule is None
    )


def patience(told: Any) -> int:
    """Give the epochs to wait: one more than those that may be no better."""
    return int(min(told.n_iter_no_change, NEVER)) + 1


def schedule(
    told: Any, seen: int, rows: int, monitor: str, *, incremental: bool
) -> Any:
    """Give the schedule of a policy; only plain descent has one.

    Parameters
    ----------
    told : estimator
        Its solver, policy and what goes with them.
    seen : int
        The rows that it has gone through before.
    rows : int
        Of an epoch.
    monitor : str
        The number of the history that shows whether training gets on.
    incremental : bool
        Whether this is one epoch more of a training.
    """
    if told.schedule is not None:
        return told.schedule
    if not _has_policy(told) or told.learning_rate == "constant":
        return None
    if told.learning_rate == "invscaling":
        if incremental:
            return Held((seen + 1.0) ** -float(told.power_t))
        return RowScaling(float(told.power_t), seen, rows)
    rate, drops = float(told.learning_rate_init), 0
    while rate > LOWEST:
        rate, drops = rate * FALL, drops + 1
    return Plateau(
        patience(told), FALL, monitor, 0.0, float(told.tol), adds_up=False, drops=drops
    )


def stopping(told: Any, monitor: str) -> gp.EarlyStopping | None:
    """Give the rule that ends a training; with "adaptive" the schedule does that."""
    if not takes_steps(told):
        return None
    is_adaptive = _has_policy(told) and told.learning_rate == "adaptive"
    return gp.EarlyStopping(
        NEVER if is_adaptive else patience(told),
        float(told.tol),
        monitor,
        restore_best=bool(told.early_stopping),
        adds_up=False,
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
