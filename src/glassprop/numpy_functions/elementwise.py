"""Elementwise functions that are no ufuncs, and ufuncs that are composed.

Arrays are real here: np.real gives the array itself, np.imag zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import TraceError
from glassprop.graph import Primitive
from glassprop.ops import elementwise, rounding, trigonometry
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
    """Limit the values from below, above or both.

    Where 0.0 meets -0.0, np.maximum and np.minimum give the second. NumPy's clip gives
    the bound, but keeps the value where both bounds are numbers.
    """
    low = a_min if min is None else min
    high = a_max if max is None else max
    bounds = [one for one in (low, high) if one is not None]
    if len(bounds) > 1 and not any(np.ndim(one) for one in bounds):
        return np.minimum(high, np.maximum(low, a))
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
    """Multiply by itself; booleans become int8, as in NumPy."""
    x = real_number(x)
    return x * x


def real_number(x: Any) -> Any:
    """Give a real number, its own conjugate; booleans become int8, as in NumPy."""
    return x.astype(np.int8) if x.dtype.kind == "b" else x


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


def round_(a: Any, decimals: int = 0) -> Any:
    """Round to a number of decimals, halves to even; negative ones round to tens."""
    if np.result_type(a).kind in "iu":
        if decimals >= 0:
            return a
        return round_(a.astype(np.float64), decimals).astype(a.dtype)
    if decimals == 0:
        return np.rint(a)
    scale = 10.0 ** abs(decimals)
    return np.rint(a * scale) / scale if decimals > 0 else np.rint(a / scale) * scale


def fix(x: Any) -> Any:
    """Round towards 0."""
    return np.trunc(x)


def modf(x: Any) -> tuple[Any, Any]:
    """Split into what stands behind the point and what stands before it."""
    x = _floating(x)
    rest = np.where(np.isinf(x), np.copysign(0, x), np.fmod(x, 1))
    return rest, np.trunc(x)


def divmod_(a: Any, b: Any) -> tuple[Any, Any]:
    """Give whole quotient and remainder."""
    return rounding.floor_divide(a, b), rounding.remainder(a, b)


def _floating(x: Any) -> Any:
    """Take integers and booleans as float64."""
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def sinc(x: Any) -> Any:
    """Give sin(pi x) / (pi x)."""
    return trigonometry.sinc(x)


def nan_to_num(
    x: Any, *, nan: float = 0.0, posinf: float | None = None, neginf: Any = None
) -> Any:
    """Put numbers in the place of NaN and infinities; these have slope 0."""
    if x.dtype.kind != "f":
        return x
    limits = np.finfo(x.dtype)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    x = np.where(np.isnan(x), nan, x)
    x = np.where(x == np.inf, high, x)
    return np.where(x == -np.inf, low, x)


def isclose(
    a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False
) -> Any:
    """Tell where two arrays are equal within a tolerance; booleans are 0 and 1."""
    b = b * 1.0 if np.result_type(b).kind == "b" else b
    near = (np.abs(a - b) <= atol + rtol * np.abs(b)) & np.isfinite(b) | (a == b)
    return near | (np.isnan(a) & np.isnan(b)) if equal_nan else near


def isposinf(x: Any) -> Any:
    """Tell where an array is positive infinity."""
    return x == np.inf


def isneginf(x: Any) -> Any:
    """Tell where an array is negative infinity."""
    return x == -np.inf


def real(val: Any) -> Any:
    """Give the real part: the array itself."""
    return val


def imag(val: Any) -> Any:
    """Give the imaginary part: zeros."""
    return np.zeros_like(val)


def real_if_close(a: Any, tol: float = 100) -> Any:
    """Give the array itself, which is real."""
    return a


def iscomplexobj(x: Any) -> bool:
    """Tell that an array is real."""
    return False


def isreal(x: Any) -> Any:
    """Tell that every value is real."""
    return np.ones_like(x, dtype=bool)


def iscomplex(x: Any) -> Any:
    """Tell that no value is complex."""
    return np.zeros_like(x, dtype=bool)


def isrealobj(x: Any) -> bool:
    """Tell that an array is real."""
    return True


def angle(z: Any, deg: bool = False) -> Any:
    """Give the angle of real numbers: 0, or pi where they are negative."""
    flat = elementwise.stop_gradient(np.arctan2(0, z))
    return flat * (180 / np.pi) if deg else flat


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.where: where,
        np.clip: clip,
        np.round: round_,
        np.around: round_,
        np.fix: fix,
        np.sinc: sinc,
        np.nan_to_num: nan_to_num,
        np.isclose: isclose,
        np.isposinf: isposinf,
        np.isneginf: isneginf,
        np.real: real,
        np.imag: imag,
        np.real_if_close: real_if_close,
        np.isreal: isreal,
        np.iscomplex: iscomplex,
        np.isrealobj: isrealobj,
        np.iscomplexobj: iscomplexobj,
        np.angle: angle,
    }
)

UFUNCS: Mapping[np.ufunc, Callable[..., Any]] = MappingProxyType(
    {
        np.positive: elementwise.positive,
        np.power: power,
        np.square: square,
        np.conjugate: real_number,
        np.divmod: divmod_,
        np.modf: modf,
        np.bitwise_and: bitwise(elementwise.logical_and),
        np.bitwise_or: bitwise(elementwise.logical_or),
        np.bitwise_xor: bitwise(elementwise.logical_xor),
        np.invert: bitwise(elementwise.logical_not),
    }
)
