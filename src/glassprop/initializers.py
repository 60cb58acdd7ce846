"""First values of the parameters: ``(rng, shape, dtype) -> array``.

An initializer takes a ``numpy.random.Generator``, a shape and a dtype, and gives an
array. It draws in float64 and casts once, so a float32 and a float64 network of one
seed start alike. Each is a frozen record in lower case, as `functools.partial` is:
``normal(stddev=0.1)`` is at once the name in the registry, the call that makes it,
and what is printed. Its fields are numbers, so name and fields describe it in a file.

Every record also gives ``moments(shape)``, the mean and the variance that it draws
with; the tests hold its draws to them.

The papers: X. Glorot and Y. Bengio (2010), "Understanding the difficulty of training
deep feedforward neural networks", AISTATS. K. He, X. Zhang, S. Ren and J. Sun (2015),
"Delving deep into rectifiers: surpassing human-level performance on ImageNet
classification", ICCV. Y. LeCun, L. Bottou, G. B. Orr and K.-R. Mueller (1998),
"Efficient backprop", in Neural networks: tricks of the trade. G. Klambauer, T.
Unterthiner, A. Mayr and S. Hochreiter (2017), "Self-normalizing neural networks",
NIPS.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from glassprop.errors import ArgumentError
from glassprop.options import is_number, refuse_class
from glassprop.registries import by_name, needed
from glassprop.signatures import check_call

Shape = tuple[int, ...]
Array = npt.NDArray[Any]

RECTIFIERS = frozenset(
    {
        *("relu", "relu6", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "mish"),
        "softplus",
    }
)
"""Activations that are a line to the right and about flat to the left: they get He."""


class Initializer(Protocol):
    """What a layer asks of an initializer; any function of this form will do."""

    def __call__(
        self, rng: np.random.Generator, shape: Shape, dtype: npt.DTypeLike
    ) -> Array:
        """Give an array of that shape and dtype."""
        ...


def fans(shape: Shape) -> tuple[int, int]:
    """Count the inputs and outputs of one weight array.

    Parameters
    ----------
    shape : tuple of int
        ``(in, out)`` for a matrix. With more axes the last two are the input and output
        channels and all before them the receptive field, whose size multiplies both.
        A vector ``(in,)`` has one output, as in ``x @ w``; ``()`` is one weight.

    Returns
    -------
    fan_in : int
        The inputs of one output, at least 1, so that an array without elements needs no
        special case.
    fan_out : int
        The outputs of one input, at least 1.

    Notes
    -----
    For a vector Keras counts ``(n, n)``, and PyTorch refuses.

    Examples
    --------
    >>> fans((64, 10)), fans((3, 3, 8, 16)), fans((5,))
    ((64, 10), (72, 144), (5, 1))
    """
    field = math.prod(shape[:-2])
    fan_in = shape[-2] if len(shape) > 1 else math.prod(shape)
    fan_out = shape[-1] if len(shape) > 1 else 1
    return max(1, field * fan_in), max(1, field * fan_out)


class _Record(Protocol):
    """A record of this file that knows its mean and variance."""

    def moments(self, shape: Shape) -> tuple[float, float]: ...


def _draw_normal(
    self: _Record, rng: np.random.Generator, shape: Shape, dtype: npt.DTypeLike
) -> Array:
    """Draw from a normal distribution with the record's moments."""
    mean, variance = self.moments(shape)
    return rng.normal(mean, math.sqrt(variance), shape).astype(dtype)


def _draw_uniform(
    self: _Record, rng: np.random.Generator, shape: Shape, dtype: npt.DTypeLike
) -> Array:
    """Draw evenly around 0: the width ``+-h`` has the variance ``h**2 / 3``."""
    _, variance = self.moments(shape)
    half_width = math.sqrt(3 * variance)
    return rng.uniform(-half_width, half_width, shape).astype(dtype)


@dataclass(frozen=True)
class normal:
    """Draw from a normal distribution of a given mean and width.

    Parameters
    ----------
    stddev : float, default 0.05
        The standard deviation, 0 or more. The default is small, so that sigmoid and
        tanh begin in their middle, where they are steepest.
    mean : float, default 0.0
        The mean.

    Raises
    ------
    ArgumentError
        If `stddev` is negative, or a number is not finite.
    """

    stddev: float = 0.05
    mean: float = 0.0

    def __post_init__(self) -> None:
        _store_floats(self)
        if self.stddev < 0:
            raise ArgumentError(
                f"initializers.normal: expected stddev to be 0 or more, got "
                f"{self.stddev!r}. Use normal(stddev={-self.stddev!r})."
            )

    def moments(self, shape: Shape) -> tuple[float, float]:
        """Give the mean and the variance for a shape."""
        return self.mean, self.stddev**2

    __call__ = _draw_normal


