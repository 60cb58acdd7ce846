"""What cannot be traced, said so that its author can mend it.

`refuse` makes an error of three sentences: what was met, why it cannot be traced, and
how to write it instead. `located` adds the author's own file and line, once.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

from glassprop.errors import GlasspropError, TraceError, did_you_mean

OWN_PACKAGES = ("glassprop", "numpy", "contextlib")


def refuse(what: str, why: str, repair: str) -> TraceError:
    """Make the error for something that cannot be traced."""
    return TraceError(f"{what} cannot be traced: {why}. {repair}")


def unsupported(function: Any, known: list[str]) -> TraceError:
    """Make the error for a function that has no meaning on traced arrays."""
    name = getattr(function, "__name__", str(function))
    module = getattr(function, "__module__", None) or "numpy"
    prefix = "np" if module.partition(".")[0] == "numpy" else module
    return refuse(
        f"{prefix}.{name}",
        "it is not among the functions that glassprop can differentiate and compile",
        f"Write it with those that are.{did_you_mean(name, known)}",
    )


@contextmanager
def located() -> Iterator[None]:
    """Add the file and line of the nearest caller outside of the package to an error.

    An error that has its place already is left as it is.
    """
    try:
        yield
    except GlasspropError as error:
        if getattr(error, "place", None) is not None:
            raise
        place = caller()
        message = f"{error}\n  {place}" if place else str(error)
        placed = type(error)(message)
        placed.place = place or ""  # type: ignore[attr-defined]  # marks it as done
        raise placed from None


def caller() -> str:
    """Describe the nearest frame outside of the package: file, line and its text."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package not in OWN_PACKAGES:
            path, line = frame.f_code.co_filename, frame.f_lineno
            text = linecache.getline(path, line).strip()
            return f"{path}:{line}: {text}" if text else f"{path}:{line}"
        frame = frame.f_back
    return ""


def refusing(what: str, why: str, repair: str) -> Callable[..., NoReturn]:
    """Make a method that refuses: for the conversions that would need values."""

    def method(*_arguments: Any, **_keywords: Any) -> NoReturn:
        with located():
            raise refuse(what, why, repair)

    return method
