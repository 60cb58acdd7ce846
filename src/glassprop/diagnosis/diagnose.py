"""A diagnosis before training: what is wrong, and what to change.

Static checks, a gradient check, a few rows learned by heart, a range test, and a short
trial on a copy that is watched. ``fit(diagnose=True)`` has the watch alone, over the
training itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glassprop.built import Built
from glassprop.check import check_gradients
from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Diagnosis, Finding
from glassprop.diagnosis.overfitting import check_overfit
from glassprop.diagnosis.rates import RateSearch, check_range, search_rates
from glassprop.diagnosis.remedies import has_field, other, slower, together
from glassprop.errors import (
    ArgumentError,
    BroadcastError,
    DivergenceError,
    did_you_mean,
    listing,
)
from glassprop.fit import check_counts, fit
from glassprop.graph import order
from glassprop.layer_names import layer_names
from glassprop.losses import AnyLoss
from glassprop.names import LOSS_SCOPE
from glassprop.optimizers import is_minimizer
from glassprop.programs import (
    data_of,
    declared,
    declared_target,
    evaluate_program,
    row_losses,
)
from glassprop.randomness import LOOK, generator
from glassprop.recipes import Recipe
from glassprop.rows import Rows, checked_rows
from glassprop.splits import take_rows
from glassprop.structure import check_batches, predicting
from glassprop.targets import check_several_classes
from glassprop.trace import Trace
from glassprop.training_steps import training_steps
from glassprop.updates import start_memory

if TYPE_CHECKING:
    from glassprop.network import Network

CHECKED = 16  # rows of a gradient check
BESIDE = 0.01  # how far from the values the second point of it is
TRIAL_STEPS, LEAST_EPOCHS = 300, 3  # of a trial whose epochs are not given
DECIDED = ("diagnose", "verbose")  # options of `fit` that a trial decides itself
LOOKED_AT = (
    "layers, start, data and loss",
    "gradients against finite differences",
    "a few rows learned by heart",
    "a range of learning rates",
)


def diagnose(
    net: Network,
    X: Any,
    y: Any,
    *,
    loss: AnyLoss,
    optimizer: Any,
    epochs: int | None,
    options: Mapping[str, Any],
) -> Diagnosis:
    """Diagnose a network; `Network.diagnose` documents the arguments.

    Nothing of the network changes.
    """
    _check_options(options)
    trial, size = net.copy(), options["batch_size"]
    check_counts(1 if epochs is None else epochs, size)
    told = {**options, "loss": loss, "optimizer": optimizer, "verbose": False}
    try:
        rows = _prepared(trial, X, y, loss)
        evaluate_program(trial.structure, loss, rows.target)
    except BroadcastError as error:
        return Diagnosis((_accident(net, error, y),), ("shapes",))
    per_step = min(size or len(rows), len(rows))
    if epochs is None:
        chosen, epochs = _shortened(trial, rows, per_step, TRIAL_STEPS)
        X, y, told = _taken(X, y, told, chosen, len(rows))
    try:
        history = trial.copy().fit(X, y, epochs=epochs, diagnose=True, **told)
        watched = history.diagnosis
    except DivergenceError as error:
        watched = error.diagnosis
    assert watched is not None
    found = [*watched]
    fresh = trial.training is None or not trial.training.steps
    recipe = Recipe(loss, optimizer, rows.target)
    with np.errstate(all="ignore"):  # numbers may be of any size
        found += wrong_gradient(trial, rows, loss)
        if fresh:
            alone = not any(one.severity == "error" for one in found)
            found += cannot_overfit(trial, rows, loss, alone=alone)
        if not is_minimizer(optimizer):
            found += learning_rate(
                trial, rows, recipe, per_step=per_step, epochs=epochs
            )
    return Diagnosis(tuple(found), (*LOOKED_AT, f"a trial of {epochs} epochs"))


def _check_options(options: Mapping[str, Any]) -> None:
    """Refuse what `fit` does not take, and what a trial decides itself."""
    known = [
        name
        for name, one in signature(fit).parameters.items()
        if one.kind is one.KEYWORD_ONLY and name not in DECIDED
    ]
    for name in options:
        if name not in known:
            raise ArgumentError(
                f"diagnose: there is no option {name!r}.{did_you_mean(name, known)} "
                f"Expected options of fit: {listing(known)}."
            )


def _prepared(net: Network, X: Any, y: Any, loss: AnyLoss) -> Rows:
    """Check data as `fit` does, and let layers learn from them."""
    with net.built_for(X) as built:
        rows = checked_rows(built.structure, X, y, loss)
        check_several_classes(rows.y, loss)
    net.learn(rows.x)
    return rows


def _shortened(
    net: Network, rows: Rows, per_step: int, steps: int
) -> tuple[NDArray[Any] | None, int]:
    """Choose rows and epochs for a trial: some hundred steps, at least three epochs."""
    total = len(rows)
    most = per_step * steps // LEAST_EPOCHS
    chosen = None
    if total > most:
        mixed = generator(net.seed, LOOK, 98).permutation(total)
        chosen, total = np.sort(mixed[:most]), most
    return chosen, max(LEAST_EPOCHS, -(-steps // -(-total // per_step)))


def _taken(
    X: Any, y: Any, told: Mapping[str, Any], chosen: NDArray[Any] | None, rows: int
) -> tuple[Any, Any, dict[str, Any]]:
    if chosen is None:
        return X, y, dict(told)
    weights = told.get("sample_weight")
    if weights is not None:
        told = {**told, "sample_weight": np.asarray(weights)[chosen]}
    x, target = (take_rows(one, chosen, rows) for one in (X, y))
    return x, target, dict(told)


# Conditions that need more than a look ------------------------------------------------


def _accident(net: Network, error: BroadcastError, y: Any) -> Finding:
    """Make a finding of shapes that NumPy would combine."""
    change = Change(words=error.repair, data=error.code)
    shape = np.shape(y)
    if not error.code and len(shape) == 2:
        name = layer_names(net.layers)[-1]
        wider = other(net.layers, name, units=int(shape[1]))
        if wider is not None:
            change = replace(wider, words=error.repair)
    return Finding("broadcasting", error.seen, change, severity="error")


def wrong_gradient(net: Network, rows: Rows, loss: AnyLoss) -> Iterator[Finding]:
    """Compare gradients with finite differences, at two points.

    The second has other rows and values a little beside. Where a corner of relu lies
    within the difference, the two are apart at one of them, as for a row of zeros while
    biases are 0; a gradient that is wrong is so at both.
    """
    wrong, doubtful = CONDITIONS["wrong_gradient"].limits
    mixed = generator(net.seed, LOOK, 97).permutation(len(rows))
    errors: dict[str, float] = {}
    for at, built in enumerate((net.built, _beside(net.built))):
        chosen = np.roll(mixed, -at * CHECKED)[:CHECKED]
        found = check_gradients(built, rows.take(np.sort(chosen)), loss)
        known = {key: one for key, one in found.items() if math.isfinite(one)}
        errors = {key: min(errors.get(key, np.inf), one) for key, one in known.items()}
        if not max(errors.values(), default=0.0) >= doubtful:
            return  # what is not finite is said by the trial
    bad = {key: one for key, one in errors.items() if one >= doubtful}
    worst = max(bad, key=lambda key: bad[key])
    last = list(bad)[-1]
    name = last.rpartition(".")[0]
    stopped = _stops(net, rows, loss)
    if stopped:
        change = Change(words=f"Take gp.stop_gradient out of {' and '.join(stopped)}.")
    else:
        change = Change(
            words=f"Look at layer {name!r} and at what comes after it, up to the loss: "
            "a function with a jump or a corner there has no slope that can be checked."
        )
    yield Finding(
        "wrong_gradient",
        f"the gradient of {worst} is {errors[worst]:.2g} of its size away from finite "
        f"differences; from {doubtful:g} it is in doubt, from {wrong:g} wrong. So are "
        f"{len(bad)} of {len(errors)} parameters, the last of them {last}.",
        change,
        value=errors[worst],
        limit=doubtful,
        severity="error" if errors[worst] >= wrong else "warning",
        layer=name,
    )


def _beside(built: Built) -> Built:
    """Give the same network with each trainable value moved a little."""
    rng = generator(built.seed, LOOK, 96)
    moved = {
        key: built.values[key] + BESIDE * rng.standard_normal(built.values[key].shape)
        for key in built.structure.trainable
    }
    return replace(built, values={**built.values, **moved}, programs={})


def _stops(net: Network, rows: Rows, loss: AnyLoss) -> list[str]:
    """Name the layers in which the gradient is stopped."""
    scopes: list[str] = []

    def whole(trace: Trace) -> None:
        structure = net.structure
        inputs = declared(trace, structure)
        inputs |= declared_target(trace, rows.target)
        x = data_of(inputs, "x", structure.input_shape)
        y = data_of(inputs, "y", rows.target.shape)
        output, _ = predicting(structure, trace, inputs, x)
        losses = row_losses(trace, structure, loss, output, y)
        scopes.extend(
            node.scope
            for node in order([one.node for one in losses])
            if node.primitive.name == "stop_gradient"
        )

    whole(Trace(net.structure.dtype))
    return [
        "the loss" if one == LOSS_SCOPE else f"layer {one!r}"
        for one in dict.fromkeys(scopes)
    ]


def cannot_overfit(
    net: Network, rows: Rows, loss: AnyLoss, *, alone: bool
) -> Iterator[Finding]:
    """See whether a few rows can be learned by heart.

    Where something is found that explains it, the network need not be wider.
    """
    limit = CONDITIONS["cannot_overfit"].limit
    found = check_overfit(net.built, rows, loss)
    if found.ok:
        return
    change = wider(net.layers)
    if not alone:
        change = Change(words="Make the other changes first.")
    elif not change.layers:
        change = Change(words="Give it a hidden layer, or look at the other findings.")
    yield Finding(
        "cannot_overfit",
        f"{found}. {found.left:.2g} of the way is left; up to {limit:g} is fine.",
        change,
        value=found.left,
        limit=limit,
    )


def wider(layers: Sequence[Any]) -> Change:
    """Propose more units: the widest layer's where some are narrow, else four times."""
    *hidden, _last = [
        (name, layer.units)
        for name, layer in zip(layer_names(layers), layers, strict=True)
        if has_field(layer, "units")
    ] or [("", 0)]
    most = max((units for _, units in hidden), default=0)
    narrow = [name for name, units in hidden if 2 * units <= most]
    chosen = narrow or [name for name, _ in hidden]
    size = most if narrow else 4 * most
    changes = [other(layers, name, units=size) for name in chosen]
    return together(changes)


