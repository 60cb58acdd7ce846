"""Operations that become one loop: stages, grown together and brought into order.

A *loop* walks once over some axes and calculates every value that it can on the way:
elementwise rows of one shape, and reductions of them. A *product* is one call of BLAS.
Any other row has a stage of its own (`glassprop.backends.own_kernels`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from glassprop.backends.own_table import OWN
from glassprop.backends.scalars import ROWS
from glassprop.backends.views import View, core, is_in_code, is_view, view_of
from glassprop.errors import Unspelled
from glassprop.graph import Node, Shape, apply, order
from glassprop.ops import elementwise, leaves, product, reduction

LEAVES = (leaves.input_, leaves.constant, leaves.size)
REDUCTIONS = (reduction.sum_, reduction.max_, reduction.min_, reduction.prod)
CHECKS = 8  # pairs of places that LLVM compares before it takes a fast loop


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

    @property
    def is_loop(self) -> bool:
        """Whether it is a loop, which others can join."""
        return not self.is_product and self.nodes[0].primitive.name not in OWN


def stages_of(outputs: Mapping[str, Node], inputs: Mapping[str, Node]) -> list[Stage]:
    """Find the stages that calculate some values, each after those it needs.

    The last outputs come first: a backward pass goes from the last layer to the first,
    and what it leaves of a layer is still near when that layer's update reads it.

    Parameters
    ----------
    outputs : mapping from str to Node
        Ready for loops (`glassprop.backends.lowering`).
    inputs : mapping from str to Node
        What is given. An output of the same name takes the place of an input, and is
        made after the stages that read the old value, if it can be.

    Raises
    ------
    Unspelled
        If there is no stage for an operation.
    """
    last_first = [*outputs.values()][::-1]
    fusion = _Fusion(list(_computing(last_first)))
    for key, node in outputs.items():
        if key in inputs:
            fusion.replace(inputs[key], node)
    return fusion.ordered(last_first)


def _is_made(node: Node) -> bool:
    return not is_view(node) and node.primitive not in LEAVES


def copy_of(node: Node) -> Node:
    """Make a node whose value is that of another, in a place of its own."""
    names = {"scope": node.scope, "section": "update", "name": node.name}
    return apply(elementwise.astype, (node,), {"dtype": node.dtype}, **names)


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
    return row is product.matmul or row in REDUCTIONS or row.name in {*ROWS, *OWN}


def walked(node: Node) -> Shape:
    """Give what a loop that calculates a node walks over."""
    return core(node.inputs[0].shape if node.primitive in REDUCTIONS else node.shape)


def is_direct(read: Node, sizes: Shape) -> bool:
    """Tell whether a loop over sizes reads a value at the very place it makes it."""
    return sizes == _direct_sizes(view_of(read))


def _direct_sizes(view: View) -> Shape | None:
    """Give what a loop must walk over to read a value where it makes it; else None."""
    sizes = core(view.node.shape)
    direct = view.offset == 0 and view.is_whole and core(view.shape) == sizes
    return sizes if direct else None


def places_read(node: Node) -> Iterator[View]:
    """Give the places in memory that a node reads."""
    for one in node.inputs:
        view = view_of(one)
        if not is_in_code(view.node):
            yield view


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
        self.reads: dict[Node, list[tuple[Node, Shape | None]]] = {}
        self.roots: dict[Node, list[Node]] = {}  # what lies in memory of that
        self.waiting: set[Node] = set()
        self.waits_for: dict[int, list[int]] = {}  # stages that read what one replaces
        for at, node in enumerate(nodes):
            self._add(at, node)

    def _add(self, at: int, node: Node) -> None:
        views = [view_of(one) for one in node.inputs]
        self.reads[node] = [(view.node, _direct_sizes(view)) for view in views]
        roots = self.roots[node] = [view.node for view in places_read(node)]
        self.stages[at] = Stage([node], walked(node))
        self.of[node] = at
        self.before[at] = self.after[at] = 0
        for one in {self.of[root] for root in roots if root in self.of}:
            self._depend(at, one)
        if self._waits(node):
            self.waiting.add(node)
        elif self.stages[at].is_loop:
            self._grow(at, self._with_waiting(roots))
        here = self.of[node]
        for root in roots:
            known = self.readers.setdefault(root, [])
            if here not in known:
                known.append(here)

    def _depend(self, at: int, one: int) -> None:
        self.before[at] |= self.before[one] | 1 << one
        for other in _bits(self.before[one] | 1 << one):
            self.after[other] |= 1 << at

    def _waits(self, node: Node) -> bool:
        """Tell whether a value is made in the loop that uses it, not where it could be.

        To compare again costs less than to write truth values and to read them; and a
        slope that is made of the forward pass's values alone need not be kept till the
        backward pass comes to it.
        """
        if not self.stages[self.of[node]].is_loop or not node.shape:
            return False
        if node.primitive in REDUCTIONS:
            return False
        return node.dtype == bool or (
            node.section == "backward"
            and all(
                root.section != "backward" or root in self.waiting
                for root, _ in self.reads[node]
            )
        )

    def _with_waiting(self, roots: Sequence[Node]) -> list[Node]:
        """Give also what those of them that wait were made of."""
        found, waiting = dict.fromkeys(roots), list(roots)
        while waiting:
            root = waiting.pop()
            if root in self.waiting:
                new = [one for one in self.roots[root] if one not in found]
                found |= dict.fromkeys(new)
                waiting += new
        return list(found)

    def _grow(self, at: int, roots: Sequence[Node]) -> None:
        makers = [self.of[root] for root in roots if root in self.of]
        here = at
        for other in sorted(set(makers), reverse=True):
            here = self._merged(other, here)
        if not self.stages[here].shape:
            siblings = [
                one
                for one, stage in self.stages.items()
                if stage.is_loop and not stage.shape
            ]
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
        if not (first.is_loop and second.is_loop) or first.shape != second.shape:
            return False
        if self.after[one] & self.before[other] or self.after[other] & self.before[one]:
            return False
        nodes = {*first.nodes, *second.nodes}
        for node in nodes:
            for root, sizes in self.reads[node]:
                if root in nodes and (
                    root.primitive in REDUCTIONS or sizes != first.shape
                ):
                    return False
        return not sibling or not first.shape or self._is_light([*nodes])

    def _is_light(self, nodes: Sequence[Node]) -> bool:
        """Tell whether LLVM will still find out that no two places overlap."""
        everything = {root for node in nodes for root in self.roots[node]}
        reads = everything.difference(nodes)
        writes = set(nodes) - everything
        many, few = len(reads), len(writes)
        return few * (few - 1) // 2 + few * max(many - few, 0) <= CHECKS

    def replace(self, old: Node, new: Node) -> None:
        """Let a value be made after its place was read for the last time."""
        here = self.of.get(new)
        if here is None:
            return
        for reader in self.readers.get(old, ()):
            if reader != here and not self.before[reader] >> here & 1:
                self.waits_for.setdefault(here, []).append(reader)
                earlier = self.before[reader] | 1 << reader
                later = self.after[here] | 1 << here
                for at in _bits(later):
                    self.before[at] |= earlier
                for at in _bits(earlier):
                    self.after[at] |= later

    def ordered(self, outputs: Iterable[Node]) -> list[Stage]:
        """List the stages, each right after the last of those it waits for."""
        done: dict[int, None] = {}
        roots = (view_of(one).node for one in outputs)
        for start in (self.of[root] for root in roots if root in self.of):
            stack = [start]
            while stack:
                at = stack[-1]
                waiting = [one for one in self._directly_before(at) if one not in done]
                if waiting:
                    stack.append(waiting[0])
                else:
                    done[stack.pop()] = None
        return [self.stages[at] for at in done]

    def _directly_before(self, at: int) -> Iterator[int]:
        """Give the stages whose values one reads, and those that it must wait for.

        Single numbers, of the loss and of the optimizer, come last.
        """
        roots = [root for node in self.stages[at].nodes for root in self.roots[node]]
        found = dict.fromkeys(self.of.get(root, at) for root in roots)
        found |= dict.fromkeys(self.waits_for.get(at, ()))
        for is_number in (False, True):
            for one in found:
                if one != at and bool(self.stages[one].shape) != is_number:
                    yield one


def _bits(number: int) -> Iterator[int]:
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low
