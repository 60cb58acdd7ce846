"""Tables from files.

Takes the path of a CSV, TSV or Parquet file and gives a `Table`: names, kinds, and one
array a column, floats for numbers and strings for words, in the order of the file. What
the columns mean to a network is decided in `plans`.

How a text file is read (a Parquet file says these things itself):

- UTF-8. The first line holds the names. Fields are parted by whichever of ``,`` ``;``
  tab ``|`` parts that line into most fields (tab for ``.tsv``), and quoted by ``"``.
- A cell is missing if it is empty or one of `MISSING`, quoted or not.
- A column is numbers if each of its cells that is not missing is one (``inf`` too), and
  none is a code with a leading zero such as ``007``; dates if each is a date or a time
  in ISO form; else words. ``true`` and ``yes`` are words. All rows are looked at.
- Text columns of a Parquet file follow the same rule, but only null is missing there.

*Cell*: one field of one row. *Row*: counted from 1, the line of names left out;
messages about text files name the line instead, which an editor and a spreadsheet show.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import islice, tee
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import DataError

if TYPE_CHECKING:
    import duckdb

Kind = Literal["integers", "numbers", "booleans", "words", "dates", "other"]

MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null")
# What a cell of text must be to count as a number; read by DuckDB and by `re` alike.
NUMBER = (
    r"[ \t]*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[ \t]*"
    r"|[ \t]*[+-]?[iI][nN][fF]([iI][nN][iI][tT][yY])?[ \t]*"
)
INTEGER = r"[ \t]*[+-]?[0-9]+[ \t]*"
LEADING_ZERO = r"[ \t]*[+-]?0[0-9].*"
SUFFIXES = (".csv", ".tsv", ".parquet")

_KINDS: dict[str, Kind] = {  # by the first word of DuckDB's name of the type
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), "integers"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"), "integers"),
    **dict.fromkeys(("HUGEINT", "UHUGEINT", "NULL"), "integers"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), "numbers"),
    **dict.fromkeys(("DATE", "TIME", "TIMESTAMP", "INTERVAL"), "dates"),
    "BOOLEAN": "booleans",
    "VARCHAR": "words",
}


@dataclass(frozen=True, eq=False, slots=True)
class TableColumn:
    """One column of a table.

    Parameters
    ----------
    name : str
    kind : {"integers", "numbers", "booleans", "words", "dates", "other"}
        A column without any value counts as integers.
    type : str
        The type as DuckDB names it, ``VARCHAR`` for text files.
    values : array of shape (rows,)
        float64, NaN where missing, for integers and numbers; str, '' where missing, for
        words and booleans (``'false'``, ``'true'``); nothing but missing otherwise.
    missing : bool array of shape (rows,)
    """

    name: str
    kind: Kind
    type: str
    values: NDArray[np.float64] | NDArray[np.object_]
    missing: NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """The columns of one file.

    Parameters
    ----------
    path : Path
        Of the file.
    separator : str
        What parts the fields of a text file; '' for a Parquet file.
    columns : tuple of TableColumn
    row_numbers : int64 array of shape (rows,)
        The row of the file, from 1, that each row of the arrays is.
    """

    path: Path
    separator: str
    columns: tuple[TableColumn, ...]
    row_numbers: NDArray[np.int64]

    @property
    def source(self) -> str:
        """The file as messages name it, in quotes."""
        return quoted(self.path)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def take(self, chosen: NDArray[np.bool_]) -> Table:
        """Choose rows.

        Parameters
        ----------
        chosen : bool array of shape (rows,)
            True for each row to keep.

        Returns
        -------
        Table
        """
        columns = (
            replace(
                column, values=column.values[chosen], missing=column.missing[chosen]
            )
            for column in self.columns
        )
        return replace(
            self, columns=tuple(columns), row_numbers=self.row_numbers[chosen]
        )

    def place(self, rows: NDArray[np.bool_]) -> str:
        """Say where the first of some rows stands in the file.

        Parameters
        ----------
        rows : bool array of shape (rows,)
            True for each of them.

        Returns
        -------
        str
            ``line 4`` of a text file, where it begins; ``row 3`` of a Parquet file.
        """
        row = int(self.row_numbers[np.argmax(rows)])
        line = _line_of_row(self.path, self.separator, row) if self.separator else None
        return f"row {row}" if line is None else f"line {line}"


def read_table(path: str | os.PathLike[str]) -> Table:
    r"""Read a CSV, TSV or Parquet file.

    DuckDB reads it, alone on this machine: it may neither fetch nor load extensions.

    Parameters
    ----------
    path : path
        Ends in one of `SUFFIXES`, in either case.

    Returns
    -------
    Table
        Without rows if the file holds only the names of its columns.

    Raises
    ------
    DataError
        The file is not there, of an unknown kind, empty, damaged or not UTF-8; two
        columns have one name; a line has too many or too few fields.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "exam.csv"
    >>> _ = path.write_text("hours,passed\n2.5,yes\n,no\n")
    >>> for column in read_table(path).columns:
    ...     print(column.name, column.kind, column.values)
    hours numbers [2.5 nan]
    passed words ['yes' 'no']
    """
    import duckdb

    path = Path(path)
    source = quoted(path)
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(
            f"{source}: expected a file that ends in .csv, .tsv or .parquet, got one "
            f"that ends in {path.suffix!r}. Save the table as CSV."
        )
    if not path.is_file():
        if path.exists():
            what = "a folder" if path.is_dir() else "a device or a pipe"
            raise DataError(f"{source}: expected a file, got {what}. Name a file.")
        raise DataError(f"{source}: there is no such file. Check the path.")
    alone: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with closing(duckdb.connect(":memory:", config=alone)) as connection:
        if path.suffix.lower() == ".parquet":
            names, separator = _load_parquet(connection, path), ""
        else:
            names, separator = _load_text(connection, path)
        columns = _columns(connection, names)
    row_numbers = np.arange(1, len(columns[0].missing) + 1)
    return Table(path, separator, columns, row_numbers)


def quoted(path: Path) -> str:
    """Write a path as messages do, in quotes and with forward slashes."""
    return repr(path.as_posix())


def _load_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """Load a Parquet file as the table ``loaded``; give the names of its columns."""
    import duckdb

    try:
        connection.execute(
            "CREATE TEMP TABLE loaded AS "
            "SELECT * FROM read_parquet(?, hive_partitioning=false)",
            [_literal(path)],
        )
    except (duckdb.Error, RuntimeError) as error:
        raise _unreadable(path, "Parquet", error) from None
    return [str(row[0]) for row in connection.execute("DESCRIBE loaded").fetchall()]


def _load_text(
    connection: duckdb.DuckDBPyConnection, path: Path
) -> tuple[list[str], str]:
    """Load a CSV or TSV file as ``loaded``; give its columns' names and separator.

    DuckDB is told all about the file, so that it need not guess. Its guesses take a
    first line of words for data if the others are words as well, and the line end
    from a cell of the first line that holds one.
    """
    import duckdb

    separators = "\t" if path.suffix.lower() == ".tsv" else ",;\t|"
    try:
        readings = [_first_line(path, separator) for separator in separators]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, "CSV", error) from None
    separator, fields, line_end = max(readings, key=lambda reading: len(reading[1]))
    names = _names(path, fields)
    types = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(names)))
    try:
        connection.execute(
            "CREATE TEMP TABLE loaded AS SELECT * FROM read_csv(?, delim=?, "
            f"new_line=?, nullstr=?, columns={{{types}}}, auto_detect=false, "
            "header=true, quote='\"', escape='\"', compression='none', "
            "hive_partitioning=false)",
            [_literal(path), separator, line_end, list(MISSING)],
        )
    except (duckdb.Error, RuntimeError) as error:
        raise _unreadable(path, "CSV", error) from None
    return names, separator


def _first_line(path: Path, separator: str) -> tuple[str, list[str], str]:
    """Give the separator, the fields it parts, and the line end as DuckDB writes it."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        read, again = tee(file)
        reader = csv.reader(read, delimiter=separator)
        fields = [field.strip() for field in next(reader, [])]
        text = "".join(islice(again, reader.line_num))  # a name may hold a line end
    ends = {"\r\n": r"\r\n", "\r": r"\r"}
    line_end = next((ends[end] for end in ends if text.endswith(end)), r"\n")
    return separator, fields, line_end


