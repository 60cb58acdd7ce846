"""Networks that learn a few rows by heart, and are too narrow or straight for many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import glassprop as gp
from glassprop.diagnosis import comparing
from glassprop.diagnosis.comparing import Comparison

RNG = np.random.default_rng(1)
X = RNG.uniform(-2, 2, (400, 2))
WAVES = np.c_[np.sin(2 * X[:, 0]), X[:, 0] * X[:, 1]]
TURN = np.sin(2 * X[:, :1]) + 0.5 * X[:, 1:]
LINE = X @ np.array([[1.0, -0.5], [0.3, 2.0]]) + 0.3 * RNG.standard_normal((400, 2))
OPTIONS = {"loss": "mean_squared_error", "optimizer": gp.Adam(0.01), "epochs": 30}


def diagnosed(layers, y, rows=400, **options):
    net = gp.Network(layers)
    return net.diagnose(X[:rows], y[:rows], **{**OPTIONS, **options})


def seen(finding, told, limit):
    """Write what a finding has seen, with its own numbers."""
    text = finding.seen
    left, other, ratio = (
        text.partition(f"{before} ")[2].partition(" ")[0]
        for before in ("lowest loss,", "rows, and", "That is")
    )
    assert float(left) / float(other) == pytest.approx(float(ratio), rel=0.1)
    assert float(ratio) == pytest.approx(finding.value, rel=0.05)
    return (
        "of the way from the best constant answer to the lowest loss, "
        f"{left} is left on 100 held-out rows, and {other} with {told}. That is "
        f"{ratio} times as much; up to {limit} times is fine."
    )


def test_a_neck_is_made_as_wide_as_its_neighbours():
    layers = [
        gp.Dense(32, "tanh", name="wide"),
        gp.Dense(2, "tanh", name="neck"),
        gp.Dense(16, "tanh", name="next"),
        gp.Dense(1, name="out"),
    ]
    narrow = replace(layers[1], units=1)
    (finding,) = diagnosed([layers[0], narrow, *layers[2:]], WAVES[:, 1:])
    assert finding.condition == "cannot_overfit"
    assert finding.seen == seen(finding, "16 units in 'neck'", "1.5")
    assert str(finding.change) == (
        'neck: gp.Dense(16, "tanh", name="neck") instead of '
        'gp.Dense(1, "tanh", name="neck")'
    )


def test_a_line_is_too_straight_for_a_curve():
    (finding,) = diagnosed([gp.Standardize(), gp.Dense(1)], TURN)
    assert finding.condition == "cannot_overfit"
    assert finding.seen == seen(finding, "a hidden layer of 32 units", "2")
    assert str(finding.change) == 'gp.Dense(32, "relu") before dense_1'


def test_layers_that_do_not_bend_are_given_an_activation():
    layers = [gp.Dense(12, name="one"), gp.Dense(12, name="two"), gp.Dense(1)]
    (finding,) = diagnosed(layers, TURN)
    assert finding.seen.startswith("20 rows not learned by heart: loss ")
    assert str(finding.change) == (
        'one: gp.Dense(12, "tanh", name="one") instead of gp.Dense(12, name="one")\n'
        'two: gp.Dense(12, "tanh", name="two") instead of gp.Dense(12, name="two")'
    )


def total(x):
    return np.sum(x, axis=1, keepdims=True)


def test_a_layer_that_leaves_one_number_of_a_row_is_taken_out():
    layers = [gp.Lambda(total), gp.Dense(24, "tanh"), gp.Dense(1)]
    (finding,) = diagnosed(layers, X[:, :1] + 1.5 * X[:, 1:])
    assert finding.seen == seen(finding, "no 'lambda_1'", "1.5")
    assert str(finding.change) == "lambda_1: without gp.Lambda(total)"


@pytest.mark.parametrize(
    "layers",
    [
        [gp.Dense(2)],
        [gp.Dense(24, "tanh"), gp.Dense(2, "tanh"), gp.Dense(2)],
        [gp.Dense(5), gp.Dense(2)],
    ],
)
def test_a_network_that_has_room_enough_is_healthy(layers):
    assert not diagnosed(layers, LINE)


def test_a_few_rows_do_not_tell_how_much_room_there_has_to_be():
    layers = [gp.Standardize(), gp.Dense(1)]
    assert not diagnosed(layers, TURN, comparing.LEAST - 1, epochs=100)


def test_a_network_that_leaves_anything_is_worse_than_one_that_leaves_nothing():
    assert Comparison(100, 0.5, 0.25).ratio == 2
    assert Comparison(100, 0.5, 0.0).ratio == np.inf


def test_a_line_that_leaves_little_is_as_it_was_meant():
    y = TURN + 2 * X[:, 1:]
    assert not diagnosed([gp.Standardize(), gp.Dense(1)], (y - y.mean()) / y.std())
