"""Checks a graph against its own rules; it runs after every pass.

`verify` derives every shape and dtype again and compares.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
