"""Elementwise functions that are no ufuncs, and ufuncs that are composed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import TraceError
from glassprop.graph import Primitive
from glassprop.ops import elementwise
from glassprop.ops.leaves import is_python_number


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Choose from two arrays by a condition."""
    if x is None or y is None:
        raise TraceError(
            "np.where with a condition alone gives positions, whose number depends on "
            "the values. Give all three: np.where(condition, a, b)."
        )
    return elementwise.where(condition, x, y)


def clip(
    a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Any:
    """Limit the values from below, above or both."""
    low = a_min if min is None else min
    high = a_max if max is None else max
    if low is not None:
        a = np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


def bitwise(row: Primitive) -> Callable[..., Any]:
    """Take ``&``, ``|``, ``^`` and ``~`` on booleans for what they mean there."""

    def logical(*operands: Any) -> Any:
        if any(np.result_type(one).kind != "b" for one in operands):
            raise TraceError(
                "&, |, ^ and ~ can be traced on booleans only. Compare first, "
                "(x > 0) & (x < 1), or calculate with numbers."
            )
        return row(*operands)

    return logical


def square(x: Any) -> Any:
    """Multiply by itself."""
    return x * x


def power(base: Any, exponent: Any) -> Any:
    """Write the powers that have a shorter form in that form, as NumPy itself does."""
    floating = np.result_type(base).kind == "f"
    if is_python_number(exponent) and (floating or type(exponent) is int):
        if exponent == 2:
            return base * base
        if exponent == 1:
            return elementwise.positive(base)
        if exponent == 0.5 and floating:
            return np.sqrt(base)
        if exponent == -1 and floating:
            return 1 / base
    return elementwise.power(base, exponent)


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.where: where,
        np.clip: clip,
    }
)

UFUNCS: Mapping[np.ufunc, Callable[..., Any]] = MappingProxyType(
    {
        np.positive: elementwise.positive,
        np.power: power,
        np.square: square,
        np.bitwise_and: bitwise(elementwise.logical_and),
        np.bitwise_or: bitwise(elementwise.logical_or),
        np.bitwise_xor: bitwise(elementwise.logical_xor),
        np.invert: bitwise(elementwise.logical_not),
    }
)
