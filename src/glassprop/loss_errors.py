"""Which values of a loss are *errors*: what a prediction is off by.

That is a difference of prediction and target, either way round, whatever its author
calls it. Both may have been moved before: turned, cut, repeated or joined.
"""

from __future__ import annotations

import re

from glassprop.graph import Node
from glassprop.names import LOSS_SCOPE
from glassprop.ops import elementwise, indexing, shape
from glassprop.program import Program

MOVES = (
    shape.reshape,
    shape.transpose,
    shape.broadcast_to,
    shape.concatenate,
    indexing.index,
    elementwise.astype,
)
TARGET, ROWS = re.compile(r"y(_\d+)?"), re.compile(r"x(_\d+)?")


def errors_of(program: Program) -> set[Node]:
    """Find the errors in the program of a step.

    Parameters
    ----------
    program : Program
        Of a network with its loss; in any other there are none.
    """
    kinds = {
        node: "target" if TARGET.fullmatch(key) else "prediction"
        for key, node in program.inputs.items()
        if TARGET.fullmatch(key) or ROWS.fullmatch(key)
    }
    found = set()
    for node in program.nodes:  # each stands behind what it reads
        sides = [kinds.get(one, "") for one in node.inputs]
        if node.scope != LOSS_SCOPE:
            if node.inputs and node.section == "forward":
                kinds[node] = "prediction"
        elif node.primitive is elementwise.subtract:
            if sorted(sides) == ["prediction", "target"]:
                found.add(node)
        elif node.primitive in MOVES:
            arrays = sides if node.primitive is shape.concatenate else sides[:1]
            if len(set(arrays)) == 1:
                kinds[node] = arrays[0]
    return found
