"""Feeding layers: one by one, and the layers inside of others, each in its place.

`Feeding` traces a forward pass. It gives every layer a path, finds what the layer owns
from the shape that comes to it, and checks what it gives. `Place` is what is known of a
layer then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from glassprop.errors import (
    ArgumentError,
    GlasspropError,
    ShapeError,
    did_you_mean,
    shape_text,
)
from glassprop.graph import Size
from glassprop.layer_names import Names
from glassprop.layers.contract import (
    Parameter,
    Run,
    SampleShape,
    Shapes,
)
from glassprop.ops.leaves import is_python_number
from glassprop.ops.random import random
from glassprop.signatures import check_call
from glassprop.trace import Trace
from glassprop.traced import Array
from glassprop.trees import map_parts

ROWS = Size(1)
METHODS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "forward": ("p", "x", "run"),
        "parameters": ("input_shape",),
        "state": ("input_shape",),
        "penalty": ("p",),
        "prior": ("p",),
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
        The layer's path, unique in the network: its name, behind the name of the layer
        that feeds it if it stands inside of one, ``block.dense_1``.
    layer : layer
        The record itself.
    input_shape, output_shape : tuple of int, or tuple of such
        Of one sample; several for several arrays.
    parameters, state : dict from str to Parameter
        What the layer owns, by its own names.
    inside : tuple of Place
        The layers that it feeds, in order.
    """

    name: str
    layer: Any
    input_shape: Shapes
    output_shape: Shapes
    parameters: dict[str, Parameter]
    state: dict[str, Parameter]
    inside: tuple[Place, ...] = ()

    @property
    def kind(self) -> str:
        """The name of the layer's class."""
        return type(self.layer).__name__

    def walk(self) -> Iterator[Place]:
        """Give this place, and then all that stand inside of it."""
        yield self
        for place in self.inside:
            yield from place.walk()


@dataclass
class Feeding:
    """A forward pass that is being traced, each layer in a scope of its own path.

    Parameters
    ----------
    trace : Trace
        Where it is written down.
    value : callable
        ``value(key, parameter)`` gives the array of a parameter or a state.
    draw : callable
        Gives random numbers of a shape.
    training : bool
        Whether layers behave as in training.
    updates : dict from str to array
        The next values of states that change, once they are traced.
    arrived, given : dict from str to array, or tuple of such
        What came to each layer and what it gave, by its path.
    """

    trace: Trace
    value: Callable[[str, Parameter], Array]
    draw: Callable[[Any], Any]
    training: bool
    updates: dict[str, Array] = field(default_factory=dict)
    arrived: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)

    def feed(self, path: str, layer: Any, x: Any) -> tuple[Any, Place]:
        """Trace one layer and those inside of it; give its output and its place."""
        self.arrived[path] = x
        inside: list[Place] = []
        names = Names(f"{path}.")

        def feed_inside(inner: Any, given: Any) -> Any:
            lifted = map_parts(self.trace.lift, given)
            output, place = self.feed(names.next(inner), inner, lifted)
            inside.append(place)
            return output

        with Named(path, layer), self.trace.within(scope=path):
            with _without_place():
                place = _declared(path, layer, x)
                p, kept = (self._values(place, one) for one in ("parameters", "state"))
            run = Run(self.training, kept, self.draw, feed_inside)
            made = layer.forward(p, x, run)
            with _without_place():
                _check_parts(made)
            output = map_parts(self.trace.lift, made)
            self.given[path] = output
            with _without_place():
                output_shape = map_parts(lambda one: _rows_of(one, x), output)
                for key, value in run.updates.items():
                    new = _next_state(self.trace, place.state, key, value)
                    self.updates[f"{path}.{key}"] = new
        whole = replace(place, output_shape=output_shape, inside=tuple(inside))
        return output, whole

    def _values(self, place: Place, which: str) -> dict[str, Array]:
        owned = getattr(place, which).items()
        return Declared(
            which,
            {name: self.value(f"{place.name}.{name}", one) for name, one in owned},
        )


