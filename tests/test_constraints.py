"""Constraints: each one's set, kept after every step; warnings where one is in vain."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import pytest

import glassprop as gp
from glassprop.constraints import CONSTRAINTS, MaxNorm, NonNegative, UnitNorm
from glassprop.errors import ArgumentError, GlasspropWarning, ShapeError
from glassprop.optimizers import EMA, OPTIMIZERS, LayerRates, WeightDecay
from networks import bits, refusal

RNG = np.random.default_rng(6)
X, Y = RNG.normal(size=(12, 3)), 3 * RNG.normal(size=(12, 4))
W = RNG.normal(size=(3, 4)) * np.array([0.1, 1.0, 3.0, 0.0])


def norms(w, axis=0):
    return np.sqrt((w * w).sum(axis=axis))


SETS = {
    MaxNorm(0.75): lambda w: (norms(w) <= 0.75 * (1 + 1e-6)).all(),
    MaxNorm(0.5, axis=None): lambda w: norms(w, None) <= 0.5 * (1 + 1e-6),
    MaxNorm(0.5, axis=(0, 1)): lambda w: norms(w, (0, 1)) <= 0.5 * (1 + 1e-6),
    NonNegative(): lambda w: (w >= 0).all(),
    UnitNorm(): lambda w: np.allclose(norms(w), 1, rtol=1e-6),
    UnitNorm(axis=1): lambda w: np.allclose(norms(w, 1), 1, rtol=1e-6),
}
CONVEX = [one for one in SETS if not isinstance(one, UnitNorm)]


def network(constraint, **options):
    layers = [gp.Dense(4, constraint=constraint, name="only")]
    return gp.Network(layers, loss="half_squared_error", **options)


def fitted(net, optimizer, epochs=5, **options):
    options = {"batch_size": None, "verbose": False, **options}
    net.fit(X, Y, optimizer=optimizer, epochs=epochs, **options)
    return net


def test_every_constraint_has_its_set():
    assert {type(one) for one in SETS} == set(CONSTRAINTS.values())


@pytest.mark.parametrize("constraint", SETS, ids=repr)
def test_what_is_outside_comes_inside_and_stays(constraint):
    inside = SETS[constraint]
    start = W if not isinstance(constraint, UnitNorm) else W + 0.1
    kept = constraint(start)
    assert inside(kept)
    assert not inside(start)
    np.testing.assert_allclose(constraint(kept), kept, rtol=1e-15)
    assert constraint(start.astype(np.float32)).dtype == np.float32


def test_what_is_inside_keeps_its_bits():
    small = 0.1 * W
    assert MaxNorm(1.0)(small).tobytes() == small.tobytes()
    assert NonNegative()(np.abs(W)).tobytes() == np.abs(W).tobytes()


def test_what_is_all_zeros_stays_zeros():
    assert UnitNorm()(W)[:, 3].tolist() == [0, 0, 0]
    assert MaxNorm()(W)[:, 3].tolist() == [0, 0, 0]


@pytest.mark.no_cover
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "optimizer", [kind() for kind in OPTIMIZERS.values()], ids=repr
)
@pytest.mark.parametrize("constraint", SETS, ids=repr)
def test_every_step_of_every_optimizer_ends_inside(constraint, optimizer, dtype):
    seen = []
    net = network(constraint, dtype=dtype)
    fitted(
        net,
        optimizer,
        callbacks=[lambda net, history: seen.append(net.parameters["only.weight"])],
    )
    assert len(seen) == 5
    assert all(SETS[constraint](w) for w in seen)
    assert not np.array_equal(seen[0], seen[4])
    assert net.parameters["only.bias"].any()


@pytest.mark.parametrize("constraint", SETS, ids=repr)
def test_a_step_is_the_optimizers_and_then_the_constraint(constraint):
    net, free = network(constraint, input_shape=3), network(None, input_shape=3)
    fitted(net, gp.SGD(0.3), 1)
    fitted(free, gp.SGD(0.3), 1)
    expected = constraint(free.parameters["only.weight"])
    np.testing.assert_allclose(net.parameters["only.weight"], expected, rtol=1e-14)
    bias = free.parameters["only.bias"]
    assert net.parameters["only.bias"].tobytes() == bias.tobytes()


def test_start_values_are_left_as_they_are():
    layers = [gp.Dense(4, weights=(W,), constraint=NonNegative())]
    net = gp.Network(layers, loss="huber", input_shape=3)
    assert np.array_equal(net.parameters["dense_1.weight"], W)


@pytest.mark.parametrize("constraint", CONVEX, ids=repr)
def test_averages_are_of_weights_that_are_kept(constraint):
    net = fitted(network(constraint), EMA(WeightDecay(gp.SGD(0.5)), 0.5), 6)
    assert SETS[constraint](net.parameters["only.weight"])
    assert SETS[constraint](net.training.memory["raw of only.weight"])
    plain = fitted(network(constraint), WeightDecay(gp.SGD(0.5)), 6)
    raw = net.training.memory["raw of only.weight"]
    np.testing.assert_array_equal(raw, plain.parameters["only.weight"])


@pytest.mark.parametrize("constraint", SETS, ids=repr)
def test_parts_and_files_give_the_bits_of_the_whole(constraint, tmp_path):
    whole = fitted(network(constraint), gp.Adam(0.1), 6)
    part = fitted(network(constraint), gp.Adam(0.1), 3)
    part.save(tmp_path / "m.safetensors")
    part = gp.load(tmp_path / "m.safetensors")
    assert part.layers[0].constraint == constraint
    assert bits(fitted(part, gp.Adam(0.1), 3)) == bits(whole)


def half(w):
    return w / 2


def test_a_function_of_ones_own_for_any_parameter():
    @dataclass(frozen=True)
    class Slopes:
        def parameters(self, input_shape):
            shape = input_shape[-1:]
            return {"slope": gp.Parameter(shape, 1.0, constraint=half)}

        def forward(self, p, x, run):
            return x * p["slope"]

    net = gp.Network([Slopes()], loss="huber", input_shape=3)
    gradient = net.gradients(X, X**2)["slopes_1.slope"]
    net.fit(X, X**2, optimizer=gp.SGD(0.1), batch_size=None, verbose=False)
    np.testing.assert_allclose(
        net.parameters["slopes_1.slope"], (1 - 0.1 * gradient) / 2, rtol=1e-15
    )


def test_the_constraint_is_printed_after_the_step():
    net = network(MaxNorm(2.0), input_shape=3)
    stripped = [line.strip() for line in net.source().splitlines()]
    lines = [line.partition("  # ")[0].rstrip() for line in stripped]
    assert lines[lines.index("# update") + 1 :] == [
        "moved_W_only = W_only - learning_rate * d_W_only",
        "total_3 = np.sum(moved_W_only * moved_W_only, axis=0, keepdims=True)",
        "norm_W_only = np.sqrt(total_3)",
        "W_only[...] = moved_W_only * (2 / np.maximum(norm_W_only, 2))",
        "b_only -= learning_rate * d_b_only",
        "return loss",
    ]


# Refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: MaxNorm(0),
            "constraints.MaxNorm: limit must be a finite number above 0, got 0.",
        ),
        (
            lambda: MaxNorm(math.nan),
            "constraints.MaxNorm: limit must be a finite number above 0, got nan.",
        ),
        (
            lambda: MaxNorm(1.0, axis=0.5),
            "constraints.MaxNorm: axis must be an integer, a tuple of integers or "
            "None, got 0.5.",
        ),
        (
            lambda: UnitNorm(axis=()),
            "constraints.UnitNorm: axis must be an integer, a tuple of integers or "
            "None, got ().",
        ),
        (
            lambda: gp.Dense(2, constraint=MaxNorm),
            "constraint: expected a constraint, got the class MaxNorm. Call it: "
            "MaxNorm().",
        ),
        (
            lambda: gp.Dense(2, constraint="max_norm"),
            "constraint: expected a constraint such as gp.constraints.MaxNorm(3.0), a "
            "function w -> w, or None, got 'max_norm'.",
        ),
        (
            lambda: gp.Parameter((2,), constraint=lambda w, limit: w),
            "constraint '<lambda>' takes (w, limit), but is called with (w). Write it "
            "as a function (w) -> w.",
        ),
    ],
)
def test_constraints_are_checked(make, message):
    assert refusal(ArgumentError, make) == message


def test_a_constraint_must_keep_the_shape():
    net = network(lambda w: w.sum(axis=0))
    assert refusal(ShapeError, lambda: fitted(net, gp.SGD())) == (
        "only.weight: its constraint must give shape (3, 4), as it is given, got (4,)."
    )
    assert net.input_shape is None


def test_an_axis_that_is_not_there():
    message = refusal(
        ArgumentError, lambda: fitted(network(MaxNorm(1.0, axis=2)), gp.SGD())
    )
    assert message == (
        "constraints.MaxNorm: axis=2 is not an axis of a parameter of shape (3, 4). "
        "None takes the norm over all of it."
    )


# Warnings -----------------------------------------------------------------------------


def warned(net, **options):
    """Fit, and give the messages of the warnings; their place is this file."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        net.fit(X, Y, verbose=False, **options)
    assert {one.category for one in found} <= {GlasspropWarning}
    assert {one.filename for one in found} <= {__file__}
    return [str(one.message) for one in found]


