"""Initializers: every row of the registry, its paper's formula, and its refusals."""

from __future__ import annotations

import dataclasses
import doctest
import json
import math
from types import MappingProxyType

import numpy as np
import pytest

import glassprop as gp
from glassprop import initializers
from glassprop.errors import ArgumentError
from glassprop.initializers import (
    INITIALIZERS,
    RECTIFIERS,
    constant,
    default_initializer,
    fans,
    get_initializer,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    normal,
    uniform,
    zeros,
)
from glassprop.layers.activations import ACTIVATIONS

SHAPES = [(400, 300), (50, 2000), (3, 3, 64, 100), (100_000,)]


def example(name):
    """Make any row of the registry; fields without a default get different numbers."""
    record = INITIALIZERS[name]
    needed = [
        field.name
        for field in dataclasses.fields(record)
        if field.default is dataclasses.MISSING
    ]
    return record(**{field: 0.25 + place for place, field in enumerate(needed)})


@pytest.fixture(params=sorted(INITIALIZERS))
def initializer(request):
    return example(request.param)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (0,), (7,), (0, 3), (4, 5), (2, 3, 4, 5)])
def test_shape_and_dtype_are_those_asked_for(initializer, shape, dtype):
    drawn = initializer(np.random.default_rng(0), shape, dtype)
    assert isinstance(drawn, np.ndarray)
    assert drawn.shape == shape
    assert drawn.dtype == dtype
    assert drawn.flags.writeable
    assert np.isfinite(drawn).all()


def test_one_seed_gives_one_array(initializer):
    first = initializer(np.random.default_rng(5), (6, 7), np.float64)
    again = initializer(np.random.default_rng(5), (6, 7), np.float64)
    other = initializer(np.random.default_rng(6), (6, 7), np.float64)
    assert np.array_equal(first, again)
    varies = initializer.moments((6, 7))[1] > 0
    assert np.array_equal(first, other) != varies


def test_float32_is_float64_rounded_once_and_the_rng_moves_alike(initializer):
    wide, narrow = np.random.default_rng(3), np.random.default_rng(3)
    drawn = initializer(wide, (6, 7), np.float64)
    assert np.array_equal(
        initializer(narrow, (6, 7), np.float32), drawn.astype(np.float32)
    )
    assert wide.random() == narrow.random()


@pytest.mark.parametrize("shape", SHAPES)
def test_mean_and_variance_are_those_declared(initializer, shape):
    drawn = initializer(np.random.default_rng(11), shape, np.float64)
    mean, variance = initializer.moments(shape)
    # Six standard errors. That of a variance is the normal's, the largest here.
    assert abs(drawn.mean() - mean) <= 6 * math.sqrt(variance / drawn.size)
    assert abs(drawn.var() - variance) <= 6 * variance * math.sqrt(2 / drawn.size)


def test_name_and_fields_make_the_same_record_again(initializer):
    name = type(initializer).__name__
    header = json.loads(json.dumps([name, dataclasses.asdict(initializer)]))
    assert INITIALIZERS[header[0]](**header[1]) == initializer
    assert get_initializer(initializer) is initializer
    hash(initializer)


def test_records_cannot_be_changed(initializer):
    with pytest.raises(dataclasses.FrozenInstanceError):
        initializer.stddev = 2.0
    assert isinstance(INITIALIZERS, MappingProxyType)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_papers_variances_and_limits(shape):
    fan_in, fan_out = fans(shape)
    rng = np.random.default_rng(0)
    assert glorot_normal().moments(shape) == (0.0, 2 / (fan_in + fan_out))
    assert he_normal().moments(shape) == (0.0, 2 / fan_in)
    for record, limit in (
        (glorot_uniform(), math.sqrt(6 / (fan_in + fan_out))),
        (he_uniform(), math.sqrt(6 / fan_in)),
    ):
        drawn = record(rng, shape, np.float64)
        # The largest of 100,000 even draws is this close to the limit.
        assert 0.999 * limit < np.abs(drawn).max() <= limit * (1 + 1e-15)


def test_normal_and_uniform_take_their_numbers():
    wide = normal(stddev=2.0, mean=-1.0)
    assert wide.moments((3,)) == (-1.0, 4.0)
    drawn = wide(np.random.default_rng(0), (3,), np.float64)
    expected = -1.0 + 2.0 * np.random.default_rng(0).standard_normal(3)
    np.testing.assert_allclose(drawn, expected, rtol=1e-15)
    between = uniform(low=2.0, high=3.0)
    assert between.moments((3,)) == (2.5, 1 / 12)
    drawn = between(np.random.default_rng(0), (1000,), np.float64)
    assert 2.0 <= drawn.min() < 2.01
    assert 2.99 < drawn.max() < 3.0
    assert zeros()(np.random.default_rng(0), (2,), np.float32).tolist() == [0, 0]
    assert constant(1.5)(np.random.default_rng(0), (2,), np.float32).tolist() == [
        1.5,
        1.5,
    ]


def test_numbers_of_other_types_become_floats():
    assert normal(stddev=np.float32(0.5), mean=1) == normal(0.5, 1.0)
    assert type(normal(stddev=np.float32(0.5)).stddev) is float
    assert type(constant(2).value) is float


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((), (1, 1)),
        ((5,), (5, 1)),
        ((5, 7), (5, 7)),
        ((3, 5, 7), (15, 21)),
        ((2, 3, 5, 7), (30, 42)),
        ((0,), (1, 1)),
        ((0, 4), (1, 4)),
    ],
)
def test_fans(shape, expected):
    assert fans(shape) == expected


