"""What cannot be traced, said so that its author can mend it.

`refuse` makes an error of three sentences: what was met, why it cannot be traced, and
how to write it instead.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from glassprop.errors import TraceError
from glassprop.numpy_functions import FUNCTIONS, UFUNCS
from glassprop.places import located
from glassprop.repairs import REPAIRS

KNOWN_DTYPES = "traced functions calculate with booleans, integers, float32 and float64"
UNKNOWN_VALUES = "its values are not known while the function is traced"
ONE_PROGRAM = "one program serves batches of every size"


def refuse(what: str, why: str, repair: str) -> TraceError:
    """Make the error for something that cannot be traced."""
    return TraceError(f"{what} cannot be traced: {why}. {repair}")


def known_dtype(dtype: np.dtype[Any]) -> bool:
    """Tell whether traced functions can calculate with a dtype."""
    return dtype.kind in "biu" or dtype in (np.float32, np.float64)


def is_masked_array(value: Any) -> bool:
    """Tell whether a value is a masked array of NumPy's.

    Its module, which takes longer to import than all of a small training, is there if
    anybody has such an array; it is not imported for the question.
    """
    module = sys.modules.get("numpy.ma")
    return isinstance(value, getattr(module, "MaskedArray", ()))


def fault_of(value: Any, dtype: np.dtype[Any]) -> tuple[str, str, str] | None:
    """Say what a value is, why it cannot be calculated with, and the way out.

    None where it can; `dtype` is what the value has as an array.
    """
    if is_masked_array(value):
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
        f"{repair_of(name)} glassprop.numpy_functions lists what there is.",
    )


def repair_of(name: str) -> str:
    """Say what to write in the place of a function that does not trace."""
    for names, repair in REPAIRS:
        if name in names:
            return repair
    near = nearest(name)
    if near:
        return f"The nearest that is: {near}."
    return "Write it with arithmetic, np.where, np.sum and the like."


def nearest(name: str) -> str | None:
    """Give the function that traces and is nearest in meaning, or else in name."""
    from difflib import get_close_matches

    supported = {function_name(one) for one in (*FUNCTIONS, *UFUNCS)}
    meant = MEANINGS.get(name)
    if meant in supported:
        return meant
    short = {one.rpartition(".")[2]: one for one in sorted(supported, reverse=True)}
    found = get_close_matches(name.rpartition(".")[2], short, n=1, cutoff=ALIKE)
    return short[found[0]] if found else None


def unsupported_attribute(name: str) -> TraceError:
    """Make the error for an attribute of arrays that traced ones do not have."""
    what = f"x.{name}{'()' if callable(getattr(np.ndarray, name)) else ''}"
    for names, why, repair in ATTRIBUTES:
        if name in names:
            return refuse(what, why, repair.format(name=name))
    return refuse(
        what,
        "it is not among the attributes that glassprop knows",
        "Write it with NumPy's functions and operators.",
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
    "To pick one value of each row, write "
    "np.take_along_axis(z, y[:, None], axis=1)[:, 0]."
)

PICK_FROM_PLAIN = (
    "To pick from a plain `a` of k values or rows by a traced index, write "
    "(x[..., None] == np.arange(k)) @ a; np.eye(k)[x] is the comparison alone."
)

# Functions that are often reached for: their names, why not, and what to do instead.
SPECIAL_CASES: tuple[tuple[frozenset[str], str, str], ...] = (
    (
        frozenset(
            {"np.copyto", "np.place", "np.put", "np.put_along_axis", "np.putmask"}
        ),
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
                "np.unique_all",
                "np.unique_counts",
                "np.unique_inverse",
                "np.unique_values",
                "np.extract",
                "np.compress",
                "np.trim_zeros",
                "np.union1d",
                "np.intersect1d",
                "np.setdiff1d",
                "np.setxor1d",
            }
        ),
        "the size of what it gives depends on the values",
        "Keep every element and choose with np.where(condition, x, 0).",
    ),
    (
        frozenset({"np.array_equal", "np.array_equiv", "np.allclose"}),
        "the values are not known while the function is traced",
        "Compare after the call; inside, use np.where(condition, a, b).",
    ),
)

# What unsupported functions are for, by the supported one that serves it best.
MEANINGS: Mapping[str, str] = {
    "np.apply_along_axis": "np.stack",
    "np.apply_over_axes": "np.sum",
    "np.choose": "np.select",
    "np.convolve": "np.lib.stride_tricks.sliding_window_view",
    "np.corrcoef": "np.std",
    "np.correlate": "np.lib.stride_tricks.sliding_window_view",
    "np.cov": "np.var",
    "np.cumulative_prod": "np.cumprod",
    "np.cumulative_sum": "np.cumsum",
    "np.digitize": "np.searchsorted",
    "np.empty_like": "np.zeros_like",
    "np.fill_diagonal": "np.diag",
    "np.frexp": "np.log2",
    "np.geomspace": "np.linspace",
    "np.insert": "np.concatenate",
    "np.interp": "np.searchsorted",
    "np.isin": "np.equal",
    "np.ldexp": "np.exp2",
    "np.lexsort": "np.argsort",
    "np.linalg.cond": "np.linalg.norm",
    "np.linalg.eig": "np.linalg.eigh",
    "np.linalg.eigvals": "np.linalg.eigvalsh",
    "np.linalg.lstsq": "np.linalg.pinv",
    "np.linalg.matrix_norm": "np.linalg.norm",
    "np.linalg.matrix_rank": "np.linalg.eigvalsh",
    "np.linalg.qr": "np.linalg.cholesky",
    "np.linalg.svd": "np.linalg.eigh",
    "np.linalg.svdvals": "np.linalg.eigvalsh",
    "np.linalg.tensorinv": "np.linalg.inv",
    "np.linalg.tensorsolve": "np.linalg.solve",
    "np.linalg.vector_norm": "np.linalg.norm",
    "np.logspace": "np.linspace",
    "np.nanargmax": "np.argmax",
    "np.nanargmin": "np.argmin",
    "np.piecewise": "np.select",
    "np.resize": "np.tile",
    "np.unwrap": "np.diff",
    "np.vander": "np.power",
}
ALIKE = 0.8  # how much of two names must agree, by difflib

# Attributes of arrays that traced ones do not have.
ATTRIBUTES: tuple[tuple[frozenset[str], str, str], ...] = (
    (frozenset({"item", "tolist"}), UNKNOWN_VALUES, "Use x itself."),
    (
        frozenset({"sort", "partition"}),
        "it changes the array, and traced arrays never change",
        "Use what np.{name} gives.",
    ),
    (
        frozenset({"fill", "put", "resize", "setfield", "setflags", "byteswap"}),
        "it changes the array, and traced arrays never change",
        "Use np.where(condition, value, x), np.full_like(x, value) or np.reshape.",
    ),
    (
        frozenset({"nonzero", "compress"}),
        "the size of what it gives depends on the values",
        "Keep every element and choose with np.where(condition, x, 0).",
    ),
    (
        frozenset({"choose"}),
        "a traced array cannot pick among others by its values",
        "Use np.select, or np.take_along_axis of np.stack(choices).",
    ),
    (
        frozenset({"dump", "dumps", "tobytes", "tofile"}),
        UNKNOWN_VALUES,
        "Save after the call, from what the function returns.",
    ),
    (
        frozenset({"base", "ctypes", "data", "device", "flags", "flat", "getfield"})
        | {"itemsize", "nbytes", "strides", "to_device", "view"},
        "it asks how the values lie in memory, which no traced array knows",
        "Use x.size, x.dtype, np.ravel(x) or x.astype(dtype).",
    ),
)

# Ways of calling a function, and what to do instead.
METHOD_REPAIRS = {
    "reduce": "Use np.sum, np.max or np.min over axes.",
    "accumulate": "Use np.cumsum or np.cumprod along an axis.",
    "outer": "Give one operand a new axis: a[:, None] and b[None, :].",
    "at": "Traced arrays never change; build a new one, with np.where or `+`.",
}
KEYWORD_REPAIRS = {
    "out": "Leave out= away and use what the function returns.",
    "where": "Use np.where(condition, a, b) to choose.",
    "dtype": "Leave dtype= away and convert with x.astype(dtype).",
    "correction": "Call it ddof=, its other name.",
    "initial": "Add or compare with the number yourself: np.maximum(np.max(x), 0).",
}


def refusing(what: str, why: str, repair: str) -> Callable[..., NoReturn]:
    """Make a method that refuses: for the conversions that would need values."""

    def method(self: Any, *_arguments: Any, **_keywords: Any) -> NoReturn:
        try:
            with located():
                raise refuse(what, why, repair)
        except TraceError as error:
            self.tracer.refusal = error
            raise

    return method
