"""Optimizers: how a gradient changes a parameter, written in NumPy and traced.

An optimizer is a frozen record with three methods. ``init(w)`` gives the arrays it
remembers for a parameter, by name. ``scalars(rate, t)`` gives the numbers that all
parameters share in step t, which counts from 1. ``update(w, g, state, scalars)`` gives
the parameter's next value and what is remembered next.

Vocabulary: ``w`` is a parameter, ``g`` its gradient, ``rate`` the learning rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from glassprop.errors import ArgumentError, did_you_mean, listing

State = dict[str, Any]
NEEDED = ("learning_rate", "init", "scalars", "update")


class Optimizer(Protocol):
    """What every optimizer has."""

    @property
    def learning_rate(self) -> float:
        """The step size that schedules start from."""

    def init(self, w: Any) -> State:
        """Give the arrays that are remembered for a parameter."""

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give what all parameters share in a step."""

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Give a parameter's next value, and what is remembered next."""


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
    """

    learning_rate: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        _check_size("SGD", "learning_rate", self.learning_rate)
        _check_fraction("SGD", "momentum", self.momentum)
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

    Raises
    ------
    ArgumentError
        If a number is out of range.
    """

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check_moments(self)

    def init(self, w: Any) -> State:
        """Remember the first and the second moment."""
        return {"m": np.zeros_like(w), "v": np.zeros_like(w)}

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
        step = step_size * m / (np.sqrt(v) * scale + self.epsilon)
        return w - step, {"m": m, "v": v}


@dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).

    Every parameter also shrinks by ``rate * weight_decay`` of itself in each step. The
    paper's lambda is ``learning_rate * weight_decay`` here, as in PyTorch, so that a
    schedule moves both.

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
        _check_moments(self)
        _check_size("AdamW", "weight_decay", self.weight_decay)

    @property
    def _adam(self) -> Adam:
        return Adam(self.learning_rate, self.beta1, self.beta2, self.epsilon)

    def init(self, w: Any) -> State:
        """Remember what Adam does."""
        return self._adam.init(w)

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give Adam's numbers, and the part that each parameter loses."""
        decay = rate * self.weight_decay
        return decay, self._adam.scalars(rate, t)

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Shrink w, then take Adam's step."""
        decay, shared = scalars
        shrunk = w - decay * w
        return self._adam.update(shrunk, g, state, shared)


OPTIMIZERS: Mapping[str, type[Any]] = MappingProxyType(
    {kind.__name__.lower(): kind for kind in (SGD, Adam, AdamW)}
)


def get_optimizer(spec: str | Optimizer) -> Optimizer:
    """Give an optimizer by name, with its defaults, or as it is given.

    Parameters
    ----------
    spec : str or Optimizer
        A name of `OPTIMIZERS`, or an optimizer.

    Returns
    -------
    Optimizer
        The optimizer.

    Raises
    ------
    ArgumentError
        If there is no optimizer of that name.
    """
    if isinstance(spec, type):
        raise ArgumentError(
            f"expected an optimizer, got the class {spec.__name__}. Call it: "
            f"{spec.__name__}()."
        )
    if not isinstance(spec, str):
        if all(hasattr(spec, name) for name in NEEDED):
            return spec
    elif spec.lower() in OPTIMIZERS:
        made: Optimizer = OPTIMIZERS[spec.lower()]()
        return made
    raise ArgumentError(
        f"unknown optimizer {spec!r}.{did_you_mean(str(spec), OPTIMIZERS)} Expected "
        f"{listing(OPTIMIZERS)}, or an optimizer such as gp.Adam(learning_rate=0.01)."
    )


def _check_fraction(kind: str, name: str, value: float) -> None:
    if not (isinstance(value, Real) and 0 <= value < 1):
        raise ArgumentError(
            f"{kind}: {name} must be at least 0 and below 1, got {value!r}."
        )


def _check_size(kind: str, name: str, value: float) -> None:
    if not (isinstance(value, Real) and 0 <= value < np.inf):
        raise ArgumentError(
            f"{kind}: {name} must be a finite number >= 0, got {value!r}."
        )


def _check_moments(optimizer: Adam | AdamW) -> None:
    kind = type(optimizer).__name__
    _check_size(kind, "learning_rate", optimizer.learning_rate)
    _check_fraction(kind, "beta1", optimizer.beta1)
    _check_fraction(kind, "beta2", optimizer.beta2)
    _check_size(kind, "epsilon", optimizer.epsilon)
