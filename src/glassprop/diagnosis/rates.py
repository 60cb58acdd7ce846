"""The range test: which learning rates a network can be trained with.

The learning rate rises from step to step, each on another batch, until the loss
explodes. L. N. Smith (2017), "Cyclical learning rates for training neural networks",
section 3.3; the smoothing, the end at four times the best loss, and the two kinds of
suggestion, in the valley and where it is steepest, are those of fastai's ``lr_find``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.contract import Steps
from glassprop.errors import ArgumentError
from glassprop.options import is_number, is_whole
from glassprop.randomness import RANGE, generator
from glassprop.rows import Rows

SMOOTHING = 0.9  # of a running mean of losses, corrected for its start
EXPLODED = 4.0  # times the best smoothed loss, where the test ends
FALLING = 0.1  # part of its whole fall after which the loss is said to fall
LEAST_FALL = 0.02  # of the first loss, that a fall must be
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class RateSearch:
    """The loss by learning rate, and the rates that it suggests.

    Parameters
    ----------
    rates : array of shape (k,)
        The learning rate of each step, rising.
    losses : array of shape (k,)
        The loss of each step's batch, before the step.
    smoothed : array of shape (k,)
        Their running mean.
    falling : float
        Where the smoothed loss has gone a tenth of its way down; NaN where it falls at
        no rate.
    valley : float
        Halfway from there to its lowest, over the logarithm of the rate.
    steepest : float
        Where it falls fastest from there on, over the logarithm of the rate.
    exploded : bool
        Whether the test ended because the loss did not stay finite, or rose to four
        times the best.
    """

    rates: Vector
    losses: Vector
    smoothed: Vector
    falling: float
    valley: float
    steepest: float
    exploded: bool

    @property
    def suggestion(self) -> float:
        """The learning rate to begin with: the valley; NaN where there is none."""
        return self.valley

    @property
    def falls(self) -> bool:
        """Whether the loss falls at some rate."""
        return math.isfinite(self.valley)

    def __str__(self) -> str:
        first, last = self.rates[0], self.rates[-1]
        end = "where the loss exploded" if self.exploded else "where the test ended"
        if not self.falls:
            return f"the loss falls at no learning rate from {first:.2g} to {last:.2g}"
        return (
            f"learning rate {self.suggestion:.2g}: the loss falls from "
            f"{self.falling:.2g} on, fastest at {self.steepest:.2g}, up to {last:.2g}, "
            f"{end}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Give it as lists and numbers; None where there is no number."""
        named = {
            "suggestion": self.suggestion,
            "falling": self.falling,
            "valley": self.valley,
            "steepest": self.steepest,
        }
        return {
            **{k: one if math.isfinite(one) else None for k, one in named.items()},
            "exploded": self.exploded,
            "rates": self.rates.tolist(),
            "losses": self.losses.tolist(),
            "smoothed": self.smoothed.tolist(),
        }

    def json(self) -> str:
        """Write it for programs.

        Returns
        -------
        str
            `as_dict` as JSON.
        """
        return json.dumps(self.as_dict(), allow_nan=False)


def check_range(low: float, high: float, steps: int) -> None:
    """Refuse a range that is none.

    Raises
    ------
    ArgumentError
        With what is expected.
    """
    sizes = is_number(low) and is_number(high)
    if not sizes or not 0 < float(low) < float(high) < math.inf:
        raise ArgumentError(
            "find_learning_rate: expected 0 < low < high, both finite, got low="
            f"{low!r} and high={high!r}."
        )
    if not is_whole(steps) or steps < 10:
        raise ArgumentError(
            "find_learning_rate: steps must be an integer of 10 or more, got "
            f"{steps!r}."
        )


def search_rates(
    steps: Steps,
    values: Mapping[str, Any],
    rows: Rows,
    batch_size: int,
    *,
    seed: int,
    low: float = 1e-7,
    high: float = 10.0,
    count: int = 100,
) -> RateSearch:
    """Train copies of values with a learning rate that rises.

    Parameters
    ----------
    steps : Steps
        Training steps on a back end.
    values : mapping from str to array
        Parameters, states, and what the optimizer remembers; they are copied.
    rows : Rows
        To train on.
    batch_size : int
        Rows of a step.
    seed : int
        The order of the rows follows from it.
    low, high : float
        The first and the last rate.
    count : int
        How many steps.

    Raises
    ------
    ArgumentError
        If the loss is not finite in the first few steps.
    """
    copies = {key: np.array(one) for key, one in values.items()}
    rates = np.geomspace(low, high, count)
    total, cut = len(rows), -(-len(rows) // batch_size)
    orders = [
        generator(seed, RANGE, at).permutation(total) for at in range(-(-count // cut))
    ]
    floats = (one.dtype for one in copies.values() if one.dtype.kind == "f")
    dtype = next(floats, np.dtype(np.float64))  # nothing to train: no rate matters
    with np.errstate(all="ignore"), steps.holding(copies, batch_size) as run:
        losses = run(
            rows.data(),
            orders[0] if len(orders) == 1 else np.stack(orders),
            rates.astype(dtype),
            seed=seed,
            first_step=1,
        ).astype(np.float64)
    return read_search(rates, losses)


def read_search(rates: Vector, losses: Vector) -> RateSearch:
    """Cut a range test where the loss exploded, and read its suggestions.

    Parameters
    ----------
    rates, losses : array of shape (k,)
        Of each step.

    Raises
    ------
    ArgumentError
        If there are fewer than ten steps before the loss explodes.
    """
    smoothed, mean, end = np.empty(len(losses)), 0.0, len(losses)
    best = math.inf
    for at, loss in enumerate(losses):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        smoothed[at] = mean / (1 - SMOOTHING ** (at + 1))
        best = min(best, smoothed[at])
        high = best + (EXPLODED - 1) * max(abs(best), 1e-12)
        if not math.isfinite(smoothed[at]) or smoothed[at] > high:
            end = at
            break
    if end < 10:
        raise ArgumentError(
            f"find_learning_rate: the loss explodes in step {end + 1}, at the rate "
            f"{rates[end]:.2g}. Give a smaller low=, or scale the inputs, "
            "gp.Standardize() as first layer."
        )
    rates, kept, logs = rates[:end], smoothed[:end], np.log(rates[:end])
    lowest = int(np.argmin(kept))
    fall = float(kept[0] - kept[lowest])
    falling = valley = steepest = math.nan
    if fall > LEAST_FALL * abs(kept[0]):
        above = np.flatnonzero(kept[: lowest + 1] > kept[0] - FALLING * fall)
        begin = int(above[-1])
        slopes = np.gradient(kept, logs)[begin : lowest + 1]
        falling = float(rates[begin])
        valley = float(np.exp((logs[begin] + logs[lowest]) / 2))
        steepest = float(rates[begin + int(np.argmin(slopes))])
    return RateSearch(
        rates, losses[:end], kept, falling, valley, steepest, end < len(losses)
    )
