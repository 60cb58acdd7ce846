"""Checks of X and y.

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
from glassprop.losses import AnyLoss, Loss, check_outputs
from glassprop.programs import Target
from glassprop.trees import as_parts, is_several

FLOATS: tuple[np.dtype[Any], ...] = (np.dtype(np.float32), np.dtype(np.float64))


# Inputs -------------------------------------------------------------------------------


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
    """Refuse a tuple of arrays that are not the rows of the network's one input."""
    if holds_several(data) and any(one.shape != input_shape for one in data):
        shapes = " and ".join(shape_text(one.shape) for one in data)
        raise ShapeError(
            f"{name}: expected one array of shape "
            f"{shape_text(('n', *(input_shape or ())))}, got {len(data)}, of shapes "
            f"{shapes}. A network of several inputs begins with a layer that takes "
            "them, gp.Parallel([...]) or gp.Concatenate()."
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
        result = np.ascontiguousarray(array, dtype)
    check_finite(result, name, names=names, missing_allowed=missing_allowed)
    return result


# Targets ------------------------------------------------------------------------------


def as_each_target(
    y: Any,
    loss: AnyLoss,
    output_shape: Shapes,
    dtype: np.dtype[Any],
    rows: int,
    *,
    name: str = "y",
) -> tuple[Any, Target]:
    """Turn a target, or several, into what the loss of each output takes.

    Parameters
    ----------
    y : array-like of shape (n, ...), or tuple of such
        The target; of several outputs one each.
    loss : Loss or Several
        What it is for.
    output_shape : tuple of int, or tuple of such
        Of the network's output for one row.
    dtype, rows, name
        As for `as_target`.

    Returns
    -------
    array or tuple of arrays, Target

    Raises
    ------
    ArgumentError, DataError, ShapeError
        If there is not a loss for each output, or a target does not fit.
    """
    check_outputs(loss, output_shape)
    if not is_several(output_shape):
        shape = cast(SampleShape, output_shape)
        _refuse_several_targets(y, rows, name)
        return as_target(y, loss.each[0], shape, dtype, rows, name=name)
    parts = parts_of(y, len(loss.each), name, "output")
    arrays = tuple(
        as_target(part, one, shape, dtype, rows, name=f"{name}[{at}]")[0]
        for at, (part, one, shape) in enumerate(
            zip(parts, loss.each, as_parts(output_shape), strict=True)
        )
    )
    shapes = tuple(one.shape[1:] for one in arrays)
    return arrays, Target(shapes, tuple(one.dtype for one in arrays))


def _refuse_several_targets(y: Any, rows: int, name: str) -> None:
    """Refuse a tuple with a target for each of several outputs, where there is one."""
    if not isinstance(y, tuple) or len(y) in (0, rows):
        return
    shapes = [getattr(one, "shape", ()) for one in y]
    if all(shape[:1] == (rows,) for shape in shapes):
        raise ShapeError(
            f"{name}: expected one array, as the network has one output, got "
            f"{len(y)}, of shapes {' and '.join(map(shape_text, shapes))}. A network "
            "of several outputs ends with gp.Parallel([...])."
        )


def as_target(
    y: Any,
    loss: Loss,
    output_shape: tuple[int, ...],
    dtype: np.dtype[Any],
    rows: int,
    *,
    name: str = "y",
) -> tuple[Array, Target]:
    """Turn a target into what a loss takes; refuse what would broadcast by accident.

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
    name : str
        What errors call the target.

    Returns
    -------
    array, Target
        Labels as integers, everything else in the network's dtype; and what the
        target looks like.

    Raises
    ------
    DataError, ShapeError
        If the target does not fit the loss or the output.
    """
    array = as_array(y, name)
    if array.ndim == 0 or array.shape[0] != rows:
        raise ShapeError(
            f"{name}: expected {rows} rows, as many as X, got shape "
            f"{shape_text(array.shape)}."
        )
    check_finite(array, name, names=column_names(y))
    if loss.target == "classes" and (not output_shape or output_shape[-1] < 2):
        raise ShapeError(
            f"loss {loss.name!r}: expected an output with one unit a class, two at "
            f"least, got {shape_text(('n', *output_shape))}. End the network with "
            "gp.Dense(classes); two classes can also be gp.Dense(1) with "
            "loss='binary_cross_entropy'."
        )
    if loss.target == "vectors" and (not output_shape or output_shape[-1] < 2):
        raise ShapeError(
            f"loss {loss.name!r}: expected an output of two numbers at least, which "
            f"have a direction, got {shape_text(('n', *output_shape))}. For one number "
            "use loss='mean_squared_error'."
        )
    wanted = loss.target_shape(output_shape)
    one_number_a_row = array.ndim == 1
    if loss.target == "classes" and one_number_a_row and len(output_shape) == 1:
        array = _labels(array, output_shape[0], loss.name, name)
    elif loss.target == "binary" and one_number_a_row and output_shape == (1,):
        array = _labels(array, 2, loss.name, name)
    elif loss.target == "any" and one_number_a_row and array.dtype.kind != "f":
        array = array.astype(np.int64)
    else:
        if loss.target == "described" and one_number_a_row and wanted == (1,):
            array = array[:, None]
        if loss.target != "any":
            _check_shape(array.shape[1:], wanted, loss, name)
        with np.errstate(over="ignore"):  # found by the check that follows
            array = array.astype(dtype)
        check_finite(array, name, names=column_names(y))
        if loss.classifies:
            _check_chances(array, loss, name)
        elif loss.target == "counts":
            _check_counts(array, loss, name)
    array = np.ascontiguousarray(array)
    return array, Target(array.shape[1:], array.dtype)


def _labels(array: Array, classes: int, loss: str, name: str) -> Array:
    labels = array.astype(np.int64)
    wrong = (labels != array) | (labels < 0) | (labels >= classes)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{name}: loss {loss!r} with {classes} classes takes the labels 0 to "
            f"{classes - 1}, got {array[row].item()!r} in row {row}. Number the "
            "classes from 0, y = np.unique(y, return_inverse=True)[1], and give the "
            "last layer one unit a class."
        )
    return labels


