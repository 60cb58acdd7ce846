"""Elementwise functions: which trace, their corners, and the error function."""

import math

import numpy as np
import pytest

import glassprop as gp
from glassprop.numpy_functions import UFUNCS
from glassprop.ops import stable
from tracing import DTYPES, assert_same_bits, program_of, run_both

WILD = [0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, -3.0, 1e-310, 1e17, -1e300]
WILD += [np.inf, -np.inf, np.nan]

INTEGERS = "of integers, or with an integer as exponent"
NO_DERIVATIVE = "steps from one floating-point number to the next"
LEFT_OUT = {
    **dict.fromkeys(["bitwise_count", "left_shift", "right_shift"], INTEGERS),
    **dict.fromkeys(["gcd", "lcm", "frexp", "ldexp"], INTEGERS),
    **dict.fromkeys(["nextafter", "spacing"], NO_DERIVATIVE),
    "isnat": "of dates",
}


def test_all_ufuncs_of_real_numbers_trace():
    names = {one.__name__ for one in vars(np).values() if isinstance(one, np.ufunc)}
    traced = {one.__name__ for one in UFUNCS}
    assert names - traced <= LEFT_OUT.keys()
    assert not traced & LEFT_OUT.keys()


# Ufuncs with two results -------------------------------------------------------------


@DTYPES
def test_divmod_and_modf_are_numpys_bit_by_bit(dtype):
    with np.errstate(all="ignore"):
        wild = np.array(WILD).astype(dtype)
        a, b = (one.ravel() for one in np.meshgrid(wild, wild))
        cases = [
            (np.divmod, (a, b)),
            (lambda a: np.divmod(a, 2), (wild,)),
            (lambda a: divmod(7.5, a), (wild,)),
            (np.modf, (wild,)),
        ]
        for function, inputs in cases:
            found = run_both(program_of(function, *inputs), *inputs)
            for one, expected in zip(found, function(*inputs), strict=True):
                assert_same_bits(one, expected)


