"""Changes of how a network is trained: rate, clipping, schedule, penalties."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.nesting import by_path
from glassprop.diagnosis.remedies import (
    GENTLY,
    at_learning_rate,
    has_field,
    other,
    rounded,
    together,
)
from glassprop.diagnosis.trends import Trends
from glassprop.optimizers import is_minimizer

NEAR = 3.0  # times apart that rates may be, and be much alike
STEP = 10.0  # times by which a rate is changed where a range test does not say more
FAR = 100.0  # times that a gradient is cut down, or a rate, where they are the reason
SHRUNK = 0.3  # of the size that weights started with
PENALTIES = ("l1", "l2", "prior_precision")


def rate_change(seen: Trends, *, up: bool) -> Change:
    """Propose a learning rate: what a range test finds, else ten times as much.

    Where something else holds the steps back, that is to be changed; where they lead
    astray though the rate is one that works, the gradient may be wrong.

    Parameters
    ----------
    seen : Trends
        The training.
    up : bool
        Whether steps are too small; else they are too large.
    """
    optimizer = seen.watch.recipe.optimizer
    if is_minimizer(optimizer):
        return GENTLY
    rate, found = optimizer.learning_rate, seen.suggest()
    if up:
        further = rate * STEP if found is None or found <= rate else found
        return held_back(seen) or at_learning_rate(optimizer, further)
    if seen.misled() or (found is not None and found > rate):
        return Change(
            words="Compare the gradients with finite differences, "
            "net.check_gradients(X, y); if they are right, lower the learning rate."
        )
    return at_learning_rate(optimizer, min(found or rate, rate / STEP))


def lower_rate(seen: Trends) -> Change | None:
    """Propose a learning rate, where a range test finds that it is far too high.

    Parameters
    ----------
    seen : Trends
        The training.
    """
    found, optimizer = seen.suggest(), seen.watch.recipe.optimizer
    if found is None or found * NEAR > optimizer.learning_rate:
        return None
    return at_learning_rate(optimizer, found)


def held_back(seen: Trends) -> Change | None:
    """Propose another clipping or schedule, where it is what makes steps small.

    Parameters
    ----------
    seen : Trends
        The training.
    """
    clip: Any = seen.watch.recipe.clip
    optimizer = seen.watch.recipe.optimizer
    if is_minimizer(optimizer):
        return None
    size = float(np.median([_norm(seen, one.gradients) for one in seen.looks]))
    if has_field(clip, "limit") and math.isfinite(size) and clip.limit * FAR < size:
        return Change(options={"clip": replace(clip, limit=rounded(size))})
    rates = [one.rate for one in seen.looks if one.step]
    if rates and np.median(rates) * FAR < optimizer.learning_rate:
        return Change(options={"schedule": None})
    return None


def _norm(seen: Trends, gradients: Any) -> float:
    """Give a lower bound of the norm of all gradients, from their mean sizes."""
    known = seen.structure.parameters
    roots = {key: math.sqrt(math.prod(known[key].shape)) for key in gradients}
    return math.hypot(*(roots[key] * one for key, one in gradients.items()))


def moved(optimizer: Any) -> Any:
    """Give an optimizer without factors of 0 for its rate; None where it has none.

    Parameters
    ----------
    optimizer : Optimizer
        Of a training.
    """
    factors = getattr(optimizer, "factors", {})
    kept = {key: one for key, one in factors.items() if one}
    if len(kept) == len(factors):
        return None
    return replace(optimizer, factors=kept) if kept else optimizer.optimizer


def pulled_down(seen: Trends) -> Change | None:
    """Propose to leave out penalties, where they have drawn all weights to 0.

    Parameters
    ----------
    seen : Trends
        The training.
    """
    if not seen.shrunk < SHRUNK:
        return None
    changes = []
    for name, layer in by_path(seen.layers).items():
        given = {
            key: 0.0
            for key in PENALTIES
            if has_field(layer, key) and getattr(layer, key)
        }
        changes.append(other(seen.layers, name, **given) if given else None)
    change = together(changes)
    optimizer = seen.watch.recipe.optimizer
    freed = _without_decay(optimizer)
    if freed is not optimizer:
        change = replace(change, options={"optimizer": freed})
    return change if change.lines else None


def _without_decay(optimizer: Any) -> Any:
    """Give an optimizer without decay of weights, inside of others too."""
    if has_field(optimizer, "optimizer"):
        inner = _without_decay(optimizer.optimizer)
        if inner is not optimizer.optimizer:
            optimizer = replace(optimizer, optimizer=inner)
    if has_field(optimizer, "weight_decay") and optimizer.weight_decay:
        return replace(optimizer, weight_decay=0.0)
    return optimizer
