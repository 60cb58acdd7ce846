"""Looks at a training: what its layers, gradients and steps do at one moment.

A look runs a step of the training on copies, so that nothing changes by it, and on the
same few rows each time. How often it is worth one follows from what it costs, never
from a clock: a tenth of the training at most.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.choice import CALL
from glassprop.built import Built
from glassprop.compiling import Compiled
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.regions import Activations, Region
from glassprop.losses import AnyLoss
from glassprop.optimizers import is_minimizer
from glassprop.program import Program
from glassprop.programs import gradient_program
from glassprop.randomness import LOOK, generator
from glassprop.rows import Rows
from glassprop.trees import as_parts, named_parts, part_names

if TYPE_CHECKING:
    from glassprop.epochs import Work
    from glassprop.network import Network
    from glassprop.recipes import Recipe

ROWS = 256  # that a look is on, at most
MOST, FEWEST = 12, 3  # looks at a training
SHARE = 0.02  # of a training's time that all looks may take; a tenth with the rest
LOOKING = 4e-3  # seconds of a look beside the programs that it runs
NUMPY, COMPILED = 5e9, 2e10  # arithmetic operations in a second, about


@dataclass(frozen=True)
class Look:
    """What was seen of a training at one moment.

    Parameters
    ----------
    epoch, step : int
        How many were done.
    losses : tuple of float
        Of a batch: before a step, halfway along it, and after it.
    updates : dict from str to float
        ``norm(update) / norm(parameter)`` of the step, by parameter.
    gradients : dict from str to float
        The mean absolute gradient, by parameter.
    on : tuple of array of shape (units,)
        For each activation, the part of the rows for which a unit has a slope.
    outputs : tuple of (float, float)
        For each output, its standard deviation over the rows and its size, both the
        root of a mean square.
    """

    epoch: int
    step: int
    losses: tuple[float, float, float]
    updates: Mapping[str, float]
    gradients: Mapping[str, float]
    on: tuple[NDArray[Any], ...]
    outputs: tuple[tuple[float, float], ...]

    @property
    def overshoot(self) -> float:
        """How far the step went: 0 to the lowest point of a parabola along it.

        -1 is no way at all, 1 twice the way, where the loss is what it was before
        (Schneider, Dangel and Hennig 2021, "alpha"). NaN where the step changed the
        loss by no more than rounding.
        """
        first, half, last = self.losses
        if not all(map(math.isfinite, self.losses)):
            return math.nan
        if abs(last - first) <= 1e-6 * max(abs(first), abs(last)):
            return math.nan
        curve = 2 * (first - 2 * half + last)
        slope = -3 * first + 4 * half - last
        if slope >= 0:
            return math.inf
        return -2 * curve / slope - 1 if curve > 0 else -1.0


@dataclass
class Watch:
    """Looks at a training as it goes on.

    Parameters
    ----------
    net : Network
        What is trained.
    recipe : Recipe
        Of the training.
    rows : Rows
        The training rows; some of them are looked at.
    looks : list of Look
        So far.
    """

    net: Network
    recipe: Recipe
    rows: Rows
    looks: list[Look] = field(default_factory=list)

    def __post_init__(self) -> None:
        order = generator(self.net.seed, LOOK).permutation(len(self.rows))
        self.rows = self.rows.take(order[:ROWS])

    @property
    def activations(self) -> Activations:
        """The program that gives slopes; made once for a network."""
        built = self.net.built
        made: Activations = built.compiled(
            ("activations",), lambda: Activations(built.structure)
        )
        return made

    @property
    def regions(self) -> tuple[Region, ...]:
        """The activations, in order."""
        return self.activations.regions

    def look(self, work: Work) -> None:
        """Look at the training now.

        Parameters
        ----------
        work : Work
            What it works with.
        """
        training = work.training
        losses, updates = self._step(work)
        self.looks.append(
            Look(
                training.epochs,
                training.steps,
                losses,
                updates,
                self._gradients(work),
                *self._slopes(),
            )
        )

    def _batch(self, work: Work) -> tuple[dict[str, NDArray[Any]], int]:
        """Give the rows of a step, others at each look."""
        total = len(self.rows)
        size = min(work.rows_per_step, total)
        chosen = (len(self.looks) * size + np.arange(size)) % total
        return {key: one[chosen] for key, one in self.rows.data().items()}, size

    def _step(
        self, work: Work
    ) -> tuple[tuple[float, float, float], Mapping[str, float]]:
        """Run one step on copies, and once more from halfway along it and its end."""
        net, training = work.net, work.training
        if is_minimizer(training.optimizer):
            return (math.nan,) * 3, {}
        batch, size = self._batch(work)
        dtype = net.structure.dtype
        rate = training.rate or training.optimizer.learning_rate
        start = {**net.values, **training.memory}
        trained = net.structure.trainable

        def stepped(values: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
            copies = {key: np.array(one) for key, one in values.items()}
            with (
                np.errstate(all="ignore"),
                work.steps.holding(copies, size) as run,
            ):
                (loss,) = run(
                    batch,
                    slice(0, size),
                    np.array([rate], dtype),
                    seed=net.seed,
                    first_step=training.steps + 1,
                )
            return float(loss), copies

        first, after = stepped(start)
        with np.errstate(all="ignore"):
            half = {key: (start[key] + after[key]) / 2 for key in trained}
            updates = {
                key: _ratio(after[key] - start[key], start[key]) for key in trained
            }
        middle, _ = stepped({**start, **half})
        last, _ = stepped({**start, **{key: after[key] for key in trained}})
        return (first, middle, last), updates

    def _gradients(self, work: Work) -> dict[str, float]:
        built = self.net.built
        found = loss_and_gradients(
            built, self.recipe.loss, self.rows, step=work.training.steps + 1
        )
        with np.errstate(all="ignore"):
            return {
                key: float(np.mean(np.abs(found[f"d {key}"])))
                for key in built.structure.trainable
            }

    def _slopes(self) -> tuple[tuple[NDArray[Any], ...], tuple[Any, ...]]:
        built, lost = self.net.built, CONDITIONS["saturation"].limit
        x = named_parts(part_names("x", built.structure.input_shape), self.rows.x)
        found = self.activations({**built.given(), **x})
        on = tuple(
            np.mean(
                np.abs(_by_unit(found[region.slope])) > (lost if region.smooth else 0),
                axis=0,
            )
            for region in self.regions
        )
        names = as_parts(part_names("output", built.structure.output_shape))
        with np.errstate(all="ignore"):
            outputs = tuple(_spread(_by_unit(found[name])) for name in names)
        return on, outputs


def loss_and_gradients(
    built: Built, loss: AnyLoss, rows: Rows, *, step: int
) -> dict[str, Any]:
    """Give the loss of rows and its gradients, as a training step has them.

    Parameters
    ----------
    built : Built
        Structure and values; its states do not move.
    loss : Loss or Several
        What is made small.
    rows : Rows
        With their target.
    step : int
        The number of the step, from 1.

    Returns
    -------
    dict from str to array
        ``loss``, and for each trainable parameter ``d`` and its name.
    """
    structure = built.structure
    compiled: Compiled = built.compiled(
        ("look", loss, rows.target),
        lambda: Compiled(gradient_program(structure, loss, rows.target, training=True)),
    )
    states = {key: np.array(built.values[key]) for key in structure.state}
    given = {**built.given(), **states, **rows.data(), "t": np.float64(step)}
    with np.errstate(all="ignore"):
        return compiled.named(given)


def _by_unit(array: Any) -> NDArray[Any]:
    rows = np.asarray(array)
    return rows.reshape(len(rows), -1)


def _ratio(update: NDArray[Any], value: NDArray[Any]) -> float:
    size = float(np.linalg.norm(value))
    moved = float(np.linalg.norm(update))
    return moved / size if size else (math.inf if moved else 0.0)


def _spread(output: NDArray[Any]) -> tuple[float, float]:
    wide = output.astype(np.float64)
    deviation = float(np.sqrt(np.mean(np.var(wide, axis=0))))
    return deviation, float(np.sqrt(np.mean(wide * wide)))


def affordable_looks(program: Program, rows: int, steps: int, *, compiled: bool) -> int:
    """Give how many looks at a training cost little beside it.

    Parameters
    ----------
    program : Program
        One step.
    rows : int
        Of a batch.
    steps : int
        Of the whole training.
    compiled : bool
        Whether its steps are machine code; looks are not.
    """
    operations = program.cost(rows)
    step = CALL * program.size + operations / NUMPY
    if compiled:
        step = operations / COMPILED
    look = 3 * step + 2 * CALL * program.size + 2 * program.cost(ROWS) / NUMPY
    look += LOOKING
    return min(MOST, max(FEWEST, int(SHARE * steps * step / look)))


def look_epochs(epochs: int, looks: int) -> list[int]:
    """Choose after which epochs a training is looked at: the first look before it.

    Parameters
    ----------
    epochs : int
        Of the training.
    looks : int
        How many, two at least; fewer where there are not so many epochs.
    """
    if epochs < looks:
        return list(range(epochs + 1))
    spread = np.unique(np.round(np.geomspace(epochs, 1, looks - 1)).astype(int))
    return [0, *spread.tolist()]
