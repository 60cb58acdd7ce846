"""The rule of gradients: they are the slopes of the loss."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from glassprop.built import Built
from glassprop.check import check_gradients
from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.planning import CHECK_SECONDS, seconds_of_row
from glassprop.gradient_checks import ENTRIES
from glassprop.graph import order
from glassprop.losses import AnyLoss
from glassprop.names import LOSS_SCOPE
from glassprop.program import Program
from glassprop.programs import (
    data_of,
    declared,
    declared_target,
    row_losses,
)
from glassprop.randomness import LOOK, generator
from glassprop.rows import Rows
from glassprop.structure import forward
from glassprop.trace import Trace

if TYPE_CHECKING:
    from glassprop.network import Network

CHECKED, FEWEST = 16, 2  # rows of a gradient check
LOSS = 2 / 3  # a loss in float64 beside a step
BESIDE = 0.01  # how far from the values the second point of it is


def affordable_rows(program: Program, parameters: int) -> int:
    """Give how many rows gradients are checked on, where a row is dear.

    Parameters
    ----------
    program : Program
        One step.
    parameters : int
        How many arrays are checked.
    """
    of_row = LOSS * seconds_of_row(program, CHECKED) * 2 * (ENTRIES + 1) * parameters
    most = int(CHECK_SECONDS / of_row) if of_row else CHECKED
    return min(CHECKED, max(FEWEST, most))


def wrong_gradient(
    net: Network, rows: Rows, loss: AnyLoss, *, most: int = CHECKED
) -> Iterator[Finding]:
    """Compare gradients with finite differences, at two points.

    The second has other rows and values a little beside. Where a corner of relu lies
    within the difference, the two are apart at one of them, as for a row of zeros while
    biases are 0; a gradient that is wrong is so at both.
    """
    wrong, doubtful = CONDITIONS["wrong_gradient"].limits
    mixed = generator(net.seed, LOOK, 97).permutation(len(rows))
    errors: dict[str, float] = {}
    for at, built in enumerate((net.built, _beside(net.built))):
        chosen = np.roll(mixed, -at * most)[:most]
        found = check_gradients(built, rows.take(np.sort(chosen)), loss)
        known = {key: one for key, one in found.items() if math.isfinite(one)}
        errors = {key: min(errors.get(key, np.inf), one) for key, one in known.items()}
        if not max(errors.values(), default=0.0) >= doubtful:
            return  # what is not finite is said by the trial
    bad = {key: one for key, one in errors.items() if one >= doubtful}
    worst = max(bad, key=lambda key: bad[key])
    last = list(bad)[-1]
    name = last.rpartition(".")[0]
    stopped = _stops(net, rows, loss)
    if stopped:
        change = Change(words=f"Take gp.stop_gradient out of {' and '.join(stopped)}.")
    else:
        change = Change(
            words=f"Look at layer {name!r} and at what comes after it, up to the loss: "
            "a function with a jump or a corner there has no slope that can be checked."
        )
    yield Finding(
        "wrong_gradient",
        f"the gradient of {worst} is {errors[worst]:.2g} of its size away from finite "
        f"differences; from {doubtful:g} it is in doubt, from {wrong:g} wrong. So are "
        f"{len(bad)} of {len(errors)} parameters, the last of them {last}.",
        change,
        value=errors[worst],
        limit=doubtful,
        severity="error" if errors[worst] >= wrong else "warning",
        layer=name,
    )


def _beside(built: Built) -> Built:
    """Give the same network with each trainable value moved a little."""
    rng = generator(built.seed, LOOK, 96)
    moved = {
        key: built.values[key] + BESIDE * rng.standard_normal(built.values[key].shape)
        for key in built.structure.trainable
    }
    return replace(built, values={**built.values, **moved}, programs={})


def _stops(net: Network, rows: Rows, loss: AnyLoss) -> list[str]:
    """Name the layers in which the gradient is stopped."""
    scopes: list[str] = []

    def whole(trace: Trace) -> None:
        structure = net.structure
        inputs = declared(trace, structure)
        inputs |= declared_target(trace, rows.target)
        x = data_of(inputs, "x", structure.input_shape)
        y = data_of(inputs, "y", rows.target.shape)
        output, _ = forward(structure, trace, inputs, x, training=False)
        losses = row_losses(trace, structure, loss, output, y)
        scopes.extend(
            node.scope
            for node in order([one.node for one in losses])
            if node.primitive.name == "stop_gradient"
        )

    whole(Trace(net.structure.dtype))
    return [
        "the loss" if one == LOSS_SCOPE else f"layer {one!r}"
        for one in dict.fromkeys(scopes)
    ]
