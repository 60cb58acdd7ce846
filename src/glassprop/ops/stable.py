"""Rows whose composed form overflows or loses digits, each in a stable form.

Composed, ``1 / (1 + exp(-z))`` has a NaN gradient at z = -800, and ``log(sum(exp(z)))``
is infinite from z = 710 on. The functions below are their meaning and are printed as
they stand in the generated source (without the types). The VJPs reuse the output.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassprop.graph import Case, Primitive, Shape
from glassprop.ops.elementwise import TRANSCENDENTAL
from glassprop.ops.reduction import not_empty, restored
from glassprop.ops.rules import (
    each_element,
    float_dtype,
    same_shape,
    ufunc_dtype,
    unary_cases,
)

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


def _erf(x: Any) -> Any:
    """Give the error function, by ratios of polynomials (Cody 1969), to 1e-15."""
    x = np.multiply(x, 1.0)  # whole numbers become floats
    size = np.minimum(np.abs(x), 6)  # from 6 on erf is 1 to all digits
    s = size * size
    p, q = 1.85777706184603153e-1, 1.0
    for a, b in (
        (3.16112374387056560e0, 2.36012909523441209e1),
        (1.13864154151050156e2, 2.44024637934444173e2),
        (3.77485237685302021e2, 1.28261652607737228e3),
        (3.20937758913846947e3, 2.84423683343917062e3),
    ):
        p, q = p * s + a, q * s + b
    u, v = 2.15311535474403846e-8, 1.0
    for a, b in (
        (5.64188496988670089e-1, 1.57449261107098347e1),
        (8.88314979438837594e0, 1.17693950891312499e2),
        (6.61191906371416295e1, 5.37181101862009858e2),
        (2.98635138197400131e2, 1.62138957456669019e3),
        (8.81952221241769090e2, 3.29079923573345963e3),
        (1.71204761263407058e3, 4.36261909014324716e3),
        (2.05107837782607147e3, 3.43936767414372164e3),
        (1.23033935479799725e3, 1.23033935480374942e3),
    ):
        u, v = u * size + a, v * size + b
    far = np.sign(x) * (1 - np.exp(-s) * (u / v))
    return np.where(size < 0.46875, x * (p / q), far)


# W. J. Cody 1969, "Rational Chebyshev approximations for the error function",
# Mathematics of Computation 23: the first two of his three intervals; the second, for
# 1 - erf, is good to 1e-8 beyond its end at 4, where 1 - erf itself is below 2e-8.
erf = Primitive(
    name="erf",
    numpy=_erf,
    shape=same_shape,
    dtype=float_dtype,
    vjps=(lambda g, y, x: g * (2 / math.sqrt(math.pi) * np.exp(-(x * x))),),
    cost=each_element(4 * TRANSCENDENTAL),
    cases=(*unary_cases(), *unary_cases(-0.4, 0.4)),
    elementwise=True,
)
