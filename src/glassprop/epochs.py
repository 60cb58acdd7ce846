"""One epoch of a training: its batches and rates, run by a back end call by call.

A back end runs many steps in one call. How many follows from what the program costs,
never from a clock, so that a call holds about half a second of work at most: between
two calls training can be interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.contract import Order, Steps, batches, count, part
from glassprop.divergence import first_bad_step, is_finite
from glassprop.errors import ArgumentError
from glassprop.program import Program
from glassprop.randomness import SHUFFLE, generator
from glassprop.rows import Rows
from glassprop.schedules import Schedule
from glassprop.schedules.contract import after
from glassprop.training import Training

if TYPE_CHECKING:
    from glassprop.network import Network

AfterEpoch: TypeAlias = Callable[[float], str | None]
AfterStep: TypeAlias = Callable[[int, float], object]
Stop: TypeAlias = Callable[[], bool]
Shuffle: TypeAlias = Callable[[int, int], Any]
CALL = 5e8  # operations of a call; NumPy does more than 1e9 in a second
CALLING = 1000  # operations that the call of a NumPy function stands for


@dataclass(frozen=True)
class Work:
    """What every epoch of one `fit` works with.

    Parameters
    ----------
    net : Network
        What is trained.
    training : Training
        Its memory and counts.
    steps : steps of a back end
        What runs.
    rows : Rows
        The training rows.
    batch_size : int or None
        Rows of a step; None for all at once.
    shuffle : bool or callable
        Whether each epoch has an order of its own, or what gives it.
    schedule : Schedule
        The factors of the learning rate.
    monitor : str
        The number of the history that the schedule looks at, if it looks at any.
    is_unwatched : bool
        Whether nobody looks at the network or its losses between epochs, so that
        several may run in one call.
    after_step : callable or None
        Called with the number and the loss of each step; a call of the back end then
        holds a single step.
    pauses : collection of int
        The epochs of this `fit` after which somebody looks, besides; no call goes
        beyond one.
    """

    net: Network
    training: Training
    steps: Steps
    rows: Rows
    batch_size: int | None
    shuffle: bool | Shuffle
    schedule: Schedule
    monitor: str
    is_unwatched: bool = False
    after_step: AfterStep | None = None
    pauses: Collection[int] = ()

    @property
    def rows_per_step(self) -> int:
        """How many rows a batch has; the last one may have fewer."""
        return min(self.batch_size or len(self.rows), len(self.rows))

    @property
    def steps_per_epoch(self) -> int:
        """How many batches the rows make."""
        return -(-len(self.rows) // self.rows_per_step)

    @cached_property
    def steps_per_call(self) -> int:
        """How many steps one call of the back end holds."""
        return steps_of_a_call(self.steps.program, self.rows_per_step)


def steps_of_a_call(program: Program, rows: int) -> int:
    """Give how many steps one call of a back end holds, one at least.

    Parameters
    ----------
    program : Program
        One step.
    rows : int
        Of a batch.
    """
    return max(1, int(CALL // (program.cost(rows) + CALLING * program.size)))


def epochs_of_a_call(work: Work) -> int:
    """Give how many epochs may run in one call, one at least.

    Parameters
    ----------
    work : Work
        Where somebody looks at each epoch or each step, it is one.
    """
    if not work.is_unwatched or work.after_step is not None:
        return 1
    return max(1, work.steps_per_call // work.steps_per_epoch)


def run_epochs(work: Work, epochs: int, after_epoch: AfterEpoch, stop: Stop) -> str:
    """Train until there is a reason to stop, and give the reason.

    Parameters
    ----------
    work : Work
        What is trained on what.
    epochs : int
        How many at most.
    after_epoch : callable
        Called with the mean loss of each; gives a reason to stop, or nothing.
    stop : callable
        Asked between calls; True ends the epoch early.

    Returns
    -------
    str
        Why training ended.

    Raises
    ------
    DivergenceError
        If a value is NaN or infinite; the last finite ones are put back.
    """
    most, done = epochs_of_a_call(work), 0
    while done < epochs:
        ahead = [one - done for one in (*work.pauses, epochs) if one > done]
        ended = _run_some(work, min(most, *ahead, epochs), stop)
        reasons: list[str | None] = [] if ended else ["interrupted"]
        for mean_loss, rate in ended:
            work.training.epochs += 1
            work.training.rate = rate
            reasons.append(after_epoch(mean_loss))
        done += len(ended)
        for reason in reasons:
            if reason is not None:
                return reason
    return "epochs"


def _run_some(work: Work, epochs: int, stop: Stop) -> list[tuple[float, float]]:
    """Run some epochs, one call if several; give the mean loss and last rate of each.

    None of them if `stop` ended the only one early.
    """
    net, training, rows = work.net, work.training, work.rows
    order, steps = _order(work, epochs), work.steps_per_epoch
    schedule = after(work.schedule, training.watched.get(work.monitor, []))
    rates = np.concatenate(
        [
            _rates(schedule, training, training.steps + at * steps, steps)
            for at in range(epochs)
        ]
    ).astype(net.structure.dtype)
    training.rate = float(rates[-1])
    values = {**net.values, **training.memory}
    before = {key: np.array(value) for key, value in values.items()}
    losses = _run(work, values, order, rates, stop)
    if not (np.isfinite(losses).all() and is_finite(values)):
        raise first_bad_step(
            net,
            training,
            work.steps,
            rows=rows,
            order=order,
            batch_size=work.rows_per_step,
            rates=rates,
            before=before,
        )
    training.steps += len(losses)
    if len(losses) < len(rates):
        return []
    sizes = [count(one) for one in batches(order, work.rows_per_step)[:steps]]
    return [
        (float(of_epoch @ sizes / len(rows)), float(last))
        for of_epoch, last in zip(
            losses.reshape(epochs, steps), rates[steps - 1 :: steps], strict=True
        )
    ]


def _order(work: Work, epochs: int) -> Order:
    """Give the order of the rows in the coming epochs.

    A function is asked for that of each epoch, also where all rows make one batch, in
    which order changes nothing: what it draws next may depend on it.
    """
    first, rows = work.training.epochs, len(work.rows)
    is_one_batch = work.rows_per_step == rows
    if not work.shuffle or (is_one_batch and not callable(work.shuffle)):
        return slice(0, rows)
    orders = [
        _given_order(work.shuffle, first + at, rows)
        if callable(work.shuffle)
        else generator(work.net.seed, SHUFFLE, first + at).permutation(rows)
        for at in range(epochs)
    ]
    if is_one_batch:
        return slice(0, rows)
    return orders[0] if epochs == 1 else np.stack(orders)


def _given_order(shuffle: Shuffle, epoch: int, rows: int) -> NDArray[np.int64]:
    """Ask a function for the order of an epoch's rows, and check that it has each."""
    given = np.asarray(shuffle(epoch, rows))
    whole = given.shape == (rows,) and given.dtype.kind in "iu"
    if not whole or not np.array_equal(np.sort(given), np.arange(rows)):
        raise ArgumentError(
            f"shuffle: expected an order of {rows} rows, each number from 0 to "
            f"{rows - 1} once, got {given!r} for epoch {epoch}. One is "
            "rng.permutation(rows)."
        )
    return given.astype(np.int64)


