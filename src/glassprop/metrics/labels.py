"""Metrics of decisions: predicted classes, or labels, against the true ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from glassprop.metrics.checks import (
    Labels,
    Numbers,
    Rows,
    check_classes,
    check_whole,
    labels,
    refuse_empty,
    same_rows,
    two_answers,
    two_labels,
    weights_of_rows,
)

Counts = tuple[Numbers, Numbers, Numbers]


# One class a row ----------------------------------------------------------------------


def accuracy(y_true: Rows, y_pred: Rows, *, weights: Rows | None = None) -> float:
    """Give the share of rows whose class is right.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,)
        Class numbers.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ShapeError, DataError
        If the shapes differ, there are no rows, or the labels are not whole numbers.

    Examples
    --------
    >>> accuracy([0, 1, 2, 2], [0, 1, 2, 1])
    0.75
    """
    truth, guess, row_weights = two_labels("accuracy", y_true, y_pred, weights)
    return float(np.average(truth == guess, weights=row_weights))


def balanced_accuracy(
    y_true: Rows, y_pred: Rows, *, weights: Rows | None = None
) -> float:
    """Give the mean over the classes of the share of their rows that is right.

    Who always answers the commonest of K classes gets ``1 / K``.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,)
        Class numbers. The mean is over the classes that `y_true` holds with a weight
        above 0: one that is only predicted costs the rows that it takes, no more.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ShapeError, DataError
        As `accuracy`.

    Examples
    --------
    >>> balanced_accuracy([0, 0, 0, 1], [0, 0, 0, 0])
    0.5
    """
    truth, guess, row_weights = two_labels("balanced_accuracy", y_true, y_pred, weights)
    _, codes = np.unique(truth, return_inverse=True)
    total = np.bincount(codes, row_weights)
    right = np.bincount(codes, row_weights * (truth == guess))
    return float(np.mean(right / total))


def matthews(y_true: Rows, y_pred: Rows, *, weights: Rows | None = None) -> float:
    """Give the correlation of true and predicted classes.

    For two classes it is Pearson's correlation of the two columns (Matthews 1975); for
    more, its form for K classes (Gorodkin 2004).

    Parameters
    ----------
    y_true, y_pred : array of shape (n,)
        Class numbers.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        At most 1; 0 is no better than chance. It is 0 where the truth or the
        predictions are all of one class, as in scikit-learn.

    Raises
    ------
    ShapeError, DataError
        As `accuracy`.

    Examples
    --------
    >>> matthews([0, 0, 1, 1], [0, 0, 1, 1]), matthews([0, 0, 1, 1], [0, 0, 0, 0])
    (1.0, 0.0)
    """
    truth, guess, row_weights = two_labels("matthews", y_true, y_pred, weights)
    shares = row_weights / row_weights.sum()
    hits, predicted, actual = class_counts(truth, guess, shares)[1]
    together = hits.sum() - predicted @ actual
    spread = (1 - predicted @ predicted) * (1 - actual @ actual)
    constant = np.ptp(truth) == 0 or np.ptp(guess) == 0
    return 0.0 if constant else float(together / np.sqrt(spread))


def confusion_matrix(
    y_true: Rows,
    y_pred: Rows,
    classes: int | None = None,
    *,
    weights: Rows | None = None,
) -> npt.NDArray[Any]:
    """Count the rows of each true class (down) and predicted class (across).

    Parameters
    ----------
    y_true, y_pred : array of shape (n,)
        Class numbers 0 to ``classes - 1``.
    classes : int, optional
        The number of classes K; by default one more than the greatest label.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    array of shape (K, K)
        Counts as int64, with weights their sums as float64.

    Raises
    ------
    ShapeError, DataError, ArgumentError
        As `accuracy`; also if a label is outside of the classes or `classes` below 1.

    Examples
    --------
    >>> confusion_matrix([0, 1, 1], [0, 1, 0], classes=2)
    array([[1, 0],
           [1, 1]])
    """
    place = "confusion_matrix"
    refuse_empty(place, y_true, y_pred)
    truth = labels(place, "y_true", y_true)
    guess = labels(place, "y_pred", y_pred)
    same_rows(place, truth, guess)
    row_weights = weights_of_rows(place, weights, len(truth))
    if classes is None:
        classes = 1 + max(0, int(truth.max()), int(guess.max()))
    check_whole(
        place, "classes", classes, "Leave it out to count up to the greatest label."
    )
    check_classes(place, "y_true", truth, classes)
    check_classes(place, "y_pred", guess, classes)
    counts = np.bincount(
        classes * truth + guess,
        None if weights is None else row_weights,
        minlength=classes**2,
    )
    return counts.reshape(classes, classes)


def class_counts(
    truth: Labels, guess: Labels, row_weights: Numbers
) -> tuple[Labels, Counts]:
    """Weigh for each class the rows right, those predicted and those that are it."""
    both = np.concatenate([truth, guess])
    classes, codes = np.unique(both, return_inverse=True)
    true_codes, codes = codes[: len(truth)], codes[len(truth) :]
    right = row_weights * (truth == guess)
    size = len(classes)
    hits, predicted, actual = (
        np.bincount(which, summed, size).astype(np.float64)
        for which, summed in (
            (codes, right),
            (codes, row_weights),
            (true_codes, row_weights),
        )
    )
    return classes.astype(np.int64), (hits, predicted, actual)


# Several labels a row -----------------------------------------------------------------


def subset_accuracy(
    y_true: Rows, y_pred: Rows, *, weights: Rows | None = None
) -> float:
    """Give the share of rows all of whose labels are right.

    Parameters
    ----------
    y_true, y_pred : array of shape (n, k)
        0 or 1 for each of k labels, any number of which a row may have.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        From 0 to 1. It is what scikit-learn calls the accuracy of such rows.

    Raises
    ------
    ShapeError, DataError
        If the shapes differ, there are no rows, or a number is not 0 or 1.

    Examples
    --------
    >>> subset_accuracy([[0, 1], [1, 1]], [[0, 1], [1, 0]])
    0.5
    """
    truth, guess, row_weights = two_answers("subset_accuracy", y_true, y_pred, weights)
    return float(np.average((truth == guess).all(axis=1), weights=row_weights))


def label_accuracy(y_true: Rows, y_pred: Rows, *, weights: Rows | None = None) -> float:
    """Give the share of labels that are right, over all rows.

    Parameters
    ----------
    y_true, y_pred : array of shape (n, k)
        0 or 1 for each of k labels, any number of which a row may have.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        From 0 to 1. It is 1 less the Hamming loss, and what Keras calls the binary
        accuracy.

    Raises
    ------
    ShapeError, DataError
        As `subset_accuracy`.

    Examples
    --------
    >>> label_accuracy([[0, 1], [1, 1]], [[0, 1], [1, 0]])
    0.75
    """
    truth, guess, row_weights = two_answers("label_accuracy", y_true, y_pred, weights)
    return float(np.average((truth == guess).mean(axis=1), weights=row_weights))
