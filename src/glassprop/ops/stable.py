"""Rows whose composed form overflows or loses digits, each in a stable form.

Composed, ``1 / (1 + exp(-z))`` has a NaN gradient at z = -800, and ``log(sum(exp(z)))``
is infinite from z = 710 on. The functions below are their meaning and are printed as
they stand in the generated source (without the types). The VJPs reuse the output.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassprop.graph import Case, Primitive, Shape
from glassprop.ops.elementwise import TRANSCENDENTAL
from glassprop.ops.reduction import not_empty, restored
from glassprop.ops.rules import each_element, same_shape, ufunc_dtype, unary_cases

FLOAT_DTYPE = ufunc_dtype(np.exp)


def _sigmoid(z: Any) -> Any:
    """Give 1 / (1 + exp(-z)); exp never sees a positive number, so cannot overflow."""
    return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))


sigmoid = Primitive(
    name="sigmoid",
    numpy=_sigmoid,
    shape=same_shape,
    dtype=FLOAT_DTYPE,
    vjps=(lambda g, y, z: g * y * (1 - y),),
    cost=each_element(TRANSCENDENTAL),
    cases=unary_cases(),
    elementwise=True,
)


def _softplus(z: Any) -> Any:
    """Give log(1 + exp(z)), which is z for large z and exp(z) for very negative z."""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


softplus = Primitive(
    name="softplus",
    numpy=_softplus,
    shape=same_shape,
    dtype=FLOAT_DTYPE,
    vjps=(lambda g, y, z: g * sigmoid(z),),
    cost=each_element(2 * TRANSCENDENTAL),
    cases=unary_cases(),
    elementwise=True,
)


def _logsumexp(z: Any, axis: Any, keepdims: Any = False) -> Any:
    """Give log(sum(exp(z))), the largest z taken out first."""
    largest = np.max(z, axis=axis, keepdims=True)
    largest = np.where(np.isfinite(largest), largest, 0)
    total = np.sum(np.exp(z - largest), axis=axis, keepdims=True)
    y = largest + np.log(total)
    return y if keepdims else np.squeeze(y, axis)


# Where every z is -inf, or one is inf, the slope is that of softmax there: NaN, as in
# PyTorch and JAX.
logsumexp = Primitive(
    name="logsumexp",
    numpy=_logsumexp,
    shape=not_empty,
    dtype=FLOAT_DTYPE,
    vjps=(
        lambda g, y, z, axis, keepdims=False: (
            restored(g, z, axis, keepdims) * np.exp(z - restored(y, z, axis, keepdims))
        ),
    ),
    cost=each_element(2 * TRANSCENDENTAL),
    cases=(
        Case(((3, 4),), {"axis": (1,), "keepdims": True}),
        Case(((3, 4),), {"axis": (1,), "keepdims": False}),
        Case(((3, 4),), {"axis": (0, 1), "keepdims": False}),
    ),
)


def _softmax(z: Any, axis: Any) -> Any:
    """Give exp(z) / sum(exp(z)), the largest z taken out first."""
    e = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def _softmax_shape(z: Any, axis: Any) -> Shape:
    not_empty(z, axis)
    return same_shape(z)


softmax = Primitive(
    name="softmax",
    numpy=_softmax,
    shape=_softmax_shape,
    dtype=FLOAT_DTYPE,
    vjps=(lambda g, y, z, axis: y * (g - np.sum(g * y, axis=axis, keepdims=True)),),
    cost=each_element(2 * TRANSCENDENTAL),
    cases=(
        Case(((3, 4),), {"axis": (1,)}),
        Case(((4,),), {"axis": (0,)}),
        Case(((2, 3, 4),), {"axis": (0, 2)}),
    ),
)
