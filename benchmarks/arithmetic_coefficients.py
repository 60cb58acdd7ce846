"""Fit the polynomials of compiled arithmetic, in 60 digits.

Each function is interpolated at the zeros of a Chebyshev polynomial over its interval,
which comes within a small factor of the least greatest error; the degree leaves room
for that factor. Where an error weighs more at the low end of the interval, the zeros
are drawn there by a power.

Prints the coefficients that `glassprop.backends.exponentials` and
`glassprop.backends.logarithms` have, the lowest first, and the greatest error of each
fit. Run it as ``python benchmarks/arithmetic_coefficients.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, getcontext, localcontext

import numpy as np

getcontext().prec = 60
LOG_2 = Decimal(2).ln()
PI = sum(
    (  # Machin 1706: pi / 4 = 4 arctan(1 / 5) - arctan(1 / 239)
        (-1) ** k * 4 * (4 / Decimal(5) ** m - 1 / Decimal(239) ** m) / m
        for k in range(80)
        for m in (2 * k + 1,)
    ),
    Decimal(0),
)


def exp_rest(r: Decimal) -> Decimal:
    """Give (exp(r) - 1 - r) / r**2."""
    term = total = Decimal("0.5")
    for k in range(3, 60):
        term *= r / k
        total += term
    return total


def exp2_rest(r: Decimal) -> Decimal:
    """Give (2**r - 1) / r."""
    u = r * LOG_2
    return LOG_2 * (1 + u * exp_rest(u))


def log_rest(z: Decimal) -> Decimal:
    """Give (log((1 + s) / (1 - s)) - 2 s) / s**3 for z = s**2."""
    return sum((2 * z**k / (2 * k + 3) for k in range(60)), Decimal(0))


def tanh_near(z: Decimal) -> Decimal:
    """Give (tanh(x) - x) / x**3 for z = x**2."""
    with localcontext() as context:
        context.prec = 110  # the difference cancels
        x = z.sqrt()
        e = (2 * x).exp()
        value = ((e - 1) / (e + 1) - x) / (x * z)
    return +value


def erf_near(z: Decimal) -> Decimal:
    """Give (erf(x) - x) / x for z = x**2."""
    term = total = 2 / PI.sqrt()
    for k in range(1, 400):
        term *= -z / k
        total += term / (2 * k + 1)
    return total - 1


def erf_far(x: Decimal) -> Decimal:
    """Give -log(1 - erf(x)) / x."""
    with localcontext() as context:
        context.prec = 110  # the sum cancels
        rest = 1 - x * (1 + erf_near(x * x))
        value = -rest.ln() / x
    return +value


def cube_root(x: Decimal) -> Decimal:
    return x ** (Decimal(1) / 3)


@dataclass(frozen=True)
class Fit:
    """A function, its interval, and the degree in a dtype."""

    name: str
    function: Callable[[Decimal], Decimal]
    dtype: type[np.floating]
    low: float
    high: float
    degree: int
    power: float = 1.0

    def places(self, count: int) -> list[Decimal]:
        """Give the zeros of a Chebyshev polynomial over the interval."""
        angles = (np.arange(count) + 0.5) * np.pi / count
        parts = ((1 + np.cos(angles)) / 2) ** self.power
        return [
            Decimal(float(one)) for one in self.low + (self.high - self.low) * parts
        ]

    def coefficients(self) -> list[Decimal]:
        """Interpolate by Newton's divided differences."""
        places = self.places(self.degree + 1)
        slopes = [self.function(one) for one in places]
        for level in range(1, len(places)):
            for at in range(len(places) - 1, level - 1, -1):
                run = places[at] - places[at - level]
                slopes[at] = (slopes[at] - slopes[at - 1]) / run
        found = [Decimal(0)] * len(places)
        for place, slope in zip(places[::-1], slopes[::-1], strict=True):
            shifted = [slope, *found[:-1]]
            found = [a - place * b for a, b in zip(shifted, found, strict=True)]
        return found

    def error(self, coefficients: Sequence[Decimal]) -> Decimal:
        """Give the greatest error at more places."""
        return max(
            abs(polynomial(coefficients, one) - self.function(one))
            for one in self.places(2 * self.degree + 15)
        )


def polynomial(coefficients: Sequence[Decimal], x: Decimal) -> Decimal:
    """Give c0 + c1 x + c2 x**2 and so on."""
    total = Decimal(0)
    for one in coefficients[::-1]:
        total = total * x + one
    return total


single, double = np.float32, np.float64
HALF = 0.5 * math.log(2) + 1e-5
LARGEST_S = ((math.sqrt(2) - 1) / (math.sqrt(2) + 1)) ** 2 + 1e-5
FITS = (
    Fit("exp: (exp(r) - 1 - r) / r**2", exp_rest, single, -HALF, HALF, 4),
    Fit("exp: (exp(r) - 1 - r) / r**2", exp_rest, double, -HALF, HALF, 9),
    Fit("exp2: (2**r - 1) / r", exp2_rest, single, -0.5, 0.5, 6),
    Fit("exp2: (2**r - 1) / r", exp2_rest, double, -0.5, 0.5, 11),
    Fit("log: in s**2", log_rest, single, 0.0, LARGEST_S, 2),
    Fit("log: in s**2", log_rest, double, 0.0, LARGEST_S, 6),
    Fit("tanh, near 0: in x**2", tanh_near, single, 0.0, 0.3025, 4),
    Fit("tanh, near 0: in x**2", tanh_near, double, 0.0, 0.3025, 10),
    Fit("erf, near 0: in x**2", erf_near, single, 0.0, 0.81, 6),
    Fit("erf, near 0: in x**2", erf_near, double, 0.0, 1.0, 12),
    Fit("erf, far: -log(1 - erf(x)) / x", erf_far, single, 0.9, 4.0, 8, 1.5),
    Fit("erf, far: -log(1 - erf(x)) / x", erf_far, double, 1.0, 6.0, 20, 1.5),
    Fit("cbrt: a first guess", cube_root, single, 0.35, 2.85, 3),
)


def main() -> None:
    for fit in FITS:
        coefficients = fit.coefficients()
        print(f"{fit.name}, {fit.dtype.__name__}, {fit.low:.4g} to {fit.high:.4g}")
        for one in coefficients:
            print(f"    {fit.dtype(float(one))!s},")
        print(f"    error {fit.error(coefficients):.1e}")


if __name__ == "__main__":
    main()
