"""Equal layers as one function: which parts of a program are the same.

A block is what one layer does in one section of a program: the forward pass of
``dense_3``, its backward pass, its update. Blocks that do the same operations on values
of the same shapes, wired in the same way, are equal; a program with several of them can
say it once, as a function, and call it. Back ends print and compile each such function
once, so a deep network costs little more than a shallow one.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from glassprop.backends.memory import is_view, memory_of
from glassprop.graph import Node, apply
from glassprop.names import LOSS_SCOPE
from glassprop.ops import leaves, shape
from glassprop.program import Program

FEWEST = 3  # equal blocks that are worth a function: two layers read better as they are
SMALLEST = 2  # operations of a block
INSIDE = (leaves.constant, leaves.size)  # leaves that move into the function


@dataclass(frozen=True, eq=False)
class Block:
    """A part of a program that is a call of a function.

    Parameters
    ----------
    function : Program
        The function; equal blocks share it. An output with the name of an input is
        that input's new value.
    nodes : tuple of Node
        The operations of the block, in order.
    arguments : tuple of Node
        The values it reads, in the order of the function's inputs.
    results : tuple of Node
        The values that the rest of the program reads, in the order of the function's
        results.
    updates : mapping from Node to Node
        The program's inputs that the block replaces, with their new values.
    """

    function: Program
    nodes: tuple[Node, ...]
    arguments: tuple[Node, ...]
    results: tuple[Node, ...]
    updates: Mapping[Node, Node]


Item = Node | Block


def outlined(program: Program, nodes: Sequence[Node]) -> list[Item]:
    """Replace equal blocks among the nodes of a program by calls.

    Parameters
    ----------
    program : Program
        The whole program.
    nodes : sequence of Node
        Its nodes in the order in which they would be run.

    Returns
    -------
    list of Node and Block
        An order in which every item stands after what it reads, and a block that
        replaces an input after everything else that reads the input.
    """
    blocks = _equal_blocks(program, nodes)
    if not blocks:
        return list(nodes)
    ordered = _ordered(program, nodes, blocks)
    return list(nodes) if ordered is None else ordered


# Finding equal blocks ----------------------------------------------------------------


def _equal_blocks(program: Program, nodes: Sequence[Node]) -> list[Block]:
    readers: dict[Node, list[Node]] = defaultdict(list)
    for node in nodes:
        for read in node.inputs:
            readers[read].append(node)
    kept = set(program.outputs.values())
    targets = {node: program.inputs[key] for key, node in program.updates.items()}
    groups: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in nodes:
        outside = node.scope in ("", LOSS_SCOPE) or _is_turned_input(node)
        if node.inputs and not outside:
            groups[node.scope, node.section].append(node)
    alike: dict[Any, list[_Candidate]] = defaultdict(list)
    for group in groups.values():
        if len(group) >= SMALLEST:
            candidate = _Candidate.of(group, readers, kept, targets)
            if not candidate.sees_its_updates:
                alike[candidate.key].append(candidate)
    blocks: list[Block] = []
    taken: set[str] = {program.name}
    for candidates in alike.values():
        if len(candidates) >= FEWEST:
            function = candidates[0].function(_name(candidates, taken))
            taken.add(function.name)
            blocks += [one.block(function) for one in candidates]
    return blocks


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A block that may have equals.

    Two candidates are equal if their keys are: the same operations in the same order,
    reading each other and the outside in the same places.
    """

    nodes: tuple[Node, ...]
    arguments: tuple[Node, ...]
    results: tuple[Node, ...]
    updates: dict[Node, Node]
    key: Any

    @classmethod
    def of(
        cls,
        group: Sequence[Node],
        readers: Mapping[Node, Sequence[Node]],
        kept: set[Node],
        targets: Mapping[Node, Node],
    ) -> _Candidate:
        inside = set(group)
        place: dict[Node, str] = {node: f"own {at}" for at, node in enumerate(group)}
        arguments: list[Node] = []
        updates = {targets[node]: node for node in group if node in targets}
        for node in group:
            for read in (*node.inputs, *((targets[node],) if node in targets else ())):
                if read in place:
                    continue
                if read.primitive in INSIDE and not read.shape:
                    place[read] = f"{read.primitive.name} {_attributes(read)}"
                    continue
                given = read.inputs[0] if _is_turned_input(read) else read
                if given not in place:
                    place[given] = f"given {len(arguments)}"
                    arguments.append(given)
                if given is not read:
                    place[read] = f"turned {_attributes(read)} {place[given]}"
        results = [
            node
            for node in group
            if node not in targets
            and (node in kept or any(one not in inside for one in readers[node]))
        ]
        key = (
            tuple(
                (
                    node.primitive.name,
                    node.name,
                    node.shape,
                    str(node.dtype),
                    _attributes(node),
                    tuple(place[read] for read in node.inputs),
                    place[targets[node]] if node in targets else "",
                    node in results,
                )
                for node in group
            ),
            tuple((one.shape, str(one.dtype)) for one in arguments),
            group[0].section,
        )
        return cls(tuple(group), tuple(arguments), tuple(results), updates, key)

    @property
    def sees_its_updates(self) -> bool:
        """Whether an argument is a view of an array that the block writes into."""
        return any(
            memory_of(one) in self.updates and one not in self.updates
            for one in self.arguments
        )

    def function(self, name: str) -> Program:
        """Make the function of this block: its arguments become inputs."""
        scope, section = self.nodes[0].scope, self.nodes[0].section
        own_names = {node.name for node in self.nodes if node.name}
        inputs: dict[str, Node] = {}
        new: dict[Node, Node] = {}
        for at, one in enumerate(self.arguments):
            label = _argument_name(one, scope, own_names)
            key = f"{at} {label}"
            attributes = {"name": key, "shape": one.shape, "dtype": one.dtype}
            new[one] = inputs[key] = apply(
                leaves.input_, (), attributes, section=section, name=label
            )
        for node in self.nodes:
            for read in node.inputs:
                if read not in new:
                    inputs_read = tuple(new[one] for one in read.inputs)
                    new[read] = replace(
                        read, inputs=inputs_read, scope="", section=section
                    )
            read_by = tuple(new[read] for read in node.inputs)
            new[node] = replace(node, inputs=read_by, scope="")
        keys = {one: key for key, one in zip(inputs, self.arguments, strict=True)}
        outputs = {f"result {at}": new[node] for at, node in enumerate(self.results)}
        outputs |= {keys[target]: new[node] for target, node in self.updates.items()}
        return Program(name, inputs, outputs)

    def block(self, function: Program) -> Block:
        """Make the call of a function that equals this block."""
        return Block(function, self.nodes, self.arguments, self.results, self.updates)


