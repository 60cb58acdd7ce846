"""Checks of X and y.

What comes in may be an array, a list or a data frame. What goes on is a contiguous
array of the network's dtype, of a shape that fits, free of NaN and infinity; or an
error that names the column and the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import ArgumentError, DataError, ShapeError, shape_text
from glassprop.losses import Loss
from glassprop.programs import Target

Array = NDArray[Any]


# Inputs ------------------------------------------------------------------------------


def network_dtype(data: Any, dtype: Any) -> np.dtype[Any]:
    """Choose a network's dtype: the one asked for, else float32 for float32 data.

    Raises
    ------
    ArgumentError
        If a dtype other than float32 and float64 is asked for.
    """
    if dtype is None:
        found = getattr(data, "dtype", None)
        single = found is not None and found == np.float32
        return np.dtype(np.float32 if single else np.float64)
    chosen = np.dtype(dtype)
    if chosen not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ArgumentError(f"dtype must be float32 or float64, got {chosen}.")
    return chosen


def as_array(data: Any, name: str) -> Array:
    """Turn an array, a list or a data frame into an array of numbers.

    Raises
    ------
    DataError
        If it holds anything but numbers, or rows of different length.
    """
    try:
        array = np.asarray(data)
    except ValueError:
        raise DataError(
            f"{name}: the rows have different lengths. Give a rectangular array."
        ) from None
    if array.dtype.kind == "O":
        raise DataError(_object_text(data, array, name))
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"{name}: expected numbers, got dtype {array.dtype}."
            + (
                " Take the real part, np.real(...), or stack real and imaginary parts."
                if array.dtype.kind == "c"
                else " Words become numbers by np.unique(words, return_inverse=True)[1]."
                if array.dtype.kind in "US"
                else " Convert it first, np.asarray(data, float)."
            )
        )
    return array


def _object_text(data: Any, array: Array, name: str) -> str:
    """Say which value in an array of objects is not a number."""
    names = column_names(data)
    for index in np.ndindex(array.shape[:2]):
        value = array[index]
        if not isinstance(value, int | float | np.number):
            place = f"row {index[0]}" if index else "the array"
            if len(index) > 1:
                column = repr(names[index[1]]) if names else str(index[1])
                place = f"column {column}, {place}"
            return (
                f"{name}: expected numbers, got {value!r} in {place}. Turn words into "
                "numbers, and missing values into NaN, before the call."
            )
    return (
        f"{name}: expected numbers, got an array of dtype object. Convert it first, "
        "np.asarray(data, float)."
    )


def column_names(data: Any) -> list[str] | None:
    """Give the column names of a data frame, None for anything else."""
    columns = getattr(data, "columns", None)
    return None if columns is None else [str(column) for column in columns]


def as_inputs(
    data: Any,
    dtype: np.dtype[Any],
    input_shape: tuple[int, ...] | None,
    *,
    missing_allowed: bool = False,
    name: str = "X",
) -> Array:
    """Turn data into the rows that a network takes.

    Parameters
    ----------
    data : array-like of shape (n, ...)
        The rows.
    dtype : numpy dtype
        Of the network.
    input_shape : tuple of int or None
        What each row must be, if it is known.
    missing_allowed : bool
        Whether NaN stands for a missing value that the network fills in.
    name : str
        What errors call it.

    Returns
    -------
    array of shape (n, *input_shape)
        Contiguous, of the network's dtype.
    """
    array = as_array(data, name)
    if array.ndim < 2 and input_shape != ():
        wanted = shape_text(("n", *(input_shape or ("features",))))
        raise ShapeError(
            f"{name}: expected shape {wanted}, got {shape_text(array.shape)}. One "
            f"feature is a column, {name}[:, None]; one row is {name}[None, :]."
        )
    if input_shape is not None and array.shape[1:] != tuple(input_shape):
        raise ShapeError(
            f"{name}: expected shape {shape_text(('n', *input_shape))}, got "
            f"{shape_text(array.shape)}. The network was made for rows of shape "
            f"{shape_text(input_shape)}; give the same columns in the same order."
        )
    result = np.ascontiguousarray(array, dtype)
    check_finite(array, name, names=column_names(data), missing_allowed=missing_allowed)
    check_finite(
        result, name, names=column_names(data), missing_allowed=missing_allowed
    )
    return result


def check_finite(
    array: Array,
    name: str,
    *,
    names: Sequence[str] | None = None,
    missing_allowed: bool = False,
) -> None:
    """Refuse NaN and infinity, and say where the first one stands.

    Raises
    ------
    DataError
        With the column and the row, counted from 0.
    """
    if array.dtype.kind != "f":
        return
    wrong = np.isinf(array) if missing_allowed else ~np.isfinite(array)
    if not wrong.any():
        return
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    word = "NaN" if np.isnan(array[index]) else "infinity"
    place = f"row {index[0]}"
    if len(index) == 2:
        column = repr(names[index[1]]) if names else str(index[1])
        place = f"column {column}, {place}"
    elif len(index) > 2:
        place = f"{place}, position {index[1:]}"
    repair = (
        "Fill missing values or drop these rows."
        if word == "NaN"
        else "Replace it by a finite number or drop these rows; float32 ends at 3.4e38."
    )
    count = int(wrong.sum())
    more = f" ({count} such values)" if count > 1 else ""
    raise DataError(f"{name}: {word} in {place}{more}. {repair}")


# Targets -----------------------------------------------------------------------------


def as_target(
    y: Any, loss: Loss, output_shape: tuple[int, ...], dtype: np.dtype[Any], rows: int
) -> tuple[Array, Target]:
    """Turn a target into what a loss takes, and refuse what would broadcast by accident.

    Parameters
    ----------
    y : array-like of shape (n, ...)
        The target.
    loss : Loss
        What it is for.
    output_shape : tuple of int
        Of the network's output for one row.
    dtype : numpy dtype
        Of the network.
    rows : int
        The number of rows of X.

    Raises
    ------
    DataError, ShapeError
        If the target does not fit the loss or the output.
    """
    array = as_array(y, "y")
    if array.ndim == 0 or array.shape[0] != rows:
        raise ShapeError(
            f"y: expected {rows} rows, as many as X, got shape "
            f"{shape_text(array.shape)}."
        )
    check_finite(array, "y", names=column_names(y))
    if loss.target == "classes" and array.ndim == 1:
        array = _labels(array, output_shape[-1], loss.name)
    elif loss.target == "binary" and array.ndim == 1 and output_shape == (1,):
        array = _labels(array, 2, loss.name)
    elif loss.target == "any" and array.dtype.kind != "f" and array.ndim == 1:
        array = array.astype(np.int64)
    else:
        _check_shape(array.shape[1:], output_shape, loss)
        array = array.astype(dtype)
        if loss.target in ("binary", "classes"):
            _check_chances(array, loss)
    array = np.ascontiguousarray(array)
    return array, Target(array.shape[1:], array.dtype)


def _labels(array: Array, classes: int, loss: str) -> Array:
    labels = array.astype(np.int64)
    wrong = (labels != array) | (labels < 0) | (labels >= classes)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"y: loss {loss!r} with {classes} classes takes the labels 0 to "
            f"{classes - 1}, got {array[row].item()!r} in row {row}. Number the classes "
            "from 0, y = np.unique(y, return_inverse=True)[1], and give the last layer "
            "one unit a class."
        )
    return labels


def _check_shape(
    shape: tuple[int, ...], output_shape: tuple[int, ...], loss: Loss
) -> None:
    """Refuse a target whose rows are not shaped like the output's."""
    if shape == output_shape:
        return
    if loss.target == "any" and len(shape) != len(output_shape) and shape != ():
        return
    repair = ""
    if shape == () and output_shape == (1,):
        repair = "Make it a column, y[:, None]."
    elif output_shape == () and shape == (1,):
        repair = "Take the column, y[:, 0]."
    elif loss.target == "classes" and shape == (1,):
        repair = "Labels are one number a row, y[:, 0]."
    elif len(shape) == len(output_shape) == 1:
        repair = (
            f"Give the last layer {shape[0]} units, or y {output_shape[0]} columns."
        )
    else:
        repair = "Give y the shape of the network's output."
    raise ShapeError(
        f"y: expected shape {shape_text(('n', *output_shape))}, like the network's "
        f"output, got {shape_text(('n', *shape))}; loss {loss.name!r} would broadcast "
        f"them against each other. {repair}"
        if _broadcasts(shape, output_shape)
        else f"y: expected shape {shape_text(('n', *output_shape))}, like the network's "
        f"output, got {shape_text(('n', *shape))}. {repair}"
    )


