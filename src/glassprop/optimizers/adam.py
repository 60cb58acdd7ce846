"""Adaptive moments: Adam, AdamW and Nadam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.optimizers.contract import State
from glassprop.optimizers.decay import WeightDecay
from glassprop.options import check_fraction, check_size, check_switch


@dataclass(frozen=True)
class Adam:
    """Adaptive moments (Kingma and Ba 2015, algorithm 1).

    ``m = beta1 * m + (1 - beta1) * g`` and ``v = beta2 * v + (1 - beta2) * g**2``, each
    divided by ``1 - beta**t``; the step is ``rate * m / (sqrt(v) + epsilon)``.

    Parameters
    ----------
    learning_rate : float
        The step size.
    beta1, beta2 : float
        How much of the old moments is kept, at least 0 and below 1.
    epsilon : float
        Keeps the division finite.
    amsgrad : bool
        Divide by the largest v so far (Reddi, Kale and Kumar 2018, algorithm 2). The
        paper does not correct for bias; here, as in PyTorch, the largest v is divided
        by ``1 - beta2**t``.
    epsilon_hat : bool
        Add epsilon to the root of v before that is corrected, the paper's epsilon hat
        (the end of its section 2): ``rate * sqrt(1 - beta2**t) / (1 - beta1**t) * m /
        (sqrt(v) + epsilon)``.

    Raises
    ------
    ArgumentError
        If a number is out of range.

    Notes
    -----
    Epsilon is the paper's, as in PyTorch. In Keras and scikit-learn it is the paper's
    epsilon hat: there it counts ``1 / sqrt(1 - beta2**t)`` times as much, 32 times in
    the first step.
    """

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    amsgrad: bool = False
    epsilon_hat: bool = False

    def __post_init__(self) -> None:
        check_moments(self)
        check_switch("Adam", "amsgrad", self.amsgrad)
        check_switch("Adam", "epsilon_hat", self.epsilon_hat)

    def init(self, w: Any) -> State:
        """Remember the first and the second moment, and the largest of the second."""
        moments = {"m": np.zeros_like(w), "v": np.zeros_like(w)}
        return {**moments, "largest": np.zeros_like(w)} if self.amsgrad else moments

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give the step size and the scale of the second moment, corrected for bias."""
        step_size = (rate / (1 - self.beta1**t)).astype(rate.dtype)
        scale = (1 / np.sqrt(1 - self.beta2**t)).astype(rate.dtype)
        return step_size, scale

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Give ``w - rate * m / (sqrt(v) + epsilon)``, with corrected moments."""
        step_size, scale = scalars
        m = self.beta1 * state["m"] + (1 - self.beta1) * g
        square = g * g
        v = self.beta2 * state["v"] + (1 - self.beta2) * square
        if not self.amsgrad:
            step = step_size * m / self._divisor(v, scale)
            return w - step, {"m": m, "v": v}
        largest = np.maximum(state["largest"], v)
        step = step_size * m / self._divisor(largest, scale)
        return w - step, {"m": m, "v": v, "largest": largest}

    def _divisor(self, v: Any, scale: Any) -> Any:
        if self.epsilon_hat:
            return (np.sqrt(v) + self.epsilon) * scale
        return np.sqrt(v) * scale + self.epsilon


@dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).

    Every parameter also shrinks by ``rate * weight_decay`` of itself in each step. The
    paper's lambda is ``learning_rate * weight_decay`` here, as in PyTorch, so that a
    schedule moves both. Biases shrink like weights, as in PyTorch;
    ``gp.optimizers.WeightDecay(gp.Adam(), 0.01, biases=False)`` leaves them alone.

    Parameters
    ----------
    learning_rate : float
        The step size.
    beta1, beta2 : float
        How much of the old moments is kept, at least 0 and below 1.
    epsilon : float
        Keeps the division finite.
    weight_decay : float
        The part of a parameter that a step of size 1 would take away.

    Raises
    ------
    ArgumentError
        If a number is out of range.
    """

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        check_moments(self)
        check_size("AdamW", "weight_decay", self.weight_decay)

    @property
    def _whole(self) -> WeightDecay:
        adam = Adam(self.learning_rate, self.beta1, self.beta2, self.epsilon)
        return WeightDecay(adam, self.weight_decay)

    def init(self, w: Any) -> State:
        """Remember what Adam does."""
        return self._whole.init(w)

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give Adam's numbers, and the part that each parameter loses."""
        return self._whole.scalars(rate, t)

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Shrink w, then take Adam's step."""
        return self._whole.update(w, g, state, scalars)


@dataclass(frozen=True)
class Nadam:
    """Adam with Nesterov's momentum (Dozat 2016, algorithm 2).

    With ``mu(t) = beta1 * (1 - 0.5 * 0.96**(momentum_decay * t))`` and ``p(t)`` the
    product of all mu up to t, Adam's m over its correction becomes ``mu(t + 1) * m / (1
    - p(t + 1)) + (1 - mu(t)) * g / (1 - p(t))``.

    Parameters
    ----------
    learning_rate : float
        The step size.
    beta1, beta2 : float
        How much of the old moments is kept, at least 0 and below 1.
    epsilon : float
        Keeps the division finite; it is added to the root, as in Adam.
    momentum_decay : float
        How fast mu rises from half of beta1 to beta1, 0 or more. The paper's 1/250, as
        in PyTorch; Keras has 1.

    Raises
    ------
    ArgumentError
        If a number is out of range.
    """

    learning_rate: float = 0.002
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    momentum_decay: float = 0.004

    def __post_init__(self) -> None:
        check_moments(self)
        check_size("Nadam", "momentum_decay", self.momentum_decay)

    def init(self, w: Any) -> State:
        """Remember both moments, and the product of all mu."""
        product = np.ones((), w.dtype)
        return {"m": np.zeros_like(w), "v": np.zeros_like(w), "product": product}

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give the rate, mu of this step, its rest, mu of the next, the scale of v."""
        mu = self._mu(t).astype(rate.dtype)
        rest = 1 - mu
        following = self._mu(t + 1).astype(rate.dtype)
        scale = (1 / np.sqrt(1 - self.beta2**t)).astype(rate.dtype)
        return rate, mu, rest, following, scale

    def _mu(self, t: Any) -> Any:
        return self.beta1 * (1 - 0.5 * 0.96 ** (self.momentum_decay * t))

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Step along the momentum that the next step will have."""
        rate, mu, rest, following, scale = scalars
        m = self.beta1 * state["m"] + (1 - self.beta1) * g
        square = g * g
        v = self.beta2 * state["v"] + (1 - self.beta2) * square
        product = mu * state["product"]
        now = rest / (1 - product)
        ahead = following / (1 - following * product)
        step = rate * (ahead * m + now * g) / (np.sqrt(v) * scale + self.epsilon)
        return w - step, {"m": m, "v": v, "product": product}


def check_moments(optimizer: Adam | AdamW | Nadam) -> None:
    """Refuse numbers that make no moments."""
    kind = type(optimizer).__name__
    check_size(kind, "learning_rate", optimizer.learning_rate)
    check_fraction(kind, "beta1", optimizer.beta1)
    check_fraction(kind, "beta2", optimizer.beta2)
    check_size(kind, "epsilon", optimizer.epsilon)
