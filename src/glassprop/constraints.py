"""Constraints: the values that a parameter may have, reached after every step.

A constraint is a function ``w -> w`` of one array in NumPy, which gives the value that
a parameter shall have for one that the optimizer gave; it is traced into the update of
a training step. ``gp.Parameter(shape, constraint=...)`` has one, and so has the weight
of ``gp.Dense(units, constraint=...)``.

Start values are left as they are given or drawn, as in Keras: the first step is what
brings a parameter inside. Averages of weights, `gp.optimizers.EMA` and `SWA`, are of
weights that were constrained each by itself (but for `SWA` with ``start=0``, which
counts the start values). They are inside `MaxNorm` and `NonNegative` as well; averages
of unit norm have a smaller norm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from glassprop.errors import ArgumentError, shape_text
from glassprop.options import check_positive, is_whole, refuse_class
from glassprop.signatures import check_call

Constraint: TypeAlias = Callable[[Any], Any]
Axis: TypeAlias = int | tuple[int, ...] | None


@dataclass(frozen=True)
class MaxNorm:
    """Scale down what has a larger norm than `limit` (Srivastava et al. 2014, 5.1).

    ``w * limit / max(norm, limit)``. What is inside keeps its bits; Keras divides by
    ``norm + 1e-7`` everywhere.

    Parameters
    ----------
    limit : float
        The largest norm, above 0.
    axis : int, tuple of int or None
        The axes that a norm is taken over: 0 for the inputs of each unit of a `Dense`;
        None for the whole array.

    Raises
    ------
    ArgumentError
        If an option is out of range.

    Examples
    --------
    >>> MaxNorm(5.0)(np.array([[3.0, 6.0], [4.0, 8.0]])).tolist()
    [[3.0, 3.0], [4.0, 4.0]]
    """

    limit: float = 3.0
    axis: Axis = 0

    def __post_init__(self) -> None:
        check_positive("constraints.MaxNorm", "limit", self.limit)
        _store_axis(self)

    def __call__(self, w: Any) -> Any:
        """Give w with no norm above the limit."""
        norm = _norm(self, w)
        return w * (self.limit / np.maximum(norm, self.limit))


@dataclass(frozen=True)
class NonNegative:
    """Put every negative entry to 0.

    Examples
    --------
    >>> NonNegative()(np.array([-1.0, 0.5])).tolist()
    [0.0, 0.5]
    """

    def __call__(self, w: Any) -> Any:
        """Give w with no entry below 0."""
        return np.maximum(w, 0)


@dataclass(frozen=True)
class UnitNorm:
    """Divide by the norm, so that it is 1; what is all zeros stays so.

    An average of such weights, by `gp.optimizers.EMA` or `SWA`, has a norm below 1
    unless they are all the same: its mean is of points on a sphere.

    Parameters
    ----------
    axis : int, tuple of int or None
        The axes that a norm is taken over: 0 for the inputs of each unit of a `Dense`;
        None for the whole array.

    Raises
    ------
    ArgumentError
        If an option is out of range.

    Examples
    --------
    >>> UnitNorm()(np.array([[3.0, 0.0], [4.0, 0.0]])).tolist()
    [[0.6, 0.0], [0.8, 0.0]]
    """

    axis: Axis = 0

    def __post_init__(self) -> None:
        _store_axis(self)

    def __call__(self, w: Any) -> Any:
        """Give w over its norm."""
        norm = _norm(self, w)
        return w / np.where(norm > 0, norm, 1.0)


CONSTRAINTS: Mapping[str, type[Any]] = MappingProxyType(
    {kind.__name__: kind for kind in (MaxNorm, NonNegative, UnitNorm)}
)
"""Every constraint by the name of its class, read-only."""


def get_constraint(spec: Any) -> Constraint | None:
    """Check what a user wrote for a constraint.

    Parameters
    ----------
    spec : callable or None
        A constraint, a function of one array, or None.

    Returns
    -------
    callable or None
        What was given.

    Raises
    ------
    ArgumentError
        If it cannot be called with one array.
    """
    if spec is None:
        return None
    refuse_class(spec, "a constraint", where="constraint: ")
    if not callable(spec):
        raise ArgumentError(
            "constraint: expected a constraint such as gp.constraints.MaxNorm(3.0), "
            f"a function w -> w, or None, got {spec!r}."
        )
    check_call("constraint", spec, ("w",), gives="w")
    found: Constraint = spec
    return found


def _norm(record: MaxNorm | UnitNorm, w: Any) -> Any:
    axis, count = record.axis, np.ndim(w)
    axes = axis if isinstance(axis, tuple) else () if axis is None else (axis,)
    if not all(-count <= one < count for one in axes):
        raise ArgumentError(
            f"constraints.{type(record).__name__}: axis={axis!r} is not an axis of a "
            f"parameter of shape {shape_text(np.shape(w))}. None takes the norm over "
            "all of it."
        )
    return np.sqrt(np.sum(w * w, axis=axis, keepdims=True))


def _store_axis(record: MaxNorm | UnitNorm) -> None:
    """Make the axis an int, a tuple of them or None, or refuse it."""
    axis: Any = record.axis
    several = isinstance(axis, tuple | list)
    axes = list(axis) if several else [] if axis is None else [axis]
    if not all(map(is_whole, axes)) or (several and not axes):
        raise ArgumentError(
            f"constraints.{type(record).__name__}: axis must be an integer, a tuple of "
            f"integers or None, got {axis!r}."
        )
    numbers = tuple(int(one) for one in axes)
    stored: Axis = numbers if several else numbers[0] if numbers else None
    object.__setattr__(record, "axis", stored)
