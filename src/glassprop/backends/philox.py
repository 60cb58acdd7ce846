"""The random row as a kernel: Philox 4x64 in plain arithmetic, NumPy's bits.

Ten rounds of two products make four words of 64 bits from a counter and a key (Salmon
et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3; its constants
are theirs). The key is the seed; the counter's lowest word counts the blocks from 1, as
NumPy does, its upper two are step and stream. A float64 is made from the upper 53 bits
of a word, a float32 from the upper 24 bits of half a word, the lower half first.
"""

from __future__ import annotations

from glassprop.backends.own_kernels import Kernel
from glassprop.graph import Node, count

ROUNDS = 10
FACTORS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
KEY_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)  # golden ratio, sqrt(3) - 1
WORDS = 4


def random_kernel(node: Node) -> Kernel:
    """Draw numbers from [0, 1) that depend on seed, stream and step alone."""
    numbers = _doubles() if node.dtype.itemsize == 8 else _singles()
    one, two = (f"np.uint64({factor:#X})" for factor in FACTORS)
    steps = [f"np.uint64({step:#X})" for step in KEY_STEPS]
    lines = [
        "place = part({y}, out, s0)",
        f"for at in range(0, s0, {len(numbers)}):",
        f"    w0, w1 = np.uint64(at // {len(numbers)} + 1), np.uint64(0)",
        "    w2, w3 = np.uint64({x1}[a1]), np.uint64(s1)",
        "    key0, key1 = np.uint64({x0}[a0]), np.uint64(0)",
        f"    for _ in range({ROUNDS}):",
        f"        high0, low0 = upper(w0, {one}), w0 * {one}",
        f"        high1, low1 = upper(w2, {two}), w2 * {two}",
        "        w0, w1, w2, w3 = high1 ^ w1 ^ key0, low1, high0 ^ w3 ^ key1, low0",
        f"        key0, key1 = key0 + {steps[0]}, key1 + {steps[1]}",
    ]
    for at, number in enumerate(numbers):
        lines += [f"    if at + {at} < s0:", f"        place[at + {at}] = {number}"]
    return Kernel(tuple(lines), (count(node.shape), node.attributes["stream"]))


def _doubles() -> list[str]:
    shift, scale = "np.uint64(11)", f"np.float64({2.0**-53!r})"
    return [f"np.float64(np.int64(w{at} >> {shift})) * {scale}" for at in range(WORDS)]


def _singles() -> list[str]:
    scale, half = f"np.float32({2.0**-24!r})", "np.uint64(0xFFFFFFFF)"
    halves = [
        text.format(at=at)
        for at in range(WORDS)
        for text in (f"(w{{at}} & {half}) >> np.uint64(8)", "w{at} >> np.uint64(40)")
    ]
    return [f"np.float32(np.int64({text})) * {scale}" for text in halves]
