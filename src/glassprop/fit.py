"""The one training loop.

`fit` prepares the data, makes the program of a training step, and runs it epoch by
epoch on a back end. Between epochs come validation, early stopping and callbacks. What
it needs to go on later (the optimizer's memory, the number of steps) stays with the
network, so that fitting 5 and 5 epochs gives the bits of 10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from glassprop.backends.run_numpy import NumpySteps
from glassprop.data import check_several_classes
from glassprop.divergence import first_bad_step, is_finite
from glassprop.errors import ArgumentError, DataError, did_you_mean
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
class EarlyStopping:
    """Stop when a number of the history no longer gets smaller.

    Parameters
    ----------
    patience : int
        Epochs to wait for something better.
    min_delta : float
        How much smaller counts as better.
    monitor : str or None
        The number: None for ``validation_loss`` where there is validation, else
        ``loss``.
    restore_best : bool
        Whether the network ends with the parameters of the best epoch.
    """

    patience: int = 10
    min_delta: float = 0.0
    monitor: str | None = None
    restore_best: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.patience, int) or self.patience < 1:
            raise ArgumentError(
                f"EarlyStopping: patience must be a positive integer, got "
                f"{self.patience!r}."
            )


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


@dataclass
class Best:
    """The best epoch so far, for early stopping."""

    rule: EarlyStopping
    value: float = np.inf
    epoch: int = 0
    waited: int = 0
    values: dict[str, Any] = field(default_factory=dict)

    def look(self, epoch: int, history: History, values: Mapping[str, Any]) -> bool:
        """Look at an epoch; tell whether to stop."""
        name = self.rule.monitor
        if name is None:
            name = "validation_loss" if "validation_loss" in history else "loss"
        if name not in history:
            raise ArgumentError(
                f"EarlyStopping: monitor={name!r} is not in the history, which has "
                f"{', '.join(history)}.{did_you_mean(name, history)}"
            )
        now = history[name][-1]
        if now < self.value - self.rule.min_delta:
            self.value, self.epoch, self.waited = now, epoch, 0
            if self.rule.restore_best:
                self.values = {key: np.array(one) for key, one in values.items()}
        else:
            self.waited += 1
        return self.waited >= self.rule.patience


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
    stopping = _stopping(early_stopping)
    with net.built_for(X):
        training_rows, held_out = prepare(
            net, X, y, loss, validation, sample_weight, class_weight
        )
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
                batch_size,
                shuffle,
                plan,
                interrupted,
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
            if any([callback(net, history) is True for callback in callbacks]):
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


# Before the first epoch ----------------------------------------------------------------


def _check_counts(epochs: int, batch_size: int | None, backend: str) -> None:
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if value is not None and (not whole or value < 1):
            hint = " (None takes all rows at once)" if name == "batch_size" else ""
            raise ArgumentError(
                f"{name} must be a positive integer{hint}, got {value!r}."
            )
    if epochs is None:
        raise ArgumentError("epochs must be a positive integer, got None.")
    if backend not in BACKENDS:
        raise ArgumentError(
            f"unknown backend {backend!r}.{did_you_mean(str(backend), BACKENDS)} "
            "Expected 'auto' or 'numpy'."
        )


def _stopping(spec: bool | int | EarlyStopping | None) -> EarlyStopping | None:
    if spec is None or spec is False:
        return None
    if spec is True:
        return EarlyStopping()
    return spec if isinstance(spec, EarlyStopping) else EarlyStopping(patience=spec)


def prepare(
    net: Network,
    X: Any,
    y: Any,
    loss: Loss,
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
    if len(rows) == 0:
        raise DataError("X has 0 rows; there is nothing to learn from.")
    held_out = None
    if isinstance(validation, float):
        labels = rows.y if loss.classifies and rows.y.ndim == 1 else None
        rng = generator(net.seed, SPLIT)
        train, held = split_rows(len(rows), validation, rng, labels)
        rows, held_out = rows.take(train), rows.take(held)
    elif validation is not None:
        if not isinstance(validation, tuple | list) or len(validation) not in (2, 3):
            raise ArgumentError(
                "validation must be a fraction such as 0.2, or a pair (X, y), got "
                f"{type(validation).__name__}."
            )
        weight = validation[2] if len(validation) == 3 else None
        held_out = checked_rows(
            net.structure, validation[0], validation[1], loss, sample_weight=weight
        )
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


# One epoch ---------------------------------------------------------------------------


def _epoch(
    net: Network,
    training: Training,
    steps: NumpySteps,
    rows: Rows,
    batch_size: int | None,
    shuffle: bool,
    schedule: Schedule,
    stop: Callable[[], bool],
) -> float | None:
    """Run one epoch; give its mean loss, or None if it was stopped before its end."""
    rng = generator(net.seed, SHUFFLE, training.epochs) if shuffle else None
    cut = batches(len(rows), batch_size, rng)
    numbers = np.arange(training.steps, training.steps + len(cut))
    factors = schedule(numbers, len(cut))
    rates = (training.optimizer.learning_rate * factors).astype(net.structure.dtype)
    values = {**net.values, **training.memory}
    before = {key: np.array(value) for key, value in values.items()}
    with np.errstate(all="ignore"):
        losses = steps.epoch(
            values, rows.data(), cut, rates, net.seed, training.steps + 1, stop
        )
    if not (np.isfinite(losses).all() and is_finite(values)):
        raise first_bad_step(net, training, steps, rows.data(), cut, rates, before)
    training.steps += len(losses)
    if len(losses) < len(cut):
        return None
    training.epochs += 1
    sizes = [len(rows.x[one]) for one in cut]
    return float(np.average(losses, weights=sizes))
