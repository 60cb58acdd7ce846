"""The one training loop.

`fit` prepares the data, makes the program of a training step, and runs it epoch by
epoch on a back end. Between epochs come validation, early stopping and callbacks. What
it needs to go on later (the optimizer's memory, the number of steps) stays with the
network, so that fitting 5 and 5 epochs gives the bits of 10. (Not where early stopping
has put the best weights back: they are older than the optimizer's memory.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from glassprop.backends.run_numpy import NumpySteps
from glassprop.data import check_several_classes, classes_of
from glassprop.divergence import first_bad_step, is_finite
from glassprop.early_stopping import (
    Best,
    EarlyStopping,
    check_monitor,
    get_stopping,
)
from glassprop.errors import ArgumentError
from glassprop.evaluate import evaluate_rows
from glassprop.history import History
from glassprop.interrupts import Interrupts
from glassprop.losses import Loss
from glassprop.optimizers import Optimizer, get_optimizer
from glassprop.program import Program
from glassprop.programs import Target, start_memory, step_program
from glassprop.progress import Progress
from glassprop.randomness import SHUFFLE, SPLIT, generator
from glassprop.rows import Rows, batches, checked_rows, split_rows
from glassprop.schedules import Schedule, get_schedule

if TYPE_CHECKING:
    from glassprop.network import Network

Callback = Callable[["Network", History], object]
BACKENDS = ("auto", "numpy")


@dataclass(frozen=True)
class Recipe:
    """What the program of a training step depends on, besides the network.

    Parameters
    ----------
    loss : Loss
    optimizer : Optimizer
    target : Target
        What y looks like, and whether rows are weighted.
    clip : float or None
        The largest norm of all gradients together.
    """

    loss: Loss
    optimizer: Optimizer
    target: Target
    clip: float | None = None

    def program(self, net: Network) -> Program:
        """Make the program of a step."""
        return step_program(
            net.structure,
            self.loss,
            self.optimizer,
            self.target,
            clip=self.clip,
            name=net.name,
        )


@dataclass
class Training:
    """What a network keeps to go on training later.

    Parameters
    ----------
    optimizer : Optimizer
        The rule that was used.
    memory : dict from str to array
        What it remembers.
    epochs, steps : int
        How many are done.
    """

    optimizer: Optimizer
    memory: dict[str, Any]
    epochs: int = 0
    steps: int = 0


def fit(
    net: Network,
    X: Any,
    y: Any,
    *,
    loss: Loss,
    optimizer: str | Optimizer,
    epochs: int,
    batch_size: int | None,
    validation: Any,
    sample_weight: Any,
    class_weight: Any,
    shuffle: bool,
    early_stopping: bool | int | EarlyStopping | None,
    schedule: str | Schedule | None,
    clip: float | None,
    callbacks: Iterable[Callback],
    backend: str,
    verbose: bool | None,
) -> History:
    """Train a network; `Network.fit` documents the arguments."""
    _check_counts(epochs, batch_size, backend)
    rule, plan = get_optimizer(optimizer), get_schedule(schedule)
    stopping, calls = get_stopping(early_stopping), _callbacks(callbacks)
    with net.built_for(X):
        training_rows, held_out = prepare(
            net,
            X,
            y,
            loss,
            validation=validation,
            sample_weight=sample_weight,
            class_weight=class_weight,
        )
        known = ["loss"]
        if held_out is not None:
            # Measured now, so that what cannot be measured is refused before training.
            numbers = evaluate_rows(net, held_out, loss)
            known += [f"validation_{name}" for name in numbers]
        check_monitor(stopping, known)
        recipe = Recipe(loss, rule, training_rows.target, clip)
        steps = net.compiled(recipe, lambda: NumpySteps(recipe.program(net)))
    net.loss, net.recipe = loss, recipe
    net.learn(training_rows.x)
    training = continued(net, rule)
    history = History()
    best = None if stopping is None else Best(stopping)
    with Progress(epochs, verbose) as progress, Interrupts() as interrupted:
        for done in range(1, epochs + 1):
            mean_loss = _epoch(
                net,
                training,
                steps,
                training_rows,
                batch_size=batch_size,
                shuffle=shuffle,
                schedule=plan,
                stop=interrupted,
            )
            if mean_loss is None:
                history.stopped = "interrupted"
                break
            numbers = {"loss": mean_loss}
            if held_out is not None:
                found = evaluate_rows(net, held_out, loss)
                numbers |= {f"validation_{key}": one for key, one in found.items()}
            history.add(training.epochs, numbers)
            progress.show(done, training.epochs, numbers)
            answers = [call(net, history) for call in calls]
            _check_unchanged(net, recipe, training, history)
            if any(answer is True for answer in answers):
                history.stopped = "callback"
                break
            if best is not None and best.look(training.epochs, history, net.values):
                history.stopped = "early stopping"
                break
            if interrupted():
                history.stopped = "interrupted"
                break
    if best is not None and best.values:
        net.put(best.values)
        history.best_epoch = best.epoch
    return history


def _check_unchanged(
    net: Network, recipe: Recipe, training: Training, history: History
) -> None:
    """Refuse to go on with a network that a callback has made another."""
    same = net.recipe is recipe and net.training is training
    if not same or training.epochs != history.epochs[-1]:
        raise ArgumentError(
            "a callback changed the network's layers or trained it while fit was "
            "training it. Do that after fit has returned, and end fit by returning "
            "True; callbacks may predict, evaluate, and assign parameters."
        )


# Before the first epoch ---------------------------------------------------------------


def _is_count(value: Any) -> bool:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return whole and value >= 1


def _check_counts(epochs: int, batch_size: int | None, backend: str) -> None:
    if not _is_count(epochs):
        raise ArgumentError(f"epochs must be a positive integer, got {epochs!r}.")
    if batch_size is not None and not _is_count(batch_size):
        raise ArgumentError(
            "batch_size must be a positive integer (None takes all rows at once), got "
            f"{batch_size!r}."
        )
    if backend not in BACKENDS:
        raise ArgumentError(f"unknown backend {backend!r}. Expected 'auto' or 'numpy'.")


def _callbacks(callbacks: Any) -> list[Callback]:
    if isinstance(callbacks, Iterable):
        calls = list(callbacks)
        if all(callable(call) for call in calls):
            return calls
    raise ArgumentError(
        "callbacks must be a list of functions callback(net, history), got "
        f"{callbacks!r}."
    )


def prepare(
    net: Network,
    X: Any,
    y: Any,
    loss: Loss,
    *,
    validation: Any,
    sample_weight: Any,
    class_weight: Any,
) -> tuple[Rows, Rows | None]:
    """Check the data, and hold out rows for validation."""
    rows = checked_rows(
        net.structure,
        X,
        y,
        loss,
        sample_weight=sample_weight,
        class_weight=class_weight,
    )
    held_out = None
    if isinstance(validation, tuple | list) and len(validation) in (2, 3):
        held_out = checked_rows(
            net.structure,
            validation[0],
            validation[1],
            loss,
            sample_weight=validation[2] if len(validation) == 3 else None,
            what="validation ",
        )
    elif validation is not None:
        if not isinstance(validation, Real) or isinstance(validation, bool):
            raise ArgumentError(
                "validation must be a fraction such as 0.2, or a pair (X, y), got "
                f"{type(validation).__name__}."
            )
        rng = generator(net.seed, SPLIT)
        train, held = split_rows(
            len(rows), float(validation), rng, classes_of(rows.y, loss)
        )
        rows, held_out = rows.take(train), rows.take(held)
    check_several_classes(rows.y, loss)
    return rows, held_out


def continued(net: Network, optimizer: Optimizer) -> Training:
    """Give the training to go on with: the same rule goes on, another starts anew."""
    fresh = start_memory(net.structure, optimizer, net.values)
    before = net.training
    if before is None:
        net.training = Training(optimizer, fresh)
    elif before.optimizer != optimizer or _shapes(before.memory) != _shapes(fresh):
        net.training = Training(optimizer, fresh, before.epochs, 0)
    assert net.training is not None
    return net.training


def _shapes(memory: Mapping[str, Any]) -> dict[str, Any]:
    return {key: np.shape(value) for key, value in memory.items()}


# One epoch ----------------------------------------------------------------------------


def _epoch(
    net: Network,
    training: Training,
    steps: NumpySteps,
    rows: Rows,
    *,
    batch_size: int | None,
    shuffle: bool,
    schedule: Schedule,
    stop: Callable[[], bool],
) -> float | None:
    """Run one epoch; give its mean loss, or None if it was stopped before its end."""
    one_batch = batch_size is None or batch_size >= len(rows)
    rng = None
    if shuffle and not one_batch:
        rng = generator(net.seed, SHUFFLE, training.epochs)
    cut = batches(len(rows), batch_size, rng)
    rates = _rates(schedule, training, len(cut)).astype(net.structure.dtype)
    values = {**net.values, **training.memory}
    before = {key: np.array(value) for key, value in values.items()}
    with np.errstate(all="ignore"):
        losses = steps.epoch(
            values,
            rows.data(),
            cut,
            rates,
            seed=net.seed,
            first_step=training.steps + 1,
            stop=stop,
        )
    if not (np.isfinite(losses).all() and is_finite(values)):
        raise first_bad_step(
            net,
            training,
            steps,
            data=rows.data(),
            batches=cut,
            rates=rates,
            before=before,
        )
    training.steps += len(losses)
    if len(losses) < len(cut):
        return None
    training.epochs += 1
    return float(losses @ [_size(one) for one in cut] / len(rows))


def _rates(schedule: Schedule, training: Training, steps: int) -> Any:
    """Ask the schedule for the learning rates of the coming steps."""
    numbers = np.arange(training.steps, training.steps + steps)
    factors = np.asarray(schedule(numbers, steps))
    fits = factors.shape == (steps,) and factors.dtype.kind in "iuf"
    if not fits or not np.isfinite(factors).all():
        raise ArgumentError(
            f"schedule: expected {steps} finite factors, one a step, got {factors!r}."
        )
    return training.optimizer.learning_rate * factors


def _size(batch: Any) -> int:
    return batch.stop - batch.start if isinstance(batch, slice) else len(batch)
