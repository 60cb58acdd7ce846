"""The trial of a diagnosis: on which rows a copy is trained, how often, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glassprop.diagnosis.planning import planned_trial
from glassprop.program import Program
from glassprop.randomness import LOOK, generator
from glassprop.schedules import Warmup, get_schedule
from glassprop.schedules.contract import length_of
from glassprop.splits import take_rows

if TYPE_CHECKING:
    from glassprop.history import History
    from glassprop.network import Network

Options = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Trial:
    """What `fit` is given.

    Parameters
    ----------
    x, y : array-like of shape (rows, ...)
        All rows, or some.
    epochs : int
        How often.
    options : dict from str to object
        Its further options.
    all_at_once : array of int or None
        The numbers of the rows where a step is on all of them; None where it is not,
        or these are all that there are.
    about : str
        What else there is to say of it.
    """

    x: Any
    y: Any
    epochs: int
    options: Options
    all_at_once: NDArray[Any] | None = None
    about: str = ""

    def run(self, net: Network, **changed: Any) -> History:
        """Train a copy of a network.

        Parameters
        ----------
        net : Network
            It does not change.
        **changed
            Options that are others here.

        Raises
        ------
        DivergenceError
            If a value becomes NaN or infinite.
        KeyboardInterrupt
            After Ctrl-C: a trial that was broken off tells nothing.
        """
        options = {"epochs": self.epochs, **self.options, **changed}
        history = net.copy().fit(self.x, self.y, **options)
        if history.stopped == "interrupted":
            raise KeyboardInterrupt
        return history

    def __str__(self) -> str:
        epochs = "1 epoch" if self.epochs == 1 else f"{self.epochs:,} epochs"
        return f"a trial of {epochs}{self.about}"


def short_trial(
    net: Network, x: Any, y: Any, options: Options, *, step: Program, rows: int
) -> Trial:
    """Make a trial whose epochs are not given, of as many steps as are needed.

    A schedule ends with it at the latest, and is left out if it is over already; a rise
    of the learning rate ends with it, too.

    Parameters
    ----------
    net : Network
        What is to be trained.
    x, y : array-like of shape (rows, ...)
        All rows.
    options : mapping from str to object
        Of `fit`, with its ``batch_size`` and ``optimizer``.
    step : Program
        A step of the training.
    rows : int
        How many there are.
    """
    per_step = min(options["batch_size"] or rows, rows)
    plan = planned_trial(step, rows, per_step)
    each = -(-plan.rows // min(per_step, plan.rows))
    epochs, options, about = _scheduled(
        plan.epochs, options, _steps_done(net, options["optimizer"]) / each
    )
    if plan.rows == rows:
        return Trial(x, y, epochs, options, None, about)
    mixed = generator(net.seed, LOOK, 98).permutation(rows)
    chosen = np.sort(mixed[: plan.rows])
    weights = options.get("sample_weight")
    if weights is not None:
        options = {**options, "sample_weight": np.asarray(weights)[chosen]}
    x, y = (take_rows(one, chosen, rows) for one in (x, y))
    about = f" on {plan.rows:,} of {rows:,} rows{about}"
    whole = chosen if plan.rows <= per_step else None
    return Trial(x, y, epochs, options, whole, about)


def _steps_done(net: Network, optimizer: Any) -> int:
    """Give how many steps of a training that the trial goes on with are done."""
    before = net.training
    return before.steps if before and before.optimizer == optimizer else 0


def _scheduled(epochs: int, options: Options, done: float) -> tuple[int, Options, str]:
    """Let a trial and its schedule end together."""
    schedule: Any = get_schedule(options.get("schedule"))
    length = length_of(schedule)
    if length is not None and length - done < 1:
        return epochs, {**options, "schedule": None}, ", its schedule being over"
    if length is not None:
        epochs = min(epochs, int(length - done))
    last = int(done + epochs)
    if isinstance(schedule, Warmup) and schedule.epochs > last:
        options = {**options, "schedule": replace(schedule, epochs=last)}
    return epochs, options, ""
