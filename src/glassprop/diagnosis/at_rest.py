"""What is known before the first step: layers, values, rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.built import Built
from glassprop.diagnosis.baselines import constant_loss
from glassprop.diagnosis.parts import parts_of
from glassprop.diagnosis.planning import ROWS
from glassprop.diagnosis.regions import TO, Entry, activations_of
from glassprop.frame_columns import Words
from glassprop.layers import Scale, Standardize
from glassprop.losses import AnyLoss
from glassprop.program import Program
from glassprop.randomness import LOOK, generator
from glassprop.rows import Rows
from glassprop.trees import as_parts, named_parts, part_names

# Weights of the last layer, how many draws of them, and on how many rows, to see how
# far its output reaches.
HUGE, DRAWS, FEW = 1e4, 4, 16
ALIKE = 1e-6  # of the size of values, that they differ by where all rows are the same


@dataclass(frozen=True)
class Entering:
    """What comes to layers that train before anything else that trains.

    Parameters
    ----------
    layers : tuple of str
        Their paths.
    columns : array of shape (rows, columns)
        Of some rows.
    words : tuple of str or None
        For the columns, where they come as they were given.
    learned : bool
        Whether a layer before has learned their scale.
    """

    layers: tuple[str, ...]
    columns: NDArray[Any]
    words: Words | None
    learned: bool


@dataclass(frozen=True)
class AtRest:
    """A network and the rows that it is to learn, before a step is made.

    Parameters
    ----------
    layers : list of layer
        The network's.
    built : Built
        Structure and values, with what layers learn from the rows.
    rows : Rows
        The training rows.
    loss : Loss or Several
        What is made small.
    balanced : bool
        Whether classes or rows are weighted.
    step : Program or None
        One step of the training that begins; None where the values are those of a
        training already.
    memory : dict from str to array
        What its optimizer remembers.
    most : int
        Rows that are looked at.
    """

    layers: list[Any]
    built: Built
    rows: Rows
    loss: AnyLoss
    balanced: bool
    step: Program | None = None
    memory: Mapping[str, Any] = field(default_factory=dict)
    most: int = ROWS

    @cached_property
    def some_rows(self) -> Rows:
        """As many rows as a look takes."""
        return self._some(self.most)

    def _some(self, most: int) -> Rows:
        if len(self.rows) <= most:
            return self.rows
        order = generator(self.built.seed, LOOK).permutation(len(self.rows))
        return self.rows.take(np.sort(order[:most]))

    @cached_property
    def constant(self) -> float:
        """The loss of the best constant answer."""
        return constant_loss(self.built.structure, self.rows, self.loss)

    @cached_property
    def start_loss(self) -> float:
        """The loss before the first step; NaN where the training has begun before."""
        return math.nan if self.step is None else float(self.of_step("loss")["loss"])

    @cached_property
    def penalty(self) -> float:
        """What layers add to the loss for the values that they have."""
        total = 0.0
        for place in self.built.structure.all_places:
            if hasattr(place.layer, "penalty"):
                values = self.built.values
                own = {one: values[f"{place.name}.{one}"] for one in place.parameters}
                total += float(place.layer.penalty(own))
        return total

    @cached_property
    def arriving(self) -> dict[str, Any]:
        """What comes to each layer, by its path; of several arrays none."""
        known = activations_of(self.built).values.program.outputs
        paths = [key for key in known if key.startswith(TO)]
        found = self._looked(paths, self.some_rows, {})
        return {key.removeprefix(TO): one for key, one in found.items()}

    @cached_property
    def lost_in(self) -> str:
        """The layer after which no value depends on the row; empty for none."""
        before = ""
        for place in self.built.structure.places:
            given = self.arriving.get(place.name)
            if before and given is not None and _is_alike(given):
                return before
            before = place.name
        return ""

    def of_step(self, *names: str) -> dict[str, Any]:
        """Give values of the first step, on some rows; nothing changes.

        Parameters
        ----------
        *names : str
            ``loss``, and ``d hidden.weight`` for a gradient.
        """
        assert self.step is not None
        given = {**self.built.given(), **self.memory, **self.some_rows.data()}
        return parts_of(self.built, self.step)(names, {**given, "t": np.float64(1)})

    def _looked(
        self, names: Iterable[str], rows: Rows, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        built = self.built
        x = named_parts(part_names("x", built.structure.input_shape), rows.x)
        return activations_of(built).values(names, {**built.given(), **values, **x})

    @cached_property
    def reach(self) -> list[tuple[float, float, bool]]:
        """For each output its lowest and highest value, and whether its sum is 1.

        They are what comes out as the parameters of the last layer that has any grow
        large in either direction; infinite where it grows with them.
        """
        trainable = self.built.structure.trainable
        last = trainable[-1].rpartition(".")[0] if trainable else ""
        mine = [key for key in trainable if key.rpartition(".")[0] == last]
        shapes = as_parts(self.built.structure.output_shape)
        if len(shapes) > 1 or not mine:
            return [(-math.inf, math.inf, False) for _ in shapes]
        least, large, far = (
            self._at_size(mine, size) for size in (1.0, HUGE, HUGE * HUGE)
        )
        near = np.concatenate([least, large])
        if not (np.isfinite(near).all() and np.isfinite(far).all()):
            return [(-math.inf, math.inf, False)]
        low, high = (
            math.inf * side if abs(pick(far)) > 2 * abs(pick(near)) + 1 else pick(near)
            for side, pick in ((-1, np.min), (1, np.max))
        )
        sums = near.sum(axis=-1) if near.ndim > 1 else near
        one = near.ndim > 1 and near.shape[-1] > 1
        whole = bool(one and np.allclose(sums, 1, atol=1e-4) and near.min() >= 0)
        return [(float(low) + 0.0, float(high) + 0.0, whole)]  # no -0

    def _at_size(self, keys: list[str], size: float) -> NDArray[Any]:
        """Give outputs for some draws of large values for the parameters named."""
        found = []
        for draw in range(DRAWS):
            rng = generator(self.built.seed, LOOK, 1 + draw)
            large = {
                key: (size * rng.standard_normal(self.built.values[key].shape)).astype(
                    self.built.structure.dtype
                )
                for key in keys
            }
            outputs = self._looked(["output"], self._some(FEW), large)["output"]
            found.append(np.asarray(outputs, np.float64))
        return np.concatenate(found)

    @cached_property
    def entering(self) -> list[Entering]:
        """What comes to the first layers that train, wherever data come in."""
        known = activations_of(self.built).entries
        names = [f"{TO}{one.layers[0]}" for one in known]
        given = self._looked(names, self._some(ROWS), {}) if names else {}
        found = []
        for name, one in zip(names, known, strict=True):
            wide = np.asarray(given[name], np.float64)
            learned = {key.rpartition(".")[0] for key in one.sources}
            found.append(
                Entering(
                    one.layers,
                    wide.reshape(len(wide), -1),
                    self._words(one),
                    bool(learned & self.built.learned),
                )
            )
        return found

    def _words(self, entry: Entry) -> Words | None:
        """Give the words for the columns of data that come as they were given."""
        if entry.whole:
            return self.rows.words.get(next(iter(entry.sources)))
        names = [place.name for place in self.built.structure.places]
        if entry.layers[0] not in names:
            return None
        before = self.built.structure.places[: names.index(entry.layers[0])]
        by_column = all(isinstance(one.layer, Standardize | Scale) for one in before)
        return self.rows.words.get("x") if by_column else None


def _is_alike(rows: Any) -> bool:
    """Tell whether all rows are the same, but for rounding."""
    wide = np.asarray(rows, np.float64)
    apart = float(np.max(np.ptp(wide, axis=0), initial=0.0))
    return apart <= ALIKE * float(np.max(np.abs(wide), initial=0.0))