@dataclass(frozen=True)
class uniform:
    """Draw evenly between two numbers.

    Parameters
    ----------
    low, high : float, default -0.05 and 0.05
        The ends; `low` may be drawn, `high` only by rounding.

    Raises
    ------
    ArgumentError
        If `low` is above `high`, or a number is not finite.
    """

    low: float = -0.05
    high: float = 0.05

    def __post_init__(self) -> None:
        _store_floats(self)
        if self.low > self.high:
            raise ArgumentError(
                f"initializers.uniform: expected low <= high, got low={self.low!r}, "
                f"high={self.high!r}. Use uniform(low={self.high!r}, "
                f"high={self.low!r})."
            )

    def moments(self, shape: Shape) -> tuple[float, float]:
        """Give the mean and the variance for a shape."""
        return (self.low + self.high) / 2, (self.high - self.low) ** 2 / 12

    def __call__(
        self, rng: np.random.Generator, shape: Shape, dtype: npt.DTypeLike
    ) -> Array:
        """Draw an array."""
        return rng.uniform(self.low, self.high, shape).astype(dtype)


@dataclass(frozen=True)
class glorot_normal:
    """Draw from a normal distribution of variance ``2 / (fan_in + fan_out)``.

    Glorot and Bengio (2010), equation 12: the compromise between keeping the size of
    the values on the way forward (``1 / fan_in``) and that of the gradients on the way
    back (``1 / fan_out``).
    """

    def moments(self, shape: Shape) -> tuple[float, float]:
        """Give the mean and the variance for a shape."""
        return 0.0, 2 / sum(fans(shape))

    __call__ = _draw_normal


@dataclass(frozen=True)
class glorot_uniform:
    """Draw evenly within ``+-sqrt(6 / (fan_in + fan_out))``.

    Glorot and Bengio (2010), equation 16. The variance is that of `glorot_normal`.
    """

    def moments(self, shape: Shape) -> tuple[float, float]:
        """Give the mean and the variance for a shape."""
        return 0.0, 2 / sum(fans(shape))

    __call__ = _draw_uniform


@dataclass(frozen=True)
class he_normal:
    """Draw from a normal distribution of variance ``2 / fan_in``.

    He et al. (2015), equation 10. A relu sets half of its inputs to 0 and so halves
    their mean square; the 2 makes up for it. Equation 14, with ``fan_out``, does the
    same for the gradients; as the paper shows, either alone is enough.
    """

    def moments(self, shape: Shape) -> tuple[float, float]:
        """Give the mean and the variance for a shape."""
        return 0.0, 2 / fans(shape)[0]

    __call__ = _draw_normal


@dataclass(frozen=True)
class he_uniform:
    """Draw evenly within ``+-sqrt(6 / fan_in)``.

    The variance is that of `he_normal`, He et al. (2015), equation 10; the paper itself
    draws from a normal distribution.
    """

    def moments(self, shape: Shape) -> tuple[float, float]:
        """Give the mean and the variance for a shape."""
        return 0.0, 2 / fans(shape)[0]

    __call__ = _draw_uniform


@dataclass(frozen=True)
class lecun_normal:
    """Draw from a normal distribution of variance ``1 / fan_in``.

    LeCun, Bottou, Orr and Mueller (1998), equation 16: sums of inputs of variance 1
    have variance 1. What `selu` asks for (Klambauer et al. 2017, section 2).
    """

    def moments(self, shape: Shape) -> tuple[float, float]:
        """Give the mean and the variance for a shape."""
        return 0.0, 1 / fans(shape)[0]

    __call__ = _draw_normal


@dataclass(frozen=True)
class zeros:
    """Give zeros: for biases. Weights that are all equal never become different."""

    def moments(self, shape: Shape) -> tuple[float, float]:
        """Give the mean and the variance for a shape."""
        return 0.0, 0.0

    def __call__(
        self, rng: np.random.Generator, shape: Shape, dtype: npt.DTypeLike
    ) -> Array:
        """Make an array; nothing is drawn."""
        return np.zeros(shape, dtype)


