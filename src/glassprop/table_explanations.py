"""A training step of a table model explained on one row of a table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassprop.columns import find_column
from glassprop.encoding import encode, encode_target
from glassprop.errors import ArgumentError
from glassprop.explain import Explanation
from glassprop.number_texts import RESULT_DIGITS, number_text
from glassprop.plans import Plan, refuse_empty
from glassprop.tables import Table
from glassprop.tabular import TableModel

MOST_TOLD = 30  # columns of a row that are repeated, and its target


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
        There are no rows, or a column is missing, or holds what the plan does not know.
    """
    one = row_of(table, row)
    labelled = _labelled(model.plan, one)
    x = encode(model.plan, one)
    y = encode_target(model.plan, one) if labelled else None
    found = model.net.explain(x, y)
    words = tuple(column.name for column in model.plan.features)
    about = about_row(model.plan, one)
    return replace(found, about=about, columns={"x": words}), labelled


def row_of(table: Table, row: int) -> Table:
    """Give one row of a table as a table.

    Parameters
    ----------
    table : Table
    row : int
        Which one, the first is 1.

    Returns
    -------
    Table

    Raises
    ------
    ArgumentError
        There is no such row.
    DataError
        There are no rows.
    """
    refuse_empty(table)
    count = len(table.row_numbers)
    if not 1 <= row <= count:
        raise ArgumentError(
            f"{table.source}: there is no row {row}; expected a number from 1 to "
            f"{count:,}, the rows of data."
        )
    return table.take(np.arange(count) == row - 1)


def about_row(plan: Plan, one: Table) -> str:
    """Say where a row stands and what it holds, in the table's own words.

    Of many columns the first ones are repeated, and the others counted.

    Parameters
    ----------
    plan : Plan
    one : Table
        Of one row, with or without the target.

    Returns
    -------
    str
    """
    names = [column.name for column in plan.features]
    words = [_described(one, name) for name in names[:MOST_TOLD]]
    left = len(names) - len(words)
    if left:
        words.append(f"and {left:,} more column{'s' * (left > 1)}")
    if _labelled(plan, one):
        words.append(_described(one, plan.target.name))
    return f"{one.source}, {one.place(np.array([True]))}: {', '.join(words)}"


def _labelled(plan: Plan, one: Table) -> bool:
    name = plan.target.name
    return name in one.names and not find_column(one, name).missing.any()


def _described(row: Table, name: str) -> str:
    """Write a value of a row in the table's own words."""
    column = find_column(row, name)
    if column.missing[0]:
        return f"{name} missing"
    (value,) = column.values
    text = value if isinstance(value, str) else number_text(value, RESULT_DIGITS)
    return f"{name} {text}"
