"""The structure of a network: its layers in order, their names, shapes and parameters.

`arrange` finds everything that follows from a list of layers and the shape of one
sample; `forward` is the whole network's forward pass, traced layer by layer, each in a
scope of its own name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import (
    ArgumentError,
    GlasspropError,
    ShapeError,
    did_you_mean,
    shape_text,
)
from glassprop.graph import DType, Size
from glassprop.initializers import get_initializer, not_finite
from glassprop.layers.contract import Parameter, Run, SampleShape
from glassprop.ops.leaves import is_python_number
from glassprop.ops.random import random
from glassprop.randomness import generator, stream_of
from glassprop.signatures import check_call
from glassprop.trace import Trace
from glassprop.traced import Array

ROWS = Size(1)
METHODS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "forward": ("p", "x", "run"),
        "parameters": ("input_shape",),
        "state": ("input_shape",),
        "penalty": ("p",),
        "learn": ("x",),
    }
)
"""The methods of a layer, and what each is called with."""


@dataclass(frozen=True)
class Place:
    """One layer in its place.

    Parameters
    ----------
    name : str
        The layer's name, unique in the network.
    layer : layer
        The record itself.
    input_shape, output_shape : tuple of int
        Of one sample.
    parameters, state : dict from str to Parameter
        What the layer owns, by its own names.
    """

    name: str
    layer: Any
    input_shape: SampleShape
    output_shape: SampleShape
    parameters: dict[str, Parameter]
    state: dict[str, Parameter]

    @property
    def kind(self) -> str:
        """The name of the layer's class."""
        return type(self.layer).__name__


@dataclass(frozen=True)
class Structure:
    """All layers in their places.

    Parameters
    ----------
    places : tuple of Place
        The layers in order.
    input_shape, output_shape : tuple of int
        Of one sample.
    dtype : numpy dtype
        Of parameters and calculations.
    """

    places: tuple[Place, ...]
    input_shape: SampleShape
    output_shape: SampleShape
    dtype: DType

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter, as ``layer.name``."""
        return dict(self._owned("parameters"))

    @cached_property
    def state(self) -> dict[str, Parameter]:
        """Every state, as ``layer.name``."""
        return dict(self._owned("state"))

    def _owned(self, which: str) -> Iterator[tuple[str, Parameter]]:
        for place in self.places:
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


def layer_names(layers: Sequence[Any]) -> list[str]:
    """Name each layer: its own name, else its kind and a number, ``dense_1``.

    Raises
    ------
    ArgumentError
        If two layers have one name, or a name cannot be used.
    """
    counts: Counter[str] = Counter()
    names: list[str] = []
    for layer in layers:
        if isinstance(layer, type):
            raise ArgumentError(
                f"expected a layer, got the class {layer.__name__}. Call it: "
                f"{layer.__name__}(...)."
            )
        if not callable(getattr(layer, "forward", None)):
            raise ArgumentError(
                f"{layer!r} is not a layer: it has no method forward(p, x, run). "
                "A function becomes a layer as gp.Activation(function)."
            )
        kind = _snake_case(type(layer).__name__)
        counts[kind] += 1
        given = getattr(layer, "name", None)
        name = f"{kind}_{counts[kind]}" if given is None else given
        if not (isinstance(name, str) and name.isidentifier()):
            raise ArgumentError(
                f"a layer's name must be a Python identifier, got {name!r}. Use "
                "letters, digits and underscores."
            )
        if name in names:
            raise ArgumentError(
                f"two layers are named {name!r}. Give one of them another name."
            )
        names.append(name)
    return names


def _snake_case(word: str) -> str:
    cut = "".join(f"_{c.lower()}" if c.isupper() else c for c in word)
    return cut.strip("_")


def arrange(
    layers: Sequence[Any], input_shape: SampleShape, dtype: DType | type
) -> Structure:
    """Put layers in their places: find names, shapes and parameters.

    Parameters
    ----------
    layers : sequence of layers
        In order.
    input_shape : tuple of int
        The shape of one sample.
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
    places: list[Place] = []
    shape = tuple(int(size) for size in input_shape)
    for name, layer in zip(layer_names(layers), layers, strict=True):
        with _Named(name, layer):
            for method, arguments in METHODS.items():
                if hasattr(layer, method):
                    check_call("method", getattr(layer, method), arguments)
            parameters = _owned(layer, "parameters", shape)
            state = _owned(layer, "state", shape)
            _check_distinct(parameters, state)
            place = Place(name, layer, shape, (), parameters, state)
            output_shape = _output_shape(place, dtype)
        places.append(Place(name, layer, shape, output_shape, parameters, state))
        shape = output_shape
    first = places[0].input_shape
    return Structure(tuple(places), first, shape, np.dtype(dtype))


def _owned(layer: Any, which: str, input_shape: SampleShape) -> dict[str, Parameter]:
    method = getattr(layer, which, None)
    owned = dict(method(input_shape)) if method is not None else {}
    for name, one in owned.items():
        if not isinstance(one, Parameter):
            raise ArgumentError(
                f"{which} must give a glassprop.Parameter for {name!r}, got {one!r}. "
                f"Write gp.Parameter(shape)."
            )
    return owned


def _check_distinct(
    parameters: Mapping[str, Parameter], state: Mapping[str, Parameter]
) -> None:
    """Refuse one name for two arrays."""
    both = [name for name in parameters if name in state]
    if both:
        raise ArgumentError(
            f"{both[0]!r} names both a parameter and a state. Give one of them another "
            "name."
        )


