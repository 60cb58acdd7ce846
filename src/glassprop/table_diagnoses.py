"""A table model diagnosed on a table: in the table's words, changes as commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from glassprop.diagnosis.at_rest import AtRest
from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.findings import Diagnosis, Finding, with_words
from glassprop.diagnosis.rules_of_data import OUTSIDE, inputs_not_scaled
from glassprop.early_stopping import EarlyStopping
from glassprop.encoding import encode, encode_target
from glassprop.errors import ArgumentError, DataError
from glassprop.layers.activations import activation_name
from glassprop.layers.columns import Columns
from glassprop.layers.core import Dense, Scale
from glassprop.network import Network
from glassprop.optimizers import OPTIMIZERS
from glassprop.plans import Plan, labelled_rows
from glassprop.rows import checked_rows
from glassprop.schedules import Cosine
from glassprop.table_defaults import (
    ACTIVATION,
    BATCH_SIZE,
    LAYERS,
    LEARNING_RATES,
    OPTIMIZER,
    gradient_clip,
)
from glassprop.table_training import HELD_OUT
from glassprop.tables import Table
from glassprop.tabular import OPTIONS, TableModel, chosen_loss

LOOKED_AT = "values beyond those that the model was trained on"


def diagnose_table(
    model: TableModel,
    table: Table,
    data: str,
    *,
    epochs: int | None = None,
    verbose: bool | None = None,
) -> tuple[Diagnosis, int]:
    """Diagnose how a table model's network learns a table.

    The network is made anew and trained for a short time, as `train` does, watched;
    and the table is compared with the rows that the model was trained on.

    Parameters
    ----------
    model : TableModel
    table : Table
        Rows without a target are left out.
    data : str
        The table as a command names it.
    epochs : int, optional
        Of the trial; then a fifth of the rows is held out, so that overfitting shows.
    verbose : bool, optional
        As for `Network.diagnose`.

    Returns
    -------
    diagnosis : Diagnosis
        Columns and classes by name, changes as commands where there are some.
    unlabelled : int
        How many rows were left out.

    Raises
    ------
    DataError
        A column is missing or holds what the plan does not know, or there are too few
        rows or classes.
    ArgumentError
        ``epochs`` is not positive.
    """
    if epochs is not None and epochs < 1:
        raise ArgumentError(f"epochs: expected 1 or more, got {epochs}.")
    net, plan = model.net, model.plan
    labelled, unlabelled = labelled_rows(table, plan.target.name)
    x, y = encode(plan, labelled), encode_target(plan, labelled)
    words = plan.target.words
    if words and len(set(y.tolist())) < 2:
        raise DataError(
            f"{table.source}, column {plan.target.name!r}: all {len(y):,} rows are "
            f"{words[int(y[0])]!r}; there is nothing to tell apart. Give rows of at "
            "least two classes."
        )
    optimizer = net.recipe.optimizer if net.recipe else OPTIMIZERS[OPTIMIZER]()
    anew = Network(
        net.layers, loss=net.loss, input_shape=net.input_shape, seed=net.seed
    )
    trial: dict[str, Any] = {
        "batch_size": model.options.get("batch_size", BATCH_SIZE),
        "clip": gradient_clip(optimizer),
        "class_weight": model.options.get("class_weight"),
    }
    if epochs is not None:
        trial |= {"schedule": Cosine(epochs), "validation": HELD_OUT}
        trial["early_stopping"] = model.options.get("early_stopping")
    found = anew.diagnose(
        x, y, optimizer=optimizer, epochs=epochs, verbose=verbose, **trial
    )
    start = _start(plan, table, data)
    told = {**_kept(model), "optimizer": optimizer, "seed": net.seed}
    named = _names(net.layers[0], plan)
    findings = [
        replace(
            _in_words(one, named, words),
            change=_commanded(one.change, start, net.layers, told),
        )
        for one in found
    ]
    same = shlex.join([*start, *(_options(net.layers, told) or [])])
    beyond = [_in_words(one, named, words) for one in _beyond(net, x, y, same)]
    return Diagnosis((*findings, *beyond), (*found.looked_at, LOOKED_AT)), unlabelled


def _beyond(net: Network, x: Any, y: Any, command: str) -> list[Finding]:
    """Find columns far from what the network was trained on."""
    assert net.loss is not None
    rows = checked_rows(net.structure, x, y, net.loss)
    seen = AtRest(net.layers, net.built, rows, net.loss, balanced=True)
    change = Change(words=OUTSIDE, command=command)
    return [replace(one, change=change) for one in inputs_not_scaled(seen)]


# In words -----------------------------------------------------------------------------


def _names(first: Columns, plan: Plan) -> list[str]:
    """Name what the first layer gives, in its order."""
    features = plan.features
    return [
        *(one.name for one in features if not one.words),
        *(f"{features[at].name} missing" for at in first.flagged),
        *(f"{one.name} = {word}" for one in features for word in one.words),
    ]


def _in_words(
    finding: Finding, names: Sequence[str], classes: Sequence[str]
) -> Finding:
    """Write columns and classes as the table does."""
    named = with_words(finding, names)
    seen = named.seen
    if classes and finding.condition == "imbalance":
        seen = re.sub(
            r"\bclass (\d+)", lambda one: f"class {classes[int(one[1])]!r}", seen
        )
    return replace(named, seen=seen)


# As commands --------------------------------------------------------------------------


def _start(plan: Plan, table: Table, data: str) -> list[str]:
    """Give how the command begins that trains on the same columns."""
    known = {plan.target.name, *(one.name for one in plan.features)}
    asked = ["glassprop", "train", data, "--target", plan.target.name]
    for name in table.names:
        asked += [] if name in known else ["--drop", name]
    return asked


def _kept(model: TableModel) -> dict[str, Any]:
    """Give the options that the model keeps, and a loss that is not the default."""
    net = model.net
    assert net.loss is not None
    other = {} if net.loss == chosen_loss(model.plan) else {"loss": net.loss.name}
    return {**model.options, **other}


def _commanded(
    change: Change, start: Sequence[str], layers: Sequence[Any], told: Mapping[str, Any]
) -> Change:
    """Add the command that trains with the change made, if there is one."""
    before = _options(layers, told)
    after = _options(*change.applied(layers, told))
    if after is None or after == before:
        return change
    return replace(change, command=shlex.join([*start, *after]))


def _options(layers: Sequence[Any], told: Mapping[str, Any]) -> list[str] | None:
    """Give the options of `train` that train so; None if none do."""
    made = _options_of_layers(layers)
    optimizer, name = told["optimizer"], type(told["optimizer"]).__name__.lower()
    stopping = told.get("early_stopping")
    if isinstance(stopping, EarlyStopping):
        plain = stopping == EarlyStopping(stopping.patience)
        told = {**told, "early_stopping": stopping.patience if plain else None}
    if made is None or name not in LEARNING_RATES:
        return None
    asked: list[str] = []
    for one in OPTIONS:
        if told.get(one) is not None:
            asked += [f"--{one.replace('_', '-')}", str(told[one])]
    if told["seed"]:
        asked += ["--seed", str(told["seed"])]
    if name != OPTIMIZER:
        made += ["--optimizer", name]
    if optimizer.learning_rate != LEARNING_RATES[name]:
        made += ["--learning-rate", f"{optimizer.learning_rate:g}"]
    return [*asked, *made]


def _options_of_layers(layers: Sequence[Any]) -> list[str] | None:
    """Give the options of `train` that make these layers; None if none do."""
    first, *others = layers
    if others and isinstance(others[-1], Scale):
        others = others[:-1]
    plain = isinstance(first, Columns) and others and all(map(_is_plain, others))
    bends = [activation_name(one.activation) for one in others[:-1]] if plain else []
    if not plain or others[-1].activation is not None or len(set(bends)) > 1:
        return None
    made: list[str] = []
    units = tuple(one.units for one in others[:-1])
    if units != LAYERS:
        made += ["--layers", ",".join(map(str, units)) or "none"]
    if bends and bends[0] != ACTIVATION:
        made += ["--activation", str(bends[0])]
    return made


def _is_plain(layer: Any) -> bool:
    """Tell whether a layer is a Dense that says its units and activation alone."""
    if not isinstance(layer, Dense):
        return False
    plain = Dense(layer.units, layer.activation)
    return all(
        getattr(layer, one.name) == getattr(plain, one.name)
        for one in fields(layer)
        if one.name not in ("_", "name")
    )
