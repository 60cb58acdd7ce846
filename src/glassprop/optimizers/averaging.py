"""Averages of the weights over the steps, around any optimizer.

The network's own values are the averages, so that evaluation, early stopping, callbacks
and files have them. The weights that are trained, at which the loss is computed, are
kept in the optimizer's memory, as ``raw``. The state of layers, such as the statistics
of batch normalization, is what the trained weights gave; it is not averaged, and is
that of slightly other weights than the network's. To assign a parameter between two
fits moves the average alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassprop.errors import ArgumentError
from glassprop.optimizers.contract import State, Wrapper, averages, point_of
from glassprop.options import check_fraction, check_whole

RAW = "raw"


@dataclass(frozen=True)
class Averaging(Wrapper):
    """What all averages have; ``scalars`` gives the shares of the old and the new.

    Parameters
    ----------
    optimizer : Optimizer
        What trains the weights.
    """

    averaging: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if averages(self.optimizer):
            raise ArgumentError(
                f"{type(self).__name__}: the optimizer inside averages already. "
                "Average once."
            )

    def init(self, w: Any) -> State:
        """Remember the weights that are trained, and what the other does."""
        inner = self.optimizer.init(w)
        if RAW in inner:
            raise ArgumentError(
                f"{type(self).__name__}: the optimizer inside remembers something as "
                f"{RAW!r}, the name of the weights that are trained. Name it otherwise."
            )
        return {RAW: w, **inner}

    def point(self, w: Any, state: State) -> Any:
        """Give where the weights that are trained have the loss computed."""
        return point_of(self.optimizer, *parted(state))

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Step from the weights that are trained, and move the average towards them."""
        kept, share, shared = scalars
        before, inner = parted(state)
        raw, following = self.optimizer.update(before, g, inner, shared)
        average = kept * w + share * raw
        return average, {RAW: raw, **following}


def parted(state: State) -> tuple[Any, State]:
    """Give the weights that are trained, and what the other optimizer remembers."""
    inner = {name: value for name, value in state.items() if name != RAW}
    return state[RAW], inner


@dataclass(frozen=True)
class EMA(Averaging):
    """Give the network the exponential moving average of the trained weights.

    The average is ``a = decay * a + (1 - decay) * w``, over ``1 - decay**t``, so that
    the weights from before the first step do not count: as Kingma and Ba (2015, section
    3) correct their moments, and in their section 7.2 their weights. Averaging is from
    Polyak and Juditsky (1992). PyTorch's AveragedModel and Keras do not correct; their
    averages begin at the first weights.

    Parameters
    ----------
    optimizer : Optimizer
        What trains the weights.
    decay : float
        How much of the old average is kept, at least 0 and below 1.

    Raises
    ------
    ArgumentError
        If decay is out of range, or `optimizer` averages already or does not go step by
        step.

    Notes
    -----
    The state of layers, such as the statistics of batch normalization, is what the
    trained weights gave; it is not averaged. To assign a parameter between two fits
    moves the average alone, not the weights that are trained.
    """

    decay: float = 0.999

    def __post_init__(self) -> None:
        super().__post_init__()
        check_fraction("EMA", "decay", self.decay)

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give the shares of the old and the new, and the other's numbers."""
        share = ((1 - self.decay) / (1 - self.decay**t)).astype(rate.dtype)
        kept = 1 - share
        return kept, share, self.optimizer.scalars(rate, t)


@dataclass(frozen=True)
class SWA(Averaging):
    """Give the network the mean of the trained weights at every so many steps.

    Izmailov et al. (2018), algorithm 1: up to step `start` the network has the weights
    themselves. Those after step `start` are the first of the mean, and after every
    `every` steps more one is added. The learning rate is the schedule's, which should
    be constant or go up and down from `start` on.

    Parameters
    ----------
    optimizer : Optimizer
        What trains the weights.
    start : int
        The step after which the first weights are taken, 0 or more. At 0 those that
        training starts from count too, which no constraint has been applied to.
    every : int
        Steps from one to the next, 1 or more; the paper's cycle length, mostly those of
        an epoch.

    Raises
    ------
    ArgumentError
        If a number is out of range, or `optimizer` averages already or does not go step
        by step.

    Notes
    -----
    The paper ends with a pass over the rows to find the statistics of batch
    normalization for the mean weights (section 3.2). Here they stay what the trained
    weights gave. To assign a parameter between two fits moves the average alone, not
    the weights that are trained.
    """

    start: int = 1
    every: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("SWA", "start", self.start, 0)
        check_whole("SWA", "every", self.every, 1)

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give the shares of the old and the new, and the other's numbers."""
        since = np.maximum(t - self.start, 0)
        cycles = (since / self.every).astype(np.int64)
        due = since == cycles * self.every
        taken = np.where(due, 1 / (cycles + 1), 0.0)
        share = np.where(t > self.start, taken, 1.0).astype(rate.dtype)
        kept = 1 - share
        return kept, share, self.optimizer.scalars(rate, t)
