"""Which numbers can stay plain Python numbers when a program runs as NumPy code.

NumPy lets a Python number take the dtype of the array it meets, so ``0.5 * z`` stays
float32 where z is. Where only Python numbers meet, they calculate as Python does. The
graph has a dtype for every value; `python_numbers` finds where Python's own rules
give the same, and where a number must be written with its dtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from glassprop.graph import DType, Node
from glassprop.ops import elementwise, leaves, shape
from glassprop.ops.rules import promoted, python_dtype

PYTHON_OPERATORS = frozenset(
    {
        elementwise.add,
        elementwise.subtract,
        elementwise.multiply,
        elementwise.divide,
        elementwise.negative,
    }
)
LARGEST_WHOLE = 1e15  # a longer number is not easier to read without its ".0"


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
    whole : set of (Node, int)
        A node and the position of an input that is a whole float and can be written
        as an integer there, ``2 * z`` for ``2.0 * z``.
    """

    types: dict[Node, type] = field(default_factory=dict)
    strong: set[tuple[Node, int]] = field(default_factory=set)
    whole: set[tuple[Node, int]] = field(default_factory=set)


def python_numbers(nodes: Sequence[Node]) -> Literals:
    """Find the Python numbers among the nodes of a program, listed inputs first."""
    found = Literals()
    for node in nodes:
        if node.primitive is leaves.size:
            found.types[node] = int
        elif node.primitive is leaves.constant:
            value = node.attributes["value"]
            if leaves.is_python_number(value):
                found.types[node] = type(value)
        elif any(one in found.types for one in node.inputs):
            _look_at(node, found)
    return found


def is_filled(node: Node) -> bool:
    """Tell whether a node repeats one number, as np.zeros, np.ones and np.full do."""
    return node.primitive is shape.broadcast_to and not node.inputs[0].shape


def _look_at(node: Node, found: Literals) -> None:
    """Decide for one node that reads Python numbers."""
    if is_filled(node):
        return
    types = [found.types.get(one) for one in node.inputs]
    if None not in types and _calculates_in_python(node):
        whole = [at for at, one in enumerate(node.inputs) if _is_whole(one)]
        found.whole.update((node, at) for at in whole)
        floating = node.primitive is elementwise.divide or any(
            kind is float and at not in whole for at, kind in enumerate(types)
        )
        found.types[node] = float if floating else int
    elif (
        (None not in types and node.primitive in PYTHON_OPERATORS)
        or not _takes_numbers(node)
        or _numpy_dtype(node, types) != node.dtype
    ):
        found.strong.update((node, at) for at, one in enumerate(types) if one)
    elif _meets_floats(node, types):
        found.whole.update(
            (node, at) for at, one in enumerate(node.inputs) if _is_whole(one)
        )


def _calculates_in_python(node: Node) -> bool:
    """Tell whether Python's arithmetic gives what the dtypes of the graph give.

    Python calculates in float64. A single float32 operation on numbers that float32
    holds exactly gives the same, once rounded to float32 (Figueroa 1995, "When is
    double rounding innocuous?").
    """
    if node.primitive not in PYTHON_OPERATORS or _may_divide_by_zero(node):
        return False
    if node.dtype == np.float64:
        return True
    return node.dtype == np.float32 and all(
        one.primitive is leaves.size
        or (one.primitive is leaves.constant and _is_float32(one))
        for one in node.inputs
    )


def _may_divide_by_zero(node: Node) -> bool:
    """Tell whether Python might raise where NumPy gives infinity: 1 / (n - 1)."""
    if node.primitive is not elementwise.divide:
        return False
    divisor = node.inputs[1]
    if divisor.primitive is leaves.constant:
        return float(divisor.attributes["value"]) == 0
    return divisor.primitive is not leaves.size


def _is_float32(node: Node) -> bool:
    value = float(node.attributes["value"])
    return float(np.float32(value)) == value


def _is_whole(node: Node) -> bool:
    """Tell whether a node is a Python float that an integer can stand for."""
    if node.primitive is not leaves.constant:
        return False
    value = node.attributes["value"]
    return (
        type(value) is float
        and value.is_integer()
        and abs(value) < LARGEST_WHOLE
        and str(value) != "-0.0"
    )


def _meets_floats(node: Node, types: Sequence[type | None]) -> bool:
    """Tell whether a node calculates with an array of its numbers' dtype."""
    first = 1 if node.primitive is elementwise.where else 0
    return node.primitive.elementwise and any(
        kind is None and one.dtype.kind == "f"
        for one, kind in list(zip(node.inputs, types, strict=True))[first:]
    )


def _takes_numbers(node: Node) -> bool:
    """Tell whether a row can be given Python numbers at all; some need arrays."""
    return node.primitive.elementwise and node.primitive is not elementwise.astype


def _numpy_dtype(node: Node, types: Sequence[type | None]) -> DType:
    """Give the dtype that NumPy gives with Python numbers as inputs."""
    asked: list[Any] = [
        one.dtype if kind is None else python_dtype(kind)
        for one, kind in zip(node.inputs, types, strict=True)
    ]
    if isinstance(node.primitive.numpy, np.ufunc):
        return np.dtype(node.primitive.numpy.resolve_dtypes((*asked, None))[-1])
    common = promoted(asked)
    stand_ins = [
        SimpleNamespace(dtype=common if kind else one.dtype, shape=one.shape)
        for one, kind in zip(node.inputs, types, strict=True)
    ]
    return np.dtype(node.primitive.dtype(*stand_ins, **node.attributes))
