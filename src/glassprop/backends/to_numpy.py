"""A program as NumPy source that a person can read and that runs on its own.

The source is a whole module: the helper functions it needs, and one function with the
program's inputs as arguments. Values with a name become statements with their shape in
a comment; the rest stands inside the expressions that use it. An output with the name
of an input is written into that input's array, as soon as nobody needs the old values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.backends.expressions import (
    ATOM,
    HELPERS,
    PRODUCT,
    Text,
    dtype_text,
    helper_source,
    number_text,
    spelled,
)
from glassprop.errors import shape_text
from glassprop.graph import Node, Size, order
from glassprop.ops import elementwise, leaves, shape
from glassprop.program import Program

SMALL = 64  # captured arrays of up to so many elements are written out
LONGEST = 60  # characters of an expression that still stands inside another
COMMENT_COLUMN = 42
SECTIONS = ("forward", "backward", "update")
IN_PLACE: Mapping[Any, str] = MappingProxyType(
    {elementwise.add: "+=", elementwise.subtract: "-="}
)
LEAVES = (leaves.input_, leaves.constant, leaves.size)
FREE = (*LEAVES, shape.transpose)  # may be written more than once
WORD_N = re.compile(r"\bn\b")


def to_numpy(program: Program) -> str:
    """Print a program as a NumPy module with one function.

    Parameters
    ----------
    program : Program
        What to print.

    Returns
    -------
    str
        The source. Its function takes the program's inputs in order, then captured
        arrays of more than 64 elements (`large_arrays`), and gives the outputs that do
        not replace an input: the one itself, several as a tuple.
    """
    return _Printer(program).module()


def large_arrays(program: Program) -> dict[str, Any]:
    """Give the captured arrays that the printed function takes as arguments."""
    return {
        program.names[node]: node.attributes["value"]
        for node in program.nodes
        if node.primitive is leaves.constant and np.size(_value(node)) > SMALL
    }


def _value(node: Node) -> Any:
    return node.attributes["value"]


class _Printer:
    """The state of printing one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.names = program.names
        self.nodes = scheduled(program)
        self.uses = Counter(
            [one for node in self.nodes for one in node.inputs]
            + list(program.outputs.values())
        )
        self.updates = {node: key for key, node in program.updates.items()}
        self.kept = set(program.outputs.values())
        self.texts: dict[Node, Text] = {}
        self.variables: set[Node] = set(program.inputs.values())
        self.helpers: set[str] = set()

    def module(self) -> str:
        program = self.program
        body = list(self._body())
        head = [f'"""{program.doc}"""'] if program.doc else []
        parts = ["\n".join([*head, "import numpy as np"]), "\n".join(self._constants())]
        parts += [helper_source(name) for name in HELPERS if name in self.helpers]
        arguments = [self.names[node] for node in program.inputs.values()]
        arguments += large_arrays(program)
        signature = _wrapped(f"def {program.name}(", arguments, "):")
        parts.append("\n".join([signature, *(f"    {line}" for line in body)]))
        return "\n\n".join(part for part in parts if part) + "\n"

    # The module's own values -----------------------------------------------------------

    def _constants(self) -> Iterator[str]:
        for node in self.nodes:
            if node.primitive is leaves.constant and node.shape:
                value, dtype = _value(node), dtype_text(node.dtype)
                if value.size <= SMALL:
                    listed = np.array2string(
                        value, separator=", ", floatmode="unique", max_line_width=80
                    )
                    yield f"{self.names[node]} = np.array({listed}, {dtype})"

    def _rows(self) -> Iterator[str]:
        """Say where n comes from."""
        for node in self.program.inputs.values():
            for axis, size in enumerate(node.shape):
                if isinstance(size, Size):
                    part = f" // {size.factor}" if size.factor > 1 else ""
                    yield f"n = {self.names[node]}.shape[{axis}]{part}"
                    return

    # Statements ------------------------------------------------------------------------

    def _body(self) -> Iterator[str]:
        statements = list(self._statements())
        results = [self.texts[node].code for node in self.program.results.values()]
        if any(
            WORD_N.search(text) for text in [*results, *(one[0] for one in statements)]
        ):
            yield from self._rows()
        shown = "" if len({node.section for _, node in statements}) > 1 else None
        for code, node in statements:
            if shown is not None and node.section != shown:
                shown = node.section
                yield f"# {shown}"
            yield f"{code:<{COMMENT_COLUMN - 6}}  # {_type_text(node)}"
        yield f"return {', '.join(results)}" if results else "return None"

    def _statements(self) -> Iterator[tuple[str, Node]]:
        last_read = self._last_reads()
        late: list[tuple[str, Node]] = []
        for at, node in enumerate(self.nodes):
            text = self._text(node)
            if node in self.updates:
                target = self.program.inputs[self.updates[node]]
                name = self.names[target]
                if node is target:
                    continue
                if last_read.get(target, -1) <= at:
                    yield self._in_place(node, target, text), node
                    text = Text(name)
                else:
                    fresh = self.names[node]
                    yield f"{fresh} = {text.code}", node
                    late.append((f"{name}[...] = {fresh}", node))
                    text = Text(fresh)
                self.variables.add(node)
            elif self._is_statement(node, text):
                yield f"{self.names[node]} = {text.code}", node
                text = Text(self.names[node])
                self.variables.add(node)
            self.texts[node] = text
        yield from late

    def _last_reads(self) -> dict[Node, int]:
        """Find the last statement that may read each value."""
        last: dict[Node, int] = {}
        for at in reversed(range(len(self.nodes))):
            node = self.nodes[at]
            own = node.name or node in self.kept or self.uses[node] > 1
            place = at if own and node.primitive not in FREE else last.get(node, at)
            for read in node.inputs:
                last[read] = max(last.get(read, -1), place)
        return last

    def _in_place(self, node: Node, target: Node, text: Text) -> str:
        name, symbol = self.names[target], IN_PLACE.get(node.primitive)
        if symbol and node.inputs[0] is target and node.inputs[1] is not target:
            return f"{name} {symbol} {self._operand(node, 1).code}"
        return f"{name}[...] = {text.code}"

    def _is_statement(self, node: Node, text: Text) -> bool:
        if node.primitive in LEAVES:
            return False
        if node.primitive is shape.transpose and node.inputs[0] in self.variables:
            return node in self.kept
        if node in self.program.literals.types and not node.name:
            return False
        shared = self.uses[node] > 1 or len(text.code) > LONGEST
        return bool(node.name) or node in self.kept or shared

    def _text(self, node: Node) -> Text:
        if node.primitive is leaves.input_:
            return Text(self.names[node])
        if node.primitive is leaves.constant:
            return Text(self.names[node]) if node.shape else number_text(_value(node))
        if node.primitive is leaves.size:
            size = node.attributes["size"]
            return Text(str(size), ATOM if size.factor == 1 else PRODUCT)
        if node.primitive.name in HELPERS:
            self.helpers.add(node.primitive.name)
        operands = [self._operand(node, at) for at in range(len(node.inputs))]
        return spelled(node, operands)

    def _operand(self, node: Node, at: int) -> Text:
        """Give the text of an input, with its dtype where a bare number would change."""
        read = node.inputs[at]
        if (node, at) in self.program.literals.strong:
            return Text(f"{dtype_text(read.dtype)}({self.texts[read].code})")
        return self.texts[read]


