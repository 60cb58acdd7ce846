"""What a training leaves with an estimator, under scikit-learn's names.

Vocabulary: ``told`` is the estimator.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

import glassprop as gp
from glassprop.early_stopping import Best

CONVERGED = ("early stopping", "plateau", "converged")
"""Why a training may end after it has converged, by the history's word for it."""

ENDS = {
    "epochs": (
        "reached the maximum of {told.max_iter} iterations",
        "Increase max_iter, or scale the data.",
    ),
    "evaluations": (
        "looked at the rows more than {rule.evaluations} times",
        "Increase max_fun, or evaluations of gp.LBFGS, or scale the data.",
    ),
    "no way down": (
        "found nothing lower along its last direction",
        "Scale the data.",
    ),
}
"""Why it may end before, by the history's word for it; and the way out."""

ADDED_TO = (
    "loss_curve_",
    "validation_loss_curve_",
    "validation_scores_",
    "best_validation_score_",
    "best_loss_",
)
"""What a training adds to, where it goes on with another."""


def begin(told: Any) -> None:
    """Forget the trainings before.

    Parameters
    ----------
    told : estimator
        What is fitted anew.
    """
    told.t_, told._best = 0, None
    for name in ADDED_TO:
        vars(told).pop(name, None)


def keep(
    told: Any,
    history: gp.History,
    constant: float,
    monitor: str,
    *,
    rows: int,
    steps: bool,
) -> None:
    """Keep losses, scores and counts.

    Parameters
    ----------
    told : estimator
        What keeps them, next to those of the trainings before.
    history : History
        Of the training.
    constant : float
        What scikit-learn's loss has more, whatever the weights.
    monitor : str
        The number that shows whether training gets on. With early stopping it is the
        score; what gets better as it falls is a score with its sign turned.
    rows : int
        Of an epoch.
    steps : bool
        Whether training goes step by step.
    """
    losses = [one + constant for one in history.columns.get("loss", [])]
    told.history_, told.n_iter_ = history, len(losses)
    told.converged_ = history.stopped in CONVERGED
    if losses:
        told.loss_ = losses[-1]
    _add(told, "validation_loss_curve_", history.columns.get("validation_loss", []))
    if not steps:
        return
    told.t_ += len(losses) * rows
    _add(told, "loss_curve_", losses)
    if told.early_stopping:
        sign = 1 if monitor in history.rising else -1
        scores = [sign * one for one in history.columns.get(monitor, [])]
        _add(told, "validation_scores_", scores)
        told.best_validation_score_ = max(told.validation_scores_, default=-np.inf)
        told.best_loss_ = None
    else:
        told.validation_scores_ = told.best_validation_score_ = None
        told.best_loss_ = min(told.loss_curve_, default=np.inf)


def _add(told: Any, name: str, values: list[float]) -> None:
    """Add to a list of the trainings before, if there is one."""
    setattr(told, name, [*(getattr(told, name, None) or []), *values])


def look_back(told: Any, history: gp.History, rule: gp.EarlyStopping) -> None:
    """Look whether calls of `partial_fit` get on, as `fit` looks at its epochs.

    Where they do not any more, the estimator has converged, and with early stopping its
    network has the weights of the best call again.

    Parameters
    ----------
    told : estimator
        It remembers its best call.
    history : History
        Of this call.
    rule : EarlyStopping
        What counts as better, and how many calls to wait.
    """
    if not history.epochs:  # it was interrupted
        return
    if told._best is None or told._best.rule != rule:
        told._best = Best(rule)
    net = told.network_
    if told._best.look(history.epochs[-1], history, net.values):
        told.converged_ = True
        net.put(told._best.values)


def tell(
    told: Any,
    history: gp.History,
    trainer: tuple[str, Any],
    rule: Any,
    *,
    incremental: bool,
) -> None:
    """Warn of a training that has ended before it converged.

    Parameters
    ----------
    told : estimator
        What limits it.
    history : History
        Of the training.
    trainer : tuple of str and object
        The parameter that says what trained, and its value.
    rule : Optimizer
        What trained.
    incremental : bool
        Whether it was one epoch more of another.
    """
    if history.stopped == "interrupted":
        warnings.warn("Training interrupted by user.", stacklevel=4)
    elif not incremental and history.stopped in ENDS:
        reason, way = ENDS[history.stopped]
        warnings.warn(
            f"{trainer[0]} {trainer[1]!r} {reason.format(told=told, rule=rule)}, and "
            f"the training has not converged yet. {way}",
            ConvergenceWarning,
            stacklevel=4,
        )
