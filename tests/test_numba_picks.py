"""Rows with kernels of their own equal NumPy: order, picks, products, randomness."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

import glassprop as gp
from glassprop.backends.run_numba import NumbaSteps
from glassprop.differentiate import pullback
from glassprop.ops.random import random
from networks import refusal
from test_numba import CLOSE, needs_numba, numba, quietly
from tracing import assert_same_bits, interpreted, program_of

RNG = np.random.default_rng(5)
EDGES = np.array([[3.0, np.nan, -0.0, np.inf], [0.0, np.nan, np.nan, -np.inf]] * 2)
TIES = np.array([[1.0, 0.0, 1.0, 0.0] * 5, [0.0, -0.0, 2.0, np.nan] * 5])
LONG = RNG.integers(0, 50, 300) * 1.0
WHOLE = np.array([[3, -7, 3], [-(2**63), 2**63 - 1, 0]])
YES = np.array([[True, False, True], [False, False, False]])
CUBE = RNG.normal(size=(4, 3, 5))


def on_both(function, *inputs, symbolic=()):
    """Give what NumPy and compiled code make of a function of arrays."""
    program = program_of(function, *inputs, symbolic=symbolic)
    with np.errstate(all="ignore"):
        expected = interpreted(program, *inputs)
    found = NumbaSteps(program).run(dict(zip(program.inputs, inputs, strict=True)))
    return list(found.values()), expected


def assert_equal(function, *inputs, symbolic=(), exact=False):
    for at, (value, right) in enumerate(
        zip(*on_both(function, *inputs, symbolic=symbolic), strict=True)
    ):
        if exact:
            assert_same_bits(value, np.asarray(right), f"output {at}")
            continue
        close = CLOSE.get(right.dtype.name, 0)
        assert (value.dtype, value.shape) == (right.dtype, right.shape)
        np.testing.assert_allclose(
            value, right, rtol=close, atol=close, err_msg=f"output {at}"
        )


def orders(x, ties, long):
    return (
        *(np.sort(x, axis=axis) for axis in (0, 1)),
        *(np.argsort(ties, axis=axis, stable=True) for axis in (0, 1)),
        *(np.sort(long), np.argsort(long, stable=True)),
        *(f(x, axis=axis) for f in (np.argmax, np.argmin) for axis in (0, 1)),
        *(np.argmax(x), np.argmin(x), np.argmax(x, axis=1, keepdims=True)),
        *(np.cumsum(x, axis=axis) for axis in (0, 1)),
        *(np.cumprod(x, axis=axis) for axis in (0, 1)),
        *(np.any(x), np.all(x), np.any(x, axis=1), np.all(x, axis=0)),
        *(np.roll(x, 3, axis=1), np.roll(x, (-9, 2), axis=(0, 1))),
        *(np.max(x, axis=0), np.min(x, axis=1)),
        *(np.searchsorted(np.sort(long), ties, side=s) for s in ("left", "right")),
    )


@pytest.mark.no_cover
@needs_numba
def test_orders_equal_numpy_at_the_edges():
    assert_equal(orders, EDGES, TIES, LONG)


def whole_numbers(x, yes):
    return (
        *(f(x, axis=a) for f in (np.max, np.min, np.sum, np.prod) for a in (0, 1)),
        *(f(yes, axis=a) for f in (np.max, np.min, np.sum, np.prod) for a in (0, 1)),
        *(f(one) for f in (np.argmax, np.argmin, np.any, np.all) for one in (x, yes)),
        *(f(one, axis=1) for f in (np.cumsum, np.cumprod) for one in (x, yes)),
        *(np.sort(one, axis=1) for one in (x, yes)),
        *(np.argsort(one, axis=1, stable=True) for one in (x, yes)),
        *(x @ x.T, yes @ yes.T, np.einsum("ij,kj->ik", x, x), x[0] @ x[1]),
        *(np.einsum("ij->i", yes), np.einsum("ij,kj->k", yes, yes)),
        *(np.roll(one, 1, axis=0) for one in (x, yes)),
        np.searchsorted(np.sort(x[0]), x, side="right"),
    )


@pytest.mark.no_cover
@needs_numba
def test_whole_numbers_and_truth_values_equal_numpy():
    assert_equal(whole_numbers, WHOLE, YES, exact=True)


ONE, TWO = np.array([2, -1, 0, 2]), np.array([[1], [-3]])


def picks(x, one, two):
    """Pick in every way: axes side by side or not, in front, behind, with integers."""
    return (
        *(x[one], x[:, two], x[:, :, one], x[one, two], x[one, :, two]),
        *(x[1, :, one], x[one, 1], x[one, 1, two], x[:, one, two], x[:, two, ::2]),
        *(x[None, one, :, None], x[two, ::-2], x[one, None, two], x[two, 1:, one]),
        *(x.T[one], x[one][::-1, ::-1], np.take(x, one, axis=2)),
        *(x[one, two] + x[two, one], x[two][0, 0, 1]),
    )


@needs_numba
def test_picks_equal_numpy():
    assert_equal(picks, CUBE, ONE, TWO)


def slopes_of(function):
    """Give a function to the slopes of all that a function of arrays gives."""

    def slopes(x, *rest):
        outputs = [one for one in function(x, *rest) if one.dtype.kind == "f"]
        return [pullback(one, [x], np.cos(one))[0] for one in outputs]

    return slopes


@pytest.mark.no_cover
@needs_numba
def test_slopes_of_picks_equal_numpy():
    assert_equal(slopes_of(picks), CUBE, ONE, TWO, symbolic=(0,))


@pytest.mark.no_cover
@needs_numba
def test_slopes_of_rows_of_a_batch_equal_numpy():
    assert_equal(slopes_of(rows), CUBE, ONE, symbolic=(0,))


def rows(x, one):
    """Do with the rows of a batch what can be done with them."""
    both = np.concatenate([x, 2 * x], axis=0)
    n = x.shape[0]
    return (
        *(x[::-1], x[::-1, 1], both[n:], both[:n, ::-1, None], both[n:, 1], x[0]),
        *(x[-1, ::2], np.roll(x, 7, axis=0), np.roll(x, (1, 2), axis=(0, 1))),
        *(np.cumsum(x, axis=0), np.sort(x, axis=0), np.argmax(x, axis=0)),
        *(np.take_along_axis(x, np.argsort(x, axis=0), axis=0), np.argmin(x)),
        *(np.einsum("nij,nkj->nik", x, x), np.einsum("nij,nij->ij", x, x)),
        *(x @ x.transpose(0, 2, 1), x @ x[0].T, x[0] @ x.transpose(0, 2, 1)),
        *(x.transpose(0, 2, 1) @ x, np.ones(3) @ x, np.any(x > 2, axis=0)),
        *(np.reshape(x[:, ::-1].transpose(0, 2, 1), (n, 15)), np.max(x[one], axis=1)),
        *(np.einsum("nij,j,nk->ik", x, x[0, 0], x[:, 0]), np.einsum("nij->jn", x)),
    )


@pytest.mark.no_cover
@needs_numba
def test_rows_of_a_batch_equal_numpy():
    assert_equal(rows, CUBE, ONE, symbolic=(0,))


def nothing(x):
    return (
        *(f(x, axis=0) for f in (np.any, np.all, np.sum, np.cumsum, np.sort)),
        *(x.T @ x, x @ np.ones((3, 2)), np.einsum("ij,ik->jk", x, x), x @ x.T),
        *(np.roll(x, 1, axis=0), np.argsort(x, axis=1)),
    )


@needs_numba
def test_arrays_of_nothing_equal_numpy():
    assert_equal(nothing, np.zeros((0, 3)))


# Integers that are out of bounds ------------------------------------------------------


CALLS = {
    "index": lambda x, at: x[at, 1],
    "second axis": lambda x, at: x[1, at],
    "take_along_axis": lambda x, at: np.take_along_axis(x, at[:, None], axis=1),
}


@needs_numba
@pytest.mark.parametrize("name", CALLS)
def test_an_integer_out_of_bounds_is_refused_as_by_numpy(name):
    x, fitting = np.eye(4), np.array([0, -4, 3, 1])
    program = program_of(CALLS[name], x, fitting)
    steps = NumbaSteps(program)
    for wrong in (4, -5, 2**40):
        at = np.array([0, wrong, 1, 7])
        numpys = refusal(IndexError, partial(interpreted, program, x, at))
        call = partial(steps.run, {"x0": x, "x1": at})
        assert refusal(IndexError, call) == numpys
        (value,) = steps.run({"x0": x, "x1": fitting}).values()
        np.testing.assert_array_equal(value, CALLS[name](x, fitting))


@needs_numba
def test_a_row_that_a_batch_lacks_is_refused_as_by_numpy():
    program = program_of(lambda x: x[4], CUBE, symbolic=(0,))
    steps = NumbaSteps(program)
    numpys = refusal(IndexError, lambda: interpreted(program, CUBE))
    assert refusal(IndexError, lambda: steps.run({"x0": CUBE})) == numpys


# Random numbers -----------------------------------------------------------------------

SHAPES = [(), (1,), (3,), (8,), (7, 3), (5, 0)]
STREAMS = [0, 3, 2**32 + 5]


@needs_numba
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_random_numbers_have_the_bits_of_the_reference(dtype):
    def draws(seed, step):
        return tuple(
            random(seed, step, stream=stream, shape=shape, dtype=np.dtype(dtype))
            for shape in SHAPES
            for stream in STREAMS
        )

    program = program_of(draws, np.int64(1), np.float64(1))
    steps = NumbaSteps(program)
    for seed in (0, 1, 2**40 + 3, 2**63 - 1):
        for step in (0.0, 1.0, 2.0**33):
            seed_and_step = np.int64(seed), np.float64(step)
            expected = interpreted(program, *seed_and_step)
            found = steps.run(dict(zip(program.inputs, seed_and_step, strict=True)))
            for value, right in zip(found.values(), expected, strict=True):
                assert_same_bits(value, np.asarray(right, dtype))


@pytest.mark.no_cover
@needs_numba
def test_dropout_and_noise_train_as_with_numpy():
    x = RNG.normal(size=(15, 4))
    nets = []
    for backend in ("numpy", "numba"):
        layers = [gp.Dense(5, "tanh"), gp.Dropout(0.3), gp.GaussianNoise(0.1)]
        net = gp.Network([*layers, gp.Dense(2)], loss="huber", seed=2**63 - 1)
        history = quietly(net, x, x[:, :2], epochs=10, batch_size=4, backend=backend)
        nets.append((net, history))
    (numpys, expected), (compiled, history) = nets
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-8)
    for key, value in numpys.values.items():
        np.testing.assert_allclose(compiled.values[key], value, rtol=1e-8)


__all__ = ["numba"]