@dataclass(frozen=True)
class constant:
    """Give one number everywhere.

    Parameters
    ----------
    value : float
        The number.

    Raises
    ------
    ArgumentError
        If `value` is not finite.
    """

    value: float = needed(0.1)

    def __post_init__(self) -> None:
        _store_floats(self)

    def moments(self, shape: Shape) -> tuple[float, float]:
        """Give the mean and the variance for a shape."""
        return self.value, 0.0

    def __call__(
        self, rng: np.random.Generator, shape: Shape, dtype: npt.DTypeLike
    ) -> Array:
        """Make an array; nothing is drawn."""
        return np.full(shape, self.value, dtype)


_RECORDS = (
    normal,
    uniform,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    zeros,
    constant,
)

INITIALIZERS: Mapping[str, Callable[..., Initializer]] = MappingProxyType(
    {record.__name__: record for record in _RECORDS}
)
"""Every initializer by its name, read-only."""


def get_initializer(spec: str | float | Initializer) -> Initializer:
    """Turn what a user wrote for an initializer into one.

    Parameters
    ----------
    spec : str, float or callable
        A name of `INITIALIZERS` whose fields all have defaults, a number (`constant`),
        an initializer, or a function ``(rng, shape, dtype) -> array``.

    Returns
    -------
    Initializer
        The initializer; a function is given back as it is.

    Raises
    ------
    ArgumentError
        If the name is unknown or needs a number, a function takes other arguments, or
        `spec` is something else.

    Examples
    --------
    >>> get_initializer("he_normal"), get_initializer(0.5)
    (he_normal(), constant(value=0.5))
    """
    if isinstance(spec, str):
        return by_name("initializer", INITIALIZERS, spec)
    refuse_class(spec, "an initializer", where="initializer: ", call="...")
    if is_number(spec):
        return constant(float(spec))
    if callable(spec):
        check_call("initializer", spec, ("rng", "shape", "dtype"), gives="array")
        return spec
    raise ArgumentError(
        f"initializer: expected a name, a number, an initializer or a function "
        f"(rng, shape, dtype) -> array, got {spec!r}. The names: "
        f"{', '.join(INITIALIZERS)}."
    )


def not_finite(array: Array) -> str | None:
    """Say where the first value that is not finite stands: ``NaN at position (0, 2)``.

    Parameters
    ----------
    array : array
        Numbers.

    Returns
    -------
    str or None
        None where all are finite.
    """
    wrong = np.argwhere(~np.isfinite(array))
    if not len(wrong):
        return None
    place = tuple(int(one) for one in wrong[0])
    word = "NaN" if np.isnan(array[place]) else "infinity"
    return f"{word} at position {place}" if place else word


def default_initializer(activation: str | None) -> Initializer:
    """Choose the initializer of a weight by the activation that follows it.

    Parameters
    ----------
    activation : str or None
        The activation's name; None where there is none or it has no name.

    Returns
    -------
    Initializer
        `he_normal` for `RECTIFIERS`, `lecun_normal` for selu, `glorot_uniform` for all
        others.

    Notes
    -----
    Glorot's derivation takes the activation to be near the identity, which tanh is
    around 0 and a linear output is. He's accounts for the half that a relu cuts off;
    leaky_relu with its small slope ``a`` differs by a factor ``1 + a**2`` only (He et
    al. 2015, equation 15). Softplus is a smoothed relu: for inputs that are normal with
    variance 1 its squared slope is 0.293 on average. Weights of variance ``1 / fan_in``
    multiply the variance of the gradients by that in every layer; those of
    ``2 / fan_in`` by twice that at first, and by more as the values grow. Elu, gelu,
    silu and mish lie around the 1 / 2 of relu, with squared slopes from 0.38 to 0.67.
    Selu is scaled to keep the variance by itself, with ``1 / fan_in``.
    """
    if activation == "selu":
        return lecun_normal()
    return he_normal() if activation in RECTIFIERS else glorot_uniform()


def _store_floats(record: Any) -> None:
    """Make every field a float, or refuse what is not a finite real number."""
    name = type(record).__name__
    for field in fields(record):
        value = getattr(record, field.name)
        if not is_number(value) or not math.isfinite(value):
            raise ArgumentError(
                f"initializers.{name}: expected {field.name} to be a finite number, "
                f"got {value!r}. Pass a float such as 0.1."
            )
        object.__setattr__(record, field.name, float(value))
