"""Schedules that only ever lower the learning rate, by a power of something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassprop.errors import ArgumentError
from glassprop.registries import needed
from glassprop.schedules.contract import (
    LEFT,
    Factors,
    Steps,
    powers,
    store_epochs,
    store_factor,
    store_number,
    store_power,
)


@dataclass(frozen=True)
class Constant:
    """Leave the learning rate as it is: the factor is 1."""

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give a 1 for each step."""
        return np.ones(steps.shape)


@dataclass(frozen=True)
class Step:
    """Multiply the learning rate by `factor` once every `every` epochs.

    The factor in epoch ``e``, counted from 0, is ``factor ** (e // every)``.

    Parameters
    ----------
    every : int
        Epochs between two drops, at least 1.
    factor : float, default 0.5
        Above 0 and at most 1.

    Raises
    ------
    ArgumentError
        If a number is outside of its range.

    Examples
    --------
    >>> Step(every=2)(np.arange(6), steps_per_epoch=1).tolist()
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """

    every: int = needed(10)
    factor: float = 0.5

    def __post_init__(self) -> None:
        store_epochs(self, "every")
        store_number(self, "factor")
        if not 0 < self.factor <= 1:
            raise ArgumentError(
                f"schedules.Step: expected factor above 0 and at most 1, got "
                f"{self.factor!r}. With factor=0.5 each drop halves the learning rate."
            )

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give the power of the factor at each step."""
        drops, places = np.unique(
            steps // (self.every * steps_per_epoch), return_inverse=True
        )
        return powers(self.factor, drops)[places]


@dataclass(frozen=True)
class Exponential:
    """Multiply the learning rate by `factor` in the course of every epoch.

    The factor after ``e`` epochs is ``factor ** e``, with every step a bit more, as
    Keras' ExponentialDecay. PyTorch's ExponentialLR moves between epochs alone:
    ``Step(every=1, factor=...)``.

    Parameters
    ----------
    factor : float, default 0.95
        Above 0 and at most 1.

    Raises
    ------
    ArgumentError
        If a number is outside of its range.

    Examples
    --------
    >>> Exponential(factor=0.25)(np.arange(5), steps_per_epoch=2).tolist()
    [1.0, 0.5, 0.25, 0.125, 0.0625]
    """

    factor: float = 0.95

    def __post_init__(self) -> None:
        store_number(self, "factor")
        if not 0 < self.factor <= 1:
            raise ArgumentError(
                f"schedules.Exponential: expected factor above 0 and at most 1, got "
                f"{self.factor!r}. With factor=0.95 an epoch takes away 5 %."
            )

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give the power of the factor at each step."""
        return powers(self.factor, steps / steps_per_epoch)


@dataclass(frozen=True)
class InverseScaling:
    """Divide the learning rate by a power of the step: ``1 / t ** power``.

    The steps ``t`` count from 1. Robbins and Monro (1951) ask for a power above 1/2, at
    most 1. In scikit-learn's "invscaling" t counts rows: in MLPClassifier all rows of
    the epochs before, so that the rate falls faster there and only between epochs.

    Parameters
    ----------
    power : float, default 0.5
        Above 0.

    Raises
    ------
    ArgumentError
        If a number is outside of its range.

    Examples
    --------
    >>> InverseScaling()(np.arange(4), steps_per_epoch=1).round(3).tolist()
    [1.0, 0.707, 0.577, 0.5]
    """

    power: float = 0.5

    def __post_init__(self) -> None:
        store_power(self)

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give one over the power of each step."""
        return powers(steps + 1.0, -self.power)


@dataclass(frozen=True)
class Polynomial:
    """Lower the learning rate along a power of the time that is left, then hold it.

    The factor is ``final + (1 - final) * (1 - t) ** power``, where ``t`` rises with
    every step from 0 to 1 over `epochs` epochs and stays there: a line with power 1.
    Keras' PolynomialDecay; PyTorch's PolynomialLR has no `final`.

    Parameters
    ----------
    epochs : int
        The epochs until the end is reached, at least 1; mostly those of the fit.
    power : float, default 1.0
        Above 0.
    final : float, default 0.0
        The factor at the end and ever after, from 0 to 1.

    Raises
    ------
    ArgumentError
        If a number is outside of its range.

    Examples
    --------
    >>> Polynomial(epochs=4)(np.arange(6), steps_per_epoch=1).tolist()
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    epochs: int = needed(100)
    power: float = 1.0
    final: float = 0.0

    def __post_init__(self) -> None:
        store_epochs(self, "epochs")
        store_power(self)
        store_factor(self, "final", LEFT)

    @property
    def length(self) -> int:
        """The epochs until the end."""
        return self.epochs

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give the power of what is left at each step."""
        progress = np.minimum(steps / (self.epochs * steps_per_epoch), 1.0)
        return self.final + (1 - self.final) * powers(1 - progress, self.power)
