"""The random row: numbers that are a pure function of (seed, stream, step).

Philox 4x64 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") is
counter-based: the seed is its key, stream and step stand in the upper words of its
counter, and the lower words count the numbers of one array. So the order of calls, the
back end and the number of threads change nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassprop.graph import Primitive
from glassprop.ops.rules import each_element


def _random(seed: Any, step: Any, stream: Any, shape: Any, dtype: Any) -> Any:
    """Draw numbers from [0, 1) that depend on seed, stream and step alone."""
    counter = np.array([0, 0, int(step), stream], np.uint64)
    bits = np.random.Philox(key=int(seed), counter=counter)
    return np.random.Generator(bits).random(shape, dtype)


# Never merged with another: two rows differ in their stream.
random = Primitive(
    name="random",
    numpy=_random,
    shape=lambda seed, step, stream, shape, dtype: shape,
    dtype=lambda seed, step, stream, shape, dtype: dtype,
    cost=each_element(4),
)
