"""Every function that traces, at values that are hard to get right, against NumPy.

Zeros of both signs, ties, the largest and the smallest numbers, infinities and NaN, in
place of all floats in the examples of each function. Values must be NumPy's bit by bit,
but for what the page says of values, in docs/what_traces.md: its table is read here.
"""

import re
import warnings

import numpy as np
import pytest

import pages
from glassprop.compiling import Compiled
from glassprop.errors import GlasspropError
from glassprop.numpy_functions import FUNCTIONS, UFUNCS
from glassprop.refusals import function_name
from test_trace import FUNCTION_EXAMPLES, UFUNC_EXAMPLES, as_list, cast
from tracing import (
    FLOATS,
    assert_same_bits,
    called,
    interpreted,
    is_float,
    program_of,
)

EXAMPLES = {**UFUNC_EXAMPLES, **FUNCTION_EXAMPLES}
PAGE = (pages.ROOT / "docs" / "what_traces.md").read_text(encoding="utf-8")
TITLE = "### Values that are not NumPy's to the last bit"
DRAWS = 2
# LAPACK's singular values do not come back from an infinity, in NumPy neither.
ENDLESS = {np.linalg.pinv: ("infinite", "NaN", "all")}


def hard_values(dtype):
    """Give what stands in the place of floats, by its name."""
    f = np.finfo(dtype)
    largest, normal, least = f.max, f.smallest_normal, f.smallest_subnormal
    return {
        "zeros": [0.0, -0.0],
        "ties": [-1.0, -0.0, 0.0, 1.0, 2.0],
        "huge": [largest, -largest, largest / 2, -largest / 3, largest**0.5, 1.0],
        "tiny": [least, -least, normal, -normal, normal * 1.5, 0.0],
        "infinite": [np.inf, -np.inf, 1.0, -0.0, 0.0, -2.5],
        "NaN": [np.nan, 1.0, -2.0, 0.0, -0.0],
        "all": [0.0, -0.0, 1, -1, largest, normal, -least, np.inf, -np.inf, np.nan],
    }


def excused(what):
    """Give the functions that the page says differ in something."""
    (row,) = re.findall(
        rf"^\| {what} \|([^|]+)\|", PAGE.partition(TITLE)[2], re.MULTILINE
    )
    names = re.findall(r"`(np\.[\w.]+)`", row)
    known = {function_name(one): one for one in (*UFUNCS, *FUNCTIONS)}
    there = [one for one in names if one in known or hasattr(np, one[3:])]
    return {known[name] for name in there}  # older NumPy lacks some


SIGNS, PLACES = excused("sign of a zero"), excused("place of a tie")
SUMS, ERRORS, DTYPES = excused("sums"), excused("error"), excused("dtype")


def assert_near(found, expected, scale):
    """Compare sums of products, whose order is that of the machine.

    The scale is the sum of the magnitudes; where it overflows, some order may be
    infinite or NaN.
    """
    known = np.isfinite(scale) & np.isfinite(expected)
    digits = 8 * np.finfo(found.dtype).eps if found.dtype.kind == "f" else 0
    least = np.finfo(scale.dtype).smallest_normal if scale.dtype.kind == "f" else 0
    with np.errstate(all="ignore"):
        far = ~(np.abs(found - expected) <= digits * scale + least)
    wrong = known & far
    assert not np.any(wrong), f"{found[wrong]} is not {expected[wrong]}"
    invented = np.isfinite(scale) & ~np.isfinite(expected) & np.isfinite(found)
    assert not invented.any()


def assert_numpys(function, found, expected, scale):
    """Compare one result with NumPy's, as closely as the page says."""
    expected = np.asarray(expected)
    if function in DTYPES and np.isnan(expected).all():
        expected = expected.astype(found.dtype)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    if function in SUMS:
        assert_near(found, expected, np.asarray(scale))
    elif function in SIGNS:
        np.testing.assert_array_equal(found, expected)
    elif function not in PLACES:
        assert_same_bits(found, expected)


