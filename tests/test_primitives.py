"""Every row of the table of primitives: its value, dtype, gradient, and spelling."""

import numpy as np
import pytest

from glassprop.differentiate import pullback
from glassprop.errors import TraceError, VerifyError
from glassprop.ops import PRIMITIVES, elementwise, stable
from glassprop.ops.indexing import Pick, Slice
from glassprop.ops.leaves import constant, input_, size
from glassprop.ops.random import random
from glassprop.refusals import known_dtype
from glassprop.transforms import gradient, value_and_gradient
from tracing import (
    DTYPES,
    assert_same_bits,
    case_inputs,
    directional_difference,
    interpreted,
    is_float,
    printed,
    program_of,
    run_both,
)

OWN_TESTS = (input_, constant, size, random)
ROWS = [row for row in PRIMITIVES.values() if row not in OWN_TESTS]
CASES = [
    pytest.param(row, case, id=f"{row.name}-{at}")
    for row in ROWS
    for at, case in enumerate(row.cases)
]
EPS = 1e-6
TOLERANCE = 1e-6

ADVERSARIAL = np.array(
    [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, -2.0, 3.0, 88.0, -90.0, 710.0]
    + [-800.0, 1e300, -1e300, 1e-300, -1e-300, 5e-324, 1e38, 1e-45, 2.0**-30]
)


def applied(row, case):
    return lambda *inputs: row(*inputs, **case.attributes)


def meaning(row, case, *inputs):
    with np.errstate(all="ignore"):
        return np.asarray(row.numpy(*inputs, **case.attributes))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_has_cases(row):
    assert row.cases


@pytest.mark.parametrize(("row", "case"), CASES)
@DTYPES
@pytest.mark.parametrize("simplified", [False, True], ids=["as traced", "simplified"])
def test_value_shape_and_dtype_are_numpys(row, case, dtype, simplified):
    inputs = case_inputs(case, dtype)
    program = program_of(applied(row, case), *inputs, simplified=simplified)
    expected = meaning(row, case, *inputs)
    (node,) = program.outputs.values()
    assert (node.shape, node.dtype) == (expected.shape, expected.dtype)
    assert_same_bits(run_both(program, *inputs)[0], expected)


# Gradients ------------------------------------------------------------------------


def pulled_back(row, case, inputs, weights):
    """Give the positions of float inputs, and a function that traces their slopes."""
    moving = [at for at, one in enumerate(inputs) if is_float(one)]

    def slopes(*traced):
        output = row(*traced, **case.attributes)
        g = output.tracer.lift(weights)
        return pullback(output, [traced[at] for at in moving], g)

    return moving, slopes


def weights_for(row, case, inputs):
    shape = meaning(row, case, *inputs).shape
    return np.random.default_rng(5).uniform(-1, 1, shape)


def directions_for(inputs):
    rng = np.random.default_rng(11)
    return [
        rng.uniform(-1, 1, one.shape)
        if is_float(one)
        else np.zeros(one.shape, one.dtype)
        for one in inputs
    ]


def moved(function, inputs):
    """Let a function take float inputs only; the others stay."""
    moving = [at for at, one in enumerate(inputs) if is_float(one)]

    def partial(*floats):
        whole = list(inputs)
        for at, one in zip(moving, floats, strict=True):
            whole[at] = one
        return function(*whole)

    return moving, partial


def is_smooth(row, case):
    """Tell whether a case reads floats and gives float64, so differences mean much."""
    inputs = case_inputs(case, np.float64)
    value = meaning(row, case, *inputs)
    return value.dtype == np.float64 and any(is_float(x) for x in inputs)


SMOOTH = [one for one in CASES if is_smooth(*one.values)]


@pytest.mark.parametrize(("row", "case"), SMOOTH)
def test_gradient_is_the_slope(row, case):
    inputs = case_inputs(case, np.float64)
    weights = weights_for(row, case, inputs)
    moving, slopes = pulled_back(row, case, inputs, weights)
    program = program_of(slopes, *inputs)
    gradients = run_both(program, *inputs)
    moves = directions_for(inputs)
    found = sum(np.sum(g * moves[at]) for g, at in zip(gradients, moving, strict=True))
    _, value = moved(lambda *x: np.sum(weights * meaning(row, case, *x)), inputs)
    expected = directional_difference(
        value, [inputs[at] for at in moving], [moves[at] for at in moving], eps=EPS
    )
    if row is elementwise.stop_gradient:
        assert found == 0
        return
    assert abs(found - expected) <= TOLERANCE * max(1, abs(expected))
    for g, at in zip(gradients, moving, strict=True):
        assert (g.shape, g.dtype) == (inputs[at].shape, inputs[at].dtype)


