"""Diagnoses of `LBFGS`: it has no learning rate, and takes no random layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import glassprop as gp
from diagnose_examples import LABELS, NOISE, NUMBERS, X, classifier, regressor
from glassprop.diagnosis import CONDITIONS
from glassprop.errors import BroadcastError, DivergenceError
from networks import refusal

RNG = np.random.default_rng(0)
CLASSES, SQUARES = "cross_entropy", "mean_squared_error"
LARGE, ZEROS = gp.initializers.normal(20.0), gp.initializers.zeros()
WEIGHTS = [RNG.standard_normal((3, 8)), -50 * np.ones(8)]
MANY, CHANCE = RNG.standard_normal((2000, 3)), RNG.standard_normal((2000, 1))
KEPT = "The network keeps the weights from before that step."
UNTIRED = gp.LBFGS(loss_tolerance=0.0, gradient_tolerance=0.0)
# Steps are L-BFGS's own affair: their size and direction are not judged.
NEVER = {"learning_rate", "step_size", "overshooting"}


def stopped(z):
    return np.tanh(gp.stop_gradient(z) + z)


def careless(z, y):
    return -np.sum(y * np.log(z), axis=1)


@dataclass(frozen=True)
class Case:
    """A training with a fault, and the change that is proposed."""

    condition: str
    change: str
    layers: list[Any]
    X: Any = field(default_factory=lambda: X)
    y: Any = field(default_factory=lambda: LABELS)
    loss: Any = CLASSES
    options: dict[str, Any] = field(default_factory=dict)
    watched: bool = True  # whether a training that is watched finds it, too

    def diagnosed(self):
        net = gp.Network(self.layers, loss=self.loss)
        given = {"optimizer": gp.LBFGS(), "batch_size": None, **self.options}
        return net.diagnose(self.X, self.y, **given)

    def seen(self):
        net = gp.Network(self.layers, loss=self.loss)
        given = {"optimizer": gp.LBFGS(), "batch_size": None, "epochs": 150}
        given |= {"verbose": False, "diagnose": True, **self.options}
        try:
            return net.fit(self.X, self.y, **given).diagnosis
        except DivergenceError as error:
            return error.diagnosis


SCALED = "layers = [gp.Standardize(), *layers]"
CASES = [
    Case(
        "broadcasting",
        "Labels are one number a row, y[:, 0].\ny = y[:, 0]",
        classifier(),
        y=LABELS[:, None].astype(float),
        watched=False,
    ),
    Case(
        "loss_and_output",
        'out: gp.Dense(3, name="out") instead of gp.Dense(3, "softmax", name="out")',
        [classifier()[0], gp.Dense(3, "softmax", name="out")],
    ),
    Case(
        "wrong_gradient",
        "Take gp.stop_gradient out of layer 'hidden'.",
        classifier(stopped),
        watched=False,
    ),
    Case(
        "not_finite",
        "log has no finite value for 0 and below: keep its argument above, "
        "np.log(np.maximum(p, 1e-12)).",
        classifier("relu"),
        y=np.eye(3)[LABELS],
        loss=careless,
    ),
    Case(
        "bad_start",
        'dense_1: gp.Dense(8, "tanh") instead of gp.Dense(8, "tanh", '
        "initializer=gp.initializers.zeros())\ndense_2: gp.Dense(3) instead of "
        "gp.Dense(3, initializer=gp.initializers.zeros())",
        [gp.Dense(8, "tanh", initializer=ZEROS), gp.Dense(3, initializer=ZEROS)],
    ),
    Case("inputs_not_scaled", SCALED, classifier(), X=X * [1, 1000, 1]),
    Case(
        "never_moves",
        'hidden: gp.Dense(8, "tanh", name="hidden") instead of gp.Dense(8, "tanh", '
        'frozen=["weight", "bias"], name="hidden")',
        classifier(frozen=("weight", "bias")),
    ),
    Case(
        "imbalance",
        'Measure the balanced accuracy too.\nnet.fit(X, y, class_weight="balanced")',
        classifier(),
        y=np.where(np.arange(len(X)) < 3, 1, 0),
    ),
    Case(
        "starting_loss",
        "y = (y - y.mean(axis=0)) / y.std(axis=0)",
        regressor(),
        y=NUMBERS * 1000 + 5000,
        loss=SQUARES,
    ),
    Case(
        "saturation",
        'hidden: gp.Dense(8, "tanh", name="hidden") instead of gp.Dense(8, "tanh", '
        'initializer=gp.initializers.normal(stddev=20.0), name="hidden")',
        classifier(initializer=LARGE),
    ),
    Case(
        "dead_units",
        'hidden: gp.Dense(8, "relu", name="hidden") instead of gp.Dense(8, "relu", '
        'weights=weights, name="hidden")',
        classifier("relu", weights=WEIGHTS),
    ),
    Case(
        "vanishing_gradient",
        "\n".join(
            f'dense_{at}: gp.Dense(8, "tanh") instead of gp.Dense(8, "sigmoid")'
            for at in range(1, 10)
        ),
        [*(gp.Dense(8, "sigmoid") for _ in range(9)), gp.Dense(3)],
    ),
    Case(
        "constant_output",
        "Look at layer 'lambda_1': what it gives is the same for every row.",
        [gp.Lambda(lambda x: np.clip(x, 8, 9)), *classifier("relu")],
    ),
    Case(
        "cannot_overfit",
        'hidden: gp.Dense(8, "tanh", name="hidden") instead of gp.Dense(8, '
        '"identity", name="hidden")',
        classifier("identity"),
        y=(X[:, 0] * X[:, 1] > 0).astype(int),
        watched=False,
    ),
    Case(
        "not_falling",
        "Look at the other findings first; else give the network more units, or "
        "inputs that tell more of the target.",
        [gp.Dense(2, "tanh"), gp.Dense(1)],
        X=MANY,
        y=CHANCE,
        loss=SQUARES,
        options={"optimizer": UNTIRED, "epochs": 300},
    ),
    Case(
        "overfitting",
        "Stop where it is lowest, and give more rows or an l2 penalty if that is not "
        "enough.\nnet.fit(X, y, early_stopping=gp.EarlyStopping(patience=5))",
        [gp.Dense(64, "tanh"), gp.Dense(3)],
        y=NOISE,
        options={"validation": 0.3, "epochs": 60},
    ),
]
BY_NAME = {one.condition: one for one in CASES}


def test_every_condition_is_planted_or_is_not_for_lbfgs():
    assert set(BY_NAME) | NEVER == set(CONDITIONS)
    assert not set(BY_NAME) & NEVER
    assert len(BY_NAME) == len(CASES)


WAYS = [(one.condition, "diagnosed") for one in CASES]
WAYS += [(one.condition, "seen") for one in CASES if one.watched]


@pytest.mark.parametrize(("condition", "way"), WAYS)
def test_a_fault_is_found_and_lbfgs_takes_the_change(condition, way):
    case = BY_NAME[condition]
    found = getattr(case, way)()
    assert condition in found.conditions
    assert not NEVER & set(found.conditions)
    proposed = [str(one.change) for one in found if one.condition == condition]
    assert case.change in proposed or (condition, way) == ("not_falling", "diagnosed")
    for one in found:
        text = str(one.change)
        for impossible in ("learning_rate", "schedule", "clip=", "dropout", "Dropout"):
            assert impossible not in text
        assert set(one.change.options) <= {"class_weight", "early_stopping", "loss"}
        trains(case, one.change)


def trains(case, change):
    """Train with the change made: nothing of it is refused."""
    options = {"optimizer": gp.LBFGS(), "batch_size": None, "loss": case.loss}
    options |= {"validation": 0.3, "epochs": 1, "verbose": False}
    layers, told = change.applied(case.layers, options)
    known = {"X": case.X, "y": case.y, "np": np}
    exec(change.data, known)
    try:
        gp.Network(layers).fit(known["X"], known["y"], **told)
    except (DivergenceError, BroadcastError):
        assert not (change.layers or change.first or change.data)


@pytest.mark.parametrize(
    ("layers", "y", "loss"),
    [
        (classifier(), LABELS, CLASSES),
        (classifier("relu"), LABELS, CLASSES),
        (regressor("softplus"), NUMBERS, SQUARES),
        ([gp.Standardize(), gp.Dense(16, "silu"), gp.Dense(1)], NUMBERS, "huber"),
        (
            [gp.Dense(16), gp.BatchNorm(), gp.Activation("elu"), gp.Dense(3)],
            LABELS,
            CLASSES,
        ),
    ],
    ids=["tanh", "relu", "softplus", "silu", "normalized"],
)
def test_healthy_trainings_raise_nothing(layers, y, loss):
    case = Case("", "", layers, y=y, loss=loss)
    for found in (case.diagnosed(), case.seen()):
        assert found.findings == ()


def test_what_is_diagnosed_is_the_optimizer_of_the_last_fit():
    net = gp.Network(classifier(), loss=CLASSES)
    net.fit(X, LABELS, optimizer=gp.LBFGS(), batch_size=None, epochs=3, verbose=False)
    assert net.diagnose(X, LABELS, batch_size=None).looked_at == (
        "layers, start, data and loss",
        "gradients against finite differences",
        "a trial of 300 epochs",
    )
    fresh = gp.Network(classifier(), loss=CLASSES)
    found = fresh.diagnose(X, LABELS, optimizer=gp.LBFGS(), batch_size=None)
    assert found.looked_at == (
        "layers, start, data and loss",
        "gradients against finite differences",
        "a few rows learned by heart",
        "a trial of 300 epochs",
    )


# Where its search leaves what is finite -----------------------------------------------


def diverged(layers, x, y):
    net = gp.Network(layers, loss=SQUARES)
    options = {"optimizer": gp.LBFGS(), "batch_size": None, "epochs": 50}
    message = refusal(DivergenceError, lambda: net.fit(x, y, verbose=False, **options))
    with pytest.raises(DivergenceError) as caught:
        gp.Network(layers, loss=SQUARES).fit(x, y, verbose=False, **options)
    return net, message, caught.value


def steep(z):
    return np.exp(z)


def test_weights_that_are_not_finite_are_those_of_the_search():
    """No operation made them, and they are not those of the first step."""
    net, message, error = diverged([gp.Dense(1, steep)], 100 * X, abs(NUMBERS))
    assert message == (
        "training diverged in epoch 1, step 1: the weights that were to be tried are "
        f"not finite, dense_1.weight first. {KEPT} Standardize the inputs "
        "(gp.Standardize() as first layer), or begin with some epochs of gp.Adam()."
    )
    assert (error.layer, str(error.finding.change)) == ("dense_1", SCALED)
    assert all(np.isfinite(one).all() for one in net.values.values())


def steeper(z):
    return np.exp(60 * z)


def test_weights_that_are_kept_are_not_said_to_be_those_that_went_wrong():
    layers = [gp.Standardize(), gp.Dense(1, steeper)]
    net, message, error = diverged(layers, X, 1e30 * abs(NUMBERS))
    assert message == (
        "training diverged in epoch 2, step 1: the first value that is not finite, a1, "
        f"is infinity, made by exp in the forward pass of layer 'dense_1'. {KEPT} "
        "Begin with some epochs of gp.Adam(), whose steps are small."
    )
    assert str(error.finding.change) == error.cause
    assert error.largest == max(np.abs(one).max() for one in net.values.values()) < 10
