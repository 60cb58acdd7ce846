"""The range test: which learning rates a network can be trained with.

The learning rate rises from step to step, each on another batch, until the loss
explodes. L. N. Smith (2017), "Cyclical learning rates for training neural networks",
section 3.3; the smoothing, the end at four times the best loss, and the two rates that
are read from the curve, in the valley and where it is steepest, are those of fastai's
``lr_find``. What is suggested is the best of a few rates on the way down, each tried
from the same start.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.contract import Steps
from glassprop.diagnosis.planning import RANGE_SECONDS, affordable_steps
from glassprop.errors import ArgumentError
from glassprop.options import is_number, is_whole
from glassprop.plain_values import ForPrograms
from glassprop.program import Program
from glassprop.randomness import RANGE, generator
from glassprop.rows import Rows

SMOOTHING = 0.9  # of a running mean of losses, corrected for its start
EXPLODED = 4.0  # times the best smoothed loss, where the test ends
FALLING = 0.1  # part of its whole fall after which the loss is said to fall
NEARLY = 0.01  # of the way from the start to the lowest
COUNT = 100  # steps of the test
TRIED = 6  # rates on the way down, and before it
RUNS = TRIED + 3  # of a search: the test, these, its smallest rate, the optimizer's
TRIES, FEWEST_TRIES = 200, 30  # steps at each; fewer do not tell rates apart
EARLIER = 10.0  # times below where the loss falls in so few steps: what is tried first
ENDING = 4  # one of so many steps is of the end, whose losses count
FIRST = 5  # steps at least, whose losses are the start
LEAST_FALL = 0.02  # of the first loss, that a fall must be
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class RateSearch(ForPrograms):
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
    tried : dict from float to float
        Rates from a tenth of `falling` to where the loss is lowest, with the loss at
        the end of some steps at that rate, from the same start.
    unmoved : float
        The loss at that end where the rate is the smallest of the test.
    own : float
        The loss there at the rate that the optimizer was given, if it was asked for.
    steps : int
        How many there were at each of these rates.
    """

    rates: Vector
    losses: Vector
    smoothed: Vector
    falling: float
    valley: float
    steepest: float
    exploded: bool
    tried: Mapping[float, float] = field(default_factory=dict)
    unmoved: float = math.nan
    own: float = math.nan
    steps: int = 0

    @property
    def suggestion(self) -> float:
        """The learning rate to begin with; NaN where the loss falls at none.

        The smallest that was tried whose loss is nearly as low as the lowest.
        """
        near = self.best + NEARLY * (self.unmoved - self.best)
        good = [rate for rate, loss in self.tried.items() if loss <= near]
        return min(good, default=self.valley)

    @property
    def best(self) -> float:
        """The lowest loss of the rates that were tried; infinite if none were."""
        return min(self.tried.values(), default=math.inf)

    @property
    def falls(self) -> bool:
        """Whether the loss falls at some rate, by more than batches differ."""
        if not self.tried:
            return math.isfinite(self.valley)
        return self.best < self.unmoved - LEAST_FALL * abs(self.unmoved)

    def fallen(self, loss: float) -> float:
        """Tell how much of the fall at the best rate there is at another.

        Parameters
        ----------
        loss : float
            At the end of as many steps.
        """
        return (self.unmoved - loss) / (self.unmoved - self.best)

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

    def __repr__(self) -> str:
        return f"<RateSearch: {self}>"

    def plot(self, path: Any) -> None:
        """Draw the losses: `glassprop.pictures.learning_rates`, in a file.

        Parameters
        ----------
        path : str or path
            Where to; its ending says the format, ``.svg``, ``.png`` or ``.pdf``.

        Raises
        ------
        ArgumentError
            If the ending is no format.
        MissingExtraError
            If Matplotlib is not installed (``glassprop[plot]``).
        DataError
            If the file cannot be written.
        """
        from glassprop.pictures import learning_rates

        learning_rates(self).save(path)

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
            "tried": {
                f"{rate:.6g}": loss if math.isfinite(loss) else None
                for rate, loss in self.tried.items()
            },
            "rates": self.rates.tolist(),
            "losses": self.losses.tolist(),
            "smoothed": self.smoothed.tolist(),
        }


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


