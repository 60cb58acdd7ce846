"""Losses of numbers: one for each output, or a direction, or a rate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassprop.functions import stop_gradient


def half_squared_error(output: Any, y: Any) -> Any:
    """Give half the sum over outputs of the squared error: its slope is the error.

    Parameters
    ----------
    output, y : array of shape (n, ...)
        What the network gives, and what it should give.

    Returns
    -------
    array of shape (n,)
        ``sum((output - y)**2) / 2`` of each row.
    """
    error = output - y
    return 0.5 * np.sum(error * error, axis=sample_axes(output))


def mean_squared_error(output: Any, y: Any) -> Any:
    """Give the mean over outputs of the squared error.

    Parameters
    ----------
    output, y : array of shape (n, ...)
        What the network gives, and what it should give.

    Returns
    -------
    array of shape (n,)
        ``mean((output - y)**2)`` of each row.
    """
    error = output - y
    return np.mean(error * error, axis=sample_axes(output))


def mean_absolute_error(output: Any, y: Any) -> Any:
    """Give the mean over outputs of the absolute error; its slope at 0 is 0.

    Parameters
    ----------
    output, y : array of shape (n, ...)
        What the network gives, and what it should give.

    Returns
    -------
    array of shape (n,)
        ``mean(abs(output - y))`` of each row.
    """
    error = output - y
    return np.mean(np.abs(error), axis=sample_axes(output))


def huber(output: Any, y: Any) -> Any:
    """Give half the squared error up to 1, and from there a straight line.

    Parameters
    ----------
    output, y : array of shape (n, ...)
        What the network gives, and what it should give.

    Returns
    -------
    array of shape (n,)
        The mean over outputs of ``e**2 / 2`` where ``abs(e) <= 1``, else
        ``abs(e) - 1 / 2`` (Huber 1964, "Robust estimation of a location parameter").
    """
    error = output - y
    size = np.abs(error)
    small = np.minimum(size, 1)
    return np.mean(small * (size - 0.5 * small), axis=sample_axes(output))


def log_cosh(output: Any, y: Any) -> Any:
    """Give the mean over outputs of ``log(cosh(output - y))``.

    It is about ``e**2 / 2`` for a small error e, ``abs(e) - log(2)`` for a large one,
    and smooth between; its slope is ``tanh(e)``.

    Parameters
    ----------
    output, y : array of shape (n, ...)
        What the network gives, and what it should give.

    Returns
    -------
    array of shape (n,)
        ``mean(abs(e) + log(1 + exp(-2 * abs(e))) - log(2))`` of each row, where no term
        overflows. These cancel where ``abs(e) < 1``; there it is
        ``log(1 + 2 * sinh(e / 2)**2)``, which is the same and keeps every digit.
    """
    error = output - y
    size = np.abs(error)
    near = size < 1
    half = np.sinh(0.5 * np.where(near, error, 0))
    tail = np.exp(-size)
    far = size + np.log1p(tail * tail) - math.log(2)
    each = np.where(near, np.log1p(2 * half * half), far)
    return np.mean(each, axis=sample_axes(output))


def poisson(z: Any, y: Any) -> Any:
    """Give minus the log likelihood of Poisson counts, from the logarithm of the rate.

    Parameters
    ----------
    z : array of shape (n, ...)
        The logarithm of the rate, so that the rate ``exp(z)`` is above 0.
    y : array of the shape of z
        Counts, 0 or more; they need not be whole.

    Returns
    -------
    array of shape (n,)
        The sum over outputs of ``exp(z) - y * z``, as PyTorch's ``poisson_nll_loss``
        with ``log_input``; ``log(y!)``, which no output changes, is left out. It is
        truly infinite where ``exp(z)`` is: above 709, in float32 above 88.
    """
    return np.sum(np.exp(z) - y * z, axis=sample_axes(z))


def rates(z: Any) -> Any:
    """Give the rates whose logarithms a network gives: what `poisson` decides.

    Parameters
    ----------
    z : array of any shape
        The logarithm of the rate.

    Returns
    -------
    array of the shape of z
        ``exp(z)``, the expected count.
    """
    return np.exp(z)


def cosine(output: Any, y: Any) -> Any:
    """Give 1 less the cosine of the angle between output and target.

    Parameters
    ----------
    output, y : array of shape (n, ..., k)
        Vectors along the last axis, of two numbers at least. Their lengths do not
        matter.

    Returns
    -------
    array of shape (n,)
        From 0, the same direction, to 2, the opposite one; of several vectors a row the
        mean. A vector of zeros is at right angles to all: the loss is 1, and its slope
        leads to the target's direction. PyTorch's ``cosine_similarity`` does the same,
        but its slope there is 1e8 times as steep; Keras gives the cosine with a minus.
    """
    cosines = np.sum(_direction(output) * _direction(y), axis=output.ndim - 1)
    return 1 - np.mean(cosines, axis=tuple(range(1, output.ndim - 1)))


def _direction(vector: Any) -> Any:
    """Give the vector of length 1, for one as small or as large as there are numbers.

    The direction does not change with the size that is divided by first, so that this
    may count as a constant.
    """
    last = vector.ndim - 1
    size = np.max(np.abs(vector), axis=last, keepdims=True)
    scaled = vector / stop_gradient(np.where(size > 0, size, 1))
    square = np.sum(scaled * scaled, axis=last, keepdims=True)
    return scaled / np.sqrt(np.where(square > 0, square, 1))


def sample_axes(output: Any) -> tuple[int, ...]:
    """Give all axes but that of the rows."""
    return tuple(range(1, output.ndim))