def _line_of_row(path: Path, separator: str, row: int) -> int | None:
    """Find the line that a row begins in: cells may hold line ends, lines be empty."""
    with (
        suppress(OSError, UnicodeDecodeError, csv.Error),
        open(path, newline="", encoding="utf-8-sig") as file,
    ):
        reader = csv.reader(file, delimiter=separator)
        columns, ended = len(next(reader, [])), reader.line_num
        for fields in reader:
            row -= bool(fields) or columns == 1  # as DuckDB counts
            if not row:
                return ended + 1
            ended = reader.line_num
    return None


def _names(path: Path, fields: Sequence[str]) -> list[str]:
    """Check the fields of the first line, and give nameless columns a name."""
    if not any(fields):
        raise DataError(
            f"{quoted(path)}: expected the names of the columns in the first line, got "
            "an empty line."
        )
    names = [field or f"column{place}" for place, field in enumerate(fields)]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise DataError(
                f"{quoted(path)}: expected a name of its own for each column, got "
                f"{name!r} for column {names.index(name) + 1} and column {place + 1}. "
                "Rename one of them in the first line."
            )
    return names


def _columns(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str]
) -> tuple[TableColumn, ...]:
    """Take the columns out of the table ``loaded``, each as its kind asks."""
    types = [str(row[1]) for row in connection.execute("DESCRIBE loaded").fetchall()]
    places = [f"c{place}" for place in range(len(types))]
    table = f"loaded AS loaded({', '.join(places)})"
    kinds = [
        _kind(connection, table, place, type_)
        for place, type_ in zip(places, types, strict=True)
    ]
    spelling = {
        "integers": "CAST({0} AS DOUBLE) AS {0}",
        "numbers": "CAST({0} AS DOUBLE) AS {0}",
        "words": "{0}",
        "booleans": "CAST({0} AS VARCHAR) AS {0}",
        "dates": "NULL AS {0}",
        "other": "NULL AS {0}",
    }
    fields = ", ".join(
        spelling[kind].format(place) for kind, place in zip(kinds, places, strict=True)
    )
    arrays = connection.execute(f"SELECT {fields} FROM {table}").fetchnumpy()
    return tuple(
        _column(name, kind, type_, np.ma.asarray(arrays[place]))
        for name, kind, type_, place in zip(names, kinds, types, places, strict=True)
    )


