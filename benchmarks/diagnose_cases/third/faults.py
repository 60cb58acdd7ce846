"""Sick trainings of the third set, with their twins: what was set up wrongly.

Each condition is planted in a narrow network, in a wide one, and in one of another
kind: deeper, linear, or with layers and losses of the user's own. What goes wrong in
the course of a training is in ``trainings.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import glassprop as gp
from diagnose_cases.planting import Pairs, as_in, changed, fewer_of_one, told
from diagnose_cases.tables import table
from diagnose_cases.trainings import counted, dense, training

SMALL, LARGE, DEEP = (10,), (192, 96), (20, 20, 20)


def smooth(output: Any, y: Any) -> Any:
    """Give sqrt(1 + error ** 2) - 1: squares near 0, absolute errors far out."""
    return np.mean(np.sqrt(1 + (output - y) ** 2) - 1, axis=1)


def broadcasting() -> Pairs:
    twin = training("flipper", dense((6,), "softsign"), loss="huber")
    yield replace(twin, y=twin.y[:, 0]), twin
    twin = training("swiss", dense((128, 64), "gelu"), loss=smooth)
    yield replace(twin, y=twin.y[:, 0]), twin
    twin = training("bills", dense((24,) * 3, "silu"), loss="log_cosh")
    yield changed(twin, -1, units=1), twin


def loss_and_output() -> Pairs:
    twin = training("blocks", dense(SMALL, "tanh"), loss="focal")
    yield changed(twin, -1, activation="softmax"), twin
    twin = training("impedance", dense(LARGE, "relu"), loss="huber")
    yield changed(twin, -1, activation="relu"), twin
    twin = training("petal", dense(DEEP, "elu"), loss="mean_absolute_error")
    layers = [*twin.layers, gp.Activation("sigmoid")]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin


def gated(z: Any) -> Any:
    """Give z * sigmoid(1.7 * z), near to gelu."""
    return z * gp.sigmoid(1.7 * z)


def half_gated(z: Any) -> Any:
    """Give the same, with the slope of one factor left out."""
    return gp.stop_gradient(z) * gp.sigmoid(1.7 * z)


def against(z: Any) -> Any:
    """Give tanh(z) with the slope of -z: a straight-through estimator, sign lost."""
    return gp.stop_gradient(np.tanh(z) + z) - z


def scored(output: Any, y: Any) -> Any:
    """Give the cross entropy of one-hot rows."""
    return gp.logsumexp(output, axis=1) - np.sum(y * output, axis=1)


def half_scored(output: Any, y: Any) -> Any:
    """Give the same, with the slope of the sum over classes left out."""
    total = gp.stop_gradient(gp.logsumexp(output, axis=1))
    return total - np.sum(y * output, axis=1)


def wrong_gradient() -> Pairs:
    twin = training("mixtures", dense((9, 9), gated), gp.SGD(0.1))
    layers = [*dense((9, 9), half_gated), twin.layers[-1]]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin
    twin = training("blocks", dense(LARGE, "relu"), loss=scored)
    twin = replace(twin, y=np.eye(twin.layers[-1].units)[twin.y])
    yield replace(told(twin, loss=half_scored), by_hand=as_in(twin, "loss")), twin
    twin = training("impedance", dense(DEEP, "tanh"))
    layers = [*dense(DEEP, against), twin.layers[-1]]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin


def relative(output: Any, y: Any) -> Any:
    """Give the error as a part of the target, which may be 0."""
    return np.mean(np.abs(output - y) / y, axis=1)


def relative_to_more(output: Any, y: Any) -> Any:
    """Give the error as a part of the target and 1."""
    return np.mean(np.abs(output - y) / (1 + y), axis=1)


def logarithm(x: Any) -> Any:
    return np.log(x)


def logarithm_of_more(x: Any) -> Any:
    return np.log(1 + x)


def not_finite() -> Pairs:
    twin = counted(training("flipper", dense(SMALL, "tanh"), loss=relative_to_more))
    yield replace(told(twin, loss=relative), by_hand=as_in(twin, "loss")), twin
    slow = gp.SGD(0.005, momentum=0.9, nesterov=True)
    twin = training("swiss", dense(LARGE, "relu"), slow)
    yield told(twin, optimizer=gp.SGD(2.0, momentum=0.95, nesterov=True)), twin
    twin = training("strokes", [gp.Lambda(logarithm_of_more), *dense(DEEP, "tanh")])
    twin = replace(twin, X=table("strokes").X)
    layers = [gp.Lambda(logarithm), *twin.layers[1:]]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin


def bad_start() -> Pairs:
    twin = training("cultivar", dense((8,), "tanh"))
    same = [{"weight": np.full(shape, 0.2)} for shape in ((5, 8), (8, 3))]
    case = changed(changed(twin, 0, weights=same[0]), 1, weights=same[1])
    yield case, twin
    for name, widths, start in (
        ("blocks", (256, 128), gp.initializers.uniform(0.0, 1.0)),
        ("swiss", (40,) * 7, gp.initializers.normal(stddev=0.005)),
    ):
        twin = training(name, dense(widths, "relu"), gp.Adam(0.002))
        layers = [replace(one, initializer=start) for one in twin.layers]
        yield replace(twin, layers=layers), twin


def inputs_not_scaled() -> Pairs:
    for name, hidden, optimizer in (
        ("impedance", dense((7,), "elu"), gp.Adam(0.01)),
        ("tumour", dense((200, 50), "sigmoid"), gp.RMSprop(0.001)),
        ("profiles", dense((30,) * 3, "relu6"), gp.SGD(0.05)),
    ):
        twin = training(name, hidden, optimizer)
        yield replace(twin, X=table(name).X), twin


def never_moves() -> Pairs:
    twin = training("circles", dense((8,), "tanh"))
    layers = [replace(one, bias=False) for one in twin.layers]
    yield replace(twin, layers=layers), twin
    twin = training("blocks", dense((4, *LARGE), "relu"))
    first, *others = twin.layers
    layers = [first, gp.Lambda(gp.stop_gradient), *others]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin
    twin = training("tint", [], gp.SGD(0.05))
    twin = replace(twin, y=twin.y + 5)
    yield changed(twin, -1, frozen="bias"), twin


def imbalance() -> Pairs:
    for twin in (
        training("mixtures", dense((12,), "tanh"), epochs=25),
        training("tumour", dense(LARGE, "relu"), gp.Adam(0.0005), epochs=6),
        training("island", [], gp.SGD(0.02), epochs=15),
    ):
        weighed = fewer_of_one(twin)
        yield replace(weighed, options=twin.options), weighed


def starting_loss() -> Pairs:
    twin = training("petal", dense(SMALL, "tanh"), epochs=20)
    yield changed(twin, -1, weights={"bias": np.array([25.0])}), twin
    twin = training("blocks", dense((512,), "softplus"), epochs=10)
    yield changed(twin, -1, initializer=gp.initializers.normal(stddev=1.0)), twin
    twin = training(
        "profiles", dense(DEEP, "silu"), loss="binary_cross_entropy", epochs=5
    )
    yield changed(twin, -1, initializer=gp.initializers.uniform(-50.0, 50.0)), twin


FAULTS = {
    one.__name__: one
    for one in (
        broadcasting,
        loss_and_output,
        wrong_gradient,
        not_finite,
        bad_start,
        inputs_not_scaled,
        never_moves,
        imbalance,
        starting_loss,
    )
}
