"""Random numbers outside of a program: start values, shuffles, splits.

Like the `random` row of a program, every draw is a pure function of (seed, stream,
step), so that nothing depends on what was drawn before.
"""

from __future__ import annotations

import zlib

import numpy as np

# Streams of programs are small numbers; these lie far above.
START = 1 << 32
SHUFFLE = 2 << 32
SPLIT = 3 << 32
CHECK = 4 << 32
LOOK = 5 << 32
RANGE = 6 << 32


def generator(seed: int, stream: int, step: int = 0) -> np.random.Generator:
    """Make a generator whose numbers depend on seed, stream and step alone.

    Parameters
    ----------
    seed : int
        A non-negative integer.
    stream : int
        What the numbers are for.
    step : int
        Which draw of the stream: an epoch, a fold.
    """
    counter = np.array([0, 0, step, stream], np.uint64)
    return np.random.Generator(np.random.Philox(key=seed, counter=counter))


def stream_of(name: str, base: int = START) -> int:
    """Give the number of a stream by its name, so that other names change nothing."""
    return base + zlib.crc32(name.encode())
