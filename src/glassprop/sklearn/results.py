"""What a training leaves with an estimator, under scikit-learn's names.

Vocabulary: ``told`` is the estimator.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

import glassprop as gp
from glassprop.sklearn.translation import takes_steps

ENDS = {
    "epochs": "reached the maximum of {told.max_iter} iterations",
    "evaluations": "looked at the rows more than max_fun={told.max_fun} times",
    "no way down": "found nothing lower along its last direction",
}
"""Why a training may end before it has converged, by the history's word for it."""


def keep(
    told: Any, history: gp.History, constant: float, scores: list[float], *, rows: int
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
    scores : list of float
        Of the rows that are held out, an epoch each.
    rows : int
        Of an epoch.
    """
    losses = [one + constant for one in history.columns.get("loss", [])]
    told.n_iter_ = len(losses)
    if losses:
        told.loss_ = losses[-1]
    if "validation_loss" in history.columns:
        held = history["validation_loss"]
        told.validation_loss_curve_ = held
    if not takes_steps(told):
        return
    told.t_ += len(losses) * rows
    told.loss_curve_ += losses
    if told.early_stopping:
        told.validation_scores_ += scores
        told.best_validation_score_ = max(told.validation_scores_, default=-np.inf)
        told.best_loss_ = None
    else:
        told.best_loss_ = min(told.loss_curve_, default=np.inf)


def tell(told: Any, history: gp.History, *, incremental: bool) -> None:
    """Warn of a training that has ended before it converged.

    Parameters
    ----------
    told : estimator
        Its solver and what limits it.
    history : History
        Of the training.
    incremental : bool
        Whether it was one epoch more of another.
    """
    if history.stopped == "interrupted":
        warnings.warn("Training interrupted by user.", stacklevel=4)
    elif not incremental and history.stopped in ENDS:
        named = told.solver if told.optimizer is None else told.optimizer
        reason = ENDS[history.stopped].format(told=told)
        warnings.warn(
            f"solver {named!r} {reason}, and the training has not converged yet. "
            "Increase max_iter, or scale the data.",
            ConvergenceWarning,
            stacklevel=4,
        )
