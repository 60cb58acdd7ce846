"""Indexing rows: values picked from an array, and their gradient put back.

An index is stored as a tuple, one entry for each part of NumPy's: an integer, None, a
`Slice`, or `Pick`, which stands for the next integer array among the inputs. Ellipsis
and what an index leaves out are filled in before (`normal_key`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from glassprop.errors import ShapeError, shape_text
from glassprop.graph import (
    Case,
    Dimension,
    Primitive,
    Shape,
    Size,
    broadcast,
    concrete,
)
from glassprop.ops.rules import each_input_element, no_cost, same_dtype


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice whose ends are integers, multiples of n, or None for the whole."""

    start: Dimension | None = None
    stop: Dimension | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """The place of an integer array in an index."""


Entry: TypeAlias = int | Slice | Pick | None
Key: TypeAlias = tuple[Entry, ...]


def numpy_key(key: Key, picks: tuple[Any, ...]) -> tuple[Any, ...]:
    """Turn a stored index back into NumPy's."""
    arrays = iter(picks)
    return tuple(
        slice(entry.start, entry.stop, entry.step)
        if isinstance(entry, Slice)
        else next(arrays)
        if isinstance(entry, Pick)
        else entry
        for entry in key
    )


def _sliced(size: Dimension, entry: Slice) -> Dimension:
    if isinstance(size, int):
        if isinstance(entry.start, Size) or isinstance(entry.stop, Size):
            raise ShapeError(
                f"an axis of {size} values cannot be cut at a number of rows: the size "
                "of what is left would depend on n. Cut it at an integer."
            )
        return len(range(size)[slice(entry.start, entry.stop, entry.step)])
    whole = entry.start in (None, 0) and entry.stop in (None, size)
    if entry == Slice(None, None, -1) or (whole and entry.step in (None, 1)):
        return size
    start, stop = (
        end.factor if isinstance(end, Size) else end
        for end in (entry.start or 0, size if entry.stop is None else entry.stop)
    )
    ends_known = all(
        isinstance(end, Size) or end in (None, 0) for end in (entry.start, entry.stop)
    )
    if entry.step in (None, 1) and ends_known and 0 <= start <= stop <= size.factor:
        return Size(stop - start)
    raise ShapeError(
        "a part of the rows of a batch cannot be sliced out: its size would depend on "
        "n. Choose the rows before the call, or weight the rows with zeros and ones."
    )


def check_inside(place: int, size: Dimension | None, shape: Shape) -> None:
    """Refuse an index that no axis of an integer size has."""
    if isinstance(size, int) and not -size <= place < size:
        raise ShapeError(
            f"index {place} is out of bounds for the axis of size {size} in an array "
            f"of shape {shape_text(shape)}."
        )


def _index_shape(x: Any, *picks: Any, key: Key) -> Shape:
    """Apply NumPy's indexing rule to shapes."""
    sizes = iter(x.shape)
    picked = broadcast(*(pick.shape for pick in picks)) if picks else ()
    # With arrays in the index, an integer counts as one, as NumPy has it.
    advanced = [
        at
        for at, entry in enumerate(key)
        if isinstance(entry, Pick) or (picks and isinstance(entry, int))
    ]
    together = bool(advanced) and advanced[-1] - advanced[0] == len(advanced) - 1
    result: list[Dimension] = [] if together or not picks else list(picked)
    for at, entry in enumerate(key):
        if entry is None:
            result.append(1)
            continue
        size = next(sizes)
        if isinstance(entry, Slice):
            result.append(_sliced(size, entry))
        elif isinstance(entry, int):
            check_inside(entry, size, x.shape)
        if picks and together and at == advanced[0]:
            result.extend(picked)
    return tuple(result)


def _index(x: Any, *picks: Any, key: Key) -> Any:
    return x[numpy_key(key, picks)]


def index_put(g: Any, key: Any, shape: Any) -> Any:
    """Give zeros of a shape with g at an index that takes each place once."""
    total = np.zeros(shape, g.dtype)
    total[key] = g
    return total


def index_add_at(g: Any, key: Any, shape: Any) -> Any:
    """Give zeros of a shape with g added at an index, repeated places included."""
    total = np.zeros(shape, g.dtype)
    np.add.at(total, key, g)
    return total


def _index_add(g: Any, *picks: Any, key: Key, shape: Any) -> Any:
    add = index_add_at if picks else index_put
    return add(g, numpy_key(key, picks), shape)


def _index_vjp(position: int, g: Any, y: Any, x: Any, *picks: Any, key: Key) -> Any:
    return index_add(
        g, *picks, key=key, shape=x.shape
    )  # position 0: picks are integers


def _index_add_vjp(
    position: int, g: Any, y: Any, part: Any, *picks: Any, key: Key, shape: Any
) -> Any:
    return index(g, *picks, key=key)  # position 0: picks are integers


WHOLE = Slice()
index = Primitive(
    name="index",
    numpy=_index,
    shape=_index_shape,
    dtype=same_dtype,
    vjps=_index_vjp,
    cost=no_cost,
    cases=(
        Case(((3, 4),), {"key": (1, WHOLE)}),
        Case(((3, 4),), {"key": (WHOLE, -1)}),
        Case(((5, 4),), {"key": (Slice(None, None, -2), None, Slice(1, 3))}),
        Case(((3, 4), (2,)), {"key": (Pick(), WHOLE)}, high=3, kinds="fi"),
        Case(((3, 4), (2,), (2,)), {"key": (Pick(), Pick())}, high=3, kinds="fii"),
        Case(((3, 4), (2, 2)), {"key": (WHOLE, Pick())}, high=3, kinds="fi"),
        Case(((3, 4, 5), (2,)), {"key": (1, WHOLE, Pick())}, high=3, kinds="fi"),
        Case(((3, 4, 5), (2,)), {"key": (Pick(), 1, WHOLE)}, high=3, kinds="fi"),
    ),
)

# The gradient of `index`: zeros of a shape, with g added at the index.
index_add = Primitive(
    name="index_add",
    numpy=_index_add,
    shape=lambda g, *picks, key, shape: shape,
    dtype=same_dtype,
    vjps=_index_add_vjp,
    cost=each_input_element,
    cases=(
        Case(((4,),), {"key": (1, WHOLE), "shape": (3, 4)}),
        Case(
            ((2, 4), (2,)),
            {"key": (Pick(), WHOLE), "shape": (3, 4)},
            high=3,
            kinds="fi",
        ),
    ),
)


def normal_key(key: Any, rank: int) -> tuple[Any, ...]:
    """Fill in Ellipsis and the axes that an index leaves out with whole slices."""
    parts = key if isinstance(key, tuple) else (key,)
    dots = [at for at, part in enumerate(parts) if part is Ellipsis]
    if len(dots) > 1:
        raise ShapeError("an index can have one `...` only.")
    used = sum(part is not None and part is not Ellipsis for part in parts)
    if used > rank:
        raise ShapeError(
            f"an index of {used} parts is too long for an array of {rank} dimensions."
        )
    fill = (slice(None),) * (rank - used)
    at = dots[0] if dots else len(parts)
    return (*parts[:at], *fill, *parts[at + 1 :])


def concrete_key(key: Key, rows: int) -> Key:
    """Put a number of rows in the place of n in an index."""
    return tuple(
        Slice(concrete(entry.start, rows), concrete(entry.stop, rows), entry.step)
        if isinstance(entry, Slice)
        else entry
        for entry in key
    )
