"""A readable name for every value of a program, each different from all others.

Names come from the author's variables and the layers' names: the weight of an unnamed
first layer is ``W1``, of a layer called hidden ``W_hidden``; what its forward function
calls ``z`` is ``z1`` or ``z_hidden``; the gradient is ``d_z1``. Values without a name
are called after their operation, by a noun where there is a short one.
"""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Sequence

from glassprop.graph import Node
from glassprop.ops import PRIMITIVES, leaves

SHORT = {"weight": "W", "bias": "b"}
NOUNS = {
    "add": "total",
    "subtract": "difference",
    "multiply": "product",
    "divide": "ratio",
    "matmul": "product",
    "einsum": "product",
    "negative": "negated",
    "absolute": "magnitude",
    "fabs": "magnitude",
    "hypot": "magnitude",
    "reciprocal": "inverse",
    "remainder": "rest",
    "fmod": "rest",
    "floor_divide": "quotient",
    **dict.fromkeys(("floor", "ceil", "trunc", "rint"), "rounded"),
    "sum": "total",
    "prod": "product",
    **dict.fromkeys(("cumsum", "cumprod", "recurrence"), "running"),
    "max": "largest",
    "min": "smallest",
    "argmax": "position",
    "argmin": "position",
    "sort": "ordered",
    "argsort": "order",
    "maximum": "larger",
    "fmax": "larger",
    "minimum": "smaller",
    "fmin": "smaller",
    "where": "chosen",
    "index": "part",
    "index_add": "placed",
    "take_along_axis": "picked",
    "add_along_axis": "placed",
    "reshape": "reshaped",
    "transpose": "transposed",
    "broadcast_to": "repeated",
    "concatenate": "joined",
    "astype": "converted",
    "random": "drawn",
    **dict.fromkeys(
        ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"), "mask"
    ),
    **dict.fromkeys(
        ("logical_and", "logical_or", "logical_xor", "logical_not", "any", "all"),
        "mask",
    ),
    **dict.fromkeys(("isnan", "isinf", "isfinite", "signbit"), "mask"),
}
# What the printed program calls by name, and Python's own words.
RESERVED = frozenset({"np", "n", "bool", "index_put", *PRIMITIVES, *keyword.kwlist})
LOSS_SCOPE = "the loss"  # no identifier, so that no layer can have the name
NUMBERED = re.compile(r"[a-z]+(?:_[a-z]+)*_(\d+)")


def readable_names(nodes: Sequence[Node]) -> dict[Node, str]:
    """Give each node a name of its own.

    Nodes that have a name are served first, then those that a printed program is likely
    to call by name: captured arrays, results, and values that are read more than once.
    """
    readers = Counter(read for node in nodes for read in node.inputs)

    def rank(node: Node) -> int:
        if node.name:
            return 0
        shown = node.shape if node.primitive is leaves.constant else readers[node] != 1
        return 1 if shown else 2

    taken = set(RESERVED)
    numbers: Counter[str] = Counter()
    names: dict[Node, str] = {}
    for node in sorted(nodes, key=rank):
        names[node] = _free(node, taken, numbers)
        taken.add(names[node])
    return names


def _free(node: Node, taken: set[str], numbers: Counter[str]) -> str:
    """Find a free name: by layer, then by the layer's whole path, then by number."""
    if node.name:
        stem = _identifier(node.name) + _suffix(node.scope)
        path = "loss" if node.scope == LOSS_SCOPE else _identifier(node.scope)
        candidates = [stem, f"{_identifier(node.name)}_{path}"] if path else [stem]
    else:
        stem = NOUNS.get(node.primitive.name, node.primitive.name)
        candidates = [stem]
    for candidate in candidates:
        if candidate not in taken:
            return candidate
    numbers[stem] += 1 if numbers[stem] or stem in PRIMITIVES else 2
    while f"{stem}_{numbers[stem]}" in taken:
        numbers[stem] += 1
    return f"{stem}_{numbers[stem]}"


def _suffix(scope: str) -> str:
    """Write a layer's path behind a name: 1 for dense_1, _hidden for hidden.

    A path of several layers is written part by part: _block_1 for block.dense_1.
    """
    if scope in ("", LOSS_SCOPE):
        return ""
    numbered = [NUMBERED.fullmatch(part) for part in scope.split(".")]
    parts = [
        match.group(1) if match else _identifier(part)
        for match, part in zip(numbered, scope.split("."), strict=True)
    ]
    return "_".join(parts if numbered[0] else ["", *parts])


def _identifier(name: str) -> str:
    """Make a Python identifier; weight and bias get their usual letters."""
    words = re.sub(r"\W+", "_", name).split("_")
    text = "_".join(SHORT.get(word, word) for word in words)
    return f"_{text}" if text[:1].isdigit() else text
