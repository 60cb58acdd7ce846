"""Reductions: over the rows of a batch, around NaN and zeros, and what is refused."""

import numpy as np
import pytest

import glassprop as gp
from glassprop.errors import ArgumentError, ShapeError, TraceError
from tracing import DTYPES, interpreted, printed, program_of, run_both

RNG = np.random.default_rng(9)
X = RNG.uniform(-2, 2, (5, 3))
X[1, 2] = X[3, 0] = 0
HOLES = X.copy()
HOLES[0, 1] = HOLES[2, 2] = HOLES[3, 2] = np.nan


# Over n rows -------------------------------------------------------------------------

OVER_ROWS = {
    "prod": lambda x: np.prod(x, axis=0),
    "prod of all": np.prod,
    "any": lambda x: np.any(x > 1, axis=0),
    "all": lambda x: np.all(x > -2),
    "argmin": lambda x: np.argmin(x, axis=0),
    "count_nonzero": lambda x: np.count_nonzero(x, axis=0),
    "cumsum": lambda x: np.cumsum(x, axis=0),
    "cumsum of all": np.cumsum,
    "cumprod": lambda x: np.cumprod(x, axis=0),
    "ptp": lambda x: np.ptp(x, axis=0),
    "mean": lambda x: np.mean(x, axis=0),
    "average": lambda x: np.average(x, axis=0, weights=np.exp(x[:, 0])),
    "average over columns": lambda x: np.average(x, axis=1, weights=[1, 2, 3]),
    "average of pairs": lambda x: np.average(x, weights=x * x),
    "norm": np.linalg.norm,
    "norm of columns": lambda x: np.linalg.norm(x, 3, axis=0),
    "norm of rows": lambda x: np.linalg.norm(x, axis=1, keepdims=True),
    "norm of the matrix": lambda x: np.linalg.norm(x, 1),
    "median of rows": lambda x: np.median(x, axis=1),
    "quantile of rows": lambda x: np.quantile(x, [0.2, 0.7], axis=1),
    "nanmean": lambda x: np.nanmean(x, axis=0),
    "nanstd": lambda x: np.nanstd(x, axis=0),
    "nanmax": lambda x: np.nanmax(x, axis=0),
}


@pytest.mark.parametrize("reduce", OVER_ROWS.values(), ids=OVER_ROWS.keys())
@pytest.mark.parametrize("rows", [1, 5])
def test_the_rows_of_a_batch_are_reduced(reduce, rows):
    x = X[-rows:]
    program = program_of(reduce, X[:2], symbolic=[0])
    found = run_both(program, x)[0]
    np.testing.assert_allclose(found, reduce(x), rtol=1e-14)


@pytest.mark.parametrize("name", ["prod", "cumsum", "cumprod", "average", "norm"])
def test_slopes_over_the_rows_of_a_batch(name):
    def slope(x):
        return gp.gradient(lambda x: np.sum(np.sin(OVER_ROWS[name](x))))(x)

    program = program_of(slope, X[:2], symbolic=[0])
    np.testing.assert_allclose(run_both(program, X)[0], slope(X), rtol=1e-13)


MIDDLES = {
    "median": np.median,
    "quantile": lambda x, axis=None: np.quantile(x, 0.3, axis=axis),
    "percentile": lambda x, axis=None: np.percentile(x, 30, axis=axis),
}


def refusal(kind, function, x=X, **keywords):
    with pytest.raises(kind) as caught:
        program_of(function, x, **keywords)
    return str(caught.value).partition("\n")[0]


@pytest.mark.parametrize("name", [*MIDDLES, "nanmedian"])
@pytest.mark.parametrize("axis", [0, None, (1, 0)])
def test_the_number_of_rows_may_not_decide_which_value_is_picked(name, axis):
    function = MIDDLES.get(name, np.nanmedian)
    message = refusal(TraceError, lambda x: function(x, axis=axis), symbolic=[0])
    assert message == (
        f"np.{name} over the rows of a batch cannot be traced: which values are picked "
        "depends on their number, and one program serves batches of every size. Reduce "
        "over another axis, or calculate it before or after the call."
    )


# Zeros -------------------------------------------------------------------------------