@pytest.mark.no_cover
@pytest.mark.parametrize(("row", "case"), SMOOTH)
def test_second_order_is_the_slope_of_the_gradient(row, case):
    inputs = case_inputs(case, np.float64)
    weights = weights_for(row, case, inputs)
    moving, slopes = pulled_back(row, case, inputs, weights)
    outer = [
        np.random.default_rng(at).uniform(-1, 1, inputs[at].shape) for at in moving
    ]

    def weighted_gradient(*traced):
        parts = slopes(*traced)
        return sum(np.sum(a * g) for a, g in zip(outer, parts, strict=True))

    def second(*traced):
        total = weighted_gradient(*traced)
        return pullback(total, [traced[at] for at in moving], total.tracer.lift(1.0))

    found = run_both(program_of(second, *inputs), *inputs)
    moves = directions_for(inputs)
    slope = sum(np.sum(g * moves[at]) for g, at in zip(found, moving, strict=True))
    first = program_of(weighted_gradient, *inputs)
    _, value = moved(lambda *x: interpreted(first, *x)[0], inputs)
    expected = directional_difference(
        value, [inputs[at] for at in moving], [moves[at] for at in moving], eps=EPS
    )
    assert abs(slope - expected) <= TOLERANCE * max(1, abs(expected))


@pytest.mark.no_cover
@pytest.mark.parametrize(("row", "case"), SMOOTH)
def test_gradient_of_float32_is_float32(row, case):
    inputs = case_inputs(case, np.float32)
    weights = weights_for(row, case, inputs).astype(np.float32)
    moving, slopes = pulled_back(row, case, inputs, weights)
    gradients = run_both(program_of(slopes, *inputs), *inputs)
    exact = [one.astype(np.float64) if is_float(one) else one for one in inputs]
    precise = pulled_back(row, case, exact, weights.astype(np.float64))[1]
    expected = interpreted(program_of(precise, *exact), *exact)
    for g, at, reference in zip(gradients, moving, expected, strict=True):
        assert (g.shape, g.dtype) == (inputs[at].shape, inputs[at].dtype)
        np.testing.assert_allclose(g, reference, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_without_a_rule_has_slope_zero(row):
    for case in row.cases:
        inputs = case_inputs(case, np.float64)
        for at, one in enumerate(inputs):
            if row.vjp(at) is not None or not is_float(one):
                continue

            def slope(*traced, at=at, case=case):
                output = row(*traced, **case.attributes)
                return pullback(output, [traced[at]], np.ones_like(output))

            found = run_both(program_of(slope, *inputs), *inputs)[0]
            assert_same_bits(found, np.zeros(one.shape))


# Inputs of every kind -------------------------------------------------------------


def strided(array):
    """Give the same values with a stride of two along every axis."""
    wide = np.zeros([2 * size for size in array.shape], array.dtype)
    part = wide[(*(slice(None, None, 2) for _ in array.shape), ...)]
    part[...] = array
    return part


def reversed_memory(array):
    """Give the same values with negative strides."""
    flipped = (*(slice(None, None, -1) for _ in array.shape), ...)
    return np.array(array[flipped])[flipped]


def read_only(array):
    array = np.array(array)
    array.flags.writeable = False
    return array


LAYOUTS = {
    "read only": read_only,
    "strided": strided,
    "Fortran": lambda array: np.array(array, order="F"),
    "negative strides": reversed_memory,
}


@pytest.mark.no_cover
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_memory_layout_changes_nothing(row, layout):
    for case in row.cases:
        plain = case_inputs(case, np.float64)
        inputs = [layout(one) for one in plain]
        program = program_of(applied(row, case), *inputs)
        assert_same_bits(run_both(program, *inputs)[0], meaning(row, case, *inputs))
        for one, kept in zip(inputs, plain, strict=True):
            assert_same_bits(one, kept)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.elementwise],
    ids=lambda row: row.name,
)
@DTYPES
def test_adversarial_values_of_elementwise_rows(row, dtype):
    case = row.cases[0]
    with np.errstate(all="ignore"):
        values = ADVERSARIAL.astype(dtype)
    count = len(case.shapes)
    inputs = [values.reshape((-1,) + (1,) * (count - 1 - at)) for at in range(count)]
    for at, one in enumerate(inputs):
        if case.kind(at) == "b":
            inputs[at] = one > 0
    program = program_of(applied(row, case), *inputs)
    found = run_both(program, *inputs)[0]
    assert_same_bits(found, meaning(row, case, *inputs))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if not row.elementwise],
    ids=lambda row: row.name,
)
@DTYPES
def test_adversarial_values_of_the_other_rows(row, dtype):
    rng = np.random.default_rng(3)
    for case in row.cases:
        if case.prepare is not None:  # NumPy raises, of a matrix with a NaN for one
            continue
        inputs = case_inputs(case, dtype)
        for at, one in enumerate(inputs):
            if case.kind(at) == "f":
                with np.errstate(all="ignore"):
                    inputs[at] = rng.choice(ADVERSARIAL, one.shape).astype(dtype)
        program = program_of(applied(row, case), *inputs)
        found = run_both(program, *inputs)[0]
        assert_same_bits(found, meaning(row, case, *inputs))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.elementwise and any(map(row.vjp, range(3)))],
    ids=lambda row: row.name,
)
@DTYPES
def test_no_finite_value_of_finite_inputs_has_a_slope_of_nan(row, dtype):
    case = row.cases[0]
    with np.errstate(all="ignore"):
        values = ADVERSARIAL.astype(dtype)
    values = values[np.isfinite(values)]
    inputs = [one.ravel() for one in np.meshgrid(*[values] * len(case.shapes))]
    for at, one in enumerate(inputs):
        if case.kind(at) == "b":
            inputs[at] = one > 0
    value = meaning(row, case, *inputs)
    moving, slopes = pulled_back(row, case, inputs, np.ones_like(value))
    found = run_both(program_of(slopes, *inputs), *inputs)
    for slope, at in zip(found, moving, strict=True):
        assert slope.dtype == inputs[at].dtype
        assert not np.isnan(slope[np.isfinite(value)]).any()


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if not row.elementwise and row.vjps],
    ids=lambda row: row.name,
)
@DTYPES
def test_slopes_at_adversarial_values_of_the_other_rows(row, dtype):
    rng = np.random.default_rng(4)
    for case in row.cases:
        if case.prepare is not None:
            continue
        inputs = case_inputs(case, dtype)
        for at, one in enumerate(inputs):
            if case.kind(at) == "f":
                with np.errstate(all="ignore"):
                    inputs[at] = rng.choice(ADVERSARIAL, one.shape).astype(dtype)
        with np.errstate(all="ignore"):
            weights = weights_for(row, case, inputs).astype(dtype)
        moving, slopes = pulled_back(row, case, inputs, weights)
        found = run_both(program_of(slopes, *inputs), *inputs)
        for slope, at in zip(found, moving, strict=True):
            assert (slope.shape, slope.dtype) == (inputs[at].shape, dtype)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.elementwise and isinstance(row.numpy, np.ufunc)],
    ids=lambda row: row.name,
)
@pytest.mark.parametrize(
    "kinds", ["ii", "bb", "if", "fi", "bf", "fb", "ib", "Bi", "wf"]
)
def test_mixed_dtypes_are_numpys(row, kinds):
    rng = np.random.default_rng(6)
    of_kind = {
        "i": rng.integers(1, 5, (3, 4)),
        "B": rng.integers(1, 5, (3, 4)).astype(np.uint8),
        "b": rng.random((3, 4)) < 0.5,
        "f": rng.uniform(0.5, 2, (3, 4)).astype(np.float32),
        "w": rng.uniform(0.5, 2, (3, 4)),
    }
    count = len(row.cases[0].shapes)
    inputs = [of_kind[kind] for kind in kinds[:count]]
    with np.errstate(all="ignore"):
        try:
            expected = row.numpy(*inputs)
        except TypeError as error:
            expected = error
    if isinstance(expected, TypeError) or not known_dtype(expected.dtype):
        with pytest.raises(TraceError):
            program_of(row, *inputs)
        return
    found = run_both(program_of(row, *inputs), *inputs)[0]
    assert_same_bits(found, expected)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.elementwise and len(row.cases[0].shapes) == 2],
    ids=lambda row: row.name,
)
@pytest.mark.parametrize("shapes", [((1, 3), (2, 1)), ((2, 1, 3), (4, 1)), ((), (2,))])
def test_broadcasting_sums_the_gradient_back(row, shapes):
    rng = np.random.default_rng(1)
    inputs = [rng.uniform(0.5, 2, shape) for shape in shapes]
    if row.vjp(0) is None:
        return
    program = program_of(
        lambda a, b: pullback(row(a, b), [a, b], np.ones_like(row(a, b))), *inputs
    )
    gradients = run_both(program, *inputs)
    assert [g.shape for g in gradients] == list(shapes)
    for at, one in enumerate(inputs):
        spread = np.broadcast_to(one, np.broadcast_shapes(*shapes)).copy()
        others = [spread if k == at else x for k, x in enumerate(inputs)]
        whole = program_of(
            lambda a, b, at=at: pullback(row(a, b), [(a, b)[at]], np.ones_like(a + b)),
            *others,
        )
        full = interpreted(whole, *others)[0]
        axes = tuple(range(full.ndim - one.ndim))
        summed = np.sum(full, axis=axes) if axes else full
        ones = tuple(k for k, size in enumerate(one.shape) if size == 1)
        summed = np.sum(summed, axis=ones, keepdims=True) if ones else summed
        np.testing.assert_allclose(gradients[at], summed, rtol=1e-12)