def _run(
    work: Work,
    values: dict[str, Any],
    order: Order,
    rates: NDArray[Any],
    stop: Stop,
) -> NDArray[Any]:
    """Run all batches, or those before `stop` says so; give the loss of each step."""
    steps, size = len(rates), work.rows_per_step
    unseen = steps if work.after_step is None else 1  # between which nobody looks
    most = unseen
    if steps == work.steps_per_epoch:
        most = min(unseen, work.steps_per_call)
    losses = [np.empty(0)]
    for first in range(0, steps, unseen):
        with work.steps.holding(values, size) as run:
            for start in range(first, first + unseen, most):
                if stop():
                    return np.concatenate(losses)
                end = min(start + most, first + unseen)
                whole = end - start == steps
                with np.errstate(all="ignore"):
                    found = run(
                        work.rows.data(),
                        order if whole else part(order, start * size, end * size),
                        rates[start:end],
                        seed=work.net.seed,
                        first_step=work.training.steps + start + 1,
                    )
                losses.append(found)
                if not np.isfinite(found).all():
                    return np.concatenate(losses)
        if work.after_step is not None:
            work.after_step(work.training.steps + first + 1, float(found[0]))
    return np.concatenate(losses)


def _rates(schedule: Schedule, training: Training, first: int, steps: int) -> Any:
    """Ask the schedule for the learning rates of an epoch's steps."""
    factors = np.asarray(schedule(np.arange(first, first + steps), steps))
    fits = factors.shape == (steps,) and factors.dtype.kind in "iuf"
    if not fits or not ((factors >= 0) & (factors < np.inf)).all():
        raise ArgumentError(
            f"schedule: expected {steps} finite factors >= 0, one a step, got "
            f"{factors!r}."
        )
    return training.optimizer.learning_rate * factors
