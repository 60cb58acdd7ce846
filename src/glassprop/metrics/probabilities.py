"""Metrics of probabilities and scores of classes against the true classes.

Probabilities say how sure a network is; of scores only the order counts, so that
probabilities will do and logits as well.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from glassprop.errors import ArgumentError, ShapeError, shape_text
from glassprop.metrics.checks import (
    Numbers,
    Rows,
    check_classes,
    check_whole,
    class_probabilities,
    class_scores,
    labels,
    positives_and_scores,
    refuse_empty,
    weights_of_rows,
)

# Probabilities ------------------------------------------------------------------------


def log_loss(y_true: Rows, y_pred: Rows, *, weights: Rows | None = None) -> float:
    """Give the mean of ``-log(p)``, with p the probability given to the true class.

    Parameters
    ----------
    y_true : array of shape (n,)
        Class numbers 0 to K - 1.
    y_pred : array of shape (n, K), (n,) or (n, 1)
        Probabilities of all classes, or of class 1 where there are two. They are
        clipped to ``eps`` and ``1 - eps`` of their dtype, so that a certain and wrong
        answer costs much (about 36, in float32 16), not infinity.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        From 0, in nats.

    Raises
    ------
    ShapeError, DataError
        If the shapes don't fit, there are no rows, a label is not one of the classes,
        or a row holds no probabilities: below 0, above 1, or not adding up to 1.

    Examples
    --------
    >>> round(log_loss([0, 1], [[0.5, 0.5], [0.25, 0.75]]), 6)
    0.490415
    """
    truth, chances, row_weights = class_probabilities(
        "log_loss", y_true, y_pred, weights
    )
    eps = np.finfo(chances.dtype).eps
    chosen = chances[np.arange(len(truth)), truth]
    chosen = np.where(np.isnan(chances).any(axis=1), np.nan, chosen)
    cost = -np.log(np.clip(chosen, eps, 1 - eps).astype(np.float64))
    return float(np.average(cost, weights=row_weights))


def brier(y_true: Rows, y_pred: Rows, *, weights: Rows | None = None) -> float:
    """Give the mean squared distance of probabilities from what came true.

    Parameters
    ----------
    y_true : array of shape (n,)
        Class numbers 0 to K - 1.
    y_pred : array of shape (n, K), (n,) or (n, 1)
        Probabilities of all classes, or of class 1 where there are two.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        For two classes ``mean((p - y)**2)`` with p the probability of class 1, from 0
        to 1. For more, the sum of these squares over all classes, from 0 to 2, which is
        what Brier (1950, equation 2) takes for two classes as well. scikit-learn (1.8)
        does the same by default.

    Raises
    ------
    ShapeError, DataError
        As `log_loss`.

    Examples
    --------
    >>> brier([0, 1], [0.5, 0.75])
    0.15625
    """
    truth, chances, row_weights = class_probabilities("brier", y_true, y_pred, weights)
    classes = chances.shape[1]
    error = chances.astype(np.float64) - (truth[:, None] == np.arange(classes))
    total = np.average(np.sum(error**2, axis=1), weights=row_weights)
    return float(total / 2 if classes == 2 else total)


def calibration_error(
    y_true: Rows, y_pred: Rows, *, weights: Rows | None = None, bins: int = 15
) -> float:
    """Give the expected calibration error: how far confidence is from being right.

    The confidence of a row is the probability of the class that it decides for. Rows
    are put into bins of equal width by it; the error is the mean over rows of the
    distance, in their bin, of the mean confidence from the share that is right.

    Parameters
    ----------
    y_true : array of shape (n,)
        Class numbers 0 to K - 1.
    y_pred : array of shape (n, K), (n,) or (n, 1)
        Probabilities of all classes, or of class 1 where there are two.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.
    bins : int
        How many bins there are from 0 to 1, each with its upper end.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ShapeError, DataError, ArgumentError
        As `log_loss`; also if `bins` is below 1.

    Notes
    -----
    Naeini, Cooper and Hauskrecht (2015) bin the probability of class 1, and compare it
    with the share of class 1; Guo et al. (2017, equation 3) take the confidence, as is
    done here for any number of classes, in 15 bins. The value depends on the bins:
    compare only numbers of the same number of them.

    Examples
    --------
    >>> calibration_error([0, 1, 1, 1], [0.25, 0.75, 0.75, 0.75])
    0.25
    """
    place = "calibration_error"
    check_whole(place, "bins", bins, "Guo et al. (2017) take 15.")
    truth, chances, row_weights = class_probabilities(place, y_true, y_pred, weights)
    if np.isnan(chances).any():
        return float("nan")
    confidence = chances.max(axis=1).astype(np.float64)
    right = chances.argmax(axis=1) == truth
    inner_edges = np.linspace(0, 1, bins + 1)[1:-1]
    places = np.searchsorted(inner_edges, confidence)
    gaps = np.bincount(places, row_weights * (confidence - right))
    return float(np.abs(gaps).sum() / row_weights.sum())


# Scores -------------------------------------------------------------------------------


def top_k_accuracy(
    y_true: Rows, y_pred: Rows, *, weights: Rows | None = None, k: int = 5
) -> float:
    """Give the share of rows whose class is among the k of the greatest scores.

    Parameters
    ----------
    y_true : array of shape (n,)
        Class numbers 0 to K - 1.
    y_pred : array of shape (n, K)
        A score for each class. Of equal scores the later class counts as greater, as in
        scikit-learn.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.
    k : int
        From 1, below the number of classes.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ShapeError, DataError, ArgumentError
        If the shapes don't fit, there are no rows, a label is not one of the classes,
        or `k` is out of range.

    Examples
    --------
    >>> top_k_accuracy([0, 1], [[0.3, 0.1, 0.6], [0.5, 0.1, 0.4]], k=2)
    0.5
    """
    place = "top_k_accuracy"
    refuse_empty(place, y_true, y_pred)
    truth = labels(place, "y_true", y_true)
    scores = class_scores(place, y_pred, truth)
    classes = scores.shape[1]
    if classes < 2:
        raise ShapeError(
            f"{place}: expected y_pred of shape (n, K), a score for each class, got "
            f"{shape_text(np.shape(y_pred))}. One score a row is for accuracy."
        )
    check_classes(place, "y_true", truth, classes)
    check_whole(place, "k", k, "It is the number of guesses a row.")
    if k >= classes:
        raise ArgumentError(
            f"{place}: expected k from 1 to {classes - 1}, fewer than the {classes} "
            f"classes, got {k}. With all classes every row would be right."
        )
    row_weights = weights_of_rows(place, weights, len(truth))
    counts = row_weights > 0
    if np.isnan(scores[counts]).any():
        return float("nan")
    best = np.argsort(scores[counts], axis=1, kind="stable")[:, classes - k :]
    right = (best == truth[counts, None]).any(axis=1)
    return float(np.average(right, weights=row_weights[counts]))


def roc_auc(y_true: Rows, y_pred: Rows, *, weights: Rows | None = None) -> float:
    """Give the chance that what is positive has a greater score than what is not.

    It is the area under the ROC curve, true positives over false ones (Hanley and
    McNeil 1982). Of equal scores, one half counts.

    Parameters
    ----------
    y_true : array of shape (n,), or (n, k)
        Class numbers 0 to K - 1; or 0 or 1 for each of k labels, any number of which a
        row may have.
    y_pred : array of shape (n,), (n, 1), (n, K), or (n, k)
        Scores or probabilities: of class 1 where there are two classes (of (n, 2) the
        second column), of each class, or of each label.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        From 0 to 1; 0.5 is chance. With more than two classes the mean over classes,
        each against the rest; with labels the mean over labels. NaN where a class or
        label has all rows or none, as in scikit-learn: then the chance is not defined.

    Raises
    ------
    ShapeError, DataError
        If the shapes don't fit, there are no rows, or a label is not one of the
        classes.

    Examples
    --------
    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    positive, scores, row_weights = positives_and_scores(
        "roc_auc", y_true, y_pred, weights
    )
    areas = []
    for column, wanted in zip(scores.T, positive.T, strict=True):
        hits, false = _found(column, wanted, row_weights)
        area = np.sum(np.diff(false) * (hits[1:] + hits[:-1])) / 2
        whole = hits[-1] * false[-1]
        areas.append(area / whole if whole > 0 else np.nan)
    return float(np.mean(areas))


