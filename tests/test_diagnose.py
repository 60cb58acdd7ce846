"""`Network.diagnose`: each condition is found, and its change removes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import glassprop as gp
from diagnose_examples import ADAM, LABELS, NOISE, NUMBERS, X, classifier, regressor
from glassprop.diagnosis.conditions import CONDITIONS


def halved(z):
    return z * gp.sigmoid(gp.stop_gradient(z))


def whole(z):
    return z * gp.sigmoid(z)


def careless(output, y):
    return -np.sum(y * np.log(gp.softmax(output)), axis=1)


def careful(output, y):
    return -np.sum(y * np.log(np.maximum(gp.softmax(output), 1e-12)), axis=1)


@dataclass(frozen=True)
class Sick:
    """A fault; `by_hand` is what a person makes of a repair in words."""

    layers: list[Any]
    X: Any = field(default_factory=lambda: X)
    y: Any = field(default_factory=lambda: LABELS)
    loss: Any = "cross_entropy"
    options: dict[str, Any] = field(default_factory=dict)
    by_hand: Callable[..., Any] | None = None
    """From layers and options to the same."""


def rare(count=1):
    kept = np.concatenate([np.flatnonzero(LABELS != 1), np.flatnonzero(LABELS == 1)])
    return kept[: (LABELS != 1).sum() + count]


SICK = {
    "wrong_gradient": Sick(
        classifier(halved), by_hand=lambda _, options: (classifier(whole), options)
    ),
    "starting_loss": Sick(
        [
            gp.Dense(8, "tanh"),
            gp.Dense(3, initializer=gp.initializers.normal(stddev=9.0)),
        ]
    ),
    "cannot_overfit": Sick(
        [gp.Dense(20, "tanh"), gp.Dense(1), gp.Dense(2)],  # a plane through a line
        y=X[:, ::2] * 2 - X[:, :2] ** 2,
        loss="mean_squared_error",
    ),
    "not_finite": Sick(
        classifier("relu"),
        X=X * 1e5,
        y=np.eye(3)[LABELS],
        loss=careless,
        by_hand=lambda layers, options: (layers, {**options, "loss": careful}),
    ),
    "step_size": Sick(classifier(), options={"optimizer": gp.SGD(1e-6)}),
    "learning_rate": Sick(classifier(), options={"optimizer": gp.Adam(1e-6)}),
    "overshooting": Sick(
        classifier(),
        options={"optimizer": gp.SGD(30.0), "batch_size": None, "epochs": 60},
    ),
    "vanishing_gradient": Sick(
        [*(gp.Dense(8, "sigmoid") for _ in range(8)), gp.Dense(3)]
    ),
    "dead_units": Sick(classifier("relu", weights={"bias": np.full(8, -30.0)})),
    "saturation": Sick(
        classifier("sigmoid", initializer=gp.initializers.normal(stddev=50.0))
    ),
    "bad_start": Sick(
        [
            gp.Dense(8, "tanh", initializer=gp.initializers.constant(0.1)),
            gp.Dense(3, initializer=gp.initializers.constant(0.1)),
        ]
    ),
    "inputs_not_scaled": Sick(classifier(), X=X * [1.0, 1e2, 1e4] + 1000),
    "never_moves": Sick(classifier(frozen="bias")),
    "not_falling": Sick(
        regressor(),
        y=NUMBERS,
        loss="mean_squared_error",
        options={"optimizer": gp.SGD(1e-8)},
    ),
    "overfitting": Sick(
        [gp.Dense(64, "relu"), gp.Dense(3)],
        y=NOISE,
        options={"epochs": 100, "validation": 0.5, "optimizer": gp.Adam(0.01)},
    ),
    "imbalance": Sick(classifier(), X=X[rare()], y=LABELS[rare()]),
    "constant_output": Sick(classifier("relu", weights={"bias": np.full(8, -200.0)})),
    "broadcasting": Sick(regressor(), y=NUMBERS[:, 0], loss="mean_squared_error"),
    "loss_and_output": Sick([gp.Dense(8, "tanh"), gp.Dense(3, "softmax")]),
}


def diagnosed(case, **changed):
    options = {"optimizer": ADAM, "loss": case.loss, **case.options, **changed}
    y, layers = options.pop("y", case.y), options.pop("layers", case.layers)
    return gp.Network(layers).diagnose(case.X, y, **options)


def repaired(case, finding):
    """Make the change of a finding: as code, and by hand where it is in words."""
    known = {"X": case.X, "y": case.y}
    exec(finding.change.data, known)
    options = {"optimizer": ADAM, "loss": case.loss, **case.options}
    layers, options = finding.change.applied(case.layers, options)
    if case.by_hand is not None:
        layers, options = case.by_hand(layers, options)
    return diagnosed(case, y=known["y"], layers=layers, **options)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_found_and_its_change_removes_it(condition):
    case = SICK[condition]
    found = diagnosed(case)
    assert condition in found.conditions
    finding = next(one for one in found if one.condition == condition)
    assert str(finding.change)
    assert condition not in repaired(case, finding).conditions


def test_every_condition_has_a_case():
    assert set(SICK) == set(CONDITIONS)


class Held:
    """A factor for each column that the loss is kept from."""

    def parameters(self, shape):
        return {"gain": gp.Parameter(shape, 1.0)}

    def forward(self, p, x, _run):
        return x * gp.stop_gradient(p["gain"])


@pytest.mark.parametrize("dead", [0, 3, 8])
def test_what_never_moves_is_found_unless_a_layer_passes_nothing_back(dead):
    off = np.where(np.arange(8) < dead, -30.0, 0.0)
    layers = [Held(), *classifier("relu", weights={"bias": off})]
    net = gp.Network(layers, loss="cross_entropy")
    found = net.fit(
        X, LABELS, epochs=30, optimizer=ADAM, diagnose=True, verbose=False
    ).diagnosis
    still = [one for one in found if one.condition == "never_moves"]
    assert ("dead_units" in found.conditions) is (dead == 8)
    if dead == 8:
        assert still == []
        return
    (finding,) = still
    assert finding.layer == "held_1"
    assert finding.seen == (
        "held_1.gain did not change in 3 steps looked at: the gradient is 0."
    )


@pytest.mark.parametrize("restored", [True, False])
def test_a_training_that_ends_with_its_best_epoch_does_not_overfit(restored):
    case = SICK["overfitting"]
    stopping = gp.EarlyStopping(10, restore_best=restored)
    found = diagnosed(case, early_stopping=stopping)
    assert ("overfitting" in found.conditions) is not restored
