"""Gradient descent, with and without momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.errors import ArgumentError
from glassprop.optimizers.contract import State
from glassprop.options import check_fraction, check_size, check_switch


@dataclass(frozen=True)
class SGD:
    """Gradient descent: ``w - rate * g``, with momentum if asked.

    Parameters
    ----------
    learning_rate : float
        The step size.
    momentum : float
        The part of the last step that is kept, at least 0 and below 1:
        ``v = momentum * v - rate * g``, then ``w + v`` (Polyak 1964).
    nesterov : bool
        Look ahead: ``w + momentum * v - rate * g`` with the new v (Sutskever et al.
        2013, equations 3 and 4, in terms of the point looked ahead from).

    Raises
    ------
    ArgumentError
        If a number is out of range, or nesterov is asked without momentum.

    Notes
    -----
    Keras keeps v as here, with the learning rate in it. PyTorch keeps ``momentum * v +
    g`` and multiplies by the rate of the day, which is the same as long as no schedule
    moves the rate.
    """

    learning_rate: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        check_size("SGD", "learning_rate", self.learning_rate)
        check_fraction("SGD", "momentum", self.momentum)
        check_switch("SGD", "nesterov", self.nesterov)
        if self.nesterov and not self.momentum:
            raise ArgumentError(
                "SGD: nesterov=True needs a momentum above 0, such as momentum=0.9."
            )

    def init(self, w: Any) -> State:
        """Remember the last step, where there is momentum."""
        return {"v": np.zeros_like(w)} if self.momentum else {}

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give the learning rate."""
        return rate

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Give ``w - rate * g``, or the step with momentum."""
        rate = scalars
        if not self.momentum:
            return w - rate * g, {}
        v = self.momentum * state["v"] - rate * g
        step = self.momentum * v - rate * g if self.nesterov else v
        return w + step, {"v": v}
