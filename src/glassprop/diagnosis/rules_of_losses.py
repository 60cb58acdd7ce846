"""Rules of where a training leads: its losses, and what it gives in the end."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.remedies import at_learning_rate, bent, fresh_start, scaled
from glassprop.diagnosis.trends import Trends
from glassprop.early_stopping import EarlyStopping


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
        change = at_learning_rate(optimizer, found)
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
