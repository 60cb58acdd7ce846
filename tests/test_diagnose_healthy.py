"""`Network.diagnose` where nothing is wrong, and of networks that are odd."""

from __future__ import annotations

import numpy as np
import pytest

import glassprop as gp
from diagnose_examples import (
    ADAM,
    LABELS,
    NUMBERS,
    ROWS,
    X,
    classifier,
    normalized,
    regressor,
)
from glassprop.errors import ArgumentError
from glassprop.losses import LOSSES
from networks import example_target, fitting_outputs, refusal

SEVERAL = ["cross_entropy", "mean_squared_error"]
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def ends():
    return [
        gp.Dense(8, "tanh"),
        gp.Parallel([gp.Dense(3, name="kind"), gp.Dense(1, name="size")]),
    ]


def two_inputs():
    front = gp.Parallel([gp.Dense(4, "tanh"), [gp.Flatten(), gp.Dense(4, "tanh")]])
    return [front, gp.Concatenate(), gp.Dense(1)]


def squares(output, y):
    return np.mean((output - y) ** 2)


HEALTHY = {
    "classes": (classifier(), X, LABELS, "cross_entropy", {}),
    "weights": (
        classifier("relu"),
        X,
        LABELS,
        "cross_entropy",
        {"class_weight": "balanced", "sample_weight": np.linspace(1, 2, ROWS)},
    ),
    "numbers": (regressor(), X, NUMBERS, "mean_squared_error", {}),
    "large numbers": (
        [*regressor(), gp.Scale(3e5, 2e6)],
        X,
        3e5 * NUMBERS + 2e6,
        "mean_squared_error",
        {},
    ),
    "float32": (
        regressor(),
        X.astype("f4"),
        NUMBERS.astype("f4"),
        "huber",
        {},
    ),
    "scalar loss": (regressor(), X, NUMBERS, squares, {}),
    "normalized": (normalized(), X, LABELS, "cross_entropy", {}),
    "log_softmax": (
        [gp.Dense(8, "tanh"), gp.Dense(3, "log_softmax")],
        X,
        LABELS,
        "cross_entropy",
        {},
    ),
    "two outputs": (ends(), X, (LABELS, NUMBERS), SEVERAL, {}),
    "two inputs": (two_inputs(), (X, X.reshape(-1, 3, 1)), NUMBERS, "huber", {}),
    "a row of zeros under relu": (
        [gp.Dense(16, "relu"), gp.Dense(1)],
        XOR,
        XOR[:, 0].astype(int) ^ XOR[:, 1].astype(int),
        "binary_cross_entropy",
        {},
    ),
    "stopped early": (
        regressor(),
        X,
        NUMBERS,
        "mean_squared_error",
        {"validation": 0.2, "early_stopping": 5, "epochs": 40, "clip": 1.0},
    ),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_found_where_nothing_is_wrong(name):
    layers, x, y, loss, options = HEALTHY[name]
    net = gp.Network(layers)
    found = net.diagnose(x, y, loss=loss, **{"optimizer": ADAM, **options})
    assert str(found).startswith("Healthy: nothing found. Looked at: layers, start, ")
    assert (found.conditions, found[:], list(found)) == ((), (), [])


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_can_be_diagnosed(loss):
    row = LOSSES[loss]
    units = fitting_outputs(row, 3 if row.target in ("classes", "vectors") else 1)
    y = example_target(row, ROWS, units, np.random.default_rng(1))
    found = gp.Network([gp.Dense(4, "tanh"), gp.Dense(units)]).diagnose(
        X, y, loss=loss, epochs=5, optimizer=ADAM
    )
    faults = {"wrong_gradient", "not_finite", "broadcasting", "loss_and_output"}
    assert faults.isdisjoint(found.conditions)


# Odd networks -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "seen"),
    [
        (
            classifier(frozen=("weight", "bias"))[:1],
            "every parameter is frozen, so that there is nothing to train.",
        ),
        (
            [gp.Activation("tanh")],
            "the network has no parameters, so that there is nothing to train.",
        ),
    ],
)
def test_nothing_to_train_is_said(layers, seen):
    net = gp.Network(layers, loss="mean_squared_error")
    y = np.tile(X, 3)[:, : getattr(layers[0], "units", 3)]
    found = net.diagnose(X, y)
    assert "never_moves" in found.conditions
    assert seen in [one.seen for one in found]
    assert refusal(ArgumentError, lambda: net.find_learning_rate(X, y)) == (
        "find_learning_rate: the network has nothing to train. Let some layers train: "
        "leave frozen= out, or add a layer with parameters, gp.Dense(units)."
    )


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_numbers_of_any_size_are_diagnosed(size):
    for x, y in ((X * size, NUMBERS), (X, NUMBERS * size)):
        net = gp.Network(regressor("relu"), loss="mean_squared_error")
        assert "wrong_gradient" not in net.diagnose(x, y, epochs=2).conditions


def test_lbfgs_is_diagnosed():
    net = gp.Network(regressor(), loss="mean_squared_error")
    found = net.diagnose(X, NUMBERS, optimizer="lbfgs", batch_size=None, epochs=20)
    assert str(found).startswith("Healthy: nothing found.")


def test_a_network_already_trained_far_from_its_rows():
    net = gp.Network([gp.Standardize(), *classifier()], loss="cross_entropy")
    net.fit(X, LABELS, epochs=30, optimizer=ADAM, verbose=False)
    assert net.diagnose(X, LABELS).conditions == ()
    found = net.diagnose(X * 1000, LABELS)
    assert "inputs_not_scaled" in found.conditions
    assert not {"bad_start", "starting_loss"} & {*found.conditions}
