"""Products of matrices in compiled code equal NumPy's: loops, tiles and BLAS."""

from __future__ import annotations

import re

import numpy as np
import pytest

import glassprop as gp
from glassprop.backends.choice import chosen_backend
from glassprop.backends.products import product_of
from glassprop.backends.run_numba import NumbaSteps
from glassprop.errors import ArgumentError
from glassprop.ops import product
from networks import refusal
from tracing import program_of

pytest.importorskip("numba")
RNG = np.random.default_rng(6)
# Rows, inner, columns: ends that fill no block, one block, blocks over others.
SIZES = [(1, 40, 8), (2, 100, 16), (3, 33, 9), (4, 64, 15), (5, 65, 17), (6, 1, 300)]
SIZES += [(7, 70, 24), (8, 96, 16), (9, 31, 31), (12, 128, 32), (30, 90, 10)]
SIZES += [(64, 5, 8), (33, 47, 40), (2, 3, 2), (40, 50, 3), (120, 130, 110)]
SIZES += [(1, 500, 7), (64, 64, 64), (16, 300, 64), (12, 129, 48), (3, 200, 20)]
CLOSE = {"float64": 1e-12, "float32": 2e-5}


def factors(dtype):
    """Give pairs of matrices of each size, as they lie and turned."""
    for rows, inner, columns in SIZES:
        for turned_a in (False, True):
            for turned_b in (False, True):
                a = RNG.normal(size=(inner, rows) if turned_a else (rows, inner))
                b = RNG.normal(size=(columns, inner) if turned_b else (inner, columns))
                yield turned_a, turned_b, a.astype(dtype), b.astype(dtype)


@pytest.mark.no_cover
@pytest.mark.parametrize("dtype", CLOSE)
def test_products_of_all_sizes_equal_numpy(dtype):
    given = list(factors(dtype))

    def whole(*arrays):
        pairs = zip(given, arrays[::2], arrays[1::2], strict=True)
        return tuple(
            (a.T if turned_a else a) @ (b.T if turned_b else b)
            for (turned_a, turned_b, _, _), a, b in pairs
        )

    arrays = [one for _, _, a, b in given for one in (a, b)]
    steps = NumbaSteps(program_of(whole, *arrays), 32)
    stems = set(re.findall(r"^def ([a-z]+)", steps.source, re.MULTILINE))
    assert {"tiles", "loops", "blas"} <= stems
    found = steps.run(dict(zip(steps.program.inputs, arrays, strict=True)))
    for value, right in zip(found.values(), whole(*arrays), strict=True):
        scale = np.abs(right).max()
        np.testing.assert_allclose(value, right, rtol=0, atol=CLOSE[dtype] * scale)


def beside(x):
    return (x @ x.T) @ x


def test_rows_beside_rows_are_refused_by_name_or_left_to_numpy():
    """Such a value grows with the square of the rows."""
    layers = [gp.Dense(4), gp.Lambda(beside, name="beside"), gp.Dense(2)]
    net = gp.Network(layers, loss="huber", input_shape=3, seed=1)
    X, y = RNG.normal(size=(30, 3)), RNG.normal(size=(30, 2))
    for call in (
        lambda: net.predictor(backend="numba"),
        lambda: net.fit(X, y, backend="numba", verbose=False),
    ):
        assert refusal(ArgumentError, call) == (
            "backend 'numba' cannot compile matmul (of the rows of a batch beside each "
            "other) of layer 'beside' yet. Use backend='numpy', or leave it at 'auto'."
        )
    np.testing.assert_array_equal(net.predictor()(X), net(X))
    assert chosen_backend(step_program(net, X, y), 30, 10**9) == "numpy"


def step_program(net, X, y):
    """Give the program of a step, after one of them."""
    net.fit(X, y, batch_size=None, verbose=False)
    return net.recipe.program(net.structure)


def test_a_row_that_does_not_fill_a_vector_is_no_tile():
    def kind(columns):
        inputs = RNG.normal(size=(64, 64)), RNG.normal(size=(64, columns))
        program = program_of(lambda a, b: (a @ b,), *inputs)
        (node,) = (one for one in program.nodes if one.primitive is product.matmul)
        return product_of(node, "d", 64, 1).stem

    assert [kind(columns) for columns in (3, 4, 100, 600)] == [
        "blas",
        "tiles",
        "tiles",
        "blas",
    ]


@pytest.mark.no_cover
def test_a_deep_network_trains_as_with_numpy():
    layers = [gp.Dense(9, "tanh") for _ in range(8)]
    X, y = RNG.normal(size=(23, 9)), RNG.normal(size=(23, 2))
    nets = [gp.Network([*layers, gp.Dense(2)], loss="huber", seed=2) for _ in range(2)]
    options = {"epochs": 10, "batch_size": 8, "verbose": False}
    for net, backend in zip(nets, ("numpy", "numba"), strict=True):
        net.fit(X, y, backend=backend, **options)
    for key, value in nets[0].values.items():
        np.testing.assert_allclose(nets[1].values[key], value, rtol=1e-8, atol=1e-10)
    source = nets[1].source(backend="numba", batch_size=8)
    assert "for q in range(" in source
    assert "PLACES_1 = np.array(" in source
