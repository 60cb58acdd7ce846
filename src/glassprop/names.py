"""A readable name for every value of a program, each different from all others.

Names come from the author's variables and the layers' names: the weight of an unnamed
first layer is ``W1``, of a layer called hidden ``W_hidden``; what its forward function
calls ``z`` is ``z1`` or ``z_hidden``; the gradient is ``d_z1``. Values without a name
are called after their operation.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence

from glassprop.graph import Node
from glassprop.ops import PRIMITIVES

SHORT = {"weight": "W", "bias": "b"}
RESERVED = frozenset({"np", "n", *PRIMITIVES, *keyword.kwlist})
LOSS_SCOPE = "loss"
NUMBERED = re.compile(r"[a-z]+(?:_[a-z]+)*_(\d+)")


def readable_names(nodes: Sequence[Node]) -> dict[Node, str]:
    """Give each node a name of its own; nodes that have one are served first."""
    taken = set(RESERVED)
    names: dict[Node, str] = {}
    for node in (*(one for one in nodes if one.name), *nodes):
        if node not in names:
            names[node] = _free(node, taken)
            taken.add(names[node])
    return names


def _free(node: Node, taken: set[str]) -> str:
    if not node.name:
        base = node.primitive.name
        candidates = [base]
    else:
        base = _identifier(node.name)
        candidates = [base + _suffix(node.scope), f"{base}_{_identifier(node.scope)}"]
    for candidate in candidates:
        if candidate not in taken and not candidate.endswith("_"):
            return candidate
    stem, number = candidates[0], 1 if not node.name else 2
    while f"{stem}_{number}" in taken:
        number += 1
    return f"{stem}_{number}"


def _suffix(scope: str) -> str:
    """Write a layer's path behind a name: 1 for dense_1, _hidden for hidden."""
    if scope in ("", LOSS_SCOPE):
        return ""
    numbered = NUMBERED.fullmatch(scope)
    return numbered.group(1) if numbered else f"_{_identifier(scope)}"


def _identifier(name: str) -> str:
    """Make a Python identifier; weight and bias get their usual letters."""
    words = re.sub(r"\W+", "_", name).split("_")
    text = "_".join(SHORT.get(word, word) for word in words)
    return f"_{text}" if text[:1].isdigit() else text
