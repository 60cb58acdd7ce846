"""Operators and methods of stand-ins, each through the NumPy function that it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def operator_pair(ufunc: np.ufunc) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Make an operator and its reflected form from a ufunc."""

    def forward(self: Any, other: Any) -> Any:
        return ufunc(self, other)

    def reflected(self: Any, other: Any) -> Any:
        return ufunc(other, self)

    return forward, reflected


def method_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method from the NumPy function of the same name."""

    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return function(self, *arguments, **keywords)

    method.__name__ = function.__name__
    method.__doc__ = f"Call np.{function.__name__} on the array."
    return method


class Operators:
    """NumPy's operators, each through its ufunc."""

    __slots__ = ()
    __add__, __radd__ = operator_pair(np.add)
    __sub__, __rsub__ = operator_pair(np.subtract)
    __mul__, __rmul__ = operator_pair(np.multiply)
    __truediv__, __rtruediv__ = operator_pair(np.divide)
    __pow__, __rpow__ = operator_pair(np.power)
    __floordiv__, __rfloordiv__ = operator_pair(np.floor_divide)
    __mod__, __rmod__ = operator_pair(np.remainder)
    __divmod__, __rdivmod__ = operator_pair(np.divmod)

    __neg__ = method_of(np.negative)
    __pos__ = method_of(np.positive)
    __abs__ = method_of(np.absolute)
