"""Rules of what goes on inside: units that are off or at their ends, parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding, some
from glassprop.diagnosis.looks import weights_of
from glassprop.diagnosis.moments import Look
from glassprop.diagnosis.remedies import bent, own_start
from glassprop.diagnosis.rules_of_data import scaled
from glassprop.diagnosis.training_changes import (
    lower_rate,
    moved,
    pulled_down,
    rate_change,
)
from glassprop.diagnosis.trends import STEPS_TO_JUDGE, Trends

NEARLY = 0.9  # of all rows and units, where slopes are of straight lines


def dead_units(seen: Trends, look: Look) -> dict[int, list[int]]:
    """Find the units of activations of straight lines that are off, by activation."""
    least = CONDITIONS["dead_units"].limit
    found = {
        at: np.flatnonzero(on < least).tolist()
        for at, (region, on) in enumerate(zip(seen.watch.regions, look.on, strict=True))
        if not region.smooth
    }
    return {at: units for at, units in found.items() if units}


def is_cut(seen: Trends, look: Look) -> bool:
    """Tell whether all units of an activation are off, so that nothing comes back."""
    return any(
        len(dead) == len(look.on[at]) for at, dead in dead_units(seen, look).items()
    )


def units(seen: Trends) -> Iterator[Finding]:
    """Judge how many units have a slope: those that are off, those at their ends."""
    last = seen.looks[-1]
    yield from _too_many_dead(seen, last)
    at_start = list(saturated(seen, seen.looks[0]))
    yield from at_start
    if not at_start and len(seen.looks) > 1 and not seen.learns:
        yield from saturated(seen, last)


def _too_many_dead(seen: Trends, look: Look) -> Iterator[Finding]:
    least, most = CONDITIONS["dead_units"].limits
    before = False  # whether a layer before it was dead at the start
    for at, dead in dead_units(seen, look).items():
        region, total = seen.watch.regions[at], len(look.on[at])
        part = len(dead) / total
        if part <= most:
            continue
        at_start = len(dead_units(seen, seen.looks[0]).get(at, ())) > most * total
        name = region.layer
        change = _after_death(seen, name, at_start=at_start)
        own = bool(own_start(seen.layers, name).layers)
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
            step=max(1, look.step),
            symptom=not at_start or (before and not own),
        )
        before = before or at_start


def _after_death(seen: Trends, name: str, *, at_start: bool) -> Change:
    start = own_start(seen.layers, name)
    if at_start and start.layers:
        return start
    if not seen.inputs_scaled:
        return scaled(seen.at_rest)
    course = None if at_start else pulled_down(seen) or lower_rate(seen)
    if course is not None:
        return course
    change = bent(seen.layers, [name], "leaky_relu")
    return change if change.layers else same_for_all(name)


def same_for_all(name: str) -> Change:
    """Say where to look if a layer that has nothing to change loses the rows."""
    return Change(
        words=f"Look at layer {name!r}: what it gives is the same for every row."
    )


def saturated(seen: Trends, look: Look) -> Iterator[Finding]:
    """Find the layers whose units are at their ends, for most of the rows."""
    lost, most = CONDITIONS["saturation"].limits
    before = False  # whether a layer before it is
    for region, on in zip(seen.watch.regions, look.on, strict=True):
        part = 1 - float(np.mean(on))
        if not region.smooth and (look.step or _is_dead(on)):
            continue  # half of all slopes are 0 where one side of relu is
        if part <= (most if region.smooth else NEARLY):
            continue
        if look.step and region.layer == seen.structure.places[-1].name:
            continue  # an output is to be at its ends where it is sure
        name = region.layer
        change = own_start(seen.layers, name)
        own = bool(change.layers)
        if not own and not seen.inputs_scaled:
            change = scaled(seen.at_rest)
        elif not own and look.step:
            change = pulled_down(seen) or rate_change(seen, up=False)
        elif not own:
            change = Change(words="Put gp.LayerNorm() before the activation.")
        when = f"after epoch {look.epoch}" if look.epoch else "at the start"
        symptom = look is not seen.looks[0] or (before and not own)
        limit = most if region.smooth else NEARLY
        yield Finding(
            "saturation",
            f"layer {name!r}: the slope is below {lost:g} for {100 * part:.0f} % of "
            f"its units and rows, {when}; over {100 * limit:g} % is too much.",
            change,
            value=part,
            limit=limit,
            severity="error" if part > 0.9 else "warning",
            layer=name,
            step=max(1, look.step),
            symptom=symptom,
        )
        if not look.step and own and _is_dead(on):
            yield _all_off(name, on, change, symptom=symptom)
        before = True


def _is_dead(on: NDArray[Any]) -> bool:
    """Tell whether over half of a layer's units have no slope for any row."""
    least, most = CONDITIONS["dead_units"].limits
    return float(np.mean(on < least)) > most


def _all_off(name: str, on: NDArray[Any], change: Change, *, symptom: bool) -> Finding:
    """Make a finding of units of a smooth activation that start without a slope."""
    least, most = CONDITIONS["dead_units"].limits
    dead = np.flatnonzero(on < least).tolist()
    return Finding(
        "dead_units",
        f"layer {name!r}: {len(dead)} of {len(on)} units have a slope for under "
        f"{100 * least:g} % of the rows, from the start: {some(dead)}. Over half of a "
        "layer is too many.",
        change,
        value=len(dead) / len(on),
        limit=most,
        severity="error" if len(dead) == len(on) else "warning",
        layer=name,
        units=tuple(dead),
        step=1,
        symptom=symptom,
    )


def never_moves(seen: Trends) -> Iterator[Finding]:
    """Find parameters that are to be trained and have not changed in any step."""
    looks = [one for one in seen.looks if one.updates]
    if len(looks) < STEPS_TO_JUDGE or is_cut(seen, looks[-1]):
        return
    trained = seen.structure.trainable
    still = [key for key in trained if all(one.updates[key] == 0 for one in looks)]
    unasked = [key for key in still if all(one.gradients[key] == 0 for one in looks)]
    at_ends = any(True for _ in saturated(seen, seen.looks[0]))
    if unasked and len(unasked) < len(trained) and not at_ends:
        yield _still(
            unasked,
            len(looks),
            "the gradient is 0.",
            "Let the layer's output reach the loss, or leave the parameter out.",
        )
    least = CONDITIONS["step_size"].limit
    held = [key for key in still if all(one.gradients[key] > 0 for one in looks)]
    weights = weights_of(seen.structure)
    moving = [key for key in weights if looks[0].updates[key] > least]
    if held and moving:  # else all steps are too small
        yield _still(
            held,
            len(looks),
            "the optimizer leaves it as it is, though it has a gradient.",
            "Give it a learning rate above 0, or freeze it on purpose.",
            moved(seen.watch.recipe.optimizer),
        )


def _still(
    keys: list[str], looks: int, why: str, words: str, optimizer: Any = None
) -> Finding:
    return Finding(
        "never_moves",
        f"{', '.join(keys)} did not change in {looks} steps looked at: {why}",
        Change(words, options={} if optimizer is None else {"optimizer": optimizer}),
        value=0.0,
        layer=keys[0].rpartition(".")[0],
    )
