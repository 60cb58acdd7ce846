"""What looks at a training show: steps, gradients, units, and where the loss goes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding, some
from glassprop.diagnosis.looks import Look, Watch
from glassprop.diagnosis.remedies import bent, fresh_start, scaled, slower
from glassprop.early_stopping import EarlyStopping
from glassprop.structure import Structure

FIRST = 10  # times the limit of a step, for the first one
STEPS_TO_JUDGE = 3  # looks with a step, before steps are judged


@dataclass(frozen=True)
class Trends:
    """All that is known of a training when its looks are judged.

    Parameters
    ----------
    watch : Watch
        With its looks.
    losses : sequence of float
        The training loss of each epoch.
    held_out : sequence of float
        That of the rows held out, if there are any.
    constant : float
        The loss of the best constant answer; NaN where it is not known.
    inputs_scaled : bool
        Whether what comes in is scaled.
    suggest : callable
        Gives a learning rate that a range test finds, or None.
    """

    watch: Watch
    losses: list[float]
    held_out: list[float]
    constant: float
    inputs_scaled: bool
    suggest: Callable[[], float | None]

    @property
    def looks(self) -> list[Look]:
        """The looks so far, the first before training."""
        return self.watch.looks

    @property
    def structure(self) -> Structure:
        """The network's."""
        return self.watch.net.structure

    @property
    def layers(self) -> list[Any]:
        """The network's layers."""
        return self.watch.net.layers

    @property
    def learns(self) -> bool:
        """Whether the loss has come clearly below that of a constant answer."""
        if not self.losses:
            return False
        part = self.losses[-1] / self.constant if self.constant > 0 else math.nan
        return bool(part < 0.9)

    def rate_change(self, *, up: bool) -> Change:
        """Propose a learning rate: what a range test finds, else ten times as much."""
        optimizer = self.watch.recipe.optimizer
        rate = optimizer.learning_rate
        found = self.suggest()
        if found is None or (found <= rate) is up:
            found = rate * 10 if up else rate / 10
        return slower(optimizer, found)


def trends(seen: Trends) -> list[Finding]:
    """Judge the looks at a training.

    Parameters
    ----------
    seen : Trends
        All that is known of it.
    """
    rules = (
        step_size,
        overshooting,
        vanishing_gradient,
        units,
        never_moves,
        not_falling,
        overfitting,
        constant_output,
    )
    if not seen.looks:
        return []
    with np.errstate(all="ignore"):  # numbers may be of any size
        return [one for rule in rules for one in rule(seen)]


# Steps --------------------------------------------------------------------------------


def _weights(structure: Structure) -> list[str]:
    """Name the trainable arrays of two axes or more, in order; else all trainable."""
    found = [key for key in structure.trainable if _axes(structure, key) > 1]
    return found or structure.trainable


def _axes(structure: Structure, key: str) -> int:
    return len(structure.parameters[key].shape)


def step_size(seen: Trends) -> Iterator[Finding]:
    """Judge how much a step changes the weights."""
    small, large = CONDITIONS["step_size"].limits
    keys = _weights(seen.structure)
    looks = [one for one in seen.looks if one.updates]
    if len(looks) < STEPS_TO_JUDGE or not keys:
        return
    typical = float(
        np.median([np.median([one.updates[key] for key in keys]) for one in looks])
    )
    text = f"a step changes the weights by {typical:.2g} of their size"
    if 0 < typical < small and not seen.learns:
        yield Finding(
            "step_size",
            f"{text}; below {small:g} next to nothing is learned.",
            seen.rate_change(up=True),
            value=typical,
            limit=small,
        )
    first = float(np.median([looks[0].updates[key] for key in keys]))
    # Where all units die of the first step, no later one tells its size.
    worst, limit = (typical, large) if typical > large else (first, FIRST * large)
    if worst > limit and not seen.learns:
        which = "a step" if typical > large else "the first step"
        yield Finding(
            "step_size",
            f"{which} changes the weights by {worst:.2g} of their size; above "
            f"{limit:g} it overwrites what was learned.",
            seen.rate_change(up=False),
            value=worst,
            limit=limit,
        )


