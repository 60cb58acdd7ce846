"""Pictures of a table model, in the table's own words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from glassprop import pictures
from glassprop.encoding import encode, encode_target
from glassprop.errors import ArgumentError, listing
from glassprop.plans import labelled_rows
from glassprop.tables import Table
from glassprop.tabular import TableModel, described_target

FOR_CLASSES = ("confusion", "calibration")
FOR_NUMBERS = ("residuals",)
KINDS = ("network", *FOR_CLASSES, *FOR_NUMBERS)


def table_picture(
    model: TableModel, kind: str, table: Table | None
) -> tuple[pictures.Picture, int]:
    """Make a picture of a model, or of what it says about a table.

    Parameters
    ----------
    model : TableModel
    kind : str
        One of `KINDS`.
    table : Table or None
        Columns are found by name; rows without a target are left out. A picture of the
        network needs none.

    Returns
    -------
    picture : Picture
    unlabelled : int
        How many rows are left out.

    Raises
    ------
    ArgumentError
        There is no such kind, it is for another target, or needs a table.
    DataError
        A column is missing, or holds what the plan does not know.
    """
    fitting = FOR_CLASSES if model.plan.target.words else FOR_NUMBERS
    known = ("network", *fitting)
    if kind not in known:
        raise ArgumentError(
            f"kind: expected {listing(known)} for a model that predicts "
            f"{described_target(model.plan)}, got {kind!r}."
        )
    if kind == "network":
        return pictures.network(model.net), 0
    if table is None:
        raise ArgumentError(
            f"{kind} needs rows with a target to hold predictions against. Name a "
            "table behind it."
        )
    labelled, unlabelled = labelled_rows(table, model.plan.target.name)
    x, y = encode(model.plan, labelled), encode_target(model.plan, labelled)
    found = _of_rows(model, kind, x, y)
    if kind in FOR_NUMBERS:
        found = _in_the_file(found, labelled.row_numbers)
    return found, unlabelled


def _of_rows(model: TableModel, kind: str, x: Any, y: Any) -> pictures.Picture:
    target = model.plan.target
    if kind == "confusion":
        return pictures.confusion_matrix(model.net, x, y, names=target.words)
    if kind == "calibration":
        return pictures.calibration(model.net, x, y, names=target.words)
    return pictures.residuals(model.net, x, y, names=[target.name])


def _in_the_file(
    found: pictures.Picture, numbers: NDArray[np.int64]
) -> pictures.Picture:
    """Call the worst row as `explain` does: by its number in the file, from 1."""
    header, *rows = found.rows
    assert header[-1] == "worst row"
    named = [(*row[:-1], int(numbers[cast(int, row[-1])])) for row in rows]
    return replace(found, rows=[header, *named])
