"""What each column of a table is to a network: the plan.

Takes a `Table` and the name of its target and gives a `Plan`: which columns are the
features, in the table's order, which are numbers and which are words, and all words of
each. The plan goes into the model file, so that a table read later is understood as the
training table was. `encoding` turns tables into arrays by it.

- A feature of numbers stays numbers, also if they are whole. Words and booleans become
  codes, of at most `MAX_WORDS` words. A feature with one value throughout is kept: it
  does no harm, and new tables hold the same columns.
- Words among numbers are an error, not a column of words, if most of the cells are
  numbers and the words are few (a single cell, or one in ten or less), or if there are
  more different cells than `MAX_WORDS`. Numbers with commas count as numbers there,
  and are an error themselves.
- The target asks for classification if it holds words or booleans, or whole numbers
  that look like labels: 0, 1, ..., K - 1 or 1, ..., K with K at most `MAX_LABELS`, or
  any two, and at least two rows a label on average. Else it asks for regression.
- Rows without a target teach nothing: `labelled_rows` leaves them out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from glassprop.columns import (
    drop_option,
    find_column,
    look_like_numbers,
    look_like_numbers_with_commas,
    number_word,
    place,
    read_numbers,
    refuse_commas,
    refuse_dates,
)
from glassprop.errors import ArgumentError, DataError, ModelFileError
from glassprop.tables import Table, TableColumn

Task = Literal["classification", "regression"]

MAX_WORDS = 50
MAX_LABELS = 10


@dataclass(frozen=True, slots=True)
class PlanColumn:
    """What one column is.

    Parameters
    ----------
    name : str
    kind : {"number", "words"}
    words : tuple of str
        The word that each code 0, 1, ... stands for; empty for a number.
    """

    name: str
    kind: Literal["number", "words"]
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What the columns of a table are to a network.

    Parameters
    ----------
    features : tuple of PlanColumn
        The columns of the network's input, in order.
    target : PlanColumn
        Its words are the classes, in the order of the network's outputs.

    Examples
    --------
    >>> plan = Plan((PlanColumn("hours", "number"),), PlanColumn("score", "number"))
    >>> plan.task
    'regression'
    >>> Plan.from_json(plan.to_json()) == plan
    True
    """

    features: tuple[PlanColumn, ...]
    target: PlanColumn

    @property
    def task(self) -> Task:
        """Classification if the target is words, else regression."""
        return "classification" if self.target.kind == "words" else "regression"

    def to_json(self) -> dict[str, object]:
        """Give the plan as dicts, lists and strings, for the model file.

        Returns
        -------
        dict
            What `json.dumps` takes and `from_json` reads.
        """
        return {
            "features": [_column_to_json(column) for column in self.features],
            "target": _column_to_json(self.target),
        }

    @classmethod
    def from_json(cls, data: object) -> Plan:
        """Read what `to_json` gave.

        Parameters
        ----------
        data : object
            Trusted in nothing.

        Returns
        -------
        Plan

        Raises
        ------
        ModelFileError
            It is not a plan.
        """
        if not isinstance(data, dict) or set(data) != {"features", "target"}:
            raise _not_a_plan("the plan", "an object of 'features' and 'target'", data)
        entries = data["features"]
        if not isinstance(entries, list) or not entries:
            raise _not_a_plan("features", "a list of columns", entries)
        features = tuple(
            _column_from_json(entry, f"features[{place}]")
            for place, entry in enumerate(entries)
        )
        target = _column_from_json(data["target"], "target")
        names = [column.name for column in (*features, target)]
        if len(set(names)) < len(names):
            raise _not_a_plan("the plan", "columns with different names", names)
        if len(target.words) == 1:
            raise _not_a_plan("target", "at least two words", list(target.words))
        return cls(features, target)


def make_plan(
    table: Table, target: str, *, drop: Collection[str] = (), task: Task | None = None
) -> Plan:
    r"""Decide what each column of a training table is.

    Parameters
    ----------
    table : Table
    target : str
        The column to predict.
    drop : collection of str
        Columns to leave out.
    task : {"classification", "regression"}, optional
        By default found from the target, as the module's docstring says.

    Returns
    -------
    Plan

    Raises
    ------
    ArgumentError
        `task` is unknown, or `drop` holds the target.
    DataError
        A name is not in the table; the target has no value or only one; a feature has
        no value, is a date, has words among its numbers or over `MAX_WORDS` words; no
        feature is left.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glassprop.tables import read_table
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "exam.csv"
    >>> _ = path.write_text("hours,passed\n2.5,yes\n,no\n")
    >>> make_plan(read_table(path), "passed").target
    PlanColumn(name='passed', kind='words', words=('no', 'yes'))
    """
    if task not in {None, "classification", "regression"}:
        raise ArgumentError(
            f"task: expected 'classification', 'regression' or None, got {task!r}."
        )
    if target in drop:
        raise ArgumentError(
            f"drop: column {target!r} is the target and cannot be dropped. Choose "
            "another target, or do not drop it."
        )
    for name in (target, *drop):
        find_column(table, name)
    table, _ = labelled_rows(table, target)
    features = tuple(
        _plan_feature(table, column)
        for column in table.columns
        if column.name != target and column.name not in drop
    )
    if not features:
        raise DataError(
            f"{table.source}: expected at least one column beside the target "
            f"{target!r} to learn from, got none. Drop fewer columns."
        )
    return Plan(features, _plan_target(table, find_column(table, target), task))


