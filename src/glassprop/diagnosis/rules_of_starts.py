"""Rules of the values that a training starts from, and of the loss that they give."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.diagnosis.at_rest import AtRest
from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.nesting import by_path
from glassprop.diagnosis.remedies import fresh_start
from glassprop.diagnosis.rules_of_data import is_scaled, scaled
from glassprop.losses import Loss
from glassprop.trees import as_parts

GRADIENTS = 1e-4  # relative distance of gradients that are alike
SCALED_TARGET = "y = (y - y.mean(axis=0)) / y.std(axis=0)"
LEAST, UNLIKELY = 6, 20  # weights of which all on one side of 0 are hardly by chance
SCALED = 3.0  # the size of targets up to which they are taken to be scaled
ENLARGED = 3.0  # times that what comes to a layer is enlarged by weights that are large


def bad_start(seen: AtRest) -> Iterator[Finding]:
    """Find units that start alike, and layers whose outputs differ much in size."""
    if seen.step is None:
        return
    yield from _units_alike(seen)
    yield from _one_sign(seen)
    yield from _spreads_apart(seen)


def _units_alike(seen: AtRest) -> Iterator[Finding]:
    near = CONDITIONS["bad_start"].limits[0]
    structure = seen.built.structure
    keys = [
        key for key in structure.trainable if len(structure.parameters[key].shape) > 1
    ]
    last = [
        key.rpartition(".")[0]
        for key in keys[-1:]
        if _distinct(seen.built.values[key], near) == 1
    ]
    for key in keys[:-1]:  # the last may start alike: what comes to it differs
        weight = seen.built.values[key]
        total = weight.shape[-1]
        distinct = _distinct(weight, near)
        if distinct <= total / 2:  # alike for ever if their gradients are alike too
            (slopes,) = seen.of_step(f"d {key}").values()
            distinct = max(distinct, _distinct(slopes, GRADIENTS))
        if total < 2 or distinct > total / 2:
            continue
        name = key.rpartition(".")[0]
        change = fresh_start(seen.layers, [name, *last])
        if not change.layers:
            change = Change(words=f"Draw the values of {key} at random.")
        yield Finding(
            "bad_start",
            f"{key}: {total} units start with "
            f"{'the same' if distinct == 1 else f'{distinct} sets of'} weights, and "
            "get the same gradients; they stay alike.",
            change,
            value=distinct / total,
            limit=0.5,
            severity="error",
            layer=name,
        )


def _distinct(array: NDArray[Any], near: float) -> int:
    """Count the columns that differ by more than a part of the largest number."""
    columns = np.asarray(array, np.float64).reshape(-1, array.shape[-1]).T
    size = float(np.max(np.abs(columns), initial=0.0)) or 1.0
    return len(np.unique(np.round(columns / (near * size)), axis=0))


def _one_sign(seen: AtRest) -> Iterator[Finding]:
    """Find weights that all start on one side of 0, where nothing keeps them there."""
    structure = seen.built.structure
    for key in structure.trainable:
        weight = seen.built.values[key]
        kept = structure.parameters[key].constraint is not None
        name = key.rpartition(".")[0]
        change = fresh_start(seen.layers, [name])
        least = LEAST if change.layers else UNLIKELY  # drawn as usual, it may be chance
        if weight.ndim < 2 or weight.size < least or kept:
            continue
        low, high = float(weight.min()), float(weight.max())
        if low == high or not (low >= 0 or high <= 0):
            continue
        if not change.layers:
            change = Change(words=f"Draw the values of {key} from both sides of 0.")
        yield Finding(
            "bad_start",
            f"{key}: all {weight.size:,} weights start on one side of 0, from "
            f"{low:.3g} to {high:.3g}: every unit adds up the same.",
            change,
            value=low if low >= 0 else high,
            limit=0.0,
            layer=name,
        )


def _spreads_apart(seen: AtRest) -> Iterator[Finding]:
    _, most, growth = CONDITIONS["bad_start"].limits
    spreads: dict[str, float] = {}
    first = {name for one in seen.entering for name in one.layers}
    for place in seen.built.structure.all_places:
        owns = any(len(one.shape) > 1 for one in place.parameters.values())
        given = seen.arriving.get(place.name)
        if owns and place.name not in first and given is not None:
            wide = np.asarray(given, np.float64)
            spreads[place.name] = float(np.sqrt(np.mean(np.var(wide, axis=0))))
    if len(spreads) < 2 or len(seen.some_rows) < 2:
        return
    low, high = (pick(spreads, key=lambda one: spreads[one]) for pick in (min, max))
    order = list(spreads)
    if order.index(low) < order.index(high):  # it grows on its way
        most = growth
    ratio = spreads[high] / spreads[low] if spreads[low] else math.inf
    if not ratio > most:
        return
    change = fresh_start(seen.layers, [*by_path(seen.layers)])
    if not change.layers and not is_scaled(seen):
        change = scaled(seen)
    elif not change.layers:
        change = Change(words="Put gp.BatchNorm() between the layers.")
    seen_there = (
        f"varies by {spreads[low]:.2g} over the rows, what comes to {high!r} by "
        f"{spreads[high]:.2g}: {ratio:.2g} times; up to {most:g} is fine."
    )
    if not spreads[low]:
        seen_there = "is the same for every row, and all that follows is, too."
    yield Finding(
        "bad_start",
        f"what comes to layer {low!r} {seen_there}",
        change,
        value=ratio,
        limit=most,
        layer=low,
    )


def starting_loss(seen: AtRest) -> Iterator[Finding]:
    """Compare the loss at the start with that of the best constant answer."""
    limit = CONDITIONS["starting_loss"].limit
    if not seen.constant > 0 or math.isnan(seen.start_loss):
        return
    start = seen.start_loss - seen.penalty
    shapes = as_parts(seen.built.structure.output_shape)
    classifies = all(one.classifies for one in seen.loss.each)
    if not classifies and not are_large(seen):
        limit *= 3
    own = fresh_start(seen.layers, [*by_path(seen.layers)]).layers
    if classifies and not own and is_scaled(seen):
        limit *= 2  # drawn as usual, a narrow network is that far off by chance
    expected = seen.constant
    if classifies:  # of classes that are not balanced a fresh network knows nothing
        expected = max(expected, sum(map(_balanced, seen.loss.each, shapes)))
    if not start > limit * expected:
        return
    keys = seen.built.structure.trainable
    last = keys[-1].rpartition(".")[0] if keys else ""
    change = fresh_start(seen.layers, [*_large_starts(seen), last])
    if not change.layers and not is_scaled(seen):
        change = scaled(seen)
    elif not change.layers and not classifies and _are_apart(seen):
        change = Change(data=SCALED_TARGET)
    elif not change.layers:
        change = fresh_start(seen.layers, [*by_path(seen.layers)])
    if not (change.layers or change.first or change.data):
        change = Change(words="Let the last layer start with smaller weights.")
    kind = "answers by chance" if classifies else "the best constant answer"
    apart = f"{start / expected:.3g} times" if math.isfinite(start) else "far above"
    yield Finding(
        "starting_loss",
        f"the loss starts at {start:.4g}, {apart} that of {kind}, {expected:.4g}; up "
        f"to {limit:g} times is fine.",
        change,
        value=start / expected,
        limit=limit,
        layer=last,
    )


def are_large(seen: AtRest) -> bool:
    """Tell whether targets are numbers far larger than a fresh network gives.

    Parameters
    ----------
    seen : AtRest
        The rows.
    """
    parts = zip(seen.loss.each, as_parts(seen.rows.y), strict=True)
    return any(
        loss.target in ("values", "vectors", "described")
        and float(np.sqrt(np.mean(y * y))) > CONDITIONS["inputs_not_scaled"].limit
        for loss, y in parts
    )


def _balanced(loss: Loss, shape: tuple[int, ...]) -> float:
    """Give the cross entropy of answers by chance: ln K of K classes."""
    return math.log(2 if loss.target == "binary" else max(2, shape[-1]))


def _are_apart(seen: AtRest) -> bool:
    """Tell whether targets are numbers that are not yet near 0 and of size 1."""
    parts = zip(seen.loss.each, as_parts(seen.rows.y), strict=True)
    return any(
        not loss.classifies and float(np.sqrt(np.mean(y * y))) > SCALED
        for loss, y in parts
    )


def _large_starts(seen: AtRest) -> list[str]:
    """Name the layers whose weights make what comes to them many times as large."""
    found = []
    for key in seen.built.structure.trainable:
        weight = seen.built.values[key]
        if weight.ndim == 2 and _size(weight) * math.sqrt(len(weight)) > ENLARGED:
            found.append(key.rpartition(".")[0])
    return found


def _size(array: NDArray[Any]) -> float:
    return float(np.sqrt(np.mean(array * array)))
