"""Sorting rows: values in order, the order itself, and values picked by it.

In a VJP, ``g`` is the gradient with respect to the output, ``y`` the output, ``x`` the
input. Among equal values the order, and so the slope of each, is NumPy's choice; where
two values meet, sorting has a kink.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, shape_text
from glassprop.graph import Case, Dimension, Primitive, Shape, broadcast
from glassprop.ops.rules import (
    each_input_element,
    integer_dtype,
    no_cost,
    same_dtype,
    same_shape,
)

COMPARISONS = 10.0  # operations, roughly, that sorting does for one element


def _sort_cost(value: Any, *_inputs: Any, **_attributes: Any) -> float:
    return float(COMPARISONS * math.prod(value.shape))


AXIS_CASES = (
    Case(((7,),), {"axis": 0}),
    Case(((3, 4),), {"axis": 1}),
    Case(((3, 4, 2),), {"axis": 0}),
)

# A row, and not values picked by argsort: NumPy sorts several times faster than it
# finds the order, which only the gradient needs.
sort = Primitive(
    name="sort",
    numpy=np.sort,
    shape=same_shape,
    dtype=same_dtype,
    vjps=(
        # Where x went is the inverse of where y came from: the order of the order.
        lambda g, y, x, axis: np.take_along_axis(
            g, np.argsort(np.argsort(x, axis=axis), axis=axis), axis=axis
        ),
    ),
    cost=_sort_cost,
    cases=AXIS_CASES,
)

# A row: an order cannot be calculated from others.
argsort = Primitive(
    name="argsort",
    numpy=np.argsort,
    shape=same_shape,
    dtype=integer_dtype,
    cost=_sort_cost,
    cases=(*AXIS_CASES, Case(((3, 4),), {"axis": 1, "stable": True})),
)


def _along_shape(x: Any, indices: Any, axis: int) -> Shape:
    if len(x.shape) != len(indices.shape):
        raise ShapeError(
            "np.take_along_axis: the array and the indices must have one number of "
            f"dimensions, got {shape_text(x.shape)} and {shape_text(indices.shape)}."
        )
    rest = broadcast(_without(x.shape, axis), _without(indices.shape, axis))
    return _with(rest, axis, indices.shape[axis])


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :])


def _with(shape: Shape, axis: int, size: Dimension) -> Shape:
    return (*shape[:axis], size, *shape[axis:])


def _along_vjp(g: Any, y: Any, x: Any, indices: Any, axis: int) -> Any:
    shape = _with(_without(y.shape, axis), axis, x.shape[axis])
    return add_along_axis(g, indices, shape=shape, axis=axis)


# A row, and not an index: along the rows of a batch no plain array can count the rows.
take_along_axis = Primitive(
    name="take_along_axis",
    numpy=np.take_along_axis,
    shape=_along_shape,
    dtype=same_dtype,
    vjps=(_along_vjp, None),
    cost=no_cost,
    cases=(
        Case(((3, 4), (3, 2)), {"axis": 1}, high=3, kinds="fi"),
        Case(((3, 4), (5, 4)), {"axis": 0}, high=3, kinds="fi"),
        Case(((1, 4), (3, 2)), {"axis": 1}, high=3, kinds="fi"),
        Case(((3, 4), (1, 2)), {"axis": 1}, high=3, kinds="fi"),
        Case(((5,), (3,)), {"axis": 0}, high=5, kinds="fi"),
    ),
)


def _add_along_axis(g: Any, indices: Any, shape: Any, axis: Any) -> Any:
    """Give zeros of a shape with g added at indices along an axis."""
    total = np.zeros(shape, g.dtype)
    places = list(np.ogrid[tuple(slice(size) for size in shape)])
    places[axis] = indices
    np.add.at(total, tuple(places), g)
    return total


# The gradient of take_along_axis.
add_along_axis = Primitive(
    name="add_along_axis",
    numpy=_add_along_axis,
    shape=lambda g, indices, shape, axis: shape,
    dtype=same_dtype,
    vjps=(
        lambda g, y, part, indices, shape, axis: np.take_along_axis(
            g, indices, axis=axis
        ),
        None,
    ),
    cost=each_input_element,
    cases=(
        Case(((3, 2), (3, 2)), {"shape": (3, 4), "axis": 1}, high=4, kinds="fi"),
        Case(((3, 2), (1, 2)), {"shape": (3, 4), "axis": 1}, high=4, kinds="fi"),
        Case(((5,), (5,)), {"shape": (2,), "axis": 0}, high=2, kinds="fi"),
    ),
)


def _positions_shape(a: Any, v: Any, side: str = "left") -> Shape:
    if len(a.shape) != 1:
        raise ShapeError(
            "np.searchsorted: the sorted values must have one dimension, got shape "
            f"{shape_text(a.shape)}."
        )
    shape: Shape = v.shape
    return shape


def _first_sorted(drawn: Sequence[Any]) -> Sequence[Any]:
    """Sort the values that are searched; among others any answer is as good."""
    return [np.sort(drawn[0]), *drawn[1:]]


# A row: comparing each with each, the composed form, takes memory for all the pairs.
searchsorted = Primitive(
    name="searchsorted",
    numpy=np.searchsorted,
    shape=_positions_shape,
    dtype=integer_dtype,
    cost=_sort_cost,
    cases=(
        Case(((5,), (3, 4)), {"side": "left"}, prepare=_first_sorted),
        Case(((5,), ()), {"side": "right"}, prepare=_first_sorted),
    ),
)
