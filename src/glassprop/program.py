"""A program: a graph with named inputs and outputs, and what can be asked of it.

An output that has the name of an input is its new value: a back end that can, writes it
in place. `Program.run` interprets the graph node by node with the rows' NumPy meanings;
back ends make faster or more readable forms of the same.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, shape_text
from glassprop.graph import Node, Primitive, Shape, Size, concrete, order
from glassprop.literals import Literals, is_filled, python_numbers
from glassprop.names import readable_names
from glassprop.ops import indexing, leaves


@dataclass(frozen=True)
class Value:
    """One value of a run.

    Parameters
    ----------
    name, scope, section : str
        Its readable name, the path of its layer, and the part of the step.
    node : Node
        The operation that made it.
    value : array or number
        What it was.
    """

    name: str
    scope: str
    section: str
    node: Node
    value: Any


@dataclass(frozen=True, eq=False)
class Program:
    """A graph with named inputs and outputs.

    Parameters
    ----------
    name : str
        The name of the function it is printed as.
    inputs : mapping from str to Node
        The values that the caller gives, in order.
    outputs : mapping from str to Node
        The values that it gives; one with the name of an input replaces that input.
    doc : str
        One line that says what it computes.
    inner : mapping from str to Node
        Values on the way that have a name, for `giving`; it gives none of them.
    """

    name: str
    inputs: Mapping[str, Node]
    outputs: Mapping[str, Node]
    doc: str = ""
    inner: Mapping[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key, new in self.updates.items():
            old = self.inputs[key]
            if (new.shape, new.dtype) != (old.shape, old.dtype):
                raise ShapeError(
                    f"{self.name}: the new value of {key} is {shape_text(new.shape)} "
                    f"{new.dtype}; expected {shape_text(old.shape)} {old.dtype}, as "
                    "before."
                )

    @cached_property
    def nodes(self) -> list[Node]:
        """Every node, each after the nodes it reads; unused inputs are left out."""
        return order(self.outputs.values())

    @cached_property
    def names(self) -> dict[Node, str]:
        """A readable name for every node and every input."""
        given = dict.fromkeys(self.inputs.values())
        return readable_names(
            [*given, *(one for one in self.nodes if one not in given)]
        )

    @cached_property
    def literals(self) -> Literals:
        """Which values are Python numbers."""
        return python_numbers(self.nodes)

    @cached_property
    def updates(self) -> dict[str, Node]:
        """The outputs that replace an input."""
        return {key: one for key, one in self.outputs.items() if key in self.inputs}

    @cached_property
    def results(self) -> dict[str, Node]:
        """The outputs that do not replace an input."""
        return {key: one for key, one in self.outputs.items() if key not in self.inputs}

    def derived(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Give what was made of this program before under a key, or make it now.

        Parameters
        ----------
        key : object with a hash
            What it depends on, besides the program.
        make : callable
            Called without arguments the first time.
        """
        if key not in self._derived:
            self._derived[key] = make()
        return self._derived[key]

    @cached_property
    def _derived(self) -> dict[Hashable, Any]:
        return {}

    @property
    def size(self) -> int:
        """The number of operations."""
        return sum(bool(node.inputs) for node in self.nodes)

    def giving(self, names: Iterable[str]) -> Program:
        """Make the program of some values alone: outputs, and values on the way.

        Parameters
        ----------
        names : iterable of str
            Their names. Of the inputs it has those that they need, and the rows.
        """
        known = {**self.inner, **self.outputs}
        outputs = {name: known[name] for name in names}
        needed = set(order(outputs.values()))
        inputs = {
            key: node
            for key, node in self.inputs.items()
            if node in needed or any(isinstance(size, Size) for size in node.shape)
        }
        return Program(self.name, inputs, outputs, self.doc)

    def cost(self, rows: int = 1, without: Collection[Primitive] = ()) -> float:
        """Count the arithmetic operations of one run on a batch of `rows` rows.

        Parameters
        ----------
        rows : int
            Of the batch.
        without : collection of Primitive
            Rows of the table that are not counted.
        """
        return sum(self.cost_by_layer(rows, without).values())

    def cost_by_layer(
        self, rows: int = 1, without: Collection[Primitive] = ()
    ) -> dict[str, float]:
        """Count the arithmetic operations of one run for each layer, by its path.

        Parameters
        ----------
        rows : int
            Of the batch.
        without : collection of Primitive
            Rows of the table that are not counted.
        """
        sizes = {node: _Concrete(concrete(node.shape, rows)) for node in self.nodes}
        found: dict[str, float] = {}
        for node in self.nodes:
            if node.primitive in without:
                continue
            operands = (sizes[one] for one in node.inputs)
            own = node.primitive.cost(sizes[node], *operands, **node.attributes)
            found[node.scope] = found.get(node.scope, 0.0) + float(own)
        return found

    def rows(self, values: Mapping[str, Any]) -> int:
        """Find the number of rows in the inputs; 0 if no input has a row axis.

        Raises
        ------
        ShapeError
            If an input is missing, is not known, or has another shape.
        """
        if values.keys() != self.inputs.keys():
            missing = [key for key in self.inputs if key not in values]
            unknown = [key for key in values if key not in self.inputs]
            raise ShapeError(
                f"{self.name} takes {', '.join(self.inputs)}; missing: "
                f"{', '.join(missing) or 'none'}, not known: "
                f"{', '.join(unknown) or 'none'}."
            )
        rows = None
        for key, node in self.inputs.items():
            shape = np.shape(values[key])
            found = _rows_of(node.shape, shape)
            rows = found if rows is None else rows
            if (
                len(shape) != len(node.shape)
                or concrete(node.shape, rows or 0) != shape
            ):
                raise ShapeError(
                    f"{self.name}: expected {key} of shape {shape_text(node.shape)}"
                    f"{f' with n = {rows}' if rows is not None else ''}, got "
                    f"{shape_text(shape)}."
                )
        return rows or 0

    def run(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Calculate the outputs by name, node by node, from a value for each input."""
        made = dict(self.steps(values))
        return {
            key: np.array(made[node], node.dtype)[()]
            for key, node in self.outputs.items()
        }

    def record(self, values: Mapping[str, Any]) -> list[Value]:
        """Calculate likewise, and give every value in the order they were made."""
        return [
            Value(
                self.names[node],
                node.scope,
                node.section,
                node,
                np.asarray(value, node.dtype)[()],
            )
            for node, value in self.steps(values)
        ]

    def steps(self, values: Mapping[str, Any]) -> Iterator[tuple[Node, Any]]:
        """Calculate node by node, and yield each with its value."""
        rows = self.rows(values)
        made: dict[Node, Any] = {}
        for node in self.nodes:
            made[node] = self._value(node, made, values, rows)
            yield node, made[node]

    def _value(
        self, node: Node, made: Mapping[Node, Any], values: Mapping[str, Any], rows: int
    ) -> Any:
        if node.primitive is leaves.input_:
            return np.asarray(values[node.attributes["name"]], node.dtype)
        attributes = concrete_attributes(node, rows)
        if node in self.literals.types and not node.inputs:
            return attributes["size" if node.primitive is leaves.size else "value"]
        arguments = [
            self._argument(node, at, made[one]) for at, one in enumerate(node.inputs)
        ]
        if node in self.literals.types:
            return PYTHON[node.primitive.name](*arguments)
        if is_filled(node):
            return np.full(attributes["shape"], arguments[0], node.dtype)
        return node.primitive.numpy(*arguments, **attributes)

    def _argument(self, node: Node, at: int, value: Any) -> Any:
        """Give an input's value in the form in which it is written there."""
        if (node, at) in self.literals.strong:
            return np.asarray(value, node.inputs[at].dtype)[()]
        return int(value) if (node, at) in self.literals.whole else value


PYTHON: Mapping[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "negative": lambda a: -a,
}


@dataclass(frozen=True, slots=True)
class _Concrete:
    shape: tuple[int, ...]


def concrete_attributes(node: Node, rows: int) -> dict[str, Any]:
    """Put a number of rows in the place of n in the attributes of a node."""
    return {
        key: indexing.concrete_key(value, rows)
        if key == "key"
        else concrete(value, rows)
        for key, value in node.attributes.items()
    }


def _rows_of(expected: Shape, shape: Sequence[int]) -> int | None:
    """Solve k * n = size for n, where the shape has an n."""
    for size, found in zip(expected, shape, strict=False):
        if isinstance(size, Size) and found % size.factor == 0:
            return found // size.factor
    return None