# Rows that are stable where their composed form is not --------------------------------


@DTYPES
@pytest.mark.parametrize("z", [-800.0, -90.0, 0.0, 90.0, 800.0])
def test_sigmoid_and_its_slope_at_extremes(dtype, z):
    value, slope = value_and_gradient(stable.sigmoid)(dtype(z))
    exact = 1 / (1 + np.exp(-np.longdouble(z)))
    assert value.dtype == slope.dtype == dtype
    np.testing.assert_allclose(value, dtype(exact), rtol=1e-6)
    expected = dtype(value * (1 - value))
    np.testing.assert_allclose(slope, expected, rtol=1e-6)
    assert np.isfinite(slope)


def test_slope_of_sigmoid_far_out_is_zero_where_the_composed_form_gives_nan():
    assert gradient(stable.sigmoid)(-800.0) == 0.0
    with np.errstate(all="ignore"):
        assert np.isnan(gradient(lambda z: 1 / (1 + np.exp(-z)))(-800.0))
        assert np.isnan(gradient(lambda z: 1 / (1 + np.exp(-z)))(np.float32(-90)))


@DTYPES
@pytest.mark.parametrize("z", [-800.0, -90.0, -1.0, 0.0, 1.0, 90.0, 800.0])
def test_softplus_and_its_slope_at_extremes(dtype, z):
    value, slope = value_and_gradient(stable.softplus)(dtype(z))
    wide = np.longdouble(z)
    exact = np.log1p(np.exp(wide)) if z < 100 else wide
    np.testing.assert_allclose(value, dtype(exact), rtol=1e-6)
    np.testing.assert_allclose(slope, dtype(1 / (1 + np.exp(-wide))), rtol=1e-6)


