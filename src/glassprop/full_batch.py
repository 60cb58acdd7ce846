"""Training by a minimizer: all rows at once, an epoch for each of its iterations.

The minimizer, such as `LBFGS`, asks for the loss and its gradient at points of its own
choice. They are found by one traced program, that of the value and the gradient. After
each iteration the network gets the new parameters, and what comes between epochs in
any training comes here: validation, callbacks, early stopping.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.run_numpy import NumpySteps
from glassprop.clipping import Clipping
from glassprop.epochs import AfterEpoch, Stop, Work
from glassprop.errors import ArgumentError
from glassprop.graph import order
from glassprop.ops.random import random
from glassprop.program import Program
from glassprop.schedules import Constant, Schedule
from glassprop.structure import Structure

Vector = NDArray[np.float64]


def refuse_steps(
    optimizer: Any,
    structure: Structure,
    program: Program,
    *,
    rows: int,
    batch_size: int | None,
    schedule: Schedule,
    clip: Clipping | None,
) -> None:
    """Refuse what a minimizer cannot do.

    Raises
    ------
    ArgumentError
        If there are several batches, a schedule, clipping, a constraint, a layer that
        draws random numbers, or nothing to train.
    MissingExtraError
        If the minimizer needs a package that is not installed.
    """
    kind = type(optimizer).__name__
    if batch_size is not None and batch_size < rows:
        raise ArgumentError(
            f"{kind} takes all rows at once: batch_size must be None, or at least "
            f"{rows}, the number of rows, got {batch_size}."
        )
    if schedule != Constant():
        raise ArgumentError(
            f"{kind} finds the size of its steps itself: schedule must be None, got "
            f"{schedule!r}."
        )
    if clip is not None:
        raise ArgumentError(
            f"{kind} needs the gradient as it is: clip must be None, got {clip!r}."
        )
    if not structure.trainable:
        raise ArgumentError(
            f"{kind} has nothing to change: every parameter is frozen, or there is "
            "none."
        )
    for key in structure.trainable:
        if structure.parameters[key].constraint is not None:
            raise ArgumentError(
                f"{kind} cannot keep a constraint, and {key} has one. Leave it out, or "
                "use gp.Adam()."
            )
    for node in order(list(program.outputs.values())):
        if node.primitive is random:
            raise ArgumentError(
                f"{kind} needs a loss that is the same each time, and layer "
                f"{node.scope!r} draws random numbers. Remove it, or use gp.Adam()."
            )
    getattr(optimizer, "check", lambda: None)()


def run_iterations(work: Work, epochs: int, after_epoch: AfterEpoch, stop: Stop) -> str:
    """Train until there is a reason to stop, and give the reason.

    Parameters
    ----------
    work : Work
        What is trained on what.
    epochs : int
        How many iterations at most.
    after_epoch : callable
        Called with the loss after each; gives a reason to stop, or nothing.
    stop : callable
        Asked before each look at the rows; True ends the iteration.

    Returns
    -------
    str
        Why training ended.

    Raises
    ------
    ArgumentError
        If a callback has assigned parameters.
    DivergenceError
        If a value is NaN or infinite; the network keeps the last finite ones.
    """
    search = _Search(work, after_epoch, stop)
    minimizer: Any = work.training.optimizer
    start = search.joined(work.net.values)
    try:
        reason = minimizer.minimize(
            search.value_and_gradient, start, search.accept, epochs
        )
    except _Interrupted:
        return "interrupted"
    return search.reason or str(reason)


class _Interrupted(BaseException):
    """Leaves the minimizer in the middle of an iteration."""


@dataclass
class _Search:
    """One run of a minimizer, between its points and the network's values."""

    work: Work
    after_epoch: AfterEpoch
    stop: Stop
    reason: str | None = None
    seen: dict[bytes, tuple[float, dict[str, Any]]] = field(default_factory=dict)

    def joined(self, values: Any) -> Vector:
        """Put the trainable parameters in one row of float64."""
        keys = self.work.net.structure.trainable
        return np.concatenate([np.ravel(values[key]) for key in keys], dtype=np.float64)

    def _parted(self, point: Vector) -> Iterator[tuple[str, NDArray[Any]]]:
        structure = self.work.net.structure
        at = 0
        for key in structure.trainable:
            shape = structure.parameters[key].shape
            size = int(np.prod(shape))
            part = point[at : at + size].reshape(shape)
            yield key, part.astype(structure.dtype)
            at += size

    def value_and_gradient(self, point: Vector) -> tuple[float, Vector]:
        """Give the loss at a point and its gradient."""
        if self.stop():
            raise _Interrupted
        work, steps = self.work, self.work.steps
        assert isinstance(steps, NumpySteps)  # `fit` refuses others
        states = {
            key: np.array(work.net.values[key]) for key in work.net.structure.state
        }
        given = {
            **work.net.values,
            **states,  # copies: the program writes into them
            **dict(self._parted(point)),
            **work.rows.data(),
            "seed": work.net.seed,
            "t": np.float64(work.training.steps + 1),
        }
        before = {key: np.array(one) for key, one in states.items()}
        with np.errstate(all="ignore"):
            found = steps.compiled.named(given)
        gradient = self.joined(
            {key: found[f"d {key}"] for key in work.net.structure.trainable}
        )
        loss = float(found["loss"])
        if not (np.isfinite(loss) and np.isfinite(gradient).all()):
            given |= before
            from glassprop.diagnosis.causes import divergence

            raise divergence(
                steps.program,
                given,
                work.net,
                work.training,
                step=1,
                learning_rate=None,
                words=work.rows.words,
            )
        self.seen = {point.tobytes(): (loss, states)}
        return loss, gradient

    def accept(self, point: Vector) -> bool:
        """Take the point that an iteration has come to; tell whether to stop."""
        if point.tobytes() not in self.seen:
            self.value_and_gradient(point)
        loss, states = self.seen[point.tobytes()]
        net, training = self.work.net, self.work.training
        parts = dict(self._parted(point))
        net.put({**parts, **states})
        training.steps += 1
        training.epochs += 1
        if self.work.after_step is not None:
            self.work.after_step(training.steps, loss)
        self.reason = self.after_epoch(loss)
        if any(not np.array_equal(net.values[key], one) for key, one in parts.items()):
            raise ArgumentError(
                "a callback assigned parameters, and "
                f"{type(training.optimizer).__name__} goes on from its own. Assign "
                "them between two calls of fit."
            )
        return self.reason is not None
