"""What a training gives besides a network: CSV files and pictures.

Files are written whole or not at all. Libraries that only some results need are
imported when such a result is asked for; where one is missing, the error says what to
install.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from glassprop.errors import ArgumentError, DataError, MissingExtraError, ModelFileError
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
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


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


# Pictures -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Curve:
    """A curve of a picture.

    Parameters
    ----------
    y : sequence of float
        Its heights.
    spread : sequence of float or None
        How far the shade around it reaches, up and down.
    """

    y: Sequence[float]
    spread: Sequence[float] | None = None


def draw_curves(
    path: AnyPath, x: Sequence[float], curves: Mapping[str, Curve], x_name: str
) -> None:
    """Draw curves over one axis into a file, with Matplotlib.

    Parameters
    ----------
    path : str or path
        Where to; its ending says the format, ``.png``, ``.svg`` or ``.pdf``.
    x : sequence of float
        Where the points stand.
    curves : mapping from str to Curve
        The curves by name.
    x_name : str
        What the axis shows.

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.
    ArgumentError
        If the ending is no format that it knows.
    DataError
        If the file cannot be written.
    """
    name = shown_path(path)
    module = imported("matplotlib.figure", "a picture", "'glassprop[plot]'")
    figure = module.Figure(layout="constrained")
    known = figure.canvas.get_supported_filetypes()
    ending = os.path.splitext(os.fsdecode(path))[1].removeprefix(".").lower()
    if ending not in known:
        raise ArgumentError(
            f"{name}: expected a name that ends in .png, .svg or .pdf, got "
            f"{'.' + ending if ending else 'no ending'}."
        )
    axes = figure.subplots()
    for label, curve in curves.items():
        (line,) = axes.plot(x, curve.y, marker="." if len(x) < 20 else "", label=label)
        if curve.spread is not None:
            edges = list(zip(curve.y, curve.spread, strict=True))
            lower, upper = [y - by for y, by in edges], [y + by for y, by in edges]
            axes.fill_between(x, lower, upper, color=line.get_color(), alpha=0.2)
    axes.set_xlabel(x_name)
    axes.legend()
    file = io.BytesIO()
    figure.savefig(file, format=ending)
    write_result(path, file.getvalue())
