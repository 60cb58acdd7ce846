"""What every array of numbers that comes in must be: a rectangle of finite numbers.

What comes in may be an array, a list or a data frame; errors name the column and the
row of the first value that cannot be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import DataError, ShapeError, shape_text
from glassprop.refusals import is_masked_array

Array = NDArray[Any]


def as_array(data: Any, name: str) -> Array:
    """Turn an array, a list or a data frame into an array of numbers.

    Raises
    ------
    DataError
        If it holds anything but numbers, or rows of different length.
    """
    if is_masked_array(data) and np.any(data.mask):
        raise DataError(
            f"{name}: the array has masked values. Fill them first, data.filled(...)."
        )
    try:
        array = np.asarray(data)
    except ValueError:
        hint = ""
        if any(getattr(one, "ndim", 0) > 1 for one in data):
            hint = " Several inputs are a tuple of arrays, each of shape (n, ...)."
        raise DataError(
            f"{name}: the rows have different lengths. Give a rectangular array.{hint}"
        ) from None
    if array.dtype.kind == "O":
        wrong = _not_a_number(data, array)
        if wrong is None and column_names(data) is not None:
            return array.astype(np.float64)  # a data frame with columns of many dtypes
        raise DataError(_object_text(name, wrong))
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"{name}: expected numbers, got dtype {array.dtype}."
            + (
                " Take the real part, np.real(...), or stack real and imaginary parts."
                if array.dtype.kind == "c"
                else " Number words by np.unique(words, return_inverse=True)[1]."
                if array.dtype.kind in "US"
                else " Convert it first, np.asarray(data, float)."
            )
        )
    return array


def _not_a_number(data: Any, array: Array) -> tuple[Any, str] | None:
    """Find the first value in an array of objects that is not a number."""
    for index, value in np.ndenumerate(array):
        if not isinstance(value, int | float | np.bool | np.number):
            return value, _place(index, column_names(data))
    return None


def _object_text(name: str, wrong: tuple[Any, str] | None) -> str:
    if wrong is None:
        return (
            f"{name}: expected numbers, got an array of dtype object. Convert it "
            "first, np.asarray(data, float)."
        )
    value, place = wrong
    return (
        f"{name}: expected numbers, got {value!r} in {place}. Turn words into numbers, "
        "and missing values into NaN, before the call."
    )


def _place(index: tuple[int, ...], names: Sequence[str] | None) -> str:
    """Say where a value of an array stands: ``column 2, row 7``."""
    if not index:
        return "the array"
    place = f"row {index[0]}"
    if len(index) == 2:
        column = repr(names[index[1]]) if names else str(index[1])
        return f"column {column}, {place}"
    return f"{place}, position {index[1:]}" if len(index) > 2 else place


def column_names(data: Any) -> list[str] | None:
    """Give the column names of a data frame, None for anything else."""
    columns = getattr(data, "columns", None)
    return None if columns is None else [str(column) for column in columns]


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
    place = _place(index, names)
    repair = (
        "Fill missing values or drop these rows."
        if word == "NaN"
        else "Replace it by a finite number or drop these rows; float32 ends at 3.4e38."
    )
    count = int(wrong.sum())
    more = f" ({count} such values)" if count > 1 else ""
    raise DataError(f"{name}: {word} in {place}{more}. {repair}")


def check_weights(weights: Any, rows: int, name: str) -> Array:
    """Give a weight for each row, finite and 0 or more, some above 0.

    Parameters
    ----------
    weights : array-like of shape (n,)
        The weights.
    rows : int
        How many there must be.
    name : str
        What errors call them.

    Raises
    ------
    ShapeError, DataError
        If there are more or fewer, one is negative or not finite, or all are 0.
    """
    array = as_array(weights, name)
    if array.shape != (rows,):
        way = " np.ravel(weights) gives it one axis." if array.size == rows else ""
        raise ShapeError(
            f"{name}: expected shape ({rows},), a weight a row, got "
            f"{shape_text(array.shape)}.{way}"
        )
    check_finite(array, name)
    if (array < 0).any():
        row = int(np.argmax(array < 0))
        raise DataError(
            f"{name}: expected numbers >= 0, got {array[row].item()!r} in row {row}."
        )
    if not array.any():
        raise DataError(
            f"{name}: all {rows} weights are 0; then no row counts. Leave them out to "
            "count all rows alike."
        )
    return array
