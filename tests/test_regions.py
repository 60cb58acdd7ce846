"""Where a network bends: activations are found in the graph, with their slopes."""

from __future__ import annotations

import numpy as np
import pytest

import glassprop as gp
from glassprop.diagnosis.regions import Activations
from glassprop.layers.activations import ACTIVATIONS

X = np.random.default_rng(0).standard_normal((20, 5)) * 2
STRAIGHT = {"relu", "relu6", "leaky_relu", "hard_sigmoid"}
EACH_ELEMENT = [name for name in ACTIVATIONS if "softmax" not in name]
STEP = 1e-6


def found(layers, x=X):
    net = gp.Network(layers, input_shape=x.shape[1:])
    made = Activations(net.structure)
    given = {**net.built.given(), "x": x}
    return net, made, made.values(made.values.program.outputs, given)


@pytest.mark.parametrize("form", ["Dense", "Activation"])
@pytest.mark.parametrize("name", EACH_ELEMENT)
def test_an_activation_is_found_with_its_slope(name, form):
    layers = (
        [gp.Dense(4, name, name="mine")]
        if form == "Dense"
        else [gp.Dense(4), gp.Activation(name, name="mine")]
    )
    net, made, values = found([*layers, gp.Dense(2)])
    if name == "identity":
        assert made.regions == ()
        return
    (region,) = made.regions
    assert region.layer == "mine"
    assert region.smooth is (name not in STRAIGHT)
    first = next(iter(net.parameters)).partition(".")[0]
    z = X @ net.parameters[f"{first}.weight"] + net.parameters[f"{first}.bias"]
    bend = gp.Network([gp.Activation(name)], input_shape=4)
    slope = (bend(z + STEP) - bend(z - STEP)) / (2 * STEP)
    np.testing.assert_allclose(values[region.slope], slope, atol=1e-5)
    np.testing.assert_array_equal(values["output"], net(X))
    np.testing.assert_array_equal(values[f"to {first}"], X)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_what_mixes_units_is_no_activation(name):
    assert found([gp.Dense(4, name), gp.Dense(2)])[1].regions == ()


class Two:
    """Two products, each with its own bend, inside of one layer."""

    def parameters(self, shape):
        start = gp.initializers.normal(0.5)
        return {"a": gp.Parameter((*shape, 4), start), "b": gp.Parameter((4, 3), start)}

    def forward(self, p, x, run):
        return np.maximum(np.tanh(x @ p["a"]) @ p["b"], 0)


class Gated:
    """Two factors of one value are one activation."""

    def forward(self, p, x, run):
        return x * gp.sigmoid(x) + np.maximum(x, 0)


def test_layers_of_ones_own():
    net, made, values = found([Two(), gp.Dense(1)])
    assert [(one.layer, one.smooth) for one in made.regions] == [
        ("two_1", True),
        ("two_1", False),
    ]
    hidden = np.tanh(X @ net.parameters["two_1.a"])
    first, second = (values[one.slope] for one in made.regions)
    np.testing.assert_allclose(first, 1 - hidden**2, atol=1e-12)
    np.testing.assert_array_equal(second, (hidden @ net.parameters["two_1.b"]) > 0)
    assert [one.layer for one in found([Gated(), gp.Dense(1)])[1].regions] == [
        "gated_1"
    ]


def test_prelu_and_layers_inside_of_others():
    assert [
        one.layer for one in found([gp.Dense(3), gp.PReLU(), gp.Dense(1)])[1].regions
    ] == ["prelu_1"]
    inner = gp.Residual([gp.Dense(5, "tanh", name="in"), gp.Dense(5, name="out")])
    _, made, _ = found([inner, gp.Dense(1)])
    assert [one.layer for one in made.regions] == ["residual_1.in"]


@pytest.mark.parametrize(
    "layer", [gp.LayerNorm(), gp.BatchNorm(), gp.Standardize(), gp.Dropout(0.5)]
)
def test_normalizing_is_no_activation(layer):
    layers = [gp.Dense(4), layer, gp.Activation("tanh", name="bend"), gp.Dense(1)]
    assert [one.layer for one in found(layers)[1].regions] == ["bend"]
    assert found([gp.Dense(4), layer, gp.Dense(1)])[1].regions == ()


def test_a_network_without_bends():
    _, made, values = found([gp.Dense(4), gp.Dense(1)])
    assert made.regions == ()
    assert set(values) == {"output", "to dense_1", "to dense_2"}
