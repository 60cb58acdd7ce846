"""Rules of what goes on inside: gradients by layer, units, parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding, some
from glassprop.diagnosis.looks import Look
from glassprop.diagnosis.remedies import at_learning_rate, bent, fresh_start, scaled
from glassprop.diagnosis.trends import STEPS_TO_JUDGE, Trends, weights_of


def vanishing_gradient(seen: Trends) -> Iterator[Finding]:
    """Judge the gradient of the first weights beside that of the last."""
    least, part = CONDITIONS["vanishing_gradient"].limits
    keys = weights_of(seen.structure)
    early = seen.looks[: 3 if len(seen.looks) > 3 else 2]
    if len(keys) < 2:
        return
    ends = [(one.gradients[keys[0]], one.gradients[keys[-1]]) for one in early]
    known = [(a, b) for a, b in ends if b and math.isfinite(a) and math.isfinite(b)]
    if not known:
        return
    first, last = max(known, key=lambda pair: pair[0] / pair[1])
    ratio = first / last
    if not (ratio < part or (first < least and not seen.learns)):
        return
    if not first and _is_cut(seen, seen.looks[0]):
        return  # said of the units that pass nothing back
    limit = part if ratio < part else least
    names = list(dict.fromkeys(one.layer for one in seen.watch.regions))
    # Glorot and Bengio: tanh keeps gradients; narrow layers of relu die instead.
    change = bent(seen.layers, [name for name in names if name], "tanh")
    if not change.layers:
        change = fresh_start(seen.layers, [key.rpartition(".")[0] for key in keys])
    if not change.layers:
        change = Change(
            words="Put gp.BatchNorm() between the layers, or use fewer of them."
        )
    yield Finding(
        "vanishing_gradient",
        f"the mean gradient of {keys[0]} is {first:.2g}, that of {keys[-1]} "
        f"{last:.2g}; it reaches the first layer at {ratio:.2g} of its size, and fades "
        f"below {part:g}.",
        change,
        value=ratio if limit == part else first,
        limit=limit,
        severity="error",
        layer=keys[0].rpartition(".")[0],
    )


def _dead(seen: Trends, look: Look) -> dict[int, list[int]]:
    """Find the units of activations of straight lines that are off, by activation."""
    least = CONDITIONS["dead_units"].limit
    found = {
        at: np.flatnonzero(on < least).tolist()
        for at, (region, on) in enumerate(zip(seen.watch.regions, look.on, strict=True))
        if not region.smooth
    }
    return {at: units for at, units in found.items() if units}


def _is_cut(seen: Trends, look: Look) -> bool:
    """Tell whether all units of an activation are off, so that nothing comes back."""
    return any(len(dead) == len(look.on[at]) for at, dead in _dead(seen, look).items())


def units(seen: Trends) -> Iterator[Finding]:
    """Judge how many units have a slope: those that are off, those at their ends."""
    last = seen.looks[-1]
    yield from _dead_units(seen, last)
    at_start = list(_saturated(seen, seen.looks[0]))
    yield from at_start
    if not at_start and len(seen.looks) > 1 and not seen.learns:
        yield from _saturated(seen, last)


def _dead_units(seen: Trends, look: Look) -> Iterator[Finding]:
    least, most = CONDITIONS["dead_units"].limits
    for at, dead in _dead(seen, look).items():
        region, total = seen.watch.regions[at], len(look.on[at])
        part = len(dead) / total
        if part <= most:
            continue
        at_start = len(_dead(seen, seen.looks[0]).get(at, ())) > most * total
        name = region.layer
        change = _after_death(seen, name, at_start=at_start)
        when = "from the start" if at_start else f"after epoch {look.epoch}"
        yield Finding(
            "dead_units",
            f"layer {name!r}: {len(dead)} of {total} units are on for under "
            f"{100 * least:g} % of the rows, {when}: {some(dead)}. Over half of a "
            "layer is too many.",
            change,
            value=part,
            limit=most,
            severity="error" if len(dead) == total else "warning",
            layer=name,
            units=tuple(dead),
            step=look.step,
        )


def _after_death(seen: Trends, name: str, *, at_start: bool) -> Change:
    start = fresh_start(seen.layers, [name])
    if at_start and start.layers:
        return start
    if not seen.inputs_scaled:
        return scaled(seen.layers, seen.structure)
    change = bent(seen.layers, [name], "leaky_relu")
    if not at_start:
        optimizer = seen.watch.recipe.optimizer
        found = seen.suggest()
        if found is not None and found < optimizer.learning_rate:
            return Change(change.words, change.layers, options=_rated(seen, found))
    return change


def _rated(seen: Trends, rate: float) -> Mapping[str, Any]:
    return at_learning_rate(seen.watch.recipe.optimizer, rate).options


def _saturated(seen: Trends, look: Look) -> Iterator[Finding]:
    lost, most = CONDITIONS["saturation"].limits
    for region, on in zip(seen.watch.regions, look.on, strict=True):
        part = 1 - float(np.mean(on))
        if not region.smooth or part <= most:
            continue
        if look.step and region.layer == seen.structure.places[-1].name:
            continue  # an output is to be at its ends where it is sure
        name = region.layer
        change = fresh_start(seen.layers, [name])
        if not change.layers and not seen.inputs_scaled:
            change = scaled(seen.layers, seen.structure)
        elif not change.layers and look.step:
            change = seen.rate_change(up=False)
        elif not change.layers:
            change = Change(words="Put gp.LayerNorm() before the activation.")
        when = f"after epoch {look.epoch}" if look.epoch else "at the start"
        yield Finding(
            "saturation",
            f"layer {name!r}: the slope is below {lost:g} for {100 * part:.0f} % of "
            f"its units and rows, {when}; over {100 * most:g} % is too much.",
            change,
            value=part,
            limit=most,
            severity="error" if part > 0.9 else "warning",
            layer=name,
            step=look.step,
        )
        return


def never_moves(seen: Trends) -> Iterator[Finding]:
    """Find parameters that are to be trained and have not changed in any step."""
    looks = [one for one in seen.looks if one.updates]
    if len(looks) < STEPS_TO_JUDGE or _is_cut(seen, looks[-1]):
        return
    still = [
        key
        for key in seen.structure.trainable
        if all(one.updates[key] == 0 and one.gradients[key] == 0 for one in looks)
    ]
    if still and len(still) < len(seen.structure.trainable):
        yield Finding(
            "never_moves",
            f"{', '.join(still)} did not change in {len(looks)} steps looked at: the "
            "gradient is 0.",
            Change(
                words="Let the layer's output reach the loss, or leave the parameter "
                "out."
            ),
            value=0.0,
            layer=still[0].rpartition(".")[0],
        )