def affordable_tries(program: Program, rows: int) -> int:
    """Give for how many steps a test can try each rate, where a step is dear.

    Parameters
    ----------
    program : Program
        One step.
    rows : int
        Of a batch.

    Returns
    -------
    int
        0 where they are too few to tell rates apart, so that a test is of no use.
    """
    steps = affordable_steps(program, rows, RANGE_SECONDS) - COUNT
    tries = steps // (TRIED + 2)  # the smallest of the test and the optimizer's, too
    return min(tries, TRIES) if tries >= FEWEST_TRIES else 0


def search_rates(
    steps: Steps,
    values: Mapping[str, Any],
    rows: Rows,
    batch_size: int,
    *,
    seed: int,
    low: float = 1e-7,
    high: float = 10.0,
    count: int = COUNT,
    length: int | None = None,
    own: float | None = None,
    after_run: Callable[[], object] = bool,
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
    length : int or None
        Of the training that a rate is looked for, in steps: rates are not tried for
        longer; None for twice as many steps as the test has.
    own : float or None
        A rate that is tried too, without being suggested.
    after_run : callable
        Called after each of the trainings, `RUNS` at most.

    Raises
    ------
    ArgumentError
        If the loss is not finite in the first few steps.
    """
    dtype = next(one.dtype for one in values.values() if one.dtype.kind == "f")

    def losses_at(rates: Vector) -> Vector:
        copies = {key: np.array(one) for key, one in values.items()}
        with np.errstate(all="ignore"), steps.holding(copies, batch_size) as run:
            found = run(
                rows.data(),
                _order(len(rows), batch_size, len(rates), seed),
                rates.astype(dtype),
                seed=seed,
                first_step=1,
            )
        after_run()
        return np.asarray(found, np.float64)

    rates = np.geomspace(low, high, count)
    search = read_search(rates, losses_at(rates))
    if not search.falls:
        return search
    lowest = float(search.rates[int(np.argmin(search.smoothed))])
    tries = 2 * count if length is None else min(length, 2 * count)

    def end_at(rate: float) -> float:
        losses = losses_at(np.full(tries, rate))
        end = float(np.mean(losses[-max(1, tries // ENDING) :]))
        return end if math.isfinite(end) else math.inf

    first = max(low, search.falling / EARLIER)
    tried = {float(rate): 0.0 for rate in np.geomspace(first, lowest, TRIED)}
    return replace(
        search,
        tried={rate: end_at(rate) for rate in tried},
        unmoved=end_at(low),
        own=math.nan if own is None else end_at(own),
        steps=tries,
    )


def _order(rows: int, batch_size: int, steps: int, seed: int) -> Any:
    """Give the order of the rows for so many steps, epoch by epoch."""
    epochs = -(-steps // -(-rows // batch_size))
    orders = [generator(seed, RANGE, at).permutation(rows) for at in range(epochs)]
    return orders[0] if epochs == 1 else np.stack(orders)


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
        # A mean of few losses is low by chance: those of the first steps are not it.
        best = min(best, smoothed[at]) if at >= FIRST else np.median(losses[: at + 1])
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
    first = max(FIRST, end // 10)
    lowest = first + int(np.argmin(kept[first:]))
    start = float(np.median(kept[:first]))
    fall = start - float(kept[lowest])
    falling = valley = steepest = math.nan
    above = np.flatnonzero(kept[: lowest + 1] > start - FALLING * fall)
    if fall > LEAST_FALL * abs(start) and above.size:  # else the first loss is lowest
        begin = int(above[-1])
        slopes = np.gradient(kept, logs)[begin : lowest + 1]
        falling = float(rates[begin])
        valley = float(np.exp((logs[begin] + logs[lowest]) / 2))
        steepest = float(rates[begin + int(np.argmin(slopes))])
    return RateSearch(
        rates, losses[:end], kept, falling, valley, steepest, end < len(losses)
    )
