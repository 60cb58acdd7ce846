"""The graph: what a traced NumPy function becomes.

A `Node` is one operation: a row of the table (`Primitive`), the nodes it reads, its
attributes, and the shape and dtype of its value. Nodes never change; a pass is a
function from nodes to new nodes. `apply` makes a node, `order` lists a graph so that
every node stands after the nodes it reads.

Vocabulary: ``n`` is the one symbolic size, the rows of a batch; a *dimension* is an
integer or `Size`, which is ``k * n``; a *scope* is the path of the layer a node came
from; a *section* is the part of a step it belongs to (forward, backward, update).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from glassprop.errors import ShapeError, shape_text


@dataclass(frozen=True, slots=True)
class Size:
    """A symbolic size: ``factor * n``, n being the rows of a batch."""

    factor: int = 1

    def __str__(self) -> str:
        return "n" if self.factor == 1 else f"{self.factor} * n"

    __repr__ = __str__


Dimension: TypeAlias = int | Size
Shape: TypeAlias = tuple[Dimension, ...]
DType: TypeAlias = np.dtype[Any]


@dataclass(frozen=True)
class Case:
    """Inputs on which the registry tests try a primitive.

    Parameters
    ----------
    shapes : tuple of tuple of int
        The shape of each input.
    attributes : mapping
        The primitive's attributes.
    low, high : float
        Bounds of uniformly drawn inputs; an integer input is drawn from [0, high).
    kinds : str
        A letter an input: ``f`` float, ``i`` integer, ``b`` boolean; ``f`` if short.
    prepare : callable or None
        From the drawn inputs to those that are used, for a row that has no value for
        most: a matrix that can be inverted.
    """

    shapes: tuple[tuple[int, ...], ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    low: float = -2.0
    high: float = 2.0
    kinds: str = ""
    prepare: Callable[[Sequence[Any]], Sequence[Any]] | None = None

    def kind(self, position: int) -> str:
        """Give the letter of the input at `position`."""
        return self.kinds[position] if position < len(self.kinds) else "f"


@dataclass(frozen=True, eq=False)
class Primitive:
    """One row of the table in `glassprop.ops`.

    Parameters
    ----------
    name : str
        The row's name, NumPy's where NumPy has one.
    numpy : callable
        The meaning: ``numpy(*arrays, **attributes)`` gives the value.
    shape, dtype : callable
        ``shape(*inputs, **attributes)`` gives the value's shape, `dtype` likewise;
        inputs are anything with a shape and a dtype. They raise on what cannot be.
    vjps : tuple of callable or None, or callable
        For each input, ``vjp(g, y, *inputs, **attributes)``: from g, the gradient with
        respect to the value y, the gradient with respect to that input, written in
        NumPy and so traced. None where the gradient is zero. A row with any number
        of inputs gives one function, with the input's position as first argument.
    cost : callable
        ``cost(value, *inputs, **attributes)``: arithmetic operations for one value,
        from concrete shapes.
    cases : tuple of Case
        The inputs of the registry tests.
    elementwise : bool
        Whether each element of the value depends on the elements of the inputs in the
        same place alone, broadcasting as NumPy does.
    """

    name: str
    numpy: Callable[..., Any]
    shape: Callable[..., Shape]
    dtype: Callable[..., DType]
    vjps: tuple[Callable[..., Any] | None, ...] | Callable[..., Any] = ()
    cost: Callable[..., float] = lambda value, *_inputs, **_attributes: math.prod(
        value.shape
    )
    cases: tuple[Case, ...] = ()
    elementwise: bool = False

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __call__(self, *arguments: Any, **attributes: Any) -> Any:
        """Apply the row: to a node if an argument is traced, else to the arrays."""
        for argument in arguments:
            bind = getattr(argument, "apply_primitive", None)
            if bind is not None:
                return bind(self, arguments, attributes)
        return self.numpy(*arguments, **attributes)

    def vjp(self, position: int) -> Callable[..., Any] | None:
        """Give the rule for one input, None where the gradient is zero."""
        if callable(self.vjps):
            rule = self.vjps
            return lambda *arguments, **attributes: rule(
                position, *arguments, **attributes
            )
        return self.vjps[position] if position < len(self.vjps) else None


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """One operation of a graph; equal only to itself.

    Parameters
    ----------
    primitive : Primitive
        The row of the table.
    inputs : tuple of Node
        What it reads.
    attributes : mapping
        What else it depends on: axes, a target shape, the value of a constant.
    shape, dtype
        Of its value.
    scope : str
        The path of the layer it came from, empty outside of layers.
    section : str
        ``forward``, ``backward`` or ``update``.
    name : str
        The name its author gave it, empty where it has none.
    """

    primitive: Primitive
    inputs: tuple[Node, ...]
    attributes: Mapping[str, Any]
    shape: Shape
    dtype: DType
    scope: str = ""
    section: str = "forward"
    name: str = ""

    def __repr__(self) -> str:
        label = f" {self.name!r}" if self.name else ""
        return f"<{self.primitive.name}{label} {shape_text(self.shape)} {self.dtype}>"


def apply(
    primitive: Primitive,
    inputs: Sequence[Node],
    attributes: Mapping[str, Any] | None = None,
    *,
    scope: str = "",
    section: str = "forward",
    name: str = "",
) -> Node:
    """Make a node, its shape and dtype derived by the primitive's rules."""
    given = dict(attributes or {})
    shape = primitive.shape(*inputs, **given)
    dtype = np.dtype(primitive.dtype(*inputs, **given))
    return Node(primitive, tuple(inputs), given, shape, dtype, scope, section, name)


