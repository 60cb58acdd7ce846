"""Early stopping: end a training when a number of its history no longer gets better.

Which numbers get better as they rise is what the registry of metrics says; all others
get better as they fall.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np

from glassprop.errors import ArgumentError, did_you_mean
from glassprop.history import History
from glassprop.optimizers.contract import check_switch


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
        rise. With several outputs, ``validation_loss`` is that of all together, and
        the numbers of each bear the output's: ``validation_loss_1``,
        ``validation_accuracy_2``.
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
        if not isinstance(self.min_delta, Real) or not self.min_delta >= 0:
            raise ArgumentError(
                f"EarlyStopping: min_delta must be >= 0, got {self.min_delta!r}."
            )
        if not isinstance(self.monitor, str | None):
            raise ArgumentError(
                "EarlyStopping: monitor must be a name in the history, such as "
                f"'validation_loss', or None, got {self.monitor!r}."
            )
        check_switch("EarlyStopping", "restore_best", self.restore_best)


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
        now = last_cost(monitored(self.rule.monitor, history), history)
        if now < self.value - self.rule.min_delta:
            self.value, self.epoch, self.waited = now, epoch, 0
            if self.rule.restore_best:
                self.values = {key: np.array(one) for key, one in values.items()}
        else:
            self.waited += 1
        return self.waited >= self.rule.patience


def monitored(monitor: str | None, names: Container[str]) -> str:
    """Name the number to look at: None stands for the loss, of validation if any.

    Parameters
    ----------
    monitor : str or None
        What the user said.
    names : container of str
        What the history has.
    """
    if monitor is not None:
        return monitor
    return "validation_loss" if "validation_loss" in names else "loss"


def last_cost(name: str, history: History) -> float:
    """Give the last number of a history, signed so that lower is better."""
    last = history[name][-1]
    return -last if name in history.rising else last


def get_stopping(spec: bool | int | EarlyStopping | None) -> EarlyStopping | None:
    """Give the rule for what `fit` was told: yes, no, a patience, or a rule."""
    if spec is None or spec is False:
        return None
    if spec is True:
        return EarlyStopping()
    return spec if isinstance(spec, EarlyStopping) else EarlyStopping(patience=spec)


def check_monitor(rule: Any, known: list[str]) -> None:
    """Refuse to watch a number that the history will not have.

    Parameters
    ----------
    rule : EarlyStopping, Plateau or None
        What watches.
    known : list of str
        What the history will have.
    """
    if rule is None or rule.monitor is None:
        return
    if rule.monitor not in known:
        raise ArgumentError(
            f"{type(rule).__name__}: monitor={rule.monitor!r} is not in the history, "
            f"which has {', '.join(known)}.{did_you_mean(rule.monitor, known)}"
        )
