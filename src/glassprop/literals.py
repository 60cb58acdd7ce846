"""Which numbers can stay plain Python numbers when a program runs as NumPy code.

NumPy lets a Python number take the dtype of the array it meets, so ``0.5 * z`` stays
float32 where z is. Where only Python numbers meet, they calculate as Python does. The
graph has a dtype for every value; `python_numbers` finds where Python's own rules
give the same, and `Literals.strong` where a number must be written with its dtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from glassprop.graph import DType, Node
from glassprop.ops import elementwise, leaves

PYTHON_OPERATORS = frozenset(
    {
        elementwise.add,
        elementwise.subtract,
        elementwise.multiply,
        elementwise.divide,
        elementwise.negative,
    }
)


@dataclass(frozen=True)
class Literals:
    """The values of a program that are Python numbers.

    Parameters
    ----------
    types : dict from Node to type
        int, float or bool of each value that is a Python number.
    strong : set of (Node, int)
        A node and the position of an input that is a Python number and must be given
        its dtype there.
    """

    types: dict[Node, type]
    strong: set[tuple[Node, int]]


def python_numbers(nodes: Sequence[Node]) -> Literals:
    """Find the Python numbers among the nodes of a program, listed inputs first."""
    found = Literals({}, set())
    for node in nodes:
        if node.primitive is leaves.size:
            found.types[node] = int
        elif node.primitive is leaves.constant:
            if isinstance(node.attributes["value"], bool | int | float):
                found.types[node] = type(node.attributes["value"])
        elif any(one in found.types for one in node.inputs):
            _look_at(node, found)
    return found


def _look_at(node: Node, found: Literals) -> None:
    """Decide for one node that reads Python numbers."""
    types = [found.types.get(one) for one in node.inputs]
    if _numpy_dtype(node, types) != node.dtype:
        found.strong.update((node, at) for at, one in enumerate(types) if one)
    elif None not in types and node.primitive in PYTHON_OPERATORS:
        floating = node.primitive is elementwise.divide or float in types
        found.types[node] = float if floating else int


def _numpy_dtype(node: Node, types: Sequence[type | None]) -> DType | None:
    """Give the dtype that NumPy would give with Python numbers as inputs."""
    asked: list[Any] = [
        one.dtype if kind is None else kind
        for one, kind in zip(node.inputs, types, strict=True)
    ]
    if isinstance(node.primitive.numpy, np.ufunc):
        return np.dtype(node.primitive.numpy.resolve_dtypes((*asked, None))[-1])
    common = np.result_type(
        *(one(0) if isinstance(one, type) else one for one in asked)
    )
    stand_ins = [
        SimpleNamespace(dtype=common if kind else one.dtype, shape=one.shape)
        for one, kind in zip(node.inputs, types, strict=True)
    ]
    return np.dtype(node.primitive.dtype(*stand_ins, **node.attributes))
