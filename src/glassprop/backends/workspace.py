"""Where the values of a program lie: slots of workspaces, taken again when free.

Parameters and what the optimizer remembers have places that stay, and their new values
are written there directly where nobody needs the old ones any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from glassprop.backends.fusion import (
    LEAVES,
    REDUCTIONS,
    Stage,
    copy_of,
    is_direct,
    places_read,
)
from glassprop.backends.views import core, view_of
from glassprop.graph import DType, Node, Size, count

ALIGNED = 16  # elements; places begin at multiples


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


@dataclass(frozen=True)
class Layout:
    """Where the values lie that outlive their stage.

    Parameters
    ----------
    slots : dict from Node to Slot
        Of inputs, captured arrays, and values that are read later.
    sizes : dict from dtype to (int, int)
        Of each workspace, as in `Slot`.
    """

    slots: dict[Node, Slot]
    sizes: dict[DType, tuple[int, int]]


def laid_out(
    stages: list[Stage],
    inputs: Mapping[str, Node],
    updates: Mapping[str, Node],
    results: Mapping[str, Node],
) -> Layout:
    """Give each value that outlives its stage a place.

    Stages are told what they write; copies of late updates are added to them.

    Parameters
    ----------
    stages : list of Stage
        In order.
    inputs, updates, results : mapping from str to Node
        What is given, what replaces an input, what else is asked for.
    """
    space = _Space()
    slots: dict[Node, Slot] = {}
    for node in inputs.values():
        slots[node] = space.take(node)
    last = _last_reads(stages)
    for node in last:
        if node.primitive in LEAVES and node not in slots:
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
        copy = copy_of(node)
        stages.append(Stage([copy], core(copy.shape), [copy]))
        slots[copy] = slots[inputs[key]]
    return Layout(_settled(slots, space.sizes()), space.sizes())


def _settled(
    slots: Mapping[Node, Slot], sizes: Mapping[DType, tuple[int, int]]
) -> dict[Node, Slot]:
    """Put the places that grow with the rows behind those that do not."""
    return {
        node: replace(slot, fixed=sizes[slot.dtype][0])
        if isinstance(count(node.shape), Size)
        else slot
        for node, slot in slots.items()
    }


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
            and stage.is_loop
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
