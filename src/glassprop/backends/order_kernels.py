"""Kernels that compare values along the last axis: the largest, the order, places.

NaN stands behind all numbers, as NumPy has it, and is both the largest and the smallest
value. Orders are stable: equal values stay as they were.
"""

from __future__ import annotations

from glassprop.backends.own_kernels import Kernel
from glassprop.graph import Dimension, Node, count

# Whether one value stands before another. A NaN does not equal itself.
BEFORE = "({0} < {1}) | (({1} != {1}) & ({0} == {0}))"
TIED = "({0} == {1}) | (({0} != {0}) & ({1} != {1}))"
# Shell 1959, "A high-speed sorting procedure", needs no memory of its own; the gaps are
# those of Gonnet and Baeza-Yates 1991, "Handbook of algorithms and data structures".
SORTING = (
    "for o in range(s0):",
    "    row = part({x0}, a0 + o * s1, s1)",
    "    place = part({y}, out + o * s1, s1)",
    "    for k in range(s1):",
    "        place[k] = START",
    "    gap = s1",
    "    while gap > 1:",
    "        gap = max(1, gap * 5 // 11)",
    "        for k in range(gap, s1):",
    "            moving, at = place[k], k",
    "            one = VALUE[moving]",
    "            while at >= gap:",
    "                other = VALUE[place[at - gap]]",
    "                if not (LESS):",
    "                    break",
    "                place[at] = place[at - gap]",
    "                at -= gap",
    "            place[at] = moving",
)


def sort_kernel(node: Node) -> Kernel:
    """Bring each row into order."""
    texts = {"START": "row[k]", "VALUE[moving]": "moving"}
    texts |= {"VALUE[place[at - gap]]": "place[at - gap]"}
    return _sorting(node, texts, BEFORE.format("one", "other"))


def argsort_kernel(node: Node) -> Kernel:
    """Find the order of each row; ties go by place, so any sorting is stable."""
    earlier = f"(({TIED}) & (moving < place[at - gap]))".format("one", "other")
    less = f"{BEFORE.format('one', 'other')} | {earlier}"
    return _sorting(node, {"START": "k", "VALUE": "row"}, less)


def _sorting(node: Node, texts: dict[str, str], less: str) -> Kernel:
    whole = "\n".join(SORTING)
    for name, text in (*texts.items(), ("LESS", less)):
        whole = whole.replace(name, text)
    return Kernel(tuple(whole.split("\n")), _rows(node))


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