@DTYPES
@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_slopes_of_a_product_where_values_are_zero(zeros, dtype):
    x = np.array([1.5, -2.0, 0.5, 3.0], dtype)
    x[:zeros] = 0
    others = [[at for at in range(4) if at != one] for one in range(4)]
    slopes = gp.gradient(np.prod)(x)
    np.testing.assert_allclose(slopes, [np.prod(x[at]) for at in others], rtol=1e-6)
    curvature = gp.hessian(np.prod)(x)
    for one in range(4):
        for two in range(4):
            rest = [at for at in range(4) if at not in (one, two)]
            expected = 0 if one == two else np.prod(x[rest])
            assert curvature[one, two] == pytest.approx(expected, rel=1e-6)


def test_a_long_product_neither_overflows_nor_vanishes_on_the_way_back():
    x = np.exp(np.random.default_rng(0).normal(0, 0.1, 3000))
    np.testing.assert_allclose(gp.gradient(np.prod)(x), np.prod(x) / x, rtol=1e-11)


def test_slopes_of_a_norm_that_is_zero_are_zero():
    for ord in (None, 2, 1, 3, 2.5, 0.5, np.inf, -np.inf, -1, 0):
        slopes = gp.gradient(lambda x, p=ord: np.linalg.norm(x, p))(np.zeros(3))
        np.testing.assert_array_equal(slopes, 0)
    for ord in (None, "fro", 1, np.inf):
        norm = gp.gradient(lambda x, p=ord: np.linalg.norm(x, p))
        np.testing.assert_array_equal(norm(np.zeros((2, 3))), 0)
    rows = np.array([[0.0, 0.0], [3.0, 4.0]])
    slopes = gp.gradient(lambda x: np.sum(np.linalg.norm(x, axis=1)))(rows)
    np.testing.assert_allclose(slopes, [[0, 0], [0.6, 0.8]], rtol=1e-15)


@DTYPES
@pytest.mark.parametrize("function", [np.std, np.nanstd])
def test_slopes_of_a_deviation_that_is_zero_are_zero(function, dtype):
    def deviation(x):
        return np.sum(function(x, axis=0))

    x = np.array([[3.0, 1.0], [3.0, 2.0]], dtype)
    value, slopes = gp.value_and_gradient(deviation)(x)
    assert value == 0.5
    np.testing.assert_allclose(slopes, [[0, -0.5], [0, 0.5]], rtol=1e-6)
    assert slopes.dtype == dtype
    np.testing.assert_array_equal(gp.hessian(function)(x[:, 0]), 0)
    of_nothing = gp.gradient(lambda x: np.sum(function(x, axis=())))(x)
    np.testing.assert_array_equal(of_nothing, 0)


def test_a_norm_that_overflows_is_infinite_and_has_slope_zero():
    with np.errstate(over="ignore"):
        value, slopes = gp.value_and_gradient(np.linalg.norm)(np.full(2, 1e200))
        assert value == np.linalg.norm(np.full(2, 1e200)) == np.inf
    np.testing.assert_array_equal(slopes, 0)


@pytest.mark.parametrize("ord", [0.5, -1, -2])
def test_norms_of_other_powers_where_a_value_is_zero(ord):
    x = np.array([0.0, 2.0, -1.5])
    with np.errstate(divide="ignore"):
        expected = np.linalg.norm(x, ord)
    found = gp.value_and_gradient(lambda x: np.linalg.norm(x, ord))(x)
    np.testing.assert_allclose(found[0], expected, rtol=1e-15)
    assert found[1][0] == 0
    assert np.isfinite(found[1]).all()


# NaN ---------------------------------------------------------------------------------

WITHOUT_NAN = {
    "nansum": np.sum,
    "nanprod": np.prod,
    "nanmean": np.mean,
    "nanvar": np.var,
    "nanstd": np.std,
    "nanmax": np.max,
    "nanmin": np.min,
    "nanmedian": np.median,
}


