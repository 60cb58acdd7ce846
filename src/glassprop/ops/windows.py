"""Window rows: every part of an array that a window of one size can show.

``windows`` looks, ``add_windows``, its gradient, lays parts back and adds where they
overlap. Both work on several axes at once; the axes that count places stay where they
were, the axes of the window come last.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassprop.errors import ShapeError, shape_text
from glassprop.graph import Case, Primitive, Shape, Size
from glassprop.ops.rules import each_input_element, no_cost, same_dtype

Axes = tuple[int, ...]


def _windows_shape(x: Any, window_shape: tuple[int, ...], axis: Axes) -> Shape:
    sizes = list(x.shape)
    for size, at in zip(window_shape, axis, strict=True):
        whole = sizes[at]
        if isinstance(whole, Size):
            raise ShapeError(
                "sliding_window_view: a window cannot slide along the rows of a "
                "batch: how many places there are would depend on n. Slide along "
                "another axis, or make the windows before the call."
            )
        if not 0 <= size <= whole:
            raise ShapeError(
                f"sliding_window_view: a window of {size} does not fit axis {at} of "
                f"{shape_text(x.shape)}; it can have 0 to {whole} values."
            )
        sizes[at] = whole - size + 1
    return (*sizes, *window_shape)


def _windows_vjp(g: Any, y: Any, x: Any, window_shape: Any, axis: Axes) -> Any:
    return add_windows(g, shape=x.shape, axis=axis)


# A row, and not an index: NumPy's view takes no memory, and its gradient adds a whole
# array for each place of the window, where an index would add number by number.
windows = Primitive(
    name="windows",
    numpy=np.lib.stride_tricks.sliding_window_view,
    shape=_windows_shape,
    dtype=same_dtype,
    vjps=(_windows_vjp,),
    cost=no_cost,
    cases=(
        Case(((7,),), {"window_shape": (3,), "axis": (0,)}),
        Case(((2, 5, 6),), {"window_shape": (2, 3), "axis": (1, 2)}),
        Case(((4, 3, 5),), {"window_shape": (2, 3), "axis": (2, 0)}),
        Case(((3, 4),), {"window_shape": (1,), "axis": (1,)}),
    ),
)


def _add_windows(g: Any, shape: Any, axis: Any) -> Any:
    """Lay windows back into zeros of a shape; where they overlap, they are added."""
    total = np.zeros(shape, g.dtype)
    for place in np.ndindex(*g.shape[len(shape) :]):
        part = [slice(None)] * len(shape)
        for at, start in zip(axis, place, strict=True):
            part[at] = slice(start, start + g.shape[at])
        total[tuple(part)] += g[(..., *place)]
    return total


add_windows = Primitive(
    name="add_windows",
    numpy=_add_windows,
    shape=lambda g, shape, axis: shape,
    dtype=same_dtype,
    vjps=(
        lambda g, y, parts, shape, axis: windows(
            g, window_shape=parts.shape[len(shape) :], axis=axis
        ),
    ),
    cost=each_input_element,
    cases=(
        Case(((5, 3),), {"shape": (7,), "axis": (0,)}),
        Case(((2, 4, 4, 2, 3),), {"shape": (2, 5, 6), "axis": (1, 2)}),
    ),
)
