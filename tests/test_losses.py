"""Losses: every row of the registry against its formula, and losses of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
import scipy.special
import scipy.stats
import sklearn.metrics

import glassprop as gp
from glassprop.errors import ArgumentError, DataError, ShapeError
from glassprop.losses import LOSSES, Loss, get_loss
from networks import (
    KNOWN_LOSSES,
    bits,
    example_target,
    fitting_outputs,
    refusal,
)

RNG = np.random.default_rng(11)


def log_likelihood(z, y):
    """Give -log p of the true side, each side by its own stable formula."""
    return -(y * scipy.special.log_expit(z) + (1 - y) * scipy.special.log_expit(-z))


def one_hot(z, y):
    return np.eye(z.shape[1])[y]


def chance_of_class(z, y):
    """Give log p and p of the true class, and what is missing from p to 1."""
    log_p = scipy.special.log_softmax(z, axis=1)[np.arange(len(y)), y]
    return log_p, np.exp(log_p), -np.expm1(log_p)


def focal_slope(z, y):
    log_p, p, wrong = chance_of_class(z, y)
    per_log_p = 2 * wrong * p * log_p - wrong**2
    return per_log_p[:, None] * (one_hot(z, y) - scipy.special.softmax(z, axis=1))


def binary_focal_slope(z, y):
    sign = 2 * y - 1
    p, log_p = scipy.special.expit(sign * z), scipy.special.log_expit(sign * z)
    wrong = scipy.special.expit(-sign * z)
    return sign * wrong**2 * (2 * p * log_p - wrong)


def unit(vector):
    return vector / np.sqrt((vector**2).sum(axis=1, keepdims=True))


def cosine_of(z, y):
    return (unit(z) * unit(y)).sum(axis=1)


def cosine_slope(z, y):
    size = np.sqrt((z**2).sum(axis=1, keepdims=True))
    return -(unit(y) - cosine_of(z, y)[:, None] * unit(z)) / size


def pinball_parts(z, y):
    """Give level, error and output of each quantile: first the 0.1 of each number."""
    width = z.shape[1] // 3
    for at, level in enumerate((0.1, 0.5, 0.9)):
        for column in range(width):
            output = z[:, at * width + column]
            yield level, y[:, column] - output


def pinball(z, y):
    parts = [e * (q - (e < 0)) for q, e in pinball_parts(z, y)]
    return np.mean(parts, axis=0)


def pinball_slope(z, y):
    parts = [(e < 0) - q for q, e in pinball_parts(z, y)]
    return np.stack(parts, axis=1) / z.shape[1]


def normal_parts(z, y):
    mean, spread = np.split(z, 2, axis=1)
    return y - mean, np.logaddexp(0, spread) + 1e-6, scipy.special.expit(spread)


def normal(z, y):
    error, variance, _ = normal_parts(z, y)
    return 0.5 * (np.log(variance) + error**2 / variance).sum(axis=1)


def normal_slope(z, y):
    error, variance, slope = normal_parts(z, y)
    spread = 0.5 * (1 / variance - (error / variance) ** 2) * slope
    return np.concatenate([-error / variance, spread], axis=1)


def margins(z, y):
    """Give, for each row, how far the best other class is above the margin, and it."""
    others = np.where(one_hot(z, y) > 0, -np.inf, z)
    return 1 + others.max(axis=1) - z[np.arange(len(y)), y], others.argmax(axis=1)


def multiclass_hinge_slope(z, y):
    short, rival = margins(z, y)
    return (short > 0)[:, None] * (one_hot(z, rival) - one_hot(z, y))


def short_of_margin(z, y):
    return np.maximum(0, 1 - (2 * y - 1) * z)


def cross_entropy_of(z, y):
    return -chance_of_class(z, y)[0]


def cross_entropy_slope(z, y):
    return scipy.special.softmax(z, axis=1) - one_hot(z, y)


# The textbook's formula for each row of the registry, on outputs (n, k).
FORMULAS = {
    "half_squared_error": lambda z, y: ((z - y) ** 2).sum(axis=1) / 2,
    "mean_squared_error": lambda z, y: ((z - y) ** 2).mean(axis=1),
    "mean_absolute_error": lambda z, y: abs(z - y).mean(axis=1),
    "huber": lambda z, y: scipy.special.huber(1.0, z - y).mean(axis=1),
    "log_cosh": lambda z, y: (np.logaddexp(z - y, y - z) - np.log(2)).mean(axis=1),
    "cosine": lambda z, y: 1 - cosine_of(z, y),
    "poisson": lambda z, y: (np.exp(z) - y * z).sum(axis=1),
    "quantile": pinball,
    "gaussian": normal,
    "binary_cross_entropy": lambda z, y: log_likelihood(z, y).sum(axis=1),
    "binary_focal": lambda z, y: (
        scipy.special.expit((1 - 2 * y) * z) ** 2 * log_likelihood(z, y)
    ).sum(axis=1),
    "hinge": lambda z, y: short_of_margin(z, y).sum(axis=1),
    "squared_hinge": lambda z, y: (short_of_margin(z, y) ** 2).sum(axis=1),
    "cross_entropy": cross_entropy_of,
    "smoothed_cross_entropy": lambda z, y: (
        0.9 * cross_entropy_of(z, y)
        - 0.1 * scipy.special.log_softmax(z, axis=1).mean(axis=1)
    ),
    "focal": lambda z, y: chance_of_class(z, y)[2] ** 2 * cross_entropy_of(z, y),
    "kl_divergence": cross_entropy_of,
    "multiclass_hinge": lambda z, y: np.maximum(0, margins(z, y)[0]),
}
# The slope of each row's loss with respect to the output.
SLOPES = {
    "half_squared_error": lambda z, y: z - y,
    "mean_squared_error": lambda z, y: 2 * (z - y) / z.shape[1],
    "mean_absolute_error": lambda z, y: np.sign(z - y) / z.shape[1],
    "huber": lambda z, y: np.clip(z - y, -1, 1) / z.shape[1],
    "log_cosh": lambda z, y: np.tanh(z - y) / z.shape[1],
    "cosine": cosine_slope,
    "poisson": lambda z, y: np.exp(z) - y,
    "quantile": pinball_slope,
    "gaussian": normal_slope,
    "binary_cross_entropy": lambda z, y: scipy.special.expit(z) - y,
    "binary_focal": binary_focal_slope,
    "hinge": lambda z, y: (1 - 2 * y) * (short_of_margin(z, y) > 0),
    "squared_hinge": lambda z, y: (1 - 2 * y) * 2 * short_of_margin(z, y),
    "cross_entropy": cross_entropy_slope,
    "smoothed_cross_entropy": lambda z, y: (
        cross_entropy_slope(z, y) + 0.1 * (one_hot(z, y) - 1 / z.shape[1])
    ),
    "focal": focal_slope,
    "kl_divergence": cross_entropy_slope,
    "multiclass_hinge": multiclass_hinge_slope,
}
# Up to where a loss is finite at all, where that is not everywhere.
LARGEST = {"poisson": 30}


def test_every_loss_has_its_formula():
    assert set(FORMULAS) == set(SLOPES) == set(LOSSES)


def slope(loss, z, y):
    return gp.gradient(lambda z: np.sum(loss.function(z, y)))(z)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
@pytest.mark.parametrize("outputs", [2, 5])
def test_a_loss_equals_its_formula(loss, outputs):
    outputs = fitting_outputs(loss, outputs)
    z = RNG.normal(scale=3, size=(20, outputs))
    y = example_target(loss, 20, outputs, RNG)
    assert loss.function(z, y).shape == (20,)
    np.testing.assert_allclose(
        loss.function(z, y), FORMULAS[loss.name](z, y), rtol=1e-13, atol=1e-14
    )
    np.testing.assert_allclose(
        slope(loss, z, y), SLOPES[loss.name](z, y), rtol=1e-12, atol=1e-14
    )


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
@pytest.mark.parametrize("size", [1e-3, 30.0, 1000.0, 1e5])
def test_a_loss_is_stable_for_large_outputs(loss, size):
    if size > LARGEST.get(loss.name, np.inf):
        return
    outputs = fitting_outputs(loss, 3)
    signs = np.array([[1, -1, 1, 1], [-1, 1, 1, -1], [1, 1, -1, -1], [-1, -1, -1, 1]])
    y = np.array([0, 1, 2, 0])
    if loss.target != "classes":
        y = np.eye(3)[y][:, : outputs // loss.outputs_per_value]
    z = size * (signs + [0, 0.01, 0.02, 0.03])[:, :outputs]  # no two of them equal
    with np.errstate(all="raise", under="ignore"):
        found, slopes = loss.function(z, y), slope(loss, z, y)
    digit = 3 * np.spacing(size)  # of the outputs: differences of them end there
    np.testing.assert_allclose(
        found, FORMULAS[loss.name](z, y), rtol=1e-12, atol=1e-15 + digit
    )
    np.testing.assert_allclose(
        slopes, SLOPES[loss.name](z, y), rtol=1e-12, atol=1e-15 + digit
    )


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
@pytest.mark.parametrize("size", [1.0, 30.0, 1e4])
def test_a_loss_in_float32_stays_in_float32(loss, size):
    if size > LARGEST.get(loss.name, np.inf):
        return
    outputs = fitting_outputs(loss, 3)
    z = (size * RNG.normal(size=(6, outputs))).astype(np.float32)
    y = example_target(loss, 6, outputs, RNG)
    y = y if loss.target == "classes" else y.astype(np.float32)
    found, slopes = loss.function(z, y), slope(loss, z, y)
    assert found.dtype == slopes.dtype == np.float32
    assert np.isfinite(slopes).all()
    expected = FORMULAS[loss.name](z.astype(float), y)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6 * size)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_log_cosh_keeps_its_digits_and_is_finite_everywhere(dtype):
    most = np.finfo(dtype).max
    sizes = np.array([0, 1e-18, 1e-4, 0.1, 0.999, 1, 1.001, 3, 50, 1e4, most], dtype)
    e = np.concatenate([sizes, -sizes])[:, None]
    zero = np.zeros_like(e)
    size = np.minimum(np.abs(e), 100).astype(float)
    expected = np.where(
        size < 1e-3,  # the series; elsewhere nothing cancels in float64 as far
        size**2 / 2 - size**4 / 12,
        np.log(np.cosh(size)) + (np.abs(e) - size),
    )
    close = {"rtol": 8 * np.finfo(dtype).eps if dtype == np.float32 else 1e-13}

    def total(e):
        return np.sum(LOSSES["log_cosh"].function(e, zero))

    def slope(e):
        return gp.gradient(total)(e)

    with np.errstate(all="raise", under="ignore"):
        found = LOSSES["log_cosh"].function(e, zero)
        first, second = slope(e), gp.gradient(lambda e: np.sum(slope(e)))(e)
    assert {one.dtype for one in (found, first, second)} == {np.dtype(dtype)}
    np.testing.assert_allclose(found, expected[:, 0], **close)
    np.testing.assert_allclose(first, np.tanh(e.astype(float)), **close)
    curvature = 1 / np.cosh(size) ** 2
    np.testing.assert_allclose(second, curvature, rtol=1e-5, atol=1e-37)
    inf = np.array([[np.inf], [-np.inf], [np.nan]], dtype)
    np.testing.assert_array_equal(
        LOSSES["log_cosh"].function(inf, zero[:3]), [np.inf, np.inf, np.nan]
    )
    np.testing.assert_array_equal(
        gp.gradient(lambda e: np.sum(LOSSES["log_cosh"].function(e, zero[:2])))(
            inf[:2]
        ),
        [[1], [-1]],
    )


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_evaluate_gives_the_mean_over_rows_and_fit_reports_it(loss):
    X, outputs = RNG.normal(size=(12, 3)), fitting_outputs(loss, 4)
    y = example_target(loss, 12, outputs, RNG)
    net = gp.Network([gp.Dense(outputs)], loss=loss.name, seed=5)
    expected = FORMULAS[loss.name](net(X), y).mean()
    assert net.evaluate(X, y)["loss"] == pytest.approx(expected, rel=1e-12)
    assert net.check_gradients(X, y).ok
    history = net.fit(X, y, batch_size=None, verbose=False)
    assert history["loss"] == [pytest.approx(expected, rel=1e-12)]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_a_loss_falls_in_training(loss):
    X, outputs = RNG.normal(size=(60, 3)), fitting_outputs(loss, 3)
    y = X @ RNG.normal(size=(3, outputs // loss.outputs_per_value))
    if loss.target == "binary":
        y = (y > 0).astype(float)
    elif loss.target == "classes":
        y = y.argmax(axis=1)
    elif loss.target == "counts":
        y = RNG.poisson(np.exp(y)).astype(float)
    net = gp.Network([gp.Dense(outputs)], loss=loss.name, seed=2)
    history = net.fit(X, y, optimizer=gp.Adam(0.05), epochs=15, verbose=False)
    first, last = history["loss"][0], history["loss"][-1]
    assert last < first - 0.35 * abs(first)


# Against scikit-learn -----------------------------------------------------------------


def test_cross_entropy_and_probabilities_are_scikit_learns():
    X, y = RNG.normal(size=(30, 4)), np.arange(30) % 3
    net = gp.Network([gp.Dense(3)], loss="cross_entropy")
    net.fit(X, y, epochs=5, verbose=False)
    chances = net.predict_proba(X)
    np.testing.assert_allclose(chances, scipy.special.softmax(net(X), axis=1))
    assert net.evaluate(X, y)["loss"] == pytest.approx(
        sklearn.metrics.log_loss(y, chances)
    )
    np.testing.assert_array_equal(net.predict(X), chances.argmax(axis=1))


def test_binary_cross_entropy_and_probabilities_are_scikit_learns():
    X, y = RNG.normal(size=(30, 4)), np.arange(30) % 2
    net = gp.Network([gp.Dense(1)], loss="binary_cross_entropy")
    net.fit(X, y, epochs=5, verbose=False)
    chances = net.predict_proba(X)
    assert chances.shape == (30, 1)
    np.testing.assert_allclose(chances, scipy.special.expit(net(X)))
    assert net.evaluate(X, y)["loss"] == pytest.approx(
        sklearn.metrics.log_loss(y, chances[:, 0])
    )
    np.testing.assert_array_equal(net.predict(X), (chances[:, 0] > 0.5).astype(int))
    assert net.predict(X).dtype == np.int64


def test_several_yes_or_no_questions_at_once():
    X = RNG.normal(size=(40, 3))
    y = (X @ RNG.normal(size=(3, 5)) > 0).astype(int)
    net = gp.Network([gp.Dense(5)], loss="binary_cross_entropy")
    net.fit(X, y, optimizer=gp.Adam(0.1), epochs=60, verbose=False)
    assert net.predict(X).shape == net.predict_proba(X).shape == (40, 5)
    assert (net.predict(X) == y).mean() > 0.95
    found = net.evaluate(X, y)
    assert list(found) == ["loss", "label_accuracy", "subset_accuracy"]
    assert found["label_accuracy"] == pytest.approx((net.predict(X) == y).mean())
    right = (net.predict(X) == y).all(axis=1)
    assert found["subset_accuracy"] == pytest.approx(right.mean())


def test_hinges_are_scikit_learns():
    X, y = RNG.normal(size=(30, 4)), np.arange(30) % 2
    net = gp.Network([gp.Dense(1)], loss="hinge")
    net.fit(X, y, epochs=5, verbose=False)
    assert net.evaluate(X, y)["loss"] == pytest.approx(
        sklearn.metrics.hinge_loss(2 * y - 1, net(X)[:, 0])
    )
    np.testing.assert_array_equal(net.predict(X), (net(X)[:, 0] > 0).astype(int))
    y = np.arange(30) % 3
    net = gp.Network([gp.Dense(3)], loss="multiclass_hinge")
    net.fit(X, y, epochs=5, verbose=False)
    assert net.evaluate(X, y)["loss"] == pytest.approx(
        sklearn.metrics.hinge_loss(y, net(X), labels=[0, 1, 2])
    )
    np.testing.assert_array_equal(net.predict(X), net(X).argmax(axis=1))


def test_quantiles_are_scikit_learns_and_hold_their_share():
    rng = np.random.default_rng(0)  # its own: the shares depend on the draw
    X = rng.uniform(-1, 1, size=(400, 1))
    y = X[:, 0] + (1 + X[:, 0]) * rng.normal(size=400)
    levels = (0.2, 0.5, 0.9)
    net = gp.Network([gp.Dense(3)], loss=gp.losses.Quantile(levels))
    net.fit(X, y, optimizer=gp.Adam(0.05), epochs=60, verbose=False)
    predicted = net.predict(X)
    assert predicted.shape == (400, 3)
    each = [
        sklearn.metrics.mean_pinball_loss(y, predicted[:, at], alpha=level)
        for at, level in enumerate(levels)
    ]
    for given in (y, y[:, None], y.tolist()):
        assert net.evaluate(X, given) == {"loss": pytest.approx(np.mean(each))}
    below = (y[:, None] < predicted).mean(axis=0)
    np.testing.assert_allclose(below, levels, atol=0.05)


def test_gaussian_learns_the_mean_and_the_spread():
    X = np.repeat([[0.0], [1.0]], 500, axis=0)
    y = np.where(X[:, 0] > 0, RNG.normal(3, 2, 1000), RNG.normal(-1, 0.5, 1000))
    net = gp.Network([gp.Dense(2)], loss="gaussian")
    net.fit(X, y, optimizer=gp.Adam(0.05), epochs=60, verbose=False)
    rows = np.array([[0.0], [1.0]])
    np.testing.assert_allclose(net.predict(rows), [[-1], [3]], atol=0.3)
    spread = np.sqrt(net.loss.function.variance(net(rows)))
    np.testing.assert_allclose(spread, [[0.5], [2]], rtol=0.15)
    found = net.evaluate(X, y)
    assert found["mae"] == pytest.approx(abs(y - net.predict(X)[:, 0]).mean())
    expected = -scipy.stats.norm.logpdf(
        y[:, None], net(X)[:, :1], np.sqrt(net.loss.function.variance(net(X)))
    )
    constant = 0.5 * np.log(2 * np.pi)
    assert found["loss"] == pytest.approx((expected - constant).mean())


def test_poisson_predicts_the_rate():
    X = RNG.uniform(size=(300, 1))
    y = RNG.poisson(np.exp(1 + X))
    net = gp.Network([gp.Dense(1)], loss="poisson")
    net.fit(X, y, optimizer=gp.Adam(0.05), epochs=30, verbose=False)
    rates, found = net.predict(X), net.evaluate(X, y)
    np.testing.assert_allclose(rates, np.exp(net(X)))
    assert rates.mean() == pytest.approx(y.mean(), rel=0.1)
    assert found["rmse"] == pytest.approx(np.sqrt(((rates - y) ** 2).mean()))
    deviance = sklearn.metrics.mean_poisson_deviance(y, rates)
    saturated = y - scipy.special.xlogy(y, y)
    assert found["loss"] == pytest.approx(saturated.mean() + deviance / 2)


def test_vectors_of_zeros_are_at_right_angles_to_all():
    z = np.array([[0.0, 0.0], [3.0, 4.0], [1e-200, 0.0], [0.0, 1e200], [0.0, 0.0]])
    y = np.array([[0.0, 2.0], [0.0, 0.0], [5.0, 0.0], [0.0, -1e-200], [0.0, 0.0]])
    with np.errstate(all="raise", under="ignore"):
        assert gp.losses.cosine(z, y).tolist() == [1, 1, 0, 2, 1]
        slopes = slope(LOSSES["cosine"], z, y)
    np.testing.assert_array_equal(slopes, [[0, -1], [0, 0], [0, 0], [0, 0], [0, 0]])
    several = RNG.normal(size=(2, 4, 3, 5))
    expected = [
        1 - np.mean([cosine_of(*pair) for pair in zip(*rows, strict=True)])
        for rows in zip(*several[..., None, :], strict=True)
    ]
    np.testing.assert_allclose(gp.losses.cosine(*several), expected)


def test_the_divergence_is_the_cross_entropy_less_the_entropy():
    z, y = RNG.normal(size=(6, 4)), RNG.dirichlet(np.ones(4), size=6)
    y[0] = [0.5, 0, 0.5, 0]
    entropy = scipy.stats.entropy(y, axis=1)
    divergence = gp.losses.kl_divergence(z, y)
    np.testing.assert_allclose(divergence, gp.losses.cross_entropy(z, y) - entropy)
    np.testing.assert_allclose(
        divergence, scipy.stats.entropy(y, scipy.special.softmax(z, axis=1), axis=1)
    )
    np.testing.assert_allclose(
        gp.losses.kl_divergence(np.log(y[1:]), y[1:]), 0, 0, 1e-15
    )


@pytest.mark.parametrize(
    "loss", [one for one in LOSSES.values() if one.classifies], ids=lambda one: one.name
)
def test_labels_are_certain_chances(loss):
    z = RNG.normal(scale=2, size=(9, 1 if loss.target == "binary" else 3))
    y = np.arange(9) % (2 if loss.target == "binary" else 3)
    chances = y[:, None].astype(float) if loss.target == "binary" else np.eye(3)[y]
    labelled, certain = loss.function(z, y), loss.function(z, chances)
    np.testing.assert_allclose(labelled, certain, rtol=1e-12, atol=1e-15)
    if loss.name in ("kl_divergence", "multiclass_hinge"):
        return  # not the expected value of the loss: the classes' own sum
    mixed = 0.25 * chances + 0.75 * np.roll(chances, 1, axis=0)
    expected = 0.25 * certain + 0.75 * loss.function(z, np.roll(chances, 1, axis=0))
    np.testing.assert_allclose(loss.function(z, mixed), expected, rtol=1e-12)


# Options ------------------------------------------------------------------------------

OPTIONS = {
    "smoothed": (
        gp.losses.SmoothedCrossEntropy(0.3),
        lambda z, y: (
            0.7 * cross_entropy_of(z, y)
            - 0.3 * scipy.special.log_softmax(z, axis=1).mean(axis=1)
        ),
    ),
    "not smoothed": (gp.losses.SmoothedCrossEntropy(0), cross_entropy_of),
    "focal": (
        gp.losses.Focal(gamma=0.5),
        lambda z, y: chance_of_class(z, y)[2] ** 0.5 * cross_entropy_of(z, y),
    ),
    "not focal": (gp.losses.Focal(0), cross_entropy_of),
    "binary focal": (
        gp.losses.BinaryFocal(gamma=0.5, alpha=0.25),
        lambda z, y: (
            (0.25 * y + 0.75 * (1 - y))
            * scipy.special.expit((1 - 2 * y) * z) ** 0.5
            * log_likelihood(z, y)
        ).sum(axis=1),
    ),
    "quantile": (
        gp.losses.Quantile([0.75]),
        lambda z, y: np.maximum(0.75 * (y - z), 0.25 * (z - y)).mean(axis=1),
    ),
    "gaussian": (
        gp.losses.Gaussian(least_variance=0.5),
        lambda z, y: (
            -scipy.stats.norm.logpdf(
                y, z[:, :2], np.sqrt(np.logaddexp(0, z[:, 2:]) + 0.5)
            ).sum(axis=1)
            - np.log(2 * np.pi)
        ),
    ),
}


@pytest.mark.parametrize(("function", "formula"), OPTIONS.values(), ids=OPTIONS)
def test_options_count_and_are_kept_in_a_file(function, formula, tmp_path):
    X, loss = RNG.normal(size=(8, 3)), get_loss(function)
    assert loss.function == function
    assert loss.target == LOSSES[loss.name].target
    y = example_target(loss, 8, 4, RNG)
    net = gp.Network([gp.Dense(4)], loss=function, seed=3)
    assert net.evaluate(X, y)["loss"] == pytest.approx(formula(net(X), y).mean())
    assert net.check_gradients(X, y).ok
    z = 1e4 * RNG.choice([-1.0, 1.0], size=(8, 4)) + np.arange(4)
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(slope(loss, z, y)).all()
    net.fit(X, y, verbose=False)
    net.save(tmp_path / "m.safetensors")
    again = gp.load(tmp_path / "m.safetensors")
    assert again.loss == loss
    np.testing.assert_array_equal(again.predict(X), net.predict(X))
    net.fit(X, y, verbose=False)
    again.fit(X, y, verbose=False)
    assert bits(net) == bits(again)


SMOOTHING = "SmoothedCrossEntropy: smoothing must be a number from 0 to below 1, got"
ALPHA = "BinaryFocal: alpha must be a number from 0 to 1, or None, got"
LEAST = "Gaussian: least_variance must be a finite number above 0, got"
LEVELS = "Quantile: quantiles must be a list of numbers above 0 and below 1, got"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gp.losses.SmoothedCrossEntropy(1), f"{SMOOTHING} 1."),
        (lambda: gp.losses.SmoothedCrossEntropy(-0.1), f"{SMOOTHING} -0.1."),
        (lambda: gp.losses.SmoothedCrossEntropy(True), f"{SMOOTHING} True."),
        (
            lambda: gp.losses.Focal(-1),
            "Focal: gamma must be a finite number, 0 or more, got -1.",
        ),
        (
            lambda: gp.losses.BinaryFocal(np.inf),
            "BinaryFocal: gamma must be a finite number, 0 or more, got inf.",
        ),
        (lambda: gp.losses.BinaryFocal(alpha=1.5), f"{ALPHA} 1.5."),
        (lambda: gp.losses.BinaryFocal(alpha="half"), f"{ALPHA} 'half'."),
        (lambda: gp.losses.Gaussian(0), f"{LEAST} 0."),
        (lambda: gp.losses.Gaussian(np.nan), f"{LEAST} nan."),
        (lambda: gp.losses.Quantile([]), f"{LEVELS} []."),
        (lambda: gp.losses.Quantile([0.5, 1]), f"{LEVELS} [0.5, 1]."),
        (lambda: gp.losses.Quantile(0.5), f"{LEVELS} 0.5."),
        (lambda: gp.losses.Quantile("0.5"), f"{LEVELS} '0.5'."),
        (
            lambda: get_loss(gp.losses.Focal),
            "loss: got the class Focal, expected a loss. Make one, Focal(...).",
        ),
    ],
)
def test_options_out_of_range_are_refused(make, message):
    assert refusal(ArgumentError, make) == message


def test_options_may_be_at_the_ends_of_their_range():
    assert gp.losses.BinaryFocal(0, 1).alpha == 1
    assert gp.losses.BinaryFocal(0, 0).alpha == 0
    assert gp.losses.Quantile(np.array([0.5, 0.25])).quantiles == (0.5, 0.25)
    assert get_loss(gp.losses.Focal()) is not None
    assert get_loss(gp.losses.Focal()) == LOSSES["focal"]


@pytest.mark.parametrize(
    ("loss", "units", "y", "kind", "message"),
    [
        (
            "cosine",
            1,
            np.ones((4, 1)),
            ShapeError,
            "loss 'cosine': expected an output of two numbers at least, which have a "
            "direction, got (n, 1). For one number use loss='mean_squared_error'.",
        ),
        (
            "poisson",
            1,
            [[1.0], [2.0], [-1.0], [0.0]],
            DataError,
            "y: loss 'poisson' takes counts, 0 or more, got -1.0 in row 2. For numbers "
            "without this bound use loss='mean_squared_error'.",
        ),
        (
            "quantile",
            4,
            np.ones(4),
            ShapeError,
            "loss 'quantile': expected 3 outputs for each number of y, got (n, 4). End "
            "the network with gp.Dense(3) for one number a row, gp.Dense(6) for two.",
        ),
        (
            "gaussian",
            4,
            np.ones((4, 1)),
            ShapeError,
            "y: expected shape (n, 2), a number for each 2 of the network's outputs, "
            "got (n, 1). Give the last layer 2 units for each column of y.",
        ),
        (
            "gaussian",
            4,
            np.ones(4),
            ShapeError,
            "y: expected shape (n, 2), a number for each 2 of the network's outputs, "
            "got (n,). Give the last layer 2 units for each column of y.",
        ),
        (
            "hinge",
            1,
            [-1, 1, 1, -1],
            DataError,
            "y: loss 'hinge' with 2 classes takes the labels 0 to 1, got -1 in row 0. "
            "Number the classes from 0, y = np.unique(y, return_inverse=True)[1], and "
            "give the last layer one unit a class.",
        ),
    ],
)
def test_targets_that_a_loss_does_not_take(loss, units, y, kind, message):
    net = gp.Network([gp.Dense(units)], loss=loss)
    X = np.ones((4, 3))
    assert refusal(kind, lambda: net.fit(X, y, verbose=False)) == message
    assert net.input_shape is None


def test_margins_define_no_probabilities():
    net = gp.Network([gp.Dense(1)], input_shape=3, loss="hinge")
    assert refusal(ArgumentError, lambda: net.predict_proba(np.ones((4, 3)))) == (
        "predict_proba needs a loss that defines probabilities, the network has hinge. "
        "Use loss='cross_entropy', or net(X) for the raw output."
    )


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_the_source_of_a_step_is_shown_before_a_training(loss):
    units = fitting_outputs(loss, 3)
    net = gp.Network([gp.Dense(units)], input_shape=2, loss=loss.name)
    assert f"loss {loss.name}; SGD." in net.source()


def test_a_loss_of_ones_own_may_decide():
    def squared(output, y):
        return np.sum((output - np.log(y)) ** 2, axis=1)

    X, y = RNG.normal(size=(9, 3)), RNG.uniform(1, 5, size=(9, 1))
    net = gp.Network([gp.Dense(1)], loss=Loss("logs", squared, "values", None, np.exp))
    np.testing.assert_array_equal(net.predict(X), np.exp(net(X)))
    assert net.evaluate(X, y)["mae"] == pytest.approx(abs(np.exp(net(X)) - y).mean())


# The two forms of a target ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "units", "labels"),
    [
        ("cross_entropy", 3, [0, 2, 1, 2, 0]),
        ("binary_cross_entropy", 1, [0, 1, 1, 0, 1]),
    ],
    ids=["classes", "binary"],
)
def test_labels_and_one_hot_rows_are_the_same_target(name, units, labels):
    X, labels = RNG.normal(size=(5, 2)), np.array(labels)
    one_hot = np.eye(3)[labels] if units == 3 else labels[:, None]
    nets = [gp.Network([gp.Dense(units)], loss=name) for _ in range(2)]
    for net, y in zip(nets, (labels, one_hot), strict=True):
        net.fit(X, y, epochs=5, verbose=False)
    found, other = (dict(net.parameters) for net in nets)
    for key in found:
        np.testing.assert_allclose(found[key], other[key], rtol=1e-12)
    scores = nets[0].evaluate(X, labels)
    assert scores == pytest.approx(nets[0].evaluate(X, one_hot))
    assert set(scores) == {"loss", "accuracy", "balanced_accuracy"}


@pytest.mark.parametrize(
    "y",
    [[0, 1, 1], [0.0, 1.0, 1.0], [False, True, True], np.array([0, 1, 1], np.int8)],
    ids=["list", "floats", "booleans", "int8"],
)
@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy"])
def test_labels_may_be_of_any_kind_of_number(name, y):
    X = np.arange(6.0).reshape(3, 2)
    net = gp.Network([gp.Dense(2 if name == "cross_entropy" else 1)], loss=name)
    same = gp.Network(net.layers, loss=name)
    net.fit(X, y, verbose=False)
    same.fit(X, np.array([0, 1, 1]), verbose=False)
    assert bits(net) == bits(same)


def test_chances_between_0_and_1_are_a_target():
    X = RNG.normal(size=(6, 2))
    chances = RNG.dirichlet(np.ones(3), size=6)
    net = gp.Network([gp.Dense(3)], loss="cross_entropy")
    z = net(X)
    expected = -(chances * scipy.special.log_softmax(z, axis=1)).sum(axis=1).mean()
    scores = net.evaluate(X, chances)
    assert scores["loss"] == pytest.approx(expected)
    assert scores["accuracy"] == (z.argmax(axis=1) == chances.argmax(axis=1)).mean()

    net = gp.Network([gp.Dense(1)], loss="binary_cross_entropy")
    p = scipy.special.expit(net(X))
    y = chances[:, :1]
    expected = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    scores = net.evaluate(X, y)
    assert scores["loss"] == pytest.approx(expected)
    assert scores["accuracy"] == ((p > 0.5) == (y > 0.5)).mean()
    net.fit(X, y, validation=0.5, verbose=False)


# Losses of one's own ------------------------------------------------------------------


def by_row(output, y):
    return np.sum((output - y) ** 4, axis=1)


def in_all(output, y):
    return np.mean(np.sum((output - y) ** 4, axis=1))


def test_a_loss_of_ones_own_gives_a_number_a_row_or_one_in_all():
    X, y = RNG.normal(size=(9, 3)), RNG.normal(size=(9, 2))
    nets = [gp.Network([gp.Dense(2)], loss=loss) for loss in (by_row, in_all)]
    for net in nets:
        assert net.check_gradients(X, y).ok
        expected = ((net(X) - y) ** 4).sum(axis=1).mean()
        assert net.evaluate(X, y) == {"loss": pytest.approx(expected)}
        net.fit(X, y, epochs=3, batch_size=4, verbose=False)
    found, other = (dict(net.parameters) for net in nets)
    for key in found:
        np.testing.assert_allclose(found[key], other[key], rtol=1e-12)
    np.testing.assert_array_equal(nets[0].predict(X), nets[0](X))


def test_a_loss_of_ones_own_may_take_labels_as_it_likes():
    def hinge(output, y):
        return np.maximum(1 - output[:, 0] * (2 * y - 1), 0)

    X, y = RNG.normal(size=(9, 3)), np.arange(9) % 2
    net = gp.Network([gp.Dense(1)], loss=hinge)
    expected = np.maximum(1 - net(X)[:, 0] * (2 * y - 1), 0).mean()
    for given in (y, y.astype(float), y.tolist(), y == 1):
        assert net.evaluate(X, given)["loss"] == pytest.approx(expected)


def test_a_loss_of_ones_own_may_take_a_target_of_another_width():
    def normal_likelihood(output, y):
        mean, log_spread = output[:, 0], output[:, 1]
        return log_spread + 0.5 * ((y[:, 0] - mean) / np.exp(log_spread)) ** 2

    X, y = RNG.normal(size=(9, 3)), RNG.normal(size=(9, 1))
    net = gp.Network([gp.Dense(2)], loss=normal_likelihood)
    mean, log_spread = net(X).T
    expected = log_spread + 0.5 * ((y[:, 0] - mean) / np.exp(log_spread)) ** 2
    assert net.evaluate(X, y)["loss"] == pytest.approx(expected.mean())
    assert net.check_gradients(X, y).ok


def test_a_loss_may_be_an_object_without_a_hash():
    @dataclass
    class Power:
        exponent: int

        def __call__(self, output, y):
            return np.sum((output - y) ** self.exponent, axis=1)

    X, y = RNG.normal(size=(9, 3)), RNG.normal(size=(9, 1))
    net = gp.Network([gp.Dense(1)], loss=Power(4))
    net.fit(X, y, verbose=False)
    expected = ((net(X) - y) ** 4).mean()
    assert net.evaluate(X, y)["loss"] == pytest.approx(expected)
    net.fit(X, y, loss=Power(2), verbose=False)
    assert net.evaluate(X, y)["loss"] == pytest.approx(((net(X) - y) ** 2).mean())
    assert net.loss.name == "Power"


def test_a_function_of_the_registry_is_its_row():
    assert get_loss(gp.losses.huber) is LOSSES["huber"]
    assert gp.Network([gp.Dense(1)], loss=gp.losses.cross_entropy).loss.classifies


def test_a_record_of_ones_own_says_what_its_target_is():
    def logistic(z, y):
        return np.logaddexp(0, z[:, 0]) - y[:, 0] * z[:, 0]

    def chance(z):
        return 1 / (1 + np.exp(-z))

    X, y = RNG.normal(size=(9, 3)), (np.arange(9) % 2)[:, None]
    own = Loss("logistic", logistic, "binary", chance)
    net = gp.Network([gp.Dense(1)], loss=own)
    same = gp.Network([gp.Dense(1)], loss="binary_cross_entropy")
    assert net.evaluate(X, y) == pytest.approx(same.evaluate(X, y))
    np.testing.assert_allclose(net.predict_proba(X), same.predict_proba(X))
    np.testing.assert_array_equal(net.predict(X), same.predict(X))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, by_row), "Loss: name must be a str, got 3."),
        (
            ("own", by_row, "class"),
            "Loss 'own': target must be any, values, vectors, counts, described, "
            "binary or classes, got 'class'.",
        ),
        (("own", None), "Loss 'own': function must be a function, got None."),
        (
            ("own", by_row, "binary", "sigmoid"),
            "Loss 'own': probabilities must be a function, got 'sigmoid'.",
        ),
        (
            ("own", lambda z: z),
            "loss '<lambda>' takes (z), but is called with (output, y). Write it as a "
            "function (output, y) -> one number a row.",
        ),
        (
            ("own", by_row, "binary", by_row),
            "probabilities of a loss 'by_row' takes (output, y), but is called with "
            "(output). Write it as a function (output).",
        ),
    ],
)
def test_a_record_checks_what_it_is_given(arguments, message):
    assert refusal(ArgumentError, lambda: Loss(*arguments)) == message


def test_the_loss_of_fit_becomes_the_networks():
    X, y = RNG.normal(size=(9, 3)), RNG.normal(size=(9, 1))
    net = gp.Network([gp.Dense(1)], loss="huber")
    assert net.evaluate(X, y, loss="mean_absolute_error")["loss"] == pytest.approx(
        abs(net(X) - y).mean()
    )
    assert net.loss.name == "huber"
    net.fit(X, y, loss="mean_squared_error", verbose=False)
    assert net.loss.name == "mean_squared_error"
    net.fit(X, y, verbose=False)
    assert net.recipe.loss.name == "mean_squared_error"


# Row weights and class weights --------------------------------------------------------


@pytest.mark.no_cover
@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_a_weight_is_as_many_copies_of_the_row(loss):
    X, units = RNG.normal(size=(6, 2)), fitting_outputs(loss, 3)
    y = example_target(loss, 6, units, RNG)
    counts = np.array([1, 3, 0, 2, 1, 4])
    net, same = (gp.Network([gp.Dense(units)], loss=loss.name) for _ in range(2))
    options = {"batch_size": None, "epochs": 4, "verbose": False}
    history = net.fit(X, y, sample_weight=counts * 0.7, **options)
    repeated = np.repeat(X, counts, axis=0), np.repeat(y, counts, axis=0)
    expected = same.fit(*repeated, **options)
    assert history["loss"] == pytest.approx(expected["loss"])
    for key, value in net.parameters.items():
        # Adam makes a step of 1e-11 also of a slope that is 0 but for rounding.
        other = same.parameters[key]
        np.testing.assert_allclose(value, other, rtol=1e-10, atol=1e-9)
    scores = net.evaluate(X, y, sample_weight=counts)
    assert scores == pytest.approx(net.evaluate(*repeated))


def test_weights_of_ones_change_nothing():
    X, y = RNG.normal(size=(7, 2)), RNG.normal(size=(7, 1))
    net, same = (gp.Network([gp.Dense(1)], loss="huber") for _ in range(2))
    net.fit(X, y, sample_weight=np.ones(7), epochs=3, batch_size=2, verbose=False)
    same.fit(X, y, epochs=3, batch_size=2, verbose=False)
    for key, value in net.parameters.items():
        np.testing.assert_allclose(value, same.parameters[key], rtol=1e-13)


def test_weights_keep_their_mean_of_1_when_rows_are_held_out():
    X, y = RNG.normal(size=(10, 1)), np.arange(10.0)[:, None]
    weights = 2.0 ** np.arange(10)
    # The output stays 0 and a row's loss is 1, so the losses are the weights' means.
    net = gp.Network([gp.Scale(1.0)], loss=lambda output, y: 1 + 0 * output[:, 0])
    history = net.fit(X, y, sample_weight=weights, validation=0.4, verbose=False)
    assert history["loss"] == [pytest.approx(1, rel=1e-14)]
    assert history["validation_loss"] == [pytest.approx(1, rel=1e-14)]


@pytest.mark.parametrize("class_weight", [{0: 1, 1: 3, 2: 2.5}, {0: 2, 1: 6, 2: 5}])
@pytest.mark.parametrize("one_hot", [False, True])
def test_class_weights_are_row_weights(class_weight, one_hot):
    X, y = RNG.normal(size=(12, 2)), np.arange(12) % 3
    target = np.eye(3)[y] if one_hot else y
    net, same = (gp.Network([gp.Dense(3)], loss="cross_entropy") for _ in range(2))
    net.fit(X, target, class_weight=class_weight, epochs=3, verbose=False)
    weights = np.array([1, 3, 2.5])[y]
    same.fit(X, target, sample_weight=weights, epochs=3, verbose=False)
    for key, value in net.parameters.items():
        np.testing.assert_allclose(value, same.parameters[key], rtol=1e-12)


@pytest.mark.parametrize("form", ["labels", "column"])
def test_balanced_class_weights_give_each_class_the_same_sum(form):
    X = RNG.normal(size=(8, 2))
    y = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    target = y if form == "labels" else y[:, None]
    net, same = (
        gp.Network([gp.Dense(1)], loss="binary_cross_entropy") for _ in range(2)
    )
    net.fit(X, target, class_weight="balanced", epochs=3, verbose=False)
    same.fit(X, target, sample_weight=np.where(y, 3, 1), epochs=3, verbose=False)
    for key, value in net.parameters.items():
        np.testing.assert_allclose(value, same.parameters[key], rtol=1e-12)


def test_class_weights_and_row_weights_multiply():
    X, y = RNG.normal(size=(6, 2)), np.array([0, 1, 0, 1, 0, 1])
    rows = np.arange(1.0, 7)
    net, same = (gp.Network([gp.Dense(2)], loss="cross_entropy") for _ in range(2))
    net.fit(X, y, sample_weight=rows, class_weight={0: 1, 1: 5}, verbose=False)
    same.fit(X, y, sample_weight=rows * np.where(y, 5, 1), verbose=False)
    for key, value in net.parameters.items():
        np.testing.assert_allclose(value, same.parameters[key], rtol=1e-12)


WRONG_WEIGHTS = [
    (
        {"sample_weight": [1.0, 2.0]},
        ShapeError,
        "sample_weight: expected shape (4,), a weight a row, got (2,).",
    ),
    (
        {"sample_weight": np.ones((4, 1))},
        ShapeError,
        "sample_weight: expected shape (4,), a weight a row, got (4, 1). "
        "np.ravel(weights) gives it one axis.",
    ),
    (
        {"sample_weight": [1.0, -2.0, 1.0, -1.0]},
        DataError,
        "sample_weight: expected numbers >= 0, got -2.0 in row 1.",
    ),
    (
        {"sample_weight": [1.0, np.nan, 1.0, 1.0]},
        DataError,
        "sample_weight: NaN in row 1. Fill missing values or drop these rows.",
    ),
    (
        {"sample_weight": [0.0] * 4},
        DataError,
        "sample_weight: all 4 weights are 0; then no row counts. Leave them out to "
        "count all rows alike.",
    ),
    (
        {"class_weight": "balance"},
        ArgumentError,
        "class_weight must be 'balanced' or a dict from label to weight, got "
        "'balance'.",
    ),
    (
        {"class_weight": {0: 1.0}},
        ArgumentError,
        "class_weight: expected a finite number >= 0 for each class, got None for "
        "class 1.",
    ),
    (
        {"class_weight": {0: 1.0, 1: -1}},
        ArgumentError,
        "class_weight: expected a finite number >= 0 for each class, got -1 for "
        "class 1.",
    ),
    (
        {"class_weight": {0: 1.0, 1: "2"}},
        ArgumentError,
        "class_weight: expected a finite number >= 0 for each class, got '2' for "
        "class 1.",
    ),
]


@pytest.mark.parametrize(("weights", "kind", "message"), WRONG_WEIGHTS)
def test_weights_are_checked(weights, kind, message):
    net = gp.Network([gp.Dense(2)], loss="cross_entropy")
    X, y = np.ones((4, 3)), [0, 1, 0, 1]
    assert refusal(kind, lambda: net.fit(X, y, verbose=False, **weights)) == message
    assert net.input_shape is None


@pytest.mark.parametrize(
    ("loss", "y", "shape"),
    [
        ("huber", np.ones((4, 2)), "(n, 2)"),
        ("binary_cross_entropy", np.eye(4)[:, :2], "(n, 2)"),
        (by_row, np.ones((4, 2)), "(n, 2)"),
    ],
    ids=["numbers", "several", "own"],
)
def test_class_weights_need_classes(loss, y, shape):
    net = gp.Network([gp.Dense(2)], loss=loss)
    X, name = np.ones((4, 3)), get_loss(loss).name
    message = refusal(
        ArgumentError, lambda: net.fit(X, y, class_weight="balanced", verbose=False)
    )
    assert message == (
        f"class_weight needs rows of one class each, which loss {name!r} with y of "
        f"shape {shape} does not have. Use sample_weight."
    )


SCALAR = (
    "loss 'in_all' gives one number for the whole batch, so rows cannot be weighted. "
    "Return one number a row, (n,), without the last mean or sum."
)


def test_a_loss_of_one_number_takes_no_weights():
    X, y = RNG.normal(size=(6, 2)), RNG.normal(size=(6, 2))
    weights = np.arange(1.0, 7)
    net = gp.Network([gp.Dense(2)], loss=in_all)
    calls = [
        lambda: net.fit(X, y, sample_weight=weights, verbose=False),
        lambda: net.evaluate(X, y, sample_weight=weights),
        lambda: net.fit(X, y, validation=(X, y, weights), verbose=False),
    ]
    for call in calls:
        assert refusal(ShapeError, call) == SCALAR
        assert net.input_shape is None


# What a loss may not give -------------------------------------------------------------


def kept(output, y):
    return (output - y) ** 2


def columns(output, y):
    return np.mean((output - y) ** 2, axis=0)


@pytest.mark.parametrize(("loss", "shape"), [(kept, "(n, 2)"), (columns, "(2,)")])
def test_a_loss_of_another_shape_is_refused(loss, shape):
    X, y = RNG.normal(size=(6, 2)), RNG.normal(size=(6, 2))
    net = gp.Network([gp.Dense(2)], loss=loss)
    expected = (
        f"loss {loss.__name__!r}: expected one number a row, (n,), or one number in "
        f"all, (), got {shape} from output (n, 2) and target (n, 2). Sum or average "
        "over the other axes, np.mean(..., axis=1)."
    )
    for call in (net.fit, net.evaluate, net.gradients, net.check_gradients):
        options = {"verbose": False} if call == net.fit else {}
        refused = refusal(ShapeError, partial(call, X, y, **options))
        assert refused == expected
        assert net.input_shape is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "mean_square_error",
            "unknown loss 'mean_square_error'. Did you mean 'mean_squared_error'? "
            f"{KNOWN_LOSSES}",
        ),
        (
            {"huber"},
            f"unknown loss {{'huber'}}. Did you mean 'huber'? {KNOWN_LOSSES}",
        ),
    ],
)
def test_an_unknown_loss_is_refused(name, message):
    assert refusal(ArgumentError, lambda: gp.Network(loss=name)) == message
    net = gp.Network([gp.Dense(1)])
    X = np.ones((2, 1))
    assert refusal(ArgumentError, lambda: net.fit(X, X, loss=name)) == message


def test_without_a_loss_a_method_says_what_to_pass():
    net = gp.Network([gp.Dense(1)], input_shape=1)
    X = np.ones((2, 1))
    calls = [
        lambda: net.fit(X, X),
        lambda: net.evaluate(X, X),
        lambda: net.gradients(X, X),
        lambda: net.check_gradients(X, X),
        net.source,
    ]
    for call in calls:
        assert refusal(ArgumentError, call) == (
            "the network has no loss yet. Pass one, loss='mean_squared_error' for "
            "numbers, loss='cross_entropy' for classes, or give it to gp.Network."
        )
    assert refusal(ArgumentError, lambda: net.predict_proba(X)) == (
        "predict_proba needs a loss that defines probabilities, the network has no "
        "loss. Use loss='cross_entropy', or net(X) for the raw output."
    )
    net = gp.Network([gp.Dense(1)], input_shape=1, loss="huber")
    assert refusal(ArgumentError, lambda: net.predict_proba(X)) == (
        "predict_proba needs a loss that defines probabilities, the network has "
        "huber. Use loss='cross_entropy', or net(X) for the raw output."
    )