def _output_shape(place: Place, dtype: DType | type) -> SampleShape:
    """Find the shape that a layer gives by tracing it once."""
    trace = Trace(dtype)
    x = trace.input("x", (ROWS, *place.input_shape), dtype)
    owned = {
        f"{place.name}.{name}": trace.input(name, one.shape, dtype)
        for name, one in {**place.parameters, **place.state}.items()
    }
    p, state = (_under(owned, place, which) for which in ("parameters", "state"))
    run = Run(training=True, state=state, draw=_drawer(trace, *_seed_and_step(trace)))
    with trace.watched():
        output = trace.lift(place.layer.forward(p, x, run)).node
    if output.shape[:1] != (ROWS,):
        raise ShapeError(
            f"expected output of shape (n, ...), a row for each row of the input, got "
            f"{shape_text(output.shape)} from input {shape_text(x.node.shape)}."
        )
    for key, value in run.updates.items():
        _next_state(trace, place, key, value)
    sizes = tuple(size for size in output.shape[1:] if isinstance(size, int))
    if len(sizes) < len(output.shape) - 1:
        raise ShapeError(
            f"the output {shape_text(output.shape)} has n in more than one place."
        )
    return sizes


def _seed_and_step(trace: Trace) -> tuple[Array, Array]:
    return (
        trace.input("seed", (), np.int64),
        trace.input("t", (), np.float64),
    )


def _drawer(trace: Trace, seed: Array, t: Array) -> Any:
    """Give the function that draws random numbers, a stream of its own each time."""

    def draw(shape: Any) -> Any:
        stream = trace.next_stream()
        return random(seed, t, stream=stream, shape=tuple(shape), dtype=trace.dtype)

    return draw


def forward(
    structure: Structure,
    trace: Trace,
    values: Mapping[str, Array],
    x: Array,
    *,
    training: bool,
) -> tuple[Array, dict[str, Array]]:
    """Trace the whole forward pass.

    Parameters
    ----------
    structure : Structure
        The network.
    trace : Trace
        Where it is written down.
    values : mapping from str to traced array
        Every parameter and state by name; ``seed`` and ``t`` for random numbers.
    x : traced array of shape (n, ...)
        The batch.
    training : bool
        Whether layers behave as in training.

    Returns
    -------
    traced array, dict from str to traced array
        The last layer's output, and the next values of states that change.
    """
    updates: dict[str, Array] = {}
    draw = _drawer(trace, values["seed"], values["t"])
    for place in structure.places:
        run = Run(training, _under(values, place, "state"), draw)
        with _Named(place.name, place.layer), trace.within(scope=place.name):
            p = _under(values, place, "parameters")
            x = trace.lift(place.layer.forward(p, x, run))
            for key, value in run.updates.items():
                updates[f"{place.name}.{key}"] = _next_state(trace, place, key, value)
    return x, updates


def _next_state(trace: Trace, place: Place, key: str, value: Any) -> Array:
    """Check what a layer wrote with `run.update`."""
    if key not in place.state:
        raise ArgumentError(
            f"run.update({key}=...), but the layer's state has "
            f"{', '.join(place.state) or 'no entries'}."
        )
    number = is_python_number(value)
    made = trace.lift(value, trace.dtype if number else None)
    shape = place.state[key].shape
    if made.node.shape != shape:
        raise ShapeError(
            f"run.update({key}=...): expected shape {shape_text(shape)}, as the "
            f"layer's state says, got {shape_text(made.node.shape)}."
        )
    if made.node.dtype != trace.dtype:
        raise ArgumentError(
            f"run.update({key}=...): expected dtype {trace.dtype}, the network's, in "
            f"which state is kept, got {made.node.dtype}. Convert it, "
            "value.astype(x.dtype)."
        )
    return made


def penalties(
    structure: Structure, trace: Trace, values: Mapping[str, Array]
) -> list[Array]:
    """Trace what layers add to the loss."""
    found: list[Array] = []
    for place in structure.places:
        penalty = getattr(place.layer, "penalty", None)
        if penalty is None:
            continue
        with _Named(place.name, place.layer), trace.within(scope=place.name):
            given = penalty(_under(values, place, "parameters"))
            if isinstance(given, int | float) and given == 0:
                continue
            value = trace.lift(given)
            if value.node.shape:
                raise ShapeError(
                    "penalty(p) must give one number, got shape "
                    f"{shape_text(value.node.shape)}. Sum it, np.sum(...)."
                )
        found.append(value)
    return found


class _Declared(dict[str, Array]):
    """What a layer declared, by name; reading anything else is refused.

    Parameters
    ----------
    which : str
        The method that declares it, ``parameters`` or ``state``.
    values : mapping from str to array
        All of it.
    """

    def __init__(self, which: str, values: Mapping[str, Array]) -> None:
        super().__init__(values)
        self.which = which

    def __missing__(self, name: object) -> Array:
        read = f"p[{name!r}]" if self.which == "parameters" else f"run.state[{name!r}]"
        raise ArgumentError(
            f"{read} is read but not declared; {self.which}(input_shape) gives "
            f"{', '.join(map(repr, self)) or 'nothing'}."
            f"{did_you_mean(str(name), self)} Each name that is read must be there, "
            f"{{{name!r}: gp.Parameter(shape)}}."
        )


def _under(values: Mapping[str, Array], place: Place, which: str) -> dict[str, Array]:
    owned = getattr(place, which)
    return _Declared(which, {name: values[f"{place.name}.{name}"] for name in owned})


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


class _Named:
    """Puts a layer's kind and name in front of errors that come from it."""

    def __init__(self, name: str, layer: Any) -> None:
        self.prefix = f"{type(layer).__name__} {name!r}: "

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if isinstance(error, GlasspropError) and not str(error).startswith(self.prefix):
            named = type(error)(f"{self.prefix}{error}")
            named.__dict__.update(error.__dict__)
            raise named from None
