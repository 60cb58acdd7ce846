"""Division with a remainder, whole powers, and sinc, of single numbers.

As in `glassprop.backends.exponentials`: a name ends with the letter of the dtype (``i``
is int64), and the functions are printed into the modules that need them. What follows
from zeros, infinities and NaN is what NumPy does, and so is the order of the steps.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # printed modules import them
    from glassprop.backends.intrinsics import select, signed_rest


def remainder_f(a: Any, b: Any) -> Any:
    """Give the remainder of floor_divide: it has the sign of b."""
    rest = signed_rest(a, b)
    moved = select((b < np.float32(0)) != (rest < np.float32(0)), rest + b, rest)
    whole = select(rest == np.float32(0), math.copysign(np.float32(0), b), moved)
    return select(b == np.float32(0), np.float32(np.nan), whole)


def remainder_d(a: Any, b: Any) -> Any:
    """Give the remainder of floor_divide: it has the sign of b."""
    rest = signed_rest(a, b)
    moved = select((b < 0.0) != (rest < 0.0), rest + b, rest)
    whole = select(rest == 0.0, math.copysign(0.0, b), moved)
    return select(b == 0.0, np.nan, whole)


def remainder_i(a: Any, b: Any) -> Any:
    """Give the remainder of floor_divide; of a division by 0 it is 0."""
    return 0 if (b == 0) | (b == -1) else a % b


def floor_divide_f(a: Any, b: Any) -> Any:
    """Give the whole number of times that b is in a: what is left has the sign of b."""
    rest = signed_rest(a, b)
    times = (a - rest) / b
    less = (rest != np.float32(0)) & ((b < np.float32(0)) != (rest < np.float32(0)))
    times = select(less, times - np.float32(1), times)
    whole = np.floor(times)
    whole = select(times - whole > np.float32(0.5), whole + np.float32(1), whole)
    whole = select(times == np.float32(0), math.copysign(np.float32(0), a / b), whole)
    return select(b == np.float32(0), a / b, whole)


def floor_divide_d(a: Any, b: Any) -> Any:
    """Give the whole number of times that b is in a: what is left has the sign of b."""
    rest = signed_rest(a, b)
    times = (a - rest) / b
    less = (rest != 0.0) & ((b < 0.0) != (rest < 0.0))
    times = select(less, times - 1.0, times)
    whole = np.floor(times)
    whole = select(times - whole > 0.5, whole + 1.0, whole)
    whole = select(times == 0.0, math.copysign(0.0, a / b), whole)
    return select(b == 0.0, a / b, whole)


def floor_divide_i(a: Any, b: Any) -> Any:
    """Give a / b rounded down; a division by 0 gives 0."""
    if b == 0:
        return 0
    return -a if b == -1 else a // b


def fmod_i(a: Any, b: Any) -> Any:
    """Give the remainder with the sign of a; of a division by 0 it is 0."""
    if (b == 0) | (b == -1):
        return 0
    rest = a % b
    return rest - b if (rest != 0) & ((a < 0) != (b < 0)) else rest


def power_i(a: Any, b: Any) -> Any:
    """Give a**b by squaring, for b not below 0; what does not fit wraps around."""
    y = 1
    while b > 0:
        if b & 1:
            y *= a
        a *= a
        b >>= 1
    return y


def sinc_f(x: Any) -> Any:
    """Give sin(u) / u for u = pi x, and 1 at 0."""
    u = np.float32(np.pi) * x
    return select(u == np.float32(0), np.float32(1), math.sin(u) / u)


def sinc_d(x: Any) -> Any:
    """Give sin(u) / u for u = pi x, and 1 at 0."""
    u = np.pi * x
    return select(u == 0.0, 1.0, math.sin(u) / u)
