"""Rules of steps: how large they are, and where they end."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.looks import weights_of
from glassprop.diagnosis.training_changes import held_back, rate_change
from glassprop.diagnosis.trends import Trends
from glassprop.optimizers import is_minimizer

AT_ONCE = 1.0  # a rise that there must be among others: noise makes small ones
SOON = 0.25  # of a training, in which the loss may rise if it is learned afterwards
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
    learns = seen.learns and seen.moves and held_back(seen) is None
    if 0 < typical < small and not worst > limit and not learns:
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
    with_rises, last = _rises(seen, rise)
    if with_rises >= many and (last > SOON * len(seen.losses) or not seen.learns):
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


def _rises(seen: Trends, rise: float) -> tuple[int, int]:
    """Count the epochs in which the loss rises far; tell which is the last, from 1."""
    if len(seen.losses) < 2 or not seen.constant > 0:
        return 0, 0
    rises = np.diff(seen.losses) / seen.constant
    found = np.flatnonzero(rises > rise)
    if not np.any(rises > AT_ONCE):
        return 0, 0
    return len(found), int(found[-1]) + 2