@contextmanager
def _without_place() -> Iterator[None]:
    """Add no line to errors about what a layer is, which no line of a function made."""
    try:
        yield
    except GlasspropError as error:
        error.__dict__.setdefault("place", "")
        raise


def _declared(path: str, layer: Any, x: Any) -> Place:
    """Find what a layer owns where x comes to it; its output is not known yet."""
    shape = _sample_shapes(x)
    if isinstance(x, tuple) and not getattr(layer, "takes_several", False):
        raise ShapeError(
            f"expected one array, got {len(x)}, of shapes "
            f"{' and '.join(shape_text(one.node.shape) for one in x)}. Join them "
            "first, gp.Concatenate(), or feed them to a branch each, "
            "gp.Parallel([...])."
        )
    for method, arguments in METHODS.items():
        if hasattr(layer, method):
            check_call("method", getattr(layer, method), arguments)
    parameters, state = (_owned(layer, one, shape) for one in ("parameters", "state"))
    _check_distinct(parameters, state)
    return Place(path, layer, shape, (), parameters, state)


def _check_parts(output: Any) -> None:
    """Refuse an output of several parts that are not arrays each, or of one part."""
    if isinstance(output, tuple) and len(output) == 1:
        raise ShapeError(
            "the output is a tuple of one. Give the array itself: return x, not "
            "return (x,)."
        )
    for at, part in enumerate(output if isinstance(output, tuple) else ()):
        if isinstance(part, tuple | list):
            raise ShapeError(
                f"part {at + 1} of {len(output)} of the output must be an array, got "
                f"a {type(part).__name__} of {len(part)}. Join these first, "
                "gp.Concatenate(), or give all parts side by side in one tuple."
            )


def _sample_shapes(x: Any) -> Any:
    """Give the shape of a sample, or of each part of one."""
    return map_parts(lambda one: one.node.shape[1:], x)


def _rows_of(output: Array, x: Any) -> SampleShape:
    """Check that an output has a row for each row of the input; give a row's shape."""
    shape = output.node.shape
    if shape[:1] != (ROWS,):
        given = x if isinstance(x, tuple) else (x,)
        raise ShapeError(
            f"expected output of shape (n, ...), a row for each row of the input, got "
            f"{shape_text(shape)} from input "
            f"{' and '.join(shape_text(one.node.shape) for one in given)}."
        )
    sizes = tuple(size for size in shape[1:] if isinstance(size, int))
    if len(sizes) < len(shape) - 1:
        raise ShapeError(
            f"the output {shape_text(shape)} has n in more than one place."
        )
    return sizes


def _owned(layer: Any, which: str, input_shape: Shapes) -> dict[str, Parameter]:
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


def drawer(trace: Trace, seed: Array, t: Array) -> Any:
    """Give the function that draws random numbers, a stream of its own each time."""

    def draw(shape: Any) -> Any:
        stream = trace.next_stream()
        return random(seed, t, stream=stream, shape=tuple(shape), dtype=trace.dtype)

    return draw


def _next_state(
    trace: Trace, state: Mapping[str, Parameter], key: str, value: Any
) -> Array:
    """Check what a layer wrote with `run.update`."""
    if key not in state:
        raise ArgumentError(
            f"run.update({key}=...), but the layer's state has "
            f"{', '.join(state) or 'no entries'}."
        )
    number = is_python_number(value)
    made = trace.lift(value, trace.dtype if number else None)
    shape = state[key].shape
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


class Declared(dict[str, Array]):
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


class Named:
    """Puts a layer's kind and path in front of errors that come from it."""

    def __init__(self, path: str, layer: Any) -> None:
        self.path = path
        self.prefix = f"{type(layer).__name__} {path!r}: "

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if isinstance(error, GlasspropError) and "inside" not in error.__dict__:
            named = type(error)(f"{self.prefix}{error}")
            named.__dict__.update(error.__dict__, inside=self.path)
            raise named from None
