"""Rules of where a training leads: its losses, and what it gives in the end."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.remedies import at_learning_rate, bent, fresh_start
from glassprop.diagnosis.rules_of_data import scaled
from glassprop.diagnosis.rules_of_starts import SCALED_TARGET, are_large
from glassprop.diagnosis.rules_of_units import same_for_all
from glassprop.diagnosis.training_changes import (
    NEAR,
    held_back,
    lower_rate,
    pulled_down,
)
from glassprop.diagnosis.trends import Trends
from glassprop.early_stopping import EarlyStopping
from glassprop.optimizers import is_minimizer

SOMEWHERE = "Look at what each layer gives: somewhere all rows become the same."


def not_falling(seen: Trends) -> Iterator[Finding]:
    """Compare the loss with that of the best constant answer."""
    part, least = CONDITIONS["not_falling"].limits
    steps = seen.looks[-1].step - seen.looks[0].step
    if not seen.losses or steps < least or not seen.constant > 0:
        return
    last = float(np.mean(seen.losses[-max(1, len(seen.losses) // 10) :]))
    beside, of = seen.constant, "for the best constant answer"
    if last < part * beside:  # a network may be better than that by chance
        beside, of = seen.at_rest.start_loss, "before the first"
    if not last >= part * beside:
        return
    yield Finding(
        "not_falling",
        f"the loss is {last:.4g} after {steps} steps, and {beside:.4g} {of}.",
        _after_standing(seen),
        value=last / beside,
        limit=part,
        severity="error",
    )


def _after_standing(seen: Trends) -> Change:
    if not seen.inputs_scaled:
        return scaled(seen.at_rest)
    held = held_back(seen) or pulled_down(seen)
    if held is not None:
        return held
    if are_large(seen.at_rest):
        return Change(data=SCALED_TARGET)
    optimizer, found = seen.watch.recipe.optimizer, seen.suggest()
    if found is not None and not 1 / NEAR < found / optimizer.learning_rate < NEAR:
        return at_learning_rate(optimizer, found)
    return Change(
        words="Look at the other findings first; else give the network more units, or "
        "inputs that tell more of the target."
    )


def overfitting(seen: Trends) -> Iterator[Finding]:
    """Compare the loss of the held-out rows with its lowest."""
    rise, part = CONDITIONS["overfitting"].limits
    if len(seen.held_out) < 5:
        return
    held, best = np.array(seen.held_out), int(np.argmin(seen.held_out))
    lasted = (len(held) - 1 - best) / len(held)
    last = held[-max(1, len(held) // 10) :] if seen.kept is None else held[seen.kept]
    recent = float(np.median(last))
    rising = recent > (1 + rise) * held[best]
    if not rising or lasted < part or not seen.losses[-1] < seen.losses[best]:
        return
    yield Finding(
        "overfitting",
        f"the loss on held-out rows was lowest in epoch {best + 1} of {len(held)}, "
        f"{held[best]:.4g}, and has risen to {recent:.4g} while that on training rows "
        f"fell from {seen.losses[best]:.4g} to {seen.losses[-1]:.4g}.",
        Change(
            words=f"Stop where it is lowest, and give more {_more(seen)} if that is "
            "not enough.",
            options={"early_stopping": EarlyStopping(max(3, len(held) // 10))},
        ),
        value=recent / float(held[best]) - 1,
        limit=rise,
    )


def _more(seen: Trends) -> str:
    """Name what keeps from learning by heart; a minimizer takes no random layers."""
    if is_minimizer(seen.watch.recipe.optimizer):
        return "rows or an l2 penalty"
    return "rows, dropout or an l2 penalty"


def constant_output(seen: Trends) -> Iterator[Finding]:
    """Judge whether the output depends on the input."""
    limit = CONDITIONS["constant_output"].limit
    if len(seen.watch.rows) < 2:
        return
    for at, (spread, size) in enumerate(seen.looks[-1].outputs):
        if not _is_constant(spread, size):
            continue
        which = f"output {at}" if len(seen.looks[-1].outputs) > 1 else "the output"
        at_start = _is_constant(*seen.looks[0].outputs[at])
        yield Finding(
            "constant_output",
            f"{which} varies by {spread:.2g} over {len(seen.watch.rows)} rows, and is "
            f"{size:.2g} in size; below {limit:g} of it the answer is the same for "
            "every row.",
            _after_constant(seen, at_start=at_start),
            value=spread / size,
            limit=limit,
            severity="error",
            symptom=not at_start,
        )


def _is_constant(spread: float, size: float) -> bool:
    limit = CONDITIONS["constant_output"].limit
    return math.isfinite(size) and size > 0 and spread <= limit * size


def _after_constant(seen: Trends, *, at_start: bool) -> Change:
    names = [one.layer for one in seen.watch.regions]
    lost = seen.at_rest.lost_in
    start = fresh_start(seen.layers, [lost] if lost else names)
    if start.layers:
        return start
    if lost and not _owns(seen, lost):
        return same_for_all(lost)
    if not seen.inputs_scaled:
        return scaled(seen.at_rest)
    course = None if at_start else pulled_down(seen) or lower_rate(seen)
    change = course or bent(seen.layers, names, "leaky_relu")
    return change if str(change) else Change(words=SOMEWHERE)


def _owns(seen: Trends, name: str) -> bool:
    """Tell whether a layer has parameters."""
    return any(key.startswith(f"{name}.") for key in seen.structure.parameters)