def _column(
    name: str, kind: Kind, type_: str, array: np.ma.MaskedArray[Any, Any]
) -> TableColumn:
    """Make a column of what DuckDB gives, in which a mask marks null."""
    missing = np.ma.getmaskarray(array)
    if kind in {"words", "booleans"}:
        words = np.where(missing, "", array.data.astype(object))
        return TableColumn(name, kind, type_, words, missing)
    if kind in {"dates", "other"}:
        values = np.full(len(array), np.nan)
    else:
        values = np.where(missing, np.nan, array.data.astype(np.float64))
    return TableColumn(name, kind, type_, values, np.isnan(values))


def _kind(
    connection: duckdb.DuckDBPyConnection, table: str, place: str, type_: str
) -> Kind:
    """Decide what a column holds, by the rule of the module's docstring."""
    first_word = re.match("[A-Z]+", type_.strip('"'))
    if type_.endswith("]") or first_word is None:
        return "other"
    kind = _KINDS.get(first_word[0], "other")
    if kind != "words":
        return kind
    matches = f"count(*) FILTER (WHERE regexp_full_match({place}, ?))"
    ((filled, integers, numbers, leading_zeros, dates),) = connection.execute(
        f"SELECT count({place}), {matches}, {matches}, {matches}, "
        f"count(coalesce(TRY_CAST({place} AS TIMESTAMP)::VARCHAR, "
        f"TRY_CAST({place} AS TIME)::VARCHAR)) FROM {table}",
        [INTEGER, NUMBER, LEADING_ZERO],
    ).fetchall()
    if numbers == filled and not leading_zeros:
        return "integers" if integers == filled else "numbers"
    return "dates" if dates == filled else "words"


def _literal(path: Path) -> str:
    """Write a path such that DuckDB takes no character of it for a pattern."""
    return re.sub(r"([*?[])", r"[\1]", str(path))


def _unreadable(path: Path, form: str, error: Exception) -> DataError:
    """Say in a few words why a file cannot be read."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    fields = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if line and fields:
        return DataError(
            f"{quoted(path)}, line {line[1]}: expected {fields[1]} fields, as in the "
            f"first line, got {fields[2]}. Mend that line: a cell that holds a "
            'separator stands in quotes, as in "a,b".'
        )
    if line and "unterminated quote" in text:
        return DataError(
            f"{quoted(path)}, line {line[1]}: expected each quote that opens a cell to "
            "be closed before the next separator, got one that is not. Mend that line."
        )
    if isinstance(error, UnicodeDecodeError) or "Invalid unicode" in text:
        return DataError(
            f"{quoted(path)}: expected text in UTF-8, got other bytes. Save the table "
            "as CSV in UTF-8."
        )
    if "invalid state" in text:
        return DataError(
            f"{quoted(path)}: expected lines that all end like the first, got a "
            "mixture. Save the table as CSV once more, from one program."
        )
    reason = error.strerror if isinstance(error, OSError) else text.partition("\n")[0]
    reason = str(reason).removeprefix("Invalid Input Error: ").rstrip(" .")
    return DataError(
        f"{quoted(path)} cannot be read as {form}: {reason}. Save the table again as "
        "CSV or Parquet."
    )
