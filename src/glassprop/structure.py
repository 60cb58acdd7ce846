"""The structure of a network: its layers in order, their names, shapes and parameters.

`arrange` finds everything that follows from a list of layers and the shape of one
sample; `forward` is the whole network's forward pass, traced layer by layer, each in a
scope of its own name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import (
    ArgumentError,
    ShapeError,
    shape_text,
)
from glassprop.feeding import (
    ROWS,
    Declared,
    Feeding,
    Named,
    Place,
    drawer,
)
from glassprop.graph import DType
from glassprop.initializers import get_initializer, not_finite
from glassprop.layer_names import layer_names
from glassprop.layers.contract import Parameter, SampleShape, Shapes
from glassprop.randomness import generator, stream_of
from glassprop.trace import Trace
from glassprop.traced import Array
from glassprop.trees import map_parts, part_names


@dataclass(frozen=True)
class Structure:
    """All layers in their places.

    Parameters
    ----------
    places : tuple of Place
        The layers in order.
    input_shape, output_shape : tuple of int, or tuple of such
        Of one sample; several for several arrays.
    dtype : numpy dtype
        Of parameters and calculations.
    """

    places: tuple[Place, ...]
    input_shape: Shapes
    output_shape: Shapes
    dtype: DType

    @cached_property
    def all_places(self) -> tuple[Place, ...]:
        """Every layer, those inside of others too, in the order of their paths."""
        return tuple(one for place in self.places for one in place.walk())

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter, as ``layer.name``."""
        return dict(self._owned("parameters"))

    @cached_property
    def state(self) -> dict[str, Parameter]:
        """Every state, as ``layer.name``."""
        return dict(self._owned("state"))

    def _owned(self, which: str) -> Iterator[tuple[str, Parameter]]:
        for place in self.all_places:
            for name, parameter in getattr(place, which).items():
                yield f"{place.name}.{name}", parameter

    @property
    def fills_missing(self) -> bool:
        """Whether the first layer knows what to do with missing values (NaN)."""
        return bool(getattr(self.places[0].layer, "fills_missing", False))

    @cached_property
    def trainable(self) -> list[str]:
        """The names of the parameters that training changes."""
        return [name for name, one in self.parameters.items() if one.trainable]


def arrange(
    layers: Sequence[Any], input_shape: Shapes, dtype: DType | type
) -> Structure:
    """Put layers in their places: find names, shapes and parameters.

    Parameters
    ----------
    layers : sequence of layers
        In order.
    input_shape : tuple of int, or tuple of such
        The shape of one sample; several for several inputs.
    dtype : numpy dtype
        Of the network.

    Raises
    ------
    ArgumentError, ShapeError, TraceError
        With the layer's name in front, if a layer cannot take what it is given.
    """
    if not layers:
        raise ArgumentError(
            "a network without layers cannot calculate. Add one, net.add(gp.Dense(1))."
        )
    trace = Trace(dtype)
    seed, t = trace.input("seed", (), np.int64), trace.input("t", (), np.float64)

    def start(key: str, parameter: Parameter) -> Array:
        return trace.input(key, parameter.shape, dtype)

    feeding = Feeding(trace, start, drawer(trace, seed, t), training=True)
    first = map_parts(lambda shape: tuple(int(size) for size in shape), input_shape)
    x = map_parts(
        lambda name, shape: trace.input(name, (ROWS, *shape), dtype),
        part_names("x", first),
        first,
    )
    places: list[Place] = []
    for name, layer in zip(layer_names(layers), layers, strict=True):
        with trace.watched():
            x, place = feeding.feed(name, layer, x)
        places.append(place)
    return Structure(tuple(places), first, places[-1].output_shape, np.dtype(dtype))


