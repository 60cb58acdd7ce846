"""What is known of a training when its looks are judged."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.diagnosis.at_rest import AtRest
from glassprop.diagnosis.looks import Watch, weights_of
from glassprop.diagnosis.moments import Look
from glassprop.diagnosis.rates import RateSearch
from glassprop.structure import Structure, start_values

STILL = 0.01  # of the loss at the start, that it changes by where nothing is learned
STEPS_TO_JUDGE = 3  # looks with a step, before steps are judged


@dataclass(frozen=True)
class Trends:
    """All that is known of a training when its looks are judged.

    Parameters
    ----------
    watch : Watch
        With its looks.
    at_rest : AtRest
        What was seen before the first step.
    losses : sequence of float
        The training loss of each epoch.
    held_out : sequence of float
        That of the rows held out, if there are any.
    constant : float
        The loss of the best constant answer; NaN where it is not known.
    inputs_scaled : bool
        Whether what comes in is scaled.
    search : callable
        Gives a range test from a fresh start, or None where it says nothing.
    misled : callable
        Tells whether the gradient is not the slope of the loss.
    kept : int or None
        Where in them the epoch stands that early stopping goes back to.
    diverged : bool
        Whether the training has ended with a value that is not finite.
    """

    watch: Watch
    at_rest: AtRest
    losses: list[float]
    held_out: list[float]
    constant: float
    inputs_scaled: bool
    search: Callable[[], RateSearch | None]
    misled: Callable[[], bool]
    kept: int | None
    diverged: bool = False

    @property
    def judged(self) -> int:
        """How many looks there must be before steps are judged."""
        return 1 if self.diverged else STEPS_TO_JUDGE

    @property
    def looks(self) -> list[Look]:
        """The looks so far, the first before training."""
        return self.watch.looks

    @property
    def structure(self) -> Structure:
        """The network's."""
        return self.watch.net.structure

    @property
    def layers(self) -> list[Any]:
        """The network's layers."""
        return self.watch.net.layers

    @property
    def learns(self) -> bool:
        """Whether the loss has come clearly below that of a constant answer."""
        if not self.losses:
            return False
        part = self.losses[-1] / self.constant if self.constant > 0 else math.nan
        return bool(part < 0.9)

    def suggest(self) -> float | None:
        """Give a learning rate that a range test finds, or None."""
        found = self.search()
        return None if found is None else found.suggestion

    @property
    def moves(self) -> bool:
        """Whether the loss is another than before the first step."""
        start = self.at_rest.start_loss
        return not abs(self.losses[-1] - start) < STILL * start

    @property
    def start(self) -> dict[str, Any]:
        """The values that parameters start from."""
        net = self.watch.net
        kept = {key: net.values[key] for key in self.structure.state}
        return start_values(self.structure, net.seed, kept)

    @property
    def shrunk(self) -> float:
        """The size of the weights beside that of their start, where it is largest."""
        start, values = self.start, self.watch.net.values
        sizes = [
            float(np.linalg.norm(values[key]) / (np.linalg.norm(start[key]) or 1))
            for key in weights_of(self.structure)
        ]
        return max(sizes, default=math.nan)