@DTYPES
def test_logsumexp_and_softmax_at_extremes(dtype):
    z = np.array([[1000.0, 999.0, -1000.0], [-1000.0, -1001.0, -3000.0]], dtype)
    chances = np.exp([0.0, -1.0]) / np.sum(np.exp([0.0, -1.0]))
    expected = np.array([[*chances, 0.0]] * 2)
    value, slope = value_and_gradient(lambda z: np.sum(stable.logsumexp(z, axis=(1,))))(
        z
    )
    total = 1000 - 1000 + 2 * np.log1p(np.exp(-1.0))
    np.testing.assert_allclose(value, total, atol=1e-3)
    np.testing.assert_allclose(slope, expected, rtol=1e-3)
    found = run_both(program_of(lambda z: stable.softmax(z, axis=(1,)), z), z)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@DTYPES
def test_logsumexp_of_infinities(dtype):
    z = np.array([[-np.inf, -np.inf], [np.inf, 0.0], [-np.inf, 2.0]], dtype)
    program = program_of(lambda z: stable.logsumexp(z, axis=(1,)), z)
    assert_same_bits(run_both(program, z)[0], np.array([-np.inf, np.inf, 2.0], dtype))


@pytest.mark.parametrize(
    "z", [[-np.inf, -np.inf], [np.inf, 0.0]], ids=["all -inf", "one inf"]
)
def test_the_slope_of_logsumexp_is_nan_where_softmax_is(z):
    z = np.array(z)
    with np.errstate(all="ignore"):
        slope = gradient(lambda z: stable.logsumexp(z, axis=(0,)))(z)
        chances = stable.softmax(z, axis=(0,))
    assert np.isnan(slope[z == z.max()]).all()
    assert np.isnan(chances[z == z.max()]).all()


