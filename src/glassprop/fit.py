"""The one training loop.

`fit` prepares the data, makes the program of a training step, and runs it epoch by
epoch on a back end. Between epochs come validation, early stopping and callbacks. What
it needs to go on later (the optimizer's memory, the number of steps) stays with the
network, so that fitting 5 and 5 epochs gives the bits of 10. (Not where early stopping
has put the best weights back: they are older than the optimizer's memory.)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from glassprop.clipping import Clipping, get_clipping
from glassprop.contradictions import begins_late, ends_early, frozen_in_vain
from glassprop.early_stopping import (
    Best,
    EarlyStopping,
    check_answer,
    check_monitor,
    get_stopping,
    last_cost,
    monitored,
)
from glassprop.epochs import Shuffle, Work
from glassprop.errors import ArgumentError, DivergenceError, GlasspropWarning
from glassprop.evaluate import evaluate_rows, rising_numbers
from glassprop.frame_columns import check_same_columns
from glassprop.history import History
from glassprop.interrupts import Interrupts
from glassprop.listening import Listeners
from glassprop.losses import AnyLoss
from glassprop.optimizers import Minimizer, Optimizer, get_optimizer
from glassprop.options import is_number, is_whole
from glassprop.places import stack_level
from glassprop.progress import Progress
from glassprop.recipes import Recipe
from glassprop.rows import Rows, checked_rows, validation_rows
from glassprop.schedules import Schedule, get_schedule
from glassprop.schedules.contract import is_over, watched_by
from glassprop.signatures import check_call
from glassprop.structure import check_batches
from glassprop.targets import check_several_classes, row_classes
from glassprop.tasks import MetricSpec
from glassprop.training import Training, continued
from glassprop.training_steps import check_backend, training_steps

if TYPE_CHECKING:
    from glassprop.diagnosis.watching import Watching
    from glassprop.network import Network

ALIKE = "The rows of the training and those held out"
Callback = Callable[["Network", History], object]


def fit(
    net: Network,
    X: Any,
    y: Any,
    *,
    loss: AnyLoss,
    optimizer: str | Optimizer | Minimizer,
    epochs: int,
    batch_size: int | None,
    validation: Any,
    sample_weight: Any,
    class_weight: Any,
    shuffle: bool | Shuffle,
    early_stopping: bool | int | EarlyStopping | None,
    schedule: str | Schedule | None,
    clip: float | Clipping | None,
    callbacks: Iterable[Callback],
    metrics: MetricSpec | None,
    backend: str,
    threads: int | None,
    diagnose: bool | int,
    verbose: bool | None,
) -> History:
    """Train a network; `Network.fit` documents the arguments."""
    check_counts(epochs, batch_size)
    check_backend(backend, threads)
    if not isinstance(diagnose, bool) and not (is_whole(diagnose) and diagnose >= 2):
        raise ArgumentError(
            "diagnose must be True, False, or how many looks there are at the "
            f"training, 2 or more; got {diagnose!r}."
        )
    if metrics is not None and validation is None:
        raise ArgumentError(
            "metrics are measured on validation data, and there are none. Pass "
            "validation=0.2, or validation=(X, y)."
        )
    if callable(shuffle):
        check_call("shuffle", shuffle, ("epoch", "rows"), gives="the order of the rows")
    rule, plan = get_optimizer(optimizer), get_schedule(schedule)
    stopping, calls = get_stopping(early_stopping), check_callbacks(callbacks)
    clipping, watched = get_clipping(clip), watched_by(plan)
    weights = {"sample_weight": sample_weight, "class_weight": class_weight}
    with net.built_for(X) as built:
        rows, held_out = prepare(
            net, X, y, loss, validation=validation, weights=weights
        )
        check_batches(built.structure, len(rows), batch_size)
        # As the history will have them: what cannot be measured is so refused now.
        measured = _validated(net, held_out, loss, metrics)
        names = ["loss", *measured]
        for one in (stopping, watched):
            if one is not None:
                kind = type(one).__name__
                check_monitor(kind, one.monitor, names)
                check_answer(kind, monitored(one.monitor, names), measured)
        recipe = Recipe(loss, rule, rows.target, clipping)
        size = min(batch_size or len(rows), len(rows))
        steps = training_steps(
            built,
            recipe,
            net.name,
            backend=backend,
            threads=threads,
            rows=size,
            steps=epochs * -(-len(rows) // size),
            verbose=verbose,
        )
        recipe.check(
            built.structure,
            steps.program,
            rows=len(rows),
            batch_size=batch_size,
            schedule=plan,
        )
    net.loss, net.recipe = loss, recipe
    net.learn(rows.x)
    training = continued(net, rule)
    monitor = monitored(getattr(watched, "monitor", None), names)
    work = Work(net, training, steps, rows, batch_size, shuffle, plan, monitor)
    done, each = training.steps, work.steps_per_epoch
    for text in (
        *frozen_in_vain(net.structure, rule),
        *ends_early(plan, done / each, epochs),
        *begins_late(plan, rule, done=done, epochs=epochs, steps_per_epoch=each),
    ):
        warnings.warn(text, GlasspropWarning, stacklevel=stack_level())
    best = None if stopping is None else Best(stopping)
    after = After(work.training, recipe, held_out, calls, best, metrics)
    watching = _watching(work, recipe, loss, epochs, diagnose) if diagnose else None
    return _trained(work, after, epochs, verbose, watching)


def _watching(
    work: Work, recipe: Recipe, loss: AnyLoss, epochs: int, looks: bool | int
) -> Watching:
    """Make what looks at a training; it is imported where it is asked for."""
    from glassprop.diagnosis.at_rest import AtRest
    from glassprop.diagnosis.looks import Watch
    from glassprop.diagnosis.planning import Plan, affordable, rows_of_looks
    from glassprop.diagnosis.watching import Watching

    net, rows, training = work.net, work.rows, work.training
    program = work.steps.program
    many = rows_of_looks(program, work.rows_per_step, int(looks))
    plan = Plan(int(looks), many)
    if looks is True:
        steps = epochs * work.steps_per_epoch
        plan = affordable(program, work.rows_per_step, steps, work.steps.pace)
    at_rest = AtRest(
        net.layers,
        net.built,
        rows,
        loss,
        balanced=rows.weights is not None,
        step=None if training.steps else program,
        memory=training.memory,
        most=plan.rows,
    )
    watch = Watch(net, recipe, rows, plan.rows)
    return Watching(at_rest, watch, work, epochs, plan.looks)


# The loop -----------------------------------------------------------------------------


@dataclass(frozen=True)
class After:
    """What comes after each epoch.

    Parameters
    ----------
    training : Training
    recipe : Recipe
        Those of this fit; a callback may not change them.
    held_out : Rows or None
        Validation data.
    callbacks : list of callable
    best : Best or None
        The best epoch so far, with early stopping.
    metrics : str, Metric, sequence of such, or None
        What the validation data are measured by.
    """

    training: Training
    recipe: Recipe
    held_out: Rows | None
    callbacks: list[Callback]
    best: Best | None
    metrics: MetricSpec | None


def _trained(
    work: Work,
    after: After,
    epochs: int,
    verbose: bool | None,
    watching: Watching | None,
) -> History:
    """Train epoch by epoch until there is a reason to stop."""
    net, history = work.net, History()
    shapes, loss = net.structure.output_shape, after.recipe.loss
    rising = rising_numbers(loss, after.metrics, shapes)
    history.rising = frozenset(f"validation_{name}" for name in rising)
    listeners = Listeners(net, after.callbacks)
    watchers = (after.callbacks, after.held_out, after.best, watched_by(work.schedule))
    work = replace(
        work,
        is_unwatched=not any(watchers),
        after_step=listeners.after_step,
        pauses=() if watching is None else watching.pauses,
    )
    with Progress(epochs, verbose) as progress, Interrupts() as interrupted, listeners:

        def stop() -> bool:
            return listeners.asked or interrupted()

        def after_epoch(mean_loss: float) -> str | None:
            measured = _validated(net, after.held_out, loss, after.metrics)
            numbers = {"loss": mean_loss, **measured}
            history.add(work.training.epochs, numbers, work.training.rate)
            progress.show(len(history.epochs), work.training.epochs, numbers)
            if watching is not None:
                watching.after_epoch(history)
            reason = _reason_to_stop(net, after, history)
            if watched_by(work.schedule) is not None:
                costs = work.training.watched.setdefault(work.monitor, [])
                costs.append(last_cost(work.monitor, history))
                if reason is None and is_over(work.schedule, costs):
                    reason = "plateau"
            return reason or ("interrupted" if stop() else None)

        if watching is not None:
            watching.begin(progress.say if progress.shown else None)
        try:
            reason = after.recipe.run(work, epochs, after_epoch, stop)
        except DivergenceError as error:
            if watching is not None:
                error.diagnosis = watching.diagnosis(history, error.finding)
            raise
        history.stopped = "callback" if listeners.asked else reason
        best = after.best if after.best is not None and after.best.values else None
        if best is not None:
            history.best_epoch = best.epoch
        if watching is not None:
            history.diagnosis = watching.diagnosis(history)
    if best is not None:
        net.put(best.values)
    return history


def _validated(
    net: Network, held_out: Rows | None, loss: AnyLoss, metrics: MetricSpec | None
) -> dict[str, float]:
    """Measure the network on the rows that are held out."""
    if held_out is None:
        return {}
    found = evaluate_rows(net.built, held_out, loss, metrics)
    return {f"validation_{name}": number for name, number in found.items()}


def _reason_to_stop(net: Network, after: After, history: History) -> str | None:
    """Ask all callbacks, then early stopping."""
    answers = [call(net, history) for call in after.callbacks]
    _check_unchanged(net, after, history)
    if any(answer is True for answer in answers):
        return "callback"
    epoch, best = history.epochs[-1], after.best
    if best is not None and best.look(epoch, history, net.values):
        return "early stopping"
    return None


def _check_unchanged(net: Network, after: After, history: History) -> None:
    """Refuse to go on with a network that a callback has made another."""
    same = net.recipe is after.recipe and net.training is after.training
    if not same or after.training.epochs != history.epochs[-1]:
        raise ArgumentError(
            "a callback changed the network's layers or trained it while fit was "
            "training it. Do that after fit has returned, and end fit by returning "
            "True; callbacks may predict, evaluate, and assign parameters."
        )


# Before the first epoch ---------------------------------------------------------------


def check_counts(epochs: int, batch_size: int | None) -> None:
    """Refuse what is no number of epochs or of rows.

    Raises
    ------
    ArgumentError
        With what is expected.
    """
    if not is_whole(epochs) or epochs < 1:
        raise ArgumentError(f"epochs must be a positive integer, got {epochs!r}.")
    if batch_size is not None and not (is_whole(batch_size) and batch_size >= 1):
        raise ArgumentError(
            "batch_size must be a positive integer (None takes all rows at once), got "
            f"{batch_size!r}."
        )


def check_callbacks(callbacks: Any) -> list[Callback]:
    """Give callbacks as a list, or refuse what are none.

    Raises
    ------
    ArgumentError
        With what is expected.
    """
    if isinstance(callbacks, Iterable):
        calls = list(callbacks)
        if all(callable(call) for call in calls):
            for call in calls:
                check_call("callback", call, ("net", "history"), gives="True to stop")
            return calls
    raise ArgumentError(
        "callbacks must be a list of functions callback(net, history), got "
        f"{callbacks!r}."
    )


def prepare(
    net: Network,
    X: Any,
    y: Any,
    loss: AnyLoss,
    *,
    validation: Any,
    weights: Mapping[str, Any],
) -> tuple[Rows, Rows | None]:
    """Check the data, and hold out rows for validation."""
    rows = checked_rows(net.structure, X, y, loss, **weights)
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
        check_same_columns("validation X", held_out.words, rows.words, ALIKE)
    elif validation is not None:
        if not is_number(validation):
            raise ArgumentError(
                "validation must be a fraction such as 0.2, or a pair (X, y), got "
                f"{type(validation).__name__}."
            )
        train, held = validation_rows(
            len(rows), float(validation), net.seed, row_classes(rows.y, loss)
        )
        rows, held_out = rows.take(train), rows.take(held)
    if net.training is None:  # what goes on may meet one class alone
        check_several_classes(rows.y, loss)
    return rows, held_out
