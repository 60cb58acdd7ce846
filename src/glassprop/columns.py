"""One column of a table as numbers, as codes of words, or refused.

Takes a `Table` and one of its columns and gives float64 arrays of shape (rows,), NaN
where missing. Every message names the file, the column, and where the first cell at
fault stands in the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import DataError, did_you_mean, listing
from glassprop.tables import NUMBER, Table, TableColumn

MAX_NAMES = 20  # as many columns a message lists
COMMAS = (  # numbers with a decimal comma, or with commas between thousands
    r"[ \t]*[+-]?([0-9]*|[0-9]{1,3}([. ][0-9]{3})+),[0-9]+([eE][+-]?[0-9]+)?[ \t]*"
    r"|[ \t]*[+-]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]*)?[ \t]*"
)
EXACT = 2.0**53  # from here on, float64 cannot hold every whole number


def find_column(table: Table, name: str, others: Collection[str] = ()) -> TableColumn:
    """Find a column by its name.

    Parameters
    ----------
    table : Table
    name : str
    others : collection of str
        Names that are known to be other columns', and cannot be meant.

    Returns
    -------
    TableColumn

    Raises
    ------
    DataError
        There is none; the message lists the columns and names the nearest.
    """
    for column in table.columns:
        if column.name == name:
            return column
    names = ", ".join(repr(each) for each in table.names[:MAX_NAMES])
    more = len(table.names) - MAX_NAMES
    meant = did_you_mean(name, [one for one in table.names if one not in others])
    raise DataError(
        f"{table.source}: expected a column {name!r}, got {names}"
        f"{f' and {more} more' if more > 0 else ''}.{meant}"
    )


def read_numbers(
    table: Table, column: TableColumn, because: str, way_out: str = ""
) -> NDArray[np.float64]:
    """Take a column as numbers; words that spell numbers are taken as those.

    Parameters
    ----------
    table : Table
    column : TableColumn
    because : str
        Why it has to be numbers, a phrase for the message about a word.
    way_out : str
        A sentence to end that message with.

    Returns
    -------
    array of shape (rows,)
        float64, NaN where missing.

    Raises
    ------
    DataError
        It holds a word, infinity, dates, or whole numbers from 2**53 on, which float64
        would round (such long numbers mostly identify something).
    """
    refuse_dates(table, column, way_out)
    if column.kind in {"words", "booleans"}:
        strays = ~column.missing & ~look_like_numbers(column)
        if strays.any():
            if look_like_numbers_with_commas(column)[strays][0]:
                raise _commas(table, column, strays, way_out)
            raise DataError(
                f"{place(table, column, strays)}: expected a number, {because}, got "
                f"the word {column.values[strays][0]!r}. Mend that cell, or empty it "
                f"if the value is missing. {way_out}".rstrip()
            )
        texts = np.where(column.missing, "nan", column.values)
        numbers = np.array([float(text) for text in texts])
    else:
        numbers = column.values.astype(np.float64)
    infinite = np.isinf(numbers)
    if infinite.any():
        raise DataError(
            f"{place(table, column, infinite)}: expected a finite number, got "
            f"{numbers[infinite][0]}. Mend that cell, or empty it if the value is "
            "missing."
        )
    huge = np.abs(numbers) >= EXACT
    if column.kind == "integers" and huge.any():
        raise DataError(
            f"{place(table, column, huge)}: expected whole numbers below 2**53 (about "
            f"9.0e15), which float64 holds exactly, got about {numbers[huge][0]:.1e}. "
            f"If it identifies the row, train without the column "
            f"({drop_option(column)}); if it is a quantity, write it in a larger unit."
        )
    return numbers


def read_codes(
    table: Table, column: TableColumn, words: Sequence[str]
) -> NDArray[np.float64]:
    """Take a column as codes: 0 for the first of the words, 1 for the second, ...

    In a column of numbers, 7 is the word ``7``; where that is not among the words, any
    that spells the same number, such as ``7.0``.

    Parameters
    ----------
    table : Table
    column : TableColumn
    words : sequence of str
        All that may occur.

    Returns
    -------
    array of shape (rows,)
        float64, NaN where missing.

    Raises
    ------
    DataError
        It holds another word, or dates.
    """
    refuse_dates(table, column)
    codes: dict[str | float, int] = {word: code for code, word in enumerate(words)}
    if column.kind in {"integers", "numbers"}:
        numeric = [word for word in words if re.fullmatch(NUMBER, word)]
        numeric.sort(key=lambda word: word == number_word(float(word)))
        codes = {float(word): codes[word] for word in numeric}  # of equals, the last
    read = np.array([codes.get(cell, np.nan) for cell in column.values.tolist()])
    unknown = np.isnan(read) & ~column.missing
    if unknown.any():
        cell = column.values[unknown][0]
        word = cell if isinstance(cell, str) else number_word(float(cell))
        raise DataError(
            f"{place(table, column, unknown)}: expected "
            f"{listing(repr(known) for known in words)}, as in training, got {word!r}. "
            "Mend that cell, or empty it if the value is missing."
            f"{did_you_mean(word, words)}"
        )
    return read


def refuse_dates(table: Table, column: TableColumn, way_out: str = "") -> None:
    """Refuse a column of dates, times, or a type that is not for a network at all.

    Parameters
    ----------
    table : Table
    column : TableColumn
    way_out : str
        A sentence to end the message with.

    Raises
    ------
    DataError
        The column is of such a type.
    """
    if column.kind in {"dates", "other"}:
        what = "dates or times" if column.kind == "dates" else f"type {column.type}"
        raise DataError(
            f"{place(table, column)}: expected numbers, words or booleans, got {what}. "
            f"{way_out}".rstrip()
        )


def look_like_numbers(column: TableColumn) -> NDArray[np.bool_]:
    """Say for each cell of a column of words whether it spells a number.

    Parameters
    ----------
    column : TableColumn
        Of kind words or booleans.

    Returns
    -------
    bool array of shape (rows,)
        False where missing.
    """
    matches = [re.fullmatch(NUMBER, text) is not None for text in column.values]
    return np.array(matches, dtype=np.bool_)


def look_like_numbers_with_commas(column: TableColumn) -> NDArray[np.bool_]:
    """Say for each cell of a column of words whether it is a number with commas.

    They part the decimals off, or thousands; in ``1,234`` nobody can tell. So such
    numbers are never read, only named in messages.

    Parameters
    ----------
    column : TableColumn
        Of kind words or booleans.

    Returns
    -------
    bool array of shape (rows,)
        False where missing.
    """
    matches = [re.fullmatch(COMMAS, text) is not None for text in column.values]
    return np.array(matches, dtype=np.bool_)


def refuse_commas(table: Table, column: TableColumn, way_out: str = "") -> None:
    """Refuse a column of words that has numbers with commas.

    Parameters
    ----------
    table : Table
    column : TableColumn
        Of kind words or booleans.
    way_out : str
        A sentence to end the message with.

    Raises
    ------
    DataError
        There is one.
    """
    commas = look_like_numbers_with_commas(column)
    if commas.any():
        raise _commas(table, column, commas, way_out)


def _commas(
    table: Table, column: TableColumn, rows: NDArray[np.bool_], way_out: str
) -> DataError:
    return DataError(
        f"{place(table, column, rows)}: expected a number such as 1234.5, with a point "
        "before its decimals and nothing between its thousands, got "
        f"{column.values[rows][0]!r}. Save the table with such numbers, or replace the "
        f"commas in it. {way_out}".rstrip()
    )


def number_word(number: float) -> str:
    """Write a number as a word: ``3`` for 3.0, else as Python does."""
    whole = number.is_integer() and abs(number) < EXACT
    return str(int(number)) if whole else repr(number)


def place(
    table: Table, column: TableColumn, rows: NDArray[np.bool_] | None = None
) -> str:
    """Name a column for a message, and the first of the rows at fault.

    Parameters
    ----------
    table : Table
    column : TableColumn
    rows : bool array of shape (rows,), optional
        True for each row at fault.

    Returns
    -------
    str
        Such as ``'t.csv', column 'x', line 4``.
    """
    text = f"{table.source}, column {column.name!r}"
    return text if rows is None else f"{text}, {table.place(rows)}"


def drop_option(column: TableColumn) -> str:
    """Write the option of the command line that leaves a column out."""
    plain = re.fullmatch(r"[\w.][\w.-]*", column.name)
    return f"--drop {column.name}" if plain else f'--drop "{column.name}"'
