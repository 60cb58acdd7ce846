"""What a truth, predictions and weights must be, so that a metric can compare them.

Each check takes the metric's name and what the user gave, and gives arrays that fit
each other, without the rows of weight 0; or an error that starts with the name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
from glassprop.options import is_whole

Rows = npt.ArrayLike
Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


# Pairs of a truth and predictions -----------------------------------------------------


def two_labels(
    place: str, y_true: Rows, y_pred: Rows, weights: Rows | None
) -> tuple[Labels, Labels, Numbers]:
    """Check two arrays of class numbers, row by row comparable."""
    refuse_empty(place, y_true, y_pred)
    truth = labels(place, "y_true", y_true)
    guess = labels(place, "y_pred", y_pred)
    same_rows(place, truth, guess)
    row_weights = weights_of_rows(place, weights, len(truth))
    counts = row_weights > 0
    return truth[counts], guess[counts], row_weights[counts]


def two_answers(
    place: str, y_true: Rows, y_pred: Rows, weights: Rows | None
) -> tuple[Labels, Labels, Numbers]:
    """Check two arrays (n, k) of answers to k questions each, 0 or 1."""
    refuse_empty(place, y_true, y_pred)
    truth = answers(place, "y_true", y_true)
    guess = answers(place, "y_pred", y_pred)
    same_shape(place, truth, guess)
    row_weights = weights_of_rows(place, weights, len(truth))
    counts = row_weights > 0
    return truth[counts], guess[counts], row_weights[counts]


def two_values(
    place: str, y_true: Rows, y_pred: Rows, weights: Rows | None
) -> tuple[Numbers, Numbers, Numbers]:
    """Check two arrays of numbers of one shape; give both as (n, k), and weights."""
    refuse_empty(place, y_true, y_pred)
    truth = numbers(place, "y_true", y_true)
    guess = numbers(place, "y_pred", y_pred)
    same_shape(place, truth, guess)
    rows = len(truth)
    row_weights = weights_of_rows(place, weights, rows)
    counts = row_weights > 0
    truth, guess = truth.reshape(rows, -1), guess.reshape(rows, -1)
    return truth[counts], guess[counts], row_weights[counts]


def class_probabilities(
    place: str, y_true: Rows, y_pred: Rows, weights: Rows | None
) -> tuple[Labels, npt.NDArray[Any], Numbers]:
    """Check class numbers, and the probabilities (n, K) of all classes."""
    refuse_empty(place, y_true, y_pred)
    truth = labels(place, "y_true", y_true)
    chances = probabilities(place, y_pred, truth)
    check_classes(place, "y_true", truth, chances.shape[1])
    row_weights = weights_of_rows(place, weights, len(truth))
    counts = row_weights > 0
    return truth[counts], chances[counts], row_weights[counts]


def positives_and_scores(
    place: str, y_true: Rows, y_pred: Rows, weights: Rows | None
) -> tuple[npt.NDArray[np.bool_], Numbers, Numbers]:
    """Check what is to be found and its scores; give both as (n, k), and weights.

    A column a question: is it class 1, where there are two classes; else is it this
    class, or does it have this label.
    """
    refuse_empty(place, y_true, y_pred)
    if has_several(y_true):
        positive = answers(place, "y_true", y_true) == 1
        scores = numbers(place, "y_pred", y_pred)
        same_shape(place, positive, scores)
    else:
        truth = labels(place, "y_true", y_true)
        scores = class_scores(place, y_pred, truth)
        classes = max(2, scores.shape[1])
        check_classes(place, "y_true", truth, classes)
        first = 1 if classes == 2 else 0
        positive = truth[:, None] == np.arange(first, classes)
        broken = np.isnan(scores).any(axis=1, keepdims=True)
        scores = np.where(broken, np.nan, scores)[:, -positive.shape[1] :]
    row_weights = weights_of_rows(place, weights, len(positive))
    counts = row_weights > 0
    return positive[counts], scores[counts], row_weights[counts]


def has_several(y_true: Rows) -> bool:
    """Tell whether each row answers several questions, (n, k), and is not one class."""
    shape = np.shape(y_true)
    return len(shape) == 2 and shape[1] > 1


# One array at a time ------------------------------------------------------------------


def numbers(place: str, name: str, value: Rows) -> Numbers:
    """Give real numbers as float64, or refuse what is not."""
    return as_array(value, f"{place}: {name}").astype(np.float64)


def labels(place: str, name: str, value: Rows) -> Labels:
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


def answers(place: str, name: str, value: Rows) -> Labels:
    """Give answers to several questions a row as int64, (n, k), or refuse."""
    array = as_array(value, f"{place}: {name}")
    if array.ndim != 2:
        raise ShapeError(
            f"{place}: expected {name} of shape (n, k), 0 or 1 for each of k labels, "
            f"got {shape_text(array.shape)}. For one class a row there is accuracy."
        )
    wrong = np.argwhere((array != 0) & (array != 1))
    if wrong.size:
        row, column = (int(at) for at in wrong[0])
        raise DataError(
            f"{place}: expected {name} to hold 0 or 1 for each label, got "
            f"{array[row, column].item()!r} in column {column}, row {row}. "
            f"Probabilities become answers by {name} > 0.5."
        )
    return array.astype(np.int64)


def probabilities(place: str, value: Rows, truth: Labels) -> npt.NDArray[Any]:
    """Give probabilities as (n, K), float32 kept and all else float64."""
    array = np.asarray(value)
    if array.dtype != np.float32:
        array = numbers(place, "y_pred", array)
    if array.ndim > 2:
        raise ShapeError(
            f"{place}: expected y_pred of shape (n, K), or (n,) for two classes, got "
            f"{shape_text(array.shape)}. Give one row of probabilities a label."
        )
    same_rows(place, truth, array)
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


def class_scores(place: str, value: Rows, truth: Labels) -> Numbers:
    """Give the scores of classes as (n, K), or (n, 1) for two."""
    array = numbers(place, "y_pred", value)
    if array.ndim > 2:
        raise ShapeError(
            f"{place}: expected y_pred of shape (n, K), or (n,) for two classes, got "
            f"{shape_text(array.shape)}. Give one row of scores a label."
        )
    same_rows(place, truth, array)
    return array.reshape(len(array), -1)


def weights_of_rows(place: str, weights: Rows | None, rows: int) -> Numbers:
    """Give the weights of the rows, 1 each by default."""
    if weights is None:
        return np.ones(rows)
    return check_weights(weights, rows, f"{place}: weights").astype(np.float64)


# What cannot be compared --------------------------------------------------------------


def refuse_empty(place: str, y_true: Rows, y_pred: Rows) -> None:
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


def same_rows(place: str, truth: Labels, guess: npt.NDArray[Any]) -> None:
    """Refuse predictions with another number of rows than the truth."""
    if len(truth) != len(guess):
        raise ShapeError(
            f"{place}: expected one prediction for each of the {len(truth)} rows of "
            f"y_true, got y_pred of shape {shape_text(guess.shape)}. Predict the same "
            f"rows that y_true holds."
        )


def same_shape(place: str, truth: npt.NDArray[Any], guess: npt.NDArray[Any]) -> None:
    """Refuse what NumPy would broadcast into a wrong answer."""
    if truth.shape != guess.shape:
        way = "Give one prediction for every number of y_true."
        if truth.size == guess.size:
            way = "If the order is the same, use y_pred.reshape(y_true.shape)."
        raise ShapeError(
            f"{place}: expected y_true and y_pred of one shape, got "
            f"{shape_text(truth.shape)} and {shape_text(guess.shape)}. {way}"
        )


def check_classes(place: str, name: str, found: Labels, classes: int) -> None:
    """Refuse class numbers that are not 0 to ``classes - 1``."""
    outside = np.flatnonzero((found < 0) | (found >= classes))
    if outside.size:
        row = int(outside[0])
        raise DataError(
            f"{place}: expected {name} to hold the classes 0 to {classes - 1}, got "
            f"{int(found[row])} in row {row}. Labels of any kind become class numbers "
            f"by numpy.unique(labels, return_inverse=True)."
        )


def check_whole(place: str, name: str, value: Any, way: str) -> None:
    """Refuse an option that is not a whole number, 1 or more."""
    if not is_whole(value) or value < 1:
        raise ArgumentError(
            f"{place}: expected {name} to be a whole number, 1 or more, got "
            f"{value!r}. {way}"
        )


def check_choice(place: str, name: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse an option that is not one of a few words."""
    if value not in choices:
        hint = did_you_mean(value, choices) if isinstance(value, str) else ""
        raise ArgumentError(
            f"{place}: expected {name} to be {listing(choices)}, got {value!r}.{hint}"
        )


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
