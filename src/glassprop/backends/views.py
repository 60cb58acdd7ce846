"""Where a value lies in memory: whose memory it is, where it begins, its strides.

Compiled code calculates places itself, so a transpose, a slice or a repeated row need
no memory of their own: they are read from where their input lies. `view_of` gives the
place of any value; one that cannot be described so must be copied first.

Vocabulary: a *stride* is how many elements lie between two neighbours along an axis; 0
repeats one element. Sizes, strides and offsets are integers or ``k * n``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from glassprop.errors import Unspelled
from glassprop.graph import Dimension, Node, Shape, Size, count
from glassprop.ops import indexing, leaves, shape

Strides = tuple[Dimension, ...]


@dataclass(frozen=True)
class View:
    """The place of a value.

    Parameters
    ----------
    node : Node
        Whose memory it is.
    shape : tuple of size
    strides : tuple of size
        One an axis.
    offset : size
        Where it begins, in elements.
    """

    node: Node
    shape: Shape
    strides: Strides
    offset: Dimension = 0

    @property
    def is_whole(self) -> bool:
        """Whether its elements lie without gaps, in order; not where they begin."""
        wanted = contiguous(self.shape)
        return all(
            size == 1 or one == other
            for size, one, other in zip(self.shape, self.strides, wanted, strict=True)
        )


def times(*sizes: Dimension) -> Dimension:
    """Multiply sizes."""
    return 0 if 0 in sizes else count(sizes)


def contiguous(sizes: Sequence[Dimension]) -> Strides:
    """Give the strides of an array without gaps."""
    return tuple(count(sizes[at + 1 :]) for at in range(len(sizes)))


def core(sizes: Shape) -> Shape:
    """Leave out the axes of size 1."""
    return tuple(size for size in sizes if size != 1)


def is_view(node: Node) -> bool:
    """Tell whether a value is read from the memory of its first input."""
    return node.primitive in (shape.reshape, shape.transpose, shape.broadcast_to) or (
        node.primitive is indexing.index and len(node.inputs) == 1
    )


def is_in_code(node: Node) -> bool:
    """Tell whether a value is a number in the code, which lies nowhere in memory."""
    return node.primitive is leaves.size or (
        node.primitive is leaves.constant and not node.shape
    )


def view_of(node: Node) -> View:
    """Give the place of a value.

    Raises
    ------
    Unspelled
        If it must be copied first.
    """
    chain = []
    while is_view(node):
        chain.append(node)
        node = node.inputs[0]
    found = View(node, node.shape, contiguous(node.shape))
    for one in reversed(chain):
        if one.primitive is shape.reshape:
            found = _reshaped(one, found)
        elif one.primitive is shape.transpose:
            axes = one.attributes["axes"]
            strides = tuple(found.strides[axis] for axis in axes)
            found = View(found.node, one.shape, strides, found.offset)
        elif one.primitive is shape.broadcast_to:
            strides = repeated(found, one.shape)
            found = View(found.node, one.shape, strides, found.offset)
        else:
            found = _indexed(one, found)
    return found


def repeated(view: View, target: Shape) -> Strides:
    """Give the strides of a value that is broadcast to a shape."""
    missing = len(target) - len(view.shape)
    own = [
        0 if size == 1 else stride
        for size, stride in zip(view.shape, view.strides, strict=True)
    ]
    return (*[0] * missing, *own)


def _reshaped(node: Node, view: View) -> View:
    if view.is_whole:
        return View(view.node, node.shape, contiguous(node.shape), view.offset)
    assert core(node.shape) == core(view.shape), "lowering puts a copy in front"
    left = [
        stride
        for size, stride in zip(view.shape, view.strides, strict=True)
        if size != 1
    ]
    strides = tuple(0 if size == 1 else left.pop(0) for size in node.shape)
    return View(view.node, node.shape, strides, view.offset)


def _indexed(node: Node, view: View) -> View:
    offset: Dimension = view.offset
    strides: list[Dimension] = []
    axes = iter(zip(view.shape, view.strides, strict=True))
    for entry in node.attributes["key"]:
        if entry is None:
            strides.append(0)
            continue
        size, stride = next(axes)
        if isinstance(size, Size):
            assert isinstance(entry, indexing.Slice)
            assert entry.step in (None, 1), "lowering turns rows round"
            offset = _plus(node, offset, times(entry.start or 0, stride))
            strides.append(stride)
        elif isinstance(entry, int):
            offset = _plus(node, offset, times(entry % size, stride))
        else:
            assert isinstance(entry, indexing.Slice)
            ends: tuple[Any, ...] = (entry.start, entry.stop, entry.step)
            places = range(size)[slice(*ends)]
            first = places.start if len(places) else 0
            offset = _plus(node, offset, times(first, stride))
            strides.append(times(stride, places.step))
    return View(view.node, node.shape, tuple(strides), offset)


def _plus(node: Node, one: Dimension, other: Dimension) -> Dimension:
    if isinstance(one, Size) or isinstance(other, Size):
        if 0 in (one, other):
            return one if other == 0 else other
        if isinstance(one, Size) and isinstance(other, Size):
            return Size(one.factor + other.factor)
        raise Unspelled(node, "at a place that depends on n in two ways")
    return one + other


def collapsed(sizes: Shape, accesses: Sequence[Strides]) -> tuple[Shape, list[Strides]]:
    """Merge neighbouring axes that every access walks through as if they were one.

    Parameters
    ----------
    sizes : tuple of size
        Of a loop nest, the innermost last.
    accesses : sequence of tuple of size
        The strides of each value that is read or written.

    Returns
    -------
    sizes, accesses
        The same with as few axes as possible.
    """
    kept: list[Dimension] = []
    columns: list[list[Dimension]] = []  # for each axis that is kept, its strides
    for axis, size in enumerate(sizes):
        if size == 1:
            continue
        own = [strides[axis] for strides in accesses]
        if kept and columns[-1] == [times(size, one) for one in own]:
            kept[-1] = times(kept[-1], size)
            columns[-1] = own
        else:
            kept.append(size)
            columns.append(own)
    found = [tuple(column[at] for column in columns) for at in range(len(accesses))]
    return tuple(kept), found
