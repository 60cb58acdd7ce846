"""Sick trainings of the fourth set, with their twins: what was set up wrongly.

Each condition is planted in a narrow network, in a wide one, and in one or two of
another kind: deeper, with layers and losses of the user's own, or of few rows. What
goes wrong in the course of a training is in ``trainings.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import glassprop as gp
from diagnose_cases.case import Case
from diagnose_cases.planting import Pairs, as_in, changed, told
from diagnose_cases.tables import table
from diagnose_cases.trainings import counted, dense, training

BINARY = "binary_cross_entropy"


# Losses and targets -------------------------------------------------------------------


def quartic(output: Any, y: Any) -> Any:
    """Give the fourth power of the error."""
    return np.mean((output - y) ** 4, axis=1)


def first_column(x: Any) -> Any:
    return x[:, 0]


def broadcasting() -> Pairs:
    twin = training("index", dense((9,), "silu"), loss=quartic)
    yield replace(twin, y=twin.y[:, 0]), twin
    twin = training("lorenz", dense((240,), "tanh"), gp.AdamW(0.003))
    yield changed(twin, -1, units=1), twin
    twin = training("pendulum", dense((18,) * 3, "gelu"), gp.Nadam(0.003))
    case = replace(twin, layers=[*twin.layers, gp.Lambda(first_column)])
    yield replace(case, by_hand=as_in(twin)), twin


def loss_and_output() -> Pairs:
    twin = training(
        "hues", dense((11,), "elu"), gp.SGD(0.1), loss="smoothed_cross_entropy"
    )
    yield changed(twin, -1, activation="softmax"), twin
    twin = training("gas", dense((320,), "gelu"), gp.Adam(0.001))
    yield changed(twin, -1, activation="softplus"), twin
    twin = training("plane", dense((24,) * 3, "relu"), gp.RMSprop(0.001))
    yield changed(twin, -1, activation="sigmoid"), twin
    twin = training("coast", [], gp.Adam(0.02), loss="hinge")
    yield changed(twin, -1, activation="sigmoid"), twin


# Gradients ----------------------------------------------------------------------------


def _with_slope(value: Any, z: Any, slope: Any) -> Any:
    """Give a value whose slope in z is said by hand."""
    return gp.stop_gradient(value - slope * z) + gp.stop_gradient(slope) * z


def tanh_of(z: Any) -> Any:
    a = np.tanh(z)
    return _with_slope(a, z, 1 - a**2)


def tanh_by_sum(z: Any) -> Any:
    """Give tanh(z) with 1 - z ** 2 for its slope, where the value belongs."""
    return _with_slope(np.tanh(z), z, 1 - z**2)


def logistic(z: Any) -> Any:
    a = gp.sigmoid(z)
    return _with_slope(a, z, a * (1 - a))


def logistic_by_sum(z: Any) -> Any:
    """Give sigmoid(z) with z * (1 - z) for its slope, where the value belongs."""
    return _with_slope(gp.sigmoid(z), z, z * (1 - z))


def rectified(z: Any) -> Any:
    return _with_slope(np.maximum(z, 0), z, np.where(z > 0, 1.0, 0.0))


def rectified_unmasked(z: Any) -> Any:
    """Give relu(z) with the slope of a straight line."""
    return _with_slope(np.maximum(z, 0), z, np.ones_like(z))


def pinball(output: Any, y: Any) -> Any:
    """Give the error, where it is too low weighed twice."""
    error = y - output
    return np.mean(np.where(error > 0, 2 * error, -error), axis=1)


def pinball_from_below(output: Any, y: Any) -> Any:
    """Give the same, without a slope where the output is too high."""
    error = y - output
    over = gp.stop_gradient(-error)
    return np.mean(np.where(error > 0, 2 * error, over), axis=1)


def wrong_gradient() -> Pairs:
    for name, widths, right, wrong, optimizer in (
        ("chess", (16,), tanh_of, tanh_by_sum, gp.Adam(0.02)),
        ("letters", (128, 64), logistic, logistic_by_sum, gp.Adam(0.003)),
        ("reactor", (20,) * 4, rectified, rectified_unmasked, gp.Adam(0.003)),
    ):
        twin = training(name, dense(widths, right), optimizer)
        layers = [*dense(widths, wrong), twin.layers[-1]]
        yield replace(twin, layers=layers, by_hand=as_in(twin)), twin
    twin = training("plane", [], gp.Adagrad(0.1), loss=pinball)
    case = told(twin, loss=pinball_from_below)
    yield replace(case, by_hand=as_in(twin, "loss")), twin


# Not finite ---------------------------------------------------------------------------


def directions(x: Any) -> Any:
    """Give rows of length 1; some are 0."""
    return x / np.sqrt(np.sum(x**2, axis=1, keepdims=True))


def directions_with_room(x: Any) -> Any:
    return x / (1 + np.sqrt(np.sum(x**2, axis=1, keepdims=True)))


def logarithmic(output: Any, y: Any) -> Any:
    """Give the squared error of logarithms, which need more than -1."""
    return np.mean((np.log1p(output) - np.log1p(y)) ** 2, axis=1)


def logarithmic_of_positive(output: Any, y: Any) -> Any:
    return np.mean((np.log1p(gp.softplus(output)) - np.log1p(y)) ** 2, axis=1)


def valley(z: Any) -> Any:
    """Give exp(z * z), with the sign of a hill forgotten."""
    return np.exp(z * z)


def hill(z: Any) -> Any:
    return np.exp(-z * z)


def root(x: Any) -> Any:
    return np.sqrt(x) - 2


def root_of_more(x: Any) -> Any:
    return np.sqrt(4 + x) - 2


def not_finite() -> Pairs:
    twin = training("tissue", [gp.Lambda(directions_with_room), *dense((8,), "relu")])
    twin = replace(twin, X=table("tissue").X / 30000)
    layers = [gp.Lambda(directions), *twin.layers[1:]]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin
    twin = training(
        "gas", dense((256,), "relu"), gp.SGD(0.02), loss=logarithmic_of_positive
    )
    twin = counted(twin)
    yield replace(told(twin, loss=logarithmic), by_hand=as_in(twin, "loss")), twin
    twin = training("damping", dense((24,) * 3, hill), gp.Adam(0.01))
    layers = [*dense((24,) * 3, valley), twin.layers[-1]]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin
    twin = training("sepal", [gp.Lambda(root_of_more), *dense((12,), "tanh")])
    layers = [gp.Lambda(root), *twin.layers[1:]]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin


# Start --------------------------------------------------------------------------------


def bad_start() -> Pairs:
    twin = training("spirals", dense((12,), "tanh"), gp.Adam(0.02))
    ones = [{"weight": np.ones(shape)} for shape in ((2, 12), (12, 3))]
    yield changed(changed(twin, 0, weights=ones[0]), 1, weights=ones[1]), twin
    twin = training("halves", dense((200, 100), "silu"), gp.Adam(0.001), epochs=20)
    layers = [replace(one, initializer=gp.initializers.zeros()) for one in twin.layers]
    yield replace(twin, layers=layers), twin
    twin = training("flight", dense((20,) * 3, "elu"), gp.SGD(0.05))
    column = np.random.default_rng(81).normal(size=(3, 1))
    same = [np.tile(column, (1, 20))]
    same += [np.full((20, units), 1 / 20) for units in (20, 20, 2)]  # means
    layers = [
        replace(one, weights={"weight": weight})
        for one, weight in zip(twin.layers, same, strict=True)
    ]
    yield replace(twin, layers=layers), twin
    twin = training("clouds", dense((32,) * 4, "relu"), gp.SGD(0.05))
    case = twin
    for at, deviation in enumerate((4.0, 0.0005, 4.0, 0.0005)):
        start = gp.initializers.normal(stddev=deviation)
        case = changed(case, at, initializer=start)
    yield case, twin


def starting_loss() -> Pairs:
    twin = training("bold", dense((12,), "tanh"), gp.SGD(0.05), loss=BINARY, epochs=15)
    yield changed(twin, -1, initializer=gp.initializers.normal(stddev=12.0)), twin
    twin = training("letters", dense((384,), "elu"), gp.SGD(0.01), epochs=10)
    start = {"bias": np.linspace(-20.0, 20.0, 8)}
    yield changed(twin, -1, weights=start), twin
    twin = training(
        "lorenz",
        dense((24,) * 4, "relu"),
        gp.Adam(0.003),
        loss="mean_absolute_error",
        epochs=8,
    )
    yield changed(twin, -1, initializer=gp.initializers.normal(stddev=10.0)), twin


# Data ---------------------------------------------------------------------------------


def inputs_not_scaled() -> Pairs:
    for name, hidden, optimizer in (
        ("reactor", dense((9,), "tanh"), gp.Adam(0.01)),
        ("gas", dense((256,), "sigmoid"), gp.Adam(0.002)),
        ("index", dense((16,) * 3, "silu"), gp.AdamW(0.003)),
        ("worst", [], gp.SGD(0.05)),
    ):
        twin = training(name, hidden, optimizer)
        yield replace(twin, X=table(name).X), twin


def _rare(case: Case, rare: int, part: int) -> Case:
    """Give a training whose twin weighs a class of which a part of the rows is left."""
    few = np.flatnonzero(case.y == rare)
    kept = np.sort(np.append(np.flatnonzero(case.y != rare), few[: len(few) // part]))
    case = told(case, class_weight="balanced")
    return replace(case, X=case.X[kept], y=case.y[kept])


def imbalance() -> Pairs:
    for twin in (
        _rare(training("triangles", dense((14,), "elu"), gp.Adam(0.02)), 0, 10),
        _rare(training("coast", dense((160,), "relu"), epochs=8), 0, 12),
        _rare(training("spirals", dense((20, 20), "gelu"), epochs=12), 2, 12),
    ):
        options = {k: one for k, one in twin.options.items() if k != "class_weight"}
        yield replace(twin, options=options), twin


# What stays ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Shifted:
    """Columns times a factor and shifted, where the shift is not left out by mistake.

    Parameters
    ----------
    units : int
    complete : bool
    """

    units: int
    complete: bool = True

    def parameters(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """Give the weights of a layer, and one shift a unit."""
        return {
            "weight": gp.Parameter((*shape, self.units), "glorot_uniform"),
            "shift": gp.Parameter((self.units,), 0.0),
        }

    def forward(self, p: Any, x: Any, _run: Any) -> Any:
        """Multiply, and add the shift."""
        z = x @ p["weight"]
        return z + p["shift"] if self.complete else z


def never_moves() -> Pairs:
    twin = training("tide", dense((14,), "tanh"), gp.Adam(0.02), epochs=100)
    yield changed(twin, 0, frozen="bias"), twin
    twin = training("halves", dense((8, 192), "relu"), gp.Adam(0.003), epochs=30)
    yield changed(twin, 0, frozen=True), twin
    twin = training("altitude", [Shifted(10), gp.Activation("relu"), Shifted(1)])
    twin = replace(twin, layers=twin.layers[:-1], y=twin.y + 4)
    layers = [*twin.layers[:-1], Shifted(1, complete=False)]
    layers[0] = Shifted(10, complete=False)
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin


FAULTS = {
    one.__name__: one
    for one in (
        broadcasting,
        loss_and_output,
        wrong_gradient,
        not_finite,
        bad_start,
        starting_loss,
        inputs_not_scaled,
        imbalance,
        never_moves,
    )
}
