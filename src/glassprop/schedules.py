"""How the learning rate moves with the steps: ``(steps, steps_per_epoch) -> factors``.

A schedule takes the numbers of the coming optimizer steps, counted from 0 over the
whole life of the network, and the number of steps in an epoch. It gives one factor a
step, which multiplies the optimizer's learning rate. The factors depend on nothing
else: no memory, no clock, no loss. So five epochs and five more get the bits of ten.

Users think in epochs, so the options are epochs. An epoch is `steps_per_epoch` steps of
the fit at hand: who continues with another batch size also stretches the schedule.

The paper: I. Loshchilov and F. Hutter (2017), "SGDR: stochastic gradient descent with
warm restarts", ICLR.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from glassprop.errors import ArgumentError
from glassprop.registries import by_name, needed
from glassprop.signatures import check_call

Steps = npt.NDArray[np.integer[Any]]
Factors = npt.NDArray[np.float64]


class Schedule(Protocol):
    """What `fit` asks of a schedule; any function of this form will do."""

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give the factor of the learning rate at each step."""
        ...


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
        _store_epochs(self, "every")
        _store_number(self, "factor")
        if not 0 < self.factor <= 1:
            raise ArgumentError(
                f"schedules.Step: expected factor above 0 and at most 1, got "
                f"{self.factor!r}. With factor=0.5 each drop halves the learning rate."
            )

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give the power of the factor at each step."""
        # Python's power, not NumPy's, whose last bit may change with the array.
        drops, places = np.unique(
            steps // (self.every * steps_per_epoch), return_inverse=True
        )
        powers = [self.factor**drop for drop in drops.tolist()]
        return np.array(powers, dtype=np.float64)[places]


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
        _store_epochs(self, "epochs")
        _store_number(self, "final")
        if not 0 <= self.final <= 1:
            raise ArgumentError(
                f"schedules.Cosine: expected final from 0 to 1, got {self.final!r}. "
                f"It is the part of the learning rate that is left at the end, not a "
                f"learning rate."
            )

    def __call__(self, steps: Steps, steps_per_epoch: int) -> Factors:
        """Give the height of the cosine at each step."""
        progress = np.minimum(steps / (self.epochs * steps_per_epoch), 1.0)
        height: Factors = (1 + np.cos(np.pi * progress)) / 2
        return self.final + (1 - self.final) * height


SCHEDULES: Mapping[str, Callable[..., Schedule]] = MappingProxyType(
    {"constant": Constant, "step": Step, "cosine": Cosine}
)
"""Every schedule by its name, read-only."""


def get_schedule(spec: str | Schedule | None) -> Schedule:
    """Turn what a user wrote for a schedule into one.

    Parameters
    ----------
    spec : str, callable or None
        A name of `SCHEDULES` whose options all have defaults, a schedule, a function
        ``(steps, steps_per_epoch) -> factors``, or None for `Constant`.

    Returns
    -------
    Schedule
        The schedule; a function is given back as it is.

    Raises
    ------
    ArgumentError
        If the name is unknown or needs an option, a function takes other arguments, or
        `spec` is something else.

    Examples
    --------
    >>> get_schedule("constant"), get_schedule(Step(every=10))
    (Constant(), Step(every=10, factor=0.5))
    """
    if spec is None:
        return Constant()
    if isinstance(spec, str):
        return by_name("schedule", SCHEDULES, spec)
    if isinstance(spec, type):
        raise ArgumentError(
            f"schedule: expected a schedule, got the class {spec.__name__}. "
            f"Call it: {spec.__name__}(...)."
        )
    if callable(spec):
        check_call("schedule", spec, ("steps", "steps_per_epoch"), gives="factors")
        return spec
    raise ArgumentError(
        f"schedule: expected a name, a schedule or a function (steps, "
        f"steps_per_epoch) -> factors, got {spec!r}. The learning rate itself is the "
        f"optimizer's."
    )


def _store_epochs(record: Any, name: str) -> None:
    """Make a field an int of at least 1, or refuse it."""
    value = getattr(record, name)
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ArgumentError(
            f"schedules.{type(record).__name__}: expected {name} to be a whole number "
            f"of epochs, 1 or more, got {value!r}. Epochs are counted, not steps."
        )
    object.__setattr__(record, name, int(value))


def _store_number(record: Any, name: str) -> None:
    """Make a field a float, or refuse what is not a real number."""
    value = getattr(record, name)
    if not isinstance(value, Real) or isinstance(value, bool):
        raise ArgumentError(
            f"schedules.{type(record).__name__}: expected {name} to be a number, got "
            f"{value!r}. Pass a float such as 0.5."
        )
    object.__setattr__(record, name, float(value))
