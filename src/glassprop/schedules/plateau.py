"""A learning rate that falls when the training no longer gets better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glassprop.errors import ArgumentError
from glassprop.options import check_switch, check_whole
from glassprop.schedules.contract import (
    Factors,
    Steps,
    store_epochs,
    store_factor,
    store_number,
)


def is_better(
    cost: float, best: float, min_delta: float, *, adds_up: bool = True
) -> bool:
    """Tell whether a number counts as better than the best before; lower is better.

    Parameters
    ----------
    cost, best : float
        The number, and the best.
    min_delta : float
        How much better counts.
    adds_up : bool
        Whether `best` is the last that counted as better; then the gain must be above
        `min_delta`. Else it is the best of all, and a gain of `min_delta` will do.
    """
    bound = best - min_delta
    return cost < bound if adds_up else cost <= bound


@dataclass(frozen=True)
class Plateau:
    """Multiply the learning rate by `factor` when a number no longer gets better.

    After each epoch the number is looked at; when it has not been better than the best
    before by more than `min_delta` for `patience` epochs, the rate falls, and patience
    begins anew. The numbers are kept with the training, so that training goes on after
    a pause or a file as if there had been none.

    Parameters
    ----------
    patience : int, default 10
        Epochs to wait for something better, at least 1. Keras counts as here; PyTorch's
        ReduceLROnPlateau waits one epoch more.
    factor : float, default 0.1
        Above 0 and below 1.
    monitor : str or None
        The number: None for ``validation_loss`` where there is validation, else
        ``loss``. Losses and errors get better as they fall, accuracies and R2 as they
        rise. An epoch where it is NaN is no better than any.
    minimum : float, default 0.0
        The smallest factor of the optimizer's learning rate, from 0 to 1.
    min_delta : float, default 0.0
        How much better counts, 0 or more, as a difference. PyTorch's default is a part
        of the best, 1e-4.
    adds_up : bool, default True
        Whether small gains add up: with False each epoch must be better by `min_delta`
        than the best of all before it, as in `EarlyStopping`.
    drops : int or None
        How often the rate may fall; when patience is at its end once more, so is the
        training. None for no end.

    Raises
    ------
    ArgumentError
        If a number is outside of its range; in `fit`, if there is no such number, or it
        is NaN before the first epoch.

    Examples
    --------
    >>> plateau = Plateau(patience=2, factor=0.5)
    >>> plateau.reached([3.0, 2.0, 2.0, 2.1]), plateau.reached([3.0, 2.0, 2.0, 1.9])
    (0.5, 1.0)
    """

    patience: int = 10
    factor: float = 0.1
    monitor: str | None = None
    minimum: float = 0.0
    min_delta: float = 0.0
    adds_up: bool = True
    drops: int | None = None

    def __post_init__(self) -> None:
        store_epochs(self, "patience")
        store_number(self, "factor")
        if not 0 < self.factor < 1:
            raise ArgumentError(
                "schedules.Plateau: expected factor above 0 and below 1, got "
                f"{self.factor!r}. With factor=0.1 each drop leaves a tenth."
            )
        if self.monitor is not None and not isinstance(self.monitor, str):
            raise ArgumentError(
                "schedules.Plateau: expected monitor to be the name of a number in the "
                f"history, or None, got {self.monitor!r}."
            )
        store_factor(
            self,
            "minimum",
            "It is the smallest factor, not a learning rate.",
        )
        store_number(self, "min_delta")
        if not 0 <= self.min_delta < np.inf:
            raise ArgumentError(
                "schedules.Plateau: expected a finite min_delta of 0 or more, got "
                f"{self.min_delta!r}."
            )
        check_switch("schedules.Plateau", "adds_up", self.adds_up)
        if self.drops is not None:
            check_whole("schedules.Plateau", "drops", self.drops, 0)

    @property
    def watched(self) -> Plateau:
        """What names the number: this."""
        return self

    def reached(self, costs: Sequence[float]) -> float:
        """Give the factor of the coming epoch.

        Parameters
        ----------
        costs : sequence of float
            The number after each epoch so far; lower is better.

        Returns
        -------
        float
            A power of `factor`, `minimum` at least.
        """
        reached = 1.0
        for _ in self._ends_of_patience(costs)[: self.drops]:
            reached = max(reached * self.factor, self.minimum)
        return reached

    def ends(self, costs: Sequence[float]) -> bool:
        """Tell whether the training ends with the last of these epochs.

        Parameters
        ----------
        costs : sequence of float
            The number after each epoch so far; lower is better.

        Returns
        -------
        bool
            True when the rate would fall and may not.
        """
        ends = self._ends_of_patience(costs)
        is_over = self.drops is not None and len(ends) > self.drops
        return is_over and ends[-1] == len(costs) - 1

    def _ends_of_patience(self, costs: Sequence[float]) -> list[int]:
        """Give the epochs, from 0, after which patience is at its end."""
        best, waited, ends = np.inf, 0, []
        for epoch, cost in enumerate(costs):
            better = is_better(cost, best, self.min_delta, adds_up=self.adds_up)
            waited = 0 if better else waited + 1
            if better if self.adds_up else cost < best:
                best = cost
            if waited == self.patience:
                waited = 0
                ends.append(epoch)
        return ends

    def after(self, costs: Sequence[float]) -> Held:
        """Give the schedule of the coming epoch."""
        return Held(self.reached(costs))

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give a 1 for each step: what holds before the first epoch."""
        return Held(1.0)(steps, steps_per_epoch)


@dataclass(frozen=True)
class Held:
    """Hold one factor.

    Parameters
    ----------
    factor : float
        The factor.
    """

    factor: float

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give the factor for each step."""
        return np.full(steps.shape, self.factor)
