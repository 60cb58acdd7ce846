"""Functions that join arrays, cut them apart, and add values at their ends."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, TraceError, did_you_mean, shape_text
from glassprop.graph import Size, count, normal_axes
from glassprop.numpy_functions.shapes import divided, with_axes
from glassprop.ops import shape as shapes


def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    """Join arrays along an axis."""
    parts = list(arrays)
    if axis is None:
        parts, axis = [np.reshape(part, -1) for part in parts], 0
    rank = np.ndim(parts[0])
    for part in parts:
        if np.ndim(part) != rank or rank == 0:
            raise ShapeError(
                "np.concatenate: arrays must have one number of dimensions, at least "
                f"1; got {', '.join(shape_text(np.shape(one)) for one in parts)}."
            )
    at = normal_axes(axis, rank, name="concatenate")[0]
    return parts[0] if len(parts) == 1 else shapes.concatenate(*parts, axis=at)


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Join arrays along a new axis."""
    parts = [np.expand_dims(part, axis) for part in arrays]
    return np.concatenate(parts, axis=normal_axes(axis, parts[0].ndim, name="stack")[0])


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Cut an array along an axis, into equal parts or at the places given."""
    at = normal_axes(axis, ary.ndim, name="split")[0]
    size = ary.shape[at]
    if isinstance(indices_or_sections, Sequence | np.ndarray):
        ends = list(indices_or_sections)
    else:
        sections = operator.index(indices_or_sections)
        part = divided(ary.node.shape[at], sections)
        if part is None:
            raise ShapeError(
                f"np.split: axis {at} of {shape_text(ary.shape)} cannot be split into "
                f"{sections} equal parts. Give the places to cut at, "
                "np.split(x, [2, 5]), or a number of parts that divides it."
            )
        ends = [count([part, k]) for k in range(1, sections)]
    before = (slice(None),) * at
    return [
        ary[(*before, slice(start, end))]
        for start, end in zip([0, *ends], [*ends, size], strict=True)
    ]


def vstack(tup: Sequence[Any]) -> Any:
    """Join arrays along the first axis; those of one dimension become rows."""
    return np.concatenate([with_axes(one, 2) for one in tup], axis=0)


def hstack(tup: Sequence[Any]) -> Any:
    """Join arrays along the second axis, or the first if they have one."""
    parts = [with_axes(one, 1) for one in tup]
    return np.concatenate(parts, axis=0 if np.ndim(parts[0]) == 1 else 1)


def dstack(tup: Sequence[Any]) -> Any:
    """Join arrays along the third axis."""
    return np.concatenate([with_axes(one, 3) for one in tup], axis=2)


def column_stack(tup: Sequence[Any]) -> Any:
    """Join arrays along the second axis; those of one dimension become columns."""
    columns = [np.reshape(one, (-1, 1)) if np.ndim(one) < 2 else one for one in tup]
    return np.concatenate(columns, axis=1)


def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """Join two arrays; both flat, if no axis is given."""
    if axis is None:
        return np.concatenate([np.ravel(arr), np.ravel(values)])
    return np.concatenate([arr, values], axis=axis)


def block(arrays: Any) -> Any:
    """Join nested lists of blocks: the innermost along the last axis, and so on."""
    levels = [level for level, _ in _blocks(arrays, 0)]
    depth = levels[0]
    if levels != [depth] * len(levels):
        raise ShapeError("np.block: all blocks must stand at the same depth of lists.")
    rank = max(depth, *(np.ndim(one) for _, one in _blocks(arrays, 0)))

    def joined(nested: Any, level: int) -> Any:
        if level == depth:
            ones = (1,) * (rank - np.ndim(nested))
            return np.reshape(nested, (*ones, *np.shape(nested)))
        parts = [joined(one, level + 1) for one in nested]
        return np.concatenate(parts, axis=level - depth)

    return joined(arrays, 0)


def _blocks(nested: Any, level: int) -> Iterator[tuple[int, Any]]:
    """Give every block with the number of lists around it."""
    if not isinstance(nested, list):
        yield level, nested
        return
    if not nested:
        raise ShapeError("np.block: a list of blocks is empty.")
    for one in nested:
        yield from _blocks(one, level + 1)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Cut an array along an axis; the first parts get what does not divide."""
    at = normal_axes(axis, ary.ndim, name="array_split")[0]
    size = ary.node.shape[at]
    if np.ndim(indices_or_sections) or isinstance(size, Size):
        return split(ary, indices_or_sections, at)
    sections = operator.index(indices_or_sections)
    if sections < 1:
        raise ShapeError(
            f"np.array_split: the number of parts must be 1 or more, got {sections}."
        )
    part, more = divmod(size, sections)
    ends = [k * part + min(k, more) for k in range(1, sections)]
    return split(ary, ends, at)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """Give the parts of an array along an axis, without the axis."""
    first = np.moveaxis(x, axis, 0)
    return tuple(first[at] for at in range(len(first)))


