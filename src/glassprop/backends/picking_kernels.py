"""Kernels that pick values by arrays of integers, and put values where others are.

An integer that its axis does not have is not followed: it is written down in
`REFUSED`, the second input, and told after the call: the first of them.
"""

from __future__ import annotations

from glassprop.backends.making import indexed
from glassprop.backends.own_kernels import (
    OUT_OF_BOUNDS,
    Kernel,
    copying,
    indented,
    own_row,
    parted,
    product_text,
    zeroing,
)
from glassprop.backends.views import collapsed, contiguous, view_of
from glassprop.graph import Node, count

# x, where to tell, integers for each of some axes in a row: the values there.
picked = own_row("picked")
# The other way round: zeros, with the values added where they were picked.
added = own_row("added")
# x, where to tell, integers of one shape with x but for an axis: the values there.
along = own_row("along")
# The other way round.
added_along = own_row("added_along")
# Zeros, with values put at an index without arrays.
put = own_row("put")


def _found(index: str, size: str, axis: str) -> list[str]:
    """Write how an integer becomes a place, or is told and not followed."""
    return [
        f"index = {index}",
        f"place_at = index + {size} if index < 0 else index",
        f"if (place_at < 0) | (place_at >= {size}):",
        "    if {x1}[a1] == 0:",
        f"        {{x1}}[a1] = {OUT_OF_BOUNDS}",
        "        {x1}[a1 + 1] = index",
        f"        {{x1}}[a1 + 2] = {axis}",
        f"        {{x1}}[a1 + 3] = {size}",
        "    continue",
    ]


def picked_kernel(node: Node) -> Kernel:
    """Pick blocks, or add them; the axes that are picked from lie side by side."""
    first, adds = node.attributes["first"], node.primitive is added
    whole = node.shape if adds else node.inputs[0].shape
    many = len(node.inputs) - 2
    outer, inner = count(whole[:first]), count(whole[first + many :])
    names = [f"s{3 + at}" for at in range(many)]
    every = product_text(names)
    lines = ["for k in range(s1):", "    at = 0"]
    for at, size in enumerate(names):
        found = _found(f"{{x{at + 2}}}[a{at + 2} + k]", size, f"s{3 + many + at}")
        lines += indented([*found, f"at = at * {size} + place_at"])
    there, here = ("at", "k") if outer == 1 else (f"(o * {every} + at)", "(o * s1 + k)")
    if adds:
        lines = [*zeroing(f"s0 * {every} * s2"), *lines]
        moves = _adding(there, here, single=inner == 1)
    elif inner == 1:
        moves = [f"{{y}}[out + {here}] = {{x0}}[a0 + {there}]"]
    else:
        moves = copying(f"{{y}}, out + {here} * s2", f"{{x0}}, a0 + {there} * s2", "s2")
    if outer != 1:
        moves = ["for o in range(s0):", *indented(moves)]
    picks = count(node.inputs[2].shape)
    sizes = (outer, picks, inner, *whole[first : first + many])
    return Kernel((*lines, *indented(moves)), (*sizes, *node.attributes["axes"]))


def _adding(there: str, here: str, *, single: bool) -> list[str]:
    if single:
        return [f"{{y}}[out + {there}] += {{x0}}[a0 + {here}]"]
    return [
        f"block = part({{x0}}, a0 + {here} * s2, s2)",
        f"place = part({{y}}, out + {there} * s2, s2)",
        "for j in range(place.shape[0]):",
        "    place[j] += block[j]",
    ]


def along_kernel(node: Node) -> Kernel:
    """Pick single values along an axis, or add them there."""
    axis, adds = node.attributes["axis"], node.primitive is added_along
    whole = node.shape if adds else node.inputs[0].shape
    here, there = "(o * s3 + k) * s2 + j", "(o * s1 + place_at) * s2 + j"
    move = (
        f"{{y}}[out + {there}] += {{x0}}[a0 + {here}]"
        if adds
        else f"{{y}}[out + {here}] = {{x0}}[a0 + {there}]"
    )
    lines = [
        *(zeroing("s0 * s1 * s2") if adds else ()),
        "for o in range(s0):",
        "    for k in range(s3):",
        "        for j in range(s2):",
        *indented([*_found(f"{{x2}}[a2 + {here}]", "s1", "s4"), move], 3),
    ]
    picks = node.inputs[2].shape[axis]
    return Kernel(tuple(lines), (*parted(whole, axis), picks, axis))


def put_kernel(node: Node) -> Kernel:
    """Put values at an index without arrays into zeros."""
    (x,) = node.inputs
    view = view_of(indexed(node.attributes["key"], node.shape, node.dtype))
    sizes, (own, target) = collapsed(x.shape, [contiguous(x.shape), view.strides])
    rank = len(sizes)
    lines = [*zeroing("s0"), *_nest(rank)]
    return Kernel(tuple(lines), (count(node.shape), view.offset, *sizes, *own, *target))


def _nest(rank: int) -> list[str]:
    """Write loops over so many axes that put each value where it belongs."""
    lines = [
        f"{'    ' * level}for i{level} in range(s{2 + level}):" for level in range(rank)
    ]
    here = "".join(f" + i{k} * s{2 + rank + k}" for k in range(rank))
    there = "".join(f" + i{k} * s{2 + 2 * rank + k}" for k in range(rank))
    return [
        *lines,
        *indented([f"{{y}}[out + s1{there}] = {{x0}}[a0{here}]"], rank),
    ]
