"""Rules of steps: how large they are, and where they end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.looks import weights_of
from glassprop.diagnosis.rates import ENDING
from glassprop.diagnosis.training_changes import held_back, rate_change
from glassprop.diagnosis.trends import Trends
from glassprop.optimizers import is_minimizer

AT_ONCE = 1.0  # a rise that there must be among others: noise makes small ones
# Times the loss at the best rate, from which a rate does harm, and part of the best
# constant answer's that there must be between them.
HARM, ROOM = 2.0, 0.01
FIRST = 10  # times the limit of a step, for the first one


def step_size(seen: Trends) -> Iterator[Finding]:
    """Judge how much a step changes the weights."""
    small, large = CONDITIONS["step_size"].limits
    keys = weights_of(seen.structure)
    looks = [one for one in seen.looks if one.updates]
    if len(looks) < seen.judged or not keys:
        return
    typical = float(
        np.median([np.median([one.updates[key] for key in keys]) for one in looks])
    )
    text = f"a step changes the weights by {typical:.2g} of their size"
    first = float(np.median([looks[0].updates[key] for key in keys]))
    # Where all units die of the first step, no later one tells its size.
    worst, limit = (typical, large) if typical > large else (first, FIRST * large)
    held = held_back(seen) is not None
    learns = seen.learns and seen.moves and (not held or _makes_up(seen))
    moves = typical > 0 or held  # else nothing is trained, which is another finding
    if moves and typical < small and not worst > limit and not learns:
        yield Finding(
            "step_size",
            f"{text}; below {small:g} next to nothing is learned.",
            rate_change(seen, up=True),
            value=typical,
            limit=small,
        )
    if worst > limit and not seen.learns:
        which = "a step" if typical > large else "the first step"
        yield Finding(
            "step_size",
            f"{which} changes the weights by {worst:.2g} of their size; above "
            f"{limit:g} it overwrites what was learned.",
            rate_change(seen, up=False),
            value=worst,
            limit=limit,
        )


def overshooting(seen: Trends) -> Iterator[Finding]:
    """Judge how far steps go beyond the lowest point on their way, and what rises."""
    limit, rise, many = CONDITIONS["overshooting"].limits
    if is_minimizer(seen.watch.recipe.optimizer):
        return
    with_rises = rises(seen.losses, seen.constant)
    if with_rises >= many and not (seen.learns and _makes_up(seen)):
        yield Finding(
            "overshooting",
            f"the loss rose by over {rise:g} times that of the best constant answer, "
            f"{seen.constant:.4g}, from one epoch to the next, {with_rises} times; "
            f"up to {many - 1:g} is fine.",
            rate_change(seen, up=False),
            value=with_rises,
            limit=many,
        )
        return
    found = [one.overshoot for one in seen.looks]
    known = [one for one in found if not math.isnan(one)]
    if len(known) < seen.judged:
        return
    middle = float(np.median(known))
    if middle > limit and not seen.learns:
        times = "uphill" if math.isinf(middle) else f"{middle:.2g} times as far again"
        yield Finding(
            "overshooting",
            f"the middle one of {len(known)} steps looked at goes {times} beyond the "
            f"lowest point on its way; beyond {limit:g} a step climbs higher than it "
            "began.",
            rate_change(seen, up=False),
            value=middle,
            limit=limit,
        )


def rises(losses: Sequence[float], constant: float) -> int:
    """Count the epochs in which a loss rises far.

    Parameters
    ----------
    losses : sequence of float
        Of each epoch.
    constant : float
        That of the best constant answer.
    """
    if len(losses) < 2 or not constant > 0:
        return 0
    found = np.diff(losses) / constant
    far = CONDITIONS["overshooting"].limits[1]
    return int(np.count_nonzero(found > far)) if np.any(found > AT_ONCE) else 0


def _makes_up(seen: Trends) -> bool:
    """Tell whether the loss ends about as low as at the best rate of a range test.

    Both after as many steps, so that rises at the start have had their effect, or none.
    """
    found = seen.search()
    if found is None or not found.steps:
        return False
    steps = seen.looks[-1].step - seen.looks[0].step
    epochs = min(len(seen.losses), -(-found.steps * len(seen.losses) // steps))
    end = seen.losses[epochs - max(1, epochs // ENDING) : epochs]
    room = (HARM - 1) * abs(found.best) + ROOM * seen.constant
    return float(np.mean(end)) <= found.best + room