def test_he_keeps_the_size_of_relu_layers_and_glorot_that_of_linear_ones():
    rng = np.random.default_rng(0)
    for activation, function in (
        ("relu", lambda z: np.maximum(z, 0)),
        (None, lambda z: z),
    ):
        initializer = default_initializer(activation)
        values = rng.standard_normal((200, 300))
        sizes = []
        for _ in range(15):
            weight = initializer(rng, (300, 300), np.float64)
            sums = values @ weight
            sizes.append(sums.std())
            values = function(sums)
        assert 0.5 < sizes[-1] / sizes[0] < 2


def test_default_by_activation():
    for name in RECTIFIERS:
        assert default_initializer(name) == he_normal()
    assert default_initializer("selu") == lecun_normal()
    for name in (None, "identity", "tanh", "sigmoid", "softmax", "my_own"):
        assert default_initializer(name) == glorot_uniform()


def test_slopes_that_the_docstring_states():
    z = np.linspace(-12, 12, 240_001)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    def mean_square(name):
        slope = gp.gradient(lambda z: np.sum(ACTIVATIONS[name](z)))(z)
        return np.trapezoid(slope**2 * density, z)

    assert f"{mean_square('softplus'):.3f}" == "0.293"
    assert "squared slope is 0.293" in default_initializer.__doc__
    others = RECTIFIERS - {"relu", "relu6", "leaky_relu", "softplus"}
    squares = [mean_square(name) for name in others]
    assert (f"{min(squares):.2f}", f"{max(squares):.2f}") == ("0.38", "0.67")
    assert "squared slopes from 0.38 to 0.67" in default_initializer.__doc__
    assert mean_square("selu") == pytest.approx(1.07, abs=0.005)


def test_get_initializer_takes_names_numbers_records_and_functions():
    assert get_initializer("normal") == normal()
    assert get_initializer("glorot_uniform") == glorot_uniform()
    assert get_initializer(0.5) == constant(0.5)
    assert get_initializer(np.int64(2)) == constant(2.0)

    def own(rng, shape, dtype):
        return np.ones(shape, dtype)

    assert get_initializer(own) is own


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: get_initializer("he_norml"),
            "initializer: expected normal, uniform, glorot_normal, glorot_uniform, "
            "he_normal, he_uniform, lecun_normal, zeros or "
            "glassprop.initializers.constant(value=0.1), got 'he_norml'. Did you mean "
            "'he_normal'?",
        ),
        (
            lambda: get_initializer("qqq"),
            "initializer: expected normal, uniform, glorot_normal, glorot_uniform, "
            "he_normal, he_uniform, lecun_normal, zeros or "
            "glassprop.initializers.constant(value=0.1), got 'qqq'.",
        ),
        (
            lambda: get_initializer(lambda shape: 0 * shape),
            "initializer '<lambda>' takes (shape), but is called with (rng, shape, "
            "dtype). Write it as a function (rng, shape, dtype) -> array.",
        ),
        (
            lambda: get_initializer("constant"),
            "initializer: 'constant' alone does not say enough. Pass a record, such as "
            "glassprop.initializers.constant(value=0.1).",
        ),
        (
            lambda: get_initializer(he_normal),
            "initializer: expected an initializer, got the class he_normal. Call it: "
            "he_normal(...).",
        ),
        (
            lambda: get_initializer(None),
            "initializer: expected a name, a number, an initializer or a function "
            "(rng, shape, dtype) -> array, got None. The names: normal, uniform, "
            "glorot_normal, glorot_uniform, he_normal, he_uniform, lecun_normal, "
            "zeros, constant.",
        ),
        (
            lambda: get_initializer(True),
            "initializer: expected a name, a number, an initializer or a function "
            "(rng, shape, dtype) -> array, got True. The names: normal, uniform, "
            "glorot_normal, glorot_uniform, he_normal, he_uniform, lecun_normal, "
            "zeros, constant.",
        ),
        (
            lambda: normal(stddev=-0.1),
            "initializers.normal: expected stddev to be 0 or more, got -0.1. Use "
            "normal(stddev=0.1).",
        ),
        (
            lambda: uniform(low=1, high=0),
            "initializers.uniform: expected low <= high, got low=1.0, high=0.0. Use "
            "uniform(low=0.0, high=1.0).",
        ),
        (
            lambda: constant(math.nan),
            "initializers.constant: expected value to be a finite number, got nan. "
            "Pass a float such as 0.1.",
        ),
        (
            lambda: get_initializer(math.inf),
            "initializers.constant: expected value to be a finite number, got inf. "
            "Pass a float such as 0.1.",
        ),
        (
            lambda: normal("wide"),
            "initializers.normal: expected stddev to be a finite number, got 'wide'. "
            "Pass a float such as 0.1.",
        ),
        (
            lambda: uniform(high=True),
            "initializers.uniform: expected high to be a finite number, got True. "
            "Pass a float such as 0.1.",
        ),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ArgumentError) as caught:
        call()
    assert str(caught.value) == message


def test_docstring_examples():
    failed, tried = doctest.testmod(initializers)
    assert (failed, tried > 0) == (0, True)