def splitter(name: str, axis: int) -> Callable[..., list[Any]]:
    """Make np.hsplit, np.vsplit or np.dsplit."""

    def split_along(ary: Any, indices_or_sections: Any) -> list[Any]:
        at = 0 if axis == 1 and ary.ndim == 1 else axis
        if ary.ndim <= at or (axis == 0 and ary.ndim < 2):
            raise ShapeError(
                f"np.{name}: expected an array of at least {max(axis, 1) + 1} "
                f"dimensions, got shape {shape_text(ary.shape)}."
            )
        return split(ary, indices_or_sections, at)

    return split_along


PAD_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def pad(
    array: Any,
    pad_width: Any,
    mode: str = "constant",
    *,
    constant_values: Any = 0,
    reflect_type: str = "even",
) -> Any:
    """Add values at the ends of axes."""
    if mode not in PAD_MODES:
        raise TraceError(
            f"np.pad: mode={mode!r} cannot be traced.{did_you_mean(mode, PAD_MODES)} "
            f"There are {', '.join(PAD_MODES)}; np.concatenate adds anything else."
        )
    if reflect_type != "even":
        raise TraceError(
            "np.pad: reflect_type='odd' cannot be traced. Add 2 * edge - reflected "
            "with np.concatenate."
        )
    widths = np.asarray(pad_width)
    if widths.dtype.kind not in "iu" or np.any(widths < 0):
        raise ShapeError(
            f"np.pad: pad_width must be integers, 0 or more, got {pad_width!r}."
        )
    values = np.broadcast_to(np.asarray(constant_values), (array.ndim, 2))
    for at, ends in enumerate(np.broadcast_to(widths, (array.ndim, 2)).tolist()):
        if ends == [0, 0]:
            continue
        size = array.node.shape[at]
        if isinstance(size, Size):
            raise ShapeError(
                f"np.pad: axis {at} of {shape_text(array.shape)} holds the rows of a "
                "batch, which cannot be padded: a size is an integer or k * n. Pad "
                "the other axes, with a width of 0 here, or the rows before the call."
            )
        if mode == "constant":
            front, back = (
                [_filled(array, at, width, value)]
                for width, value in zip(ends, values[at], strict=True)
            )
        else:
            front, back = _outside(array, at, ends, mode)
        parts = [*front, array, *back]
        array = np.concatenate([one for one in parts if one.shape[at] != 0], axis=at)
    return array


def _filled(array: Any, axis: int, width: int, value: Any) -> Any:
    """Fill the shape of an array, with another size along an axis, with a number."""
    sizes = array.node.shape
    number = array.constant(value.astype(array.dtype).item(), array.dtype)
    shape = (*sizes[:axis], width, *sizes[axis + 1 :])
    return shapes.broadcast_to(number, shape=shape)


def _outside(
    array: Any, axis: int, ends: list[int], mode: Any
) -> tuple[list[Any], ...]:
    """Give the parts to put before and behind an axis, as slices of the array."""
    size = array.shape[axis]
    try:
        places = np.pad(np.arange(size), ends, mode).tolist()
    except ValueError as error:  # an empty axis
        raise ShapeError(f"np.pad: {error}.") from None
    before = (slice(None),) * axis
    return tuple(
        [array[(*before, part)] for part in _runs(side)]
        for side in (places[: ends[0]], places[size + ends[0] :])
    )


def _runs(places: list[int]) -> Iterator[slice]:
    """Cut a list of places into slices that go up or down by one."""
    first = 0
    while first < len(places):
        step = -1 if places[first + 1 : first + 2] == [places[first] - 1] else 1
        end = first + 1
        while end < len(places) and places[end] - places[end - 1] == step:
            end += 1
        last = places[end - 1] + step
        yield slice(places[first], None if last < 0 else last, step)
        first = end


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        np.concatenate: concatenate,
        np.stack: stack,
        np.vstack: vstack,
        np.hstack: hstack,
        np.dstack: dstack,
        np.column_stack: column_stack,
        np.append: append,
        np.block: block,
        np.split: split,
        np.array_split: array_split,
        np.hsplit: splitter("hsplit", 1),
        np.vsplit: splitter("vsplit", 0),
        np.dsplit: splitter("dsplit", 2),
        np.pad: pad,
        **({np.unstack: unstack} if hasattr(np, "unstack") else {}),  # from 2.1 on
    }
)
