"""Schedules along cosines: down once, down again and again, up and down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassprop.errors import ArgumentError
from glassprop.options import is_whole
from glassprop.registries import needed
from glassprop.schedules.contract import (
    LEFT,
    Factors,
    Steps,
    store_epochs,
    store_factor,
    store_number,
)


@dataclass(frozen=True)
class Cosine:
    """Lower the learning rate along half a cosine, then hold it.

    The factor is ``final + (1 - final) * (1 + cos(pi * t)) / 2``, where ``t`` rises
    with every step from 0 to 1 over `epochs` epochs and stays there: Loshchilov and
    Hutter (2017), equation 5, for one run without restarts.

    Parameters
    ----------
    epochs : int
        The epochs until the end is reached, at least 1; mostly those of the fit.
    final : float, default 0.0
        The factor at the end and ever after, from 0 to 1.

    Raises
    ------
    ArgumentError
        If a number is outside of its range.

    Examples
    --------
    >>> Cosine(epochs=2, final=0.1)(np.arange(4), steps_per_epoch=1).round(3).tolist()
    [1.0, 0.55, 0.1, 0.1]
    """

    epochs: int = needed(100)
    final: float = 0.0

    def __post_init__(self) -> None:
        store_epochs(self, "epochs")
        store_factor(self, "final", LEFT)

    @property
    def length(self) -> int:
        """The epochs until the end."""
        return self.epochs

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give the height of the cosine at each step."""
        progress = np.minimum(steps / (self.epochs * steps_per_epoch), 1.0)
        return self.final + (1 - self.final) * _height(progress)


@dataclass(frozen=True)
class CosineRestarts:
    """Lower the learning rate along half a cosine, jump back to 1, and so on.

    Loshchilov and Hutter (2017), equation 5: the first run is `period` epochs long,
    each next one `growth` times as long as the one before (their T_0 and T_mult).

    Parameters
    ----------
    period : int
        The epochs of the first run, at least 1.
    growth : int, default 1
        How many times longer each next run is, at least 1.
    final : float, default 0.0
        The factor that a run goes down to, from 0 to 1.

    Raises
    ------
    ArgumentError
        If a number is outside of its range.

    Examples
    --------
    >>> schedule = CosineRestarts(period=2, growth=2)
    >>> schedule(np.arange(7), steps_per_epoch=1).round(2).tolist()
    [1.0, 0.5, 1.0, 0.85, 0.5, 0.15, 1.0]
    """

    period: int = needed(10)
    growth: int = 1
    final: float = 0.0

    def __post_init__(self) -> None:
        store_epochs(self, "period")
        if not is_whole(self.growth) or self.growth < 1:
            raise ArgumentError(
                "schedules.CosineRestarts: expected growth to be a whole number, 1 or "
                f"more, got {self.growth!r}. With growth=2 each run is twice as long."
            )
        object.__setattr__(self, "growth", int(self.growth))
        store_factor(
            self, "final", "It is the part of the learning rate that a run ends with."
        )

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give the height of the run's cosine at each step."""
        first = self.period * steps_per_epoch
        if self.growth == 1:
            progress = (steps % first) / first
        else:
            starts = _starts(first, self.growth, int(np.max(steps, initial=0)))
            run = np.searchsorted(starts, steps, side="right") - 1
            progress = (steps - starts[run]) / (starts[run + 1] - starts[run])
        return self.final + (1 - self.final) * _height(progress)


@dataclass(frozen=True)
class OneCycle:
    """Raise the learning rate along half a cosine, then lower it to almost nothing.

    The policy of Smith and Topin (2018), in the form of PyTorch's OneCycleLR: up from
    `start` to 1 in the part `rise` of the steps, down to `final` in the others, both
    along half a cosine. The optimizer's learning rate is the highest. The momentum,
    which the paper moves the other way, stays as it is.

    Parameters
    ----------
    epochs : int
        The epochs until the end is reached, at least 1; mostly those of the fit.
    start : float, default 0.04
        The factor of the first step, from 0 to 1; one over PyTorch's div_factor.
    rise : float, default 0.3
        The part of the steps that go up, above 0 and below 1; PyTorch's pct_start.
    final : float, default 4e-06
        The factor of the last step and ever after, from 0 to 1; in PyTorch `start` over
        final_div_factor.

    Raises
    ------
    ArgumentError
        If a number is outside of its range.

    Examples
    --------
    >>> OneCycle(epochs=10)(np.arange(10), steps_per_epoch=1).round(2).tolist()
    [0.04, 0.52, 1.0, 0.95, 0.81, 0.61, 0.39, 0.19, 0.05, 0.0]
    """

    epochs: int = needed(100)
    start: float = 0.04
    rise: float = 0.3
    final: float = 4e-6

    def __post_init__(self) -> None:
        store_epochs(self, "epochs")
        store_factor(
            self,
            "start",
            "It is the part of the learning rate that the first step has.",
        )
        store_number(self, "rise")
        if not 0 < self.rise < 1:
            raise ArgumentError(
                "schedules.OneCycle: expected rise above 0 and below 1, got "
                f"{self.rise!r}. It is the part of the steps in which the rate rises."
            )
        store_factor(self, "final", LEFT)

    @property
    def length(self) -> int:
        """The epochs until the end."""
        return self.epochs

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give the height of the two cosines at each step."""
        total = self.epochs * steps_per_epoch
        last = total - 1
        peak = min(max(self.rise * total - 1, 0.0), float(last))
        rising = np.minimum(steps / peak, 1.0) if peak else np.ones(steps.shape)
        falling = np.ones(steps.shape)
        if last > peak:
            falling = np.clip((steps - peak) / (last - peak), 0.0, 1.0)
        up = self.start + (1 - self.start) * (1 - _height(rising))
        down = self.final + (1 - self.final) * _height(falling)
        return np.where(steps <= peak, up, down)


def _height(progress: Factors) -> Factors:
    """Give half a cosine: 1 at progress 0, 0 at progress 1."""
    height: Factors = (1 + np.cos(np.pi * progress)) / 2
    return height


def _starts(first: int, growth: int, last: int) -> Steps:
    """Give the steps that runs begin with, up to the first one behind `last`."""
    starts, length = [0], first
    while starts[-1] <= last:
        starts.append(starts[-1] + length)
        length *= growth
    return np.array(starts, np.int64)
