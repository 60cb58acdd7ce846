"""How a training shows that it goes on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

LINES = 10  # plain lines of one training, about


class Progress:
    """Shows the epochs of one training, or several trainings, on standard error.

    Parameters
    ----------
    total : int
        How many there will be.
    verbose : bool or None
        False for nothing; True and None for a bar on a terminal and lines elsewhere.
    what : str
        What is counted.
    """

    def __init__(self, total: int, verbose: bool | None, what: str = "epoch") -> None:
        self.total = total
        self.what = what
        self.every = max(1, total // LINES)
        self.shown = verbose is not False and sys.stderr is not None
        self.bar: Any = None
        if self.shown and sys.stderr.isatty():
            self.bar = _bar(what)

    def __enter__(self) -> Progress:
        if self.bar is not None:
            self.bar.start()
            self.task = self.bar.add_task("training", total=self.total, numbers="")
        return self

    def __exit__(self, *_error: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def show(self, done: int, number: int, numbers: Mapping[str, float]) -> None:
        """Show one epoch that is done.

        Parameters
        ----------
        done : int
            How many are done.
        number : int
            What this one is called: an epoch by its number over all trainings.
        numbers : mapping from str to float
            What was measured.
        """
        if not self.shown:
            return
        text = "  ".join(f"{name} {value:.6g}" for name, value in numbers.items())
        if self.bar is not None:
            self.bar.update(self.task, completed=done, numbers=text)
        elif done % self.every == 0 or done in (1, self.total):
            print(f"{self.what} {number}  {text}", file=sys.stderr)

    def say(self, text: str) -> None:
        """Show a text above the bar, or as lines.

        Parameters
        ----------
        text : str
            Of one line or several.
        """
        if self.bar is not None:
            self.bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        elif self.shown:
            print(text, file=sys.stderr)


def _bar(what: str) -> Any:
    """Make the bar; rich is imported only where one is shown."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn(what),
        MofNCompleteColumn(),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[numbers]}"),
        console=Console(stderr=True),
    )
