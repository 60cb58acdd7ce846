"""Sick trainings of the second set, with their healthy twins.

Each condition is planted in other ways than in the first set, once in a narrow and once
in a wide network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import glassprop as gp
from diagnose_cases.planting import (
    Pairs,
    as_in,
    changed,
    fewer_of_one,
    necked,
    planted,
    told,
)
from diagnose_cases.tables import table
from diagnose_cases.trainings import counted, dense, training

SMALL, LARGE = (12,), (160, 80)
FAULTS: dict[str, Callable[[], Pairs]] = {}


def fault(plant: Callable[[], Pairs]) -> Callable[[], Pairs]:
    """Add pairs of a sick training and its healthy twin, by the condition's name."""
    FAULTS[plant.__name__] = plant
    return plant


def sick() -> Pairs:
    """Give each planted case with its healthy twin, narrow and wide."""
    return planted(FAULTS, 60)


def crossed(output: Any, y: Any) -> Any:
    """Give the absolute error of a row of numbers against a column."""
    return np.mean(np.abs(output[:, 0] - y), axis=1)


@fault
def broadcasting() -> Pairs:
    twin = training("mass", dense(SMALL, "tanh"), loss="mean_absolute_error")
    yield told(twin, loss=crossed), twin
    twin = training("colours", dense(LARGE, "relu"), loss="huber")
    yield changed(twin, -1, units=1), twin


@fault
def loss_and_output() -> Pairs:
    twin = training("sex", dense(SMALL, "relu"), loss="binary_cross_entropy")
    yield changed(twin, -1, activation="sigmoid"), twin
    twin = training("friedman", dense(LARGE, "relu"))
    yield changed(twin, -1, activation="tanh"), twin


def stopped(output: Any, y: Any) -> Any:
    """Give the squared error with the slope of one factor left out."""
    return np.mean((gp.stop_gradient(output) - y) * (output - y), axis=1)


def straight(z: Any) -> Any:
    """Give tanh(z) with the slope of a straight line."""
    return z + gp.stop_gradient(np.tanh(z) - z)


@fault
def wrong_gradient() -> Pairs:
    twin = training("mass", dense(SMALL, "sigmoid"))
    yield replace(told(twin, loss=stopped), by_hand=as_in(twin, "loss")), twin
    twin = training("quarters", dense(LARGE, "tanh"))
    layers = [*dense(LARGE, straight), twin.layers[-1]]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin


@fault
def not_finite() -> Pairs:
    twin = counted(training("mass", dense(SMALL, "relu"), loss="poisson"))
    yield replace(twin, X=1e4 * twin.X), twin
    twin = training("pixel", dense(LARGE, "leaky_relu"), gp.SGD(0.02))
    yield told(twin, optimizer=gp.SGD(50.0)), twin


@fault
def bad_start() -> Pairs:
    for name, widths, activation, start in (
        ("species", SMALL, "relu", gp.initializers.zeros()),
        ("quarters", LARGE, "gelu", gp.initializers.constant(0.05)),
    ):
        twin = training(name, dense(widths, activation))
        layers = [replace(one, initializer=start) for one in twin.layers]
        yield replace(twin, layers=layers), twin


@fault
def inputs_not_scaled() -> Pairs:
    for name, widths in (("species", SMALL), ("scenes", LARGE)):
        twin = training(name, dense(widths, "tanh"))
        yield replace(twin, X=table(name).X), twin