def average_precision(
    y_true: Rows, y_pred: Rows, *, weights: Rows | None = None
) -> float:
    """Give the mean precision at each score where something positive is found.

    It is ``sum((R[i] - R[i-1]) * P[i])`` over the scores from the greatest down, with
    recall R and precision P of all rows of at least that score: the area under the
    precision-recall curve, as steps, without interpolation.

    Parameters
    ----------
    y_true : array of shape (n,), or (n, k)
        Class numbers 0 to K - 1; or 0 or 1 for each of k labels, any number of which a
        row may have.
    y_pred : array of shape (n,), (n, 1), (n, K), or (n, k)
        Scores or probabilities: of class 1 where there are two classes (of (n, 2) the
        second column), of each class, or of each label.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        From 0 to 1; chance is the share of what is positive. With more than two classes
        the mean over classes, each against the rest; with labels the mean over labels.
        It is 0 for a class or label that no row has, as in scikit-learn.

    Raises
    ------
    ShapeError, DataError
        As `roc_auc`.

    Examples
    --------
    >>> round(average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 6)
    0.833333
    """
    positive, scores, row_weights = positives_and_scores(
        "average_precision", y_true, y_pred, weights
    )
    means = []
    for column, wanted in zip(scores.T, positive.T, strict=True):
        hits, false = _found(column, wanted, row_weights)
        precisions = hits[1:] / (hits[1:] + false[1:])
        share = np.diff(hits) @ precisions
        means.append(share / hits[-1] if hits[-1] != 0 else 0.0)
    return float(np.mean(means))


def _found(
    scores: Numbers, positive: npt.NDArray[np.bool_], row_weights: Numbers
) -> tuple[Numbers, Numbers]:
    """Weigh what is found down to each score: what is positive, and what is not.

    Both begin with 0, nothing found, and have an entry for each different score. A NaN
    among the scores makes all entries NaN.
    """
    if np.isnan(scores).any():
        row_weights = np.full_like(row_weights, np.nan)
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last_of_equals = np.append(ranked[1:] != ranked[:-1], True)
    hits, false = (
        np.cumsum(np.where(one, row_weights, 0)[order])[last_of_equals]
        for one in (positive, ~positive)
    )
    return np.append(0, hits), np.append(0, false)