def _is_turned_input(node: Node) -> bool:
    """Tell whether a node is the transpose of an input, which costs nothing."""
    turned = node.primitive is shape.transpose
    return turned and node.inputs[0].primitive is leaves.input_


def _attributes(node: Node) -> str:
    return repr(sorted(node.attributes.items()))


def _argument_name(node: Node, scope: str, own: set[str]) -> str:
    """Name an argument as the layer's author would: x, W, the next layer's d_z."""
    if node.scope == scope and node.name and node.name not in own:
        return node.name
    if node.primitive is not leaves.input_ and node.section == "forward":
        return "x"
    if node.scope in ("", LOSS_SCOPE, scope):
        return node.name or node.primitive.name
    return f"next_{node.name or node.primitive.name}"


def _name(candidates: Sequence[_Candidate], taken: set[str]) -> str:
    """Name a function after its layers and its section: ``dense_forward``."""
    node = candidates[0].nodes[0]
    names = {one.nodes[0].scope.rpartition(".")[2] for one in candidates}
    stems = {re.sub(r"_?\d+$", "", name) for name in names}
    stem = stems.pop() if len(stems) == 1 else "layer"
    base = name = f"{stem or 'layer'}_{node.section}"
    number = 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


# Ordering ----------------------------------------------------------------------------


def _ordered(
    program: Program, nodes: Sequence[Node], blocks: Sequence[Block]
) -> list[Item] | None:
    """Order nodes and blocks; None if a block needs what itself is needed for."""
    owner: dict[Node, Item] = {node: node for node in nodes}
    for block in blocks:
        owner.update(dict.fromkeys(block.nodes, block))
    rank: dict[Item, int] = {}
    for at, node in enumerate(nodes):
        rank.setdefault(owner[node], at)
    after: dict[Item, set[Item]] = {item: set() for item in rank}
    replaced = {
        program.inputs[key]: owner[node]
        for key, node in program.updates.items()
        if isinstance(owner[node], Block)
    }
    evaluated = _evaluated_in(program, nodes, owner)
    for node in nodes:
        item = owner[node]
        for read in node.inputs:
            if owner[read] is not item:
                after[owner[read]].add(item)
            replacer = replaced.get(memory_of(read))
            if replacer is not None:
                for reader in evaluated[node] - {replacer}:
                    after[reader].add(replacer)
    waiting = dict.fromkeys(rank, 0)
    for followers in after.values():
        for item in followers:
            waiting[item] += 1
    items = list(rank)
    number = {item: at for at, item in enumerate(items)}
    ready = [(rank[item], number[item]) for item in items if not waiting[item]]
    heapq.heapify(ready)
    ordered: list[Item] = []
    while ready:
        item = items[heapq.heappop(ready)[1]]
        ordered.append(item)
        for follower in after[item]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, (rank[follower], number[follower]))
    return ordered if len(ordered) == len(items) else None


def _evaluated_in(
    program: Program, nodes: Sequence[Node], owner: Mapping[Node, Item]
) -> dict[Node, set[Item]]:
    """Find the items in which each node may be evaluated.

    A value without a variable of its own stands inside the expressions that use it, and
    a view shows what its memory holds by then: both are as late as their readers.
    """
    uses = Counter(read for node in nodes for read in node.inputs)
    kept = set(program.outputs.values())
    evaluated: dict[Node, set[Item]] = {node: {owner[node]} for node in nodes}
    for node in reversed(nodes):
        later = evaluated[node]
        for read in node.inputs:
            own = read.name or read in kept or uses[read] > 1
            if read in evaluated and (is_view(read) or not own):
                evaluated[read] |= later
    return evaluated
