"""The kernel of powers of whole numbers whose exponents may be below 0.

NumPy refuses those. Compiled code must not raise by itself: another thread of its team
would wait for it forever. It writes down in `REFUSED` what came, and that is told after
the call.
"""

from __future__ import annotations

from glassprop.backends.own_kernels import NEGATIVE_POWER, Kernel, own_row
from glassprop.graph import Node, count

# Bases, where to tell, exponents, all int64 and of one shape.
whole_power = own_row("whole_power")


def power_kernel(node: Node) -> Kernel:
    """Raise each base to its own exponent."""
    lines = [
        "for k in range(s0):",
        "    if ({x2}[a2 + k] < 0) & ({x1}[a1] == 0):",
        f"        {{x1}}[a1] = {NEGATIVE_POWER}",
        "    {y}[out + k] = power_i({x0}[a0 + k], {x2}[a2 + k])",
    ]
    return Kernel(tuple(lines), (count(node.shape),))
