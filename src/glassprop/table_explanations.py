"""A training step of a table model explained on one row of a table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassprop.columns import find_column
from glassprop.encoding import encode, encode_target
from glassprop.errors import ArgumentError
from glassprop.explain import Explanation
from glassprop.number_texts import number_text
from glassprop.tables import Table
from glassprop.tabular import TableModel


def explain_row(model: TableModel, table: Table, row: int) -> tuple[Explanation, bool]:
    """Explain a step on one row.

    Parameters
    ----------
    model : TableModel
    table : Table
        Columns are found by name; it need not have the target.
    row : int
        Which one, the first is 1.

    Returns
    -------
    explanation : Explanation
    labelled : bool
        Whether the row has a target; without one the forward pass alone is explained.

    Raises
    ------
    ArgumentError
        There is no such row.
    DataError
        A column is missing, or holds what the plan does not know.
    """
    count = len(table.row_numbers)
    if not 1 <= row <= count:
        raise ArgumentError(
            f"{table.source}: there is no row {row}; expected a number from 1 to "
            f"{count:,}, the rows of data."
        )
    target = model.plan.target.name
    one = table.take(np.arange(count) == row - 1)
    labelled = target in table.names and not find_column(one, target).missing.any()
    x = encode(model.plan, one)
    features = [column.name for column in model.plan.features]
    words = [_described(one, name) for name in [*features, *([target] * labelled)]]
    y = encode_target(model.plan, one) if labelled else None
    found = model.net.explain(x, y)
    about = f"{table.source}, {one.place(np.array([True]))}: {', '.join(words)}"
    return replace(found, about=about), labelled


def _described(row: Table, name: str) -> str:
    """Write a value of a row in the table's own words."""
    column = find_column(row, name)
    if column.missing[0]:
        return f"{name} missing"
    (value,) = column.values
    return f"{name} {value if isinstance(value, str) else number_text(value)}"
