"""What can be seen before the first step: layers, start, data, and the loss."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.built import Built
from glassprop.diagnosis.baselines import constant_loss
from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding, some
from glassprop.diagnosis.looks import ROWS, loss_and_gradients
from glassprop.diagnosis.regions import Activations
from glassprop.diagnosis.remedies import (
    fresh_start,
    has_field,
    other,
    scaled,
    together,
)
from glassprop.feeding import Place
from glassprop.layer_names import layer_names
from glassprop.losses import AnyLoss, Loss
from glassprop.randomness import LOOK, generator
from glassprop.rows import Rows
from glassprop.targets import classes_of
from glassprop.trees import as_parts, named_parts, part_names

HUGE, DRAWS, FEW = (
    1e4,
    4,
    16,
)  # weights of the last layer, to see how far its output reaches
GRADIENTS = 1e-4  # relative distance of gradients that are alike
LEAST = 6  # weights of which all on one side of 0 are no chance
NEAR = 5.0  # scores that stay within this cannot say what is certain


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
    trained : bool
        Whether the values are those of a training.
    """

    layers: list[Any]
    built: Built
    rows: Rows
    loss: AnyLoss
    balanced: bool
    trained: bool

    @cached_property
    def some_rows(self) -> Rows:
        """As many rows as a look takes."""
        if len(self.rows) <= ROWS:
            return self.rows
        order = generator(self.built.seed, LOOK).permutation(len(self.rows))
        return self.rows.take(np.sort(order[:ROWS]))

    @cached_property
    def constant(self) -> float:
        """The loss of the best constant answer."""
        return constant_loss(self.built.structure, self.rows, self.loss)

    @cached_property
    def values(self) -> dict[str, Any]:
        """What comes to each layer, and the slopes of activations."""
        return self._looked({})

    def _looked(
        self, values: Mapping[str, Any], most: int | None = None
    ) -> dict[str, Any]:
        built = self.built
        made: Activations = built.compiled(
            ("activations",), lambda: Activations(built.structure)
        )
        x = named_parts(part_names("x", built.structure.input_shape), self.some_rows.x)
        first = {key: one[:most] for key, one in x.items()}
        return made({**built.given(), **values, **first})

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
            outputs = self._looked(large, FEW)["output"]
            found.append(np.asarray(outputs, np.float64))
        return np.concatenate(found)

    @cached_property
    def first(self) -> Place | None:
        """The first layer with parameters to train."""
        for place in self.built.structure.all_places:
            if any(one.trainable for one in place.parameters.values()):
                return place
        return None

    @cached_property
    def inputs(self) -> NDArray[Any] | None:
        """What comes to the first layer with parameters to train, a column each."""
        if self.first is None:
            return None
        given = self.values.get(f"to {self.first.name}")
        if given is None:
            return None
        wide = np.asarray(given, np.float64)
        return wide.reshape(len(wide), -1)


def findings_at_rest(seen: AtRest) -> list[Finding]:
    """Judge a network before a step is made.

    Parameters
    ----------
    seen : AtRest
        The network and its rows.
    """
    rules = (
        loss_and_output,
        bad_start,
        frozen_parts,
        inputs_not_scaled,
        imbalance,
        starting_loss,
    )
    with np.errstate(all="ignore"):  # numbers may be of any size
        return [one for rule in rules for one in rule(seen)]


# Loss and output ----------------------------------------------------------------------


def loss_and_output(seen: AtRest) -> Iterator[Finding]:
    """Judge whether the loss fits what the last layer gives."""
    each = zip(seen.loss.each, as_parts(seen.rows.y), seen.reach, strict=True)
    for loss, y, (low, high, whole) in each:
        chances = low >= 0 and high <= 1
        kind = "softmax" if whole else "sigmoid"
        bounded = f"from {low:.3g} to {high:.3g}"
        if loss.probabilities is not None and loss.classifies and chances:
            yield _misfit(
                f"the network's output is probabilities already, {bounded}, and loss "
                f"{loss.name!r} takes scores, of which it makes probabilities itself: "
                f"{kind} twice.",
                _without_bounds(seen),
            )
        elif (
            loss.probabilities is not None
            and loss.classifies
            and _short(low, high, one_sided=loss.target == "binary")
        ):
            yield _misfit(
                f"the network's output reaches {bounded}; loss {loss.name!r} takes "
                "scores without bounds, and such scores cannot say that a class is "
                "certain, or make one the likelier.",
                _without_bounds(seen),
            )
        elif loss.target == "values" and whole and _one_hot(y):
            change = _without_bounds(seen)
            yield _misfit(
                f"softmax with loss {loss.name!r}: where the network is surely wrong "
                "the slope is nearly 0, and it stays wrong.",
                Change(change.words, change.layers, options={"loss": "cross_entropy"}),
                severity="warning",
            )
        elif loss.target in ("values", "vectors", "counts"):
            yield from _out_of_reach(seen, loss, y, low, high)