@DTYPES
@pytest.mark.parametrize("name", WITHOUT_NAN)
def test_nan_has_no_part_in_the_slopes(name, dtype):
    holes = HOLES.astype(dtype)
    function, plain = getattr(np, name), WITHOUT_NAN[name]
    slopes = gp.gradient(lambda x: np.sum(function(x, axis=0)))(holes)
    assert slopes.dtype == dtype
    for column, found in zip(holes.T, slopes.T, strict=True):
        there = ~np.isnan(column)
        expected = gp.gradient(plain)(column[there])
        np.testing.assert_allclose(found[there], expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(found[~there], 0)


@pytest.mark.parametrize("name", WITHOUT_NAN)
@pytest.mark.filterwarnings("ignore:All-NaN:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:Mean of empty:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:Degrees of freedom:RuntimeWarning")
def test_where_all_is_nan_the_value_is_numpys(name):
    x = np.array([[np.nan, np.nan], [1.0, np.nan]])
    function = getattr(np, name)
    program = program_of(lambda x: function(x, axis=1), x)
    np.testing.assert_array_equal(run_both(program, x)[0], function(x, axis=1))


@pytest.mark.parametrize("name", MIDDLES)
def test_a_quantile_of_nan_is_nan(name):
    program = program_of(lambda x: MIDDLES[name](x, axis=0), HOLES)
    found = run_both(program, HOLES)[0]
    np.testing.assert_array_equal(found, MIDDLES[name](HOLES, axis=0))
    assert np.isnan(found).sum() == 2


# Quantiles ---------------------------------------------------------------------------


def test_the_slope_of_a_quantile_goes_to_the_neighbours():
    x = np.array([3.0, 10.0, 1.0, 7.0])
    assert gp.gradient(np.median)(x).tolist() == [0.5, 0, 0, 0.5]
    assert gp.gradient(np.median)(x[:3]).tolist() == [1, 0, 0]
    quarter = gp.gradient(lambda x: np.quantile(x, 0.25))(x)
    assert quarter.tolist() == [0.75, 0, 0.25, 0]
    assert gp.gradient(lambda x: np.percentile(x, 100))(x).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("kind", "function", "message"),
    [
        (
            TraceError,
            lambda x: np.quantile(x, 0.5, method="lower"),
            "np.quantile: method='lower' cannot be traced; use 'linear'.",
        ),
        (
            TraceError,
            lambda x: np.percentile(x, x[0, 0]),
            "np.percentile: a traced q cannot be traced, as it decides which values "
            "are picked. Give plain numbers.",
        ),
        (
            ArgumentError,
            lambda x: np.quantile(x, 1.5),
            "np.quantile: q must be from 0 to 1, got 1.5.",
        ),
        (
            ArgumentError,
            lambda x: np.percentile(x, [50, np.nan]),
            "np.percentile: q must be from 0 to 100, got [50, nan].",
        ),
        (
            ShapeError,
            lambda x: np.median(x[:0], axis=0),
            "np.median: an array of shape (0, 3) has no values over axis 0.",
        ),
        (
            ShapeError,
            lambda x: np.average(x, weights=[1, 2]),
            "np.average: weights of shape (2,) do not fit an array of shape (5, 3) "
            "with axis=None. Give weights of the array's shape, or of the shape of the "
            "axes named.",
        ),
        (
            ShapeError,
            lambda x: np.average(x, axis=0, weights=x[0]),
            "np.average: weights of shape (3,) do not fit an array of shape (5, 3) "
            "with axis=0. Give weights of the array's shape, or of the shape of the "
            "axes named.",
        ),
        (
            TraceError,
            lambda x: np.linalg.norm(x, 2),
            "np.linalg.norm with ord=2 of a matrix cannot be traced: it needs singular "
            "values. Use 'fro', 1 or np.inf, which are within a factor of it.",
        ),
        (
            TraceError,
            lambda x: np.linalg.norm(x, "nuc"),
            "np.linalg.norm with ord='nuc' of a matrix cannot be traced: it needs "
            "singular values. Use 'fro', 1 or np.inf, which are within a factor of it.",
        ),
        (
            ArgumentError,
            lambda x: np.linalg.norm(x, 3),
            "np.linalg.norm: ord=3 is not for matrices. Give 'fro', 1, -1, np.inf or "
            "-np.inf.",
        ),
        (
            ArgumentError,
            lambda x: np.linalg.norm(x, "fro", axis=0),
            "np.linalg.norm: ord='fro' is not for vectors. Give None or a number, "
            "np.inf and -np.inf among them.",
        ),
        (
            ShapeError,
            lambda x: np.linalg.norm(x[None], 1),
            "np.linalg.norm: ord=1 is for one axis or two, and an array of shape "
            "(1, 5, 3) with axis=None has 3. Name the axes, or leave ord away for the "
            "root of the sum of squares.",
        ),
        (
            ShapeError,
            lambda x: np.cumsum(x, axis=2),
            "cumsum: axis 2 does not exist in an array of 2 dimensions.",
        ),
    ],
)
def test_what_reductions_refuse(kind, function, message):
    assert refusal(kind, function) == message


# No rows -----------------------------------------------------------------------------


def test_the_printed_product_runs_without_rows():
    program = program_of(gp.gradient(np.prod), X[:0])
    assert printed(program, X[:0])[0].shape == (0, 3)
    assert interpreted(program, X[:0])[0].shape == (0, 3)
