"""A program as stages: loops that do much at once, products, and one workspace.

A *loop* walks once over some axes and calculates every value that it can on the way:
elementwise rows of one shape, and reductions of them. A *product* is one call of BLAS.
`plan` finds the stages, brings them into order, and gives every value that outlives its
stage a place in the workspace; a place is taken again when its value is no longer read.
Parameters and what the optimizer remembers have places that stay, and their new values
are written there directly where nobody needs the old ones any more.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from glassprop.backends.lowering import lowered
from glassprop.backends.scalars import ROWS
from glassprop.backends.to_numpy import scheduled
from glassprop.backends.views import (
    View,
    core,
    is_view,
    view_of,
)
from glassprop.errors import Unspelled
from glassprop.graph import DType, Node, Shape, Size, count, order
from glassprop.ops import elementwise, leaves, product, reduction
from glassprop.program import Program

LEAVES = (leaves.input_, leaves.constant, leaves.size)
REDUCTIONS = (reduction.sum_, reduction.max_, reduction.min_, reduction.prod)
ALIGNED = 16  # elements; places begin at multiples
CHECKS = 8  # pairs of places that LLVM compares before it takes a fast loop


@dataclass(frozen=True)
class Slot:
    """A place in the workspace of its dtype: ``fixed + scaled * most``.

    Parameters
    ----------
    dtype : numpy dtype
        Which workspace.
    fixed : int
        Elements from its beginning.
    scaled : int
        How many more for each row of the largest batch, whose size is `most`.
    """

    dtype: DType
    fixed: int
    scaled: int = 0


@dataclass
class Stage:
    """One kernel call.

    Parameters
    ----------
    nodes : list of Node
        What it calculates, in order; a product calculates one.
    shape : tuple of size
        What a loop walks over, without axes of size 1.
    written : list of Node
        What of it others read.
    """

    nodes: list[Node]
    shape: Shape
    written: list[Node] = field(default_factory=list)

    @property
    def is_product(self) -> bool:
        """Whether it is a call of BLAS."""
        return self.nodes[0].primitive is product.matmul


@dataclass(frozen=True)
class Plan:
    """What a program does, stage by stage, and where its values lie.

    Parameters
    ----------
    program : Program
    stages : list of Stage
    slots : dict from Node to Slot
        Of inputs, arrays that were captured, and values that outlive their stage.
    sizes : dict from dtype to (int, int)
        Of each workspace, as in `Slot`.
    inputs, results : dict from str to Node
        The program's; a result may be a view.
    """

    program: Program
    stages: list[Stage]
    slots: dict[Node, Slot]
    sizes: dict[DType, tuple[int, int]]
    inputs: dict[str, Node]
    results: dict[str, Node]

    def constants(self) -> Iterator[Node]:
        """Give the captured arrays that have a place."""
        return (one for one in self.slots if one.primitive is leaves.constant)


def plan(program: Program) -> Plan:
    """Find the stages of a program and a place for each value.

    Parameters
    ----------
    program : Program
        Any.

    Raises
    ------
    Unspelled
        If a stage cannot be made of an operation.
    """
    nodes = scheduled(program)
    ready = lowered([*program.inputs.values(), *nodes])
    outputs = {key: ready[node] for key, node in program.outputs.items()}
    inputs = {key: ready[node] for key, node in program.inputs.items()}
    for key, node in outputs.items():
        root = view_of(node).node
        made = root.primitive not in LEAVES and (key not in inputs or root is node)
        if node is not inputs.get(key) and not made:
            outputs[key] = _copy(node)  # of an old value, before it is written over
    stages = _Fusion(list(_computing(outputs.values()))).ordered()
    updates = {key: one for key, one in outputs.items() if key in inputs}
    results = {key: one for key, one in outputs.items() if key not in inputs}
    return _placed(program, stages, inputs, updates, results)


def _is_made(node: Node) -> bool:
    return not is_view(node) and node.primitive not in LEAVES


def _copy(node: Node) -> Node:
    return Node(
        elementwise.astype,
        (node,),
        {"dtype": node.dtype},
        node.shape,
        node.dtype,
        node.scope,
        "update",
        node.name,
    )


def _computing(outputs: Iterable[Node]) -> Iterator[Node]:
    """List what must be calculated: no views, no leaves."""
    for node in order(outputs):
        if _is_made(node):
            if not is_spelled(node):
                raise Unspelled(node)
            yield node


def is_spelled(node: Node) -> bool:
    """Tell whether there is a stage for a node's row, but for dtypes."""
    row = node.primitive
    return row in REDUCTIONS or row is product.matmul or row.name in ROWS


# Fusion -------------------------------------------------------------------------------


def walked(node: Node) -> Shape:
    """Give what a loop that calculates a node walks over."""
    return core(node.inputs[0].shape if node.primitive in REDUCTIONS else node.shape)


def is_direct(read: Node, sizes: Shape) -> bool:
    """Tell whether a loop over sizes reads a value at the very place it makes it."""
    view = view_of(read)
    return (
        view.offset == 0
        and view.is_whole
        and core(view.shape) == core(view.node.shape) == sizes
    )


