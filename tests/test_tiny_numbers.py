"""Numbers below the smallest of full precision: 0 in compiled steps, kept elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

import glassprop as gp

pytest.importorskip("numba")

DTYPES = (np.float32, np.float64)
X = np.array([[1.0, 0.0], [2.0, 0.0], [-1.0, 0.0]])
Y = np.array([[0.5], [1.5], [-0.5]])


def is_tiny(array):
    smallest = np.finfo(array.dtype).tiny
    return (array != 0) & (np.abs(array) < smallest)


def here_they_are_kept():
    """Tell whether this thread's arithmetic has tiny numbers, made and read."""
    made = np.array([np.finfo(one).tiny for one in DTYPES]) * 0.5
    halves = [np.array([np.finfo(one).tiny], one) / one(2) for one in DTYPES]
    return made[1] > 0 and all(
        half[0] > 0 and (half * half.dtype.type(2))[0] == np.finfo(half.dtype).tiny
        for half in halves
    )


def trained(backend, dtype, **options):
    """Train with moments that have shrunk until they are tiny, and no gradient."""
    net = gp.Network([gp.Dense(1)], loss="half_squared_error", dtype=dtype)
    net.fit(X, Y, epochs=1, backend=backend, verbose=False)
    moments = [key for key in net.training.memory if "dense_1.weight" in key]
    for key in moments:
        net.training.memory[key][1] = np.finfo(dtype).tiny
    net.fit(X, Y, epochs=3, backend=backend, verbose=False, **options)
    return net, np.array([net.training.memory[key][1, 0] for key in moments])


@pytest.mark.no_cover
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("threads", [1, 2])
def test_moments_that_became_tiny_are_zero_in_compiled_steps(
    monkeypatch, dtype, threads
):
    monkeypatch.setattr("glassprop.backends.shares.THREADED", 0)
    monkeypatch.setattr("glassprop.backends.run_numba.cores", lambda: 2)
    compiled, moments = trained("numba", dtype, threads=threads)
    reference, kept = trained("numpy", dtype)
    assert is_tiny(kept).all() and len(kept) == 2
    np.testing.assert_array_equal(moments, 0)
    for key, value in reference.values.items():
        rtol = 1e-5 if dtype is np.float32 else 1e-12
        np.testing.assert_allclose(compiled.values[key], value, rtol=rtol)


@pytest.mark.no_cover
def test_the_thread_has_its_arithmetic_back_behind_the_steps():
    assert here_they_are_kept()
    trained("numba", np.float32)
    assert here_they_are_kept()


@pytest.mark.no_cover
@pytest.mark.parametrize("dtype", DTYPES)
def test_predictions_keep_tiny_numbers(dtype):
    smallest = np.finfo(dtype).tiny
    weights = [[[smallest / 4], [1.0]], [0.0]]
    net = gp.Network([gp.Dense(1, weights=weights)], input_shape=2, dtype=dtype)
    found = net.predictor()(X.astype(dtype))
    assert is_tiny(found).all()
    np.testing.assert_array_equal(found, net(X.astype(dtype)))
