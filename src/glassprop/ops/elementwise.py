"""Elementwise rows: arithmetic, powers, exponentials, comparisons, selection.

In a VJP, ``g`` is the gradient with respect to the output, ``y`` the output, ``a`` and
``b`` (or ``x``) the inputs. Gradients that broadcasting made too large are summed back
by `glassprop.differentiate`, not here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from glassprop.graph import Case, Primitive
from glassprop.ops.leaves import is_fixed
from glassprop.ops.rules import (
    binary_cases,
    broadcast_shape,
    common_dtype,
    each_element,
    no_cost,
    same_shape,
    ufunc_dtype,
    unary_cases,
)

TRANSCENDENTAL = 10.0  # operations, roughly, of one exp or log
LOG_2, LOG_10 = math.log(2), math.log(10)
VJP = Callable[..., Any]


def unary(
    ufunc: np.ufunc,
    vjp: VJP | None,
    *,
    weight: float = 1.0,
    low: float = -2.0,
    high: float = 2.0,
) -> Primitive:
    """Make the row of a ufunc of one input."""
    return Primitive(
        name=ufunc.__name__,
        numpy=ufunc,
        shape=same_shape,
        dtype=ufunc_dtype(ufunc),
        vjps=(vjp,),
        cost=each_element(weight),
        cases=unary_cases(low, high),
        elementwise=True,
    )


def binary(
    ufunc: np.ufunc,
    vjp_a: VJP | None = None,
    vjp_b: VJP | None = None,
    *,
    weight: float = 1.0,
    cases: tuple[Case, ...] = binary_cases(),
) -> Primitive:
    """Make the row of a ufunc of two inputs."""
    return Primitive(
        name=ufunc.__name__,
        numpy=ufunc,
        shape=broadcast_shape,
        dtype=ufunc_dtype(ufunc),
        vjps=(vjp_a, vjp_b),
        cost=each_element(weight),
        cases=cases,
        elementwise=True,
    )


positive = unary(np.positive, lambda g, y, x: g)
negative = unary(np.negative, lambda g, y, x: -g)
# At 0 the slope of a magnitude is 0, halfway between its slopes on both sides.
absolute = unary(np.absolute, lambda g, y, x: g * np.sign(x))
fabs = unary(np.fabs, lambda g, y, x: g * np.sign(x))
sign = unary(np.sign, None)
exp = unary(np.exp, lambda g, y, x: g * y, weight=TRANSCENDENTAL)
exp2 = unary(np.exp2, lambda g, y, x: g * (LOG_2 * y), weight=TRANSCENDENTAL)
# y + 1 would be the same, but ends at the last digit of 1 where x is far below 0.
expm1 = unary(np.expm1, lambda g, y, x: g * np.exp(x), weight=TRANSCENDENTAL)
# Outside of their domain the logarithms are NaN; their slopes 1 / x are not.
log = unary(np.log, lambda g, y, x: g / x, weight=TRANSCENDENTAL, low=0.5, high=3)
log2 = unary(
    np.log2, lambda g, y, x: g / (LOG_2 * x), weight=TRANSCENDENTAL, low=0.5, high=3
)
log10 = unary(
    np.log10, lambda g, y, x: g / (LOG_10 * x), weight=TRANSCENDENTAL, low=0.5, high=3
)
log1p = unary(
    np.log1p, lambda g, y, x: g / (1 + x), weight=TRANSCENDENTAL, low=-0.5, high=3
)
# At 0 the slopes of the roots are infinite, and that of the reciprocal -inf.
sqrt = unary(np.sqrt, lambda g, y, x: 0.5 * g / y, weight=4, low=0.5, high=3)
cbrt = unary(
    np.cbrt, lambda g, y, x: g / (3 * (y * y)), weight=TRANSCENDENTAL, low=0.5, high=3
)
reciprocal = unary(
    np.reciprocal, lambda g, y, x: -g * (y * y), weight=4, low=0.5, high=3
)

add = binary(np.add, lambda g, y, a, b: g, lambda g, y, a, b: g)
subtract = binary(np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: -g)
multiply = binary(np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)
divide = binary(
    np.divide,
    lambda g, y, a, b: g / b,
    lambda g, y, a, b: -g * y / b,
    weight=4,
    cases=binary_cases(0.5, 2.0),
)


def _power(ufunc: np.ufunc) -> Primitive:
    """Make the row of a power: base and exponent have the usual slopes."""
    return binary(
        ufunc,
        # a**0 has slope 0 everywhere, also where a**-1 is infinite.
        lambda g, y, a, b: g * b * ufunc(a, np.where(b == 0, 1, b - 1)),
        # A base that has no logarithm gives the exponent the slope 0.
        lambda g, y, a, b: g * y * np.log(np.where(a > 0, a, 1)),
        weight=2 * TRANSCENDENTAL,
        cases=binary_cases(0.5, 2.0),
    )


power = _power(np.power)
float_power = _power(np.float_power)
# At (0, 0), where the slopes depend on the direction, they are 0.
hypot = binary(
    np.hypot,
    lambda g, y, a, b: g * (a / np.where(y == 0, 1, y)),
    lambda g, y, a, b: g * (b / np.where(y == 0, 1, y)),
    weight=TRANSCENDENTAL,
)


def _extreme(ufunc: np.ufunc, loses: np.ufunc, ties: np.ufunc) -> Primitive:
    """Make the row of maximum or minimum: the gradient goes to the one that is chosen.

    Where both are equal they share it, as in the reductions. Against a number or an
    array of the function's own the other has slope 0: np.maximum(z, 0) and
    np.maximum(0, z), the rectified linear unit, both have slope 0 at z = 0, as
    everywhere else in the field. A NaN lets the gradient through, as in PyTorch; in
    JAX the slope is 0 there, which can hide the NaN. fmax and fmin pass a NaN over if
    they can, and its slope is 0 then.

    The larger of z and 0 is not above 0 exactly where z is not: so the rectified linear
    unit's slope is told by its result, and z need not be kept for it.
    """

    def vjp(position: int) -> VJP:
        def one(g: Any, y: Any, *inputs: Any) -> Any:
            this, other = inputs[position], inputs[1 - position]
            fixed = is_fixed(other.node)
            lost = ties(y, other) if fixed else loses(this, other)
            if ufunc in (np.fmax, np.fmin):
                lost = lost | (np.isnan(this) & ~np.isnan(other))
            shared = g if fixed else np.where(this == other, 0.5 * g, g)
            return np.where(lost, 0, shared)

        return one

    return binary(ufunc, vjp(0), vjp(1))


maximum = _extreme(np.maximum, np.less, np.less_equal)
minimum = _extreme(np.minimum, np.greater, np.greater_equal)
fmax = _extreme(np.fmax, np.less, np.less_equal)
fmin = _extreme(np.fmin, np.greater, np.greater_equal)
# Where both inputs are -inf, or the larger is inf, its slope is NaN, as of logsumexp.
logaddexp = binary(
    np.logaddexp,
    lambda g, y, a, b: g * np.exp(a - y),
    lambda g, y, a, b: g * np.exp(b - y),
    weight=2 * TRANSCENDENTAL,
)
logaddexp2 = binary(
    np.logaddexp2,
    lambda g, y, a, b: g * np.exp2(a - y),
    lambda g, y, a, b: g * np.exp2(b - y),
    weight=2 * TRANSCENDENTAL,
)

greater = binary(np.greater)
greater_equal = binary(np.greater_equal)
less = binary(np.less)
less_equal = binary(np.less_equal)
equal = binary(np.equal)
not_equal = binary(np.not_equal)
isnan = unary(np.isnan, None)
isinf = unary(np.isinf, None)
isfinite = unary(np.isfinite, None)
signbit = unary(np.signbit, None)

LOGICAL_CASES = (
    Case(((3, 4), (4,)), kinds="bb"),
    Case(((3, 1), (1, 4)), kinds="bb"),
    Case(((4,), (4,))),
)
logical_and = binary(np.logical_and, cases=LOGICAL_CASES)
logical_or = binary(np.logical_or, cases=LOGICAL_CASES)
logical_xor = binary(np.logical_xor, cases=LOGICAL_CASES)
logical_not = unary(np.logical_not, None)

where = Primitive(
    name="where",
    numpy=np.where,
    shape=broadcast_shape,
    dtype=lambda condition, a, b: common_dtype(a, b),
    vjps=(
        None,
        lambda g, y, condition, a, b: np.where(condition, g, 0),
        lambda g, y, condition, a, b: np.where(condition, 0, g),
    ),
    cases=(
        Case(((3, 4), (3, 4), (3, 4)), kinds="b"),
        Case(((3, 1), (4,), ()), kinds="b"),
        Case(((), (3, 4), (4,)), kinds="b"),
    ),
    elementwise=True,
)


def _astype(x: Any, dtype: np.dtype[Any]) -> Any:
    return np.asarray(x).astype(dtype)


astype = Primitive(
    name="astype",
    numpy=_astype,
    shape=same_shape,
    dtype=lambda x, dtype: np.dtype(dtype),
    vjps=(lambda g, y, x, dtype: g.astype(x.dtype),),
    cost=no_cost,
    cases=(
        Case(((3, 4),), {"dtype": np.dtype(np.float64)}),
        Case(((3, 4),), {"dtype": np.dtype(np.float32)}),
        Case(((3, 4),), {"dtype": np.dtype(np.float64)}, kinds="b"),
    ),
    elementwise=True,
)

stop_gradient = Primitive(
    name="stop_gradient",
    numpy=np.positive,
    shape=same_shape,
    dtype=ufunc_dtype(np.positive),
    vjps=(None,),
    cost=no_cost,
    cases=unary_cases(),
    elementwise=True,
)
