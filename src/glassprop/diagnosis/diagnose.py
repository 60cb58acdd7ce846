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

from glassprop.diagnosis.baselines import constant_loss
from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.findings import Diagnosis, Finding
from glassprop.diagnosis.overfitting import STEPS, affordable_by_heart
from glassprop.diagnosis.planning import MOST
from glassprop.diagnosis.rates import (
    RUNS,
    TRIES,
    RateSearch,
    affordable_tries,
    check_range,
)
from glassprop.diagnosis.remedies import other
from glassprop.diagnosis.rules_of_gradients import affordable_rows, wrong_gradient
from glassprop.diagnosis.rules_of_rises import harmful_rises
from glassprop.diagnosis.rules_of_room import little_room
from glassprop.diagnosis.rules_of_trials import cannot_overfit, learning_rate, searched
from glassprop.diagnosis.settling import BESIDE, by_steps, explained, settled
from glassprop.diagnosis.trials import Trial, short_trial
from glassprop.errors import (
    ArgumentError,
    BroadcastError,
    DivergenceError,
    did_you_mean,
    listing,
)
from glassprop.fit import check_callbacks, check_counts, fit
from glassprop.layer_names import layer_names
from glassprop.losses import AnyLoss
from glassprop.optimizers import is_minimizer
from glassprop.programs import evaluate_program
from glassprop.progress import Stages
from glassprop.recipes import Recipe
from glassprop.rows import Rows, checked_rows
from glassprop.structure import check_batches
from glassprop.targets import check_several_classes

if TYPE_CHECKING:
    from glassprop.history import History
    from glassprop.network import Network

DECIDED = ("diagnose", "verbose")  # options of `fit` that a trial decides itself
LOOKED_AT = ("layers, start, data and loss", "gradients against finite differences")
BY_HEART, TRIED_RATES = "a few rows learned by heart", "a range of learning rates"


def diagnose(
    net: Network,
    X: Any,
    y: Any,
    *,
    loss: AnyLoss,
    optimizer: Any,
    epochs: int | None,
    options: Mapping[str, Any],
    verbose: bool | None,
) -> Diagnosis:
    """Diagnose a network; `Network.diagnose` documents the arguments.

    Nothing of the network changes.
    """
    _check_options(options)
    check_counts(1 if epochs is None else epochs, options["batch_size"])
    options = {**options, "loss": loss, "optimizer": optimizer, "verbose": False}
    with Stages("diagnose", verbose) as stages:
        return _diagnosed(net, X, y, epochs=epochs, options=options, stages=stages)


def _diagnosed(
    net: Network,
    X: Any,
    y: Any,
    *,
    epochs: int | None,
    options: dict[str, Any],
    stages: Stages,
) -> Diagnosis:
    given, net, size = net, net.copy(), options["batch_size"]
    loss, optimizer = options["loss"], options["optimizer"]
    calls = check_callbacks(options.get("callbacks", ()))
    if stages.counts:
        calls.append(lambda _net, _history: stages.step())
    options["callbacks"] = calls
    stages.begin(LOOKED_AT[0])
    try:
        rows = _prepared(net, X, y, loss)
        evaluate_program(net.structure, loss, rows.target)
    except BroadcastError as error:
        return Diagnosis((_accident(given, error, y),), ("shapes",))
    recipe = Recipe(loss, optimizer, rows.target)
    step = net.built.compiled(
        ("program", recipe), lambda: recipe.program(net.structure, net.name)
    )
    if epochs is None:
        trial = short_trial(net, X, y, options, step=step, rows=len(rows))
    else:
        trial = Trial(X, y, epochs, options)
    stages.begin(str(trial), trial.epochs)
    watched, history = _watched(net, trial)
    found = [*watched]
    few = rows if trial.all_at_once is None else rows.take(trial.all_at_once)
    per_step = min(size or len(few), len(few))
    fresh = net.training is None or not net.training.steps
    by_heart = affordable_by_heart(step) if fresh else 0
    tries = 0 if is_minimizer(optimizer) else affordable_tries(step, per_step)
    checked = affordable_rows(step, len(net.structure.trainable))
    with np.errstate(all="ignore"):  # numbers may be of any size
        stages.begin(LOOKED_AT[1])
        found += wrong_gradient(net, rows, loss, most=checked)
        if tries:
            length = min(tries, trial.epochs * -(-len(few) // per_step))
            stages.begin(TRIED_RATES, RUNS)
            found += learning_rate(
                net,
                few,
                recipe,
                per_step=per_step,
                length=length,
                after_run=stages.step,
            )
            if history is not None and not by_steps(found) and not explained(found):
                constant = constant_loss(net.structure, rows, loss)
                found += harmful_rises(net, trial, history, constant, stages)
        if by_heart:
            falls = all(one.condition != "not_falling" for one in found)
            stuck = not falls and not by_steps(found)
            stages.begin(BY_HEART)
            found += cannot_overfit(net, rows, loss, stuck=stuck, steps=by_heart)
            if all(one.condition in BESIDE for one in found):
                stages.begin("a network with more room")
                found += little_room(net, rows, loss)
    looked = _looked_at(by_heart, tries)
    return Diagnosis(tuple(settled(found)), (*looked, str(trial)))


def _looked_at(by_heart: int, tries: int) -> list[str]:
    """Say what was looked at, and tried in how many steps, where these are few."""
    looked = [*LOOKED_AT]
    if by_heart:
        fewer = f" in {by_heart} steps" if by_heart < STEPS else ""
        looked.append(f"{BY_HEART}{fewer}")
    if tries:
        fewer = f" for {tries} steps each" if tries < TRIES else ""
        looked.append(f"{TRIED_RATES}{fewer}")
    return looked


def _watched(net: Network, trial: Trial) -> tuple[Diagnosis, History | None]:
    """Train a copy, and give what is found, and the history if it has an end."""
    history = None
    try:
        history = trial.run(net, diagnose=MOST)
        found = history.diagnosis
    except DivergenceError as error:
        found = error.diagnosis
    assert found is not None
    return found, history


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
