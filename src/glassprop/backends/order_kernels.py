"""Kernels that compare values along the last axis: the largest, the order, places.

NaN stands behind all numbers, as NumPy has it, and is both the largest and the smallest
value. Orders are stable: equal values stay as they were.
"""

from __future__ import annotations

import re

from glassprop.backends.own_kernels import Kernel, own_row
from glassprop.graph import Dimension, Node, count

# Whether one value stands before another. A NaN does not equal itself.
BEFORE = "({0} < {1}) | (({1} != {1}) & ({0} == {0}))"
# Merge sort: short runs by insertion, then runs of twice the length, there and back
# between two places; which run a value comes from is no jump, which nobody could
# foresee. KEY is the value that stands for what is moved.
RUN = 8
SORTING = f"""for o in range(s0):
    row = part({{x0}}, a0 + o * s1, s1)
    place = part({{y}}, out + o * s1, s1)
    other = part({{y}}, out + (s0 + o) * s1, s1)
    for k in range(s1):
        moving, at = START, k
        while at % {RUN} > 0:
            if not BEFORE(KEY(moving), KEY(place[at - 1])):
                break
            place[at] = place[at - 1]
            at -= 1
        place[at] = moving
    width = {RUN}
    while width < s1:
        for begin in range(0, s1, 2 * width):
            left, middle = begin, min(begin + width, s1)
            right, end = middle, min(begin + 2 * width, s1)
            for k in range(begin, end):
                one, two = place[min(right, s1 - 1)], place[min(left, s1 - 1)]
                comes = BEFORE(KEY(one), KEY(two))
                from_right = (left == middle) | ((right < end) & comes)
                other[k] = one if from_right else two
                right += from_right
                left += not from_right
        place, other = other, place
        width *= 2
    sorted_row = part({{y}}, out + o * s1, s1)
    for k in range(s1):
        sorted_row[k] = place[k]"""
CALL = re.compile(r"BEFORE\((KEY\(.*?\)), (KEY\(.*?\))\)")
KEY = re.compile(r"KEY\(([\w \[\]-]+)\)")

# Values in order, and behind them as many places again, which the sorting needs.
sorted_values = own_row("sort")
sorted_places = own_row("argsort")


def sort_kernel(node: Node) -> Kernel:
    """Bring each row into order, or find its order."""
    start, key = (
        ("row[k]", r"\1") if node.primitive is sorted_values else ("k", r"row[\1]")
    )
    text = CALL.sub(lambda found: f"({BEFORE.format(*found.groups())})", SORTING)
    lines = KEY.sub(key, text.replace("START", start)).split("\n")
    return Kernel(tuple(lines), _rows(node.inputs[0]))


def position_kernel(node: Node) -> Kernel:
    """Find the first largest or smallest value of each row, or the first NaN."""
    sign = {"argmax": ">", "argmin": "<"}[node.primitive.name]
    lines = [
        "for o in range(s0):",
        "    row = part({x0}, a0 + o * s1, s1)",
        "    best, at = row[0], 0",
        "    for k in range(1, row.shape[0]):",
        "        value = row[k]",
        f"        if (value {sign} best) | ((value != value) & (best == best)):",
        "            best, at = value, k",
        "    {y}[out + o] = at",
    ]
    return Kernel(tuple(lines), _rows(node.inputs[0]))


def searchsorted_kernel(node: Node) -> Kernel:
    """Find where each value belongs among sorted ones, by halving."""
    left = node.attributes.get("side", "left") == "left"
    behind = (
        BEFORE.format("middle", "value")
        if left
        else f"not ({BEFORE.format('value', 'middle')})"
    )
    lines = [
        "for k in range(s1):",
        "    value, low, high = {x1}[a1 + k], 0, s0",
        "    while low < high:",
        "        at = (low + high) // 2",
        "        middle = {x0}[a0 + at]",
        f"        if {behind}:",
        "            low = at + 1",
        "        else:",
        "            high = at",
        "    {y}[out + k] = low",
    ]
    return Kernel(tuple(lines), (count(node.inputs[0].shape), count(node.shape)))


def _rows(node: Node) -> tuple[Dimension, Dimension]:
    return (count(node.shape[:-1]), node.shape[-1])
