"""Activation functions, by name.

Each is a plain function of one array. The stable ones are rows of the table of
primitives; the others are written in NumPy here. A layer takes a name from
`ACTIVATIONS` or any function of the user's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from glassprop.errors import ArgumentError, did_you_mean, listing
from glassprop.functions import erf, log_softmax, sigmoid, softmax, softplus
from glassprop.signatures import check_call

Activation: TypeAlias = Callable[[Any], Any]

# lambda_01 and alpha_01 of Klambauer et al. (2017), with all digits.
SELU_SCALE = 1.0507009873554804934
SELU_ALPHA = 1.6732632423543772848


def identity(z: Any) -> Any:
    """Give z itself: a layer without activation, whose slope is 1."""
    return z


def hard_sigmoid(z: Any) -> Any:
    """Give relu6(z + 3) / 6, a sigmoid of straight lines (Howard et al. 2019).

    As in PyTorch and Keras 3; older ones, and Courbariaux et al. (2015), cut
    ``0.2 * z + 0.5`` off at 0 and 1. The slope is 1 / 6 between -3 and 3, else 0.
    """
    return relu6(z + 3) / 6


def tanh(z: Any) -> Any:
    """Give the hyperbolic tangent, between -1 and 1; its slope is 1 - a * a."""
    return np.tanh(z)


def softsign(z: Any) -> Any:
    """Give z / (1 + abs(z)), between -1 and 1 (Bergstra et al. 2009).

    It nears its ends more slowly than tanh does; see Glorot and Bengio (2010).
    """
    return z / (1 + np.abs(z))


def relu(z: Any) -> Any:
    """Give z where it is positive, else 0 (Nair and Hinton 2010)."""
    return np.maximum(z, 0)


def relu6(z: Any) -> Any:
    """Give relu(z), but 6 at most (Krizhevsky 2010, "Convolutional deep belief ...").

    The slope is 0 at both corners, 0 and 6.
    """
    return np.minimum(np.maximum(z, 0), 6)


def leaky_relu(z: Any) -> Any:
    """Give z where it is positive, else 0.01 * z (Maas, Hannun and Ng 2013)."""
    return np.where(z > 0, z, 0.01 * z)


def elu(z: Any) -> Any:
    """Give z where it is positive, else exp(z) - 1 (Clevert et al. 2016, alpha = 1)."""
    return np.where(z > 0, z, np.expm1(np.where(z > 0, 0, z)))


def selu(z: Any) -> Any:
    """Give 1.0507 * z where z is positive, else 1.7581 * (exp(z) - 1).

    Klambauer, Unterthiner, Mayr and Hochreiter (2017), equation 2: with these two
    numbers, and weights as `lecun_normal` draws them, layers keep mean 0 and variance
    1. The slope at 0 is that of the left side, as in PyTorch.
    """
    exponential = np.expm1(np.where(z > 0, 0, z))
    return SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * exponential)


def gelu(z: Any) -> Any:
    """Give z times the chance that a standard normal number is below z.

    Hendrycks and Gimpel (2016), section 2: ``z * (1 + erf(z / sqrt(2))) / 2``, what
    PyTorch and Keras call gelu. `gelu_tanh` is the paper's approximation of it.
    """
    return 0.5 * z * (1 + erf(z / math.sqrt(2)))


def gelu_tanh(z: Any) -> Any:
    """Give gelu by a tanh: 0.5 * z * (1 + tanh(sqrt(2 / pi) * (z + 0.044715 z**3))).

    Hendrycks and Gimpel (2016), section 2; ``approximate="tanh"`` in PyTorch,
    ``approximate=True`` in Keras, and what jax.nn.gelu gives unless told otherwise. It
    is within 0.0005 of `gelu`.
    """
    c = np.clip(z, -10, 10)  # beyond, tanh is 1 to all digits
    return 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (c + 0.044715 * c * c * c)))


def silu(z: Any) -> Any:
    """Give z * sigmoid(z) (Elfwing, Uchibe and Doya 2018), also known as swish.

    Ramachandran, Zoph and Le (2017) call ``z * sigmoid(beta * z)`` swish; beta is 1
    here, as in PyTorch and Keras.
    """
    return z * sigmoid(z)


def mish(z: Any) -> Any:
    """Give z * tanh(softplus(z)) (Misra 2019)."""
    return z * np.tanh(softplus(z))


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        function.__name__: function
        for function in (
            identity,
            sigmoid,
            hard_sigmoid,
            tanh,
            softsign,
            relu,
            relu6,
            leaky_relu,
            elu,
            selu,
            gelu,
            gelu_tanh,
            silu,
            mish,
            softplus,
            softmax,
            log_softmax,
        )
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
    hint = did_you_mean(str(spec), ACTIVATIONS)
    if str(spec).casefold() == "prelu":
        hint = " Its slope is learned, so it is a layer: put gp.PReLU() after this one."
    raise ArgumentError(
        f"unknown activation {spec!r}.{hint} Expected "
        f"{listing(ACTIVATIONS)}, or a function of one array."
    )


def activation_name(spec: str | Activation | None) -> str | None:
    """Give the name of an activation; None where there is none."""
    if spec is None or isinstance(spec, str):
        return spec
    return getattr(spec, "__name__", type(spec).__name__)
