"""Where an error comes from: the author's own file and line, said once."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from glassprop.errors import GlasspropError

OWN_PACKAGES = ("glassprop", "numpy", "contextlib")


@contextmanager
def located(trace: Any = None) -> Iterator[None]:
    """Add the file and line of the nearest caller outside of the package to an error.

    An error that has its place already is left as it is. NumPy swallows some refusals
    and says something else (of np.zeros(n), of a[0] = x); with a `trace`, where the
    last refusal is kept, the refusal comes back.
    """
    try:
        yield
    except GlasspropError as error:
        if getattr(error, "place", None) is not None:
            raise
        raise placed(error, caller()) from None
    except (TypeError, ValueError) as error:
        swallowed = getattr(trace, "refusal", None)
        if swallowed is None or swallowed.place != place_of(error):
            raise
        raise swallowed.with_traceback(error.__traceback__) from None


def placed(error: GlasspropError, place: str) -> GlasspropError:
    """Make an error again, with its place in the message and as an attribute."""
    made = type(error)(f"{error}\n  {place}" if place else str(error))
    made.__dict__.update(error.__dict__, place=place)  # marks it as done
    return made


def caller() -> str:
    """Describe the nearest frame outside of the package: file, line and its text."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _is_outside(frame):
            return _described(frame, frame.f_lineno)
        frame = frame.f_back
    return ""


def stack_level() -> int:
    """Count to the nearest frame outside of the package, for `warnings.warn`."""
    frame: FrameType | None = sys._getframe(1)
    level = 1
    while frame is not None and not _is_outside(frame):
        frame, level = frame.f_back, level + 1
    return level


def place_of(error: Exception) -> str:
    """Describe the deepest frame outside of the package that an error went through."""
    place, traceback = "", error.__traceback__
    while traceback is not None:
        if _is_outside(traceback.tb_frame):
            place = _described(traceback.tb_frame, traceback.tb_lineno)
        traceback = traceback.tb_next
    return place


def _is_outside(frame: FrameType) -> bool:
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return package not in OWN_PACKAGES


def _described(frame: FrameType, line: int) -> str:
    path = frame.f_code.co_filename
    text = linecache.getline(path, line).strip()
    return f"{path}:{line}: {text}" if text else f"{path}:{line}"
