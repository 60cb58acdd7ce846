"""What the commands share: how results, messages and errors are printed.

Results go to standard output, everything else to standard error, so that a pipe gets
results alone.
"""

from __future__ import annotations

import functools
import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

import typer

from glassprop.errors import GlasspropError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from glassprop.table_reports import Report
    from glassprop.tabular import TableModel

FAILED, INTERRUPTED, PIPE_CLOSED = 1, 130, 141
IN_PERCENT = ("accuracy", "balanced_accuracy")
MOST_CLASSES = 12  # of a confusion matrix that is printed
HANGING = 4  # columns that the rest of a long line stands further in


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command end with a message and an exit code instead of a traceback.

    Parameters
    ----------
    command : callable

    Returns
    -------
    callable
        It ends with 1 after an error of glassprop's own or of the system, which is
        printed, 130 after Ctrl-C, and 141 if nobody reads its output any more.
    """

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
            sys.stdout.flush()
        except BrokenPipeError:
            _drop_output()
            raise typer.Exit(PIPE_CLOSED) from None
        except GlasspropError as error:
            say(f"error: {error}")
            raise typer.Exit(FAILED) from None
        except OSError as error:
            _drop_output()
            say(f"error: {error.filename or 'standard output'}: {error.strerror}.")
            raise typer.Exit(FAILED) from None
        except KeyboardInterrupt:
            say("interrupted")
            raise typer.Exit(INTERRUPTED) from None

    return run


def _drop_output() -> None:
    """Lead standard output nowhere: what waits in it would fail when Python ends."""
    with open(os.devnull, "wb") as nowhere, suppress(OSError, ValueError):
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def set_up_streams() -> None:
    """Write UTF-8 where no terminal reads, and never fail for a character elsewhere.

    Python takes the encoding of a pipe or a file from the system: on Windows a table's
    own words could not be written. A table that is read must be UTF-8, so is what is
    written. A stream that was closed before leads nowhere.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            stays_open = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, stays_open)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def say(message: str) -> None:
    """Print a message to standard error."""
    print(message, file=sys.stderr, flush=True)


def print_json(data: Mapping[str, Any]) -> None:
    """Print one JSON object to standard output; what is not a number becomes null."""
    print(json.dumps(_jsonable(data), ensure_ascii=False, allow_nan=False))


def _jsonable(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _jsonable(one) for key, one in data.items()}
    if isinstance(data, list | tuple):
        return [_jsonable(one) for one in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data


STYLES = (
    (r"(?m)^(forward|backward|update|contributions)$", "bold"),
    (r"(?m)^(the path .*|what would flip it)$", "bold"),
    (r"(?m)^error: .*$", "bold red"),
    (r"(?m)^warning: .*$", "bold yellow"),
    (r"(?m)^  (seen|why|change):", "bold"),
    (r"(?m)^\s*! .*$", "bold red"),
    (r"(?m)  # .*$", "dim"),
)
"""What of an explanation or a diagnosis is shown how on a terminal."""


def print_text(text: str) -> None:
    """Print lines of text; on a terminal headings, notes and faults stand out.

    A line that is longer than the terminal goes on further in, below itself.

    Parameters
    ----------
    text : str
        The same in a pipe, letter for letter.
    """
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.console import Console
    from rich.text import Text

    styled = Text(text)
    for pattern, style in STYLES:
        styled.highlight_regex(pattern, style)
    console = Console(highlight=False)
    for line in styled.split(allow_blank=True):
        for part in _broken(line, console):
            console.print(part, soft_wrap=True)


def _broken(line: Text, console: Console) -> Iterator[Text]:
    """Give a line of text as the lines that a terminal has room for."""
    if line.cell_len <= console.width:
        yield line
        return
    inward = len(line.plain) - len(line.plain.lstrip()) + HANGING
    inward = min(inward, console.width // 2)
    for at, part in enumerate(line.wrap(console, console.width - inward)):
        part.rstrip()
        if at:
            part.pad_left(inward)
        yield part


def counted(number: int, noun: str) -> str:
    """Write ``1 row``, ``2 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, the first column to the left, all others to the right.

    Parameters
    ----------
    header : sequence of str
    rows : sequence of sequence of str
        As long as the header each.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # A pipe has no width, so nothing is to be folded there.
    console = Console(width=None if sys.stdout.isatty() else 10_000)
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for at, name in enumerate(header):
        side: Literal["left", "right"] = "right" if at else "left"
        table.add_column(Text(name), justify=side, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def print_report(model: TableModel, report: Report) -> None:
    """Print a model's metrics beside those of the baseline, and what that is."""
    rows = [
        [name.replace("_", " "), shown(name, value), shown(name, report.baseline[name])]
        for name, value in report.metrics.items()
    ]
    print_table(["", "model", "baseline"], rows)
    words = model.plan.target.words
    if words:
        most = words[model.baseline.index(max(model.baseline))]
        print(f"baseline: always {most!r}, the most frequent class in training")
    else:
        mean = shown("mean", model.baseline[0])
        print(f"baseline: always {mean}, the mean in training")


def print_confusion(model: TableModel, report: Report) -> None:
    """Print how often each class was taken for each, unless there are many."""
    words = model.plan.target.words
    if report.confusion is None or len(words) > MOST_CLASSES:
        return
    print()
    rows = [
        [word, *(f"{number:,}" for number in counts)]
        for word, counts in zip(words, report.confusion.tolist(), strict=True)
    ]
    print_table(["true \\ predicted", *words], rows)


def shown(name: str, value: float) -> str:
    """Write a metric's value as a person reads it.

    Parameters
    ----------
    name : str
        Accuracies are written in percent.
    value : float

    Returns
    -------
    str
        A dash for NaN.
    """
    if math.isnan(value):
        return "-"
    if name in IN_PERCENT:
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e12 else f"{value:.4g}"


def report_json(report: Report) -> dict[str, Any]:
    """Give a report as data for `print_json`."""
    confusion = report.confusion
    return {
        "rows": report.rows,
        "rows_without_target": report.unlabelled,
        "metrics": report.metrics,
        "baseline": report.baseline,
        "confusion": None if confusion is None else confusion.tolist(),
    }


def say_left_out(unlabelled: int, target: str) -> None:
    """Tell how many rows are left out because they have no target."""
    if unlabelled:
        are = "is" if unlabelled == 1 else "are"
        say(f"{counted(unlabelled, 'row')} without {target!r} {are} left out")
