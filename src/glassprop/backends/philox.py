"""The random row as a kernel: Philox 4x64 in plain arithmetic, NumPy's bits.

Ten rounds of two products make four words of 64 bits from a counter and a key (Salmon
et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3; its constants
are theirs). The key is the seed; the counter's lowest word counts the blocks from 1, as
NumPy does, its upper two are step and stream. A float64 is made from the upper 53 bits
of a word, a float32 from the upper 24 bits of half a word, the lower half first.
"""

from __future__ import annotations

from glassprop.backends.own_kernels import Kernel
from glassprop.backends.shares import BLOCK
from glassprop.graph import Node, count

ROUNDS = 10
FACTORS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
KEY_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)  # golden ratio, sqrt(3) - 1
WORDS = 4


def random_kernel(node: Node) -> Kernel:
    """Draw numbers from [0, 1) that depend on seed, stream and step alone."""
    double = node.dtype.itemsize == 8
    kind, digits = ("np.float64", 53) if double else ("np.float32", 24)
    numbers = _doubles() if double else _singles()
    names = ("factor0", "factor1", "add0", "add1")
    lines = [
        *(
            f"{name} = np.uint64(0x{value:X})"
            for name, value in zip(names, (*FACTORS, *KEY_STEPS), strict=True)
        ),
        "key, step, stream = np.uint64({x0}[a0]), np.uint64({x1}[a1]), np.uint64(s1)",
        f"scale = {kind}({2.0**-digits!r})",
        "place = part({y}, out, s0)",
        f"for at in range({{first}}, {{last}}, {len(numbers)}):",
        f"    w0, w1 = np.uint64(at // {len(numbers)} + 1), np.uint64(0)",
        "    w2, w3 = step, stream",
        "    key0, key1 = key, np.uint64(0)",
        f"    for _ in range({ROUNDS}):",
        "        high0, low0 = upper(w0, factor0), w0 * factor0",
        "        high1, low1 = upper(w2, factor1), w2 * factor1",
        "        w0, w1, w2, w3 = high1 ^ w1 ^ key0, low1, high0 ^ w3 ^ key1, low0",
        "        key0, key1 = key0 + add0, key1 + add1",
    ]
    for at, bits in enumerate(numbers):
        lines += [
            f"    if at + {at} < {{last}}:",
            f"        place[at + {at}] = {kind}(np.int64({bits})) * scale",
        ]
    sizes = count(node.shape), node.attributes["stream"]
    return Kernel(tuple(lines), sizes, BLOCK)


def _doubles() -> list[str]:
    """Write the upper bits of each word."""
    return [f"w{at} >> np.uint64(11)" for at in range(WORDS)]


def _singles() -> list[str]:
    """Write the upper bits of each half of a word, the lower half first."""
    low = "w{at} >> np.uint64(8) & np.uint64(0xFFFFFF)"
    return [
        text.format(at=at)
        for at in range(WORDS)
        for text in (low, "w{at} >> np.uint64(40)")
    ]
