"""Checks of X.

What comes in may be an array, a list or a data frame. What goes on is a contiguous
array of the network's dtype, of a shape that fits, free of NaN and infinity; or an
error that names the column and the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from glassprop.arrays import Array, as_array, check_finite, column_names
from glassprop.errors import ArgumentError, DataError, ShapeError, shape_text
from glassprop.layers.contract import SampleShape, Shapes
from glassprop.trees import as_parts, is_several

IN_ORDER = 0x1 | 0x100  # NumPy's flags C_CONTIGUOUS and ALIGNED
FLOATS: tuple[np.dtype[Any], ...] = (np.dtype(np.float32), np.dtype(np.float64))


def network_dtype(data: Any, dtype: Any) -> np.dtype[Any]:
    """Choose a network's dtype: the one asked for, else float32 for float32 data.

    Raises
    ------
    ArgumentError
        If a dtype other than float32 and float64 is asked for.
    """
    if dtype is None:
        parts = data if holds_several(data) else (data,)
        single = all(getattr(one, "dtype", None) == FLOATS[0] for one in parts)
        return FLOATS[0] if single else FLOATS[1]
    try:
        chosen: np.dtype[Any] | None = np.dtype(dtype)
    except TypeError:
        chosen = None
    if chosen is None or chosen not in FLOATS:
        raise ArgumentError(f"dtype must be float32 or float64, got {dtype!r}.")
    return chosen


def holds_several(data: Any) -> bool:
    """Tell whether data are several inputs: a tuple of arrays or data frames.

    A tuple of rows is one input: its arrays have one dimension, or none.
    """
    return (
        isinstance(data, tuple)
        and len(data) > 1
        and all(getattr(one, "ndim", 0) > 1 for one in data)
    )


def as_each_input(
    data: Any,
    dtype: np.dtype[Any],
    input_shape: Shapes | None,
    *,
    missing_allowed: bool = False,
    name: str = "X",
) -> Any:
    """Turn data into what a network takes: one array, or a tuple of several.

    Parameters
    ----------
    data : array-like of shape (n, ...), or tuple of such
        The rows; of several inputs an array each, with the same rows.
    dtype, missing_allowed, name
        As for `as_inputs`.
    input_shape : tuple of int, tuple of such, or None
        What each row must be, if it is known.

    Returns
    -------
    array of shape (n, *input_shape), or tuple of such

    Raises
    ------
    DataError, ShapeError
        If the data do not fit, or the inputs have different numbers of rows.
    """
    several = is_several(input_shape)
    if not several and (input_shape is not None or not holds_several(data)):
        shape = cast(SampleShape | None, input_shape)
        _refuse_several_inputs(data, shape, name)
        return as_inputs(data, dtype, shape, missing_allowed=missing_allowed, name=name)
    shapes = as_parts(input_shape) if several else (None,) * len(data)
    parts = parts_of(data, len(shapes), name, "input")
    arrays = tuple(
        as_inputs(part, dtype, shape, name=f"{name}[{at}]")
        for at, (part, shape) in enumerate(zip(parts, shapes, strict=True))
    )
    for at, array in enumerate(arrays):
        if len(array) != len(arrays[0]):
            raise ShapeError(
                f"{name}: all inputs must have the same rows, got {len(arrays[0])} "
                f"in {name}[0] and {len(array)} in {name}[{at}]."
            )
    return arrays


def fits_as_it_is(data: Any, dtype: np.dtype[Any], input_shape: Shapes) -> bool:
    """Tell whether data are rows in a network's form already, but for NaN in them.

    Parameters
    ----------
    data : object
        What a user gave.
    dtype, input_shape
        Of the network.
    """
    return (
        type(data) is np.ndarray
        and data.dtype is dtype
        and data.shape[1:] == input_shape
        and data.flags.num & IN_ORDER == IN_ORDER
    )


def one_sample(data: Any, input_shape: Shapes | None) -> Any:
    """Give one sample as a batch of one row; None if the data are not one sample.

    Parameters
    ----------
    data : array-like, or tuple of such
        What a user gave.
    input_shape : tuple of int, tuple of such, or None
        What a sample must be exactly, if it is known.
    """
    if is_several(input_shape):
        parts = parts_of(data, len(as_parts(input_shape)), "X", "input")
        arrays = tuple(as_array(part, f"X[{at}]") for at, part in enumerate(parts))
        exact = tuple(one.shape for one in arrays) == input_shape
        return tuple(one[None] for one in arrays) if exact else None
    if holds_several(data) and (input_shape is None or not _alike(data)):
        return None
    array = as_array(data, "X")
    return array[None] if array.shape == input_shape else None


def _alike(arrays: Sequence[Any]) -> bool:
    """Tell whether arrays have one shape, so that they may be the rows of another."""
    return len({one.shape for one in arrays}) == 1


def _refuse_several_inputs(
    data: Any, input_shape: SampleShape | None, name: str
) -> None:
    """Refuse a tuple of arrays that are not the rows of the network's one input.

    Likewise a list of them, and a tuple of one, if each is a batch of rows.
    """
    batches = input_shape is not None and _batches(data, len(input_shape) + 1)
    rows = not holds_several(data) or all(one.shape == input_shape for one in data)
    if batches or not rows:
        shapes = " and ".join(shape_text(one.shape) for one in data)
        raise ShapeError(
            f"{name}: expected one array of shape "
            f"{shape_text(('n', *(input_shape or ())))}, got "
            + (
                f"{len(data)}, of shapes {shapes}. A network of several inputs begins "
                "with a layer that takes them, gp.Parallel([...]) or gp.Concatenate()."
                if len(data) > 1
                else f"a {type(data).__name__} of one, of shape {shapes}. Give the "
                "array itself."
            )
        )


def _batches(data: Any, rank: int) -> bool:
    """Tell whether data are a list or tuple of arrays of as many axes as a batch."""
    listed = isinstance(data, tuple | list) and len(data) > 0
    return rank > 1 and listed and all(getattr(one, "ndim", 0) == rank for one in data)


def refuse_batches_as_rows(data: Any, y: Any, name: str) -> None:
    """Refuse a list of arrays, or a tuple of one, that each have a row for a row of y.

    Where a network does not know its input yet, such arrays are taken for rows. The
    rows of y tell that they are inputs.

    Parameters
    ----------
    data : array-like, or tuple of such
        What was given for X.
    y : array-like, or tuple of such
        What was given for y.
    name : str
        What errors call X.

    Raises
    ------
    ShapeError
        If there are as many rows in each array as in y, and not as many arrays.
    """
    rank = getattr(data[0], "ndim", 0) if isinstance(data, list | tuple) and data else 0
    rows = len(y) if hasattr(y, "__len__") and getattr(y, "ndim", 1) > 0 else None
    if _batches(data, rank) and len(data) != rows == len(data[0]):
        shapes = " and ".join(shape_text(one.shape) for one in data)
        raise ShapeError(
            f"{name}: expected an array, or a tuple of several, got a "
            f"{type(data).__name__} of {len(data)}, of shape{'s' * (len(data) > 1)} "
            f"{shapes}. Give one input as the array itself; several, to a network that "
            "takes them, are a tuple: (a, b)."
        )


def parts_of(data: Any, count: int, name: str, what: str) -> Sequence[Any]:
    """Give the parts of a tuple or list of several arrays.

    Raises
    ------
    DataError
        If it is not a tuple or list of so many.
    """
    if not isinstance(data, tuple | list) or len(data) != count:
        given = f"{len(data)} of them" if isinstance(data, tuple | list) else ""
        raise DataError(
            f"{name}: expected a tuple of {count} arrays, one for each {what} of the "
            f"network, got {given or type(data).__name__}."
        )
    return data


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
        column = f"One feature is a column, {name}[:, None]"
        if input_shape is None:
            hint = f"{column}; one row is {name}[None, :]."
            if array.size:
                hint += (
                    " A network that is made with input_shape="
                    f"{array.size} takes one row as it is."
                )
        elif input_shape == (1,):
            hint = f"{column}."
        else:
            row = shape_text(input_shape)
            hint = f"Each row has shape {row}; one row alone is {name}[None, :]."
        raise ShapeError(
            f"{name}: expected shape {wanted}, got {shape_text(array.shape)}. {hint}"
        )
    if input_shape is None and 0 in array.shape[1:]:
        raise ShapeError(
            f"{name}: expected at least one value a row, got {shape_text(array.shape)}."
        )
    if input_shape is not None and array.shape[1:] != tuple(input_shape):
        raise ShapeError(
            f"{name}: expected shape {shape_text(('n', *input_shape))}, got "
            f"{shape_text(array.shape)}. The network was made for rows of shape "
            f"{shape_text(input_shape)}; give the same columns in the same order."
        )
    names = column_names(data)
    check_finite(array, name, names=names, missing_allowed=missing_allowed)
    with np.errstate(over="ignore"):  # found by the check that follows
        result = np.require(array, dtype, ["C", "A"])
    if result is not array:
        check_finite(result, name, names=names, missing_allowed=missing_allowed)
    return result
