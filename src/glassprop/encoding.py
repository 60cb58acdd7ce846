"""Tables to arrays and predictions to tables, by the plan.

Takes a `Plan` and a `Table` and gives float64 arrays: numbers as they are, words as
codes 0, 1, ..., K - 1 in the plan's order, missing as NaN. Filling in what is missing,
scaling and one-hot encoding are the network's own first layers. On the way back it
takes a network's predictions and gives the plan's words, or a CSV file of them.

Columns are found by name: others are ignored, and their order does not matter.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassprop.columns import find_column, place, read_codes, read_numbers
from glassprop.errors import (
    ArgumentError,
    DataError,
    ModelFileError,
    ShapeError,
    shape_text,
)
from glassprop.model_files import write_whole
from glassprop.plans import Plan, PlanColumn
from glassprop.result_files import csv_text
from glassprop.tables import Table, quoted


def encode(plan: Plan, table: Table) -> NDArray[np.float64]:
    r"""Turn the features of a table into one array.

    Parameters
    ----------
    plan : Plan
    table : Table

    Returns
    -------
    array of shape (rows, features)
        float64: numbers, codes of words, NaN where missing.

    Raises
    ------
    DataError
        A column is not in the table; a cell holds a word where the plan has numbers, a
        word that the plan does not know, infinity, or a whole number from 2**53 on.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glassprop.plans import make_plan
    >>> from glassprop.tables import read_table
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "penguins.csv"
    >>> _ = path.write_text("island;mass;sex\nDream;3.7;f\nBiscoe;;m\n;4.5;m\n")
    >>> table = read_table(path)
    >>> plan = make_plan(table, "sex")
    >>> encode(plan, table)
    array([[1. , 3.7],
           [0. , nan],
           [nan, 4.5]])
    >>> encode_target(plan, table)
    array([0, 1, 1])
    """
    features = np.empty((len(table.row_numbers), len(plan.features)))
    for position, planned in enumerate(plan.features):
        features[:, position] = _read(table, planned, plan)
    return features


def encode_target(plan: Plan, table: Table) -> NDArray[np.int64] | NDArray[np.float64]:
    """Turn the target of a table into an array.

    Parameters
    ----------
    plan : Plan
    table : Table
        Without rows whose target is missing: see `plans.labelled_rows`.

    Returns
    -------
    array of shape (rows,) or (rows, 1)
        int64 codes of the classes, (rows,); or float64 numbers, (rows, 1).

    Raises
    ------
    DataError
        As for `encode`; or a row has no target.
    """
    values = _read(table, plan.target, plan)
    missing = np.isnan(values)
    if missing.any():
        column = find_column(table, plan.target.name)
        raise DataError(
            f"{place(table, column, missing)}: expected the value to be predicted, got "
            "an empty cell. Fill it, or leave out the rows without one."
        )
    if plan.task == "regression":
        return values[:, None]
    return values.astype(np.int64)


def decode_classes(plan: Plan, codes: ArrayLike) -> list[str]:
    """Turn codes of classes into the table's own words.

    Parameters
    ----------
    plan : Plan
        For classification.
    codes : int array of shape (rows,)

    Returns
    -------
    list of str

    Raises
    ------
    ArgumentError
        The plan is for regression, or a code is not that of a class.

    Examples
    --------
    >>> passed = PlanColumn("passed", "words", ("no", "yes"))
    >>> decode_classes(Plan((PlanColumn("hours", "number"),), passed), [1, 0])
    ['yes', 'no']
    """
    words = plan.target.words
    if plan.task == "regression":
        raise ArgumentError(
            f"plan: expected one with classes, got one that predicts "
            f"{plan.target.name!r} as a number. Use the predictions as they are."
        )
    indices = np.asarray(codes)
    if indices.ndim != 1 or (indices.size and indices.dtype.kind not in "iu"):
        raise ArgumentError(
            "codes: expected whole numbers of shape (rows,), got "
            f"{indices.dtype} of shape {shape_text(indices.shape)}."
        )
    wrong = (indices < 0) | (indices >= len(words))
    if wrong.any():
        raise ArgumentError(
            f"codes: expected 0 to {len(words) - 1}, one for each class of "
            f"{plan.target.name!r}, got {indices[wrong][0]}."
        )
    return [words[index] for index in indices.astype(np.int64)]


def write_predictions(
    path: str | os.PathLike[str] | None,
    plan: Plan,
    predictions: ArrayLike,
    probabilities: ArrayLike | None = None,
    *,
    force: bool = False,
) -> None:
    """Write predictions as a CSV file: whole, or not at all.

    The rows go to a new file beside `path`, which takes its place at the end. A link
    is followed; permissions stay.

    Parameters
    ----------
    path : path or None
        None writes to standard output.
    plan : Plan
    predictions : array of shape (rows,) or (rows, 1)
        Codes of classes, or numbers: column ``prediction``.
    probabilities : array of shape (rows, classes), optional
        Columns ``probability_WORD``, one a class.
    force : bool
        Replace a file that exists.

    Raises
    ------
    ArgumentError
        The file exists and `force` is false; a code is not that of a class.
    ShapeError
        The arrays are of other shapes.
    DataError
        The file cannot be written, for instance because the disk is full, or is none
        but a device, a pipe or a folder.
    """
    values = np.asarray(predictions)
    if values.ndim != 1 and values.shape[1:] != (1,):
        raise ShapeError(
            "predictions: expected shape (rows,) or (rows, 1), got "
            f"{shape_text(values.shape)}."
        )
    values = values.reshape(-1)
    header = ["prediction"]
    columns: list[Iterable[object]] = [
        decode_classes(plan, values) if plan.task == "classification" else values
    ]
    if probabilities is not None:
        table = np.asarray(probabilities)
        expected = (len(values), len(plan.target.words))
        if table.shape != expected:
            raise ShapeError(
                f"probabilities: expected shape {shape_text(expected)}, a row for each "
                "prediction and a column for each class, got "
                f"{shape_text(table.shape)}."
            )
        header += [f"probability_{word}" for word in plan.target.words]
        columns += list(table.T)
    text = csv_text([header, *zip(*columns, strict=True)])
    if path is None:
        sys.stdout.write(text)
    else:
        write_new_file(Path(path), text.encode(), force)


def _read(table: Table, planned: PlanColumn, plan: Plan) -> NDArray[np.float64]:
    others = {one.name for one in (*plan.features, plan.target)}
    column = find_column(table, planned.name, others)
    if planned.kind == "number":
        return read_numbers(table, column, "as in training")
    return read_codes(table, column, planned.words)


def refuse_existing(path: Path, force: bool) -> None:
    """Refuse to take the place of a file, unless that is what was asked for.

    Parameters
    ----------
    path : Path
        Where something is to be written.
    force : bool
        Whether a file that is there is replaced.

    Raises
    ------
    ArgumentError
        There is one, and it is not to be replaced.
    """
    if path.exists() and not force:
        raise ArgumentError(
            f"{quoted(path)} exists already and is left as it is. Name another file, "
            "or replace it with --force."
        )


def write_new_file(path: Path, data: bytes, force: bool) -> None:
    """Write a file, whole or not at all.

    Parameters
    ----------
    path : Path
        Where to.
    data : bytes
        What it is to hold.
    force : bool
        Whether a file that is there is replaced.

    Raises
    ------
    ArgumentError
        There is one, and it is not to be replaced.
    DataError
        The file cannot be written.
    """
    refuse_existing(path, force)
    try:
        write_whole(path, data)
    except ModelFileError as error:
        raise DataError(f"{quoted(path)}: {error}") from None
    except OSError as error:
        raise DataError(
            f"{quoted(path)} cannot be written: {error.strerror}. Name a file in a "
            "directory that exists, can be written to and has room."
        ) from None
