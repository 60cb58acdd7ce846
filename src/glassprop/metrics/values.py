"""Metrics of predicted numbers against the true ones."""

from __future__ import annotations

import numpy as np

from glassprop.metrics.checks import Numbers, Rows, two_values


@np.errstate(over="ignore", invalid="ignore")
def mean_absolute_error(
    y_true: Rows, y_pred: Rows, *, weights: Rows | None = None
) -> float:
    """Give the mean of ``abs(y_true - y_pred)``, in the units of y.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,) or (n, k)
        Numbers. The k outputs count alike.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        From 0.

    Raises
    ------
    ShapeError, DataError
        If the shapes differ, there are no rows, or these are not real numbers.

    Examples
    --------
    >>> mean_absolute_error([1.0, 2.0], [1.5, 3.0])
    0.75
    """
    truth, guess, row_weights = two_values(
        "mean_absolute_error", y_true, y_pred, weights
    )
    return float(np.mean(np.average(np.abs(truth - guess), 0, row_weights)))


@np.errstate(over="ignore", invalid="ignore")
def median_absolute_error(
    y_true: Rows, y_pred: Rows, *, weights: Rows | None = None
) -> float:
    """Give the median of ``abs(y_true - y_pred)``: a few far off do not move it.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,) or (n, k)
        Numbers. With k outputs: the mean of their k medians.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        From 0, in the units of y. The median is the error at which one half of the
        weight lies to each side; where a gap between two errors does that, its middle,
        as in scikit-learn (1.8).

    Raises
    ------
    ShapeError, DataError
        As `mean_absolute_error`.

    Examples
    --------
    >>> median_absolute_error([1.0, 2.0, 3.0], [1.5, 3.0, 90.0])
    1.0
    """
    truth, guess, row_weights = two_values(
        "median_absolute_error", y_true, y_pred, weights
    )
    errors = np.abs(truth - guess)
    return float(np.mean([_median(column, row_weights) for column in errors.T]))


@np.errstate(over="ignore", invalid="ignore")
def max_error(y_true: Rows, y_pred: Rows, *, weights: Rows | None = None) -> float:
    """Give the greatest ``abs(y_true - y_pred)`` of all, in the units of y.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,) or (n, k)
        Numbers.
    weights : array of shape (n,), optional
        Rows of weight 0 do not count, all others alike.

    Returns
    -------
    float
        From 0.

    Raises
    ------
    ShapeError, DataError
        As `mean_absolute_error`.

    Examples
    --------
    >>> max_error([1.0, 2.0], [1.5, 3.0])
    1.0
    """
    truth, guess, _ = two_values("max_error", y_true, y_pred, weights)
    return float(np.max(np.abs(truth - guess)))


@np.errstate(over="ignore", invalid="ignore")
def mean_absolute_percentage_error(
    y_true: Rows, y_pred: Rows, *, weights: Rows | None = None
) -> float:
    """Give the mean of ``abs(y_true - y_pred) / abs(y_true)``.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,) or (n, k)
        Numbers. The k outputs count alike. In place of a true 0, 2.2e-16 divides, so
        that a wrong answer there costs very much, not infinity.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        From 0. It is a share: 0.05 is five percent, as in scikit-learn; Keras gives 5.

    Raises
    ------
    ShapeError, DataError
        As `mean_absolute_error`.

    Examples
    --------
    >>> mean_absolute_percentage_error([1.0, 2.0], [1.5, 3.0])
    0.5
    """
    truth, guess, row_weights = two_values(
        "mean_absolute_percentage_error", y_true, y_pred, weights
    )
    size = np.maximum(np.abs(truth), np.finfo(np.float64).eps)
    return float(np.mean(np.average(np.abs(truth - guess) / size, 0, row_weights)))


