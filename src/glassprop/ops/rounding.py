"""Rows that round, divide with a remainder, and step: flat but for their jumps.

In a VJP, ``g`` is the gradient with respect to the output, ``a`` and ``b`` the inputs.
Where a function jumps it has no slope; these take the one of both sides, which is 0 for
all that round.
"""

from __future__ import annotations

import numpy as np

from glassprop.ops.elementwise import binary, unary
from glassprop.ops.rules import binary_cases

floor = unary(np.floor, None)
ceil = unary(np.ceil, None)
trunc = unary(np.trunc, None)
rint = unary(np.rint, None)

POSITIVE = binary_cases(0.5, 2.0)
floor_divide = binary(np.floor_divide, weight=4, cases=POSITIVE)
# a - b * k with a whole k: the slopes are 1 and -k.
remainder = binary(
    np.remainder,
    lambda g, y, a, b: g,
    lambda g, y, a, b: -g * np.floor_divide(a, b),
    weight=8,
    cases=POSITIVE,
)
fmod = binary(
    np.fmod,
    lambda g, y, a, b: g,
    lambda g, y, a, b: -g * np.trunc(a / b),
    weight=8,
    cases=POSITIVE,
)

# The step has slope 0; at a = 0 the value is b, and b has the slope 1 there.
heaviside = binary(
    np.heaviside, None, lambda g, y, a, b: np.where(a == 0, g, 0), cases=binary_cases()
)
# At a = 0 the slope is 0, as that of a magnitude; b gives its sign alone.
copysign = binary(
    np.copysign, lambda g, y, a, b: g * (np.sign(a) * np.copysign(1, b)), None
)