def places_read(node: Node) -> Iterator[View]:
    """Give the places in memory that a node reads."""
    for one in node.inputs:
        view = view_of(one)
        if view.node.primitive in LEAVES and not is_stored(view.node):
            continue
        yield view


def is_stored(leaf: Node) -> bool:
    """Tell whether a leaf lies in memory, and not as a number in the code."""
    return leaf.primitive is leaves.input_ or (
        leaf.primitive is leaves.constant and bool(leaf.shape)
    )


class _Fusion:
    """Stages that grow together.

    Sets of stages are the bits of integers.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.place = {node: at for at, node in enumerate(nodes)}
        self.stages: dict[int, Stage] = {}
        self.of: dict[Node, int] = {}
        self.before: dict[int, int] = {}  # all stages that one needs
        self.after: dict[int, int] = {}  # all stages that need it
        self.readers: dict[Node, list[int]] = {}  # of a leaf or a stored value
        for at, node in enumerate(nodes):
            self._add(at, node)

    def _add(self, at: int, node: Node) -> None:
        roots = [view.node for view in places_read(node)]
        self.stages[at] = Stage([node], walked(node))
        self.of[node] = at
        self.before[at] = self.after[at] = 0
        for one in {self.of[root] for root in roots if root in self.of}:
            self._depend(at, one)
        if not self.stages[at].is_product:
            self._grow(at, roots)
        here = self.of[node]
        for root in roots:
            known = self.readers.setdefault(root, [])
            if here not in known:
                known.append(here)

    def _depend(self, at: int, one: int) -> None:
        self.before[at] |= self.before[one] | 1 << one
        for other in _bits(self.before[one] | 1 << one):
            self.after[other] |= 1 << at

    def _grow(self, at: int, roots: Sequence[Node]) -> None:
        makers = [self.of[root] for root in roots if root in self.of]
        here = at
        for other in sorted(set(makers), reverse=True):
            here = self._merged(other, here)
        if not self.stages[here].shape:
            siblings = [one for one in self.stages if not self.stages[one].shape]
        else:
            siblings = [one for root in roots for one in self.readers.get(root, ())]
        for other in dict.fromkeys(siblings):
            if other in self.stages and other != here:
                here = self._merged(other, here, sibling=True)

    def _merged(self, one: int, other: int, *, sibling: bool = False) -> int:
        """Merge two stages if they can be one; give the stage the second is in."""
        if one == other or not self._can_merge(one, other, sibling):
            return other
        first, second = self.stages[one], self.stages.pop(other)
        nodes = sorted([*first.nodes, *second.nodes], key=self.place.__getitem__)
        self.stages[one] = Stage(nodes, first.shape)
        for node in second.nodes:
            self.of[node] = one
        both = 1 << one | 1 << other
        before = (self.before[one] | self.before.pop(other)) & ~both
        after = (self.after[one] | self.after.pop(other)) & ~both
        self.before[one], self.after[one] = before, after
        for at in _bits(before):
            self.after[at] = self.after[at] & ~both | 1 << one | after
        for at in _bits(after):
            self.before[at] = self.before[at] & ~both | 1 << one | before
        for known in self.readers.values():
            if other in known:
                known.remove(other)
                if one not in known:
                    known.append(one)
        return one

    def _can_merge(self, one: int, other: int, sibling: bool) -> bool:
        first, second = self.stages[one], self.stages[other]
        if first.is_product or second.is_product or first.shape != second.shape:
            return False
        if self.after[one] & self.before[other] or self.after[other] & self.before[one]:
            return False
        nodes = {*first.nodes, *second.nodes}
        for node in nodes:
            for read in node.inputs:
                root = view_of(read).node
                if root in nodes and (
                    root.primitive in REDUCTIONS or not is_direct(read, first.shape)
                ):
                    return False
        return not sibling or not first.shape or self._is_light([*nodes])

    def _is_light(self, nodes: Sequence[Node]) -> bool:
        """Tell whether LLVM will still find out that no two places overlap."""
        inside = set(nodes)
        reads = {view.node for node in nodes for view in places_read(node)} - inside
        writes = {
            node for node in nodes if not any(node in self._roots(one) for one in nodes)
        }
        many, few = len(reads), len(writes)
        return few * (few - 1) // 2 + few * max(many - few, 0) <= CHECKS

    def _roots(self, node: Node) -> list[Node]:
        return [view.node for view in places_read(node)]

    def ordered(self) -> list[Stage]:
        """List the stages, each after those it needs, in the order of their nodes."""
        waiting = {at: bin(bits).count("1") for at, bits in self.before.items()}
        last = {
            at: max(self.place[node] for node in stage.nodes)
            for at, stage in self.stages.items()
        }
        ready = [(last[at], at) for at, number in waiting.items() if not number]
        heapq.heapify(ready)
        found = []
        while ready:
            _, at = heapq.heappop(ready)
            found.append(self.stages[at])
            for other in _bits(self.after[at]):
                waiting[other] -= 1
                if not waiting[other]:
                    heapq.heappush(ready, (last[other], other))
        assert len(found) == len(self.stages)
        return found


def _bits(number: int) -> Iterator[int]:
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


# The workspace ------------------------------------------------------------------------


def _placed(
    program: Program,
    stages: list[Stage],
    inputs: dict[str, Node],
    updates: Mapping[str, Node],
    results: dict[str, Node],
) -> Plan:
    space = _Space()
    slots: dict[Node, Slot] = {}
    for node in inputs.values():
        slots[node] = space.take(node)
    last = _last_reads(stages)
    for node in last:
        if node.primitive is leaves.constant and node not in slots:
            slots[node] = space.take(node)
    kept = {view_of(node).node for node in results.values()}
    at_home, late = _direct_updates(stages, inputs, updates, last, kept)
    kept |= set(late.values())
    for node, key in at_home.items():
        slots[node] = slots[inputs[key]]
    ends: dict[int, list[Node]] = {}
    for at, stage in enumerate(stages):
        stage.written = [
            node
            for node in stage.nodes
            if node in kept or node in at_home or last.get(node, -1) > at
        ]
        for node in stage.written:
            if node not in slots:
                slots[node] = space.take(node)
                if node not in kept:
                    ends.setdefault(last[node], []).append(node)
        for node in ends.pop(at, ()):
            space.give_back(slots[node], node)
    for key, node in late.items():
        copy = _copy(node)
        stages.append(Stage([copy], core(copy.shape), [copy]))
        slots[copy] = slots[inputs[key]]
    sizes = space.sizes()
    return Plan(program, stages, slots, sizes, inputs, results)


def _last_reads(stages: Sequence[Stage]) -> dict[Node, int]:
    """Find the last stage that reads each value from memory."""
    return {
        view.node: at
        for at, stage in enumerate(stages)
        for node in stage.nodes
        for view in places_read(node)
    }


def _direct_updates(
    stages: Sequence[Stage],
    inputs: Mapping[str, Node],
    updates: Mapping[str, Node],
    last: Mapping[Node, int],
    kept: set[Node],
) -> tuple[dict[Node, str], dict[str, Node]]:
    """Part new values: those written in the place of the old, those copied at the end.

    A loop may write over what it reads in the same place; nobody may read it later.
    """
    stage_of = {node: at for at, stage in enumerate(stages) for node in stage.nodes}
    at_home: dict[Node, str] = {}
    late: dict[str, Node] = {}
    for key, node in updates.items():
        old = inputs[key]
        if node is old:
            continue
        at, stage = stage_of[node], stages[stage_of[node]]
        safe = (
            node not in at_home
            and node not in kept
            and not stage.is_product
            and node.primitive not in REDUCTIONS
            and last.get(old, -1) <= at
            and all(
                is_direct(read, stage.shape)
                for one in stage.nodes
                for read in one.inputs
                if view_of(read).node is old
            )
        )
        if safe:
            at_home[node] = key
        else:
            late[key] = node
    return at_home, late


class _Space:
    """Free and taken places of the workspaces."""

    def __init__(self) -> None:
        self.free: dict[tuple[DType, bool], list[tuple[int, int]]] = {}
        self.ends: dict[tuple[DType, bool], int] = {}

    def take(self, node: Node) -> Slot:
        kind, size = _kind(node), _size(node)
        fitting = [one for one in self.free.get(kind, ()) if one[0] >= size]
        if fitting:
            found, start = min(fitting)
            self.free[kind].remove((found, start))
            if found > size:
                self.free[kind].append((found - size, start + size))
        else:
            start = self.ends.get(kind, 0)
            self.ends[kind] = start + size
        dtype, scaled = kind
        return Slot(dtype, 0, start) if scaled else Slot(dtype, start)

    def give_back(self, slot: Slot, node: Node) -> None:
        kind, size = _kind(node), _size(node)
        start = slot.scaled if kind[1] else slot.fixed
        parts = self.free.setdefault(kind, [])
        for other in list(parts):
            length, begin = other
            if begin + length == start or start + size == begin:
                parts.remove(other)
                start, size = min(start, begin), size + length
        parts.append((size, start))

    def sizes(self) -> dict[DType, tuple[int, int]]:
        """Give the sizes of the workspaces; places that grow stand behind the rest."""
        dtypes = {dtype for dtype, _ in self.ends}
        return {
            dtype: (self.ends.get((dtype, False), 0), self.ends.get((dtype, True), 0))
            for dtype in sorted(dtypes, key=str)
        }


def _kind(node: Node) -> tuple[DType, bool]:
    return node.dtype, isinstance(count(node.shape), Size)


def _size(node: Node) -> int:
    size = count(node.shape)
    if isinstance(size, Size):
        return size.factor
    return max(1, -(-size // ALIGNED)) * ALIGNED


def settled(plan: Plan) -> Plan:
    """Put the places that grow with the rows behind those that do not."""
    slots = {
        node: replace(slot, fixed=plan.sizes[slot.dtype][0])
        if isinstance(count(node.shape), Size)
        else slot
        for node, slot in plan.slots.items()
    }
    return replace(plan, slots=slots)


__all__ = ["Plan", "Slot", "Stage", "plan", "settled"]