def scheduled(program: Program) -> list[Node]:
    """Order the nodes as a person would write them: section by section.

    Within the backward section the last layer comes first, and within a layer the
    parameters keep their order.
    """
    scopes = list(dict.fromkeys(program.inputs[key].scope for key in program.updates))
    roots = sorted(
        program.updates, key=lambda key: -scopes.index(program.inputs[key].scope)
    )
    listed = order(
        [*program.results.values(), *(program.updates[key] for key in roots)]
    )
    before = [node for node in listed if node.section != "update"]
    after = [node for node in program.nodes if node.section == "update"]
    known = set(before)
    ranked = sorted(before, key=lambda node: SECTIONS.index(node.section))
    late = [node for node in after if node not in known]
    return order([*ranked, *late])


def _type_text(node: Node) -> str:
    dtype = "" if node.dtype.kind == "f" else f" {node.dtype.name}"
    return f"{shape_text(node.shape)}{dtype}"


def _wrapped(head: str, items: list[str], tail: str) -> str:
    line = f"{head}{', '.join(items)}{tail}"
    if len(line) <= 88:
        return line
    lines, current = [head], "   "
    for item in items:
        if len(current) + len(item) > 84:
            lines.append(current)
            current = "   "
        current += f" {item},"
    return "\n".join([*lines, current, tail])
