"""One line for somebody who waits, where a wait turns out to be long."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager


@contextmanager
def waiting(message: str, seconds: float = 1.0) -> Iterator[None]:
    """Print a line to standard error if what is done inside takes longer.

    Parameters
    ----------
    message : str
        Printed once, or never.
    seconds : float
        How long nothing is said.
    """
    timer = threading.Timer(seconds, _say, [message])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # a line that has begun is whole before anything else is printed


def compiling(what: str, name: str | None) -> AbstractContextManager[None]:
    """Print a line if compiling takes long.

    Parameters
    ----------
    what : str
        What is compiled.
    name : str or None
        The network's.
    """
    whose = f" of {name!r}" if name else ""
    return waiting(
        f"glassprop: compiling the {what}{whose} with Numba; it is kept for the next "
        "time."
    )


def _say(message: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()
