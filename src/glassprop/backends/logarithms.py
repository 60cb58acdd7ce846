"""Logarithms and roots of single numbers, for compiled loops, without jumps.

As in `glassprop.backends.exponentials`: a name ends with the letter of the dtype, the
functions are printed into the modules that need them, coefficients are those of
``benchmarks/arithmetic_coefficients.py``.

A positive x is m * 2**k with m from sqrt(1/2) to sqrt(2), and with f = m - 1 and
s = f / (2 + f), log(m) = 2 artanh(s) = f - f**2 / 2 + s (f**2 / 2 + z q(z)), z = s**2:
the first terms are exact where the result is small (Ng and others, fdlibm 5.3,
e_log.c, gives the derivation). What is 0, negative, infinite or NaN is put in order at
the end.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from glassprop.backends.exponentials import exp2_d, exp2_f, exp_d, exp_f

if TYPE_CHECKING:  # printed modules import them
    from glassprop.backends.intrinsics import (
        log_ends,
        maximum,
        polynomial,
        power_of_two,
        reduced,
        select,
        split,
    )


def log_rest_f(f: Any) -> Any:
    """Give s (f**2 / 2 + z q(z)), what log(1 + f) has beyond f - f**2 / 2."""
    s = f / (f + np.float32(2))
    z = s * s
    q = polynomial(z, 0.66666687, 0.39988774, 0.295803)
    return s * (np.float32(0.5) * f * f + z * q)


def log_rest_d(f: Any) -> Any:
    """Give s (f**2 / 2 + z q(z)), what log(1 + f) has beyond f - f**2 / 2."""
    s = f / (f + 2.0)
    z = s * s
    q = polynomial(
        z,
        *(0.666666666666667, 0.39999999999899294, 0.28571428626069917),
        *(0.22222211119382992, 0.18182890247978326, 0.15331684287930758),
        0.1461691080726247,
    )
    return s * (0.5 * f * f + z * q)


def log_f(x: Any) -> Any:
    """Give log(x) = log(m) + k log(2), log(2) in two parts."""
    m, k = split(x)
    f = m - np.float32(1)
    rest = log_rest_f(f) + k * np.float32(-2.1219444e-4)
    y = np.float32(0.5) * f * f - rest - f
    return log_ends(x, k * np.float32(0.693359375) - y)


def log_d(x: Any) -> Any:
    """Give log(x) = log(m) + k log(2), log(2) in two parts."""
    m, k = split(x)
    f = m - 1.0
    rest = log_rest_d(f) + k * 1.9082149292705877e-10
    y = 0.5 * f * f - rest - f
    return log_ends(x, k * 0.6931471803691238 - y)


def log2_f(x: Any) -> Any:
    """Give log2(x) = log(m) / log(2) + k, log(m) and 1 / log(2) in two parts."""
    m, k = split(x)
    f = m - np.float32(1)
    less = np.float32(0.5) * f * f - log_rest_f(f)
    high = f - less
    low = f - high - less
    y = high * np.float32(1.925963e-08) + low * np.float32(1.442695)
    return log_ends(x, high * np.float32(1.442695) + y + k)


def log2_d(x: Any) -> Any:
    """Give log2(x) = log(m) / log(2) + k, log(m) and 1 / log(2) in two parts."""
    m, k = split(x)
    f = m - 1.0
    less = 0.5 * f * f - log_rest_d(f)
    high = f - less
    low = f - high - less
    y = high * 2.0355273740931033e-17 + low * 1.4426950408889634
    return log_ends(x, high * 1.4426950408889634 + y + k)


def log10_f(x: Any) -> Any:
    """Give log10(x) = log(m) / log(10) + k log10(2), all of them in two parts."""
    m, k = split(x)
    f = m - np.float32(1)
    less = np.float32(0.5) * f * f - log_rest_f(f)
    high = f - less
    low = f - high - less
    y = (
        high * np.float32(-1.010305e-08)
        + low * np.float32(0.4342945)
        + k * np.float32(4.605039e-06)
    )
    return log_ends(
        x, high * np.float32(0.4342945) + y + k * np.float32(0.301025390625)
    )


def log10_d(x: Any) -> Any:
    """Give log10(x) = log(m) / log(10) + k log10(2), all of them in two parts."""
    m, k = split(x)
    f = m - 1.0
    less = 0.5 * f * f - log_rest_d(f)
    high = f - less
    low = f - high - less
    y = (
        high * 1.098319650216765e-17
        + low * 0.4342944819032518
        + k * 7.508597826552624e-08
    )
    return log_ends(x, high * 0.4342944819032518 + y + k * 0.30102992057800293)


def log1p_f(x: Any) -> Any:
    """Give log(1 + x): log(u), u = 1 + x as rounded, and what was lost, over u."""
    u = np.float32(1) + x
    lost = select(x > np.float32(1), np.float32(1) - (u - x), x - (u - np.float32(1)))
    m, k = split(u)
    f = m - np.float32(1)
    rest = log_rest_f(f) + (k * np.float32(-2.1219444e-4) + lost / u)
    y = np.float32(0.5) * f * f - rest - f
    return math.copysign(log_ends(u, k * np.float32(0.693359375) - y), x)


def log1p_d(x: Any) -> Any:
    """Give log(1 + x): log(u), u = 1 + x as rounded, and what was lost, over u."""
    u = 1.0 + x
    lost = select(x > 1.0, 1.0 - (u - x), x - (u - 1.0))
    m, k = split(u)
    f = m - 1.0
    rest = log_rest_d(f) + (k * 1.9082149292705877e-10 + lost / u)
    y = 0.5 * f * f - rest - f
    return math.copysign(log_ends(u, k * 0.6931471803691238 - y), x)


def cbrt_f(x: Any) -> Any:
    """Give the cube root: a guess for m * 2**(k - 3 j), two steps of Halley, 2**j."""
    m, k = split(abs(x))
    r, j = reduced(k, 0.33333334, 3.0, 0.0)
    m = m * power_of_two(r)
    y = polynomial(m, 0.50684947, 0.65677327, -0.19145429, 0.025764743)
    for _ in range(2):
        cube = y * y * y
        y = y - y * ((cube - m) / (cube + cube + m))
    y = math.copysign(y * power_of_two(j), x)
    return select((x != np.float32(0)) & (abs(x) < np.float32(np.inf)), y, x)


def cbrt_d(x: Any) -> Any:
    """Give the cube root: a guess for m * 2**(k - 3 j), two steps of Halley, 2**j."""
    m, k = split(abs(x))
    r, j = reduced(k, 0.3333333333333333, 3.0, 0.0)
    m = m * power_of_two(r)
    y = polynomial(m, 0.50684947, 0.65677327, -0.19145429, 0.025764743)
    for _ in range(2):
        cube = y * y * y
        y = y - y * ((cube - m) / (cube + cube + m))
    y = math.copysign(y * power_of_two(j), x)
    return select((x != 0.0) & (abs(x) < np.inf), y, x)


def logaddexp_f(a: Any, b: Any) -> Any:
    """Give log(exp(a) + exp(b)), the larger one taken out first."""
    apart = select(a == b, np.float32(0), -abs(a - b))
    return maximum(a, b) + log1p_f(exp_f(apart))


def logaddexp_d(a: Any, b: Any) -> Any:
    """Give log(exp(a) + exp(b)), the larger one taken out first."""
    apart = select(a == b, 0.0, -abs(a - b))
    return maximum(a, b) + log1p_d(exp_d(apart))


def logaddexp2_f(a: Any, b: Any) -> Any:
    """Give log2(2**a + 2**b), the larger one taken out first; a + 1 where b is a."""
    apart = select(a == b, np.float32(0), -abs(a - b))
    more = log1p_f(exp2_f(apart)) * np.float32(1.442695)
    return maximum(a, b) + select(a == b, np.float32(1), more)


def logaddexp2_d(a: Any, b: Any) -> Any:
    """Give log2(2**a + 2**b), the larger one taken out first; a + 1 where b is a."""
    apart = select(a == b, 0.0, -abs(a - b))
    more = log1p_d(exp2_d(apart)) * 1.4426950408889634
    return maximum(a, b) + select(a == b, 1.0, more)
