"""Which layer feeds which: the way from the inputs to the outputs.

It is found by tracing, as everything about a layer is: a layer of a user's own that
feeds others has its way around drawn like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassprop.feeding import ROWS, Feeding, Place, drawer
from glassprop.functions import stop_gradient
from glassprop.graph import Node
from glassprop.layers.contract import Parameter, Shapes
from glassprop.structure import Structure
from glassprop.trace import Trace
from glassprop.traced import Array
from glassprop.trees import as_parts, map_parts, named_parts, part_names


@dataclass(frozen=True)
class Block:
    """An input, a layer, the place where layers are joined, or one of several outputs.

    Parameters
    ----------
    name : str
        The name of the input or the output, or the path of the layer.
    place : Place or None
        The layer; None for an input and an output.
    shape : tuple of int, or tuple of such
        What it gives for a row.
    role : str
        ``"input"``, ``"layer"``, ``"output"``, or ``"join"`` for what a layer does with
        what the layers inside of it gave.
    """

    name: str
    place: Place | None
    shape: Shapes
    role: str = "layer"


@dataclass(frozen=True)
class Wiring:
    """Blocks, and which feeds which.

    Parameters
    ----------
    blocks : tuple of Block
        In an order in which each stands behind those that feed it.
    wires : tuple of pairs of int
        From which block to which, by their numbers.
    """

    blocks: tuple[Block, ...]
    wires: tuple[tuple[int, int], ...]


@dataclass
class _Marking(Feeding):
    """A forward pass in which every layer's output can be told from all others.

    Each output goes through an operation of its own, so that a layer that hands on what
    it is given is on the way too.
    """

    marks: dict[str, Any] = field(default_factory=dict)

    def feed(self, path: str, layer: Any, x: Any) -> tuple[Any, Place]:
        output, place = super().feed(path, layer, x)
        self.marks[path] = map_parts(stop_gradient, output)
        return self.marks[path], place


def wiring(structure: Structure) -> Wiring:
    """Find which layer feeds which.

    Parameters
    ----------
    structure : Structure
        The network's.
    """
    trace = Trace(structure.dtype)
    seed, t = trace.input("seed", (), np.int64), trace.input("t", (), np.float64)

    def start(key: str, parameter: Parameter) -> Array:
        return trace.input(key, parameter.shape, structure.dtype)

    feeding = _Marking(trace, start, drawer(trace, seed, t), training=False)
    shapes = structure.input_shape
    inputs = map_parts(
        lambda name, shape: trace.input(name, (ROWS, *shape), structure.dtype),
        part_names("x", shapes),
        shapes,
    )
    x = inputs
    for place in structure.places:
        x, _ = feeding.feed(place.name, place.layer, x)
    return _wired(structure, feeding, inputs)


def _wired(structure: Structure, feeding: _Marking, inputs: Any) -> Wiring:
    blocks: list[Block] = []
    wires: list[tuple[int, int]] = []
    sources: dict[Node, int] = {}  # from a value that is known to its block

    def add(block: Block, reads: Sequence[Array], gives: Sequence[Array]) -> None:
        at = len(blocks)
        blocks.append(block)
        for one in dict.fromkeys(_origins(reads, sources)):
            wires.append((one, at))
        sources.update((part.node, at) for part in gives)

    shapes = named_parts(part_names("x", structure.input_shape), structure.input_shape)
    for name, array in zip(shapes, as_parts(inputs), strict=True):
        add(Block(name, None, shapes[name], "input"), (), (array,))

    def walk(place: Place) -> None:
        marked, output = feeding.marks[place.name], feeding.given[place.name]
        if not place.inside:
            block = Block(place.name, place, place.output_shape)
            add(block, as_parts(feeding.arrived[place.name]), as_parts(marked))
            return
        for inner in place.inside:
            walk(inner)
        parts = list(zip(as_parts(marked), as_parts(output), strict=True))
        if all(part.node in sources for _, part in parts):
            # It hands on what the layers inside gave, each part as it is.
            sources.update((mark.node, sources[part.node]) for mark, part in parts)
            return
        block = Block(place.name, place, place.output_shape, "join")
        add(block, as_parts(output), as_parts(marked))

    for place in structure.places:
        walk(place)
    shape = structure.output_shape
    last = as_parts(feeding.marks[structure.places[-1].name])
    if len(last) > 1:
        names = part_names("output", shape)
        for name, part, array in zip(names, as_parts(shape), last, strict=True):
            add(Block(name, None, part, "output"), (array,), ())
    return Wiring(tuple(blocks), tuple(wires))


def _origins(reads: Sequence[Array], sources: dict[Node, int]) -> Iterator[int]:
    """Give the blocks whose values some arrays are made of, without another between."""
    waiting = [part.node for part in reversed(reads)]
    seen: set[Node] = set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in sources:
            yield sources[node]
        else:
            waiting += reversed(node.inputs)
