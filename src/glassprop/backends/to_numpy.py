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
from typing import Any, NamedTuple

import numpy as np

from glassprop.backends.expressions import HELPERS, helper_name, helper_source, spelled
from glassprop.backends.memory import is_view, memory_of
from glassprop.backends.outline import Block, outlined
from glassprop.backends.texts import (
    ATOM,
    INDENT,
    PRODUCT,
    WIDTH,
    Text,
    array_text,
    dtype_text,
    number_text,
    wrapped,
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
WORD_N = re.compile(r"\bn\b")


class Line(NamedTuple):
    """A statement, what its comment says, the section it stands in, what it makes."""

    code: str
    comment: str
    section: str
    node: Node | None


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


def statements(program: Program) -> list[Line]:
    """Give the statements of a program one by one, equal layers each for itself.

    Parameters
    ----------
    program : Program
        What to print.
    """
    return list(_Printer(program, shared=False).lines())


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

    def __init__(self, program: Program, *, shared: bool = True) -> None:
        self.program = program
        self.names = program.names
        listed = scheduled(program)
        self.items = outlined(program, listed) if shared else [*listed]
        self.nodes = [
            node
            for item in self.items
            for node in (item.nodes if isinstance(item, Block) else (item,))
        ]
        self.uses = Counter(
            [one for node in self.nodes for one in node.inputs]
            + list(program.outputs.values())
        )
        self.updates: dict[Node, list[Node]] = {}  # a value, and what it replaces
        for key, node in program.updates.items():
            if node is not program.inputs[key]:
                self.updates.setdefault(node, []).append(program.inputs[key])
        self.replaced = {one for group in self.updates.values() for one in group}
        self.kept = {*self.updates, *program.results.values()}
        self.variables: set[Node] = set(program.inputs.values())
        self.texts: dict[Node, Text] = {}
        self.copies: dict[Node, str] = {}
        self.helpers: set[str] = set()

    def module(self) -> str:
        doc = self.program.doc
        main, functions = self.function(), list(self._functions())
        head = [_docstring(doc), ""] if doc else []
        head += ["import numpy as np"]
        constants = list(self._constants())
        head += ["", *constants] if constants else []
        helpers = [helper_source(name) for name in HELPERS if name in self.helpers]
        return "\n\n\n".join(["\n".join(head), *helpers, *functions, main]) + "\n"

    def function(self) -> str:
        """Print the one function that the program is."""
        lines = list(self._body())
        arguments = [self.names[node] for node in self.program.inputs.values()]
        arguments += large_arrays(self.program)
        signature = wrapped(f"def {self.program.name}(", arguments, "):")
        return "\n".join([signature, *(f"{' ' * INDENT}{line}" for line in lines)])

    def _functions(self) -> Iterator[str]:
        """Print the functions that equal layers share, once each."""
        shared = dict.fromkeys(
            item.function for item in self.items if isinstance(item, Block)
        )
        for function in shared:
            printer = _Printer(function)
            yield printer.function()
            self.helpers |= printer.helpers

    # The module's own values ----------------------------------------------------------

    def _constants(self) -> Iterator[str]:
        for node in self.nodes:
            if node.primitive is leaves.constant and node.shape:
                value, name = _value(node), self.names[node]
                if value.size <= SMALL:
                    yield f"{name} = {array_text(value, len(name) + 3)}"

    def _rows(self) -> Iterator[str]:
        """Say where n comes from."""
        for node in self.program.inputs.values():
            for axis, size in enumerate(node.shape):
                if isinstance(size, Size):
                    part = f" // {size.factor}" if size.factor > 1 else ""
                    yield f"n = {self.names[node]}.shape[{axis}]{part}"
                    return

    # Statements -----------------------------------------------------------------------

    def _body(self) -> Iterator[str]:
        lines = list(self.lines())
        results = [
            self.copies.get(node, self.texts[node].code)
            for node in self.program.results.values()
        ]
        if any(
            WORD_N.search(text) for text in [*results, *(one.code for one in lines)]
        ):
            yield from self._rows()
        shown = "" if len({line.section for line in lines}) > 1 else None
        for line in lines:
            if shown is not None and line.section != shown:
                shown = line.section
                yield f"# {shown}"
            *before, last = line.code.split("\n")
            yield from before
            yield f"{last:<{COMMENT_COLUMN - 6}}  # {line.comment}"
        if results or not lines:
            yield from _return(results).split("\n")

    def lines(self) -> Iterator[Line]:
        """Give the statements."""
        last_read = self._last_reads()
        late: list[Line] = []
        blocks = {item.nodes[0]: item for item in self.items if isinstance(item, Block)}
        inside = {node for block in blocks.values() for node in block.nodes}
        for at, node in enumerate(self.nodes):
            if node in blocks:
                yield self._called(blocks[node])
            if node in inside:
                continue
            yield from self._shortened(node)
            self.texts[node] = self._text(node)
            if self._is_old(node):
                yield self._copied(node)
            elif node not in self.updates and self._is_statement(node):
                yield self._assigned(node, node.section)
            for target in self.updates.get(node, ()):
                if last_read.get(target, -1) <= at:
                    yield self._written(node, target)
                else:
                    if node not in self.variables and node.primitive not in LEAVES:
                        yield self._assigned(node, node.section)
                    late.append(self._written(node, target))
        if any(node.section == SECTIONS[-1] for node in self.nodes):
            late = [line._replace(section=SECTIONS[-1]) for line in late]
        yield from late

    def _called(self, block: Block) -> Line:
        """Call the function that a layer shares with others."""
        numbers = self.program.literals.types
        given = [
            f"{dtype_text(one.dtype)}({self.texts[one].code})"
            if one in numbers
            else self.texts[one].code
            for one in block.arguments
        ]
        made = [*block.results, *block.updates.values()]
        for node in made:
            self.texts[node] = Text(self.names[node])
        for target, node in block.updates.items():
            self.texts[node] = Text(self.names[target])
        self.variables.update(made)
        results = ", ".join(self.names[node] for node in block.results)
        head = f"{results} = " if results else ""
        code = wrapped(f"{head}{block.function.name}(", given, ")", INDENT)
        types = ", ".join(_type_text(node) for node in block.results)
        last = code.rpartition("\n")[2]
        fits = len(last) + len(types) + INDENT + 4 <= WIDTH
        comment = types if types and fits else block.nodes[0].scope
        return Line(code, comment, block.nodes[0].section, None)

    def _assigned(self, node: Node, section: str) -> Line:
        """Give a value a variable of its own."""
        name = self.names[node]
        code = f"{name} = {self.texts[node].code}"
        line = Line(code, _type_text(node), section, node)
        self.texts[node] = Text(name)
        self.variables.add(node)
        return line

    def _copied(self, node: Node) -> Line:
        """Copy an old value that is asked for before its array gets a new one."""
        code = self.texts[node].within(ATOM)
        if node.primitive is leaves.input_:
            name = f"{self.names[node]}_before"
            while name in self.names.values():
                name += "_"
        else:
            name = self.names[node]
            self.texts[node] = Text(name)
            self.variables.add(node)
        self.copies[node] = name
        return Line(f"{name} = {code}.copy()", _type_text(node), node.section, node)

    def _written(self, node: Node, target: Node) -> Line:
        """Write a value into the array of the input that it replaces."""
        name, symbol = self.names[target], IN_PLACE.get(node.primitive)
        made = node in self.variables
        if symbol and not made and node.inputs[0] is target is not node.inputs[1]:
            code = f"{name} {symbol} {self._operand(node, 1).code}"
        else:
            code = f"{name}[...] = {self.copies.get(node, self.texts[node].code)}"
        if not made and node.primitive not in LEAVES:
            self.texts[node] = Text(name)
            self.variables.add(node)
        return Line(code, _type_text(node), node.section, node)

    def _is_statement(self, node: Node) -> bool:
        if node.primitive in LEAVES:
            return False
        if node.primitive is shape.transpose and node.inputs[0] in self.variables:
            return node in self.kept
        if node in self.program.literals.types and not node.name:
            return False
        return bool(node.name) or node in self.kept or self.uses[node] > 1

    def _shortened(self, node: Node) -> Iterator[Line]:
        """Give parts of a long expression variables of their own, the longest first."""
        inside = not (self._is_statement(node) or node in self.kept)
        name = self.names[self.updates.get(node, [node])[0]]
        around = INDENT + len(f"{name}[...] =   # {_type_text(node)}")
        limit = LONGEST if inside else WIDTH - around
        parts = [
            one
            for one in dict.fromkeys(node.inputs)
            if one not in self.variables
            and one.primitive not in LEAVES
            and one not in self.program.literals.types
        ]
        while parts and len(self._text(node).code) > limit:
            longest = max(parts, key=lambda one: len(self.texts[one].code))
            parts.remove(longest)
            yield self._assigned(longest, node.section)

    def _text(self, node: Node) -> Text:
        if node.primitive is leaves.input_:
            return Text(self.names[node])
        if node.primitive is leaves.constant:
            return Text(self.names[node]) if node.shape else number_text(_value(node))
        if node.primitive is leaves.size:
            size = node.attributes["size"]
            return Text(str(size), ATOM if size.factor == 1 else PRODUCT)
        helper = helper_name(node)
        if helper is not None:
            self.helpers.add(helper)
        operands = [self._operand(node, at) for at in range(len(node.inputs))]
        return spelled(node, operands)

    def _operand(self, node: Node, at: int) -> Text:
        """Give the text of an input; a number in the form that is right there."""
        read = node.inputs[at]
        if (node, at) in self.program.literals.strong:
            return Text(f"{dtype_text(read.dtype)}({self.texts[read].code})")
        if (node, at) in self.program.literals.whole:
            return number_text(int(_value(read)))
        return self.texts[read]

    # Values that change in place ------------------------------------------------------

    def _is_old(self, node: Node) -> bool:
        """Tell whether an output is the old value of an array that gets a new one."""
        return node in self.kept and memory_of(node) in self.replaced

    def _last_reads(self) -> dict[Node, int]:
        """Find the last place that may read each value, through views of it too."""
        last: dict[Node, int] = {}
        for at in reversed(range(len(self.nodes))):
            node = self.nodes[at]
            own = node.name or node in self.kept or self.uses[node] > 1
            here = self._is_old(node) or (own and not is_view(node))
            place = at if here else last.get(node, at)
            for read in node.inputs:
                last[read] = max(last.get(read, -1), place)
            if self._is_old(node):
                last[node] = max(last.get(node, -1), at)
        return last


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
    before = [node for node in listed if node.section != SECTIONS[-1]]
    after = [node for node in program.nodes if node.section == SECTIONS[-1]]
    ranked = sorted(before, key=lambda node: SECTIONS.index(node.section))
    return order([*ranked, *after])


def _docstring(text: str) -> str:
    """Write a line of text as a docstring; nothing in it, a name say, can end it."""
    safe = "".join(
        one if one.isprintable() and one not in '"\\' else _escaped(one) for one in text
    )
    return f'"""{safe}"""'


def _escaped(character: str) -> str:
    if character == '"':
        return '\\"'
    if "\ud800" <= character <= "\udfff":  # half a character: no text can hold it
        return f"\\\\u{ord(character):x}"
    return character.encode("unicode_escape").decode("ascii")


def _type_text(node: Node) -> str:
    dtype = "" if node.dtype.kind == "f" else f" {node.dtype.name}"
    return f"{shape_text(node.shape)}{dtype}"


def _return(results: list[str]) -> str:
    if not results:
        return "return None"
    line = f"return {', '.join(results)}"
    if len(line) + INDENT <= WIDTH or len(results) == 1:
        return line
    return wrapped("return (", results, ")", INDENT)
