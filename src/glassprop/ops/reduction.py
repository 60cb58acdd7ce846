"""Reduction rows: one value from many, along some axes.

Axes arrive sorted and non-negative (`normal_axes`); an empty tuple reduces nothing. In
a VJP, ``g`` is the gradient with respect to the output, ``y`` the output, ``x`` the
input; `restored` gives a reduced array its lost axes back, so that it broadcasts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassprop.errors import ShapeError, shape_text
from glassprop.graph import Case, Primitive, Shape
from glassprop.ops.cumulative import product_of_others
from glassprop.ops.rules import (
    each_input_element,
    integer_dtype,
    same_dtype,
    total_dtype,
)

Axes = tuple[int, ...]


def reduced_shape(
    x: Any, axis: Axes, keepdims: bool = False, **_attributes: Any
) -> Shape:
    """Give the shape after the axes are reduced."""
    if keepdims:
        return tuple(1 if at in axis else size for at, size in enumerate(x.shape))
    return tuple(size for at, size in enumerate(x.shape) if at not in axis)


def restored(y: Any, x: Any, axis: Axes, keepdims: bool) -> Any:
    """Give a reduced array the axes back that reducing took, each of size 1."""
    return y if keepdims else np.expand_dims(y, axis)


def not_empty(x: Any, axis: Axes, keepdims: bool = False) -> Shape:
    """Shape rule of reductions that have no value for an empty axis."""
    if 0 in (x.shape[at] for at in axis):
        raise ShapeError(
            f"an array of shape {shape_text(x.shape)} has no largest or smallest "
            "value along an axis of size 0."
        )
    return reduced_shape(x, axis, keepdims)


def _extreme_vjp(g: Any, y: Any, x: Any, axis: Axes, keepdims: bool = False) -> Any:
    """Share the gradient equally between the elements that attain the extreme.

    An extreme that is NaN equals none of them: 0 / 0, the slopes are all NaN.
    """
    chosen = (x == restored(y, x, axis, keepdims)).astype(x.dtype)
    share = chosen / np.sum(chosen, axis=axis, keepdims=True)
    return restored(g, x, axis, keepdims) * share


def _reduction_cases(**more: Any) -> tuple[Case, ...]:
    return (
        Case(((3, 4),), {"axis": (0, 1), "keepdims": False, **more}),
        Case(((3, 4),), {"axis": (1,), "keepdims": False, **more}),
        Case(((3, 4),), {"axis": (0,), "keepdims": True, **more}),
        Case(((2, 3, 4),), {"axis": (0, 2), "keepdims": False, **more}),
        Case(((5,),), {"axis": (), "keepdims": False, **more}),
    )


sum_ = Primitive(
    name="sum",
    numpy=np.sum,
    shape=reduced_shape,
    dtype=total_dtype,
    vjps=(
        lambda g, y, x, axis, keepdims=False: np.broadcast_to(
            restored(g, x, axis, keepdims), x.shape
        ),
    ),
    cost=each_input_element,
    cases=_reduction_cases(),
)
max_ = Primitive(
    name="max",
    numpy=np.max,
    shape=not_empty,
    dtype=same_dtype,
    vjps=(_extreme_vjp,),
    cost=each_input_element,
    cases=_reduction_cases(),
)
min_ = Primitive(
    name="min",
    numpy=np.min,
    shape=not_empty,
    dtype=same_dtype,
    vjps=(_extreme_vjp,),
    cost=each_input_element,
    cases=_reduction_cases(),
)


def _prod_vjp(g: Any, y: Any, x: Any, axis: Axes, keepdims: bool = False) -> Any:
    """Give the product of all others: right where values are 0, to any order."""
    g = restored(g, x, axis, keepdims)
    for one in axis:
        g = g * product_of_others(x, one)
        x = np.prod(x, axis=one, keepdims=True)
    return g


prod = Primitive(
    name="prod",
    numpy=np.prod,
    shape=reduced_shape,
    dtype=total_dtype,
    vjps=(_prod_vjp,),
    cost=each_input_element,
    cases=_reduction_cases(),
)


def _truth(function: Any) -> Primitive:
    """Make the row of np.any or np.all; what is not 0 counts as true, NaN too."""
    return Primitive(
        name=function.__name__,
        numpy=function,
        shape=reduced_shape,
        dtype=lambda x, **_attributes: np.dtype(bool),
        cost=each_input_element,
        cases=(
            *_reduction_cases(),
            Case(((3, 4),), {"axis": (1,), "keepdims": False}, kinds="b"),
        ),
    )


any_ = _truth(np.any)
all_ = _truth(np.all)


def _position_shape(x: Any, axis: int | None, keepdims: bool = False) -> Shape:
    axes = tuple(range(len(x.shape))) if axis is None else (axis,)
    return not_empty(x, axes, keepdims)


def _position(function: Any) -> Primitive:
    """Make the row of np.argmax or np.argmin."""
    return Primitive(
        name=function.__name__,
        numpy=function,
        shape=_position_shape,
        dtype=integer_dtype,
        cost=each_input_element,
        cases=(
            Case(((3, 4),), {"axis": 1, "keepdims": False}),
            Case(((3, 4),), {"axis": 0, "keepdims": True}),
            Case(((3, 4),), {"axis": None, "keepdims": False}),
        ),
    )


argmax = _position(np.argmax)
argmin = _position(np.argmin)
