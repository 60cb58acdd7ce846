"""Why a table model says what it says about a row, in the table's own terms.

A column is one input, also where the network makes several values of it: the words of
a column, or a number and the flag that it is missing. The row is compared with one at
the mean of the training rows, in which every word is missing. Changes are looked for
among the words that the plan knows, and for numbers in the range of the table's own
rows, or three standard deviations around the mean of training where the table has no
range. A change is put into the table's cell; the whole row is encoded again and run
through the model.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.columns import find_column
from glassprop.encoding import decode_classes, encode
from glassprop.errors import ArgumentError, did_you_mean, listing
from glassprop.plans import Plan
from glassprop.reasons.decided import Decided, decided
from glassprop.reasons.explained_prediction import Change, Flip, Shown
from glassprop.reasons.prediction_explanation import PredictionExplanation
from glassprop.reasons.row_points import Row
from glassprop.reasons.spaces import MOST_WORDS, Space
from glassprop.reasons.terms import Terms
from glassprop.reasons.why import explained
from glassprop.table_explanations import about_row, row_of
from glassprop.table_reports import predict_table
from glassprop.tables import Table, TableColumn
from glassprop.tabular import TableModel

DEVIATIONS = 3  # around the mean that are searched where a table has no range


def explain_row_prediction(
    model: TableModel, table: Table, row: int, *, to: str | None = None
) -> PredictionExplanation:
    """Explain what a model says about one row of a table.

    Parameters
    ----------
    model : TableModel
    table : Table
        Columns are found by name; it need not have the target.
    row : int
        Which one, the first is 1.
    to : str or None
        The class to look for, None for any other; where the target is a number, the
        threshold that changes are to take it across.

    Returns
    -------
    PredictionExplanation

    Raises
    ------
    ArgumentError
        There is no such row, or no such class.
    DataError
        A column is missing, or holds what the plan does not know.
    """
    one = row_of(table, row)
    plan, net = model.plan, model.net
    here = Row(net.built, encode(plan, one))
    what = decided(
        net.structure.output_shape,
        net.loss,
        here.output,
        target=None if to is None else _target(plan, to),
        words=plan.target.words,
    )
    found = explained(here, what, _terms(model, table, here), name=net.name)
    return replace(
        found,
        about=about_row(plan, one),
        single=_run_again(model, one, what, found.single),
        pair=_run_again(model, one, what, found.pair),
    )


def _target(plan: Plan, to: str) -> float:
    """Read the class or the threshold that is looked for."""
    words = plan.target.words
    if words:
        if to not in words:
            raise ArgumentError(
                f"--to: expected {listing(map(repr, words))}, a class of "
                f"{plan.target.name!r}, got {to!r}.{did_you_mean(to, words)}"
            )
        return words.index(to)
    try:
        return float(to)
    except ValueError:
        raise ArgumentError(
            f"--to: expected a number, the value of {plan.target.name!r} to cross, got "
            f"{to!r}."
        ) from None


def _terms(model: TableModel, table: Table, row: Row) -> Terms:
    plan = model.plan
    means, scales = _learned(model)
    many = any(len(column.words) > MOST_WORDS + 1 for column in plan.features)
    some = f" (in pairs the first {MOST_WORDS} others of a column)" * many

    def show(at: int, value: float) -> Shown:
        words = plan.features[at].words
        return words[int(value)] if words else value

    values = [
        None if np.isnan(value) else show(at, float(value))
        for at, value in enumerate(row.values)
    ]
    starts: list[Shown] = [
        None if column.words else float(mean)
        for column, mean in zip(plan.features, means, strict=True)
    ]
    lows, highs = _ranges(plan, table, means, scales)
    space = Space(
        scales=scales,
        lows=np.fmin(lows, row.values),
        highs=np.fmax(highs, row.values),
        words=row.words,
        centers=means,
        whole=np.array(
            [find_column(table, each.name).kind == "integers" for each in plan.features]
        ),
    )
    return Terms(
        names=[column.name for column in plan.features],
        values=values,
        starts=starts,
        baseline="numbers at the mean of the training rows, words missing",
        start=np.zeros(row.sources.size),
        space=space,
        show=show,
        ranges="numbers within the range of the table, words among those of training"
        f"{some}; a distance of 1 is a standard deviation of the training rows, or "
        "another word",
        threshold="--to NUMBER",
    )


def _learned(model: TableModel) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give mean and scale of each column among the training rows; 0 and 1 of words."""
    first = model.net.structure.places[0].name
    numbers = [not column.words for column in model.plan.features]
    means, scales = np.zeros(len(numbers)), np.ones(len(numbers))
    if any(numbers):
        means[numbers] = model.net.values[f"{first}.mean"]
        scales[numbers] = model.net.values[f"{first}.scale"]
    return means, scales


def _ranges(
    plan: Plan, table: Table, means: NDArray[Any], scales: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give from where to where each number is searched."""
    lows, highs = means - DEVIATIONS * scales, means + DEVIATIONS * scales
    for at, values in enumerate(encode(plan, table).T):
        known = values[~np.isnan(values)]
        if known.size and known.min() < known.max():
            lows[at], highs[at] = known.min(), known.max()
    return lows, highs


def with_changes(one: Table, changes: tuple[Change, ...]) -> Table:
    """Put changes into the cells of a table of one row.

    Parameters
    ----------
    one : Table
    changes : tuple of Change
        What cells hold instead, in the table's own terms.

    Returns
    -------
    Table
    """
    after = {change.name: change.after for change in changes}
    return replace(
        one,
        columns=tuple(
            _with_cell(column, after[column.name]) if column.name in after else column
            for column in one.columns
        ),
    )


def _with_cell(column: TableColumn, cell: Shown) -> TableColumn:
    """Put a word or a number into the one cell of a column, which is of its kind then.

    Numbers among words are words that spell numbers.
    """
    kept = np.array([False])
    if isinstance(cell, str) or column.kind in {"words", "booleans"}:
        values = np.array([str(cell)], object)
        return replace(column, kind="words", values=values, missing=kept)
    return replace(column, values=np.array([cell], np.float64), missing=kept)


def _run_again(
    model: TableModel, one: Table, what: Decided, flip: Flip | None
) -> Flip | None:
    """Run the model on the changed table, and tell what it decides there."""
    if flip is None:
        return None
    values = predict_table(model, with_changes(one, flip.changes)).values
    if what.target is not None and what.kind == "side":
        after = what.text(int(values[0] > what.target))
    else:
        (after,) = decode_classes(model.plan, values)
    return None if after == flip.before else replace(flip, after=after)
