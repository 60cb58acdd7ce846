"""What every back end offers: many training steps in one call, on values that it holds.

Nothing in layers, losses, optimizers or `fit` knows which back end runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from glassprop.program import Program

Order: TypeAlias = NDArray[np.int64] | slice


class Run(Protocol):
    """What runs steps on values that a back end holds."""

    def __call__(
        self,
        data: Mapping[str, NDArray[Any]],
        order: Order,
        rates: NDArray[Any],
        *,
        seed: int,
        first_step: int,
    ) -> NDArray[Any]:
        """Run one step for each rate.

        Parameters
        ----------
        data : mapping from str to array of shape (rows, ...)
            x, y, and weights where rows are weighted.
        order : array of int of shape (rows,) or (epochs, rows), or slice
            The rows, in the order in which batches are cut from them; of several
            epochs, of each its own. When they are used up, they are gone through again.
        rates : array of shape (steps,)
            The learning rate of each step.
        seed : int
            The seed of random layers.
        first_step : int
            The number of the first step, from 1.

        Returns
        -------
        array of shape (steps,)
            The loss of each step.
        """
        ...


class Pace(NamedTuple):
    """How fast a back end is, about: a written model, and no clock.

    Parameters
    ----------
    arithmetic : float
        Operations on single numbers in a second.
    call : float
        Seconds that each operation of a program takes beyond that.
    """

    arithmetic: float
    call: float

    def seconds(self, program: Program, rows: int) -> float:
        """Give what a program takes on some rows."""
        return program.cost(rows) / self.arithmetic + self.call * program.size


class Steps(Protocol):
    """Training steps of one program on one back end."""

    program: Program
    pace: Pace

    def holding(
        self, values: Mapping[str, Any], batch_size: int
    ) -> AbstractContextManager[Run]:
        """Take values, run steps on them in any number of calls, and give them back.

        Parameters
        ----------
        values : mapping from str to array
            Parameters, what the optimizer remembers, and layer states. What the steps
            make of them is written into these arrays when the context ends, however it
            does; a back end may do so before.
        batch_size : int
            Rows of a batch, no more than there are; the last one of a pass may have
            fewer.
        """
        ...


def part(order: Order, first: int, last: int) -> Order:
    """Give some of the rows of an order.

    Parameters
    ----------
    order : array of int, or slice
        A slice has integers as its ends.
    first, last : int
        From where to where; there may be fewer.
    """
    if isinstance(order, slice):
        start, stop = order.start + first, min(order.start + last, order.stop)
        return slice(start, stop)
    return order[first:last]


def batches(order: Order, batch_size: int) -> list[Order]:
    """Cut an order of rows into batches, the last one smaller if they do not divide.

    Parameters
    ----------
    order : array of int of shape (rows,) or (epochs, rows), or slice
        The rows; those of several epochs are cut epoch by epoch.
    batch_size : int
        Rows of a batch.
    """
    if not isinstance(order, slice) and order.ndim == 2:
        return [batch for epoch in order for batch in batches(epoch, batch_size)]
    starts = range(0, count(order), batch_size)
    return [part(order, start, start + batch_size) for start in starts]


def epochs_of(order: Order) -> int:
    """Count the epochs whose rows an order gives."""
    return 1 if isinstance(order, slice) or order.ndim == 1 else len(order)


def count(order: Order) -> int:
    """Count the rows of an order."""
    return order.stop - order.start if isinstance(order, slice) else len(order)
