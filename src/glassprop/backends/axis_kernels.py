"""Kernels that go along one axis: joined, rolled, turned round, totals on the way.

They part an array at the axis (`glassprop.backends.own_kernels.parted`): places before
it, places along it, places behind it.
"""

from __future__ import annotations

from glassprop.backends.own_kernels import Kernel, copying, indented, own_row, parted
from glassprop.graph import Node, count

# An array with the values along an axis in the other direction.
turned = own_row("turned")


def concatenate_kernel(node: Node) -> Kernel:
    """Join arrays along an axis."""
    axis = node.attributes["axis"]
    blocks = [count(one.shape[axis:]) for one in node.inputs]
    lines = ["for o in range(s0):", "    at = out + o * s1"]
    for k in range(len(blocks)):
        size = f"s{k + 2}"
        lines += indented(
            [*copying("{y}, at", f"{{x{k}}}, a{k} + o * {size}", size), f"at += {size}"]
        )
    sizes = (count(node.shape[:axis]), count(node.shape[axis:]), *blocks)
    return Kernel(tuple(lines), sizes)


def roll_kernel(node: Node) -> Kernel:
    """Move values along one axis, those at its end to its beginning."""
    (shift,), (axis,) = node.attributes["shift"], node.attributes["axis"]
    lines = [
        "shift = s3 % s1",
        "for o in range(s0):",
        "    for k in range(s1):",
        "        to = k + shift - s1 if k + shift >= s1 else k + shift",
        *indented(
            copying(
                "{y}, out + (o * s1 + to) * s2", "{x0}, a0 + (o * s1 + k) * s2", "s2"
            ),
            2,
        ),
    ]
    return Kernel(tuple(lines), (*parted(node.shape, axis), shift))


def turned_kernel(node: Node) -> Kernel:
    """Turn the direction of an axis round."""
    lines = [
        "for o in range(s0):",
        "    for k in range(s1):",
        *indented(
            copying(
                "{y}, out + (o * s1 + k) * s2",
                "{x0}, a0 + (o * s1 + s1 - 1 - k) * s2",
                "s2",
            ),
            2,
        ),
    ]
    return Kernel(tuple(lines), parted(node.shape, node.attributes["axis"]))


def cumulative_kernel(node: Node) -> Kernel:
    """Give the sum or the product of all values up to each."""
    sign = {"cumsum": "+", "cumprod": "*"}[node.primitive.name]
    lines = [
        "for o in range(s0):",
        "    for k in range(s1):",
        "        at = (o * s1 + k) * s2",
        "        block = part({x0}, a0 + at, s2)",
        "        place = part({y}, out + at, s2)",
        "        before = part({y}, out + at - (s2 if k > 0 else 0), s2)",
        "        if k > 0:",
        "            for j in range(place.shape[0]):",
        f"                place[j] = before[j] {sign} block[j]",
        "        else:",
        "            for j in range(place.shape[0]):",
        "                place[j] = block[j]",
    ]
    return Kernel(tuple(lines), parted(node.shape, node.attributes["axis"]))


def recurrence_kernel(node: Node) -> Kernel:
    """Give s of s[0] = start, s[k + 1] = a[k] * s[k] + b[k] along an axis."""
    axis, start, turn = (node.attributes[key] for key in ("axis", "start", "reverse"))
    lines = [
        "for o in range(s0):",
        "    for j in range(s2):",
        f"        at = o * s1 * s2 + j{' + (s1 - 1) * s2' if turn else ''}",
        f"        state = np.{node.dtype.name}({start!r})",
        "        for k in range(s1):",
        "            {y}[out + at] = state",
        "            state = {x0}[a0 + at] * state + {x1}[a1 + at]",
        f"            at {'-' if turn else '+'}= s2",
    ]
    return Kernel(tuple(lines), parted(node.shape, axis))
