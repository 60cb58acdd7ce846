"""Shape and dtype rules, costs and test cases that rows of several families share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from glassprop.graph import Case, DType, Shape, broadcast


def broadcast_shape(*inputs: Any, **_attributes: Any) -> Shape:
    """Give the shape of an elementwise operation."""
    return broadcast(*(one.shape for one in inputs))


def same_shape(x: Any, *_inputs: Any, **_attributes: Any) -> Shape:
    """Give the shape of the first input."""
    shape: Shape = x.shape
    return shape


def same_dtype(x: Any, *_inputs: Any, **_attributes: Any) -> DType:
    """Give the dtype of the first input."""
    dtype: DType = np.dtype(x.dtype)
    return dtype


def common_dtype(*inputs: Any, **_attributes: Any) -> DType:
    """Give the dtype that all inputs promote to."""
    dtype: DType = np.result_type(*(one.dtype for one in inputs))
    return dtype


def integer_dtype(*_inputs: Any, **_attributes: Any) -> DType:
    """Give the dtype of positions and counts."""
    return np.dtype(np.int64)


def float_dtype(x: Any, **_attributes: Any) -> DType:
    """Give the dtype of ``x * 0.5``: float64 for integers and booleans."""
    return np.dtype(np.result_type(x.dtype, 0.5))


def total_dtype(x: Any, **_attributes: Any) -> DType:
    """Give the dtype of sums and products: small integers become large ones."""
    if x.dtype.kind == "f" or x.dtype.itemsize == 8:
        return same_dtype(x)
    return np.dtype(np.uint64 if x.dtype.kind == "u" else np.int64)


def ufunc_dtype(ufunc: np.ufunc) -> Callable[..., DType]:
    """Ask the ufunc itself which dtype it gives."""

    def dtype(*inputs: Any, **_attributes: Any) -> DType:
        asked = (*(one.dtype for one in inputs), *[None] * ufunc.nout)
        return np.dtype(ufunc.resolve_dtypes(asked)[-1])

    return dtype


def python_dtype(kind: type) -> Any:
    """Give what NumPy asks for in the place of a Python number's dtype."""
    return np.dtype(bool) if kind is bool else kind


def promoted(asked: Iterable[Any]) -> DType:
    """Give the dtype that dtypes and `python_dtype` of numbers promote to."""
    examples = (one(0) if isinstance(one, type) else one for one in asked)
    return np.dtype(np.result_type(*examples))


def each_element(weight: float) -> Callable[..., float]:
    """Cost of an elementwise row that does `weight` operations an element."""

    def cost(value: Any, *_inputs: Any, **_attributes: Any) -> float:
        return float(weight * math.prod(value.shape))

    return cost


def each_input_element(_value: Any, *inputs: Any, **_attributes: Any) -> float:
    """Cost of a row that visits every element of its inputs once."""
    return float(sum(math.prod(one.shape) for one in inputs))


def no_cost(*_arguments: Any, **_attributes: Any) -> float:
    """Cost of a row that does no arithmetic."""
    return 0.0


def unary_cases(low: float = -2.0, high: float = 2.0) -> tuple[Case, ...]:
    """Cases of an elementwise row of one input, drawn from [low, high)."""
    shapes = ((), (4,), (3, 4))
    return tuple(Case((shape,), low=low, high=high) for shape in shapes)


def binary_cases(low: float = -2.0, high: float = 2.0) -> tuple[Case, ...]:
    """Cases of an elementwise row of two inputs, broadcast in every way."""
    pairs = (
        ((), ()),
        ((3, 4), (3, 4)),
        ((3, 4), (4,)),
        ((3, 1), (1, 4)),
        ((), (3, 4)),
    )
    return tuple(Case(pair, low=low, high=high) for pair in pairs)
