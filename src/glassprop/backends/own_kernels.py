"""Rows that have a kernel of their own: those that are no loop over single elements.

`OWN` maps a row's name to a function from a node to its `Kernel`. The inputs lie
without gaps, one after another in the order of their elements (`lowering` puts copies
in front where they do not), and so does the value.

Vocabulary of the text: ``{x0}`` is the workspace of the first input and ``a0`` where it
begins there, ``{y}`` and ``out`` the same of the value, ``s0`` the first size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from glassprop.graph import Dimension, Node, count
from glassprop.ops import shape


@dataclass(frozen=True)
class Kernel:
    """What one operation does, as text.

    Parameters
    ----------
    lines : tuple of str
        The body of the function.
    sizes : tuple of size
        What ``s0``, ``s1``, ... are.
    """

    lines: tuple[str, ...]
    sizes: tuple[Dimension, ...] = ()


def _concatenate(node: Node) -> Kernel:
    axis = node.attributes["axis"]
    blocks = [count(one.shape[axis:]) for one in node.inputs]
    lines = ["for i in range(s0):", "    at = out + i * s1"]
    for k in range(len(blocks)):
        lines += [
            f"    block = part({{x{k}}}, a{k} + i * s{k + 2}, s{k + 2})",
            f"    place = part({{y}}, at, s{k + 2})",
            "    for j in range(place.shape[0]):",
            "        place[j] = block[j]",
            f"    at += s{k + 2}",
        ]
    sizes = (count(node.shape[:axis]), count(node.shape[axis:]), *blocks)
    return Kernel(tuple(lines), sizes)


OWN: Mapping[str, Callable[[Node], Kernel]] = MappingProxyType(
    {shape.concatenate.name: _concatenate}
)