def overshooting(seen: Trends) -> Iterator[Finding]:
    """Judge how far steps go beyond the lowest point on their way."""
    limit = CONDITIONS["overshooting"].limit
    found = [one.overshoot for one in seen.looks]
    known = [one for one in found if not math.isnan(one)]
    if len(known) < STEPS_TO_JUDGE:
        return
    middle = float(np.median(known))
    if middle > limit and not seen.learns:
        times = "uphill" if math.isinf(middle) else f"{middle:.2g} times as far again"
        yield Finding(
            "overshooting",
            f"the middle one of {len(known)} steps looked at goes {times} beyond the "
            f"lowest point on its way; beyond {limit:g} a step climbs higher than it "
            "began.",
            seen.rate_change(up=False),
            value=middle,
            limit=limit,
        )


# Gradients and units ------------------------------------------------------------------


def vanishing_gradient(seen: Trends) -> Iterator[Finding]:
    """Judge the gradient of the first weights beside that of the last."""
    least, part = CONDITIONS["vanishing_gradient"].limits
    keys = _weights(seen.structure)
    early = seen.looks[:3]
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
    if not first and _dead(seen, seen.looks[0]):
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
    return slower(seen.watch.recipe.optimizer, rate).options


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
    if len(looks) < STEPS_TO_JUDGE or _dead(seen, looks[-1]):
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


# Where the loss goes ------------------------------------------------------------------


def not_falling(seen: Trends) -> Iterator[Finding]:
    """Compare the loss with that of the best constant answer."""
    part, least = CONDITIONS["not_falling"].limits
    steps = seen.looks[-1].step - seen.looks[0].step
    if not seen.losses or steps < least or not seen.constant > 0:
        return
    last = float(np.mean(seen.losses[-max(1, len(seen.losses) // 10) :]))
    if last < part * seen.constant:
        return
    optimizer = seen.watch.recipe.optimizer
    found = seen.suggest()
    if not seen.inputs_scaled:
        change = scaled(seen.layers, seen.structure)
    elif found is not None and not 1 / 3 < found / optimizer.learning_rate < 3:
        change = slower(optimizer, found)
    else:
        change = Change(
            words="Look at the other findings first; else give the network more "
            "units, or inputs that tell more of the target."
        )
    yield Finding(
        "not_falling",
        f"the loss is {last:.4g} after {steps} steps, and {seen.constant:.4g} for the "
        "best constant answer.",
        change,
        value=last / seen.constant,
        limit=part,
        severity="error",
    )


def overfitting(seen: Trends) -> Iterator[Finding]:
    """Compare the loss of the held-out rows with its lowest."""
    rise, part = CONDITIONS["overfitting"].limits
    if len(seen.held_out) < 5:
        return
    held, best = np.array(seen.held_out), int(np.argmin(seen.held_out))
    lasted = (len(held) - 1 - best) / len(held)
    recent = float(np.median(held[-max(1, len(held) // 10) :]))
    rising = recent > (1 + rise) * held[best]
    if not rising or lasted < part or not seen.losses[-1] < seen.losses[best]:
        return
    yield Finding(
        "overfitting",
        f"the loss on held-out rows was lowest in epoch {best + 1} of {len(held)}, "
        f"{held[best]:.4g}, and has risen to {recent:.4g} while that on training rows "
        f"fell from {seen.losses[best]:.4g} to {seen.losses[-1]:.4g}.",
        Change(
            words="Stop where it is lowest, and give more rows, dropout or an l2 "
            "penalty if that is not enough.",
            options={"early_stopping": EarlyStopping(max(3, len(held) // 10))},
        ),
        value=recent / float(held[best]) - 1,
        limit=rise,
    )


def constant_output(seen: Trends) -> Iterator[Finding]:
    """Judge whether the output depends on the input."""
    limit = CONDITIONS["constant_output"].limit
    if len(seen.watch.rows) < 2:
        return
    for at, (spread, size) in enumerate(seen.looks[-1].outputs):
        if not math.isfinite(size) or not size or not spread <= limit * size:
            continue
        which = f"output {at}" if len(seen.looks[-1].outputs) > 1 else "the output"
        yield Finding(
            "constant_output",
            f"{which} varies by {spread:.2g} over {len(seen.watch.rows)} rows, and is "
            f"{size:.2g} in size; below {limit:g} of it the answer is the same for "
            "every row.",
            _after_constant(seen),
            value=spread / size,
            limit=limit,
            severity="error",
        )


def _after_constant(seen: Trends) -> Change:
    names = [one.layer for one in seen.watch.regions]
    start = fresh_start(seen.layers, names)
    if start.layers:
        return start
    if not seen.inputs_scaled:
        return scaled(seen.layers, seen.structure)
    return bent(seen.layers, names, "leaky_relu")