@np.errstate(over="ignore", invalid="ignore")
def root_mean_squared_error(
    y_true: Rows, y_pred: Rows, *, weights: Rows | None = None
) -> float:
    """Give ``sqrt(mean((y_true - y_pred) ** 2))``, in the units of y.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,) or (n, k)
        Numbers. With k outputs: the mean of their k roots.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        From 0.

    Raises
    ------
    ShapeError, DataError
        As `mean_absolute_error`.

    Examples
    --------
    >>> root_mean_squared_error([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 8.0])
    2.0
    """
    truth, guess, row_weights = two_values(
        "root_mean_squared_error", y_true, y_pred, weights
    )
    squared = np.average((truth - guess) ** 2, 0, row_weights)
    return float(np.mean(np.sqrt(squared)))


@np.errstate(over="ignore", invalid="ignore")
def r2(y_true: Rows, y_pred: Rows, *, weights: Rows | None = None) -> float:
    """Give the share of the variance of y that the predictions explain.

    It is ``1 - sum((y_true - y_pred) ** 2) / sum((y_true - mean(y_true)) ** 2)``: 1 is
    perfect, 0 no better than always answering the mean, below 0 worse.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,) or (n, k)
        Numbers. With k outputs: the mean of their k shares.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        At most 1. A constant output has no variance to explain: it counts 1 if
        predicted without error, else 0. One row alone gives NaN.

    Raises
    ------
    ShapeError, DataError
        As `mean_absolute_error`.

    Notes
    -----
    scikit-learn does the same, but takes an output for constant only if its rounded
    variance is 0, which ``[0.1, 0.1, 0.1]`` misses; here equal numbers are constant.

    Examples
    --------
    >>> r2([1.0, 2.0, 3.0], [1.0, 2.0, 2.0])
    0.5
    """
    truth, guess, row_weights = two_values("r2", y_true, y_pred, weights)
    if len(truth) < 2:
        return float("nan")
    residual = row_weights @ (truth - guess) ** 2
    return _explained(residual, row_weights.sum() * _variance(truth, row_weights))


@np.errstate(over="ignore", invalid="ignore")
def explained_variance(
    y_true: Rows, y_pred: Rows, *, weights: Rows | None = None
) -> float:
    """Give ``1 - var(y_true - y_pred) / var(y_true)``.

    It is `r2` but for predictions that are all too high, or too low, by the same: that
    costs nothing here.

    Parameters
    ----------
    y_true, y_pred : array of shape (n,) or (n, k)
        Numbers. With k outputs: the mean of their k shares.
    weights : array of shape (n,), optional
        How much each row counts, 0 or more.

    Returns
    -------
    float
        At most 1. A constant output has no variance to explain: it counts 1 if the
        error is constant too, else 0. One row alone gives 1, as in scikit-learn.

    Raises
    ------
    ShapeError, DataError
        As `mean_absolute_error`.

    Notes
    -----
    What is constant is told as `r2` does.

    Examples
    --------
    >>> explained_variance([1.0, 2.0, 3.0], [11.0, 12.0, 13.0])
    1.0
    """
    truth, guess, row_weights = two_values(
        "explained_variance", y_true, y_pred, weights
    )
    left = _variance(truth - guess, row_weights)
    return _explained(left, _variance(truth, row_weights))


def _variance(values: Numbers, row_weights: Numbers) -> Numbers:
    """Give the variance of each column; of equal numbers exactly 0."""
    centred = values - np.average(values, 0, row_weights)
    squares = np.average(centred**2, 0, row_weights)
    return np.where(np.ptp(values, axis=0) == 0, 0.0, squares)


def _explained(left: Numbers, whole: Numbers) -> float:
    """Give 1 less what is left of the whole, the mean over columns."""
    share = np.divide(left, whole, out=np.sign(left), where=whole != 0)
    return float(np.mean(1 - share))


def _median(errors: Numbers, row_weights: Numbers) -> float:
    """Give the middle of the lower and the upper weighted median."""
    if np.isnan(errors).any():
        return float("nan")
    order = np.argsort(errors)
    below = np.cumsum(row_weights[order])
    half, rounding = below[-1] / 2, len(below) * np.finfo(np.float64).eps
    lower = np.searchsorted(below, half * (1 - rounding))
    upper = np.searchsorted(below, half * (1 + rounding), side="right")
    pair = errors[order[[lower, min(upper, len(order) - 1)]]]
    return float(pair.mean())