def order(outputs: Iterable[Node]) -> list[Node]:
    """List every node that `outputs` need, each after the nodes it reads."""
    done: set[Node] = set()
    listed: list[Node] = []
    for output in outputs:
        stack: list[tuple[Node, bool]] = [(output, False)]
        while stack:
            node, inputs_done = stack.pop()
            if node in done:
                continue
            if inputs_done:
                done.add(node)
                listed.append(node)
            else:
                stack.append((node, True))
                stack.extend([(read, False) for read in reversed(node.inputs)])
    return listed


# Shapes ---------------------------------------------------------------------------


def count(shape: Iterable[Dimension]) -> Dimension:
    """Multiply the sizes of a shape: an integer, or ``k * n``."""
    total, symbols = 1, 0
    sizes = tuple(shape)
    for size in sizes:
        symbols += isinstance(size, Size)
        total *= size.factor if isinstance(size, Size) else size
    if symbols > 1:
        raise ShapeError(
            f"the shape {shape_text(sizes)} has n in more than one place; "
            "a size is an integer or k * n."
        )
    return Size(total) if symbols else total


def concrete(value: Any, rows: int) -> Any:
    """Put a number of rows in the place of n: in a size, a shape, a nested tuple."""
    if isinstance(value, Size):
        return value.factor * rows
    if isinstance(value, tuple):
        return tuple(concrete(item, rows) for item in value)
    return value


def broadcast(*shapes: Shape) -> Shape:
    """Broadcast shapes by NumPy's rule; n meets n and 1 only.

    Raises
    ------
    ShapeError
        If the shapes do not fit together.
    """
    rank = max((len(shape) for shape in shapes), default=0)
    result: list[Dimension] = []
    for axis in range(-rank, 0):
        sizes = {shape[axis] for shape in shapes if len(shape) >= -axis} - {1}
        if len(sizes) > 1:
            raise _mismatch(shapes, axis, sizes)
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


def _mismatch(
    shapes: Sequence[Shape], axis: int, sizes: Collection[Dimension]
) -> ShapeError:
    texts = " and ".join(shape_text(shape) for shape in shapes)
    found = " and ".join(sorted(str(size) for size in sizes))
    symbolic = any(isinstance(size, Size) for size in sizes)
    rule = "n fits n and 1 only" if symbolic else "sizes must be equal or 1"
    return ShapeError(
        f"shapes {texts} do not broadcast together: axis {axis} has the sizes {found}, "
        f"and {rule}. x[:, None] gives x another axis."
    )


def normal_axes(
    axis: int | Sequence[int] | None, rank: int, *, name: str
) -> tuple[int, ...]:
    """Turn an `axis` argument into sorted, non-negative axes; None means all."""
    if axis is None:
        return tuple(range(rank))
    several = isinstance(axis, Sequence | np.ndarray)
    axes = tuple(axis) if several else (operator.index(axis),)  # type: ignore[arg-type]
    for one in axes:
        if not -rank <= one < rank:
            raise ShapeError(
                f"{name}: axis {one} does not exist in an array of {rank} dimensions."
            )
    normal = tuple(sorted(int(one) % rank for one in axes))
    if len(set(normal)) < len(normal):
        raise ShapeError(f"{name}: an axis is named twice in {tuple(axes)}.")
    return normal