def labelled_rows(table: Table, target: str) -> tuple[Table, int]:
    """Leave out the rows without a target.

    Parameters
    ----------
    table : Table
    target : str

    Returns
    -------
    table : Table
        The other rows; their `row_numbers` are still those of the file.
    count : int
        How many rows were left out.

    Raises
    ------
    DataError
        There are no rows or no such column, it has no value at all, or it holds dates.
    """
    column = find_column(table, target)
    refuse_empty(table)
    refuse_dates(table, column, "Choose another target.")
    if column.missing.all():
        raise DataError(
            f"{place(table, column)}: expected values to learn from, got an empty "
            "column. Choose another target."
        )
    return table.take(~column.missing), int(column.missing.sum())


def refuse_empty(table: Table) -> None:
    """Refuse a table without rows.

    Parameters
    ----------
    table : Table

    Raises
    ------
    DataError
        It has the names of its columns alone.
    """
    if not len(table.row_numbers):
        raise DataError(
            f"{table.source}: expected at least one row of data, got only the names of "
            "the columns."
        )


def _plan_feature(table: Table, column: TableColumn) -> PlanColumn:
    way_out = f"To train without the column: {drop_option(column)}."
    refuse_dates(table, column, way_out)
    if column.missing.all():
        raise DataError(
            f"{place(table, column)}: expected values to learn from, got an empty "
            f"column. {way_out}"
        )
    if column.kind == "booleans":
        return PlanColumn(column.name, "words", ("false", "true"))
    if column.kind == "words":
        return PlanColumn(column.name, "words", _find_words(table, column, way_out))
    return PlanColumn(column.name, "number")


def _plan_target(table: Table, column: TableColumn, task: Task | None) -> PlanColumn:
    found = np.unique(column.values)
    if len(found) == 1:
        value = found[0]
        shown = repr(value) if isinstance(value, str) else number_word(float(value))
        raise DataError(
            f"{place(table, column)}: expected at least two different values to "
            f"predict, got {shown} in every row. Choose another target."
        )
    numeric = column.kind in {"integers", "numbers"}
    if task is None:
        labels = not numeric or _look_like_labels(found, len(column.values))
        task = "classification" if labels else "regression"
        if column.kind == "words":
            _refuse_words_among_numbers(table, column, "")
    if task == "regression":
        read_numbers(table, column, "for regression")
        return PlanColumn(column.name, "number")
    if numeric:
        read_numbers(table, column, "as a class")
        words = tuple(number_word(float(number)) for number in found)
    else:
        words = tuple(found)
    _refuse_many_words(table, column, words, "Choose another target.")
    return PlanColumn(column.name, "words", words)


def _look_like_labels(found: NDArray[Any], rows: int) -> bool:
    count = len(found)
    counting = count <= MAX_LABELS and any(
        np.array_equal(found, np.arange(first, first + count)) for first in (0, 1)
    )
    two = count == 2 and bool(np.all(found == np.round(found)))
    return (counting or two) and rows >= 2 * count


def _find_words(table: Table, column: TableColumn, way_out: str) -> tuple[str, ...]:
    _refuse_words_among_numbers(table, column, way_out)
    words = tuple(sorted(set(column.values[~column.missing])))
    _refuse_many_words(table, column, words, way_out)
    return words


def _refuse_words_among_numbers(
    table: Table, column: TableColumn, way_out: str
) -> None:
    filled = int(np.sum(~column.missing))
    numbers = int(np.sum(look_like_numbers(column)))
    with_commas = int(np.sum(look_like_numbers_with_commas(column)))
    strays = filled - numbers - with_commas
    few = strays <= max(1, filled // 10)
    too_many_for_codes = len(set(column.values[~column.missing])) > MAX_WORDS
    if strays < numbers + with_commas and (few or too_many_for_codes):
        refuse_commas(table, column, way_out)
    if 0 < strays < numbers and (few or too_many_for_codes):
        read_numbers(
            table, column, f"as in {numbers} of its {filled} filled cells", way_out
        )


def _refuse_many_words(
    table: Table, column: TableColumn, words: Collection[str], way_out: str
) -> None:
    if len(words) > MAX_WORDS:
        raise DataError(
            f"{place(table, column)}: expected at most {MAX_WORDS} different words, "
            f"got {len(words)}. {way_out}"
        )


def _column_to_json(column: PlanColumn) -> dict[str, object]:
    entry: dict[str, object] = {"name": column.name, "kind": column.kind}
    if column.kind == "words":
        entry["words"] = list(column.words)
    return entry


def _column_from_json(data: object, where: str) -> PlanColumn:
    if not isinstance(data, dict) or data.get("kind") not in ("number", "words"):
        raise _not_a_plan(where, "an object of kind 'number' or 'words'", data)
    keys = {"name", "kind"} | ({"words"} if data["kind"] == "words" else set())
    if set(data) != keys or not isinstance(data["name"], str) or not data["name"]:
        raise _not_a_plan(where, f"a name and the keys {sorted(keys)}", data)
    if data["kind"] == "number":
        return PlanColumn(data["name"], "number")
    words = data["words"]
    if not isinstance(words, list) or not words:
        raise _not_a_plan(f"{where}.words", "a list of words", words)
    if not all(isinstance(word, str) for word in words) or len({*words}) < len(words):
        raise _not_a_plan(f"{where}.words", "different words", words)
    return PlanColumn(data["name"], "words", tuple(words))


def _not_a_plan(where: str, expected: str, got: object) -> ModelFileError:
    text = repr(got)
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    return ModelFileError(
        f"Table plan, {where}: expected {expected}, got {shown}. The model file is "
        "damaged or of another version: train the model again."
    )
