"""Sick trainings of the third set, with their twins: what goes wrong in training.

Each condition is planted in a narrow network, in a wide one, and in one of another
kind, as in ``faults.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import glassprop as gp
from diagnose_cases.planting import (
    Pairs,
    as_in,
    changed,
    fewer,
    necked,
    planted,
    told,
)
from diagnose_cases.tables import table
from diagnose_cases.third import faults
from diagnose_cases.third.faults import DEEP, LARGE, SMALL
from diagnose_cases.trainings import dense, training

BINARY = "binary_cross_entropy"


def sick() -> Pairs:
    """Give each planted case with its healthy twin."""
    return planted({**faults.FAULTS, **FAULTS}, 300)


def learning_rate() -> Pairs:
    twin = training("island", dense(SMALL, "softsign"), gp.Adagrad(0.05))
    yield told(twin, optimizer=gp.Adagrad(1e-5)), twin
    twin = training("swiss", dense(LARGE, "gelu"), gp.AdamW(0.002))
    yield told(twin, optimizer=gp.AdamW(2.0)), twin
    twin = training(
        "growth", dense((20,) * 5, "tanh"), gp.Lion(0.001), loss="mean_absolute_error"
    )
    yield told(twin, optimizer=gp.Lion(1e-7)), twin


def step_size() -> Pairs:
    twin = training("serum", dense(SMALL, "relu"), gp.RMSprop(0.005))
    yield told(twin, optimizer=gp.RMSprop(5e-8)), twin
    twin = training("blocks", dense(LARGE, "tanh"), gp.SGD(0.1))
    yield told(twin, optimizer=gp.SGD(500.0)), twin
    twin = training("bills", dense((16,) * 4, "elu"), gp.AdamW(0.005), loss="huber")
    yield told(twin, optimizer=gp.AdamW(8.0)), twin


def overshooting() -> Pairs:
    whole = {"batch_size": None, "epochs": 200}
    twin = training("mixtures", dense(SMALL, "tanh"), gp.SGD(0.5), **whole)
    yield told(twin, optimizer=gp.SGD(20.0)), twin
    twin = training("blocks", dense((160,), "tanh"), gp.SGD(0.2), **whole)
    yield told(twin, optimizer=gp.SGD(10.0)), twin
    twin = training("tint", [], gp.SGD(0.05), **whole)
    yield told(twin, optimizer=gp.SGD(0.216)), twin


def saturation() -> Pairs:
    for name, widths, activation, layers, width in (
        ("mixtures", SMALL, "sigmoid", (0,), 25.0),
        ("swiss", LARGE, "tanh", (0, 1), 20.0),
        ("impedance", DEEP, "tanh", (1,), 30.0),
    ):
        twin = case = training(name, dense(widths, activation))
        for at in layers:
            start = gp.initializers.normal(stddev=width)
            case = changed(case, at, initializer=start)
        yield case, twin


def dead_units() -> Pairs:
    twin = training("flipper", dense((10, 10), "relu"))
    yield changed(twin, 1, weights={"bias": np.full(10, -25.0)}), twin
    twin = training("blocks", dense((256,), "relu"))
    off = np.where(np.arange(256) < 250, -30.0, 0.0)
    yield changed(twin, 0, weights={"bias": off}), twin
    twin = training("profiles", dense((20,) * 4, "relu"), loss=BINARY)
    yield changed(twin, 2, weights={"bias": np.full(20, -40.0)}), twin


def faint(z: Any) -> Any:
    """Give tanh(z) / 4."""
    return np.tanh(z) / 4


def vanishing_gradient() -> Pairs:
    for name, widths, activation, healthy, optimizer in (
        ("cultivar", (5,) * 8, "sigmoid", "tanh", gp.SGD(0.1)),
        ("swiss", (100,) * 7, "sigmoid", "tanh", gp.Adam(0.001)),
        ("tumour", (20,) * 8, faint, "tanh", gp.SGD(0.05, momentum=0.9)),
    ):
        twin = training(name, dense(widths, healthy), optimizer)
        layers = [*dense(widths, activation), twin.layers[-1]]
        yield replace(twin, layers=layers), twin


def up_to_ten(x: Any) -> Any:
    return np.clip(x, 0, 10)


def up_to_one(x: Any) -> Any:
    return np.clip(x, 0, 1)


def constant_output() -> Pairs:
    twin = training("flipper", dense((14,), "gelu"))
    yield changed(twin, 0, weights={"bias": np.full(14, -50.0)}), twin
    twin = training("mixtures", dense(LARGE, "relu"), epochs=15)
    layers = [gp.Scale(1e-8), *twin.layers]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin
    twin = training("petal", [gp.Lambda(up_to_ten), *dense(DEEP, "tanh")])
    twin = replace(twin, X=table("petal").X)
    layers = [gp.Lambda(up_to_one), *twin.layers[1:]]  # where all are above 1
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin


def cannot_overfit() -> Pairs:
    twin = necked(training("blocks", dense(SMALL, "relu")), 10)
    yield changed(twin, -2, units=1), twin
    twin = necked(training("strokes", dense(LARGE, "gelu")), 24)
    yield changed(twin, -2, units=1), twin
    twin = training("circles", dense((16,), "relu"), loss=BINARY)
    case = replace(twin, layers=twin.layers[-1:])  # no curve divides a plane like it
    yield replace(case, by_hand=as_in(twin)), twin


def not_falling() -> Pairs:
    twin = training("flipper", dense(SMALL, "relu"), gp.Adam(0.1))
    twin = replace(twin, y=twin.y + 15)  # as degrees may be, or years
    yield told(twin, optimizer=gp.Adam(0.001)), twin
    fast = gp.SGD(0.02, momentum=0.9, nesterov=True)
    twin = training("profiles", dense(LARGE, "elu"), fast, loss=BINARY)
    yield told(twin, optimizer=replace(fast, learning_rate=1e-7)), twin
    twin = training("impedance", dense(DEEP, "silu"), gp.SGD(0.05))
    yield told(twin, clip=1e-6), twin


def overfitting() -> Pairs:
    long = {"epochs": 250, "validation": 0.5}
    for case in (
        fewer(training("progress", dense((16,), "tanh"), **long), 160),
        training("many", dense(LARGE, "relu"), **long),
        fewer(training("strokes", dense((48, 48, 48), "gelu"), **long), 100),
    ):
        yield case, told(case, early_stopping=gp.EarlyStopping(30))


FAULTS = {
    one.__name__: one
    for one in (
        learning_rate,
        step_size,
        overshooting,
        saturation,
        dead_units,
        vanishing_gradient,
        constant_output,
        cannot_overfit,
        not_falling,
        overfitting,
    )
}
