"""Activations: every row of the registry, at ordinary, extreme and infinite inputs."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

import glassprop as gp
from glassprop.layers.activations import ACTIVATIONS, SELU_ALPHA, SELU_SCALE
from tracing import DTYPES, program_of, run_both

EXTREMES = [0.0, 1e-300, 1e-8, 0.1, 1.0, 2.9, 5.5, 20.0, 36.7, 88.7, 90.0, 709.0]
EXTREMES += [745.1, 1e5]
PI = Decimal("3.1415926535897932384626433832795028841971693993751058209749446")


def normal(*shape):
    return np.random.default_rng(7).normal(size=shape)


def sigmoid(z):
    return 1 / (1 + (-z).exp())


def tanh(z):
    if z > 1000:  # 1 to 800 digits
        return Decimal(1)
    return 1 - 2 / ((2 * z).exp() + 1)


def erf(z):
    """Sum the Taylor series, as long as it needs not more digits than there are."""
    if abs(z) > 26:
        return Decimal(1).copy_sign(z)
    term, total, n = z, z, 0
    while abs(term) > Decimal("1e-120") or n < abs(z) ** 2:
        n += 1
        term *= -z * z / n
        total += term / (2 * n + 1)
    return 2 / PI.sqrt() * total


def bell(z):
    """Give the density of the standard normal distribution."""
    return (-z * z / 2).exp() / (2 * PI).sqrt()


def softplus(z):
    return (1 + z.exp()).ln()


def gelu_inner(z):
    return (2 / PI).sqrt() * (z + Decimal(0.044715) * z**3)


def gelu_tanh_slope(z):
    t = tanh(gelu_inner(z))
    inner = (2 / PI).sqrt() * (1 + 3 * Decimal(0.044715) * z * z)
    return (1 + t) / 2 + z / 2 * (1 - t * t) * inner


def mish_slope(z):
    t = tanh(softplus(z))
    return t + z * (1 - t * t) * sigmoid(z)


def bent(positive, negative):
    """Make a function of two parts."""
    return lambda z: positive(z) if z > 0 else negative(z)


def constant(value):
    return lambda z: Decimal(value)


ALPHA, SCALE = Decimal(SELU_ALPHA), Decimal(SELU_SCALE)
# Value and slope as the textbook has them.
DEFINITIONS = {
    "identity": (lambda z: z, constant(1)),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "hard_sigmoid": (
        lambda z: min(max(z + 3, Decimal(0)), Decimal(6)) / 6,
        lambda z: Decimal(int(-3 < z < 3)) / 6,
    ),
    "tanh": (tanh, lambda z: 4 * sigmoid(2 * z) * sigmoid(-2 * z)),
    "softsign": (lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
    "relu": (lambda z: max(z, Decimal(0)), lambda z: Decimal(int(z > 0))),
    "relu6": (
        lambda z: min(max(z, Decimal(0)), Decimal(6)),
        lambda z: Decimal(int(0 < z < 6)),
    ),
    "leaky_relu": (
        bent(lambda z: z, lambda z: Decimal(0.01) * z),
        bent(constant(1), constant(0.01)),
    ),
    "elu": (
        bent(lambda z: z, lambda z: z.exp() - 1),
        bent(constant(1), lambda z: z.exp()),
    ),
    "selu": (
        bent(lambda z: SCALE * z, lambda z: SCALE * ALPHA * (z.exp() - 1)),
        bent(constant(SCALE), lambda z: SCALE * ALPHA * z.exp()),
    ),
    "gelu": (
        lambda z: z * (1 + erf(z / Decimal(2).sqrt())) / 2,
        lambda z: (1 + erf(z / Decimal(2).sqrt())) / 2 + z * bell(z),
    ),
    "gelu_tanh": (lambda z: z * (1 + tanh(gelu_inner(z))) / 2, gelu_tanh_slope),
    "silu": (
        lambda z: z * sigmoid(z),
        lambda z: sigmoid(z) + z * sigmoid(z) * sigmoid(-z),
    ),
    "mish": (lambda z: z * tanh(softplus(z)), mish_slope),
    "softplus": (softplus, sigmoid),
}
SEVERAL = {"softmax", "log_softmax"}  # of all of a row's values, tested below
KINKS = {
    "relu": [0],
    "leaky_relu": [0],
    "selu": [0],
    "relu6": [0, 6],
    "hard_sigmoid": [-3, 3],
}
# z * (1 + f(z)), where f is close to -1: exact to the last digit of 1, times z.
CANCELLING = {"gelu", "gelu_tanh"}


def test_every_activation_has_a_definition():
    assert set(DEFINITIONS) | SEVERAL == set(ACTIVATIONS)


def exactly(definition, numbers):
    with localcontext(prec=400, Emin=-999999, Emax=999999):
        return np.array([float(definition(Decimal(float(z)))) for z in numbers])


@pytest.mark.parametrize("name", DEFINITIONS)
@DTYPES
def test_an_activation_equals_its_definition_at_extremes(name, dtype):
    value, slope = DEFINITIONS[name]
    largest = 1e5 if dtype == np.float64 else 1e4
    sizes = np.minimum(EXTREMES, largest)
    z = np.unique(np.concatenate([sizes, -sizes[sizes > 0]]).astype(dtype))
    kink = np.isin(z, KINKS.get(name, []))
    eps, tiny = np.finfo(dtype).eps, 4 * np.finfo(dtype).tiny
    found, expected = ACTIVATIONS[name](z), exactly(value, z)
    assert found.dtype == dtype
    close = {"rtol": 8 * eps, "atol": tiny}
    if name in CANCELLING:
        far = z < -2
        error = np.abs(found - expected)[far] / np.abs(z[far])
        assert np.all(error <= (0.5 if dtype == np.float64 else 2) * eps)
        found, expected = found[~far], expected[~far]
    np.testing.assert_allclose(found, expected, **close)
    slopes = gp.gradient(lambda z: np.sum(ACTIVATIONS[name](z)))(z)
    # Slopes that are made from the output, as 1 - a * a, end at its last digit; silu
    # multiplies that by z.
    close = {"rtol": 8 * eps, "atol": (40 if name == "silu" else 4) * eps}
    np.testing.assert_allclose(slopes[~kink], exactly(slope, z[~kink]), **close)


@pytest.mark.parametrize("name", ["elu", "selu"])
@DTYPES
def test_slopes_far_below_zero_keep_their_digits(name, dtype):
    z = np.array([-80, -40, -15, -5, -1], dtype)
    slopes = gp.gradient(lambda z: np.sum(ACTIVATIONS[name](z)))(z)
    expected = exactly(DEFINITIONS[name][1], z)
    np.testing.assert_allclose(slopes, expected, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", ACTIVATIONS)
@DTYPES
def test_values_and_slopes_to_second_order_are_finite_at_huge_inputs(name, dtype):
    huge = [1e4, -1e4, 1e15, -1e15, 1e30, -1e30, 0.0, -0.0, 3.0, -3.0, 6.0, 1e-30]
    rows = np.array([[one, other] for one in huge for other in (0.5, -1e4)], dtype)

    def slope(z):
        return gp.gradient(lambda z: np.sum(ACTIVATIONS[name](z)))(z)

    def curvature(z):
        return gp.gradient(lambda z: np.sum(slope(z)))(z)

    for function in (ACTIVATIONS[name], slope, curvature):
        found = run_both(program_of(function, rows), rows)[0]
        assert found.dtype == dtype
        assert np.isfinite(found).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_of_infinity_and_nan(name):
    z = np.array([-np.inf, np.inf, np.nan])
    nothing = np.nan  # 0 * inf or inf / inf, where the limit is finite; as in PyTorch
    limits = {
        "identity": [-np.inf, np.inf],
        "sigmoid": [0, 1],
        "hard_sigmoid": [0, 1],
        "tanh": [-1, 1],
        "softsign": [nothing, nothing],
        "relu": [0, np.inf],
        "relu6": [0, 6],
        "leaky_relu": [-np.inf, np.inf],
        "elu": [-1, np.inf],
        "selu": [-SELU_SCALE * SELU_ALPHA, np.inf],
        "gelu": [nothing, np.inf],
        "gelu_tanh": [nothing, np.inf],
        "silu": [nothing, np.inf],
        "mish": [nothing, np.inf],
        "softplus": [0, np.inf],
        "softmax": [np.nan, np.nan],  # infinity beside others: no distribution
        "log_softmax": [np.nan, np.nan],
    }
    with np.errstate(invalid="ignore"):
        found = ACTIVATIONS[name](z)
    np.testing.assert_array_equal(found, [*limits[name], np.nan])


@pytest.mark.parametrize("shift", [-1000.0, 0.0, 1000.0])
def test_softmax_equals_its_definition_at_extremes(shift):
    z = np.array([[0.0, 1.0, 2.0], [-800.0, 0.0, 800.0], [5.0, 5.0, 5.0]])
    with localcontext(prec=60, Emin=-999999, Emax=999999):
        powers = [[Decimal(float(one)).exp() for one in row] for row in z]
        exact = [[float(one / sum(row)) for one in row] for row in powers]
        logs = [[float((one / sum(row)).ln()) for one in row] for row in powers]
    found = gp.Network([gp.Activation("softmax")])(z + shift)
    np.testing.assert_allclose(found, exact, rtol=1e-14, atol=1e-320)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-15)
    found = gp.Network([gp.Activation("log_softmax")])(z + shift)
    np.testing.assert_allclose(found, logs, rtol=1e-15)


def test_log_softmax_takes_axes():
    z = np.random.default_rng(2).normal(size=(2, 3, 4))
    for axis in (0, -1, (0, 2), None):
        expected = np.log(gp.softmax(z, axis=axis))
        np.testing.assert_allclose(gp.log_softmax(z, axis=axis), expected, rtol=1e-13)
    slopes = gp.jacobian(gp.log_softmax)(z[0, 0])
    expected = np.eye(4) - gp.softmax(z[0, 0])
    np.testing.assert_allclose(slopes, expected, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("name", KINKS)
def test_slopes_at_the_corners_are_those_of_pytorch(name):
    slopes = {
        "relu": [0],
        "leaky_relu": [0.01],
        "selu": [SELU_SCALE * SELU_ALPHA],
        "relu6": [0, 0],
        "hard_sigmoid": [0, 0],
    }
    at = np.array(KINKS[name], float)
    found = gp.gradient(lambda z: np.sum(ACTIVATIONS[name](z)))(at)
    np.testing.assert_allclose(found, slopes[name], rtol=1e-15)


def test_selu_keeps_mean_0_and_variance_1():
    z = np.linspace(-12, 12, 240_001)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    values = ACTIVATIONS["selu"](z)
    mean = np.trapezoid(values * density, z)
    variance = np.trapezoid(values**2 * density, z)
    assert (mean, variance) == (pytest.approx(0, abs=1e-8), pytest.approx(1, abs=1e-8))


def test_gelu_tanh_is_as_close_to_gelu_as_its_docstring_says():
    z = np.linspace(-8, 8, 16_001)
    apart = np.abs(ACTIVATIONS["gelu"](z) - ACTIVATIONS["gelu_tanh"](z))
    assert 0.0004 < apart.max() < 0.0005
    assert "within 0.0005 of `gelu`" in ACTIVATIONS["gelu_tanh"].__doc__


def test_an_activation_may_be_a_function_of_ones_own():
    def swish(z):
        return z * gp.sigmoid(z)

    X = normal(4, 3)
    layer = gp.Network([gp.Activation(swish)])
    np.testing.assert_allclose(layer(X), X / (1 + np.exp(-X)), rtol=1e-14)
    net = gp.Network([gp.Dense(3, swish), gp.Dense(2)], loss="mean_squared_error")
    assert net.check_gradients(X, normal(4, 2)).ok
    assert net.source().startswith(
        '"""One training step: 3 -> Dense(3, swish) -> Dense(2); loss '
        'mean_squared_error; SGD."""\n'
    )


def test_no_activation_is_the_identity():
    X, W = normal(4, 3), normal(3, 2)
    nets = [
        gp.Network([gp.Dense(2, activation, weights=(W,))])
        for activation in (None, "identity")
    ]
    for net in nets:
        np.testing.assert_array_equal(net(X), X @ W)
