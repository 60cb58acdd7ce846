"""What a training gives besides a network: files.

Files are written whole or not at all. Libraries that only some results need are
imported when such a result is asked for; where one is missing, the error says what to
install.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from glassprop.errors import DataError, MissingExtraError, ModelFileError
from glassprop.model_files import AnyPath, shown_path, write_whole


def imported(module: str, what: str, install: str) -> Any:
    """Import a library that is not always there.

    Parameters
    ----------
    module : str
        Its name.
    what : str
        What needs it, for the error.
    install : str
        What to install.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        library = module.partition(".")[0]
        raise MissingExtraError(
            f"{what} needs {library}, which is not installed. Install it: "
            f"python -m pip install {install}"
        ) from None


# Tables -------------------------------------------------------------------------------


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Write a table as CSV; numbers in full, so that the same ones are read back.

    Parameters
    ----------
    rows : iterable of iterables of str, int or float
        The header first.
    """
    text = _Lines()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


class _Lines(io.StringIO):
    """Takes lines that end in a carriage return and a line feed, without the former.

    Where lines do not end in one, csv leaves one in a cell bare (Python < 3.13).
    """

    def write(self, line: str) -> int:
        return super().write(line.removesuffix("\r\n") + "\n")


def write_result(path: AnyPath, data: bytes) -> None:
    """Write a file, whole or not at all; one that is there is replaced.

    Parameters
    ----------
    path : str or path
        Where to.
    data : bytes
        What it is to hold.

    Raises
    ------
    ArgumentError
        If it is not a path.
    DataError
        If the file cannot be written; one that was there is as it was.
    """
    name = shown_path(path)
    try:
        write_whole(path, data)
    except ModelFileError as error:
        raise DataError(f"{name}: {error}") from None
    except OSError as error:
        raise DataError(f"{name}: cannot be written: {error.strerror}.") from None
