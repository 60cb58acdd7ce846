"""One loop as the text of a function: its accesses, its nest, what it calculates.

A kernel takes workspaces, the places where its values begin in them, and sizes; stages
that differ in these alone share one kernel.

Vocabulary of the text: ``a0`` where the first access begins, ``p0`` its elements along
the innermost axis, ``x0`` one of them, ``c0`` one that stays the same there, ``r0`` a
reduction on its way; ``v0`` the first value that is calculated; ``s0`` the outermost
size, ``t0`` a stride that is no product of sizes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.backends.fusion import REDUCTIONS, Stage
from glassprop.backends.loops import Plan
from glassprop.backends.own_kernels import product_text
from glassprop.backends.scalars import dtype_name, number, operand_dtype, text_of
from glassprop.backends.shares import ALONE, BLOCK, GIVEN, LITTLE, edges
from glassprop.backends.views import (
    Strides,
    collapsed,
    contiguous,
    is_in_code,
    repeated,
    times,
    view_of,
)
from glassprop.backends.workspace import Slot
from glassprop.graph import Dimension, DType, Node, concrete
from glassprop.ops import elementwise, leaves, reduction

LETTERS: Mapping[str, str] = MappingProxyType(
    {
        **{"float32": "f", "float64": "d", "int64": "i", "bool": "b"},
        **{f"int{bits}": f"w{bits}" for bits in (8, 16, 32)},
        **{f"uint{bits}": f"u{bits}" for bits in (8, 16, 32, 64)},
    }
)
# What a reduction begins with, and how it goes on with floats and with whole numbers.
STARTS: Mapping[Any, tuple[str, str, str]] = MappingProxyType(
    {
        reduction.sum_: ("0", "add_reassociated({0}, {1})", "{0} + {1}"),
        reduction.prod: ("1", "{0} * {1}", "{0} * {1}"),
        reduction.max_: ("-inf", "maximum({0}, {1})", "{0} if {0} >= {1} else {1}"),
        reduction.min_: ("inf", "minimum({0}, {1})", "{0} if {0} <= {1} else {1}"),
    }
)


def rule_of(node: Node) -> str:
    """Give how a reduction goes on."""
    return STARTS[node.primitive][1 if node.dtype.kind == "f" else 2]


@dataclass(frozen=True)
class Access:
    """A place that a kernel reads or writes: where it begins, and its strides."""

    dtype: DType
    start: str
    strides: Strides


def slot_text(slot: Slot, offset: Dimension = 0) -> str:
    """Write where a place begins."""
    parts = [str(slot.fixed)] if slot.fixed or not slot.scaled else []
    if slot.scaled:
        parts.append(f"{slot.scaled} * most")
    if offset != 0:
        parts.append(str(offset))
    return " + ".join(parts)


class Loop:
    """The kernel of one loop: its text, and what its stage gives it.

    Parameters
    ----------
    stage : Stage
        A loop.
    plan : Plan
        It is of.
    """

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
                if view.node in self.members or is_in_code(view.node):
                    continue
                strides = _cored(repeated(view, full), full)
                slot = plan.layout.slots[view.node]
                self.reads[node, at] = self._access(slot, view.offset, strides)
            if node in stage.written:
                strides = _result_strides(node)
                self.writes[node] = self._access(plan.layout.slots[node], 0, strides)
        self.sizes, merged = collapsed(
            stage.shape, [one.strides for one in self.accesses]
        )
        self.accesses = [
            Access(one.dtype, one.start, own)
            for one, own in zip(self.accesses, merged, strict=True)
        ]
        self.extra: list[str] = []  # strides that are no product of sizes
        self.shared = self._shared() if plan.is_shared else None  # the axis

    def _access(self, slot: Slot, offset: Dimension, strides: Strides) -> int:
        one = Access(slot.dtype, slot_text(slot, offset), strides)
        if one not in self.accesses:
            self.accesses.append(one)
        return self.accesses.index(one)

    # Shares of a team -----------------------------------------------------------------

    def _shared(self) -> int | None:
        """Find the outermost axis along which nothing is reduced, if it is worth it."""
        sizes = concrete(self.sizes, self.plan.rows or 1)
        if math.prod(sizes) * len(self.stage.nodes) <= LITTLE:
            return None
        added = [at for one, at in self.writes.items() if one.primitive in REDUCTIONS]
        for axis, size in enumerate(sizes):
            if size > 1 and all(self._is_apart(at, axis) for at in added):
                return axis
        return None

    def _is_apart(self, at: int, axis: int) -> bool:
        """Tell whether shares along an axis are added up in places of their own."""
        strides = self.accesses[at].strides
        if strides[axis] == 0:
            return False
        # What is filled first lies without gaps.
        outer = all(one == 0 for one in strides[:axis])
        return outer or self._is_kept_in_register(at)

    def _share(self) -> list[str]:
        """Write how a thread finds its share."""
        axis = self.shared
        if axis is None:
            return [*ALONE]
        inner = axis == len(self.sizes) - 1
        moved = [
            f"a{at} += first * {text}" if text else f"a{at} += first"
            for at, one in enumerate(self.accesses)
            if one.strides[axis] != 0
            for text in [self._stride(one.strides[axis], axis)]
        ]
        return [
            *edges(f"s{axis}", BLOCK if inner else 1),
            "many = last - first",
            *moved,
        ]

    def _size(self, axis: int) -> str:
        return "many" if axis == self.shared else f"s{axis}"

    # The text -------------------------------------------------------------------------

    def text(self) -> str:
        """Give the function, its name left open, and find what a call gives it."""
        rank = len(self.sizes)
        lines: list[tuple[int, str]] = []
        if self.plan.is_shared:
            lines += [(1, line) for line in self._share()]
        known: dict[int, str] = {}  # the names of accesses that are read already
        for level in range(rank):
            self._open(level, lines, known)
        self._body(rank + 1, lines, known)
        lines += self._closing()
        starts = [f"a{at}" for at in range(len(self.accesses))]
        sizes = [f"s{at}" for at in range(rank)]
        letters = list(dict.fromkeys(LETTERS[one.dtype.name] for one in self.accesses))
        strides = [f"t{at}" for at in range(len(self.extra))]
        rows = ["n"] if self.uses_n else []
        share = GIVEN if self.plan.is_shared else ()
        taken = ", ".join([*letters, *starts, *sizes, *strides, *rows, *share])
        head = f"def NAME({taken}):"
        self.given = [
            *letters,
            *(one.start for one in self.accesses),
            *map(str, self.sizes),
            *self.extra,
            *rows,
        ]
        body = [f"{'    ' * indent}{line}" for indent, line in lines]
        return "\n".join([head, *body])

    def _open(
        self, level: int, lines: list[tuple[int, str]], known: dict[int, str]
    ) -> None:
        """Write what stands before one of the nested loops, and its head."""
        indent = level + 1
        if level == 0:
            lines += [(1, line) for line in self._cleared()]
        ranges = size = self._size(level)
        if level == len(self.sizes) - 1:
            for at, one in enumerate(self.accesses):
                letter = LETTERS[one.dtype.name]
                place = self._address(at, level)
                if one.strides[level] == 1:
                    lines.append((indent, f"p{at} = part({letter}, {place}, {size})"))
                    ranges = f"p{at}.shape[0]" if ranges == size else ranges
                elif one.strides[level] == 0 and at not in self.writes.values():
                    lines.append((indent, f"c{at} = {letter}[{place}]"))
                    known[at] = f"c{at}"
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
            yield f"z{at} = part({letter}, a{at}, {count})"
            yield f"for k in range(z{at}.shape[0]):"
            yield f"    z{at}[k] = {self._start_of(node, stored=True)}"

    def _is_kept_in_register(self, at: int) -> bool:
        """Tell whether each element of a reduction is made by one inner loop."""
        strides = self.accesses[at].strides
        return strides[-1] == 0 and all(one != 0 for one in strides[:-1])

    def _count(self, at: int) -> str:
        strides = self.accesses[at].strides
        sizes = [self._size(k) for k, one in enumerate(strides) if one != 0]
        return product_text(sizes)

    def _closing(self) -> list[tuple[int, str]]:
        """Store the reductions that were kept in registers."""
        found: list[tuple[int, str]] = []
        level = len(self.sizes) - 1
        if level < 0:  # of one number, which is stored as it is
            return found
        for node, at in self.writes.items():
            if node.primitive in REDUCTIONS and self.accesses[at].strides[level] == 0:
                letter = LETTERS[node.dtype.name]
                place = f"{letter}[{self._address(at, level)}]"
                if self._is_kept_in_register(at):
                    found.append((level + 1, f"{place} = r{at}"))
                else:
                    text = rule_of(node).format(place, f"r{at}")
                    found.append((level + 1, f"{place} = {text}"))
        return found

    def _start_of(self, node: Node, *, stored: bool = False) -> str:
        start, dtype = float(STARTS[node.primitive][0]), self._sum_dtype(node, stored)
        if dtype.kind in "iu" and np.isinf(start):
            ends = np.iinfo(dtype)
            return number(ends.min if start < 0 else ends.max, dtype)
        return number(max(start, 0) if dtype.kind == "b" else start, dtype)

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
        text = str(stride)
        if text not in self.extra:
            self.extra.append(text)
        return f"t{self.extra.index(text)}"

    def _element(self, at: int) -> str:
        """Write the element of an access inside of the innermost loop."""
        one, level = self.accesses[at], len(self.sizes) - 1
        letter = LETTERS[one.dtype.name]
        if level < 0:
            return f"{letter}[a{at}]"
        if one.strides[level] == 1:
            return f"p{at}[i{level}]"
        return f"{letter}[{self._address(at, level + 1)}]"

    def _body(
        self, indent: int, lines: list[tuple[int, str]], known: dict[int, str]
    ) -> None:
        for node in self.stage.nodes:
            operands = [
                self._operand(node, at, indent, lines, known)
                for at in range(len(node.inputs))
            ]
            if node.primitive in REDUCTIONS:
                lines.append((indent, self._reduced(node, operands[0])))
                continue
            name = self.names[node] = f"v{len(self.names)}"
            lines.append((indent, f"{name} = {_spelled(node, operands)}"))
            if node in self.writes:
                lines.append((indent, f"{self._element(self.writes[node])} = {name}"))

    def _reduced(self, node: Node, operand: str) -> str:
        """Write how a reduction takes one more value in."""
        at, level = self.writes[node], len(self.sizes) - 1
        register = level >= 0 and self.accesses[at].strides[level] == 0
        place = f"r{at}" if register else self._element(at)
        text = operand if level < 0 else rule_of(node).format(place, operand)
        return f"{place} = {text}"

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
            return f"{dtype_name(wanted)}({root.attributes['size']})"
        if root in self.members:
            name = self.names[root]
        else:
            access = self.reads[node, at]
            if access not in known:
                name = known[access] = f"x{access}"
                lines.append((indent, f"{name} = {self._element(access)}"))
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
