"""What a function is given: traced arrays, and plain arrays, lists and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassprop.graph import Shape
from glassprop.ops.leaves import is_python_number


def is_traced(value: Any) -> bool:
    """Tell whether a value is a traced array."""
    return hasattr(value, "node")


def plain_or_traced(value: Any) -> Any:
    """Give a traced array as it is, and anything else as a plain array."""
    return value if is_traced(value) else np.asarray(value)


def with_own_dtype(value: Any) -> Any:
    """Take a Python number or a list as an array, which has a dtype of its own."""
    plain = is_python_number(value) or isinstance(value, list | tuple)
    return np.asarray(value) if plain else value


def shape_of(array: Any) -> Shape:
    """Give the sizes of a traced array, n as it stands in the graph, or of a plain."""
    shape: Shape = array.node.shape if is_traced(array) else np.shape(array)
    return shape
