"""What a schedule is: ``(steps, steps_per_epoch) -> factors``, and two things more.

Two members are optional. ``length`` is the number of epochs after which the factor
stays as it is. A schedule that looks at a number of the training has ``watched``, the
record that names it, and ``after(costs)``, which gives the schedule of the coming epoch
for the numbers of those before, signed so that lower is better. It may also have
``ends(costs)``, True when the training ends with the last of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from glassprop.errors import ArgumentError
from glassprop.options import is_number, is_whole

Steps = npt.NDArray[np.integer[Any]]
Factors = npt.NDArray[np.float64]


class Schedule(Protocol):
    """What `fit` asks of a schedule; any function of this form will do."""

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give the factor of the learning rate at each step."""
        ...


def length_of(schedule: Schedule) -> int | None:
    """Give the epochs after which the factor stays; None if it never does.

    Parameters
    ----------
    schedule : Schedule
        Any.

    Returns
    -------
    int or None
        What ``schedule.length`` says, if it says anything.
    """
    length: int | None = getattr(schedule, "length", None)
    return length


def watched_by(schedule: Schedule) -> Any:
    """Give the record that names the number a schedule looks at; None if none."""
    return getattr(schedule, "watched", None)


def after(schedule: Schedule, costs: Sequence[float]) -> Schedule:
    """Give the schedule of the coming epoch.

    Parameters
    ----------
    schedule : Schedule
        Any.
    costs : sequence of float
        The number that it looks at, after each epoch so far; lower is better.

    Returns
    -------
    Schedule
        What ``schedule.after(costs)`` gives; the schedule itself if it looks at none.
    """
    follow = getattr(schedule, "after", None)
    if watched_by(schedule) is None or follow is None:
        return schedule
    found: Schedule = follow(costs)
    return found


def is_over(schedule: Schedule, costs: Sequence[float]) -> bool:
    """Tell whether a schedule ends the training.

    Parameters
    ----------
    schedule : Schedule
        Any.
    costs : sequence of float
        The number that it looks at, after each epoch so far; lower is better.

    Returns
    -------
    bool
        What ``schedule.ends(costs)`` gives; False if it has no such method.
    """
    ends = getattr(schedule, "ends", None)
    return ends is not None and bool(ends(costs))


def powers(bases: Any, exponents: Any) -> Factors:
    """Raise numbers one by one.

    Python's power, not NumPy's, whose last bit may change with the array around.
    """
    pairs = np.broadcast(bases, exponents)
    found = np.array([float(one) ** float(two) for one, two in pairs], np.float64)
    return found.reshape(pairs.shape)


def store_epochs(record: Any, name: str) -> None:
    """Make a field an int of at least 1, or refuse it."""
    value = getattr(record, name)
    if not is_whole(value) or value < 1:
        raise ArgumentError(
            f"schedules.{type(record).__name__}: expected {name} to be a whole number "
            f"of epochs, 1 or more, got {value!r}. Epochs are counted, not steps."
        )
    object.__setattr__(record, name, int(value))


def store_number(record: Any, name: str) -> None:
    """Make a field a float, or refuse what is not a real number."""
    value = getattr(record, name)
    if not is_number(value):
        raise ArgumentError(
            f"schedules.{type(record).__name__}: expected {name} to be a number, got "
            f"{value!r}. Pass a float such as 0.5."
        )
    object.__setattr__(record, name, float(value))


def store_factor(record: Any, name: str, what: str) -> None:
    """Make a field a float from 0 to 1, or refuse it; `what` says what it is."""
    store_number(record, name)
    value = getattr(record, name)
    if not 0 <= value <= 1:
        raise ArgumentError(
            f"schedules.{type(record).__name__}: expected {name} from 0 to 1, got "
            f"{value!r}. {what}"
        )


def store_power(record: Any) -> None:
    """Make the field `power` a finite float above 0, or refuse it."""
    store_number(record, "power")
    if not 0 < record.power < np.inf:
        raise ArgumentError(
            f"schedules.{type(record).__name__}: expected a finite power above 0, got "
            f"{record.power!r}."
        )


LEFT = (
    "It is the part of the learning rate that is left at the end, not a learning rate."
)
