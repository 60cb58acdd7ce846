"""Compiled arithmetic keeps the errors that it states, and is exact at the edges."""

from __future__ import annotations

import importlib
import math
import re
from decimal import Decimal, localcontext
from functools import cache

import numpy as np
import pytest

from glassprop.backends.arithmetic import (
    DTYPES,
    ERRORS,
    FUNCTIONS,
    IMPORTS,
    OPTIONS,
    called,
    needed,
)

numba = pytest.importorskip("numba")

STEPS = 99_991  # a prime: over the 2**32 numbers of float32
RNG = np.random.default_rng(0)
HEAD = f"""
import math
import numpy as np
from numba import njit
{IMPORTS}
"""
LOOP = """
@njit("void({dtype}[::1], {dtype}[::1])", error_model="numpy")
def loop(x, y):
    for i in range(x.shape[0]):
        y[i] = {name}(x[i])
"""
REFERENCES = {
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "cbrt": np.cbrt,
}
STATED = [one for one in FUNCTIONS.values() if one.error is not None]
WIDE = np.finfo(np.longdouble).nmant > np.finfo(np.float64).nmant


@cache
def compiled(name):
    """Compile a loop over one function as a module with its source would."""
    one = FUNCTIONS[name]
    texts = [HEAD, f"INLINE = dict({OPTIONS})"]
    texts += [other.source for other in needed([name])]
    texts.append(LOOP.format(dtype=DTYPES[one.letter], name=name))
    names = {}
    exec("\n\n".join(texts), names)
    return names["loop"]


def values_of(name, x):
    y = np.empty_like(x)
    compiled(name)(x, y)
    return y


def arguments(dtype):
    """Give numbers of all sizes, and many of the sizes that networks have."""
    usual = [RNG.normal(size=20_000) * scale for scale in (1e-3, 0.1, 1, 4, 20, 300)]
    near_one = 1 + 1e-3 * RNG.normal(size=20_000)
    found = [np.concatenate([*usual, near_one]).astype(dtype)]
    if dtype == np.float32:
        bits = np.arange(0, 2**32, STEPS, dtype=np.uint64).astype(np.uint32)
        found.append(bits.view(np.float32))
    else:
        bits = RNG.integers(0, 2**64, 50_000, dtype=np.uint64)
        found += [bits.view(np.float64), np.exp2(RNG.uniform(-1074, 1023, 20_000))]
    return np.concatenate(found)


def error_function(x):
    """Give the error function by its power series, in as many digits as it cancels."""
    with localcontext() as context:
        context.prec = 60
        pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
        x = Decimal(float(x))
        term = total = 2 * x / pi.sqrt()
        for k in range(1, 1000):
            term *= -x * x / k
            total += term / (2 * k + 1)
            if abs(term) < Decimal("1e-40") * abs(total):
                break
        return np.longdouble(str(total))


def exact(stem, x):
    """Give what a function is, to more digits than x has."""
    if stem == "erf":
        return np.array([error_function(one) for one in x])
    more = np.float64 if x.dtype == np.float32 else np.longdouble
    return REFERENCES[stem](x.astype(more))


def errors_in_ulp(values, right):
    """Give the distance from the exact results in units of their last place."""
    rounded = right.astype(values.dtype)
    finite = np.isfinite(rounded) & np.isfinite(values)
    np.testing.assert_array_equal(values[~finite], rounded[~finite])
    place = np.spacing(np.abs(rounded[finite])).astype(right.dtype)
    return np.abs(values[finite].astype(right.dtype) - right[finite]) / place


def test_printed_modules_import_every_intrinsic():
    module = importlib.import_module("glassprop.backends.intrinsics")
    kind = numba.core.extending._Intrinsic
    made = {name for name, one in vars(module).items() if isinstance(one, kind)}
    imported = IMPORTS.partition("(")[2].partition(")")[0]
    assert set(re.findall(r"\w+", imported)) == made


def test_every_function_without_an_error_takes_numpys_steps():
    unstated = {name for name, one in FUNCTIONS.items() if one.error is None}
    stems = {name.rpartition("_")[0] for name in unstated}
    assert stems == {
        *("log_rest", "logaddexp", "logaddexp2", "sinc"),
        *("remainder", "floor_divide", "fmod", "power"),
    }
    assert ERRORS.keys() == REFERENCES.keys() | {"erf"}


@pytest.mark.no_cover
@pytest.mark.parametrize("one", STATED, ids=lambda one: one.name)
def test_the_stated_error_holds(one):
    stem, dtype = one.name.rpartition("_")[0], np.dtype(DTYPES[one.letter])
    x = arguments(dtype)
    if stem == "erf":
        x = RNG.permutation(x[np.abs(x) < 6])[:2000]
    with np.errstate(all="ignore"):
        errors = errors_in_ulp(values_of(one.name, x), exact(stem, x))
    # Where no type has more digits than float64, the reference itself is off by one.
    slack = 0 if WIDE or dtype == np.float32 else 1
    assert one.error <= 2
    assert errors.max() <= one.error + slack
    assert errors.max() > 0.5 * one.error