def _short(low: float, high: float, *, one_sided: bool) -> bool:
    """Tell whether scores cannot say all; of several classes all may be below 0."""
    within = low > -NEAR and high < NEAR
    return within or low >= 0 or (one_sided and high <= 0)


def _one_hot(y: NDArray[Any]) -> bool:
    return bool(y.ndim == 2 and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())


def _out_of_reach(
    seen: AtRest, loss: Loss, y: NDArray[Any], low: float, high: float
) -> Iterator[Finding]:
    if loss.target == "counts":  # the output is the logarithm of a rate
        return
    bounds = [abs(one) for one in (low, high) if math.isfinite(one)]
    room = 1e-3 * max(*bounds, 1e-3) if bounds else 0.0
    lowest, highest = float(y.min()), float(y.max())
    out = np.mean((y < low - room) | (y > high + room))
    if out:
        yield _misfit(
            f"{100 * out:.3g} % of the targets, which go from {lowest:.4g} to "
            f"{highest:.4g}, are beyond what the network's output can be, from "
            f"{low:.4g} to {high:.4g}.",
            _without_bounds(seen),
        )


def _misfit(text: str, change: Change, severity: str = "error") -> Finding:
    return Finding("loss_and_output", text, change, severity=severity)


def _without_bounds(seen: AtRest) -> Change:
    """Propose the last layer without its activation."""
    for name, layer in reversed(
        list(zip(layer_names(seen.layers), seen.layers, strict=True))
    ):
        if getattr(layer, "activation", None) is not None:
            return other(seen.layers, name, activation=None) or Change()
        if has_field(layer, "function"):
            return Change(layers={name: (layer, None)})
        if has_field(layer, "units"):
            break
    return Change(words="Let the last layer give scores, without an activation.")


# Start --------------------------------------------------------------------------------


def bad_start(seen: AtRest) -> Iterator[Finding]:
    """Find units that start alike, and layers whose outputs differ much in size."""
    if seen.trained:
        return
    yield from _units_alike(seen)
    yield from _one_sign(seen)
    yield from _spreads_apart(seen)


def _units_alike(seen: AtRest) -> Iterator[Finding]:
    near = CONDITIONS["bad_start"].limits[0]
    structure = seen.built.structure
    keys = [
        key for key in structure.trainable if len(structure.parameters[key].shape) > 1
    ]
    for key in keys[:-1]:  # the last may start alike: what comes to it differs
        weight = seen.built.values[key]
        total = weight.shape[-1]
        distinct = _distinct(weight, near)
        if distinct <= total / 2:  # alike for ever if their gradients are alike too
            slopes = loss_and_gradients(seen.built, seen.loss, seen.some_rows, step=1)
            distinct = max(distinct, _distinct(slopes[f"d {key}"], GRADIENTS))
        if total < 2 or distinct > total / 2:
            continue
        name = key.rpartition(".")[0]
        change = fresh_start(seen.layers, [name])
        if not change.layers:
            change = Change(words=f"Draw the values of {key} at random.")
        yield Finding(
            "bad_start",
            f"{key}: {total} units start with "
            f"{'the same' if distinct == 1 else f'{distinct} sets of'} weights, and "
            "get the same gradients; they stay alike.",
            change,
            value=distinct / total,
            limit=0.5,
            severity="error",
            layer=name,
        )


def _distinct(array: NDArray[Any], near: float) -> int:
    """Count the columns that differ by more than a part of the largest number."""
    columns = np.asarray(array, np.float64).reshape(-1, array.shape[-1]).T
    size = float(np.max(np.abs(columns), initial=0.0)) or 1.0
    return len(np.unique(np.round(columns / (near * size)), axis=0))


def _one_sign(seen: AtRest) -> Iterator[Finding]:
    """Find weights that all start on one side of 0, where nothing keeps them there."""
    structure = seen.built.structure
    for key in structure.trainable:
        weight = seen.built.values[key]
        kept = structure.parameters[key].constraint is not None
        if weight.ndim < 2 or weight.size < LEAST or kept:
            continue
        low, high = float(weight.min()), float(weight.max())
        if low == high or not (low >= 0 or high <= 0):
            continue
        name = key.rpartition(".")[0]
        change = fresh_start(seen.layers, [name])
        if not change.layers:
            change = Change(words=f"Draw the values of {key} from both sides of 0.")
        yield Finding(
            "bad_start",
            f"{key}: all {weight.size:,} weights start on one side of 0, from "
            f"{low:.3g} to {high:.3g}: every unit adds up the same.",
            change,
            value=low if low >= 0 else high,
            limit=0.0,
            layer=name,
        )


