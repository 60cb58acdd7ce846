"""A step size for each entry, from the squares of its gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.optimizers.contract import State
from glassprop.options import check_fraction, check_size, check_switch


@dataclass(frozen=True)
class Adagrad:
    """Divide by the root of all squares so far (Duchi, Hazan and Singer 2011).

    ``s = s + g**2``, and the step is ``rate * g / (sqrt(s) + epsilon)``: the paper's
    figure 1 with diagonal matrices and its delta as epsilon.

    Parameters
    ----------
    learning_rate : float
        The step size.
    initial : float
        What s starts as, 0 or more; 0 as in the paper and in PyTorch, 0.1 in Keras.
    epsilon : float
        Keeps the division finite. It is added to the root, as in PyTorch; Keras adds
        its own to s, inside the root.

    Raises
    ------
    ArgumentError
        If a number is out of range.
    """

    learning_rate: float = 0.01
    initial: float = 0.0
    epsilon: float = 1e-10

    def __post_init__(self) -> None:
        for name in ("learning_rate", "initial", "epsilon"):
            check_size("Adagrad", name, getattr(self, name))

    def init(self, w: Any) -> State:
        """Remember the sum of the squares."""
        return {"s": np.full_like(w, self.initial)}

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give the learning rate."""
        return rate

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Give ``w - rate * g / (sqrt(s) + epsilon)``."""
        rate = scalars
        s = state["s"] + g * g
        step = rate * g / (np.sqrt(s) + self.epsilon)
        return w - step, {"s": s}


@dataclass(frozen=True)
class RMSprop:
    """Divide by the root of the mean square (Tieleman and Hinton 2012, lecture 6e).

    ``v = decay * v + (1 - decay) * g**2``, and the step is ``rate * g / (sqrt(v) +
    epsilon)``. The lecture has no epsilon.

    Parameters
    ----------
    learning_rate : float
        The step size.
    decay : float
        How much of the old mean square is kept, at least 0 and below 1; the lecture's
        0.9 is Keras' default, 0.99 PyTorch's.
    epsilon : float
        Keeps the division finite. It is added to the root, as in PyTorch; Keras adds
        its own inside the root, as Graves does.
    centered : bool
        Subtract the square of the mean gradient from the mean square: divide by the
        deviation (Graves 2013, equations 38 to 40).
    momentum : float
        The part of the last step that is kept, at least 0 and below 1, ``b = momentum *
        b + g / (sqrt(v) + epsilon)`` and ``w - rate * b``, as in PyTorch. Graves'
        equation 41 and Keras have the rate inside of b.

    Raises
    ------
    ArgumentError
        If a number is out of range.
    """

    learning_rate: float = 0.01
    decay: float = 0.99
    epsilon: float = 1e-8
    centered: bool = False
    momentum: float = 0.0

    def __post_init__(self) -> None:
        check_size("RMSprop", "learning_rate", self.learning_rate)
        check_fraction("RMSprop", "decay", self.decay)
        check_size("RMSprop", "epsilon", self.epsilon)
        check_switch("RMSprop", "centered", self.centered)
        check_fraction("RMSprop", "momentum", self.momentum)

    def init(self, w: Any) -> State:
        """Remember the mean square, the mean where centered, the step with momentum."""
        names = ["v"]
        names += ["mean"] if self.centered else []
        names += ["b"] if self.momentum else []
        return {name: np.zeros_like(w) for name in names}

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give the learning rate."""
        return rate

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Give ``w - rate * g / (sqrt(v) + epsilon)``, or the step with momentum."""
        rate = scalars
        v = self.decay * state["v"] + (1 - self.decay) * (g * g)
        following = {"v": v}
        spread = v
        if self.centered:
            mean = self.decay * state["mean"] + (1 - self.decay) * g
            following["mean"] = mean
            spread = np.maximum(v - mean * mean, 0)  # rounding may go below
        step = g / (np.sqrt(spread) + self.epsilon)
        if self.momentum:
            step = self.momentum * state["b"] + step
            following["b"] = step
        return w - rate * step, following