EDGES = [0.0, 1.0, np.inf, np.nan, 710.0, 746.0, 1e-310, 5e-324, 2.3e-308, 1.7e308]
EDGES += [104.0, 88.8, 1e-45, 1e-40, 1.2e-38, 3.4e38, 1025.0, 1075.5, 129.0, 150.5]
EXACT = {  # pairs of an argument and a result that must be exact
    "exp": [(0.0, 1.0), (-0.0, 1.0), (np.inf, np.inf), (-np.inf, 0.0)],
    "exp2": [(0.0, 1.0), (-0.0, 1.0), (3.0, 8.0), (np.inf, np.inf), (-np.inf, 0.0)],
    "expm1": [(0.0, 0.0), (-0.0, -0.0), (np.inf, np.inf), (-np.inf, -1.0)],
    "tanh": [(0.0, 0.0), (-0.0, -0.0), (np.inf, 1.0), (-np.inf, -1.0)],
    "sigmoid": [(0.0, 0.5), (-0.0, 0.5), (np.inf, 1.0), (-np.inf, 0.0)],
    "erf": [(0.0, 0.0), (-0.0, -0.0), (np.inf, 1.0), (-np.inf, -1.0)],
    "log": [
        (1.0, 0.0),
        (0.0, -np.inf),
        (-0.0, -np.inf),
        (np.inf, np.inf),
        (-1.0, np.nan),
    ],
    "log1p": [
        (0.0, 0.0),
        (-0.0, -0.0),
        (-1.0, -np.inf),
        (np.inf, np.inf),
        (-2.0, np.nan),
    ],
    "log2": [
        (1.0, 0.0),
        (8.0, 3.0),
        (0.0, -np.inf),
        (np.inf, np.inf),
        (-np.inf, np.nan),
    ],
    "log10": [
        (1.0, 0.0),
        (0.0, -np.inf),
        (-0.0, -np.inf),
        (np.inf, np.inf),
        (-1.0, np.nan),
    ],
    "cbrt": [
        (0.0, 0.0),
        (-0.0, -0.0),
        (np.inf, np.inf),
        (-np.inf, -np.inf),
        (-27.0, -3.0),
    ],
}


@pytest.mark.parametrize("one", STATED, ids=lambda one: one.name)
def test_results_at_the_edges(one):
    stem, dtype = one.name.rpartition("_")[0], np.dtype(DTYPES[one.letter])
    pairs = np.array([*EXACT[stem], (np.nan, np.nan)], dtype)
    given, right = np.ascontiguousarray(pairs.T)
    values = values_of(one.name, given)
    np.testing.assert_array_equal(values, right)
    known = ~np.isnan(right)
    np.testing.assert_array_equal(np.signbit(values)[known], np.signbit(right)[known])
    with np.errstate(all="ignore"):
        x = np.array([*EDGES, *(-np.array(EDGES))]).astype(dtype)
        reference = np.vectorize(math.erf) if stem == "erf" else REFERENCES[stem]
        right = np.asarray(
            reference(
                x.astype(
                    np.float64
                    if stem == "erf"
                    else np.float64
                    if dtype == np.float32
                    else np.longdouble
                )
            )
        )
        errors = errors_in_ulp(values_of(one.name, x), right)
    assert errors.max() <= 2


def test_the_smallest_numbers_stay_themselves():
    for dtype, letter in ((np.float32, "f"), (np.float64, "d")):
        tiny = np.finfo(dtype).smallest_subnormal * np.arange(-20, 21).astype(dtype)
        for stem in ("expm1", "tanh", "log1p"):
            np.testing.assert_array_equal(values_of(f"{stem}_{letter}", tiny), tiny)


@pytest.mark.no_cover
@pytest.mark.parametrize("one", STATED, ids=lambda one: one.name)
def test_a_loop_over_a_function_is_vectorised(one):
    (text,) = compiled(one.name).inspect_llvm().values()
    lines = text.splitlines()
    called_in_text = [
        line for line in lines if re.search(r"\bcall\b.*_3cdynamic_3e", line)
    ]
    assert [line for line in called_in_text if one.name in line] == []
    kind = "float" if one.letter == "f" else "double"
    assert re.search(rf"fmul (contract )?<\d+ x {kind}>", text)


def test_what_a_text_calls_comes_after_what_that_calls():
    assert called("a = tanh_f(x) + np.exp_f(x) + sigmoid_d(abs(y))") == [
        *("tanh_f", "sigmoid_d")
    ]
    names = [one.name for one in needed(["log_f", "logaddexp_f"])]
    assert names[-1] == "logaddexp_f"
    for at, name in enumerate(names):
        inside = called(FUNCTIONS[name].source.partition("def ")[2])
        assert set(inside) - {name} <= set(names[:at])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "start", "right"),
    [("maximum", -np.inf, np.max), ("minimum", np.inf, np.min)],
)
def test_the_largest_and_smallest_are_honest_about_nan_and_zeros(
    name, start, right, dtype
):
    text = f"""
@njit("{dtype}({dtype}[::1])", error_model="numpy")
def reduced(x):
    y = {dtype}({start})
    for i in range(x.shape[0]):
        y = {name}(y, x[i])
    return y
"""
    names = {"inf": np.inf}
    exec("\n".join([HEAD, "from numba import float32, float64", text]), names)
    function = names["reduced"]
    x = RNG.normal(size=1000).astype(dtype)
    assert function(x) == right(x)
    assert function(x[:0]) == start
    zeros = np.zeros(1000, dtype)
    zeros[::3] = -0.0
    assert np.signbit(function(zeros)) == (name == "minimum")
    for at in (0, 500, 999):
        broken = x.copy()
        broken[at] = np.nan
        assert np.isnan(function(broken))
    (assembly,) = function.inspect_asm().values()
    assert not re.search(r"\bf(max|min)imumf?\b", assembly)
