"""Rows that run along an axis and give every value on the way.

In a VJP, ``g`` is the gradient with respect to the output, ``y`` the output, ``x`` the
input. Nothing is divided by: the slopes are right where values are 0, to any order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassprop.graph import Case, Primitive
from glassprop.ops.rules import (
    common_dtype,
    each_input_element,
    same_shape,
    total_dtype,
)


def _recurrence(a: Any, b: Any, axis: Any, start: Any, reverse: Any) -> Any:
    """Give s of s[0] = start, s[k + 1] = a[k] * s[k] + b[k] along an axis."""
    a, b = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
    s = np.empty_like(b)
    state = np.full(b.shape[1:], start, b.dtype)
    for k in reversed(range(len(b))) if reverse else range(len(b)):
        s[k] = state
        state = a[k] * state + b[k]
    return np.moveaxis(s, 0, axis)


def _worth(g: Any, a: Any, axis: int, reverse: bool) -> Any:
    """Run the other way: what s[k + 1] is worth to all that comes after it."""
    return recurrence(a, g, axis=axis, start=0, reverse=not reverse)


# A value for each step, before the step is taken: with b = 0 and start = 1 the product
# of all values before; in the backward pass what all values after are worth.
recurrence = Primitive(
    name="recurrence",
    numpy=_recurrence,
    shape=same_shape,
    dtype=common_dtype,
    vjps=(
        lambda g, y, a, b, axis, start, reverse: _worth(g, a, axis, reverse) * y,
        lambda g, y, a, b, axis, start, reverse: _worth(g, a, axis, reverse),
    ),
    cost=each_input_element,
    cases=(
        Case(((3, 4), (3, 4)), {"axis": 0, "start": 0, "reverse": False}),
        Case(((3, 4), (3, 4)), {"axis": 1, "start": 1, "reverse": True}),
        Case(((2, 3, 4), (2, 3, 4)), {"axis": 1, "start": 1, "reverse": False}),
    ),
)


def product_of_others(x: Any, axis: int) -> Any:
    """Give for each value the product of all others along an axis."""
    none = np.zeros_like(x)
    before = recurrence(x, none, axis=axis, start=1, reverse=False)
    return before * recurrence(x, none, axis=axis, start=1, reverse=True)


def _reversed(x: Any, axis: int) -> Any:
    return x[(slice(None),) * axis + (slice(None, None, -1),)]


def _cumsum_vjp(g: Any, y: Any, x: Any, axis: int) -> Any:
    return _reversed(np.cumsum(_reversed(g, axis), axis=axis), axis)


def _cumprod_vjp(g: Any, y: Any, x: Any, axis: int) -> Any:
    before = recurrence(x, np.zeros_like(x), axis=axis, start=1, reverse=False)
    return before * (g + recurrence(x, x * g, axis=axis, start=0, reverse=True))


CUMULATIVE_CASES = (
    Case(((3, 4),), {"axis": 0}),
    Case(((3, 4),), {"axis": 1}),
    Case(((2, 3, 4),), {"axis": 1}),
)
cumsum = Primitive(
    name="cumsum",
    numpy=np.cumsum,
    shape=same_shape,
    dtype=total_dtype,
    vjps=(_cumsum_vjp,),
    cost=each_input_element,
    cases=CUMULATIVE_CASES,
)
cumprod = Primitive(
    name="cumprod",
    numpy=np.cumprod,
    shape=same_shape,
    dtype=total_dtype,
    vjps=(_cumprod_vjp,),
    cost=each_input_element,
    cases=CUMULATIVE_CASES,
)