def _spreads_apart(seen: AtRest) -> Iterator[Finding]:
    most = CONDITIONS["bad_start"].limits[1]
    spreads: dict[str, float] = {}
    for place in seen.built.structure.all_places:
        owns = any(len(one.shape) > 1 for one in place.parameters.values())
        given = seen.values.get(f"to {place.name}")
        if owns and place is not seen.first and given is not None:
            wide = np.asarray(given, np.float64)
            spreads[place.name] = float(np.sqrt(np.mean(np.var(wide, axis=0))))
    if len(spreads) < 2 or len(seen.some_rows) < 2:
        return
    low, high = (pick(spreads, key=lambda one: spreads[one]) for pick in (min, max))
    ratio = spreads[high] / spreads[low] if spreads[low] else math.inf
    if not ratio > most:
        return
    names = [place.name for place in seen.built.structure.places]
    change = fresh_start(seen.layers, names)
    if not change.layers:
        change = Change(words="Put gp.BatchNorm() between the layers.")
    yield Finding(
        "bad_start",
        f"what comes to layer {low!r} varies by {spreads[low]:.2g} over the rows, what "
        f"comes to {high!r} by {spreads[high]:.2g}: {ratio:.2g} times; up to {most:g} "
        "is fine.",
        change,
        value=ratio,
        limit=most,
        layer=low,
    )


def starting_loss(seen: AtRest) -> Iterator[Finding]:
    """Compare the loss at the start with that of the best constant answer."""
    limit = CONDITIONS["starting_loss"].limit
    if seen.trained or not seen.constant > 0:
        return
    found = loss_and_gradients(seen.built, seen.loss, seen.some_rows, step=1)
    start = float(found["loss"])
    shapes = as_parts(seen.built.structure.output_shape)
    classifies = all(one.classifies for one in seen.loss.each)
    if not classifies and not _are_large(seen):
        limit *= 3
    expected = seen.constant
    if classifies:  # of classes that are not balanced a fresh network knows nothing
        expected = max(expected, sum(map(_balanced, seen.loss.each, shapes)))
    if not start > limit * expected:
        return
    keys = seen.built.structure.trainable
    last = keys[-1].rpartition(".")[0] if keys else ""
    change = fresh_start(seen.layers, [last])
    if not change.layers and not is_scaled(seen):
        change = scaled(seen.layers, seen.built.structure)
    elif not change.layers and not classifies:
        change = Change(data="y = (y - y.mean(axis=0)) / y.std(axis=0)")
    elif not change.layers:
        change = fresh_start(seen.layers, layer_names(seen.layers))
    if not (change.layers or change.first or change.data):
        change = Change(words="Let the last layer start with smaller weights.")
    kind = "answers by chance" if classifies else "the best constant answer"
    yield Finding(
        "starting_loss",
        f"the loss starts at {start:.4g}, {start / expected:.3g} times that of {kind}, "
        f"{expected:.4g}; up to {limit:g} times is fine.",
        change,
        value=start / expected,
        limit=limit,
        layer=last,
    )


def _are_large(seen: AtRest) -> bool:
    """Tell whether targets are numbers far larger than a fresh network gives."""
    parts = zip(seen.loss.each, as_parts(seen.rows.y), strict=True)
    return any(
        loss.target in ("values", "vectors", "described")
        and float(np.sqrt(np.mean(y * y))) > CONDITIONS["inputs_not_scaled"].limit
        for loss, y in parts
    )


def _balanced(loss: Loss, shape: tuple[int, ...]) -> float:
    """Give the cross entropy of answers by chance: ln K of K classes."""
    return math.log(2 if loss.target == "binary" else max(2, shape[-1]))


# Parameters and data ------------------------------------------------------------------


def frozen_parts(seen: AtRest) -> Iterator[Finding]:
    """Find layers that train with a part of their parameters alone."""
    structure = seen.built.structure
    if not structure.parameters:
        yield Finding(
            "never_moves",
            "the network has no parameters, so that there is nothing to train.",
            Change(words="Add a layer that has some, gp.Dense(units)."),
            value=0.0,
            severity="error",
        )
        return
    if not structure.trainable:
        yield Finding(
            "never_moves",
            "every parameter is frozen, so that there is nothing to train.",
            Change(words="Let some layers train: leave frozen= out."),
            value=0.0,
            severity="error",
        )
        return
    yield from _no_bias(seen)
    for place in structure.all_places:
        frozen = [key for key, one in place.parameters.items() if not one.trainable]
        if not frozen or len(frozen) == len(place.parameters):
            continue
        change = other(seen.layers, place.name, frozen=())
        if change is None:
            continue
        yield Finding(
            "never_moves",
            f"layer {place.name!r}: {', '.join(frozen)} is frozen while "
            f"{', '.join(set(place.parameters) - set(frozen))} trains.",
            change,
            value=0.0,
            layer=place.name,
        )


