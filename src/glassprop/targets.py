"""Checks of y: what a loss takes, as a target or as several.

What comes in may be an array, a list or a data frame. What goes on are integers for
labels and the network's dtype for all else, of a shape that the loss takes beside the
output; or an error that names the row. It also tells what classes a target says.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from glassprop.arrays import Array, as_array, check_finite, column_names
from glassprop.data import parts_of
from glassprop.errors import BroadcastError, DataError, ShapeError, shape_text
from glassprop.layers.contract import SampleShape, Shapes
from glassprop.losses import AnyLoss, Loss, check_outputs
from glassprop.programs import Target
from glassprop.trees import as_parts, is_several


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
    array = np.require(array, requirements=["C", "A"])
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
    code = ""
    if shape == () and output_shape == (1,):
        repair, code = "Make it a column, y[:, None].", "y = y[:, None]"
    elif output_shape == () and shape == (1,):
        repair, code = "Take the column, y[:, 0].", "y = y[:, 0]"
    elif loss.target == "classes" and shape == (1,):
        repair, code = "Labels are one number a row, y[:, 0].", "y = y[:, 0]"
    elif len(shape) == len(output_shape) == 1:
        units = "1 unit" if shape[0] == 1 else f"{shape[0]} units"
        columns = "1 column" if output_shape[0] == 1 else f"{output_shape[0]} columns"
        repair = f"Give the last layer {units}, or y {columns}."
    else:
        repair = "Give y the shape of the network's output."
    expected = f"{name}: expected shape {shape_text(('n', *output_shape))}"
    seen = f"{expected}, like the network's output, got {shape_text(('n', *shape))}"
    if _broadcasts(shape, output_shape):
        danger = f"loss {loss.name!r} would broadcast them against each other"
        raise BroadcastError(f"{seen}; {danger}.", repair, code)
    raise ShapeError(f"{seen}. {repair}")


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
