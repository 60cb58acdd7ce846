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

import numpy as np

from glassprop.errors import GlasspropError, TraceError

KNOWN_DTYPES = "traced functions calculate with booleans, integers, float32 and float64"
OWN_PACKAGES = ("glassprop", "numpy", "contextlib")


def refuse(what: str, why: str, repair: str) -> TraceError:
    """Make the error for something that cannot be traced."""
    return TraceError(f"{what} cannot be traced: {why}. {repair}")


def known_dtype(dtype: np.dtype[Any]) -> bool:
    """Tell whether traced functions can calculate with a dtype."""
    return dtype.kind in "biu" or dtype in (np.float32, np.float64)


def checked_dtype(dtype: Any) -> np.dtype[Any]:
    """Give a dtype that was asked for, if traced functions can calculate with it."""
    asked: np.dtype[Any] = np.dtype(dtype)
    if not known_dtype(asked):
        raise refuse(f"the dtype {asked}", KNOWN_DTYPES, "Ask for one of those.")
    return asked


def unsupported(function: Any) -> TraceError:
    """Make the error for a function that has no meaning on traced arrays."""
    name = function_name(function)
    for names, why, repair in SPECIAL_CASES:
        if name in names:
            return refuse(name, why, repair)
    return refuse(
        name,
        "it is not among the functions that glassprop can differentiate and compile",
        "Write it with arithmetic, np.where, np.sum and the like: "
        "glassprop.numpy_functions lists what there is.",
    )


def function_name(function: Any) -> str:
    """Write a function as its caller does: ``np.sort``, ``np.linalg.inv``."""
    name = str(getattr(function, "__name__", function))
    module = getattr(function, "__module__", None) or "numpy"
    if isinstance(function, np.ufunc) and getattr(np, name, None) is not function:
        return name
    package, dot, rest = module.partition(".")
    return f"{'np' if package == 'numpy' else package}{dot}{rest}.{name}"


PICK_EACH_ROW = (
    "To pick one value of each row, compare: "
    "np.sum(z * (y[:, None] == np.arange(k)), axis=1)."
)

# Functions that are often reached for: their names, why not, and what to do instead.
SPECIAL_CASES: tuple[tuple[frozenset[str], str, str], ...] = (
    (
        frozenset({"np.copyto", "np.put", "np.place", "np.putmask"}),
        "it writes into an array, and traced arrays never change (np.full calls "
        "np.copyto)",
        "Use np.where to choose, np.full_like(x, value) or np.broadcast_to(x, shape) "
        "to fill.",
    ),
    (
        frozenset(
            {
                "np.save",
                "np.savez",
                "np.savez_compressed",
                "np.savetxt",
                "np.array2string",
                "np.array_str",
                "np.array_repr",
            }
        ),
        "the values are not known while the function is traced",
        "Save and print after the call, from what the function returns.",
    ),
    (
        frozenset(
            {
                "np.nonzero",
                "np.flatnonzero",
                "np.argwhere",
                "np.unique",
                "np.extract",
                "np.compress",
            }
        ),
        "the size of what it gives depends on the values",
        "Keep every element and choose with np.where(condition, x, 0).",
    ),
    (
        frozenset({"np.array_equal", "np.allclose"}),
        "the values are not known while the function is traced",
        "Compare after the call; inside, use np.where(condition, a, b).",
    ),
    (
        frozenset({"np.isnan", "np.isfinite", "np.isinf"}),
        "it has no row in the table of primitives",
        "x != x is True for NaN, np.abs(x) < np.inf for finite numbers.",
    ),
    (
        frozenset({"np.vstack", "np.hstack", "np.dstack", "np.column_stack"}),
        "it has no row in the table of primitives",
        "Use np.concatenate([a, b], axis=...) or np.stack([a, b], axis=...).",
    ),
    (
        frozenset({"np.take"}),
        "it has no row in the table of primitives",
        "Write x[indices].",
    ),
    (
        frozenset({"np.take_along_axis"}),
        "it has no row in the table of primitives",
        PICK_EACH_ROW,
    ),
    (
        frozenset({"np.argmin"}),
        "it has no row in the table of primitives",
        "Write np.argmax(-x).",
    ),
    (
        frozenset({"np.linalg.norm"}),
        "it has no row in the table of primitives",
        "Write np.sqrt(np.sum(x * x)).",
    ),
    (
        frozenset({"np.any", "np.all"}),
        "booleans have no reduction of their own here",
        "np.max(condition) is the same as any, np.min(condition) as all.",
    ),
)


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
        place = caller()
        message = f"{error}\n  {place}" if place else str(error)
        placed = type(error)(message)
        placed.__dict__.update(error.__dict__, place=place)  # marks it as done
        raise placed from None
    except (TypeError, ValueError) as error:
        swallowed = getattr(trace, "refusal", None)
        if swallowed is None or swallowed.place != _place_of(error):
            raise
        raise swallowed.with_traceback(error.__traceback__) from None


def caller() -> str:
    """Describe the nearest frame outside of the package: file, line and its text."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _is_outside(frame):
            return _described(frame, frame.f_lineno)
        frame = frame.f_back
    return ""


def _place_of(error: Exception) -> str:
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


def refusing(what: str, why: str, repair: str) -> Callable[..., NoReturn]:
    """Make a method that refuses: for the conversions that would need values."""

    def method(self: Any, *_arguments: Any, **_keywords: Any) -> NoReturn:
        try:
            with located():
                raise refuse(what, why, repair)
        except TraceError as error:
            self.trace.refusal = error
            raise

    return method
