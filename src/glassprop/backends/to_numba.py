"""A program as a module for Numba: flat kernels, a step that calls them, an epoch.

Each kernel takes workspaces, places in them and sizes, and does one stage of the plan.
Stages that differ in places and sizes only share one kernel, so equal layers cost no
more to compile than one. `step` calls the kernels; `epoch` gathers the rows of each
batch into the workspace and calls `step`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.backends.arithmetic import OPTIONS, called, needed
from glassprop.backends.expressions import WIDTH
from glassprop.backends.loops import (
    LEAVES,
    REDUCTIONS,
    Plan,
    Slot,
    Stage,
    is_stored,
)
from glassprop.backends.lowering import is_transposed
from glassprop.backends.scalars import dtype_name, number, operand_dtype, text_of
from glassprop.backends.views import (
    Strides,
    collapsed,
    contiguous,
    repeated,
    times,
    view_of,
)
from glassprop.errors import Unspelled
from glassprop.graph import Dimension, DType, Node, Size
from glassprop.ops import elementwise, leaves, reduction

LETTERS: Mapping[str, str] = MappingProxyType(
    {"float32": "f", "float64": "d", "int64": "i", "bool": "b"}
)
STARTS: Mapping[Any, tuple[str, str]] = MappingProxyType(
    {
        reduction.sum_: ("0", "add_reassociated({0}, {1})"),
        reduction.prod: ("1", "{0} * {1}"),
        # A NaN stays: nothing is larger than it.
        reduction.max_: ("-inf", "maximum({0}, {1})"),
        reduction.min_: ("inf", "minimum({0}, {1})"),
    }
)
DATA = re.compile(r"(x|y)(_\d+)?|weights")
SCALARS = ("t", "learning_rate", "seed")


@dataclass(frozen=True)
class Access:
    """A place that a kernel reads or writes: where it begins, and its strides."""

    dtype: DType
    start: str
    strides: Strides


def to_numba(plan: Plan) -> str:
    """Print the module.

    Parameters
    ----------
    plan : Plan
        From `glassprop.backends.loops.plan`, its places settled.

    Returns
    -------
    str
        The source of a module with `step` and, if the program has a learning rate,
        `epoch`.

    Raises
    ------
    Unspelled
        If an operation has no spelling.
    """
    return _Module(plan).source()


def workspaces(plan: Plan) -> list[DType]:
    """Give the dtypes of the workspaces, in the order in which `step` takes them."""
    for dtype in plan.sizes:
        if dtype.name not in LETTERS:
            node = next(one for one, slot in plan.slots.items() if slot.dtype == dtype)
            raise Unspelled(node, f"of {dtype}")
    return list(plan.sizes)


def data_inputs(plan: Plan) -> list[str]:
    """Give the names of the inputs that hold a row for each row of a batch."""
    return [key for key in plan.inputs if DATA.fullmatch(key)]


def size_text(size: Dimension) -> str:
    """Write a size as code."""
    if isinstance(size, Size):
        return "n" if size.factor == 1 else f"{size.factor} * n"
    return str(size)


def slot_text(slot: Slot, offset: Dimension = 0) -> str:
    """Write where a place begins."""
    parts = [str(slot.fixed)] if slot.fixed or not slot.scaled else []
    if slot.scaled:
        parts.append(f"{slot.scaled} * most")
    if offset != 0:
        parts.append(size_text(offset))
    return " + ".join(parts)


class _Module:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.letters = [LETTERS[dtype.name] for dtype in workspaces(plan)]
        self.kernels: dict[str, str] = {}  # from text to name
        self.signatures: dict[str, str] = {}  # by name, letters for dtypes
        self.main: list[str] = []  # the types that the main function takes

    def source(self) -> str:
        calls = list(self._calls())
        trains = "learning_rate" in self.plan.inputs
        main = self._epoch(calls) if trains else self._step(calls)
        if trains:
            self.signatures |= {
                f"gather_{letter}": f"void({letter}[::1], int64, {letter}[:, ::1], "
                "int64[::1], int64, int64)"
                for letter in self._gathered()
            }
        kernels = [text.replace("NAME", one, 1) for text, one in self.kernels.items()]
        gathers = [GATHER.replace("LETTER", one) for one in self._gathered() if trains]
        listed = [f'    "{name}": "{one}",' for name, one in self.signatures.items()]
        last = _wrapped(f'    "{"epoch" if trains else "step"}": ', self.main)
        signatures = "\n".join(["SIGNATURES = {", *map(_typed, listed), last, "}"])
        head = (
            '"""Compiled by Numba: one training step, and an epoch of them."""\n\n'
            "import math\n\nimport numpy as np\nfrom numba import njit"
        )
        functions = needed(called("\n".join(kernels)))
        if functions:
            head += (
                ", types\nfrom numba.extending import intrinsic\n"
                f"from llvmlite import ir\n\nINLINE = dict({OPTIONS})"
            )
        sources = [one.source for one in functions]
        return (
            "\n\n\n".join([head, *sources, *kernels, *gathers, main, signatures]) + "\n"
        )

    def _gathered(self) -> list[str]:
        """Give the letters of the dtypes that data have."""
        dtypes = [self.plan.inputs[key].dtype for key in data_inputs(self.plan)]
        return list(dict.fromkeys(LETTERS[one.name] for one in dtypes))

    def _step(self, calls: Sequence[str]) -> str:
        arrays = [_array_type(dtype, 1) for dtype in self.plan.sizes]
        self.main = [*arrays, "int64", "int64"]
        head = f"def step({', '.join([*self.letters, 'n', 'most'])}):"
        return "\n".join([CACHED, head, *(f"    {one}" for one in calls or ["pass"])])

    def _epoch(self, calls: Sequence[str]) -> str:
        plan = self.plan
        data = data_inputs(plan)
        given = [*self.letters, *data, "order", "rates", "losses"]
        given += ["batch_size", "first_step", "seed", "most"]
        types = [_array_type(dtype, 1) for dtype in plan.sizes]
        types += [_array_type(plan.inputs[key].dtype, 2) for key in data]
        rate = plan.inputs["learning_rate"]
        types += ["int64[::1]", _array_type(rate.dtype, 1), "float64[::1]"]
        self.main = [*types, *["int64"] * 4]
        lines = [
            CACHED,
            _wrapped("def epoch(", given, "):"),
            "    batches = -(-order.shape[0] // batch_size)",
            "    for k in range(losses.shape[0]):",
            "        start = k % batches * batch_size",
            "        n = min(batch_size, order.shape[0] - start)",
        ]
        for key in data:
            letter = LETTERS[plan.inputs[key].dtype.name]
            place = self._place(key)
            lines.append(f"        gather_{letter}({place}, {key}, order, start, n)")
        changing = {"learning_rate": "rates[k]", "t": "first_step + k", "seed": "seed"}
        for key, value in changing.items():
            if key in plan.inputs:
                letter, place = self._place(key).split(", ")
                lines.append(f"        {letter}[{place}] = {value}")
        lines += [f"        {one}" for one in calls]
        loss = view_of(plan.results["loss"])
        slot = plan.slots[loss.node]
        place = slot_text(slot, loss.offset)
        lines.append(f"        losses[k] = {LETTERS[slot.dtype.name]}[{place}]")
        return "\n".join(lines)

    def _place(self, key: str) -> str:
        slot = self.plan.slots[self.plan.inputs[key]]
        return f"{LETTERS[slot.dtype.name]}, {slot_text(slot)}"

    # Stages ---------------------------------------------------------------------------

    def _calls(self) -> Iterator[str]:
        scope = None
        for stage in self.plan.stages:
            last = stage.nodes[-1]
            here = f"{last.section} {last.scope}".strip()
            if here != scope:
                scope = here
                yield f"# {here}"
            yield self._product(stage) if stage.is_product else self._loop(stage)

    def _kernel(self, text: str, stem: str) -> str:
        """Give the name of a kernel, new or one that there is."""
        name = self.kernels.get(text)
        if name is None:
            alike = sum(one.startswith(stem) for one in self.kernels.values())
            name = self.kernels[text] = f"{stem}_{alike + 1}"
            taken = text[text.index("(", text.index("def NAME")) + 1 :].split(
                "):", maxsplit=1
            )[0]
            types = [
                f"{one}[::1]" if one in LETTERS.values() else "int64"
                for one in taken.split(", ")
            ]
            self.signatures[name] = f"void({', '.join(types)})"
        return name

    def _product(self, stage: Stage) -> str:
        (node,) = stage.nodes
        a, b = node.inputs
        rows, inner = a.shape
        letter = LETTERS[node.dtype.name]
        texts: list[str] = []
        names: list[str] = []
        for one, (down, right) in ((a, ("rows", "inner")), (b, ("inner", "columns"))):
            name = ("left", "right")[len(texts)]
            turned = not view_of(one).is_whole and is_transposed(one)
            shape = (right, down) if turned else (down, right)
            texts.append(
                f"{letter}[{name} : {name} + {down} * {right}]"
                f".reshape({shape[0]}, {shape[1]}){'.T' if turned else ''}"
            )
            names.append(self._start(one))
        out = f"{letter}[out : out + rows * columns].reshape(rows, columns)"
        text = "\n".join(
            [
                DECORATED,
                f"def NAME({letter}, left, right, out, rows, inner, columns):",
                f"    a = {texts[0]}",
                f"    b = {texts[1]}",
                f"    np.dot(a, b, {out})",
            ]
        )
        sizes = [size_text(one) for one in (rows, inner, b.shape[1])]
        place = slot_text(self.plan.slots[node])
        name = self._kernel(text, "product")
        return f"{name}({', '.join([letter, *names, place, *sizes])})"

    def _start(self, node: Node) -> str:
        view = view_of(node)
        return slot_text(self.plan.slots[view.node], view.offset)

    def _loop(self, stage: Stage) -> str:
        loop = _Loop(stage, self.plan)
        name = self._kernel(loop.text(), "loop")
        return f"{name}({', '.join(loop.given)})"


DECORATED = '@njit(error_model="numpy")'
CACHED = '@njit(error_model="numpy", nogil=True, cache=True)'
GATHER = f"""{DECORATED}
def gather_LETTER(batch, at, rows, order, start, n):
    for i in range(n):
        row = rows[order[start + i]]
        place = batch[at + i * row.shape[0] : at + (i + 1) * row.shape[0]]
        for j in range(place.shape[0]):
            place[j] = row[j]"""
LETTER = re.compile(r"\b([fdib])\[")


def _typed(line: str) -> str:
    """Put the dtype in the place of its letter."""
    names = {letter: name for name, letter in LETTERS.items()} | {"b": "bool_"}
    return LETTER.sub(lambda found: f"{names[found[1]]}[", line)


def _wrapped(head: str, items: Sequence[str], tail: str = "") -> str:
    """Write items in parentheses after a head, or as the text of a signature."""
    if tail:
        lines, margin = [head], "    "
        for item in items:
            if len(lines) == 1 or len(lines[-1]) + len(item) + 2 > WIDTH:
                lines.append(margin[:-1])
            lines[-1] += f" {item},"
        return "\n".join([*lines, tail])
    text = f"void({', '.join(items)})"
    return f'{head}"{text}",'


def _array_type(dtype: DType, rank: int) -> str:
    name = "bool_" if dtype.kind == "b" else dtype.name
    return f"{name}[{', '.join([':'] * (rank - 1) + ['::1'])}]"


class _Loop:
    """The kernel of one loop: its text, and what this stage gives it."""

    def __init__(self, stage: Stage, plan: Plan) -> None:
        self.stage, self.plan = stage, plan
        self.members = set(stage.nodes)
        self.accesses: list[Access] = []
        self.names: dict[Node, str] = {}
        self.uses_n = False
        self.reads: dict[tuple[Node, int], int] = {}  # which access an input is
        self.writes: dict[Node, int] = {}
        for node in stage.nodes:
            full = node.inputs[0].shape if node.primitive in REDUCTIONS else node.shape
            for at, read in enumerate(node.inputs):
                view = view_of(read)
                if view.node in self.members or not self._is_stored(view.node):
                    continue
                strides = _cored(repeated(view, full), full)
                slot = plan.slots[view.node]
                self.reads[node, at] = self._access(slot, view.offset, strides)
            if node in stage.written:
                strides = _result_strides(node)
                self.writes[node] = self._access(plan.slots[node], 0, strides)
        self.sizes, merged = collapsed(
            stage.shape, [one.strides for one in self.accesses]
        )
        self.accesses = [
            Access(one.dtype, one.start, own)
            for one, own in zip(self.accesses, merged, strict=True)
        ]
        self.extra: list[str] = []  # strides that are no product of sizes

    def _is_stored(self, node: Node) -> bool:
        return node.primitive not in LEAVES or is_stored(node)

    def _access(self, slot: Slot, offset: Dimension, strides: Strides) -> int:
        one = Access(slot.dtype, slot_text(slot, offset), strides)
        if one not in self.accesses:
            self.accesses.append(one)
        return self.accesses.index(one)

    # The text -------------------------------------------------------------------------

    def text(self) -> str:
        rank = len(self.sizes)
        depth = max(rank - 1, 0)
        lines: list[tuple[int, str]] = []
        loaded: dict[int, str] = {}
        for level in range(rank + 1):
            indent = level + 1
            if level < rank:
                self._open(level, indent, depth, lines, loaded)
                continue
            self._body(indent, lines, loaded)
        lines += self._closing()
        starts = [f"a{at}" for at in range(len(self.accesses))]
        sizes = [f"s{at}" for at in range(rank)]
        letters = list(dict.fromkeys(LETTERS[one.dtype.name] for one in self.accesses))
        strides = [f"t{at}" for at in range(len(self.extra))]
        rows = ["n"] if self.uses_n else []
        head = f"def NAME({', '.join([*letters, *starts, *sizes, *strides, *rows])}):"
        self.given = [
            *letters,
            *(one.start for one in self.accesses),
            *(size_text(one) for one in self.sizes),
            *self.extra,
            *rows,
        ]
        body = [f"{'    ' * indent}{line}" for indent, line in lines]
        return "\n".join([DECORATED, head, *body])

    def _open(
        self,
        level: int,
        indent: int,
        depth: int,
        lines: list[tuple[int, str]],
        loaded: dict[int, str],
    ) -> None:
        """Write what stands before one of the nested loops, and its head."""
        if level == 0:
            lines += [(1, line) for line in self._cleared()]
        ranges = f"s{level}"
        if level == depth:
            for at, one in enumerate(self.accesses):
                letter = LETTERS[one.dtype.name]
                place = self._address(at, level)
                if one.strides[level] == 1:
                    lines.append(
                        (indent, f"p{at} = {letter}[{place} : {place} + s{level}]")
                    )
                    ranges = f"p{at}.shape[0]" if ranges[0] == "s" else ranges
                elif one.strides[level] == 0 and at not in self.writes.values():
                    lines.append((indent, f"c{at} = {letter}[{place}]"))
                    loaded[at] = f"c{at}"
            for node, at in self.writes.items():
                if (
                    node.primitive in REDUCTIONS
                    and self.accesses[at].strides[level] == 0
                ):
                    lines.append((indent, f"r{at} = {self._start_of(node)}"))
        lines.append((indent, f"for i{level} in range({ranges}):"))

    def _cleared(self) -> Iterator[str]:
        """Fill what is added to more than once with what an empty reduction gives."""
        for node, at in self.writes.items():
            if node.primitive not in REDUCTIONS or self._is_kept_in_register(at):
                continue
            letter, count = LETTERS[node.dtype.name], self._count(at)
            yield f"z{at} = {letter}[a{at} : a{at}{f' + {count}' if count else ' + 1'}]"
            yield f"for k in range(z{at}.shape[0]):"
            yield f"    z{at}[k] = {self._start_of(node, stored=True)}"

    def _is_kept_in_register(self, at: int) -> bool:
        """Tell whether each element of a reduction is made by one inner loop."""
        strides = self.accesses[at].strides
        return strides[-1] == 0 and all(one != 0 for one in strides[:-1])

    def _count(self, at: int) -> str:
        strides = self.accesses[at].strides
        return " * ".join(f"s{k}" for k, one in enumerate(strides) if one != 0)

    def _closing(self) -> list[tuple[int, str]]:
        """Store the reductions that were kept in registers."""
        found = []
        level = len(self.sizes) - 1
        for node, at in self.writes.items():
            if node.primitive in REDUCTIONS and self.accesses[at].strides[level] == 0:
                letter = LETTERS[node.dtype.name]
                place = f"{letter}[{self._address(at, level)}]"
                if self._is_kept_in_register(at):
                    found.append((level + 1, f"{place} = r{at}"))
                else:
                    text = STARTS[node.primitive][1].format(place, f"r{at}")
                    found.append((level + 1, f"{place} = {text}"))
        return found

    def _start_of(self, node: Node, *, stored: bool = False) -> str:
        start = STARTS[node.primitive][0]
        return number(
            float(start) if node.dtype.kind == "f" else int(start),
            self._sum_dtype(node, stored),
        )

    def _sum_dtype(self, node: Node, stored: bool) -> DType:
        wide = node.primitive is reduction.sum_ and node.dtype.kind == "f"
        return np.dtype(np.float64) if wide and not stored else node.dtype

    def _address(self, at: int, level: int) -> str:
        """Write where an access begins, inside of the loops around one."""
        parts = [f"a{at}"]
        for outer in range(level):
            stride = self.accesses[at].strides[outer]
            if stride != 0:
                text = self._stride(stride, outer)
                parts.append(f"i{outer}{f' * {text}' if text else ''}")
        return " + ".join(parts)

    def _stride(self, stride: Dimension, axis: int) -> str:
        if stride == 1:
            return ""
        for end in range(axis + 1, len(self.sizes)):
            if stride == times(*self.sizes[axis + 1 : end + 1]):
                return " * ".join(f"s{k}" for k in range(axis + 1, end + 1))
        text = size_text(stride)
        if text not in self.extra:
            self.extra.append(text)
        return f"t{self.extra.index(text)}"

    def _element(self, at: int, loaded: Mapping[int, str]) -> str:
        """Write the element of an access inside of the innermost loop."""
        if at in loaded:
            return loaded[at]
        one, level = self.accesses[at], len(self.sizes) - 1
        letter = LETTERS[one.dtype.name]
        if level < 0:
            return f"{letter}[a{at}]"
        if one.strides[level] == 1:
            return f"p{at}[i{level}]"
        return f"{letter}[{self._address(at, level + 1)}]"

    def _body(
        self, indent: int, lines: list[tuple[int, str]], loaded: Mapping[int, str]
    ) -> None:
        known: dict[int, str] = dict(loaded)
        for node in self.stage.nodes:
            operands = [
                self._operand(node, at, indent, lines, known)
                for at in range(len(node.inputs))
            ]
            if node.primitive in REDUCTIONS:
                self._reduced(node, operands[0], indent, lines, known)
                continue
            name = self.names[node] = f"v{len(self.names)}"
            lines.append((indent, f"{name} = {_spelled(node, operands)}"))
            if node in self.writes:
                at = self.writes[node]
                lines.append((indent, f"{self._element(at, {})} = {name}"))

    def _reduced(
        self,
        node: Node,
        operand: str,
        indent: int,
        lines: list[tuple[int, str]],
        known: Mapping[int, str],
    ) -> None:
        if node not in self.writes:
            return
        if (
            node.primitive in (reduction.max_, reduction.min_)
            and node.dtype.kind != "f"
        ):
            raise Unspelled(node, f"of {node.dtype}")
        at, level = self.writes[node], len(self.sizes) - 1
        rule = STARTS[node.primitive][1]
        register = level >= 0 and self.accesses[at].strides[level] == 0
        place = f"r{at}" if register else self._element(at, known)
        text = operand if level < 0 else rule.format(place, operand)
        lines.append((indent, f"{place} = {text}"))

    def _operand(
        self,
        node: Node,
        at: int,
        indent: int,
        lines: list[tuple[int, str]],
        known: dict[int, str],
    ) -> str:
        """Give the name or the literal of an operand, in the dtype that is needed."""
        view = view_of(node.inputs[at])
        wanted = _wanted(node, at)
        root = view.node
        if root.primitive is leaves.constant and not root.shape:
            return number(root.attributes["value"], wanted)
        if root.primitive is leaves.size:
            self.uses_n = True
            return f"{dtype_name(wanted)}({size_text(root.attributes['size'])})"
        if root in self.members:
            name = self.names[root]
        else:
            access = self.reads[node, at]
            if access not in known:
                name = known[access] = f"x{access}"
                lines.append((indent, f"{name} = {self._element(access, {})}"))
            name = known[access]
        if root.dtype == wanted:
            return name
        return f"{dtype_name(wanted)}({name})"


def _wanted(node: Node, at: int) -> DType:
    """Give the dtype in which a row takes an input."""
    if node.primitive in REDUCTIONS:
        return node.dtype
    if node.primitive is elementwise.where:
        return np.dtype(bool) if at == 0 else node.dtype
    return operand_dtype(node)


def _spelled(node: Node, operands: list[str]) -> str:
    if node.primitive is elementwise.where:
        return f"{operands[1]} if {operands[0]} else {operands[2]}"
    if node.primitive is elementwise.astype:
        if node.inputs[0].dtype == node.dtype:
            return operands[0]
        if node.dtype.kind == "b":
            return f"{operands[0]} != 0"
        return f"{dtype_name(node.dtype)}({operands[0]})"
    return text_of(node, operands)


def _cored(strides: Strides, shape: Any) -> Strides:
    return tuple(
        stride for size, stride in zip(shape, strides, strict=True) if size != 1
    )


def _result_strides(node: Node) -> Strides:
    """Give the strides of a stage's result along the axes that it walks over."""
    if node.primitive not in REDUCTIONS:
        return _cored(contiguous(node.shape), node.shape)
    whole, axes = node.inputs[0].shape, node.attributes["axis"]
    kept = [size for at, size in enumerate(whole) if at not in axes]
    left = list(contiguous(kept))
    strides = tuple(0 if at in axes else left.pop(0) for at in range(len(whole)))
    return _cored(strides, whole)
