"""Precision, recall and their mean, for classes and for labels."""

from __future__ import annotations

from typing import Literal

import numpy as np

from glassprop.errors import DataError, ShapeError, shape_text
from glassprop.metrics.checks import (
    Labels,
    Numbers,
    Rows,
    check_choice,
    has_several,
    two_answers,
    two_labels,
)
from glassprop.metrics.labels import Counts, class_counts

Average = Literal["binary", "macro", "micro", "weighted"]
AVERAGES = ("binary", "macro", "micro", "weighted")


def precision(
    y_true: Rows,
    y_pred: Rows,
    *,
    weights: Rows | None = None,
    average: Average = "binary",
) -> float:
    """Give the share right of what is predicted: ``hits / predicted``.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,), or (n, k)
        Class numbers; or 0 or 1 for each of k labels, any number of which a row may
        have.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.
    average : {"binary", "macro", "micro", "weighted"}
        ``binary``: of class 1, where the classes are 0 and 1. ``macro``: the mean over
        classes or labels. ``micro``: of the sums over them, which for one class a row
        is the accuracy. ``weighted``: the mean over them, each by its true rows.

    Returns
    -------
    float
        From 0 to 1. Of a class or label that is never predicted it is 0.

    Raises
    ------
    ShapeError, DataError, ArgumentError
        As `accuracy` or `subset_accuracy`; also if `average` is something else, or is
        ``binary`` where there are more than two classes, or labels.

    Notes
    -----
    The classes are those that the truth or the predictions hold. scikit-learn does the
    same with its default, ``zero_division`` 0; it also counts classes all of whose rows
    have a weight of 0, which are here as if they were not there.

    Examples
    --------
    >>> precision([0, 0, 1, 1], [0, 1, 1, 1])
    0.6666666666666666
    """
    hits, predicted, actual = _counts("precision", y_true, y_pred, weights, average)
    return _mean(_ratio(hits, predicted), actual, average)


def recall(
    y_true: Rows,
    y_pred: Rows,
    *,
    weights: Rows | None = None,
    average: Average = "binary",
) -> float:
    """Give the share found of what there is: ``hits / actual``.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,), or (n, k)
        Class numbers; or 0 or 1 for each of k labels, any number of which a row may
        have.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.
    average : {"binary", "macro", "micro", "weighted"}
        As of `precision`. For one class a row, ``weighted`` is the accuracy too; and
        ``macro`` differs from `balanced_accuracy` by the classes that are only
        predicted, which count 0 here.

    Returns
    -------
    float
        From 0 to 1. Of a class or label that no row has it is 0.

    Raises
    ------
    ShapeError, DataError, ArgumentError
        As `precision`.

    Examples
    --------
    >>> recall([0, 0, 1, 1], [0, 0, 0, 1])
    0.5
    """
    hits, _, actual = _counts("recall", y_true, y_pred, weights, average)
    return _mean(_ratio(hits, actual), actual, average)


def f1(
    y_true: Rows,
    y_pred: Rows,
    *,
    weights: Rows | None = None,
    average: Average = "binary",
) -> float:
    """Give the harmonic mean of precision and recall.

    It is ``2 * hits / (predicted + actual)``.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,), or (n, k)
        Class numbers; or 0 or 1 for each of k labels, any number of which a row may
        have.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.
    average : {"binary", "macro", "micro", "weighted"}
        As of `precision`. ``macro`` is the mean of the classes' own, not the harmonic
        mean of macro precision and macro recall.

    Returns
    -------
    float
        From 0 to 1. Of a label that no row has and none is predicted to have it is 0.

    Raises
    ------
    ShapeError, DataError, ArgumentError
        As `precision`.

    Examples
    --------
    >>> f1([0, 0, 1, 1], [0, 1, 1, 1])
    0.8
    """
    hits, predicted, actual = _counts("f1", y_true, y_pred, weights, average)
    return _mean(_ratio(2 * hits, predicted + actual), actual, average)


def _counts(
    place: str, y_true: Rows, y_pred: Rows, weights: Rows | None, average: Average
) -> Counts:
    """Weigh the rows right, predicted and actual of what is averaged over."""
    check_choice(place, "average", average, AVERAGES)
    if has_several(y_true):
        if average == "binary":
            raise ShapeError(
                f"{place}: average='binary' is for rows of one class each, got y_true "
                f"of shape {shape_text(np.shape(y_true))}. Labels are averaged, "
                "average='macro' or average='micro'."
            )
        counts = _label_counts(*two_answers(place, y_true, y_pred, weights))
    else:
        classes, counts = class_counts(*two_labels(place, y_true, y_pred, weights))
        if average == "binary":
            _check_binary(place, classes)
            hits, predicted, actual = (one[classes == 1] for one in counts)
            counts = hits, predicted, actual
    if average in ("binary", "micro"):
        hits, predicted, actual = (one.sum(keepdims=True) for one in counts)
        return hits, predicted, actual
    return counts


def _label_counts(truth: Labels, guess: Labels, row_weights: Numbers) -> Counts:
    """Weigh for each label the rows right, those predicted and those that have it."""
    return row_weights @ (truth * guess), row_weights @ guess, row_weights @ truth


def _check_binary(place: str, classes: Labels) -> None:
    wrong = classes[(classes != 0) & (classes != 1)]
    if wrong.size:
        raise DataError(
            f"{place}: average='binary' takes the classes 0 and 1, got class "
            f"{wrong[0]}. More classes are averaged, average='macro' or "
            "average='weighted'."
        )


def _mean(shares: Numbers, actual: Numbers, average: Average) -> float:
    """Average over classes or labels; of nothing, the mean is 0."""
    if average != "weighted":
        return float(shares.mean())
    total = actual.sum()
    return float(shares @ actual / total) if total > 0 else 0.0


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    """Divide; of nothing, the share is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
