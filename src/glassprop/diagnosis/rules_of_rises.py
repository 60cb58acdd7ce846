"""The rule of rises that a training makes up for: whether held-out rows suffer from it.

A loss that rose far at the start may fall to as little as at any rate, on the rows of
the training. The weights that were thrown far away then fit these rows alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from glassprop.diagnosis.comparing import LEAST
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.remedies import at_learning_rate
from glassprop.diagnosis.rules_of_steps import rises
from glassprop.diagnosis.trials import Trial
from glassprop.errors import DivergenceError
from glassprop.progress import Stages

if TYPE_CHECKING:
    from glassprop.history import History
    from glassprop.network import Network

LOWER = 10.0  # times, the rate that the training is compared with
HARM, ROOM = 1.5, 0.02  # times its loss, and of the best constant answer's, above it
HELD = 0.25  # of the rows, unless a validation is given


def harmful_rises(
    net: Network,
    trial: Trial,
    history: History,
    constant: float,
    stages: Stages,
) -> Iterator[Finding]:
    """Train once as before and once at a lower rate, if the loss rose again and again.

    Parameters
    ----------
    net : Network
        It does not change.
    trial : Trial
        What it was trained with.
    history : History
        Of that.
    constant : float
        The loss of the best constant answer.
    stages : Stages
        Where it is shown.
    """
    _, far, many = CONDITIONS["overshooting"].limits
    found, losses = rises(history["loss"], constant), history["loss"]
    if found < many or len(trial.x) < LEAST:
        return
    told = trial.options
    optimizer = told["optimizer"]
    change = at_learning_rate(optimizer, optimizer.learning_rate / LOWER)
    stages.begin("the same at a lower learning rate", 2 * len(losses))
    ends = []
    held = told.get("validation")
    for options in ({}, change.options):
        given = {**options, "validation": HELD if held is None else held}
        try:
            trained = trial.run(net, epochs=len(losses), **given)
        except DivergenceError:
            return
        ends.append(_end(trained["validation_loss"]))
    own, lower = ends
    if not own > HARM * lower + ROOM * constant:
        return
    yield Finding(
        "overshooting",
        f"the loss rose by over {far:g} times that of the best constant answer, "
        f"{constant:.4g}, from one epoch to the next, {found} times, and ends at "
        f"{own:.4g} on held-out rows. At a tenth of the learning rate it ends there at "
        f"{lower:.4g}; up to {HARM:g} times that is fine.",
        change,
        value=own / lower,
        limit=HARM,
    )


def _end(losses: list[float]) -> float:
    return float(np.mean(losses[-max(1, len(losses) // 10) :]))