def numpys(function, inputs):
    """Run NumPy itself; give the error if there is one."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            return as_list(function(*inputs))
        except (ValueError, ZeroDivisionError) as error:
            return error


def check(function, one, program, inputs):
    """Compare a traced and compiled function with NumPy's at some values."""
    graph = program.program
    expected = numpys(one.function, inputs)
    with np.errstate(all="ignore"):
        if isinstance(expected, ValueError):  # of LAPACK, also LinAlgError
            with pytest.raises(type(expected), match=re.escape(str(expected))):
                interpreted(graph, *inputs)
            return
        found = [np.asarray(value) for value in interpreted(graph, *inputs)]
        printed = called(program, *inputs)
    for first, second in zip(found, printed, strict=True):
        assert_same_bits(first, np.asarray(second, first.dtype))
    if isinstance(expected, ZeroDivisionError):
        assert function in ERRORS
        assert not np.isfinite(found).all()
        return
    scales = expected
    if function in SUMS:
        magnitudes = [np.abs(x) if is_float(x) else x for x in inputs]
        scales = numpys(one.function, magnitudes)
        with np.errstate(all="ignore"):
            ours = interpreted(graph, *magnitudes)
            scales = [np.add(*both) for both in zip(scales, ours, strict=True)]
    for values in zip(found, expected, scales, strict=True):
        assert_numpys(function, *values)


@pytest.mark.no_cover
@pytest.mark.parametrize("dtype", FLOATS, ids=["float64", "float32"])
@pytest.mark.parametrize("function", EXAMPLES, ids=function_name)
def test_values_are_numpys_where_they_are_hard(function, dtype):
    for at, one in enumerate(EXAMPLES[function]):
        given = cast(one.inputs, dtype)
        if not any(is_float(x) for x in given):
            continue
        program = Compiled(program_of(one.function, *given))
        check(function, one, program, given)
        for name, values in hard_values(dtype).items():
            for draw in range(DRAWS if name not in ENDLESS.get(function, ()) else 0):
                rng = np.random.default_rng([at, draw])
                inputs = [
                    np.asarray(rng.choice(np.array(values, dtype), x.shape))
                    if is_float(x)
                    else x
                    for x in given
                ]
                check(function, one, program, inputs)


SECOND_WINS = np.signbit(np.maximum(np.zeros(9), -np.zeros(9))).all()


@pytest.mark.skipif(not SECOND_WINS, reason="a processor that orders zeros otherwise")
@pytest.mark.parametrize("dtype", FLOATS, ids=["float64", "float32"])
@pytest.mark.parametrize(
    "bounds", [(0, 6), (-0.0, 1), (-1, 0), (-1, -0.0), (None, 0), (-0.0, None), (0, 0)]
)
def test_the_sign_of_a_zero_at_a_bound_of_clip_is_numpys(bounds, dtype):
    x = np.array([-0.0, 0.0, -1.0, 1.0, np.nan] * 7, dtype)
    (found,) = interpreted(program_of(lambda x: np.clip(x, *bounds), x), x)
    assert_same_bits(found, np.clip(x, *bounds))


def test_the_page_names_functions_that_trace_and_five_reasons():
    every = SIGNS | PLACES | SUMS | ERRORS | DTYPES
    assert every <= EXAMPLES.keys()
    rows = PAGE.partition(TITLE)[2].partition("\n#")[0]
    assert len(re.findall(r"^\| [a-z]", rows, re.MULTILINE)) == 1 + 5


def test_a_wrong_value_is_found():
    one = FUNCTION_EXAMPLES[np.sum][0]
    program = Compiled(program_of(lambda a: np.sum(a) + 1e-15, *one.inputs))
    with pytest.raises(AssertionError, match="is not"):
        check(np.sum, one, program, one.inputs)
    vectors = [np.ones(3), np.ones(3)]
    program = Compiled(program_of(lambda a, b: np.dot(a, b) * (1 + 1e-14), *vectors))
    dot = type(one)(np.dot, tuple(vectors))
    with pytest.raises(AssertionError, match="is not"):
        check(np.dot, dot, program, dot.inputs)
    with pytest.raises(GlasspropError):
        program_of(np.linalg.svd, np.ones((2, 2)))