def learning_rate(
    net: Network, rows: Rows, recipe: Recipe, *, per_step: int, epochs: int
) -> Iterator[Finding]:
    """Compare the learning rate with those of a range test."""
    below, above = CONDITIONS["learning_rate"].limits
    optimizer = recipe.optimizer
    try:
        length = epochs * -(-len(rows) // per_step)
        found = _searched(net, rows, recipe, per_step, length=length)
    except ArgumentError:
        return  # it explodes at once: the trial says why
    rate, last = optimizer.learning_rate, float(found.rates[-1])
    if not found.falls:
        return
    if rate * below < found.falling:
        apart = found.falling / rate
        text = f"{apart:.2g} times below where the loss begins to fall"
        yield _rated(optimizer, found, text, apart, below)
    elif found.exploded and rate > above * last:
        text = f"{rate / last:.2g} times that at which the loss explodes"
        yield _rated(optimizer, found, text, rate / last, above)


def _rated(
    optimizer: Any, found: RateSearch, text: str, value: float, limit: float
) -> Finding:
    return Finding(
        "learning_rate",
        f"the learning rate {optimizer.learning_rate:g} is {text} in a range test "
        f"({found}); up to {limit:g} times is fine.",
        slower(optimizer, found.suggestion),
        value=value,
        limit=limit,
    )


# The range test -----------------------------------------------------------------------


def _searched(
    net: Network, rows: Rows, recipe: Recipe, per_step: int, **limits: Any
) -> RateSearch:
    if not net.structure.trainable:
        raise ArgumentError(
            "find_learning_rate: the network has nothing to train. Let some layers "
            "train: leave frozen= out, or add a layer with parameters, gp.Dense(units)."
        )
    steps = training_steps(
        net.built,
        recipe,
        net.name,
        backend="auto",
        threads=None,
        rows=per_step,
        steps=limits.get("count", 100),
        verbose=False,
    )
    values = {**net.values, **start_memory(net.structure, recipe.optimizer, net.values)}
    return search_rates(steps, values, rows, per_step, seed=net.seed, **limits)


def find_learning_rate(
    net: Network,
    X: Any,
    y: Any,
    *,
    loss: AnyLoss,
    optimizer: Any,
    batch_size: int | None,
    low: float,
    high: float,
    steps: int,
) -> RateSearch:
    """Test a range of learning rates; `Network.find_learning_rate` documents it."""
    check_range(low, high, steps)
    if is_minimizer(optimizer):
        raise ArgumentError(
            f"find_learning_rate: {type(optimizer).__name__} finds the size of its "
            "steps itself. Give an optimizer with a learning rate, such as gp.Adam()."
        )
    check_counts(1, batch_size)
    trial = net.copy()
    rows = _prepared(trial, X, y, loss)
    check_batches(trial.structure, len(rows), batch_size)
    size = min(batch_size or len(rows), len(rows))
    recipe = Recipe(loss, optimizer, rows.target)
    return _searched(trial, rows, recipe, size, low=low, high=high, count=steps)
