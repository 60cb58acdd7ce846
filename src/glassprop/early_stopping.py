"""Early stopping: end a training when a number of its history no longer gets better.

Which numbers get better as they rise is what the registry of metrics says; all others
get better as they fall.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassprop.errors import ArgumentError, did_you_mean
from glassprop.history import History
from glassprop.options import check_size, check_switch, is_whole
from glassprop.schedules.plateau import is_better


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when a number of the history no longer gets better.

    Parameters
    ----------
    patience : int
        Epochs to wait for something better.
    min_delta : float
        How much better counts, 0 or more and finite.
    monitor : str or None
        The number: None for ``validation_loss`` where there is validation, else
        ``loss``. Losses and errors get better as they fall, accuracies and R2 as they
        rise. With several outputs, ``validation_loss`` is that of all together, and
        the numbers of each bear the output's: ``validation_loss_1``,
        ``validation_accuracy_2``. An epoch where it is NaN is no better than any.
    restore_best : bool
        Whether the network ends with the parameters of the best epoch.
    adds_up : bool
        Whether small gains add up: with True an epoch counts as better when it is
        better by `min_delta` than the last that counted. With False it must be better
        by `min_delta` than the best of all before it, so that a slow fall ends the
        training (scikit-learn's ``tol``); a gain of `min_delta` itself is enough then.

    Raises
    ------
    ArgumentError
        If a number is out of range; in `fit`, if there is no such number, or it is NaN
        before the first epoch.
    """

    patience: int = 10
    min_delta: float = 0.0
    monitor: str | None = None
    restore_best: bool = True
    adds_up: bool = True

    def __post_init__(self) -> None:
        if not is_whole(self.patience) or self.patience < 1:
            raise ArgumentError(
                f"EarlyStopping: patience must be a positive integer, got "
                f"{self.patience!r}."
            )
        check_size("EarlyStopping", "min_delta", self.min_delta)
        if not isinstance(self.monitor, str | None):
            raise ArgumentError(
                "EarlyStopping: monitor must be a name in the history, such as "
                f"'validation_loss', or None, got {self.monitor!r}."
            )
        check_switch("EarlyStopping", "restore_best", self.restore_best)
        check_switch("EarlyStopping", "adds_up", self.adds_up)


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
        rule = self.rule
        better = is_better(now, self.value, rule.min_delta, adds_up=rule.adds_up)
        self.waited = 0 if better else self.waited + 1
        if better if rule.adds_up else now < self.value:
            self.value, self.epoch = now, epoch
            if rule.restore_best:
                self.values = {key: np.array(one) for key, one in values.items()}
        return self.waited >= rule.patience


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


def check_monitor(where: str, monitor: str | None, known: Collection[str]) -> None:
    """Refuse to watch a number that the history does not have.

    Parameters
    ----------
    where : str
        In front of errors.
    monitor : str or None
        What the user said.
    known : collection of str
        What the history has, or will have.

    Raises
    ------
    ArgumentError
        With all that it has.
    """
    if monitor is not None and monitor not in known:
        raise ArgumentError(
            f"{where}: monitor={monitor!r} is not in the history, which has "
            f"{', '.join(known)}.{did_you_mean(str(monitor), known)}"
        )


def check_answer(where: str, name: str, measured: Mapping[str, float]) -> None:
    """Refuse to watch a metric that the validation data give no answer to.

    Parameters
    ----------
    where : str
        In front of errors.
    name : str
        Of the number that is watched.
    measured : mapping from str to float
        The numbers of the validation data before training.

    Raises
    ------
    ArgumentError
        If the metric is NaN where the loss is finite.
    """
    if np.isnan(measured.get(name, 0)) and np.isfinite(measured["validation_loss"]):
        raise ArgumentError(
            f"{where}: {name} is NaN before training, so that no epoch could be the "
            "best: the metric has no answer for these validation data, as where a "
            "class has no rows. Hold out other rows, validation=(X, y), or watch "
            "another number, monitor='validation_loss'."
        )
