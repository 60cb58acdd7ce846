"""Functions that NumPy lacks and networks need, in forms that cannot overflow.

Each works on plain arrays and in traced functions alike. They are rows of the table of
primitives with NumPy's way of writing an axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassprop.graph import normal_axes
from glassprop.ops import elementwise, stable


def sigmoid(z: Any) -> Any:
    """Give 1 / (1 + exp(-z)), between 0 and 1; its slope is a * (1 - a).

    Parameters
    ----------
    z : array of any shape
        The input.

    Returns
    -------
    array of the shape of z
        The value a.

    Examples
    --------
    >>> import glassprop as gp
    >>> float(gp.sigmoid(0.0)), float(gp.sigmoid(-800.0)) < 1e-300
    (0.5, True)
    """
    return stable.sigmoid(z)


def softplus(z: Any) -> Any:
    """Give log(1 + exp(z)), a smooth relu (Dugas et al. 2001); its slope is sigmoid.

    Parameters
    ----------
    z : array of any shape
        The input.

    Returns
    -------
    array of the shape of z
        The value.

    Examples
    --------
    >>> import glassprop as gp
    >>> float(gp.softplus(1000.0))
    1000.0
    """
    return stable.softplus(z)


def softmax(z: Any, axis: int | Sequence[int] | None = -1) -> Any:
    """Give exp(z) / sum(exp(z)): positive, of sum 1.

    Parameters
    ----------
    z : array of any shape
        Logits.
    axis : int, sequence of int or None
        What adds up to 1: the last axis; None for all.

    Returns
    -------
    array of the shape of z
        The chances.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> gp.softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    return stable.softmax(z, axis=normal_axes(axis, np.ndim(z), name="softmax"))


def log_softmax(z: Any, axis: int | Sequence[int] | None = -1) -> Any:
    """Give log(softmax(z)) = z - logsumexp(z), finite where softmax rounds to 0.

    Parameters
    ----------
    z : array of any shape
        Logits.
    axis : int, sequence of int or None
        What the chances add up to 1 over: the last axis; None for all.

    Returns
    -------
    array of the shape of z
        The logarithms of the chances.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> gp.log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    axes = normal_axes(axis, np.ndim(z), name="log_softmax")
    shifted = z - stop_gradient(np.max(z, axis=axes, keepdims=True))
    return shifted - stable.logsumexp(shifted, axis=axes, keepdims=True)


def logsumexp(
    z: Any, axis: int | Sequence[int] | None = None, *, keepdims: bool = False
) -> Any:
    """Give log(sum(exp(z))); its slope is softmax.

    Where every z is -inf the value is -inf, where one is inf it is inf; softmax has no
    value there, and the slope is NaN.

    Parameters
    ----------
    z : array of any shape
        Logits.
    axis : int, sequence of int or None
        What is summed; None for all.
    keepdims : bool
        Whether the summed axes stay, with size 1.

    Returns
    -------
    array
        The value, without the summed axes.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> float(gp.logsumexp(np.array([1000.0, -1000.0])))
    1000.0
    """
    axes = normal_axes(axis, np.ndim(z), name="logsumexp")
    return stable.logsumexp(z, axis=axes, keepdims=keepdims)


def erf(x: Any) -> Any:
    """Give the error function, 2 / sqrt(pi) times the integral of exp(-t**2) to x.

    In float64 it is exact to a relative 1e-15, in float32 to 1e-6, by the rational
    approximations of W. J. Cody (1969), "Rational Chebyshev approximations for the
    error function", Mathematics of Computation 23. The chance that a standard normal
    number is below z is ``(1 + erf(z / sqrt(2))) / 2``.

    Parameters
    ----------
    x : array of any shape
        The input.

    Returns
    -------
    array of the shape of x
        The value, between -1 and 1.

    Examples
    --------
    >>> import glassprop as gp
    >>> float(gp.erf(0.0)), float(gp.erf(10.0))
    (0.0, 1.0)
    """
    return stable.erf(x)


def stop_gradient(x: Any) -> Any:
    """Give x itself, as a value whose gradient is zero.

    Parameters
    ----------
    x : array of any shape
        The input.

    Returns
    -------
    array of the shape of x
        The same values.

    Examples
    --------
    >>> import glassprop as gp
    >>> float(gp.gradient(lambda x: x * gp.stop_gradient(x))(3.0))
    3.0
    """
    return elementwise.stop_gradient(x)
