"""The changes that findings propose, made of the network that has them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import MISSING, fields, replace
from typing import Any

import numpy as np

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.nesting import by_path

GENTLY = Change(words="Begin with some epochs of gp.Adam(), whose steps are small.")
"""Where the optimizer finds its own steps, so that there is no rate to lower."""


def has_field(record: Any, name: str) -> bool:
    """Tell whether a record has a field of that name."""
    known = getattr(type(record), "__dataclass_fields__", {})
    return name in known


def other(layers: Sequence[Any], name: str, **changed: Any) -> Change | None:
    """Propose another form of a layer.

    Parameters
    ----------
    layers : sequence of layers
        Those of the network, in order.
    name : str
        Which, by its path in the network.
    **changed
        Fields of the record.

    Returns
    -------
    Change or None
        None if there is no layer of that path, or it has no such field.
    """
    known = by_path(layers)
    layer = known.get(name)
    if layer is None or not all(has_field(layer, one) for one in changed):
        return None
    if all(np.all(getattr(layer, one) == value) for one, value in changed.items()):
        return None
    return Change(layers={name: (layer, replace(layer, **changed))})


def together(changes: Sequence[Change | None], words: str = "") -> Change:
    """Join changes of layers into one.

    Parameters
    ----------
    changes : sequence of Change or None
        None for nothing.
    words : str
        What is said of all of them.
    """
    layers: dict[str, tuple[Any, Any]] = {}
    for one in changes:
        layers |= {} if one is None else dict(one.layers)
    return Change(words=words, layers=layers)


def bent(layers: Sequence[Any], names: Sequence[str], activation: str) -> Change:
    """Propose another activation for some layers, and the start that goes with it."""
    known = by_path(layers)
    found = []
    for name in names:
        changed: dict[str, Any] = {"activation": activation}
        usual = _usual(known.get(name))
        changed |= {key: usual[key] for key in ("initializer",) if key in usual}
        found.append(other(layers, name, **changed))
    return together(found)


def fresh_start(layers: Sequence[Any], names: Sequence[str]) -> Change:
    """Propose that layers start as they do by default."""
    known = by_path(layers)
    changes = []
    for name in names:
        usual = _usual(known.get(name))
        changes.append(other(layers, name, **usual) if usual else None)
    return together(changes)


def own_start(layers: Sequence[Any], name: str) -> Change:
    """Propose the usual start for a layer, or for the one whose values come to it.

    Parameters
    ----------
    layers : sequence of layers
        Those of the network, in order.
    name : str
        Of a layer that may be an activation alone.
    """
    known = by_path(layers)
    if name not in known:
        return Change()
    before = [
        one
        for one, layer in known.items()
        if has_field(layer, "initializer") or one == name
    ]
    at = before.index(name)
    alone = not has_field(known[name], "initializer")
    return fresh_start(layers, before[max(0, at - 1) : at + 1] if alone else [name])


def _usual(layer: Any) -> dict[str, Any]:
    """Give the fields that say how a layer starts as they are by default."""
    if not has_field(layer, "initializer") and not has_field(layer, "weights"):
        return {}
    return {
        one.name: one.default
        for one in fields(layer)
        if one.name in ("initializer", "weights") and one.default is not MISSING
    }


def at_rate(optimizer: Any, rate: float) -> Any:
    """Give an optimizer with another learning rate, inside of others too."""
    if has_field(optimizer, "learning_rate"):
        return replace(optimizer, learning_rate=rate)
    return replace(optimizer, optimizer=at_rate(optimizer.optimizer, rate))


def at_learning_rate(optimizer: Any, rate: float) -> Change:
    """Propose another learning rate, rounded to a digit or two."""
    return Change(options={"optimizer": at_rate(optimizer, rounded(rate))})


def rounded(rate: float) -> float:
    """Round to 1, 1.5, 2, 3, 5 or 7 times a power of ten."""
    power = math.floor(math.log10(rate))
    steps = (1, 1.5, 2, 3, 5, 7, 10)
    part = min(steps, key=lambda one: abs(math.log(rate / (one * 10.0**power))))
    return float(f"{part}e{power}")
