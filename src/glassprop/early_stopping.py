"""Early stopping: end a training when a number of its history no longer gets better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassprop.errors import ArgumentError, did_you_mean
from glassprop.history import History
from glassprop.metrics import METRICS


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when a number of the history no longer gets better.

    Parameters
    ----------
    patience : int
        Epochs to wait for something better.
    min_delta : float
        How much better counts, 0 or more.
    monitor : str or None
        The number: None for ``validation_loss`` where there is validation, else
        ``loss``. Losses and errors get better as they fall, accuracies and R2 as they
        rise.
    restore_best : bool
        Whether the network ends with the parameters of the best epoch.

    Raises
    ------
    ArgumentError
        If a number is out of range.
    """

    patience: int = 10
    min_delta: float = 0.0
    monitor: str | None = None
    restore_best: bool = True

    def __post_init__(self) -> None:
        whole = isinstance(self.patience, int | np.integer)
        if not whole or self.patience is True or self.patience < 1:
            raise ArgumentError(
                f"EarlyStopping: patience must be a positive integer, got "
                f"{self.patience!r}."
            )
        if not self.min_delta >= 0:
            raise ArgumentError(
                f"EarlyStopping: min_delta must be >= 0, got {self.min_delta!r}."
            )


@dataclass
class Best:
    """The best epoch so far, for early stopping."""

    rule: EarlyStopping
    value: float = np.inf
    epoch: int = 0
    waited: int = 0
    values: dict[str, Any] = field(default_factory=dict)

    def look(self, epoch: int, history: History, values: Mapping[str, Any]) -> bool:
        """Look at an epoch; tell whether to stop."""
        name = self.rule.monitor
        if name is None:
            name = "validation_loss" if "validation_loss" in history else "loss"
        metric = METRICS.get(name.removeprefix("validation_"))
        rising = metric is not None and metric.greater_is_better
        now = -history[name][-1] if rising else history[name][-1]
        if now < self.value - self.rule.min_delta:
            self.value, self.epoch, self.waited = now, epoch, 0
            if self.rule.restore_best:
                self.values = {key: np.array(one) for key, one in values.items()}
        else:
            self.waited += 1
        return self.waited >= self.rule.patience


def get_stopping(spec: bool | int | EarlyStopping | None) -> EarlyStopping | None:
    """Give the rule for what `fit` was told: yes, no, a patience, or a rule."""
    if spec is None or spec is False:
        return None
    if spec is True:
        return EarlyStopping()
    return spec if isinstance(spec, EarlyStopping) else EarlyStopping(patience=spec)


def check_monitor(stopping: EarlyStopping | None, known: list[str]) -> None:
    """Refuse to watch a number that the history will not have."""
    if stopping is None or stopping.monitor is None:
        return
    if stopping.monitor not in known:
        raise ArgumentError(
            f"EarlyStopping: monitor={stopping.monitor!r} is not in the history, which "
            f"has {', '.join(known)}.{did_you_mean(stopping.monitor, known)}"
        )
