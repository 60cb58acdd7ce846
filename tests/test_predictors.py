"""Predictors: equal to the network, fixed in time, shared by threads."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import glassprop as gp
from glassprop.errors import ArgumentError, DataError, MissingExtraError, ShapeError
from networks import refusal

RNG = np.random.default_rng(8)
BACKENDS = ["numpy", "numba"]


def classifier(**options):
    layers = [gp.Dense(16, "relu", name="hidden"), gp.Dropout(0.5), gp.Dense(3)]
    return gp.Network(layers, loss="cross_entropy", input_shape=5, seed=1, **options)


@pytest.fixture(params=BACKENDS)
def backend(request):
    if request.param == "numba":
        pytest.importorskip("numba")
    return request.param


@pytest.mark.parametrize("rows", [0, 1, 2, 15, 16, 17, 3000])
def test_it_gives_what_the_network_gives(backend, rows):
    net = classifier()
    X = RNG.normal(size=(rows, 5))
    for threads in (None, 1, 2, 3):
        predict = net.predictor(backend=backend, threads=threads)
        np.testing.assert_allclose(predict(X), net(X), rtol=1e-12, atol=1e-12)
        assert predict(X).shape == (rows, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_few_rows_of_wide_layers(backend, dtype):
    layers = [gp.Dense(130, "tanh"), gp.Dense(64), gp.Dense(33), gp.Dense(9)]
    net = gp.Network(layers, input_shape=200, seed=5, dtype=dtype)
    predict = net.predictor(backend=backend, threads=1)
    close = 1e-5 if dtype == np.float32 else 1e-12
    X = RNG.normal(size=(9, 200)).astype(dtype)
    expected = net(X)
    for rows in range(1, 10):
        found = predict(X[:rows])
        np.testing.assert_allclose(found, expected[:rows], rtol=close, atol=close)


@pytest.mark.parametrize("layer", [gp.Flatten(), gp.Reshape((3, 1))], ids=repr)
def test_what_costs_nothing_is_predicted_too(backend, layer):
    net = gp.Network([layer], input_shape=3)
    X = RNG.normal(size=(4, 3))
    np.testing.assert_array_equal(net.predictor(backend=backend)(X), net(X))


def test_float32_stays_and_other_data_are_brought_to_it(backend):
    net = classifier(dtype=np.float32)
    X = RNG.normal(size=(7, 5)).astype(np.float32)
    predict = net.predictor(backend=backend)
    expected = predict(X)
    assert expected.dtype == np.float32
    np.testing.assert_allclose(expected, net(X), rtol=1e-5, atol=1e-6)
    wide = np.repeat(X, 2, axis=1)
    for same in (X.astype(np.float64), X.tolist(), np.asfortranarray(X), wide[:, ::2]):
        np.testing.assert_array_equal(predict(same), expected)
    assert predict(X[0]).shape == (3,)
    np.testing.assert_allclose(predict(X[0]), expected[0], rtol=1e-5, atol=1e-6)


def test_probabilities_are_those_of_the_loss(backend):
    net = classifier()
    X = RNG.normal(size=(9, 5))
    predict = net.predictor(probabilities=True, backend=backend)
    np.testing.assert_allclose(predict(X), net.predict_proba(X), rtol=1e-12)


def test_later_training_does_not_change_it(backend):
    net = classifier()
    X = RNG.normal(size=(9, 5))
    predict = net.predictor(backend=backend)
    before = predict(X)
    net.fit(X, np.arange(9) % 3, epochs=3, verbose=False)
    np.testing.assert_array_equal(predict(X), before)
    assert np.abs(net(X) - before).max() > 1e-4


def test_several_inputs_and_outputs(backend):
    heads = [gp.Concatenate(), gp.Parallel([gp.Dense(2), gp.Dense(1)])]
    net = gp.Network(heads, input_shape=((3,), (2,)), seed=2)
    X = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2))
    predict = net.predictor(backend=backend)
    for one, other in zip(predict(X), net(X), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    for one, other in zip(predict((X[0][0], X[1][0])), net(X), strict=True):
        np.testing.assert_allclose(one, other[0], rtol=1e-12)


def test_rows_that_a_layer_mixes_are_calculated_at_once(backend):
    centred = gp.Lambda(lambda x: x - np.mean(x, axis=0))
    net = gp.Network([centred, gp.Dense(2)], input_shape=4, seed=3)
    X = RNG.normal(size=(5000, 4))
    predict = net.predictor(backend=backend)
    for rows in (10, 5000):
        np.testing.assert_allclose(
            predict(X[:rows]), net(X[:rows]), rtol=1e-10, atol=1e-12
        )


def test_threads_may_share_one(backend):
    net = classifier()
    predict = net.predictor(backend=backend)
    data = [RNG.normal(size=(rows, 5)) for rows in (1, 40, 700, 5000) * 8]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(predict, data))
    for X, output in zip(data, found, strict=True):
        np.testing.assert_allclose(output, net(X), rtol=1e-12, atol=1e-12)


def test_what_does_not_fit_is_refused_as_the_network_does(backend):
    net = classifier()
    predict = net.predictor(backend=backend)
    for wrong, kind in ((np.ones((4, 6)), ShapeError), ([["a"] * 5], DataError)):
        message = refusal(kind, lambda wrong=wrong: predict(wrong))
        assert message == refusal(kind, lambda wrong=wrong: net(wrong))
    assert np.isnan(predict(np.full((2, 5), np.nan))).all()


def test_what_it_needs():
    net = gp.Network([gp.Dense(2)])
    assert refusal(ArgumentError, net.predictor) == (
        "the network does not know the shape of its input yet. Give input_shape= to "
        "gp.Network, or call fit first."
    )
    net = gp.Network([gp.Dense(2)], input_shape=3)
    assert refusal(ArgumentError, lambda: net.predictor(probabilities=True)) == (
        "predict_proba needs a loss that defines probabilities, the network has no "
        "loss. Use loss='cross_entropy', or net(X) for the raw output."
    )
    assert refusal(ArgumentError, lambda: net.predictor(backend="jax")) == (
        "unknown backend 'jax'. Expected 'auto', 'numpy' or 'numba'."
    )
    assert refusal(ArgumentError, lambda: net.predictor(threads=0)) == (
        "threads must be a positive integer (None takes as many as a step's cost is "
        "worth), got 0."
    )


def test_without_numba_it_is_numpys(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    net = classifier()
    X = RNG.normal(size=(9, 5))
    np.testing.assert_array_equal(net.predictor()(X), net(X))
    assert refusal(MissingExtraError, lambda: net.predictor(backend="numba")) == (
        "backend 'numba' needs numba, which is not installed. Install it: "
        'pip install "glassprop[fast]"'
    )