def forward(
    structure: Structure,
    trace: Trace,
    values: Mapping[str, Array],
    x: Any,
    *,
    training: bool,
) -> tuple[Any, Feeding]:
    """Trace the whole forward pass.

    Parameters
    ----------
    structure : Structure
        The network.
    trace : Trace
        Where it is written down.
    values : mapping from str to traced array
        Every parameter and state by name; ``seed`` and ``t`` for random numbers.
    x : traced array of shape (n, ...), or tuple of such
        The batch.
    training : bool
        Whether layers behave as in training.

    Returns
    -------
    traced array or tuple of such, Feeding
        The last layer's output, and the pass: it knows the next values of states that
        change, what came to each layer and what each gave.
    """

    def known(key: str, _parameter: Parameter) -> Array:
        if key not in values:
            raise ArgumentError(
                "a layer inside is fed in prediction only. Feed the same layers, in "
                "one order, whether run.training is True or False."
            )
        return values[key]

    draw = drawer(trace, values["seed"], values["t"])
    feeding = Feeding(trace, known, draw, training)
    for place in structure.places:
        x, _ = feeding.feed(place.name, place.layer, x)
    return x, feeding


def penalties(
    structure: Structure,
    trace: Trace,
    values: Mapping[str, Array],
    method: str = "penalty",
) -> list[Array]:
    """Trace what layers add to the loss: their ``penalty``, or their ``prior``.

    A prior is added to the sum over rows, so that its caller divides it by their
    number.
    """
    found: list[Array] = []
    for place in structure.all_places:
        penalty = getattr(place.layer, method, None)
        if penalty is None:
            continue
        with Named(place.name, place.layer), trace.within(scope=place.name):
            p = {name: values[f"{place.name}.{name}"] for name in place.parameters}
            given = penalty(Declared("parameters", p))
            if isinstance(given, int | float) and given == 0:
                continue
            value = trace.lift(given)
            if value.node.shape:
                raise ShapeError(
                    f"{method}(p) must give one number, got shape "
                    f"{shape_text(value.node.shape)}. Sum it, np.sum(...)."
                )
        found.append(value)
    return found


def check_batches(structure: Structure, rows: int, batch_size: int | None) -> None:
    """Refuse batches of fewer rows than a layer can train on, its `least_rows`.

    Parameters
    ----------
    structure : Structure
        The network.
    rows : int
        How many there are to train on.
    batch_size : int or None
        How many of them a batch has; None for all. The last batch has what is left.

    Raises
    ------
    ArgumentError
        With the layer, the size of the smallest batch, and one that fits.
    """
    size = rows if batch_size is None else min(batch_size, rows)
    smallest = rows % size or size
    for place in structure.all_places:
        least = getattr(place.layer, "least_rows", 1)
        if smallest >= least:
            continue
        here = f"{place.kind} {place.name!r}: a training batch must have {least} rows"
        if rows < least:
            raise ArgumentError(f"{here} or more, got {rows} in all. Give more rows.")
        fitting = [one for one in range(least, rows + 1) if not 0 < rows % one < least]
        nearest = min(fitting, key=lambda one: abs(one - size))
        which = "each" if size == smallest else "the last"
        raise ArgumentError(
            f"{here} or more; batch_size={size} cuts {rows} rows into batches of which "
            f"{which} has {smallest}. batch_size={nearest} does not."
        )


def start_values(
    structure: Structure, seed: int, kept: Mapping[str, Any]
) -> dict[str, Any]:
    """Draw the start of every parameter and state; what is in `kept` stays.

    Each is drawn from a stream of its own name, so that adding or removing a layer
    leaves the start of the others as it was.
    """
    made: dict[str, Any] = {}
    for name, parameter in {**structure.parameters, **structure.state}.items():
        old, spec = kept.get(name), parameter.initializer
        with np.errstate(over="ignore"):  # found by the check that follows
            if old is not None and old.shape == parameter.shape:
                array = old
            elif isinstance(spec, np.ndarray):
                array = spec
            else:
                start = get_initializer("glorot_uniform" if spec is None else spec)
                rng = generator(seed, stream_of(name))
                array = start(rng, parameter.shape, structure.dtype)
            made[name] = np.array(array, structure.dtype, order="C")
        _check_start(name, made[name], parameter.shape)
    return made


def _check_start(name: str, array: NDArray[Any], shape: SampleShape) -> None:
    """Refuse start values of another shape, or with NaN or infinity among them."""
    if array.shape != shape:
        raise ShapeError(
            f"{name}: expected start values of shape {shape_text(shape)}, got "
            f"{shape_text(array.shape)}."
        )
    wrong = not_finite(array)
    if wrong:
        raise ArgumentError(
            f"{name}: expected finite start values, got {wrong}, in {array.dtype}. "
            "Look at the initializer, or at the weights that are given."
        )
