"""Whether another network would do better in the place of one: both are tried alike.

A few rows may be learned by heart through a layer that is too narrow for all. So each
is trained on three quarters of the rows, without penalties and noise, and measured on
the rest at its best moment, where neither has learned too little or by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.run_numpy import NumpySteps
from glassprop.built import Built
from glassprop.compiling import Compiled
from glassprop.diagnosis.baselines import constant_loss
from glassprop.diagnosis.overfitting import bare_start, bare_steps, lowest_loss
from glassprop.losses import AnyLoss
from glassprop.programs import evaluate_program
from glassprop.randomness import LOOK, generator
from glassprop.rows import Rows
from glassprop.trees import as_parts, part_names

MOST, LEAST = 1000, 100  # rows: of fewer, those held out tell by chance
HELD = 4  # one of so many rows is held out
BATCH = 32
STEPS, MOMENTS = 1000, 20  # of a training, and when it is measured
SECONDS = 3.0  # that a training may take
RATES = (0.01, 0.05)  # that the network is tried with; the other with the first alone
SURE = 3.0  # standard errors that the other is better by
Vector = NDArray[np.float64]


class Comparison(NamedTuple):
    """How far two networks get on rows that they were not trained on.

    Parameters
    ----------
    rows : int
        Of those.
    left, other : float
        What part of the way from the best constant answer to the lowest loss is left.
    """

    rows: int
    left: float
    other: float

    @property
    def ratio(self) -> float:
        """How many times as much the network leaves as the other."""
        return self.left / self.other if self.other > 0 else np.inf


def compared(
    built: Built, other: Built, rows: Rows, loss: AnyLoss
) -> Comparison | None:
    """Train copies of a network and of another, and compare them on rows held out.

    Parameters
    ----------
    built, other : Built
        Structures and values to start from; nothing of them changes.
    rows : Rows
        To choose from.
    loss : Loss or Several
        What is made small.

    Returns
    -------
    Comparison or None
        None where the other is not surely better, or rows or time are too few to tell.
    """
    order = generator(built.seed, LOOK, 95).permutation(len(rows))[:MOST]
    if len(order) < LEAST:
        return None
    held, kept = (rows.take(one) for one in np.split(order, [len(order) // HELD]))
    mine = _lowest_of(built, kept, held, loss, RATES)
    if mine is None:
        return None
    theirs = _lowest_of(other, kept, held, loss, RATES[:1])
    if theirs is None:
        return None
    gain = mine - theirs
    if not gain.mean() > SURE * gain.std() / np.sqrt(len(gain)):
        return None
    lowest = lowest_loss(built, held, loss)
    way = constant_loss(built.structure, held, loss) - lowest
    if not way > 0:
        return None
    left, right = (float(one.mean() - lowest) / way for one in (mine, theirs))
    return Comparison(len(held), left, right)


def _lowest_of(
    built: Built, kept: Rows, held: Rows, loss: AnyLoss, rates: Sequence[float]
) -> Vector | None:
    """Give the losses of the rows held out, at the moment when their mean is lowest."""
    found = [
        losses
        for rate in rates
        for losses in _moments(built, kept, held, loss, rate)
        if np.isfinite(losses).all()
    ]
    return min(found, key=lambda one: float(one.mean()), default=None)


def _moments(
    built: Built, kept: Rows, held: Rows, loss: AnyLoss, rate: float
) -> list[Vector]:
    """Train, and give the losses of the rows held out at some moments."""
    steps = bare_steps(built, kept, loss)
    each = _each(steps)
    evaluated: Compiled = built.compiled(
        ("evaluate", loss, kept.target),
        lambda: Compiled(evaluate_program(built.structure, loss, kept.target)),
    )
    rates = (rate * np.linspace(1, 0.05, each * MOMENTS)).reshape(MOMENTS, each)
    values, found = bare_start(built), []
    epochs = -(-each // -(-len(kept) // BATCH))
    with np.errstate(all="ignore"), steps.holding(values, BATCH) as run:
        for at, some in enumerate(rates):
            rng = generator(built.seed, LOOK, 1000 + at)
            order = np.stack([rng.permutation(len(kept)) for _ in range(epochs)])
            run(kept.data(), order, some, seed=built.seed, first_step=1 + at * each)
            given = {**built.given(), **values, **held.data()}
            losses = _by_row(evaluated.named(given), built, loss)
            if losses.shape != (len(held),):
                return []  # a loss of all rows at once
            found.append(losses)
    return found


def _each(steps: NumpySteps) -> int:
    """Tell how many steps there are between two moments."""
    one = steps.pace.seconds(steps.program, BATCH)
    return min(STEPS, int(SECONDS / one)) // MOMENTS


def _by_row(found: dict[str, Any], built: Built, loss: AnyLoss) -> Vector:
    """Add up the losses of several outputs, for each row."""
    names = as_parts(part_names("losses", built.structure.output_shape))
    each = zip(loss.factors, names, strict=True)
    return np.asarray(sum(factor * found[name] for factor, name in each), np.float64)
