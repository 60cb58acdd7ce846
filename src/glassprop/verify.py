"""Checks: a program against its own rules, a derivative against finite differences.

`verify` derives every shape and dtype of a program again and compares; it runs after
every pass in the tests. `directional_difference` gives the slope of a function along a
direction by central differences, which a gradient must agree with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import VerifyError, shape_text
from glassprop.graph import Node, order
from glassprop.ops import PRIMITIVES


def verify(outputs: Sequence[Node]) -> None:
    """Derive every shape and dtype of a graph again.

    Raises
    ------
    VerifyError
        If a recorded shape or dtype is not what the primitive's rules give, or a
        primitive is not in the table.
    """
    for node in order(outputs):
        if PRIMITIVES.get(node.primitive.name) is not node.primitive:
            raise VerifyError(f"{node!r} is of a primitive that is not in the table.")
        shape = node.primitive.shape(*node.inputs, **node.attributes)
        dtype = np.dtype(node.primitive.dtype(*node.inputs, **node.attributes))
        if shape != node.shape or dtype != node.dtype:
            raise VerifyError(
                f"{node!r} is recorded as {shape_text(node.shape)} {node.dtype}; its "
                f"inputs {list(node.inputs)!r} give {shape_text(shape)} {dtype}."
            )


def directional_difference(
    function: Callable[..., Any],
    arguments: Sequence[NDArray[Any]],
    directions: Sequence[NDArray[Any]],
    *,
    eps: float = 1e-6,
) -> NDArray[Any]:
    """Give the central difference of a function along a direction.

    ``(f(x + eps * v) - f(x - eps * v)) / (2 * eps)``, the slope of f along v up to an
    error of order eps squared.

    Parameters
    ----------
    function : callable
        From arrays to an array or a number.
    arguments, directions : sequence of arrays
        The point, and the direction in which each argument moves.
    eps : float
        The length of the move.
    """
    pairs = list(zip(arguments, directions, strict=True))
    ahead = function(*(x + eps * v for x, v in pairs))
    behind = function(*(x - eps * v for x, v in pairs))
    return np.asarray((np.asarray(ahead) - np.asarray(behind)) / (2 * eps))
