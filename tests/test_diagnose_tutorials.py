"""The faults of the two tutorials that this project started from are found."""

import numpy as np
import pytest

import glassprop as gp

HOURS = np.array([[2, 9], [1, 5], [3, 6]])
POINTS = np.array([[0.92], [0.86], [0.89]])
ROWS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
AND = np.array([[0.0], [0.0], [0.0], [1.0]])


def exam_network():
    """Give the network without biases, its weights from a standard normal."""
    draw = np.random.RandomState(0)
    layers = [
        gp.Dense(3, "sigmoid", bias=False, weights=[draw.randn(2, 3)]),
        gp.Dense(1, "sigmoid", bias=False, weights=[draw.randn(3, 1)]),
    ]
    return gp.Network(layers, loss="half_squared_error")


def and_network():
    """Give the network whose weights are drawn from 0 to 1, and whose biases stay."""
    draw = np.random.RandomState(100)
    layers, inputs = [], 2
    for units, activation in ((3, "tanh"), (3, "sigmoid"), (2, "sigmoid")):
        weights = draw.rand(inputs, units), draw.rand(units)
        layers.append(gp.Dense(units, activation, weights=weights, frozen="bias"))
        inputs = units
    return gp.Network(layers, loss="half_squared_error")


def found(net, X, y, condition, **options):
    return [one for one in net.diagnose(X, y, **options) if one.condition == condition]


def test_a_network_without_any_bias_is_told_and_how_to_have_them():
    (finding,) = found(
        exam_network(),
        HOURS / HOURS.max(axis=0),
        POINTS,
        "never_moves",
        optimizer=gp.SGD(3),
        batch_size=None,
    )
    assert finding.seen == (
        "no layer has a bias: what each unit adds up is 0 for an input of 0, whatever "
        "it learns."
    )
    layers, _ = finding.change.applied(exam_network().layers, {})
    assert [layer.bias for layer in layers] == [True, True]


def test_one_column_against_two_outputs_is_told_before_it_broadcasts():
    diagnosis = and_network().diagnose(ROWS, AND)
    assert diagnosis.conditions == ("broadcasting",)
    assert diagnosis[0].seen == (
        "y: expected shape (n, 2), like the network's output, got (n, 1); loss "
        "'half_squared_error' would broadcast them against each other."
    )


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("never_moves", "bias is frozen while weight trains."),
        ("bad_start", "weights start on one side of 0, from "),
    ],
)
def test_biases_that_stay_and_weights_of_one_sign_are_told_of_each_layer(
    condition, words
):
    findings = found(
        and_network(),
        ROWS,
        np.hstack([AND, AND]),
        condition,
        optimizer=gp.SGD(0.3),
        batch_size=1,
    )
    assert [one.layer for one in findings] == ["dense_1", "dense_2", "dense_3"]
    assert all(words in one.seen for one in findings)