# Slopes at the corners --------------------------------------------------------------


RELUS = {
    "x, 0": lambda x: np.maximum(x, 0),
    "0, x": lambda x: np.maximum(0, x),
    "x, zeros": lambda x: np.maximum(x, np.zeros_like(x)),
    "zeros, x": lambda x: np.maximum(np.zeros(()), x),
    "-min(-x, 0)": lambda x: -np.minimum(-x, 0),
    "-min(0, -x)": lambda x: -np.minimum(0.0, -x),
    "clip": lambda x: np.clip(x, 0, None),
    "clipped from above": lambda x: np.clip(x, None, 0) + 1,
}


@pytest.mark.parametrize("relu", RELUS.values(), ids=RELUS.keys())
def test_at_a_tie_with_a_number_the_slope_is_zero(relu):
    assert gradient(relu)(0.0) == 0.0
    assert gradient(relu)(-0.0) == 0.0
    assert sorted([gradient(relu)(-1.0), gradient(relu)(1.0)]) == [0.0, 1.0]


@pytest.mark.parametrize("extreme", [np.maximum, np.minimum])
def test_two_values_at_a_tie_share_the_slope(extreme):
    both = gradient(extreme, (0, 1))
    assert both(1.0, 1.0) == (0.5, 0.5)
    assert sum(both(1.0, 2.0)) == sum(both(2.0, 1.0)) == 1.0
    assert gradient(lambda x: extreme(x, x))(3.0) == 1.0
    # An argument is no number of the function's own, whatever is asked for.
    assert gradient(extreme, 0)(1.0, 1.0) == gradient(extreme, 1)(1.0, 1.0) == 0.5


@DTYPES
@pytest.mark.parametrize("reduce", [np.max, np.min])
def test_an_extreme_that_is_nan_has_slopes_of_nan(reduce, dtype):
    x = np.array([[1.0, np.nan, 3.0], [2.0, 5.0, 5.0]], dtype)
    with np.errstate(invalid="ignore"):
        found = gradient(lambda x: np.sum(reduce(x, axis=1)))(x)
    assert found.dtype == dtype
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()
    assert found[1].sum() == 1.0


@pytest.mark.parametrize("relu", RELUS.values(), ids=RELUS.keys())
def test_a_nan_lets_the_gradient_through(relu):
    assert gradient(relu)(np.nan) == 1.0
    assert np.isnan(gradient(lambda x: relu(x) * relu(x))(np.nan))


def test_slope_where_two_values_are_equal():
    assert gradient(np.abs)(0.0) == 0.0
    ties = np.array([1.0, 3.0, 3.0])
    assert_same_bits(gradient(np.max)(ties), np.array([0.0, 0.5, 0.5]))
    assert_same_bits(gradient(np.min)(-ties), np.array([0.0, 0.5, 0.5]))


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, 0.5, 2.5, 0.0])
def test_slope_of_a_power(exponent):
    x = np.array([0.5, 1.0, 2.0])
    found = gradient(lambda x: np.sum(x**exponent))(x)
    np.testing.assert_allclose(found, exponent * x ** (exponent - 1.0), rtol=1e-12)


def test_slope_of_powers_at_zero():
    x = np.zeros(4)
    found = gradient(lambda x: np.sum(x ** np.arange(4)))(x)
    assert_same_bits(found, np.array([0.0, 1.0, 0.0, 0.0]))
    assert gradient(lambda x: x**0)(0.0) == 0.0


def test_slope_through_a_conversion_has_the_dtype_of_what_was_converted():
    x = np.array([1.5, 2.5])
    found = gradient(lambda x: np.sum(x.astype(np.float32) * np.float32(3)))(x)
    assert_same_bits(found, np.array([3.0, 3.0]))


def test_a_value_and_its_copy_by_stop_gradient():
    assert gradient(lambda x: x * elementwise.stop_gradient(x))(3.0) == 3.0


# Rows with tests of their own ---------------------------------------------------------


def test_input_has_no_value_of_its_own():
    with pytest.raises(VerifyError) as caught:
        input_(name="x", shape=(3,), dtype=np.dtype(np.float64))
    assert str(caught.value) == (
        "the input 'x' has no value of its own; run() takes it."
    )


@pytest.mark.parametrize("value", [2, 2.5, True, -0.0, np.inf, np.float32(0.1)])
def test_constant_is_its_value(value):
    dtype = np.result_type(value)
    assert_same_bits(constant(value=value, dtype=dtype), np.asarray(value)[()])


