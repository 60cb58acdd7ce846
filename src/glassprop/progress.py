"""How what takes time shows that it goes on: a bar on a terminal, or plain lines.

Of a training the bar stays, with its last numbers; of a work whose result is something
else it is gone in the end.
"""

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
            self.bar = _bar("{task.fields[numbers]}", counted=True)

    def __enter__(self) -> Progress:
        if self.bar is not None:
            self.bar.start()
            self.task = self.bar.add_task(self.what, total=self.total, numbers="")
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


class Stages:
    """Shows what a work is at, one stage after the other, on standard error.

    Parameters
    ----------
    what : str
        The work.
    verbose : bool or None
        False for nothing, None for a bar on a terminal alone; with True there are lines
        elsewhere.
    """

    def __init__(self, what: str, verbose: bool | None) -> None:
        self.what = what
        self.bar: Any = None
        shown = verbose is not False and sys.stderr is not None
        if shown and sys.stderr.isatty():
            self.bar = _bar(counted=False)
        self.lined = shown and verbose is True and self.bar is None

    def __enter__(self) -> Stages:
        if self.bar is not None:
            self.bar.start()
            self.task = self.bar.add_task(self.what, total=None)
        return self

    def __exit__(self, *_error: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    @property
    def counts(self) -> bool:
        """Whether somebody sees the steps."""
        return self.bar is not None

    def begin(self, stage: str, steps: int | None = None) -> None:
        """Show that a stage begins.

        Parameters
        ----------
        stage : str
            In a few words.
        steps : int or None
            How many it has, at most; None where it tells of none.
        """
        text = f"{self.what}: {stage}"
        if self.bar is not None:
            self.bar.reset(self.task, total=steps, description=text)
        elif self.lined:
            print(text, file=sys.stderr)

    def step(self) -> None:
        """Show that a step of the stage is done."""
        if self.bar is not None:
            self.bar.advance(self.task)


def _bar(*texts: str, counted: bool) -> Any:
    """Make a bar, with its count and an end in sight, or with the time it has taken.

    rich is imported only where one is shown.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    count = [MofNCompleteColumn()] if counted else []
    return Progress(
        TextColumn("{task.description}", markup=False),
        *count,
        BarColumn(),
        TimeRemainingColumn() if counted else TimeElapsedColumn(),
        *map(TextColumn, texts),
        console=Console(stderr=True),
        transient=not counted,
    )
