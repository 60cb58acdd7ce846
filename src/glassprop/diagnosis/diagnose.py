"""A diagnosis before training: what is wrong, and what to change.

Static checks, a gradient check, a few rows learned by heart, a range test, and a short
trial on a copy that is watched. ``fit(diagnose=True)`` has the watch alone, over the
training itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.findings import Diagnosis, Finding
from glassprop.diagnosis.planning import MOST
from glassprop.diagnosis.rates import RateSearch, check_range
from glassprop.diagnosis.remedies import other
from glassprop.diagnosis.rules_of_gradients import wrong_gradient
from glassprop.diagnosis.rules_of_trials import cannot_overfit, learning_rate, searched
from glassprop.diagnosis.settling import by_steps, settled
from glassprop.errors import (
    ArgumentError,
    BroadcastError,
    DivergenceError,
    did_you_mean,
    listing,
)
from glassprop.fit import check_counts, fit
from glassprop.layer_names import layer_names
from glassprop.losses import AnyLoss
from glassprop.optimizers import is_minimizer
from glassprop.programs import (
    evaluate_program,
)
from glassprop.randomness import LOOK, generator
from glassprop.recipes import Recipe
from glassprop.rows import Rows, checked_rows
from glassprop.splits import take_rows
from glassprop.structure import check_batches
from glassprop.targets import check_several_classes

if TYPE_CHECKING:
    from glassprop.network import Network

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
        history = trial.copy().fit(X, y, epochs=epochs, diagnose=MOST, **told)
        watched = history.diagnosis
    except DivergenceError as error:
        watched = error.diagnosis
    assert watched is not None
    found = [*watched]
    fresh = trial.training is None or not trial.training.steps
    recipe = Recipe(loss, optimizer, rows.target)
    with np.errstate(all="ignore"):  # numbers may be of any size
        found += wrong_gradient(trial, rows, loss)
        if not is_minimizer(optimizer):
            found += learning_rate(
                trial, rows, recipe, per_step=per_step, epochs=epochs
            )
        if fresh:
            falls = all(one.condition != "not_falling" for one in found)
            stuck = not falls and not by_steps(found)
            found += cannot_overfit(trial, rows, loss, stuck=stuck)
    return Diagnosis(tuple(settled(found)), (*LOOKED_AT, f"a trial of {epochs} epochs"))


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
    return searched(trial, rows, recipe, size, low=low, high=high, count=steps)
