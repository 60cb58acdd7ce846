"""Clipping: what a gradient may be at most, before the optimizer sees it.

A rule is a frozen record with two methods. ``shared(gradients)`` gives what all of them
share, from a list of all; ``clip(g, shared)`` gives what is left of one. Both are NumPy
and traced into the program of a training step.

``fit(clip=1.0)`` stands for ``ByGlobalNorm(1.0)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from glassprop.errors import ArgumentError
from glassprop.options import check_positive, is_number, refuse_class

NEEDED = ("shared", "clip")


class Clipping(Protocol):
    """What every rule has."""

    def shared(self, gradients: Sequence[Any]) -> Any:
        """Give what all gradients share."""

    def clip(self, g: Any, shared: Any) -> Any:
        """Give what is left of a gradient."""


@dataclass(frozen=True)
class ByGlobalNorm:
    """Scale all gradients down together, to a norm of at most `limit`.

    Their direction stays: each is multiplied by ``limit / max(norm, limit)``, the norm
    being over all entries of all of them (Pascanu, Mikolov and Bengio 2013, algorithm
    1). PyTorch's ``clip_grad_norm_`` adds 1e-6 to the norm.

    Parameters
    ----------
    limit : float
        The largest norm, above 0.

    Raises
    ------
    ArgumentError
        If `limit` is out of range.
    """

    limit: float

    def __post_init__(self) -> None:
        _check_limit(self)

    def shared(self, gradients: Sequence[Any]) -> Any:
        """Give the factor."""
        if not gradients:
            return 1.0
        squares = [np.sum(g * g) for g in gradients]
        norm = np.sqrt(sum(squares[1:], squares[0]))
        factor = self.limit / np.maximum(norm, self.limit)
        return factor  # noqa: RET504  # programs call the value by this name

    def clip(self, g: Any, shared: Any) -> Any:
        """Give the gradient times the factor."""
        clipped_d = g * shared
        return clipped_d  # noqa: RET504  # programs call the value by this name


@dataclass(frozen=True)
class ByNorm:
    """Scale the gradient of each parameter down, to a norm of at most `limit`.

    As `ByGlobalNorm`, each parameter by itself; Keras' ``clipnorm``.

    Parameters
    ----------
    limit : float
        The largest norm, above 0.

    Raises
    ------
    ArgumentError
        If `limit` is out of range.
    """

    limit: float

    def __post_init__(self) -> None:
        _check_limit(self)

    def shared(self, gradients: Sequence[Any]) -> Any:
        """Give nothing."""
        return None

    def clip(self, g: Any, shared: Any) -> Any:
        """Give the gradient, with a norm of at most the limit."""
        norm_d = np.sqrt(np.sum(g * g))
        clipped_d = g * (self.limit / np.maximum(norm_d, self.limit))
        return clipped_d  # noqa: RET504  # programs call the value by this name


@dataclass(frozen=True)
class ByValue:
    """Cut every entry of the gradients to ``[-limit, limit]``.

    Their direction may change. Keras' ``clipvalue``, PyTorch's ``clip_grad_value_``.

    Parameters
    ----------
    limit : float
        The largest size of an entry, above 0.

    Raises
    ------
    ArgumentError
        If `limit` is out of range.
    """

    limit: float

    def __post_init__(self) -> None:
        _check_limit(self)

    def shared(self, gradients: Sequence[Any]) -> Any:
        """Give nothing."""
        return None

    def clip(self, g: Any, shared: Any) -> Any:
        """Give the gradient, cut off at the limit."""
        clipped_d = np.minimum(np.maximum(g, -self.limit), self.limit)
        return clipped_d  # noqa: RET504  # programs call the value by this name


CLIPPINGS: Mapping[str, type[Any]] = MappingProxyType(
    {kind.__name__: kind for kind in (ByGlobalNorm, ByNorm, ByValue)}
)
"""Every rule by the name of its class, read-only."""


def get_clipping(spec: float | Clipping | None) -> Clipping | None:
    """Turn what a user wrote for ``clip`` into a rule.

    Parameters
    ----------
    spec : float, Clipping or None
        A number for `ByGlobalNorm`, a rule, or None for no clipping.

    Returns
    -------
    Clipping or None
        The rule.

    Raises
    ------
    ArgumentError
        If it is something else, or a number out of range.

    Examples
    --------
    >>> get_clipping(1.0)
    ByGlobalNorm(limit=1.0)
    """
    if spec is None:
        return None
    if is_number(spec) and 0 < spec < np.inf:
        return ByGlobalNorm(float(spec))
    refuse_class(spec, "a rule", where="clip: ", call="1.0")
    if all(callable(getattr(spec, name, None)) for name in NEEDED):
        rule: Any = spec
        found: Clipping = rule
        return found
    raise ArgumentError(
        "clip must be a finite number above 0, a rule such as "
        f"gp.clipping.ByValue(0.5), or None, got {spec!r}."
    )


def _check_limit(rule: ByGlobalNorm | ByNorm | ByValue) -> None:
    check_positive(f"clipping.{type(rule).__name__}", "limit", rule.limit)
    object.__setattr__(rule, "limit", float(rule.limit))
