"""A rise of the learning rate before any other schedule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassprop.errors import ArgumentError
from glassprop.registries import needed
from glassprop.schedules.contract import (
    Factors,
    Schedule,
    Steps,
    after,
    is_over,
    length_of,
    store_epochs,
    watched_by,
)
from glassprop.schedules.decay import Constant
from glassprop.signatures import check_call


@dataclass(frozen=True)
class Warmup:
    """Raise the learning rate in equal steps, then follow another schedule.

    With ``n`` steps in `epochs` epochs, step ``s``, counted from 0, has ``(s + 1) / n``
    of the other schedule's first factor (Goyal et al. 2017, section 2.2, step by step).
    The other begins after them; if it looks at a number of the training, those of the
    first `epochs` epochs do not count.

    Parameters
    ----------
    epochs : int
        The epochs of the rise, at least 1.
    then : schedule
        What follows; by default the learning rate stays.

    Raises
    ------
    ArgumentError
        If a number is outside of its range, or `then` is not a schedule.

    Examples
    --------
    >>> Warmup(epochs=2)(np.arange(6), steps_per_epoch=2).tolist()
    [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    """

    epochs: int = needed(5)
    then: Schedule = Constant()

    def __post_init__(self) -> None:
        store_epochs(self, "epochs")
        if isinstance(self.then, type) or not callable(self.then):
            raise ArgumentError(
                "schedules.Warmup: expected then to be a schedule, such as "
                f"gp.schedules.Cosine(epochs=10), got {self.then!r}."
            )
        check_call("schedule", self.then, ("steps", "steps_per_epoch"), gives="factors")

    @property
    def length(self) -> int | None:
        """The epochs of the rise and of what follows; None if that has no end."""
        length = length_of(self.then)
        return None if length is None else self.epochs + length

    @property
    def watched(self) -> Any:
        """What the schedule that follows looks at."""
        return watched_by(self.then)

    def after(self, costs: Any) -> Schedule:
        """Give the rise before what the other schedule is in the coming epoch."""
        return replace(self, then=after(self.then, costs[self.epochs :]))

    def ends(self, costs: Any) -> bool:
        """Tell whether the schedule that follows ends the training."""
        return is_over(self.then, costs[self.epochs :])

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give the rise, then the other's factors."""
        count = self.epochs * steps_per_epoch
        following = np.asarray(
            self.then(np.maximum(steps - count, 0), steps_per_epoch), np.float64
        )
        return np.minimum((steps + 1) / count, 1.0) * following
