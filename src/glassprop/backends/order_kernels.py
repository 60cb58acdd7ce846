"""Kernels that compare values along the last axis: the largest, the order, places.

NaN stands behind all numbers, as NumPy has it, and is both the largest and the smallest
value. Orders are stable: equal values stay as they were.
"""

from __future__ import annotations

from glassprop.backends.own_kernels import Kernel, own_row
from glassprop.graph import Dimension, Node, count

RUN = 8  # values that are brought into order by insertion

# Values in order, and behind them as many places again, which the sorting needs.
sorted_values = own_row("sort")
# The places that values in order had, and as many again.
sorted_places = own_row("argsort")


def _before(one: str, two: str) -> str:
    """Write whether one value stands before another; a NaN does not equal itself."""
    return f"({one} < {two}) | (({two} != {two}) & ({one} == {one}))"


def sort_kernel(node: Node) -> Kernel:
    """Bring each row into order, or find its order.

    Merge sort: runs of a few values by insertion, then runs of twice the length, there
    and back between two places.
    """
    places = node.primitive is sorted_places

    def value(moved: str) -> str:
        """Write the value that stands for what is moved."""
        return f"row[{moved}]" if places else moved

    lines = f"""for o in range(s0):
    row = part({{x0}}, a0 + o * s1, s1)
    place = part({{y}}, out + o * s1, s1)
    other = part({{y}}, out + (s0 + o) * s1, s1)
    for k in range(s1):
        moving, at = {"k" if places else "row[k]"}, k
        one = {value("moving")}
        while at % {RUN} > 0:
            two = {value("place[at - 1]")}
            if not ({_before("one", "two")}):
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
                new, old = place[min(right, s1 - 1)], place[min(left, s1 - 1)]
                one, two = {value("new")}, {value("old")}
                comes = {_before("one", "two")}
                is_new = (left == middle) | ((right < end) & comes)
                other[k] = new if is_new else old
                right += is_new
                left += not is_new
        place, other = other, place
        width *= 2
    first = part({{y}}, out + o * s1, s1)
    for k in range(s1):
        first[k] = place[k]""".split("\n")
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
        _before("middle", "value") if left else f"not ({_before('value', 'middle')})"
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
