"""Indexing made ready for loops: views where it can be, else kernels that pick.

An index is taken apart: what concerns the rows of a batch comes first, then integers,
slices and new axes, which are a view, then arrays, whose axes are brought side by side.
Its gradient goes the same way back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.backends.axis_kernels import turned
from glassprop.backends.making import Maker, in_memory, indexed, readable
from glassprop.backends.own_kernels import REFUSED
from glassprop.backends.picking_kernels import (
    added,
    added_along,
    along,
    picked,
    put,
)
from glassprop.graph import Dimension, DType, Node, Shape, Size, broadcast
from glassprop.ops import indexing, leaves, shape
from glassprop.ops.indexing import Pick, Slice

WHOLE = Slice()
INTEGER: DType = np.dtype(np.int64)


@dataclass(frozen=True)
class _Parts:
    """An index taken apart.

    Parameters
    ----------
    turns : list of int
        Axes of rows whose direction is turned round.
    row : tuple of int, or None
        An axis of rows of which one is taken, and its place.
    rows, rest : tuple
        Indices without arrays, one after the other.
    axes : list of int
        Of what they leave, those that arrays pick from.
    own_axes : list of int
        The same before they were taken.
    places : list of int
        The order of the axes of what is left in which those are side by side.
    final : list of int
        The order of the axes of what is picked in which NumPy has them.
    """

    turns: list[int]
    row: tuple[int, int] | None
    rows: tuple[Any, ...]
    rest: tuple[Any, ...]
    axes: list[int]
    own_axes: list[int]
    places: list[int]
    final: list[int]


def _parts(key: Sequence[Any], sizes: Shape, picked_rank: int) -> _Parts:
    """Take an index apart; `picked_rank` is that of its arrays together."""
    turns, row = [], None
    rows: list[Any] = []
    rest: list[Any] = []
    axes, own_axes, axis, left = [], [], 0, 0
    for entry in key:
        if entry is None:
            rest.append(None)
            left += 1
            continue
        if isinstance(entry, Pick):
            axes.append(left)
            own_axes.append(axis)
        is_rows = isinstance(sizes[axis], Size) and not isinstance(entry, Pick)
        if is_rows and isinstance(entry, int):
            row = (axis, entry)
        elif is_rows and entry.step == -1:
            turns.append(axis)
        one_row = is_rows and isinstance(entry, int)
        cut = is_rows and not one_row and _is_cut(entry, sizes[axis])
        rows.append(entry if cut else WHOLE)
        kept = entry if not (isinstance(entry, Pick) or is_rows) else WHOLE
        rest.append(0 if one_row else kept)
        left += not isinstance(entry, int)
        axis += 1
    places, final = _orders(key, axes, left, picked_rank)
    return _Parts(turns, row, tuple(rows), tuple(rest), axes, own_axes, places, final)


def _is_cut(entry: Slice, size: Dimension) -> bool:
    """Tell whether a slice takes some of the rows of a batch only."""
    return entry.start not in (None, 0) or entry.stop not in (None, size)


def _orders(
    key: Sequence[Any], axes: list[int], left: int, picked_rank: int
) -> tuple[list[int], list[int]]:
    """Find in which order axes are picked from, and in which they are given."""
    if not axes:
        return [*range(left)], [*range(left)]
    together = axes == [*range(axes[0], axes[0] + len(axes))]
    others = [axis for axis in range(left) if axis not in axes]
    before = axes[0] if together else 0
    places = [*others[:before], *axes, *others[before:]]
    # NumPy counts an integer as an array: what stands between them brings all in front.
    advanced = [at for at, entry in enumerate(key) if isinstance(entry, Pick | int)]
    in_place = advanced[-1] - advanced[0] == len(advanced) - 1
    rank = left - len(axes) + picked_rank
    if in_place:
        return places, [*range(rank)]
    picks = [*range(before, before + picked_rank)]
    return places, [*picks, *(at for at in range(rank) if at not in picks)]


def lowered_index(node: Node) -> Node:
    """Make an index a view, perhaps of a copy, or values that are picked.

    Parameters
    ----------
    node : Node
        An index.
    """
    make, (x, *picks) = Maker(node), node.inputs
    parts = _parts(node.attributes["key"], x.shape, _rank(picks))
    x = _rows_indexed(make, x, parts)
    if _takes_part(parts.rest):
        x = readable(make(indexing.index, x, key=parts.rest))
    if not picks:
        return x
    x = in_memory(make.transposed(x, parts.places))
    picks, together = _fitted(make, picks)
    first, many = parts.places.index(parts.axes[0]), len(picks)
    sizes = (*x.shape[:first], *together, *x.shape[first + many :])
    found = make(
        picked,
        *(x, REFUSED, *picks),
        shape=sizes,
        first=first,
        axes=tuple(parts.own_axes),
    )
    return make.transposed(found, parts.final)


def _rows_indexed(make: Maker, x: Node, parts: _Parts) -> Node:
    """Do what an index does to the rows of a batch."""
    for axis in parts.turns:
        x = in_memory(x)
        x = make(turned, x, shape=x.shape, axis=axis)
    if _takes_part(parts.rows):
        x = readable(make(indexing.index, x, key=parts.rows))
    if parts.row is not None:
        axis, place = parts.row
        x = in_memory(x)
        sizes = _with(x.shape, axis, 1)
        which = _single(make, place)
        x = make(picked, x, REFUSED, which, shape=sizes, first=axis, axes=(axis,))
    return x


def _takes_part(key: Sequence[Any]) -> bool:
    """Tell whether an index is another than one that takes all as it is."""
    return any(entry != WHOLE for entry in key)


def _single(make: Maker, place: int) -> Node:
    """Give an array of one integer."""
    return make(leaves.constant, value=np.array([place]), dtype=INTEGER)


def lowered_index_add(node: Node) -> Node:
    """Go the way of an index back, from what was taken to zeros with it in its place.

    Parameters
    ----------
    node : Node
        The gradient of an index.
    """
    make, (g, *picks) = Maker(node), node.inputs
    key, whole = node.attributes["key"], node.attributes["shape"]
    parts = _parts(key, whole, _rank(picks))
    # The shapes on the way there: rows cut off, one row taken, the rest of the index.
    cut = indexed(parts.rows, whole, node.dtype).shape
    one_row = cut if parts.row is None else _with(cut, parts.row[0], 1)
    if picks:
        left = indexed(parts.rest, one_row, node.dtype).shape
        g = _picks_back(make, g, picks, parts, left)
    if _takes_part(parts.rest):
        g = make(put, in_memory(g), shape=one_row, key=parts.rest)
    if parts.row is not None:
        axis, place = parts.row
        which = _single(make, place)
        g = make(
            *(added, in_memory(g), REFUSED, which),
            shape=cut,
            first=axis,
            axes=(axis,),
        )
    if _takes_part(parts.rows):
        g = make(put, in_memory(g), shape=whole, key=parts.rows)
    for axis in parts.turns:
        g = make(turned, in_memory(g), shape=g.shape, axis=axis)
    return g


def _picks_back(
    make: Maker, g: Node, picks: Sequence[Node], parts: _Parts, sizes: Shape
) -> Node:
    """Add what was picked to zeros of the shape it was picked from."""
    picks, _ = _fitted(make, picks)
    first = parts.places.index(parts.axes[0])
    g = in_memory(make.transposed(g, _inverse(parts.final)))
    total = make(
        added,
        *(g, REFUSED, *picks),
        shape=tuple(sizes[at] for at in parts.places),
        first=first,
        axes=tuple(parts.own_axes),
    )
    return make.transposed(total, _inverse(parts.places))


def _inverse(axes: Sequence[int]) -> list[int]:
    return [axes.index(at) for at in range(len(axes))]


def _rank(picks: Sequence[Node]) -> int:
    return max((len(one.shape) for one in picks), default=0)


def _fitted(make: Maker, picks: Sequence[Node]) -> tuple[list[Node], Shape]:
    """Bring arrays of integers to one shape, in memory."""
    together = broadcast(*(one.shape for one in picks))
    fitted = [make.repeated(make.cast(one, INTEGER), together) for one in picks]
    return [in_memory(one) for one in fitted], together


def lowered_along(node: Node) -> Node:
    """Let x and the integers have one shape, but for the axis that is picked from.

    Parameters
    ----------
    node : Node
        Of take_along_axis.
    """
    make, (x, places) = Maker(node), node.inputs
    axis = node.attributes["axis"]
    sizes = _with(node.shape, axis, x.shape[axis])
    x = in_memory(make.repeated(x, sizes))
    places = in_memory(make.repeated(make.cast(places, INTEGER), node.shape))
    return make(along, x, REFUSED, places, shape=node.shape, axis=axis)


def lowered_added_along(node: Node) -> Node:
    """Let g and the integers have one shape.

    Parameters
    ----------
    node : Node
        Of add_along_axis.
    """
    make, (g, places) = Maker(node), node.inputs
    axis = node.attributes["axis"]
    sizes = _with(node.shape, axis, places.shape[axis])
    g = in_memory(make.repeated(g, sizes))
    places = in_memory(make.repeated(make.cast(places, INTEGER), sizes))
    return make(added_along, g, REFUSED, places, shape=node.shape, axis=axis)


def _with(sizes: Shape, axis: int, size: Dimension) -> Shape:
    return (*sizes[:axis], size, *sizes[axis + 1 :])


def lowered_roll(node: Node) -> Node:
    """Roll along one axis after the other.

    Parameters
    ----------
    node : Node
        A roll.
    """
    make, (x,) = Maker(node), node.inputs
    for shift, axis in zip(
        node.attributes["shift"], node.attributes["axis"], strict=True
    ):
        x = make(shape.roll, in_memory(x), shift=(shift,), axis=(axis,))
    return x
