"""Rules of what goes on inside: gradients by layer, units, parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding, some
from glassprop.diagnosis.looks import EARLY, Look, weights_of
from glassprop.diagnosis.remedies import bent, fresh_start, scaled
from glassprop.diagnosis.training_changes import lower_rate, pulled_down, rate_change
from glassprop.diagnosis.trends import STEPS_TO_JUDGE, Trends

CLEARLY = 0.1  # part of a gradient that is lost on the way, beyond chance
FADED = 0.1  # part of the last layer's that one has where another gets none: a stop
VALUES = 0.01  # the size of values that come to the last layer, where they fade
SMALL = 0.3  # of the usual size of weights, where they start small


def vanishing_gradient(seen: Trends) -> Iterator[Finding]:
    """Judge the gradient of the first weights beside that of the last.

    A gradient is small, too, where what comes to the weights is small: in the last
    layer after values that faded on their way, as gradients do on theirs.
    """
    least, part = CONDITIONS["vanishing_gradient"].limits
    keys = weights_of(seen.structure)
    if len(keys) < 2:
        return
    first, last = keys[0], keys[-1]
    early = seen.looks[:1] if _fades(seen.looks[0], last) else seen.looks[:EARLY]
    known = [
        (reaching, sent, one)
        for one in early
        for reaching, sent in [(_arrived(one, first), _arrived(one, last))]
        if sent and math.isfinite(reaching) and math.isfinite(sent)
    ]
    if not known:
        return
    reaching, sent, look = max(known, key=lambda one: one[0] / one[1])
    ratio = reaching / sent
    faint = reaching < least and ratio < CLEARLY and not seen.learns
    if not (ratio < part or faint) or _is_stopped(seen, keys):
        return
    start = seen.looks[0]
    at_ends = any(True for _ in _saturated(seen, start))
    yield Finding(
        "vanishing_gradient",
        f"the mean gradient of {first} is {look.gradients[first]:.2g}, that of {last} "
        f"{look.gradients[last]:.2g}; beside what comes to them, it reaches the first "
        f"layer at {ratio:.2g} of its size, and fades below {part:g}.",
        _after_fading(seen, keys),
        value=ratio if ratio < part else reaching,
        limit=part if ratio < part else least,
        severity="error",
        layer=first.rpartition(".")[0],
        symptom=at_ends or bool(_dead(seen, start)) and _is_cut(seen, start),
    )


def _fades(start: Look, last: str) -> bool:
    """Tell whether the values fade, too, so that a training begins with nearly none.

    Else a small last layer may be all that there is, and it grows in a few steps.
    """
    return start.arriving.get(last.rpartition(".")[0], 1.0) < VALUES


def _arrived(look: Look, key: str) -> float:
    """Give the mean gradient of weights, for values of size 1 that come to them."""
    size = look.arriving.get(key.rpartition(".")[0], 1.0)
    return look.gradients[key] / min(1.0, size) if size else 0.0


def _is_stopped(seen: Trends, keys: list[str]) -> bool:
    """Tell whether the gradient ends somewhere, instead of fading from layer to layer.

    It does where a layer gets none at all and the next one gets much.
    """
    start = seen.looks[0].gradients
    got = [start[key] for key in keys if start[key]]
    return not start[keys[0]] and bool(got) and got[0] > FADED * got[-1]


def _after_fading(seen: Trends, keys: list[str]) -> Change:
    """Propose the usual start where weights are small, else what keeps gradients.

    Glorot and Bengio: tanh does; narrow layers of relu die instead.
    """
    start = fresh_start(seen.layers, small_starts(seen))
    if start.layers:
        return start
    names = list(dict.fromkeys(one.layer for one in seen.watch.regions))
    change = bent(seen.layers, [name for name in names if name], "tanh")
    if not change.layers:
        change = fresh_start(seen.layers, [key.rpartition(".")[0] for key in keys])
    if not change.layers:
        change = Change(
            words="Put gp.BatchNorm() between the layers, or use fewer of them."
        )
    return change


def small_starts(seen: Trends) -> list[str]:
    """Name the layers whose weights start far smaller than they do by default.

    That is a variance of 2 / (inputs + outputs), Glorot and Bengio's.
    """
    found = []
    for key in weights_of(seen.structure):
        weight = seen.start[key]
        if weight.ndim == 2:
            usual = math.sqrt(2 / sum(weight.shape))
            if float(np.sqrt(np.mean(weight * weight))) < SMALL * usual:
                found.append(key.rpartition(".")[0])
    return found


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
    before = False  # whether a layer before it was dead at the start
    for at, dead in _dead(seen, look).items():
        region, total = seen.watch.regions[at], len(look.on[at])
        part = len(dead) / total
        if part <= most:
            continue
        at_start = len(_dead(seen, seen.looks[0]).get(at, ())) > most * total
        name = region.layer
        change = _after_death(seen, name, at_start=at_start)
        own = bool(fresh_start(seen.layers, [name]).layers)
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
            symptom=not at_start or (before and not own),
        )
        before = before or at_start


def _after_death(seen: Trends, name: str, *, at_start: bool) -> Change:
    start = fresh_start(seen.layers, [name])
    if at_start and start.layers:
        return start
    if not seen.inputs_scaled:
        return scaled(seen.layers, seen.structure)
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


def _saturated(seen: Trends, look: Look) -> Iterator[Finding]:
    lost, most = CONDITIONS["saturation"].limits
    before = False  # whether a layer before it is
    for region, on in zip(seen.watch.regions, look.on, strict=True):
        part = 1 - float(np.mean(on))
        if not region.smooth or part <= most:
            continue
        if look.step and region.layer == seen.structure.places[-1].name:
            continue  # an output is to be at its ends where it is sure
        name = region.layer
        change = fresh_start(seen.layers, [name])
        own = bool(change.layers)
        if not own and not seen.inputs_scaled:
            change = scaled(seen.layers, seen.structure)
        elif not own and look.step:
            change = pulled_down(seen) or rate_change(seen, up=False)
        elif not own:
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
            symptom=look is not seen.looks[0] or (before and not own),
        )
        before = True


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
