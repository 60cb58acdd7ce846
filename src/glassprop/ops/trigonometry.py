"""Trigonometric and hyperbolic rows, and angles in degrees.

In a VJP, ``g`` is the gradient with respect to the output, ``y`` the output, ``x`` (or
``a`` and ``b``) the input. Slopes are written so that they overflow no sooner than they
must: ``1 / sqrt(1 + x * x)`` by np.hypot, ``1 - x * x`` as ``(1 - x) * (1 + x)``, which
also keeps its digits near 1. At the ends of a domain a slope is infinite, outside of it
the value is NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassprop.graph import Primitive
from glassprop.ops.elementwise import TRANSCENDENTAL, binary, unary
from glassprop.ops.rules import each_element, float_dtype, same_shape, unary_cases

sin = unary(np.sin, lambda g, y, x: g * np.cos(x), weight=TRANSCENDENTAL)
cos = unary(np.cos, lambda g, y, x: -g * np.sin(x), weight=TRANSCENDENTAL)
tan = unary(
    np.tan, lambda g, y, x: g * (1 + y * y), weight=TRANSCENDENTAL, low=-1, high=1
)
arcsin = unary(
    np.arcsin,
    lambda g, y, x: g / np.sqrt((1 - x) * (1 + x)),
    weight=TRANSCENDENTAL,
    low=-0.9,
    high=0.9,
)
arccos = unary(
    np.arccos,
    lambda g, y, x: -g / np.sqrt((1 - x) * (1 + x)),
    weight=TRANSCENDENTAL,
    low=-0.9,
    high=0.9,
)
arctan = unary(np.arctan, lambda g, y, x: g / (1 + x * x), weight=TRANSCENDENTAL)


def _over_square(part: Any, a: Any, b: Any) -> Any:
    """Give part / (a * a + b * b); at (0, 0), where there is no slope, 0."""
    radius = np.hypot(a, b)
    radius = np.where(radius == 0, 1, radius)
    return part / radius / radius


# At (0, 0) the slopes are 0, as those of np.hypot.
arctan2 = binary(
    np.arctan2,
    lambda g, y, a, b: g * _over_square(b, a, b),
    lambda g, y, a, b: -g * _over_square(a, a, b),
    weight=TRANSCENDENTAL,
)

sinh = unary(np.sinh, lambda g, y, x: g * np.cosh(x), weight=TRANSCENDENTAL)
cosh = unary(np.cosh, lambda g, y, x: g * np.sinh(x), weight=TRANSCENDENTAL)
tanh = unary(np.tanh, lambda g, y, x: g * (1 - y * y), weight=TRANSCENDENTAL)
arcsinh = unary(np.arcsinh, lambda g, y, x: g / np.hypot(1, x), weight=TRANSCENDENTAL)
arccosh = unary(
    np.arccosh,
    lambda g, y, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)),
    weight=TRANSCENDENTAL,
    low=1.2,
    high=3,
)
arctanh = unary(
    np.arctanh,
    lambda g, y, x: g / ((1 - x) * (1 + x)),
    weight=TRANSCENDENTAL,
    low=-0.9,
    high=0.9,
)

degrees = unary(np.degrees, lambda g, y, x: np.degrees(g))
radians = unary(np.radians, lambda g, y, x: np.radians(g))
rad2deg = unary(np.rad2deg, lambda g, y, x: np.rad2deg(g))
deg2rad = unary(np.deg2rad, lambda g, y, x: np.deg2rad(g))


def _sinc_vjp(g: Any, y: Any, x: Any) -> Any:
    """Give the slope of sin(u) / u, u = pi x: (cos(u) - y) / x, near 0 by its series.

    The difference cancels near 0; five terms of the series are exact to 1e-13 up to
    abs(x) = 0.1.
    """
    near = np.abs(x) < 0.1
    u = np.pi * np.where(near, x, 0)
    s = u * u
    series = 1 / 30 + s * (-1 / 840 + s * (1 / 45360 - s / 3991680))
    away = (np.cos(np.pi * x) - y) / np.where(near, 1, x)
    return g * np.where(near, np.pi * u * (-1 / 3 + s * series), away)


sinc = Primitive(
    name="sinc",
    numpy=np.sinc,
    shape=same_shape,
    dtype=float_dtype,
    vjps=(_sinc_vjp,),
    cost=each_element(TRANSCENDENTAL),
    cases=(*unary_cases(), *unary_cases(-0.08, 0.08)),
    elementwise=True,
)
