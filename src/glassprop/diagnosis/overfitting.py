"""Whether a few rows can be learned by heart: with neither penalties nor noise.

CS231n, "Neural networks part 3", sanity checks. How low the loss can be is found by
training the outputs themselves instead of the weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.run_numpy import NumpySteps
from glassprop.built import Built
from glassprop.diagnosis.baselines import constant_loss
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.planning import HEART_SECONDS, affordable_steps
from glassprop.losses import AnyLoss
from glassprop.optimizers import Adam
from glassprop.plain_values import ForPrograms
from glassprop.program import Program
from glassprop.programs import step_program
from glassprop.randomness import LOOK, generator
from glassprop.rows import Rows
from glassprop.structure import arrange, start_values
from glassprop.targets import row_classes
from glassprop.trees import as_parts
from glassprop.updates import start_memory

MOST_ROWS = 20
EACH = 3  # parameters for each number to learn
OF_CLASS = 2  # rows at least, however few parameters there are
STEPS, LEAST_STEPS = 1000, 100  # fewer tell nothing
RATES = (0.01, 0.001, 0.05)  # tried in this order, until one is enough


@dataclass(frozen=True)
class OverfitCheck(ForPrograms):
    """How far a network got in learning a few rows by heart.

    Parameters
    ----------
    rows : int
        How many it was given: 20, or fewer where it has few parameters.
    start, end : float
        The loss before and after.
    constant : float
        That of the best constant answer for these rows.
    lowest : float
        The lowest that any outputs have for these rows.
    steps : int
        Of training.
    rate : float
        The learning rate that came furthest.
    """

    rows: int
    start: float
    end: float
    constant: float
    lowest: float
    steps: int
    rate: float

    @property
    def left(self) -> float:
        """What part of the way from the constant answer to the lowest loss is left."""
        way = self.constant - self.lowest
        return (self.end - self.lowest) / way if way > 0 else math.nan

    @property
    def ok(self) -> bool:
        """Whether most of the way is gone."""
        return not self.left > CONDITIONS["cannot_overfit"].limits[1]

    def __str__(self) -> str:
        verdict = "learned by heart" if self.ok else "not learned by heart"
        rows = "1 row" if self.rows == 1 else f"{self.rows} rows"
        return (
            f"{rows} {verdict}: loss {self.start:.4g} to {self.end:.4g} in "
            f"{self.steps} steps; the best constant answer has {self.constant:.4g}, "
            f"the lowest is {self.lowest:.4g}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Give it as numbers; None where there is none."""
        numbers = {
            "start": self.start,
            "end": self.end,
            "constant": self.constant,
            "lowest": self.lowest,
            "left": self.left,
        }
        return {
            "ok": self.ok,
            "rows": self.rows,
            "steps": self.steps,
            "rate": self.rate,
            **{k: one if math.isfinite(one) else None for k, one in numbers.items()},
        }


def affordable_by_heart(program: Program) -> int:
    """Give for how many steps each learning rate can be tried, where a step is dear.

    Parameters
    ----------
    program : Program
        One step.

    Returns
    -------
    int
        0 where they are too few to learn anything by heart.
    """
    steps = affordable_steps(program, MOST_ROWS, HEART_SECONDS) // len(RATES)
    return min(steps, STEPS) if steps >= LEAST_STEPS else 0


def check_overfit(
    built: Built,
    rows: Rows,
    loss: AnyLoss,
    *,
    least: int = OF_CLASS,
    steps: int = STEPS,
) -> OverfitCheck:
    """Train copies of a network on a few rows, without penalties and noise.

    Parameters
    ----------
    built : Built
        Structure and values to start from; nothing of it changes.
    rows : Rows
        To choose from.
    loss : Loss or Several
        What is made small.
    least : int
        Rows that are chosen, however few parameters there are.
    steps : int
        Of training, at each rate.
    """
    few = few_rows(built, rows, loss, least)
    found = [math.nan, math.nan]
    best, chosen = math.inf, RATES[0]
    constant = constant_loss(built.structure, few, loss)
    lowest = lowest_loss(built, few, loss)
    for rate in RATES:
        start, end = _trained(built, few, loss, rate, steps)
        found[0] = start
        if end < best:
            best, chosen = end, rate
        if math.isfinite(constant) and best - lowest <= 0.05 * (constant - lowest):
            break
    return OverfitCheck(len(few), found[0], best, constant, lowest, steps, chosen)


