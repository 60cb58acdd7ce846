"""Long data in parts: which programs may be run on some rows at a time, and doing it.

A program may be run in parts if each row of its results depends on the same row of its
inputs alone. `rows_stay_apart` finds that out from the graph; `run_in_chunks` runs a
program in parts where it may, so that memory does not grow with the rows, and else on
all rows at once. Either way the results are those of all rows.

A row of a value whose size is k * n is a block of k places that stand side by side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.compiling import Compiled
from glassprop.graph import Node, Primitive, Shape, Size
from glassprop.ops import (
    cumulative,
    indexing,
    leaves,
    product,
    reduction,
    shape,
    sorting,
    stable,
    windows,
)
from glassprop.program import Program

CHUNK = 8192  # rows that are calculated at once, where rows stay apart


def run_in_chunks(
    compiled: Compiled, given: Mapping[str, Any], data: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Run a program on rows, some at a time where its rows stay apart.

    Parameters
    ----------
    compiled : Compiled
        A program that replaces none of its inputs.
    given : mapping from str to array
        The inputs without rows.
    data : mapping from str to array of shape (n, ...)
        The inputs with rows, all n of them.

    Returns
    -------
    dict from str to array
        The results for all rows.
    """
    rows = len(next(iter(data.values())))
    with np.errstate(all="ignore"):
        if rows <= CHUNK or not rows_stay_apart(compiled.program):
            return compiled.named({**given, **data})
        parts = [
            compiled.named({**given, **_rows_from(start, data)})
            for start in range(0, rows, CHUNK)
        ]
    return {
        key: _joined(node.shape, [part[key] for part in parts])
        for key, node in compiled.program.results.items()
    }


def _rows_from(start: int, data: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {key: array[start : start + CHUNK] for key, array in data.items()}


def _joined(sizes: Shape, parts: list[Any]) -> Any:
    axis = _row_axis(sizes)
    return parts[0] if axis is None else np.concatenate(parts, axis=axis)


def rows_stay_apart(program: Program) -> bool:
    """Tell whether each row of every result depends on that row of the inputs alone.

    A result without rows must depend on none. The answer errs on the safe side: of an
    operation that is not known here it is no.

    Parameters
    ----------
    program : Program
        What is calculated.
    """
    return all(_keeps_apart(node) for node in program.nodes)


def _keeps_apart(node: Node) -> bool:
    """Tell the same of one operation, given that its inputs do."""
    if sum(isinstance(size, Size) for size in node.shape) > 1:
        return False  # every row beside every other
    has_rows = _row_axis(node.shape) is not None
    if all(_row_axis(one.shape) is None for one in node.inputs):
        return (
            node.primitive in ALIKE if has_rows else node.primitive is not leaves.size
        )
    if not has_rows:
        return False  # reduced, or one row chosen
    rule = RULES.get(node.primitive)
    return node.primitive.elementwise if rule is None else rule(node)


def _row_axis(sizes: Shape) -> int | None:
    """Give the axis of the rows, None where there is none."""
    found = [at for at, size in enumerate(sizes) if isinstance(size, Size)]
    return found[0] if found else None


# Rules, for an operation on inputs with rows whose value has an axis of rows ----------


def _always(node: Node) -> bool:
    """Rows that were reduced, contracted or paired would show in the shape."""
    return True


def _along_apart(node: Node) -> bool:
    """See that the axis or axes that are run along are not that of the rows."""
    axis: int | tuple[int, ...] = node.attributes["axis"]
    return _row_axis(node.shape) not in (axis if isinstance(axis, tuple) else (axis,))


def _reshape_apart(node: Node) -> bool:
    """See that as many values stand before the rows as did: blocks stay whole."""
    return _before_rows(node.inputs[0].shape) == _before_rows(node.shape)


def _before_rows(sizes: Shape) -> int:
    """Multiply the sizes in front of the rows."""
    before = [size for size in sizes[: _row_axis(sizes)] if isinstance(size, int)]
    return math.prod(before)


def _einsum_apart(node: Node) -> bool:
    """One letter for all rows; with two, those of one operand would be summed."""
    terms = node.attributes["subscripts"].split("->")[0].split(",")
    letters = {
        term[axis]
        for term, one in zip(terms, node.inputs, strict=True)
        if (axis := _row_axis(one.shape)) is not None
    }
    return len(letters) == 1


def _index_apart(node: Node) -> bool:
    """See that the axis of rows is taken whole and in order; picks may have rows."""
    axis = _row_axis(node.inputs[0].shape)
    if axis is None:
        return True
    entry = [one for one in node.attributes["key"] if one is not None][axis]
    return (
        isinstance(entry, indexing.Slice)
        and entry.step in (None, 1)
        and node.inputs[0].shape[axis] in node.shape
    )


ALIKE = frozenset({leaves.input_, shape.broadcast_to})
"""What makes rows where there were none, each without regard to its number."""

RULES: Mapping[Primitive, Callable[[Node], bool]] = MappingProxyType(
    {
        reduction.sum_: _always,
        reduction.max_: _always,
        reduction.min_: _always,
        reduction.argmax: _always,
        reduction.argmin: _always,
        reduction.prod: _always,
        reduction.any_: _always,
        reduction.all_: _always,
        cumulative.cumsum: _along_apart,
        cumulative.cumprod: _along_apart,
        cumulative.recurrence: _along_apart,
        sorting.sort: _along_apart,
        sorting.argsort: _along_apart,
        sorting.take_along_axis: _along_apart,
        windows.windows: _along_apart,
        stable.logsumexp: _always,
        stable.softmax: _along_apart,
        shape.transpose: _always,
        shape.broadcast_to: _always,
        shape.reshape: _reshape_apart,
        shape.roll: _along_apart,
        shape.concatenate: _along_apart,
        product.matmul: _always,
        product.einsum: _einsum_apart,
        indexing.index: _index_apart,
    }
)
