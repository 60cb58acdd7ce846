"""What cannot be traced, said so that its author can mend it.

`refuse` makes an error of three sentences: what was met, why it cannot be traced, and
how to write it instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from glassprop.errors import TraceError
from glassprop.places import located

KNOWN_DTYPES = "traced functions calculate with booleans, integers, float32 and float64"
UNKNOWN_VALUES = "its values are not known while the function is traced"
ONE_PROGRAM = "one program serves batches of every size"


def refuse(what: str, why: str, repair: str) -> TraceError:
    """Make the error for something that cannot be traced."""
    return TraceError(f"{what} cannot be traced: {why}. {repair}")


def known_dtype(dtype: np.dtype[Any]) -> bool:
    """Tell whether traced functions can calculate with a dtype."""
    return dtype.kind in "biu" or dtype in (np.float32, np.float64)


def fault_of(value: Any, dtype: np.dtype[Any]) -> tuple[str, str, str] | None:
    """Say what a value is, why it cannot be calculated with, and the way out.

    None where it can; `dtype` is what the value has as an array.
    """
    if isinstance(value, np.ma.MaskedArray):
        repair = "Fill it, array.filled(0), and multiply by where it is valid."
        return "a masked array", "a program has no masks", repair
    if known_dtype(dtype):
        return None
    what, repair = f"a value of type {type(value).__name__}", "Give numbers."
    if value is None:
        repair = "Does a function end without return?"
    elif isinstance(value, np.ndarray | np.generic):
        what = f"an array of dtype {dtype}"
        if dtype.kind in "fc":
            repair = "Convert it first: array.astype(np.float64)."
    return what, KNOWN_DTYPES, repair


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


def refuse_out(ufunc: np.ufunc, keywords: Mapping[str, Any]) -> None:
    """Refuse to write a traced result into a plain array; ``a += x`` arrives so."""
    if "out" in keywords:
        raise refuse(
            f"writing the result of {function_name(ufunc)} into an existing array",
            UNKNOWN_VALUES,
            "Write `a = a + x` instead of `a += x` where `a` is a plain array, and "
            "leave `out=` away.",
        )


def refuse_keyword(function: str, keyword: str) -> TraceError:
    """Make the error for a keyword that has no meaning in a graph."""
    return refuse(
        f"{function} with {keyword}=",
        "traced functions know the arguments that say what to calculate, not how",
        KEYWORD_REPAIRS.get(keyword, f"Leave {keyword}= away."),
    )


PICK_EACH_ROW = (
    "To pick one value of each row, compare: "
    "np.sum(z * (y[:, None] == np.arange(k)), axis=1)."
)

PICK_FROM_PLAIN = (
    "To pick from a plain `a` of k values or rows by a traced index, write "
    "(x[..., None] == np.arange(k)) @ a; np.eye(k)[x] is the comparison alone."
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
        frozenset({"np.floor_divide", "np.remainder", "np.fmod", "np.divmod"}),
        "it has no row in the table of primitives",
        "For x >= 0 write q = (x / k).astype(np.int64) for x // k, and x - k * q for "
        "x % k.",
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

# Ways of calling a function, and what to do instead.
METHOD_REPAIRS = {
    "reduce": "Use np.sum, np.max or np.min over axes.",
    "accumulate": "Multiply by a triangle of ones: np.tril(np.ones((k, k))) @ x.",
    "outer": "Give one operand a new axis: a[:, None] and b[None, :].",
    "at": "Traced arrays never change; build a new one, with np.where or `+`.",
}
KEYWORD_REPAIRS = {
    "out": "Leave out= away and use what the function returns.",
    "where": "Use np.where(condition, a, b) to choose.",
    "dtype": "Leave dtype= away and convert with x.astype(dtype).",
    "initial": "Add or compare with the number yourself: np.maximum(np.max(x), 0).",
}


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
