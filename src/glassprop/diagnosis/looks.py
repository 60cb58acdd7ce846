"""Looks at a training: what its layers, gradients and steps do at one moment.

A look makes a step of the training on copies, so that nothing changes by it, and runs
parts of the step's program on the same few rows each time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.moments import Look
from glassprop.diagnosis.parts import parts_of
from glassprop.diagnosis.planning import ROWS
from glassprop.diagnosis.regions import TO, Region, activations_of
from glassprop.optimizers import is_minimizer
from glassprop.randomness import LOOK, generator
from glassprop.rows import Rows
from glassprop.structure import Structure
from glassprop.trees import as_parts, named_parts, part_names

if TYPE_CHECKING:
    from glassprop.epochs import Work
    from glassprop.network import Network
    from glassprop.recipes import Recipe

EARLY = 3  # looks that tell of a training's start
NUDGE = 1e-4  # how far along the gradient its slope is measured
APART = 0.2  # of it, that a slope is away from a gradient that is wrong
BEYOND = 1e3  # times rounding, that a loss must change by to be compared


@dataclass
class Watch:
    """Looks at a training as it goes on.

    Parameters
    ----------
    net : Network
        What is trained.
    recipe : Recipe
        Of the training.
    training_rows : Rows
        All rows of the training.
    most : int
        Rows that gradients and units are looked at on.

    Attributes
    ----------
    rows : Rows
        Those.
    looks : list of Look
        So far.
    """

    net: Network
    recipe: Recipe
    training_rows: InitVar[Rows]
    most: int = ROWS
    rows: Rows = field(init=False)
    looks: list[Look] = field(default_factory=list)

    def __post_init__(self, training_rows: Rows) -> None:
        order = generator(self.net.seed, LOOK).permutation(len(training_rows))
        self._stepped = training_rows.take(order[:ROWS])
        self.rows = training_rows.take(order[: self.most])

    @property
    def regions(self) -> tuple[Region, ...]:
        """The activations, in order."""
        return activations_of(self.net.built).regions

    def look(self, work: Work) -> None:
        """Look at the training now.

        Parameters
        ----------
        work : Work
            What it works with.
        """
        training = work.training
        losses, updates = self._step(work)
        rate = math.nan
        if not is_minimizer(training.optimizer):
            rate = training.rate or training.optimizer.learning_rate
        self.looks.append(
            Look(
                training.epochs,
                training.steps,
                losses,
                updates,
                self._gradients(work),
                *self._slopes(),
                rate,
            )
        )

    def _of_step(
        self,
        work: Work,
        names: Sequence[str],
        data: Mapping[str, Any],
        values: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Give values of the coming step on some rows, without making it."""
        built, training = self.net.built, work.training
        given = {**built.given(), **training.memory, **values, **data}
        given["t"] = np.float64(training.steps + 1)
        return parts_of(built, work.steps.program)(names, given)

    def is_misled(self, work: Work, start: Mapping[str, Any]) -> bool:
        """Tell whether the gradient is not the slope of the loss along itself.

        Parameters
        ----------
        work : Work
            What it works with.
        start : mapping from str to array
            The values to ask at.
        """
        trained, data = self.net.structure.trainable, self.rows.data()
        names = [f"d {key}" for key in trained]
        given = self._of_step(work, names, data, start)
        gradient = dict(zip(trained, given.values(), strict=True))
        size = math.sqrt(sum(float(np.sum(one * one)) for one in gradient.values()))
        if not 0 < size < math.inf:
            return False
        losses = [
            float(self._of_step(work, ["loss"], data, values)["loss"])
            for way in (NUDGE / size, -NUDGE / size)
            for values in [{key: start[key] + way * gradient[key] for key in trained}]
        ]
        rounding = float(np.finfo(self.net.structure.dtype).eps) * abs(losses[0])
        if not 2 * NUDGE * size > BEYOND * rounding:
            return False
        slope = (losses[0] - losses[1]) / (2 * NUDGE)
        return abs(slope - size) > APART * max(size, abs(slope))

    def _step(
        self, work: Work
    ) -> tuple[tuple[float, float, float], Mapping[str, float]]:
        """Make a step on copies, and see the loss from halfway along it and its end."""
        net, training = self.net, work.training
        if is_minimizer(training.optimizer):
            return (math.nan,) * 3, {}
        total = len(self._stepped)
        size = min(work.rows_per_step, total)
        chosen = (len(self.looks) * size + np.arange(size)) % total  # others each time
        batch = {key: one[chosen] for key, one in self._stepped.data().items()}
        rate = training.rate or training.optimizer.learning_rate
        start, trained = net.values, net.structure.trainable
        after = {
            key: np.array(one) for key, one in {**start, **training.memory}.items()
        }
        with np.errstate(all="ignore"):
            with work.steps.holding(after, size) as run:
                (first,) = run(
                    batch,
                    slice(0, size),
                    np.array([rate], net.structure.dtype),
                    seed=net.seed,
                    first_step=training.steps + 1,
                )
            updates = {
                key: _ratio(after[key] - start[key], start[key]) for key in trained
            }
            end = {key: after[key] for key in trained}
            half = {key: (start[key] + one) / 2 for key, one in end.items()}
        middle, last = (
            float(self._of_step(work, ["loss"], batch, values)["loss"])
            for values in (half, end)
        )
        return (float(first), middle, last), updates

    def _gradients(self, work: Work) -> dict[str, float]:
        """Give the mean size of the gradient of each parameter in the coming step."""
        trained = self.net.structure.trainable
        names = [f"d {key}" for key in trained]
        found = self._of_step(work, names, self.rows.data(), {})
        with np.errstate(all="ignore"):
            return {
                key: float(np.mean(np.abs(found[name])))
                for key, name in zip(trained, names, strict=True)
            }

    def _slopes(
        self,
    ) -> tuple[tuple[NDArray[Any], ...], tuple[Any, ...], Mapping[str, float]]:
        built, lost = self.net.built, CONDITIONS["saturation"].limit
        x = named_parts(part_names("x", built.structure.input_shape), self.rows.x)
        names = as_parts(part_names("output", built.structure.output_shape))
        ends = self._ends() if len(self.looks) < EARLY else []
        asked = [*names, *(region.slope for region in self.regions), *ends]
        found = activations_of(built).values(asked, {**built.given(), **x})
        on = tuple(
            np.mean(
                np.abs(_by_unit(found[region.slope])) > (lost if region.smooth else 0),
                axis=0,
            )
            for region in self.regions
        )
        with np.errstate(all="ignore"):
            outputs = tuple(_spread(_by_unit(found[name])) for name in names)
            sizes = {one.removeprefix(TO): _size(found[one]) for one in ends}
        return on, outputs, sizes

    def _ends(self) -> list[str]:
        """Name what comes to the first and to the last weights, as far as known."""
        known = activations_of(self.net.built).values.program.outputs
        keys = weights_of(self.net.structure)
        owners = dict.fromkeys(key.rpartition(".")[0] for key in keys[:1] + keys[-1:])
        return [f"{TO}{one}" for one in owners if f"{TO}{one}" in known]


def weights_of(structure: Structure) -> list[str]:
    """Name the trainable arrays of two axes or more, in order; else all trainable.

    Parameters
    ----------
    structure : Structure
        The network's.
    """
    known, trainable = structure.parameters, structure.trainable
    return [key for key in trainable if len(known[key].shape) > 1] or trainable


def _size(array: Any) -> float:
    wide = np.asarray(array, np.float64)
    return float(np.sqrt(np.mean(wide * wide)))


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
