"""Activation functions, by name.

Each is a plain function of one array. The stable ones are rows of the table of
primitives; the others are written in NumPy here. A layer takes a name from
`ACTIVATIONS` or any function of the user's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from glassprop.errors import ArgumentError, did_you_mean, listing
from glassprop.functions import sigmoid, softmax, softplus
from glassprop.signatures import check_call

Activation: TypeAlias = Callable[[Any], Any]


def identity(z: Any) -> Any:
    """Give z itself: a layer without activation, whose slope is 1."""
    return z


def tanh(z: Any) -> Any:
    """Give the hyperbolic tangent, between -1 and 1; its slope is 1 - a * a."""
    return np.tanh(z)


def relu(z: Any) -> Any:
    """Give z where it is positive, else 0 (Nair and Hinton 2010)."""
    return np.maximum(z, 0)


def leaky_relu(z: Any) -> Any:
    """Give z where it is positive, else 0.01 * z (Maas, Hannun and Ng 2013)."""
    return np.where(z > 0, z, 0.01 * z)


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        function.__name__: function
        for function in (identity, sigmoid, tanh, relu, leaky_relu, softplus, softmax)
    }
)


def get_activation(spec: str | Activation | None) -> Activation:
    """Give the function for a name, a function, or None for the identity.

    Raises
    ------
    ArgumentError
        If there is no activation of that name, or a function takes other arguments.
    """
    if spec is None:
        return identity
    if callable(spec):
        check_call("activation", spec, ("z",))
        return spec
    if isinstance(spec, str) and spec in ACTIVATIONS:
        return ACTIVATIONS[spec]
    raise ArgumentError(
        f"unknown activation {spec!r}.{did_you_mean(str(spec), ACTIVATIONS)} Expected "
        f"{listing(ACTIVATIONS)}, or a function of one array."
    )


def activation_name(spec: str | Activation | None) -> str | None:
    """Give the name of an activation; None where there is none."""
    if spec is None or isinstance(spec, str):
        return spec
    return getattr(spec, "__name__", type(spec).__name__)
