"""Losses of classes, from logits or scores: one class a row, or several labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.errors import ArgumentError
from glassprop.functions import logsumexp, softplus
from glassprop.losses.values import sample_axes
from glassprop.options import check_between, is_number

SMALLEST = 1e-30  # of a chance to be wrong, so that its powers have a slope

# Likelihoods --------------------------------------------------------------------------


def binary_cross_entropy(z: Any, y: Any) -> Any:
    """Give minus the log likelihood of two classes, from logits.

    Parameters
    ----------
    z : array of shape (n, k)
        Logits: the chance of class 1 is ``sigmoid(z)``.
    y : array of shape (n, k), or of integers of shape (n,) where k is 1
        0 or 1, or a chance between.

    Returns
    -------
    array of shape (n,)
        The sum over outputs of ``log(1 + exp(z)) - y * z``, which is
        ``-y * log(p) - (1 - y) * log(1 - p)``.

    Notes
    -----
    With k above 1 each row may have several labels, or none: `predict` then gives 0 or
    1 for each, (n, k), `predict_proba` the chance of each, and the metrics are
    ``label_accuracy``, ``subset_accuracy`` and others by name (``f1_macro``,
    ``roc_auc``).
    """
    if y.ndim < z.ndim:
        y = y[:, None]
    return np.sum(softplus(z) - y * z, axis=sample_axes(z))


def cross_entropy(z: Any, y: Any) -> Any:
    """Give minus the log likelihood of one of k classes, from logits.

    Parameters
    ----------
    z : array of shape (n, k)
        Logits: the chances are ``softmax(z)``.
    y : array of integers of shape (n,), or of shape (n, k)
        The class, 0 to k - 1, or the chance of each class ("one-hot").

    Returns
    -------
    array of shape (n,)
        ``log(sum(exp(z))) - z[y]``, which is ``-log(softmax(z)[y])``.
    """
    last = z.ndim - 1
    if y.ndim == z.ndim:
        log_p = z - logsumexp(z, axis=last, keepdims=True)
        return -np.sum(y * log_p, axis=last)
    chosen = y[..., None] == np.arange(z.shape[last])
    log_total = logsumexp(z, axis=last)
    return log_total - np.sum(np.where(chosen, z, 0), axis=last)


@dataclass(frozen=True)
class SmoothedCrossEntropy:
    """Cross entropy with label smoothing (Szegedy et al. 2016, section 7).

    ``(1 - smoothing) * cross_entropy + smoothing * mean(-log(softmax(z)))``: the true
    class is asked for with a chance of ``1 - smoothing``, and what is left is shared
    among all k classes alike, as in PyTorch and Keras.

    Parameters
    ----------
    smoothing : float
        From 0, which is `cross_entropy`, to below 1.

    Raises
    ------
    ArgumentError
        If it is out of range.
    """

    smoothing: float = 0.1

    def __post_init__(self) -> None:
        check_between(
            "SmoothedCrossEntropy",
            "smoothing",
            self.smoothing,
            0,
            1,
            words="a number from 0 to below 1",
        )

    def __call__(self, z: Any, y: Any) -> Any:
        """Give the smoothed cross entropy of each row, (n,)."""
        last = z.ndim - 1
        surprise = np.mean(logsumexp(z, axis=last, keepdims=True) - z, axis=last)
        true = cross_entropy(z, y)
        return (1 - self.smoothing) * true + self.smoothing * surprise


@dataclass(frozen=True)
class Focal:
    """Cross entropy that looks away from rows that are right already.

    ``-(1 - p)**gamma * log(p)`` with p the chance of the true class, ``softmax(z)[y]``:
    Lin et al. (2017), equation 4, for k classes as in Keras. The target may also be the
    chances of classes; then it is the expected value.

    Parameters
    ----------
    gamma : float
        How much rows that are right are looked away from; 0 is `cross_entropy`. A
        factor for each class, the paper's alpha, is ``class_weight`` of `fit`.

    Raises
    ------
    ArgumentError
        If it is negative or not finite.
    """

    gamma: float = 2.0

    def __post_init__(self) -> None:
        _check_gamma("Focal", self.gamma)

    def __call__(self, z: Any, y: Any) -> Any:
        """Give the focal loss of each row, (n,)."""
        last = z.ndim - 1
        log_p = z - logsumexp(z, axis=last, keepdims=True)
        if y.ndim == z.ndim:
            return -np.sum(y * self._focused(log_p), axis=last)
        chosen = y[..., None] == np.arange(z.shape[last])
        return -self._focused(np.sum(np.where(chosen, log_p, 0), axis=last))

    def _focused(self, log_p: Any) -> Any:
        wrong = np.maximum(-np.expm1(log_p), SMALLEST)
        return wrong**self.gamma * log_p


@dataclass(frozen=True)
class BinaryFocal:
    """Binary cross entropy that looks away from what is right already.

    The sum over outputs of ``-(1 - p)**gamma * log(p)``, with p the chance of what is
    true: ``sigmoid(z)`` where y is 1, and 1 less that where it is 0. Lin et al. (2017),
    equations 4 and 5. For y between 0 and 1 it is the expected value; torchvision takes
    a power of the mean there.

    Parameters
    ----------
    gamma : float
        How much what is right is looked away from; 0 is `binary_cross_entropy`.
    alpha : float or None
        The weight of class 1, from 0 to 1, and 1 less that of class 0 (the paper takes
        0.25); None for 1 each.

    Raises
    ------
    ArgumentError
        If one is out of range.
    """

    gamma: float = 2.0
    alpha: float | None = None

    def __post_init__(self) -> None:
        _check_gamma("BinaryFocal", self.gamma)
        alpha = self.alpha
        if alpha is not None and not (is_number(alpha) and 0 <= alpha <= 1):
            raise ArgumentError(
                "BinaryFocal: alpha must be a number from 0 to 1, or None, got "
                f"{alpha!r}."
            )

    def __call__(self, z: Any, y: Any) -> Any:
        """Give the focal loss of each row, (n,)."""
        if y.ndim < z.ndim:
            y = y[:, None]
        one, zero = softplus(-z), softplus(z)  # -log(p) of each class
        of_one = y * (np.exp(-self.gamma * zero) * one)
        of_zero = (1 - y) * (np.exp(-self.gamma * one) * zero)
        if self.alpha is not None:
            of_one, of_zero = self.alpha * of_one, (1 - self.alpha) * of_zero
        return np.sum(of_one + of_zero, axis=sample_axes(z))


def kl_divergence(z: Any, y: Any) -> Any:
    """Give the Kullback-Leibler divergence of predicted from true chances.

    Parameters
    ----------
    z : array of shape (n, k)
        Logits: the chances are ``softmax(z)``.
    y : array of shape (n, k), or of integers of shape (n,)
        The chance of each class, or the class; with that it is `cross_entropy`.

    Returns
    -------
    array of shape (n,)
        ``sum(y * log(y / softmax(z)))``, where a y of 0 adds 0 (Kullback and Leibler
        1951). It is `cross_entropy` less the entropy of y, which no
        output changes: 0 where the chances agree. PyTorch's ``kl_div`` takes
        ``log_softmax(z)``.
    """
    if y.ndim < z.ndim:
        return cross_entropy(z, y)
    last = z.ndim - 1
    log_p = z - logsumexp(z, axis=last, keepdims=True)
    log_y = np.log(np.where(y > 0, y, 1))
    return np.sum(y * (log_y - log_p), axis=last)


# Margins ------------------------------------------------------------------------------


def hinge(score: Any, y: Any) -> Any:
    """Give how far a score of two classes is from the right side of a margin.

    Parameters
    ----------
    score : array of shape (n, k)
        Above 0 for class 1. It defines no probabilities.
    y : array of shape (n, k), or of integers of shape (n,) where k is 1
        0 or 1 (scikit-learn writes -1 and 1, Keras takes both), or a chance between.

    Returns
    -------
    array of shape (n,)
        The sum over outputs of ``max(0, 1 - score)`` where y is 1 and
        ``max(0, 1 + score)`` where it is 0 (the slack of Cortes and Vapnik 1995).
    """
    if y.ndim < score.ndim:
        y = y[:, None]
    one, zero = np.maximum(1 - score, 0), np.maximum(1 + score, 0)
    return np.sum(y * one + (1 - y) * zero, axis=sample_axes(score))


def squared_hinge(score: Any, y: Any) -> Any:
    """Give the squared distance of a score from the right side of a margin.

    Parameters
    ----------
    score : array of shape (n, k)
        Above 0 for class 1. It defines no probabilities.
    y : array of shape (n, k), or of integers of shape (n,) where k is 1
        0 or 1, or a chance between.

    Returns
    -------
    array of shape (n,)
        As `hinge`, of the squares: ``max(0, 1 - score)**2``, which has a slope without
        steps.
    """
    if y.ndim < score.ndim:
        y = y[:, None]
    one, zero = np.maximum(1 - score, 0), np.maximum(1 + score, 0)
    return np.sum(y * one * one + (1 - y) * zero * zero, axis=sample_axes(score))


def multiclass_hinge(score: Any, y: Any) -> Any:
    """Give how far the true class's score is from a margin over all others.

    Parameters
    ----------
    score : array of shape (n, k)
        A score for each class. It defines no probabilities.
    y : array of integers of shape (n,), or of shape (n, k)
        The class, 0 to k - 1, or the chance of each class.

    Returns
    -------
    array of shape (n,)
        ``max(0, 1 + max(score[j] for j != y) - score[y])``: Crammer and Singer (2001),
        as scikit-learn's ``hinge_loss``. Weston and Watkins (1999), and
        PyTorch's ``MultiMarginLoss``, add up over all other classes; Keras'
        ``categorical_hinge`` lets no other score count as below 0. With chances it is
        ``max(score + 1 - y) - sum(y * score)``.
    """
    last = score.ndim - 1
    if y.ndim == score.ndim:
        return np.max(score + (1 - y), axis=last) - np.sum(y * score, axis=last)
    chosen = y[..., None] == np.arange(score.shape[last])
    rival = np.max(np.where(chosen, score, score + 1), axis=last)
    return rival - np.sum(np.where(chosen, score, 0), axis=last)


def _check_gamma(kind: str, gamma: float) -> None:
    check_between(kind, "gamma", gamma, 0, math.inf, words="a finite number, 0 or more")