def _broadcasts(shape: tuple[int, ...], output_shape: tuple[int, ...]) -> bool:
    try:
        np.broadcast_shapes(shape, output_shape)
    except ValueError:
        return False
    return True


def _check_chances(array: Array, loss: Loss) -> None:
    wrong = (array < 0) | (array > 1)
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise DataError(
            f"y: loss {loss.name!r} takes chances from 0 to 1, got "
            f"{array[wrong][0].item()!r} in row {row}. For numbers without these "
            "bounds use loss='mean_squared_error'."
        )
    if loss.target == "classes" and len(array):
        sums = array.sum(axis=-1)
        far = np.abs(sums - 1) > 1e-3
        if far.any():
            row = int(np.argmax(far))
            raise DataError(
                f"y: the chances of the classes must add up to 1, got {sums[row]:.6g} "
                f"in row {row}. For several classes at once use "
                "loss='binary_cross_entropy'."
            )


def check_several_classes(labels: Array, loss: Loss) -> None:
    """Refuse to learn from rows of one class.

    Raises
    ------
    DataError
        If there are two rows or more, and all have one label.
    """
    if not loss.classifies or labels.ndim != 1 or len(labels) < 2:
        return
    if labels.min() == labels.max():
        raise DataError(
            f"y: all {len(labels)} rows are of class {labels[0]}; there is nothing to "
            "tell apart. Give rows of at least two classes."
        )