@dataclass(frozen=True)
class Gain:
    """A factor for each column, which the loss is kept from where it is `held`."""

    held: bool = False

    def parameters(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """Give one factor a column."""
        return {"gain": gp.Parameter(shape, 1.0)}

    def forward(self, p: Any, x: Any, _run: Any) -> Any:
        """Multiply by the factors."""
        return x * (gp.stop_gradient(p["gain"]) if self.held else p["gain"])


@fault
def never_moves() -> Pairs:
    twin = training("mass", dense(SMALL, "sigmoid"))
    twin = replace(twin, y=twin.y + 3)
    yield changed(twin, -1, frozen="bias"), twin
    twin = training("pixel", [Gain(), *dense(LARGE, "relu")])
    case = changed(twin, 0, held=True)
    yield replace(case, by_hand=as_in(twin)), twin


@fault
def imbalance() -> Pairs:
    for name, widths, epochs in (("species", SMALL, 50), ("quarters", LARGE, 15)):
        twin = fewer_of_one(training(name, dense(widths, "relu"), epochs=epochs))
        options = {k: one for k, one in twin.options.items() if k != "class_weight"}
        yield replace(twin, options=options), twin


@fault
def starting_loss() -> Pairs:
    twin = training("moons", dense(SMALL, "tanh"))
    yield changed(twin, -1, weights={"bias": np.array([30.0, -30.0])}), twin
    twin = training("quarters", dense(LARGE, "relu"))
    yield changed(twin, -1, initializer=gp.initializers.uniform(-4.0, 4.0)), twin


@fault
def learning_rate() -> Pairs:
    twin = training("sex", dense(SMALL, "tanh"), gp.Nadam(0.01))
    yield told(twin, optimizer=gp.Nadam(20.0)), twin
    twin = training("scenes", dense(LARGE, "relu"), gp.RMSprop(0.001))
    yield told(twin, optimizer=gp.RMSprop(1e-8)), twin


@fault
def step_size() -> Pairs:
    twin = training("species", dense(SMALL, "tanh"), gp.SGD(0.1, momentum=0.5))
    yield told(twin, optimizer=gp.SGD(200.0, momentum=0.5)), twin
    twin = training("friedman", dense(LARGE, "relu"), gp.Adagrad(0.03))
    yield told(twin, optimizer=gp.Adagrad(1e-7)), twin


@fault
def overshooting() -> Pairs:
    for name, widths, activation, rate in (
        ("sex", SMALL, "softsign", 30.0),
        ("scenes", LARGE, "tanh", 0.5),
    ):
        twin = training(
            name, dense(widths, activation), gp.SGD(0.1), batch_size=None, epochs=300
        )
        yield told(twin, optimizer=gp.SGD(rate)), twin


@fault
def saturation() -> Pairs:
    twin = training("species", dense(SMALL, "sigmoid"))
    far = 30.0 * np.where(np.arange(SMALL[0]) % 2, 1, -1)
    yield changed(twin, 0, weights={"bias": far}), twin
    twin = training("pixel", dense(LARGE, "sigmoid"))
    layers = dense(LARGE, "sigmoid", initializer=gp.initializers.uniform(-20.0, 20.0))
    yield replace(twin, layers=[*layers, twin.layers[-1]]), twin


@fault
def dead_units() -> Pairs:
    twin = training("friedman", dense(SMALL, "relu"))
    off = np.where(np.arange(SMALL[0]) < 10, -20.0, 0.0)
    yield changed(twin, 0, weights={"bias": off}), twin
    twin = training("friedman", dense(LARGE, "relu6"))
    yield changed(twin, 0, weights={"bias": np.full(LARGE[0], 40.0)}), twin


@fault
def vanishing_gradient() -> Pairs:
    twin = training("species", dense((6,) * 9, "tanh"), epochs=80)
    layers = [*dense((6,) * 9, "sigmoid"), twin.layers[-1]]
    yield replace(twin, layers=layers), twin
    twin = training("friedman", dense((64,) * 7, "tanh"), gp.Adam(0.002))
    small = gp.initializers.normal(stddev=0.005)
    layers = [*dense((64,) * 7, "tanh", initializer=small), twin.layers[-1]]
    yield replace(twin, layers=layers), twin


@fault
def constant_output() -> Pairs:
    twin = training("sex", dense(SMALL, "tanh"))
    yield changed(twin, 0, weights={"bias": np.full(SMALL[0], 40.0)}), twin
    twin = training("mass", dense(LARGE, "elu"))
    yield changed(twin, 0, weights={"bias": np.full(LARGE[0], -60.0)}), twin


@fault
def cannot_overfit() -> Pairs:
    for widths in (SMALL, LARGE):
        twin = necked(training("colours", dense(widths, "relu")), widths[-1])
        yield changed(twin, -2, units=1), twin


@fault
def not_falling() -> Pairs:
    twin = training("moons", dense(SMALL, "relu"))
    yield told(twin, optimizer=gp.Adam(1e-9)), twin
    twin = training("pixel", dense(LARGE, "relu"), gp.SGD(0.01, momentum=0.5))
    yield told(twin, optimizer=gp.SGD(1e-8, momentum=0.5)), twin


@fault
def overfitting() -> Pairs:
    for name, widths, rows in (("sex", SMALL, 100), ("scenes", LARGE, 200)):
        case = training(name, dense(widths, "relu"), epochs=300, validation=0.5)
        wrong = np.random.default_rng(5).random(rows) < 1 / 8
        y = np.where(wrong, 1 - case.y[:rows], case.y[:rows])
        case = replace(case, X=case.X[:rows], y=y)
        yield case, told(case, early_stopping=gp.EarlyStopping(30))
