"""The rule of a gradient that fades on its way to the first layers."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.looks import EARLY, weights_of
from glassprop.diagnosis.moments import Look
from glassprop.diagnosis.remedies import bent, fresh_start
from glassprop.diagnosis.rules_of_units import is_cut, saturated
from glassprop.diagnosis.trends import Trends

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
    how = (
        f"it reaches the first layer at {ratio:.2g} of its size, and fades below "
        f"{part:g}."
        if ratio < part
        else f"the first layer gets {reaching:.2g}, and below {least:g} hardly learns."
    )
    start = seen.looks[0]
    at_ends = any(True for _ in saturated(seen, start))
    yield Finding(
        "vanishing_gradient",
        f"the mean gradient of {first} is {look.gradients[first]:.2g}, that of {last} "
        f"{look.gradients[last]:.2g}; beside what comes to them, {how}",
        _after_fading(seen, keys),
        value=ratio if ratio < part else reaching,
        limit=part if ratio < part else least,
        severity="error",
        layer=first.rpartition(".")[0],
        symptom=at_ends or is_cut(seen, start),
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
