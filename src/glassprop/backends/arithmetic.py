"""The arithmetic of compiled code: which functions there are, and how exact they are.

A compiled module holds the source of the functions that it calls, so that it can be
read as a whole. `needed` gives them in the order in which they are compiled; `IMPORTS`
brings what they need and is not here.

``error`` is the largest error in units in the last place (ulp) of the exact result, as
``benchmarks/arithmetic_errors.py`` measured it, rounded up; NumPy's own functions are
allowed 4. None stands where a function takes NumPy's steps, whose error is theirs.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Any

from glassprop.backends import divisions, exponentials, logarithms

DTYPES: Mapping[str, str] = MappingProxyType(
    {"f": "float32", "d": "float64", "i": "int64"}
)
# A call without Python around it, put into the loop that calls; "contract" is a * b + c
# rounded once where the processor can. More would break the scaling by powers of two.
OPTIONS = """
    error_model="numpy", fastmath={"contract"}, forceinline=True,
    pipeline_class=Part, no_cpython_wrapper=True, no_cfunc_wrapper=True,
"""
IMPORTS = """from glassprop.backends.intrinsics import (
    add_reassociated, clamped, log_ends, maximum, minimum, polynomial, power_of_two,
    reduced, scaled, select, signed_rest, split,
)
from glassprop.backends.pipelines import Main, Part"""
ERRORS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {  # in float32 and float64
        "exp": (1.0, 1.1),
        "exp2": (0.9, 1.0),
        "expm1": (1.7, 1.8),
        "tanh": (1.6, 1.7),
        "sigmoid": (1.7, 1.8),
        "erf": (1.1, 1.1),
        "log": (0.9, 0.9),
        "log1p": (0.9, 0.9),
        "log2": (1.0, 1.0),
        "log10": (0.9, 1.0),
        "cbrt": (1.0, 1.0),
    }
)


@dataclass(frozen=True)
class Function:
    """A function that compiled code can call."""

    name: str
    function: Callable[..., Any]
    letter: str  # of the dtype
    error: float | None

    @property
    def signature(self) -> str:
        """Give the dtypes as Numba writes them."""
        dtype = DTYPES[self.letter]
        count = len(inspect.signature(self.function).parameters)
        return f"{dtype}({', '.join([dtype] * count)})"

    @property
    def source(self) -> str:
        """Give the text as a compiled module has it: decorated, and without types.

        Nothing is compiled yet where it is executed: what was compiled before may be
        there.
        """
        text = inspect.getsource(self.function).rstrip()
        text = re.sub(r": Any|\s*-> Any", "", text)
        return f"@njit(**INLINE)\n{text}"


def _functions(module: ModuleType) -> dict[str, Function]:
    found = {}
    for name, one in vars(module).items():
        if inspect.isfunction(one) and one.__module__ == module.__name__:
            stem, _, letter = name.rpartition("_")
            errors = ERRORS.get(stem)
            error = None if errors is None else errors[letter == "d"]
            found[name] = Function(name, one, letter, error)
    return found


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    _functions(exponentials) | _functions(logarithms) | _functions(divisions)
)


def called(text: str) -> list[str]:
    """Give the names of the functions of `FUNCTIONS` that a text calls."""
    names = dict.fromkeys(re.findall(r"(?<![\w.])(\w+)\(", text))
    return [one for one in names if one in FUNCTIONS]


def needed(names: Iterable[str]) -> list[Function]:
    """Give functions and all that they call, each after those that it calls.

    Parameters
    ----------
    names : iterable of str
        Of `FUNCTIONS`.
    """
    found: dict[str, Function] = {}

    def add(name: str) -> None:
        one = FUNCTIONS[name]
        for other in one.function.__code__.co_names:
            if other in FUNCTIONS and other not in found:
                add(other)
        found[name] = one

    for name in names:
        add(name)
    return list(found.values())
