"""Where a network bends: its activations, found in the graph, with their slopes.

An activation is a part of a layer that turns one array, element by element, into
another, with a slope that depends on the element. So it is found for every layer, one
of the user's own too, by looking at the graph of the forward pass. Its slope is
derived, as every derivative here; where the slope of the slope is 0 the activation is
made of straight lines, as relu is, else it is smooth, as sigmoid is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.built import Built
from glassprop.compiling import build_once
from glassprop.diagnosis.parts import Parts
from glassprop.differentiate import pullback
from glassprop.feeding import Place
from glassprop.graph import Node, order
from glassprop.ops.product import matmul
from glassprop.program import Program
from glassprop.programs import declared, used
from glassprop.structure import Structure, forward
from glassprop.trace import Trace
from glassprop.traced import Array
from glassprop.trees import (
    as_parts,
    is_several,
    map_parts,
    named_parts,
    part_names,
)

TO = "to "  # before the path of a layer, in the name of what comes to it


@dataclass(frozen=True)
class Region:
    """One activation.

    Parameters
    ----------
    layer : str
        The path of the layer that it belongs to.
    slope : str
        The name of its slope among the program's outputs.
    smooth : bool
        Whether its slope changes gradually; else it is made of straight lines.
    """

    layer: str
    slope: str
    smooth: bool


@dataclass(frozen=True)
class Entry:
    """Where data come in: what layers with parameters are given first.

    Parameters
    ----------
    layers : tuple of str
        Their paths; several where they are given the same array.
    sources : frozenset of str
        What it is made of: data, parameters that are frozen, and states.
    whole : bool
        Whether it is an array of the data as it was given.
    """

    layers: tuple[str, ...]
    sources: frozenset[str]
    whole: bool


class Activations:
    """The forward pass of a network in prediction, with the slopes of its activations.

    Parameters
    ----------
    structure : Structure
        The network's.

    Attributes
    ----------
    regions : tuple of Region
        In the order of the forward pass.
    entries : tuple of Entry
        Likewise.
    values : Parts
        They are ``output``, each region's slope, and what comes to each layer as
        ``to`` and its path.
    """

    def __init__(self, structure: Structure) -> None:
        self.regions: tuple[Region, ...] = ()
        self.entries: tuple[Entry, ...] = ()
        self.values = Parts(self._made(structure))

    def _made(self, structure: Structure) -> Program:
        def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
            inputs = declared(trace, structure)
            names = part_names("x", structure.input_shape)
            x = map_parts(inputs.__getitem__, names)
            output, feeding = forward(structure, trace, inputs, x, training=False)
            outputs = named_parts(part_names("output", structure.output_shape), output)
            data = [inputs[key].node for key in as_parts(names)]
            found: list[Region] = []
            for after, before in bends([one.node for one in outputs.values()], data):
                region = _sloped(trace, after, before, f"slope_{len(found) + 1}")
                if region is not None:
                    outputs[region[0].slope] = region[1]
                    found.append(region[0])
            single = {
                key: one for key, one in feeding.arrived.items() if not is_several(one)
            }
            outputs |= {f"{TO}{key}": one for key, one in single.items()}
            self.regions = tuple(found)
            self.entries = entries(structure, inputs, single)
            return used(inputs, outputs), outputs

        return build_once("look", whole, dtype=structure.dtype)


def activations_of(built: Built) -> Activations:
    """Give the activations of a network, found once.

    Parameters
    ----------
    built : Built
        It keeps them.
    """
    made: Activations = built.compiled(
        ("activations",), lambda: Activations(built.structure)
    )
    return made


def entries(
    structure: Structure, inputs: Mapping[str, Array], arrived: Mapping[str, Array]
) -> tuple[Entry, ...]:
    """Find where data come to layers that train, before any parameter that trains.

    Parameters
    ----------
    structure : Structure
        The network's.
    inputs : mapping from str to array
        Data, parameters and states, traced.
    arrived : mapping from str to array
        What came to each layer, by its path.
    """
    trained = {place.name for place in structure.all_places if _trains(place)}
    ends: dict[Node, list[str]] = {}
    for path, one in arrived.items():
        if path in trained:
            ends.setdefault(one.node, []).append(path)
    names = {one.node: key for key, one in inputs.items()}
    trainable = {*structure.trainable}
    made_of: dict[Node, frozenset[str] | None] = {}  # None of what trains
    for node in order([*ends]):
        read = [made_of[one] for one in node.inputs]
        known = [one for one in read if one is not None]
        own = frozenset({names[node]} if node in names else ())
        trains = len(known) < len(read) or bool(own & trainable)
        made_of[node] = None if trains else own.union(*known)
    return tuple(
        Entry(tuple(paths), sources, names.get(node) in sources)
        for node, paths in ends.items()
        for sources in [made_of[node]]
        if sources is not None
    )


def _trains(place: Place) -> bool:
    return any(one.trainable for one in place.parameters.values())


def bends(outputs: list[Node], data: list[Node]) -> list[tuple[Node, Node]]:
    """Find what leaves a layer and is made of one value of it element by element.

    Parameters
    ----------
    outputs : list of Node
        What the network gives.
    data : list of Node
        What it is given.

    Returns
    -------
    list of (Node, Node)
        The last such value of each part, and what it is made of.
    """
    roots: dict[Node, Node] = {}  # of every value that depends on the data
    inside: set[Node] = set()  # read by a further value of the same part
    leaving: set[Node] = set(outputs)  # what another layer or a product reads
    for node in order(outputs):
        leaving.update(
            one
            for one in node.inputs
            if one.scope != node.scope or node.primitive is matmul
        )
        if node in data:
            roots[node] = node
            continue
        reads = [one for one in node.inputs if one in roots]
        if not reads:
            continue
        near = {roots[one] if one.scope == node.scope else one for one in reads}
        (root,) = near if len(near) == 1 else (node,)
        joined = node.primitive.elementwise and root.shape == node.shape
        roots[node] = root if joined else node
        if joined:
            inside.update(one for one in reads if roots[one] is root)
    return [
        (node, root)
        for node, root in roots.items()
        if root is not node and node in leaving - inside and node.dtype.kind == "f"
    ]


def _sloped(
    trace: Trace, after: Node, before: Node, name: str
) -> tuple[Region, Array] | None:
    """Derive the slope of a part; None where it is the same everywhere."""
    value, point = trace.array(after), trace.array(before)
    (slope,) = pullback(value, [point], _ones(value))
    if before not in order([slope.node]) or after is before:
        return None
    (bend,) = pullback(slope, [point], _ones(slope))
    return Region(after.scope, name, before in order([bend.node])), slope


def _ones(like: Any) -> Any:
    return np.ones_like(like)