def _no_bias(seen: AtRest) -> Iterator[Finding]:
    """Find a network whose every unit is held to 0 for an input of 0."""
    structure = seen.built.structure
    axes = {len(one.shape) for one in structure.parameters.values() if one.trainable}
    places = [one for one in structure.all_places if has_field(one.layer, "bias")]
    if axes != {2} or any(one.layer.bias for one in places) or not places:
        return
    changes = [other(seen.layers, one.name, bias=True) for one in places]
    yield Finding(
        "never_moves",
        "no layer has a bias: what each unit adds up is 0 for an input of 0, whatever "
        "it learns.",
        together(changes),
        value=0.0,
    )


def is_scaled(seen: AtRest) -> bool:
    """Tell whether what comes to the first layer is scaled."""
    with np.errstate(all="ignore"):
        return not any(True for _ in inputs_not_scaled(seen))


def inputs_not_scaled(seen: AtRest) -> Iterator[Finding]:
    """Judge the columns that come to the first layer with parameters to train."""
    large, apart, outside = CONDITIONS["inputs_not_scaled"].limits
    columns = seen.inputs
    if columns is None or seen.first is None or len(columns) < 2:
        return
    size = np.sqrt(np.nanmean(columns * columns, axis=0))
    spread = np.nanstd(columns, axis=0)
    mean = np.abs(np.nanmean(columns, axis=0))
    learned = bool(seen.built.learned)
    limit = outside if learned else large
    reach = np.nanmax(np.abs(columns), axis=0)
    beyond = np.flatnonzero((reach if learned else size) > limit)
    varies = spread > 1e-9 * mean  # a constant column may have some by rounding
    far = np.flatnonzero(varies & (mean > apart * spread))
    if beyond.size and learned:
        yield _unscaled(
            seen,
            f"columns {some(beyond.tolist())} reach "
            f"{float(reach.max()):.3g} standard deviations from the "
            f"mean of the rows that the network has learned their scale from; up to "
            f"{limit:g} is fine.",
            beyond,
            float(reach.max()),
            limit,
        )
    elif beyond.size:
        yield _unscaled(
            seen,
            f"columns {some(beyond.tolist())} are up to {float(size.max()):.3g} in "
            f"size where they come to layer {seen.first.name!r}; up to {limit:g} is "
            "fine.",
            beyond,
            float(size.max()),
            limit,
        )
    elif size.max() < 1 / apart:
        yield _unscaled(
            seen,
            f"all columns are at most {float(size.max()):.3g} in size where they come "
            f"to layer {seen.first.name!r}; from {1 / apart:g} is fine.",
            np.arange(len(size)),
            float(size.max()),
            1 / apart,
        )
    elif far.size:
        worst = float(np.max(mean[far] / spread[far]))
        yield _unscaled(
            seen,
            f"columns {some(far.tolist())} are up to {worst:.3g} standard deviations "
            f"away from 0; up to {apart:g} is fine.",
            far,
            worst,
            apart,
        )


def _unscaled(
    seen: AtRest, text: str, columns: NDArray[Any], value: float, limit: float
) -> Finding:
    first = seen.first
    assert first is not None
    return Finding(
        "inputs_not_scaled",
        text,
        scaled(seen.layers, seen.built.structure),
        value=value,
        limit=limit,
        layer=first.name,
        columns=tuple(int(one) for one in columns),
    )


def imbalance(seen: AtRest) -> Iterator[Finding]:
    """Count the rows of each class."""
    limit = CONDITIONS["imbalance"].limit
    if seen.balanced:
        return
    for loss, y in zip(seen.loss.each, as_parts(seen.rows.y), strict=True):
        classes = classes_of(y, loss)
        if classes is None:
            continue
        found, counts = np.unique(classes, return_counts=True)
        ratio = float(counts.max() / counts.min())
        if len(found) < 2 or ratio <= limit:
            continue
        least, most = (int(found[pick(counts)]) for pick in (np.argmin, np.argmax))
        yield Finding(
            "imbalance",
            f"class {most} has {counts.max():,} rows and class {least} has "
            f"{counts.min():,}: {ratio:.3g} times; up to {limit:g} is fine.",
            Change(
                words="Measure the balanced accuracy too.",
                options={"class_weight": "balanced"},
            ),
            value=ratio,
            limit=limit,
        )
