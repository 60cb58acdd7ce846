"""Measure compiled arithmetic: its errors, its speed, and what it costs to compile.

For each function with a stated error, in float32 and float64: the greatest error in
units in the last place (ulp) over many arguments, the nanoseconds an element of a loop
over 100,000 numbers, in turns with the same loop over the C library's function, and the
milliseconds of processor time that the function and those that it calls add to a
compiled module. Run it as ``python benchmarks/arithmetic_errors.py``; ``--stride 101``
tries more of float32's 2**32 numbers.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

from glassprop.backends.arithmetic import (
    DTYPES,
    FUNCTIONS,
    IMPORTS,
    OPTIONS,
    Function,
    needed,
)
from timing import in_turns, machine, table

HEAD = f"""
import math
import numpy as np
from numba import njit
{IMPORTS}
INLINE = dict({OPTIONS})
"""
LOOP = """
@njit("void({dtype}[::1], {dtype}[::1])", error_model="numpy")
def loop(x, y):
    for i in range(x.shape[0]):
        y[i] = {text}
"""
LIBRARY = {
    "exp": "math.exp({0})",
    "exp2": "np.exp2({0})",
    "expm1": "math.expm1({0})",
    "tanh": "math.tanh({0})",
    "sigmoid": "{one} / ({one} + math.exp(-{0}))",
    "erf": "math.erf({0})",
    "log": "math.log({0})",
    "log1p": "math.log1p({0})",
    "log2": "np.log2({0})",
    "log10": "math.log10({0})",
    "cbrt": "np.cbrt({0})",
}
EXACT: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(np, name) for name in LIBRARY if name not in ("sigmoid", "erf")},
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "erf": np.vectorize(math.erf, otypes=[float]),
}


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(text, names)
    return names


def loop_over(text: str, dtype: str, functions: list[Function]) -> Callable[..., None]:
    sources = [one.source for one in functions]
    return run("\n\n".join([HEAD, *sources, LOOP.format(dtype=dtype, text=text)]))[
        "loop"
    ]


def arguments(dtype: str, stride: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    scales = (1e-3, 0.1, 1, 1, 4, 20, 300)
    found = [rng.normal(size=200_000) * scale for scale in scales]
    found.append(1 + 1e-3 * rng.normal(size=200_000))
    usual = np.concatenate(found).astype(dtype)
    if dtype == "float32":
        bits = np.arange(0, 2**32, stride, dtype=np.uint64).astype(np.uint32)
    else:
        bits = rng.integers(0, 2**64, 2**32 // stride, dtype=np.uint64)
    return np.concatenate([usual, bits.view(dtype)])


def greatest_error(
    function: Callable[..., None], stem: str, x: np.ndarray
) -> tuple[float, float]:
    """Give the greatest error in ulp and the argument that has it."""
    y = np.empty_like(x)
    function(x, y)
    more = np.float64 if x.dtype == np.float32 or stem == "erf" else np.longdouble
    with np.errstate(all="ignore"):
        right = EXACT[stem](x.astype(more))
        rounded = right.astype(x.dtype)
        finite = np.isfinite(rounded) & np.isfinite(y)
        np.testing.assert_array_equal(y[~finite], rounded[~finite])
        place = np.spacing(np.abs(rounded)).astype(more)
        errors = np.where(finite, np.abs(y.astype(more) - right) / place, 0)
    at = int(np.argmax(errors))
    return float(errors[at]), float(x[at])


def compile_time(functions: list[Function], turns: int = 5) -> float:
    """Give the milliseconds of processor time of functions in a module, the least."""
    text = "\n\n".join([HEAD, *(one.source for one in functions)])
    times = []
    for _ in range(turns):
        start = time.process_time()
        names = run(text)
        for one in functions:
            names[one.name].compile(one.signature)
        times.append(time.process_time() - start)
    return 1e3 * min(times)


def measured(one: Function, stride: int) -> list[str]:
    stem, dtype = one.name.rpartition("_")[0], DTYPES[one.letter]
    functions = needed([one.name])
    number = "np.float32(1)" if dtype == "float32" else "1.0"
    ours = loop_over(f"{one.name}(x[i])", dtype, functions)
    theirs = loop_over(LIBRARY[stem].format("x[i]", one=number), dtype, [])
    tried = arguments(dtype, stride)
    error, place = greatest_error(ours, stem, tried)
    x = np.abs(np.random.default_rng(1).normal(size=100_000)).astype(dtype)
    y = np.empty_like(x)

    def seconds(loop: Callable[..., None]) -> Callable[[], float]:
        def measure() -> float:
            start = time.perf_counter()
            loop(x, y)
            return time.perf_counter() - start

        return measure

    times = in_turns({"ours": seconds(ours), "theirs": seconds(theirs)}, turns=50)
    own, other = (1e9 / len(x) * statistics.median(times[key]) for key in times)
    return [
        one.name,
        f"{error:.2f}",
        f"{one.error}",
        f"{place:.9g}",
        f"{len(tried):,}",
        f"{own:.2f}",
        f"{other:.2f}",
        f"{other / own:.1f}",
        f"{compile_time(functions):.0f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stride", type=int, default=1009)
    stride = parser.parse_args().stride
    run(f"{HEAD}\n@njit('float64(float64)')\ndef first(x):\n    return x")
    print(f"{machine()}, Numba {version('numba')}")
    heads = ["", "ulp", "stated", "at", "arguments", "ns", "C library", "times faster"]
    rows = [
        measured(one, stride) for one in FUNCTIONS.values() if one.error is not None
    ]
    print(table([*heads, "compile ms"], rows))


if __name__ == "__main__":
    main()
