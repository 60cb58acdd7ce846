"""Rows without inputs: where a graph begins."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassprop.errors import VerifyError
from glassprop.graph import Node, Primitive
from glassprop.ops.rules import no_cost


def is_python_number(value: Any) -> bool:
    """Tell whether a value is a Python number, which takes the dtype of what it meets.

    A NumPy scalar is none, though np.float64 is a subclass of float.
    """
    return isinstance(value, bool | int | float) and not isinstance(value, np.generic)


def is_fixed(node: Node) -> bool:
    """Tell whether a value is the function's own: a constant, perhaps repeated."""
    while len(node.inputs) == 1:
        (node,) = node.inputs
    return not node.inputs and node.primitive is not input_


def _given(name: str, shape: Any, dtype: Any) -> Any:
    raise VerifyError(f"the input {name!r} has no value of its own; run() takes it.")


# A value that the caller gives.
input_ = Primitive(
    name="input",
    numpy=_given,
    shape=lambda name, shape, dtype: shape,
    dtype=lambda name, shape, dtype: dtype,
    cost=no_cost,
)

# A number or an array that the traced function brought along. A Python number in
# `value` is weak, as in NumPy; `dtype` is what it became where it was used.
constant = Primitive(
    name="constant",
    numpy=lambda value, dtype: np.asarray(value, dtype)[()],
    shape=lambda value, dtype: np.shape(value),
    dtype=lambda value, dtype: dtype,
    cost=no_cost,
)

# The number of rows of a batch, or a multiple of it, as a number to calculate with.
size = Primitive(
    name="size",
    numpy=lambda size, dtype: np.asarray(size, dtype)[()],
    shape=lambda size, dtype: (),
    dtype=lambda size, dtype: dtype,
    cost=no_cost,
)
