"""Clipping: each rule's formula, in a training step and by itself."""

from __future__ import annotations

import math

import numpy as np
import pytest

import glassprop as gp
from glassprop.clipping import (
    CLIPPINGS,
    ByGlobalNorm,
    ByNorm,
    ByValue,
    get_clipping,
)
from glassprop.errors import ArgumentError
from networks import bits, refusal

RNG = np.random.default_rng(4)
X, Y = RNG.normal(size=(8, 3)), 5 * RNG.normal(size=(8, 2))


def by_global_norm(gradients, limit):
    norm = math.sqrt(sum((g**2).sum() for g in gradients.values()))
    return {key: g * min(1, limit / norm) for key, g in gradients.items()}


def by_norm(gradients, limit):
    return {key: by_global_norm({key: g}, limit)[key] for key, g in gradients.items()}


def by_value(gradients, limit):
    return {key: g.clip(-limit, limit) for key, g in gradients.items()}


FORMULAS = {ByGlobalNorm: by_global_norm, ByNorm: by_norm, ByValue: by_value}


def network(**options):
    layers = [gp.Dense(3, "tanh"), gp.Dense(2)]
    return gp.Network(layers, loss="half_squared_error", seed=1, **options)


def fitted(net, **options):
    net.fit(X, Y, batch_size=None, verbose=False, **options)
    return net


def test_every_rule_has_its_formula():
    assert set(FORMULAS) == set(CLIPPINGS.values())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("limit", [1e-3, 0.3, 2.0, 1e6])
@pytest.mark.parametrize("kind", CLIPPINGS.values(), ids=CLIPPINGS)
def test_a_step_is_along_what_is_left(kind, limit, dtype):
    net = network(dtype=dtype, input_shape=3)
    gradients, before = net.gradients(X, Y), dict(net.parameters)
    fitted(net, optimizer=gp.SGD(0.1), clip=kind(limit))
    rounding = 4 * np.finfo(dtype).eps * max(abs(w).max() for w in before.values())
    for key, g in FORMULAS[kind](gradients, limit).items():
        moved = before[key] - net.parameters[key]
        assert moved.dtype == np.dtype(dtype)
        np.testing.assert_allclose(moved, 0.1 * g, rtol=1e-5, atol=rounding)


@pytest.mark.parametrize("kind", CLIPPINGS.values(), ids=CLIPPINGS)
def test_a_limit_that_nothing_reaches_changes_no_bit(kind):
    assert bits(fitted(network(), epochs=3, clip=kind(1e9))) == bits(
        fitted(network(), epochs=3)
    )


@pytest.mark.parametrize("kind", CLIPPINGS.values(), ids=CLIPPINGS)
def test_clipping_where_nothing_is_trained(kind):
    layers = [gp.Dense(2, frozen=True)]
    net = gp.Network(layers, loss="huber", input_shape=3)
    kept = {key: net.parameters[key].tobytes() for key in net.parameters}
    assert bits(fitted(net, epochs=2, clip=kind(1.0))) == kept


def test_a_number_is_the_norm_of_all_together():
    assert get_clipping(0.5) == get_clipping(np.float32(0.5)) == ByGlobalNorm(0.5)
    assert get_clipping(None) is None
    assert bits(fitted(network(), epochs=3, clip=0.5)) == bits(
        fitted(network(), epochs=3, clip=ByGlobalNorm(0.5))
    )


@pytest.mark.parametrize("kind", CLIPPINGS.values(), ids=CLIPPINGS)
def test_a_rule_is_kept_in_files(kind, tmp_path):
    net = fitted(network(), clip=kind(0.25))
    net.save(tmp_path / "m.safetensors")
    assert gp.load(tmp_path / "m.safetensors").recipe == net.recipe
    assert net.recipe.clip == kind(0.25)
    assert type(kind(1).limit) is float


def test_a_rule_of_ones_own():
    class Signs:
        def shared(self, gradients):
            return sum(np.sum(np.abs(g)) for g in gradients)

        def clip(self, g, shared):
            return np.sign(g) * shared

    net = network(input_shape=3)
    gradients, before = net.gradients(X, Y), dict(net.parameters)
    size = sum(np.abs(g).sum() for g in gradients.values())
    fitted(net, optimizer=gp.SGD(0.01), clip=Signs())
    for key, g in gradients.items():
        expected = before[key] - 0.01 * size * np.sign(g)
        np.testing.assert_allclose(net.parameters[key], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            True,
            "clip must be a finite number above 0, a rule such as "
            "gp.clipping.ByValue(0.5), or None, got True.",
        ),
        (
            "norm",
            "clip must be a finite number above 0, a rule such as "
            "gp.clipping.ByValue(0.5), or None, got 'norm'.",
        ),
        (ByNorm, "clip: expected a rule, got the class ByNorm. Call it: ByNorm(1.0)."),
    ],
)
def test_what_is_no_rule(spec, message):
    assert refusal(ArgumentError, lambda: get_clipping(spec)) == message
    net = network()
    assert refusal(ArgumentError, lambda: fitted(net, clip=spec)) == message
    assert net.input_shape is None


@pytest.mark.parametrize("limit", [0, -1.0, math.nan, math.inf, "1", None, True])
@pytest.mark.parametrize("kind", CLIPPINGS.values(), ids=CLIPPINGS)
def test_limits_are_checked(kind, limit):
    assert refusal(ArgumentError, lambda: kind(limit)) == (
        f"clipping.{kind.__name__}: limit must be a finite number above 0, got "
        f"{limit!r}."
    )