def test_what_is_frozen_in_vain_is_warned_of():
    layers = [
        gp.Dense(4, frozen=True, l2=0.1, name="first"),
        gp.Dense(4, frozen="weight", constraint=NonNegative(), name="second"),
        gp.Dense(4, frozen="bias", l1=0.1, constraint=NonNegative(), name="third"),
        gp.Dense(4, frozen=True, name="fourth"),
    ]
    net = gp.Network(layers, loss="huber")
    assert warned(net) == [
        "Dense 'first': all that its penalty reads is frozen, so that it adds a number "
        "to the loss and changes nothing. Leave the penalty out, or let training "
        "change the parameters.",
        "Dense 'second': weight is frozen, so that its constraint changes nothing. "
        "Leave the constraint out, or let training change the parameter.",
    ]


def test_a_penalty_of_what_a_factor_of_0_holds_still_is_warned_of():
    layers = [
        gp.Dense(4, l2=0.1, name="first"),
        gp.Dense(4, name="second"),
        gp.Dense(4, l2=0.1, frozen="weight", name="third"),
    ]

    def found(factors):
        net = gp.Network(layers, loss="huber")
        return warned(net, optimizer=EMA(LayerRates(gp.SGD(), factors)))

    third = (
        "Dense 'third': all that its penalty reads is frozen, so that it adds a number "
        "to the loss and changes nothing. Leave the penalty out, or let training "
        "change the parameters."
    )
    first = (
        "Dense 'first': LayerRates holds still what its penalty reads, by a factor of "
        "0, so that it adds a number to the loss and changes nothing. Leave the "
        "penalty out, or give a factor above 0."
    )
    assert found({"first": 0, "second": 0, "third": 0}) == [first, third]
    assert found({"first.weight": 0}) == [first, third]
    assert found({"first.bias": 0}) == [third]
    assert found({"first": 0.1}) == [third]


def test_a_penalty_of_what_is_trained_is_not_in_vain():
    net = gp.Network([gp.Dense(4, frozen="bias", l2=0.1)], loss="huber")
    assert warned(net) == []
    assert warned(gp.Network([gp.Dense(4)], loss="huber")) == []