def test_whole_numbers_divide_as_whole_numbers():
    x = np.array([-7, -1, 0, 1, 7])
    for function in (lambda x: x // 2, lambda x: x % 3, lambda x: -9 % (x * x + 1)):
        found = run_both(program_of(function, x), x)[0]
        assert_same_bits(found, function(x))


def test_slopes_of_a_remainder():
    x = np.array([5.5, -5.5])
    found = gp.gradient(lambda x, y: np.sum(x % y), (0, 1))(x, np.array([2.0, 2.0]))
    np.testing.assert_array_equal(found, [[1, 1], [-2, 3]])
    found = gp.gradient(lambda x, y: np.sum(np.fmod(x, y)), (0, 1))(x, 2 + 0 * x)
    np.testing.assert_array_equal(found, [[1, 1], [-2, 2]])
    assert gp.gradient(lambda x: x // 2)(5.5) == 0
    assert gp.gradient(lambda x: divmod(x, 2)[1] ** 2)(5.5) == 3


# Corners -----------------------------------------------------------------------------


@pytest.mark.parametrize("function", [np.hypot, np.arctan2])
def test_slopes_at_the_origin_are_zero(function):
    assert gp.gradient(function, (0, 1))(0.0, 0.0) == (0, 0)


@pytest.mark.parametrize("function", [np.fmax, np.fmin])
def test_a_nan_that_is_passed_over_has_slope_zero(function):
    both = gp.gradient(function, (0, 1))
    assert both(np.nan, 1.0) == (0, 1)
    assert both(1.0, np.nan) == (1, 0)
    assert both(2.0, 2.0) == (0.5, 0.5)
    assert sum(both(np.nan, np.nan)) == 2  # as maximum, which lets both through
    assert gp.gradient(lambda x: function(x, 0))(0.0) == 0
    assert gp.gradient(lambda x: function(x, 0))(np.nan) == 0


def test_slopes_of_steps_and_signs():
    step = gp.gradient(np.heaviside, (0, 1))
    assert [step(x, 0.5) for x in (-1.0, 0.0, 2.0)] == [(0, 0), (0, 1), (0, 0)]
    signed = gp.gradient(np.copysign)
    assert [signed(2.0, -0.0), signed(-2.0, -3.0), signed(0.0, 1.0)] == [-1, 1, 0]
    assert gp.gradient(np.fabs)(0.0) == 0
    for function in (np.floor, np.ceil, np.rint, np.trunc, np.round, np.fix):
        assert gp.gradient(function)(1.5) == 0


def test_numbers_in_the_place_of_nan_and_infinities_have_slope_zero():
    x = np.array([1.0, np.nan, np.inf, -np.inf])
    slopes = gp.gradient(lambda x: np.sum(np.nan_to_num(x, posinf=9, neginf=-5) ** 2))(
        x
    )
    np.testing.assert_array_equal(slopes, [2, 0, 0, 0])


def test_slopes_at_the_ends_of_a_domain_are_infinite():
    with np.errstate(divide="ignore"):
        assert gp.gradient(np.arcsin)(1.0) == gp.gradient(np.arctanh)(1.0) == np.inf
        assert gp.gradient(np.arccosh)(1.0) == gp.gradient(np.cbrt)(0.0) == np.inf
        assert gp.gradient(np.arccos)(-1.0) == -np.inf


@DTYPES
def test_the_slope_of_expm1_keeps_its_digits(dtype):
    x = np.array([-80, -40, -15, -1, -1e-3, 0, 1e-3, 2], dtype)

    def slope(x):
        return gp.gradient(lambda x: np.sum(np.expm1(x)))(x)

    close = {"rtol": 2 * np.finfo(dtype).eps}
    np.testing.assert_allclose(slope(x), np.exp(x), **close)
    second = gp.gradient(lambda x: np.sum(slope(x)))(x)
    np.testing.assert_allclose(second, np.exp(x), **close)


def test_arithmetic_of_booleans_has_numpys_dtype():
    x = np.array([True, False])
    for function in (np.square, np.conjugate, np.conj):
        found = run_both(program_of(function, x), x)[0]
        assert_same_bits(found, function(x))
        assert found.dtype == np.int8


@pytest.mark.parametrize("x", [1e200, -1e200])
def test_slopes_far_out_do_not_overflow(x):
    assert gp.gradient(np.arcsinh)(x) == pytest.approx(1e-200, rel=1e-14)
    assert gp.gradient(np.hypot)(x, x) == pytest.approx(np.sign(x) / math.sqrt(2))
    assert gp.gradient(np.arctan2)(x, x) == pytest.approx(0.5 / x)


@pytest.mark.parametrize(
    "x", [0.0, 1e-300, 1e-16, 1e-9, 1e-3, 0.0999, 0.1001, 0.7, 30.5]
)
def test_slopes_of_sinc_keep_their_digits(x):
    u = math.pi * x
    first = math.pi * (math.cos(u) * u - math.sin(u)) / u**2 if u > 0.2 else None
    if first is None:  # the series, summed exactly enough from its small end
        powers = range(15, 0, -1)
        terms = [
            (-1) ** k * 2 * k * u ** (2 * k - 1) / math.factorial(2 * k + 1)
            for k in powers
        ]
        first = math.pi * math.fsum(terms)
        terms = [
            (-1) ** k
            * 2
            * k
            * (2 * k - 1)
            * u ** (2 * k - 2)
            / math.factorial(2 * k + 1)
            for k in powers
        ]
        second = math.pi**2 * math.fsum(terms)
    else:
        second = -(math.pi**2) * np.sinc(x) - 2 * first / x
    slope = gp.gradient(np.sinc)
    assert slope(x) == pytest.approx(first, rel=1e-12, abs=1e-15)
    assert gp.gradient(slope)(x) == pytest.approx(second, rel=1e-11)


# The error function ------------------------------------------------------------------


def test_erf_is_exact_to_its_last_digits():
    x = np.concatenate([np.linspace(-7, 7, 20_001), 10.0 ** -np.arange(0, 300, 7)])
    expected = np.array([math.erf(one) for one in x])
    np.testing.assert_allclose(gp.erf(x), expected, rtol=1e-15)
    short = x.astype(np.float32)
    expected = np.array([math.erf(one) for one in short])
    assert gp.erf(short).dtype == np.float32
    np.testing.assert_allclose(gp.erf(short), expected, rtol=1e-6, atol=1e-38)


@DTYPES
def test_erf_at_the_ends(dtype):
    x = np.array([np.inf, -np.inf, 6, -30, np.finfo(dtype).max, 0.0, -0.0], dtype)
    expected = np.array([1, -1, 1, -1, 1, 0.0, -0.0], dtype)
    with np.errstate(over="ignore"):
        assert_same_bits(run_both(program_of(gp.erf, x), x)[0], expected)
    assert np.isnan(gp.erf(dtype(np.nan)))


@pytest.mark.parametrize("kind", [np.bool_, np.int64, np.int16, np.uint8])
def test_erf_of_whole_numbers_is_float64(kind):
    x = np.array([0, 1, 1], kind)
    expected = gp.erf(x.astype(np.float64))
    assert_same_bits(run_both(program_of(stable.erf, x), x)[0], expected)
    assert_same_bits(gp.erf(x), expected)


def test_erf_of_scipy_is_traced():
    special = pytest.importorskip("scipy.special")
    x = np.linspace(-3, 3, 13)
    slopes = gp.gradient(lambda x: np.sum(special.erf(x)))(x)
    expected = 2 / np.sqrt(np.pi) * np.exp(-x * x)
    np.testing.assert_allclose(slopes, expected, rtol=1e-14)
    found = run_both(program_of(special.erf, x), x)[0]
    np.testing.assert_allclose(found, special.erf(x), rtol=1e-15)
