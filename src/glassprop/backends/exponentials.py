"""Exponentials of single numbers, for compiled loops: no jumps, so that they vectorise.

Names end with the letter of the dtype: ``_f`` for float32, ``_d`` for float64. The
functions are printed, as they stand, into the modules that need them; what they call
and do not define is in `glassprop.backends.intrinsics`. The coefficients are those of
``benchmarks/arithmetic_coefficients.py``, of 1, x, x**2 and so on; how far off a result
can be, measured, stands in `glassprop.backends.arithmetic`.

All of them reduce as Cody and Waite do (Software Manual for the Elementary Functions,
1980, chapter 6): x = k log(2) + r with a whole k, log(2) in two parts, the first so
short that its product with k is exact. Then exp(x) = 2**k exp(r), and exp(r) is a
polynomial. Beyond the ends to which x is clamped, results are 0 or infinite.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # printed modules import them
    from glassprop.backends.intrinsics import (
        clamped,
        polynomial,
        power_of_two,
        reduced,
        scaled,
        select,
    )


def exp_f(x: Any) -> Any:
    """Give exp(x)."""
    r, k = reduced(clamped(x, -104.0, 89.0), 1.442695, 0.693359375, -2.1219444e-4)
    y = polynomial(r, 1, 1, 0.5, 0.16666578, 0.041666556, 0.008363175, 0.0013926178)
    return scaled(y, k)


def exp_d(x: Any) -> Any:
    """Give exp(x)."""
    x = clamped(x, -746.0, 710.0)
    r, k = reduced(x, 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10)
    y = polynomial(
        r,
        *(1, 1, 0.5, 0.16666666666666669, 0.04166666666662415),
        *(0.008333333333330063, 0.0013888888917201624, 0.00019841269863044315),
        *(2.4801521314747947e-05, 2.7557268474449572e-06, 2.762007950546951e-07),
        2.5100378620599432e-08,
    )
    return scaled(y, k)


def exp2_f(x: Any) -> Any:
    """Give 2**x, reduced by whole numbers."""
    r, k = reduced(clamped(x, -151.0, 129.0), 1.0, 1.0, 0.0)
    y = polynomial(
        r,
        *(1, 0.6931472, 0.2402265, 0.05550411, 0.009618057, 0.0013333502),
        *(0.00015461445, 1.5297324e-05),
    )
    return scaled(y, k)


def exp2_d(x: Any) -> Any:
    """Give 2**x, reduced by whole numbers."""
    r, k = reduced(clamped(x, -1076.0, 1025.0), 1.0, 1.0, 0.0)
    y = polynomial(
        r,
        *(1, 0.6931471805599453, 0.24022650695910072, 0.055504108664821625),
        *(0.00961812910762848, 0.001333355814640647, 0.00015403530393370734),
        *(1.5252733841556773e-05, 1.3215486808705563e-06, 1.0178057087733941e-07),
        *(7.0548973041554995e-09, 4.4558179083360645e-10, 2.5729324177362305e-11),
    )
    return scaled(y, k)


def expm1_f(x: Any) -> Any:
    """Give exp(x) - 1 as 2**k ((exp(r) - 1) + (1 - 2**-k)), which does not cancel."""
    r, k = reduced(clamped(x, -20.0, 89.0), 1.442695, 0.693359375, -2.1219444e-4)
    q = polynomial(r, 0.5, 0.16666578, 0.041666556, 0.008363175, 0.0013926178)
    rest = np.float32(1) - power_of_two(-clamped(k, -64.0, 64.0))
    return math.copysign(scaled(q * (r * r) + r + rest, k), x)


def expm1_d(x: Any) -> Any:
    """Give exp(x) - 1 as 2**k ((exp(r) - 1) + (1 - 2**-k)), which does not cancel."""
    x_near = clamped(x, -40.0, 710.0)
    r, k = reduced(
        x_near, 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10
    )
    q = polynomial(
        r,
        *(0.5, 0.16666666666666669, 0.04166666666662415, 0.008333333333330063),
        *(0.0013888888917201624, 0.00019841269863044315, 2.4801521314747947e-05),
        *(2.7557268474449572e-06, 2.762007950546951e-07, 2.5100378620599432e-08),
    )
    rest = 1.0 - power_of_two(-clamped(k, -64.0, 64.0))
    return math.copysign(scaled(q * (r * r) + r + rest, k), x)


def tanh_f(x: Any) -> Any:
    """Give tanh(x): x + x**3 p(x**2) near 0, else 1 - 2 / (exp(2 x) + 1).

    From 10 on the result is 1.
    """
    size = clamped(abs(x), 0.0, 10.0)
    z = size * size
    p = polynomial(z, -0.3333333, 0.13333113, -0.05390943, 0.021309389, -0.0066102277)
    r, k = reduced(size + size, 1.442695, 0.693359375, -2.1219444e-4)
    y = polynomial(r, 1, 1, 0.5, 0.16666578, 0.041666556, 0.008363175, 0.0013926178)
    far = np.float32(1) - np.float32(2) / (y * power_of_two(k) + np.float32(1))
    near = size + size * (z * p)
    return math.copysign(select(size < np.float32(0.55), near, far), x)


def tanh_d(x: Any) -> Any:
    """Give tanh(x): x + x**3 p(x**2) near 0, else 1 - 2 / (exp(2 x) + 1).

    From 20 on the result is 1.
    """
    size = clamped(abs(x), 0.0, 20.0)
    z = size * size
    p = polynomial(
        z,
        *(-0.3333333333333333, 0.13333333333332714, -0.053968253967434016),
        *(0.021869488493666944, -0.008863234397814355, 0.003592110378689024),
        *(-0.001455661830100716, 0.0005889360520074057, -0.0002346347410887237),
        *(8.511313685577671e-05, -2.060276537636634e-05),
    )
    r, k = reduced(
        size + size, 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10
    )
    y = polynomial(
        r,
        *(1, 1, 0.5, 0.16666666666666669, 0.04166666666662415),
        *(0.008333333333330063, 0.0013888888917201624, 0.00019841269863044315),
        *(2.4801521314747947e-05, 2.7557268474449572e-06, 2.762007950546951e-07),
        2.5100378620599432e-08,
    )
    far = 1.0 - 2.0 / (y * power_of_two(k) + 1.0)
    near = size + size * (z * p)
    return math.copysign(select(size < 0.55, near, far), x)


def sigmoid_f(x: Any) -> Any:
    """Give 1 / (1 + exp(-x)): e / (1 + e) below 0, 1 / (1 + e) above, e = exp(-abs(x)).

    exp cannot overflow so. With part = e / (1 + e) they are e - e part and 1 - part,
    where the rounding of 1 + e weighs less.
    """
    e = exp_f(-abs(x))
    above = select(x < np.float32(0), e, np.float32(1))
    return above - above * (e / (np.float32(1) + e))


def sigmoid_d(x: Any) -> Any:
    """Give 1 / (1 + exp(-x)): e / (1 + e) below 0, 1 / (1 + e) above, e = exp(-abs(x)).

    exp cannot overflow so. With part = e / (1 + e) they are e - e part and 1 - part,
    where the rounding of 1 + e weighs less.
    """
    e = exp_d(-abs(x))
    above = select(x < 0.0, e, 1.0)
    return above - above * (e / (1.0 + e))


def erf_f(x: Any) -> Any:
    """Give the error function: x + x p(x**2) near 0, else 1 - exp(-x q(x)).

    q is a fit of -log(1 - erf(x)) / x; from 4 on the result is 1.
    """
    size = clamped(abs(x), 0.0, 4.0)
    p = polynomial(
        x * x,
        *(0.12837917, -0.37612635, 0.11283718, -0.026860666, 0.005204227),
        *(-0.0008179632, 8.5294014e-05),
    )
    q = polynomial(
        size,
        *(1.1285565, 0.6356129, 0.10525042, -0.022592396, 0.002804424),
        *(4.632401e-05, -8.542725e-05, 1.3541263e-05, -7.54937e-07),
    )
    far = math.copysign(np.float32(1) - exp_f(-size * q), x)
    return select(size < np.float32(0.9), x + x * p, far)


def erf_d(x: Any) -> Any:
    """Give the error function: x + x p(x**2) near 0, else 1 - exp(-x q(x)).

    q is a fit of -log(1 - erf(x)) / x; from 6 on the result is 1.
    """
    size = clamped(abs(x), 0.0, 6.0)
    p = polynomial(
        x * x,
        *(0.1283791670955126, -0.3761263890318375, 0.11283791670954879),
        *(-0.026866170645076792, 0.0052239776248180145, -0.000854832698083379),
        *(0.0001205533111164271, -1.4925595266831182e-05, 1.6461000484121368e-06),
        *(-1.6350312701054695e-07, 1.4659775274047436e-08, -1.1372848856791674e-09),
        5.957176147748911e-11,
    )
    q = polynomial(
        size,
        *(1.1283792214132942, 0.6366191497492778, 0.1027759624732822),
        *(-0.019139793061198736, -0.0001822789708700072, 0.0016485270705981405),
        *(-0.0005246904414557644, -4.531422472003079e-05, 0.00012673080482588167),
        *(-7.367133499120048e-05, 2.835224398405354e-05, -8.303874190844188e-06),
        *(1.930681698776558e-06, -3.608230393362409e-07, 5.410493481502468e-08),
        *(-6.432154979307583e-09, 5.929127126666446e-10, -4.0860437059176115e-11),
        *(1.9803910903089955e-12, -6.017490547966544e-14, 8.618383577764145e-16),
    )
    far = math.copysign(1.0 - exp_d(-size * q), x)
    return select(size < 1.0, x + x * p, far)