def test_size_is_the_number_of_rows():
    x = np.arange(6.0).reshape(3, 2)
    program = program_of(
        lambda x: (x.shape[0] * np.sum(x), np.sum(x) / x.size), x, symbolic=[0]
    )
    assert [float(one) for one in run_both(program, x)] == [45.0, 2.5]
    assert size(size=6, dtype=np.dtype(np.float32)) == np.float32(6)


def drawn(seed, step, stream=1, shape=(4, 3), dtype=np.float64):
    return random(seed, step, stream=stream, shape=shape, dtype=np.dtype(dtype))


@DTYPES
def test_random_numbers_are_a_function_of_seed_stream_and_step(dtype):
    first = drawn(7, 3, dtype=dtype)
    assert (first.dtype, first.shape) == (dtype, (4, 3))
    assert_same_bits(first, drawn(7, 3, dtype=dtype))
    for other in (
        drawn(8, 3, dtype=dtype),
        drawn(7, 4, dtype=dtype),
        drawn(7, 3, stream=2, dtype=dtype),
    ):
        assert not np.any(first == other)


@DTYPES
def test_random_numbers_are_uniform(dtype):
    many = np.concatenate(
        [drawn(0, step, stream, (5000,), dtype) for step in (1, 2) for stream in (1, 2)]
    )
    deviation = np.sqrt(1 / 12 / many.size)
    assert abs(many.mean(dtype=np.float64) - 0.5) < 4 * deviation
    assert abs(many.var(dtype=np.float64) - 1 / 12) < 0.002
    assert many.min() >= 0
    assert many.max() < 1
    counts, _ = np.histogram(many, bins=20, range=(0, 1))
    assert np.all(abs(counts - 1000) < 150)


@DTYPES
def test_random_numbers_in_a_program(dtype):
    shape = (2, 3)

    def two_streams(seed, step):
        return [
            random(seed, step, stream=stream, shape=shape, dtype=np.dtype(dtype))
            for stream in (1, 2)
        ]

    program = program_of(two_streams, np.int64(5), np.float64(2))
    first, second = run_both(program, np.int64(5), np.float64(2))
    assert_same_bits(first, drawn(5, 2, 1, shape, dtype))
    assert_same_bits(second, drawn(5, 2, 2, shape, dtype))


def test_random_numbers_of_n_rows_do_not_depend_on_each_other():
    def noise(x, seed):
        return x + random(seed, 1, stream=1, shape=x.shape, dtype=x.dtype)

    program = program_of(noise, np.zeros((2, 3)), np.int64(0), symbolic=[0])
    for rows in (0, 1, 5):
        x = np.zeros((rows, 3))
        expected = drawn(0, 1, 1, (rows, 3))
        assert_same_bits(run_both(program, x, np.int64(0))[0], expected)


# Odds and ends ---------------------------------------------------------------------

X = np.zeros((3, 4))


def test_an_index_between_integer_arrays_goes_in_front_as_in_numpy():
    x = np.arange(60.0).reshape(3, 4, 5)
    picks = np.array([0, 2])
    key = (Pick(), Slice(), Pick())
    program = program_of(lambda x, i: PRIMITIVES["index"](x, i, i, key=key), x, picks)
    assert_same_bits(run_both(program, x, picks)[0], x[picks, :, picks])


def test_every_primitive_costs_something_or_moves_values():
    free = {row.name for row in PRIMITIVES.values() if _cost(row) == 0}
    assert free == {
        "input",
        "constant",
        "size",
        "astype",
        "stop_gradient",
        "reshape",
        "transpose",
        "broadcast_to",
        "concatenate",
        "index",
        "roll",
        "take_along_axis",
        "windows",
    }


def _cost(row):
    if row in (input_, constant, size):
        return row.cost(X)
    if row is random:
        return row.cost(X, X, X)
    case = row.cases[-1]
    inputs = case_inputs(case, np.float64)
    return row.cost(meaning(row, case, *inputs), *inputs, **case.attributes)


def test_cost_of_a_matrix_product():
    program = program_of(lambda a, b: a @ b, np.zeros((3, 4)), np.zeros((4, 5)))
    assert program.cost() == 2 * 3 * 4 * 5
    x, w = np.zeros((2, 4)), np.zeros((4, 5))
    rows = program_of(lambda a, b: np.tanh(a @ b), x, w, symbolic=[0])
    assert rows.cost(rows=7) == 7 * (2 * 4 * 5 + 10 * 5)
    assert printed(rows, x, w)[0].shape == (2, 5)
