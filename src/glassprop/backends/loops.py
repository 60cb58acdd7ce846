"""A program as stages and one workspace: what compiled code does, and where.

Parameters and what the optimizer remembers lie where they stay; other values have
places that are taken again when nobody reads them any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from glassprop.backends.fusion import LEAVES, Stage, copy_of, stages_of
from glassprop.backends.lowering import lowered
from glassprop.backends.products import straightened
from glassprop.backends.shares import pays
from glassprop.backends.to_numpy import scheduled
from glassprop.backends.views import view_of
from glassprop.backends.workspace import Layout, laid_out
from glassprop.errors import Unspelled
from glassprop.graph import Node, Size, order
from glassprop.ops import leaves
from glassprop.program import Program


@dataclass(frozen=True)
class Plan:
    """What a program does, stage by stage, and where its values lie.

    Parameters
    ----------
    program : Program
    stages : list of Stage
    layout : Layout
    rows : int or None
        Of most batches; None for one row as often as for many.
    threads : int
        That divide the stages among them.
    inputs, results : dict from str to Node
        The program's; a result may be a view.
    """

    program: Program
    stages: list[Stage]
    layout: Layout
    rows: int | None
    threads: int
    inputs: dict[str, Node]
    results: dict[str, Node]

    @property
    def is_shared(self) -> bool:
        """Whether several threads divide the stages."""
        return self.threads > 1

    def constants(self) -> Iterator[Node]:
        """Give the captured arrays that have a place."""
        return (one for one in self.layout.slots if one.primitive is leaves.constant)


def plan(program: Program, rows: int | None = None, threads: int = 1) -> Plan:
    """Find the stages of a program and a place for each value.

    Parameters
    ----------
    program : Program
        Any.
    rows : int or None
        Of most batches, as for `Plan`.
    threads : int
        How many may work on it, if it is enough work for more than one.

    Raises
    ------
    Unspelled
        If a stage cannot be made of an operation.
    """
    nodes = scheduled(program)
    for node in nodes:
        if sum(isinstance(size, Size) for size in node.shape) > 1:
            raise Unspelled(node, "of the rows of a batch beside each other")
    made = lowered([*program.inputs.values(), *nodes])
    straight = straightened(order(made.values()), rows)
    ready = {node: straight[one] for node, one in made.items()}
    outputs = {key: ready[node] for key, node in program.outputs.items()}
    inputs = {key: ready[node] for key, node in program.inputs.items()}
    for key, node in outputs.items():
        if node is inputs.get(key):
            continue
        view, is_update = view_of(node), key in inputs
        is_new = view.node.primitive not in LEAVES
        # A result lies in order; an old value is copied before it is written over.
        if not is_new or not (view.node is node if is_update else view.is_whole):
            outputs[key] = copy_of(node)
    stages = stages_of(outputs, inputs)
    updates = {key: one for key, one in outputs.items() if key in inputs}
    results = {key: one for key, one in outputs.items() if key not in inputs}
    layout = laid_out(stages, inputs, updates, results)
    threads = threads if pays(program, rows or 1) else 1
    return Plan(program, stages, layout, rows, threads, inputs, results)