def _check_shape(
    shape: tuple[int, ...], output_shape: tuple[int, ...], loss: Loss, name: str
) -> None:
    """Refuse a target whose rows are not shaped like the output's."""
    if shape == output_shape:
        return
    if loss.target == "described":
        count = loss.outputs_per_value
        raise ShapeError(
            f"{name}: expected shape {shape_text(('n', *output_shape))}, a number for "
            f"each {count} of the network's outputs, got {shape_text(('n', *shape))}. "
            f"Give the last layer {count} units for each column of y."
        )
    if shape == () and output_shape == (1,):
        repair = "Make it a column, y[:, None]."
    elif output_shape == () and shape == (1,):
        repair = "Take the column, y[:, 0]."
    elif loss.target == "classes" and shape == (1,):
        repair = "Labels are one number a row, y[:, 0]."
    elif len(shape) == len(output_shape) == 1:
        units = "1 unit" if shape[0] == 1 else f"{shape[0]} units"
        columns = "1 column" if output_shape[0] == 1 else f"{output_shape[0]} columns"
        repair = f"Give the last layer {units}, or y {columns}."
    else:
        repair = "Give y the shape of the network's output."
    danger = ""
    if _broadcasts(shape, output_shape):
        danger = f"; loss {loss.name!r} would broadcast them against each other"
    raise ShapeError(
        f"{name}: expected shape {shape_text(('n', *output_shape))}, like the "
        f"network's output, got {shape_text(('n', *shape))}{danger}. {repair}"
    )


def _broadcasts(shape: tuple[int, ...], output_shape: tuple[int, ...]) -> bool:
    try:
        np.broadcast_shapes(shape, output_shape)
    except ValueError:
        return False
    return True


def _check_chances(array: Array, loss: Loss, name: str) -> None:
    wrong = (array < 0) | (array > 1)
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise DataError(
            f"{name}: loss {loss.name!r} takes chances from 0 to 1, got "
            f"{array[wrong][0].item()!r} in row {row}. For numbers without these "
            "bounds use loss='mean_squared_error'."
        )
    if loss.target == "classes" and len(array):
        sums = array.sum(axis=-1)
        far = np.abs(sums - 1) > 1e-3
        if far.any():
            row = int(np.argmax(far))
            raise DataError(
                f"{name}: the chances of the classes must add up to 1, got "
                f"{sums[row]:.6g} in row {row}. For several classes at once use "
                "loss='binary_cross_entropy'."
            )


def _check_counts(array: Array, loss: Loss, name: str) -> None:
    wrong = array < 0
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise DataError(
            f"{name}: loss {loss.name!r} takes counts, 0 or more, got "
            f"{array[wrong][0].item()!r} in row {row}. For numbers without this bound "
            "use loss='mean_squared_error'."
        )


def classes_of(y: Array, loss: Loss) -> Array | None:
    """Give the class of each row; None where the target says no class, or several.

    Parameters
    ----------
    y : array of shape (n, ...)
        A checked target: labels, or the chances of classes.
    loss : Loss
        What it is for.
    """
    if not loss.classifies or y.dtype.kind == "i":
        return y if loss.classifies else None
    if loss.target == "classes":
        return y.argmax(axis=-1) if y.ndim == 2 else None
    chance = y.reshape(len(y), -1)
    return (chance[:, 0] > 0.5).astype(np.int64) if chance.shape[1] == 1 else None


def row_classes(y: Any, loss: AnyLoss) -> Array | None:
    """Give the class of each row, of several targets by the first that says one."""
    for one, target in zip(loss.each, as_parts(y), strict=True):
        classes = classes_of(target, one)
        if classes is not None:
            return classes
    return None


def check_several_classes(y: Any, loss: AnyLoss) -> None:
    """Refuse to learn from rows of one class.

    Raises
    ------
    DataError
        If there are two rows or more, and all are for certain of one class.
    """
    for at, (one, target) in enumerate(zip(loss.each, as_parts(y), strict=True)):
        name = f"y[{at}]" if is_several(y) else "y"
        _check_several_classes(target, one, name)


def _check_several_classes(y: Array, loss: Loss, name: str) -> None:
    classes = classes_of(y, loss)
    certain = bool(np.isin(y, (0, 1)).all()) or y.dtype.kind == "i"
    if classes is None or len(classes) < 2 or not certain:
        return
    if classes.min() == classes.max():
        raise DataError(
            f"{name}: all {len(classes)} rows are of class {classes[0]}; there is "
            "nothing to tell apart. Give rows of at least two classes."
        )
