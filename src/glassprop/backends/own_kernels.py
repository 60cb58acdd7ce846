"""Rows that have a kernel of their own: those that are no loop over single elements.

A `Kernel` is the text of what one operation does. The inputs lie without gaps, one
after another in the order of their elements (lowering puts copies in front where they
do not), and so does the value. `own_row` makes the rows that stand for others in loops:
they say their shape themselves and have no meaning in NumPy.

Vocabulary of the text: ``{x0}`` is the workspace of the first input and ``a0`` where it
begins there, ``{y}`` and ``out`` the same of the value, ``s0`` the first size. Of it,
``{first}`` to ``{last}`` is one thread's share, where threads divide it. Names
``f``, ``d``, ``i``, ``b``, ``w8`` to ``w32`` and ``u8`` to ``u64`` are taken by
workspaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.graph import Dimension, Primitive, Shape, apply, count
from glassprop.ops import leaves


@dataclass(frozen=True)
class Kernel:
    """What one operation does, as text.

    Parameters
    ----------
    lines : tuple of str
        The body of the function.
    sizes : tuple of size
        What ``s0``, ``s1``, ... are.
    block : int
        How many places along ``s0`` stay together where threads divide it; 0 if they
        must not.
    """

    lines: tuple[str, ...]
    sizes: tuple[Dimension, ...] = ()
    block: int = 0


# Where a kernel tells of what NumPy refuses: which of these, and of an index that is
# out of bounds which, the axis, and its size.
OUT_OF_BOUNDS, NEGATIVE_POWER = 1, 2
REFUSED = apply(
    leaves.input_,
    (),
    {"name": "refused", "shape": (4,), "dtype": np.dtype(np.int64)},
)


def own_row(name: str) -> Primitive:
    """Make a row that only compiled code has.

    Parameters
    ----------
    name : str
        What its kernels are called.
    """
    return Primitive(
        name=name,
        numpy=_without_meaning,
        shape=lambda *_inputs, shape, **_more: shape,
        dtype=lambda x, *_inputs, dtype=None, **_more: dtype or x.dtype,
    )


def _without_meaning(*_arrays: Any, **_attributes: Any) -> Any:
    raise NotImplementedError("a row of compiled loops has no meaning in NumPy")


def parted(sizes: Shape, axis: int) -> tuple[Dimension, Dimension, Dimension]:
    """Give how many places are before an axis, along it, and behind it.

    Parameters
    ----------
    sizes : tuple of size
        A shape.
    axis : int
        Not negative.
    """
    return count(sizes[:axis]), sizes[axis], count(sizes[axis + 1 :])


def copying(into: str, source: str, size: str) -> list[str]:
    """Write the copying of a block; each place is a workspace, a comma, an offset.

    Parameters
    ----------
    into, source : str
        Where to and from where.
    size : str
        How many elements.
    """
    return [
        f"block = part({source}, {size})",
        f"place = part({into}, {size})",
        "for j in range(place.shape[0]):",
        "    place[j] = block[j]",
    ]


def zeroing(size: str) -> list[str]:
    """Write the filling of the value with zeros.

    Parameters
    ----------
    size : str
        How many elements.
    """
    return [
        f"whole = part({{y}}, out, {size})",
        "for j in range(whole.shape[0]):",
        "    whole[j] = 0",
    ]


def indented(lines: Sequence[str], levels: int = 1) -> list[str]:
    """Move lines to the right.

    Parameters
    ----------
    lines : sequence of str
        Of a body.
    levels : int
        How far.
    """
    return [f"{'    ' * levels}{line}" for line in lines]


def product_text(names: Sequence[str]) -> str:
    """Write the product of some sizes.

    Parameters
    ----------
    names : sequence of str
        Of the sizes.
    """
    return " * ".join(names) or "1"
