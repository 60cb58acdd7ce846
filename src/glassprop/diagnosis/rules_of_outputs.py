"""Rules of what the network gives, beside what its loss and its targets ask for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.diagnosis.at_rest import AtRest
from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.remedies import (
    has_field,
    other,
)
from glassprop.layer_names import layer_names
from glassprop.losses import Loss
from glassprop.trees import as_parts

SCORES = "Let the last layer give scores, without an activation."
NEAR = 5.0  # scores that stay within this cannot say what is certain


def loss_and_output(seen: AtRest) -> Iterator[Finding]:
    """Judge whether the loss fits what the last layer gives."""
    each = zip(seen.loss.each, as_parts(seen.rows.y), seen.reach, strict=True)
    for loss, y, (low, high, whole) in each:
        chances = low >= 0 and high <= 1
        kind = "softmax" if whole else "sigmoid"
        bounded = f"from {low:.3g} to {high:.3g}"
        if loss.probabilities is not None and loss.classifies and chances:
            yield _misfit(
                f"the network's output is probabilities already, {bounded}, and loss "
                f"{loss.name!r} takes scores, of which it makes probabilities itself: "
                f"{kind} twice.",
                _without_bounds(seen),
            )
        elif (
            loss.probabilities is not None
            and loss.classifies
            and _short(low, high, one_sided=loss.target == "binary")
        ):
            yield _misfit(
                f"the network's output reaches {bounded}; loss {loss.name!r} takes "
                "scores without bounds, and such scores cannot say that a class is "
                "certain, or make one the likelier.",
                _without_bounds(seen),
            )
        elif loss.classifies and not loss.probabilities and (chances or whole):
            yield _misfit(
                f"the network's output reaches {bounded}; loss {loss.name!r} takes "
                "scores that are to be above 1 for one class and below -1, or 1 apart, "
                "for another.",
                _without_bounds(seen),
            )
        elif loss.target == "values" and whole and _one_hot(y):
            change = _without_bounds(seen)
            yield _misfit(
                f"softmax with loss {loss.name!r}: where the network is surely wrong "
                "the slope is nearly 0, and it stays wrong.",
                Change(change.words, change.layers, options={"loss": "cross_entropy"}),
                severity="warning",
            )
        elif loss.target in ("values", "vectors", "counts"):
            yield from _out_of_reach(seen, loss, y, low, high)


def _short(low: float, high: float, *, one_sided: bool) -> bool:
    """Tell whether scores cannot say all; of several classes all may be below 0."""
    within = low > -NEAR and high < NEAR
    return within or low >= 0 or (one_sided and high <= 0)


def _one_hot(y: NDArray[Any]) -> bool:
    return bool(y.ndim == 2 and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())


def _out_of_reach(
    seen: AtRest, loss: Loss, y: NDArray[Any], low: float, high: float
) -> Iterator[Finding]:
    if loss.target == "counts":  # the output is the logarithm of a rate
        if low >= 0 and float(y.min()) < 1:
            yield _misfit(
                f"loss {loss.name!r} takes the logarithm of a rate, and the network's "
                f"output is {low:.4g} at least, a rate of {math.exp(low):.4g}; the "
                f"targets begin at {float(y.min()):.4g}.",
                _without_bounds(seen),
            )
        return
    bounds = [abs(one) for one in (low, high) if math.isfinite(one)]
    room = 1e-3 * max(*bounds, 1e-3) if bounds else 0.0
    lowest, highest = float(y.min()), float(y.max())
    out = np.mean((y < low - room) | (y > high + room))
    if out:
        yield _misfit(
            f"{100 * out:.3g} % of the targets, which go from {lowest:.4g} to "
            f"{highest:.4g}, are beyond what the network's output can be, from "
            f"{low:.4g} to {high:.4g}.",
            _without_bounds(seen),
        )


def _misfit(text: str, change: Change, severity: str = "error") -> Finding:
    return Finding("loss_and_output", text, change, severity=severity)


def _without_bounds(seen: AtRest) -> Change:
    """Propose the last layer without its activation."""
    for name, layer in reversed(
        list(zip(layer_names(seen.layers), seen.layers, strict=True))
    ):
        if getattr(layer, "activation", None) is not None:
            change = other(seen.layers, name, activation=None)
            return Change(words=SCORES) if change is None else change
        if has_field(layer, "function"):
            return Change(layers={name: (layer, None)})
        if has_field(layer, "units"):
            break
    return Change(words=SCORES)
