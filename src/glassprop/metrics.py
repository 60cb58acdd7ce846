"""How good predictions are: ``f(y_true, y_pred, *, weights=None) -> float``.

Plain NumPy functions. Where scikit-learn has the same metric, the values are equal.
They compute in float64 whatever comes, and average with the row weights where given.

Three kinds, by what they take beside the truth: **classes**, ``(n,)`` class numbers
against ``(n,)``; **probabilities**, ``(n, K)`` or ``(n,)`` against ``(n,)`` class
numbers; **values**, numbers of any one shape whose first axis is the rows. Shapes that
NumPy would broadcast into a wrong answer are refused. A NaN among predicted values or
probabilities is not: it gives NaN, so that a table of metrics can show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from types import MappingProxyType
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from glassprop.arrays import as_array, check_weights
from glassprop.errors import (
    ArgumentError,
    DataError,
    ShapeError,
    did_you_mean,
    listing,
    shape_text,
)
from glassprop.signatures import check_call

Rows = npt.ArrayLike
Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


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
    truth, guess = _two_labels("accuracy", y_true, y_pred)
    row_weights = _row_weights("accuracy", weights, len(truth))
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
    truth, guess = _two_labels("balanced_accuracy", y_true, y_pred)
    row_weights = _row_weights("balanced_accuracy", weights, len(truth))
    _, codes = np.unique(truth, return_inverse=True)
    total = np.bincount(codes, row_weights)
    right = np.bincount(codes, row_weights * (truth == guess))
    present = total > 0
    return float(np.mean(right[present] / total[present]))


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
    truth, guess = _two_labels(place, y_true, y_pred)
    row_weights = _row_weights(place, weights, len(truth))
    if classes is None:
        classes = 1 + max(0, int(truth.max()), int(guess.max()))
    if isinstance(classes, bool) or not isinstance(classes, Integral) or classes < 1:
        raise ArgumentError(
            f"{place}: expected classes to be a whole number, 1 or more, got "
            f"{classes!r}. Leave it out to count up to the greatest label."
        )
    _check_classes(place, "y_true", truth, classes)
    _check_classes(place, "y_pred", guess, classes)
    counts = np.bincount(
        classes * truth + guess,
        None if weights is None else row_weights,
        minlength=classes**2,
    )
    return counts.reshape(classes, classes)


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
    place = "log_loss"
    _refuse_empty(place, y_true, y_pred)
    truth = _labels(place, "y_true", y_true)
    probabilities = _probabilities(place, y_pred, truth)
    _check_classes(place, "y_true", truth, probabilities.shape[1])
    row_weights = _row_weights(place, weights, len(truth))
    eps = np.finfo(probabilities.dtype).eps
    chosen = probabilities[np.arange(len(truth)), truth]
    chosen = np.where(np.isnan(probabilities).any(axis=1), np.nan, chosen)
    cost = -np.log(np.clip(chosen, eps, 1 - eps).astype(np.float64))
    return float(np.average(cost, weights=row_weights))


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
    truth, guess, row_weights = _two_values(
        "mean_absolute_error", y_true, y_pred, weights
    )
    return float(np.mean(np.average(np.abs(truth - guess), 0, row_weights)))


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
    truth, guess, row_weights = _two_values(
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
    truth, guess, row_weights = _two_values("r2", y_true, y_pred, weights)
    if len(truth) < 2:
        return float("nan")
    constant = np.ptp(truth[row_weights > 0], axis=0) == 0
    centred = truth - np.average(truth, 0, row_weights)
    residual = row_weights @ (truth - guess) ** 2
    total = np.where(constant, 0.0, row_weights @ centred**2)
    unexplained = np.divide(residual, total, out=np.sign(residual), where=total != 0)
    return float(np.mean(1 - unexplained))


class MetricFunction(Protocol):
    """The form of every function in the registry."""

    def __call__(
        self, y_true: Rows, y_pred: Rows, *, weights: Rows | None = None
    ) -> float:
        """Measure the predictions."""
        ...


@dataclass(frozen=True)
class Metric:
    """One row of the registry.

    Parameters
    ----------
    name : str
        As users write it, and as the table of metrics shows it.
    function : callable
        ``f(y_true, y_pred, *, weights=None) -> float``.
    takes : {"classes", "probabilities", "values"}
        What `y_pred` holds.
    greater_is_better : bool
        False for errors and losses.

    Raises
    ------
    ArgumentError
        If the function takes other arguments.
    """

    name: str
    function: MetricFunction
    takes: Literal["classes", "probabilities", "values"]
    greater_is_better: bool

    def __post_init__(self) -> None:
        check_call(
            f"metric {self.name!r}:",
            self.function,
            ("y_true", "y_pred"),
            keywords=("weights",),
            gives="float",
        )


_ROWS = (
    Metric("accuracy", accuracy, "classes", True),
    Metric("balanced_accuracy", balanced_accuracy, "classes", True),
    Metric("log_loss", log_loss, "probabilities", False),
    Metric("mae", mean_absolute_error, "values", False),
    Metric("rmse", root_mean_squared_error, "values", False),
    Metric("r2", r2, "values", True),
)

METRICS: Mapping[str, Metric] = MappingProxyType({row.name: row for row in _ROWS})
"""Every metric that gives one number, by its name, read-only."""


def get_metric(spec: str | Metric) -> Metric:
    """Turn what a user wrote for a metric into its row.

    Parameters
    ----------
    spec : str or Metric
        A name of `METRICS`, or a row of one's own.

    Returns
    -------
    Metric
        The row.

    Raises
    ------
    ArgumentError
        If the name is unknown, or `spec` is something else.

    Examples
    --------
    >>> get_metric("mae").greater_is_better
    False
    """
    if isinstance(spec, Metric):
        return spec
    if isinstance(spec, str) and spec in METRICS:
        return METRICS[spec]
    hint = did_you_mean(spec, METRICS) if isinstance(spec, str) else ""
    raise ArgumentError(
        f"metric: expected {listing(METRICS)}, or a glassprop.metrics.Metric, got "
        f"{spec!r}.{hint}"
    )


def _two_labels(place: str, y_true: Rows, y_pred: Rows) -> tuple[Labels, Labels]:
    """Check two arrays of class numbers, row by row comparable."""
    _refuse_empty(place, y_true, y_pred)
    truth = _labels(place, "y_true", y_true)
    guess = _labels(place, "y_pred", y_pred)
    _same_rows(place, truth, guess)
    return truth, guess


def _two_values(
    place: str, y_true: Rows, y_pred: Rows, weights: Rows | None
) -> tuple[Numbers, Numbers, Numbers]:
    """Check two arrays of numbers of one shape; give both as (n, k), and weights."""
    _refuse_empty(place, y_true, y_pred)
    truth = _numbers(place, "y_true", y_true)
    guess = _numbers(place, "y_pred", y_pred)
    if truth.shape != guess.shape:
        way = "Give one prediction for every number of y_true."
        if truth.size == guess.size:
            way = "If the order is the same, use y_pred.reshape(y_true.shape)."
        raise ShapeError(
            f"{place}: expected y_true and y_pred of one shape, got "
            f"{shape_text(truth.shape)} and {shape_text(guess.shape)}. {way}"
        )
    rows = len(truth)
    row_weights = _row_weights(place, weights, rows)
    return truth.reshape(rows, -1), guess.reshape(rows, -1), row_weights


def _refuse_empty(place: str, y_true: Rows, y_pred: Rows) -> None:
    """Refuse arrays without elements, and numbers that are no arrays."""
    for name, value in (("y_true", y_true), ("y_pred", y_pred)):
        shape = np.shape(value)
        if shape == ():
            raise ShapeError(
                f"{place}: expected {name} to hold rows, got {value!r}. Put a single "
                f"one into a list."
            )
        if 0 in shape:
            raise DataError(
                f"{place}: expected at least one row, got {name} of shape "
                f"{shape_text(shape)}. There is nothing to measure."
            )


def _same_rows(place: str, truth: Labels, guess: npt.NDArray[Any]) -> None:
    """Refuse predictions with another number of rows than the truth."""
    if len(truth) != len(guess):
        raise ShapeError(
            f"{place}: expected one prediction for each of the {len(truth)} rows of "
            f"y_true, got y_pred of shape {shape_text(guess.shape)}. Predict the same "
            f"rows that y_true holds."
        )


def _numbers(place: str, name: str, value: Rows) -> Numbers:
    """Give real numbers as float64, or refuse what is not."""
    return as_array(value, f"{place}: {name}").astype(np.float64)


def _labels(place: str, name: str, value: Rows) -> Labels:
    """Give class numbers as int64, or refuse what is not."""
    array = as_array(value, f"{place}: {name}")
    if array.ndim != 1:
        way = f"One-hot rows and scores become classes by {name}.argmax(axis=-1)."
        if array.size == len(array):
            way = f"Use {name}.ravel()."
        raise ShapeError(
            f"{place}: expected {name} of shape (n,), one class number a row, got "
            f"{shape_text(array.shape)}. {way}"
        )
    if array.dtype.kind == "f":
        broken = np.flatnonzero(~np.isfinite(array) | (np.floor(array) != array))
        if broken.size:
            row = int(broken[0])
            raise DataError(
                f"{place}: expected {name} to hold whole class numbers, got "
                f"{float(array[row])!r} in row {row}. Probabilities become classes by "
                f"{name} > 0.5."
            )
    return array.astype(np.int64)


def _check_classes(place: str, name: str, labels: Labels, classes: int) -> None:
    """Refuse class numbers that are not 0 to ``classes - 1``."""
    outside = np.flatnonzero((labels < 0) | (labels >= classes))
    if outside.size:
        row = int(outside[0])
        raise DataError(
            f"{place}: expected {name} to hold the classes 0 to {classes - 1}, got "
            f"{int(labels[row])} in row {row}. Labels of any kind become class numbers "
            f"by numpy.unique(labels, return_inverse=True)."
        )


def _probabilities(place: str, value: Rows, truth: Labels) -> npt.NDArray[Any]:
    """Give probabilities as (n, K), float32 kept and all else float64."""
    array = np.asarray(value)
    if array.dtype != np.float32:
        array = _numbers(place, "y_pred", array)
    if array.ndim > 2:
        raise ShapeError(
            f"{place}: expected y_pred of shape (n, K), or (n,) for two classes, got "
            f"{shape_text(array.shape)}. Give one row of probabilities a label."
        )
    _same_rows(place, truth, array)
    columns = array.reshape(len(array), -1)
    _check_rows(
        place, array, np.any((columns < 0) | (columns > 1), axis=1), "from 0 to 1"
    )
    if columns.shape[1] == 1:
        return np.concatenate([1 - columns, columns], axis=1)
    tolerance = np.sqrt(np.finfo(columns.dtype).eps)
    wrong_sum = np.abs(np.sum(columns, axis=1) - 1) > tolerance
    _check_rows(place, array, wrong_sum, "that add up to 1")
    return columns


def _check_rows(
    place: str, array: npt.NDArray[Any], wrong: npt.NDArray[np.bool_], what: str
) -> None:
    """Refuse rows that are not probabilities."""
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{place}: expected y_pred to hold probabilities {what} in each row, got "
            f"{array[row].tolist()} in row {row}. Scores (logits) become probabilities "
            f"by softmax, or by sigmoid for two classes."
        )


def _row_weights(place: str, weights: Rows | None, rows: int) -> Numbers:
    """Give the weights of the rows, 1 each by default."""
    if weights is None:
        return np.ones(rows)
    return check_weights(weights, rows, f"{place}: weights").astype(np.float64)