def few_rows(built: Built, rows: Rows, loss: AnyLoss, least: int) -> Rows:
    """Choose rows that differ, of each class in turn: 20, or what parameters allow."""
    structure = built.structure
    trained = sum(
        math.prod(structure.parameters[key].shape) for key in structure.trainable
    )
    outputs = sum(math.prod(shape) for shape in as_parts(structure.output_shape))
    order = generator(built.seed, LOOK, 99).permutation(len(rows))
    classes = row_classes(rows.y, loss)
    if classes is not None:
        order, kinds = _in_turn(order, classes)
        least = max(least, OF_CLASS * kinds)
    count = max(2, min(MOST_ROWS, max(least, trained // (EACH * outputs))))
    return rows.take(np.array(list(_distinct(rows, order, count)), np.int64))


def _in_turn(order: NDArray[Any], classes: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Put rows of each class in turn; tell how many classes there are."""
    kinds, which = np.unique(classes[order], return_inverse=True)
    turn = np.empty(len(order), np.int64)
    for kind in range(len(kinds)):
        mine = which == kind
        turn[mine] = np.arange(np.count_nonzero(mine))
    return order[np.argsort(turn, kind="stable")], len(kinds)


def _distinct(rows: Rows, order: NDArray[Any], count: int) -> Iterator[int]:
    """Give the numbers of rows with different inputs, as far as there are."""
    seen: set[bytes] = set()
    for at in order:
        key = b"".join(np.asarray(one[at]).tobytes() for one in as_parts(rows.x))
        if key not in seen:
            seen.add(key)
            yield int(at)
        if len(seen) == count:
            return


def _trained(
    built: Built, rows: Rows, loss: AnyLoss, rate: float, count: int
) -> tuple[float, float]:
    """Give the loss of the first and of the best step."""
    steps = bare_steps(built, rows, loss)
    return _run(steps, bare_start(built), rows, rate * _falling(count), built.seed)


def bare_steps(built: Built, rows: Rows, loss: AnyLoss) -> NumpySteps:
    """Give steps of Adam without penalties and noise, compiled once.

    Parameters
    ----------
    built : Built
        It keeps them.
    rows : Rows
        With the kind of target.
    loss : Loss or Several
        What is made small.
    """
    optimizer = Adam(RATES[0])
    made: NumpySteps = built.compiled(
        ("bare", loss, rows.target),
        lambda: NumpySteps(
            step_program(built.structure, loss, optimizer, rows.target, bare=True)
        ),
    )
    return made


def bare_start(built: Built) -> dict[str, Any]:
    """Copy the values that such steps begin with.

    Parameters
    ----------
    built : Built
        It stays as it is.
    """
    values = {key: np.array(one) for key, one in built.values.items()}
    return values | start_memory(built.structure, Adam(RATES[0]), values)


def _falling(count: int) -> NDArray[Any]:
    return np.linspace(1, 0.05, count)


def _run(
    steps: NumpySteps, values: dict[str, Any], rows: Rows, rates: Any, seed: int
) -> tuple[float, float]:
    with np.errstate(all="ignore"), steps.holding(values, len(rows)) as run:
        losses = run(rows.data(), slice(0, len(rows)), rates, seed=seed, first_step=1)
    lowest = np.nanmin(losses) if np.isfinite(losses).any() else np.inf
    return float(losses[0]), float(lowest)


def lowest_loss(built: Built, rows: Rows, loss: AnyLoss) -> float:
    """Train the outputs themselves, one parameter for each row and output.

    Parameters
    ----------
    built : Built
        It says what an output is; nothing of it changes.
    rows : Rows
        With their target.
    loss : Loss or Several
        What is made small.
    """
    structure = built.structure
    shapes = as_parts(structure.output_shape)
    if len(shapes) > 1:
        return 0.0
    count = len(rows)
    free = arrange([_Free((count, *shapes[0]))], (count,), structure.dtype)
    optimizer = Adam(0.1)
    steps = NumpySteps(step_program(free, loss, optimizer, rows.target))
    values = start_values(free, built.seed, {})
    values |= start_memory(free, optimizer, values)
    eye = np.eye(count, dtype=structure.dtype)
    given = Rows(eye, rows.y, rows.weights, rows.target)
    return _run(steps, values, given, 0.1 * _falling(STEPS), built.seed)[1]


@dataclass(frozen=True)
class _Free:
    """A layer whose output for row i is its i-th parameter."""

    shape: tuple[int, ...]

    def parameters(self, _shape: Any) -> dict[str, Any]:
        from glassprop.layers import Parameter

        return {"output": Parameter(self.shape, 0.0)}

    def forward(self, p: Any, x: Any, _run: Any) -> Any:
        return np.tensordot(x, p["output"], 1)
