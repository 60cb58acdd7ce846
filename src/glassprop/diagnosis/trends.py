"""What is known of a training when its looks are judged."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.looks import Look, Watch
from glassprop.diagnosis.remedies import at_learning_rate
from glassprop.structure import Structure

STEPS_TO_JUDGE = 3  # looks with a step, before steps are judged


@dataclass(frozen=True)
class Trends:
    """All that is known of a training when its looks are judged.

    Parameters
    ----------
    watch : Watch
        With its looks.
    losses : sequence of float
        The training loss of each epoch.
    held_out : sequence of float
        That of the rows held out, if there are any.
    constant : float
        The loss of the best constant answer; NaN where it is not known.
    inputs_scaled : bool
        Whether what comes in is scaled.
    suggest : callable
        Gives a learning rate that a range test finds, or None.
    kept : int or None
        Where in them the epoch stands that early stopping goes back to.
    """

    watch: Watch
    losses: list[float]
    held_out: list[float]
    constant: float
    inputs_scaled: bool
    suggest: Callable[[], float | None]
    kept: int | None

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

    def rate_change(self, *, up: bool) -> Change:
        """Propose a learning rate: what a range test finds, else ten times as much."""
        optimizer = self.watch.recipe.optimizer
        rate = optimizer.learning_rate
        found = self.suggest()
        if found is None or (found <= rate) is up:
            found = rate * 10 if up else rate / 10
        return at_learning_rate(optimizer, found)


def weights_of(structure: Structure) -> list[str]:
    """Name the trainable arrays of two axes or more, in order; else all trainable."""
    found = [key for key in structure.trainable if _axes(structure, key) > 1]
    return found or structure.trainable


def _axes(structure: Structure, key: str) -> int:
    return len(structure.parameters[key].shape)
