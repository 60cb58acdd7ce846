"""Sick trainings of the fourth set, with their twins: what goes wrong in training.

Each condition is planted in a narrow network, in a wide one, and in one or two of
another kind, as in ``faults.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import glassprop as gp
from diagnose_cases.fourth import faults
from diagnose_cases.fourth.faults import BINARY
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
from diagnose_cases.trainings import dense, training
from glassprop import schedules


def sick() -> Pairs:
    """Give each planted case with its healthy twin."""
    return planted({**faults.FAULTS, **FAULTS}, 500)


# Rates --------------------------------------------------------------------------------


def learning_rate() -> Pairs:
    twin = training("shades", dense((6,), "tanh"), gp.Adam(0.02), loss=BINARY)
    yield told(twin, optimizer=gp.Adam(10.0)), twin
    twin = training("echoes", dense((144, 72), "gelu"), gp.Nadam(0.001))
    yield told(twin, optimizer=gp.Nadam(1e-7)), twin
    twin = training("clouds", dense((16,) * 4, "elu"), gp.SGD(0.02, momentum=0.9))
    yield told(twin, optimizer=gp.SGD(2e-6, momentum=0.9)), twin
    twin = training("flavanoids", dense((10,), "silu"), gp.RMSprop(0.005))
    yield told(twin, optimizer=gp.RMSprop(3.0)), twin


def step_size() -> Pairs:
    fast = gp.SGD(0.05, momentum=0.8)
    twin = training("sepal", dense((8,), "tanh"), fast)
    yield told(twin, optimizer=replace(fast, learning_rate=1e-6)), twin
    twin = training("widths", dense((300,), "relu"), gp.AdamW(0.001), epochs=30)
    yield told(twin, optimizer=gp.AdamW(1e-8)), twin
    twin = training("plane", [], gp.Lion(0.01), loss="half_squared_error")
    yield told(twin, optimizer=gp.Lion(2.0)), twin


def overshooting() -> Pairs:
    whole = {"batch_size": None, "epochs": 200}
    twin = training("curve", dense((10,), "tanh"), gp.SGD(0.5), loss="huber", **whole)
    yield told(twin, optimizer=gp.SGD(2.5)), twin
    twin = training(
        "altitude", dense((160,), "elu"), gp.SGD(0.005), loss="log_cosh", **whole
    )
    yield told(twin, optimizer=gp.SGD(0.8)), twin
    twin = training("plane", [], gp.SGD(0.02), loss="mean_absolute_error", **whole)
    yield told(twin, optimizer=gp.SGD(8.0)), twin
    twin = training(
        "pendulum",
        dense((12, 12), "softsign"),
        gp.SGD(0.05),
        loss="mean_absolute_error",
        batch_size=64,
    )
    yield told(twin, optimizer=gp.SGD(3.0)), twin


# Units --------------------------------------------------------------------------------


def saturation() -> Pairs:
    twin = training("altitude", dense((10,), "tanh"))
    start = gp.initializers.normal(stddev=10.0)
    yield changed(twin, 0, initializer=start), twin
    twin = training("echoes", dense((180, 90), "tanh"), gp.Adam(0.001), epochs=30)
    case = twin
    for at in (0, 1):  # as of np.random.randn, which does not know how many inputs
        start = gp.initializers.normal(stddev=1.0)
        case = changed(case, at, initializer=start)
    yield case, twin
    twin = case = training("curve", dense((24,) * 3, "sigmoid"), gp.Adam(0.01))
    for at in range(3):
        start = gp.initializers.uniform(-60.0, 60.0)
        case = changed(case, at, initializer=start)
    yield case, twin


def dead_units() -> Pairs:
    twin = training("phase", dense((16,), "relu"))
    off = np.where(np.arange(16) < 15, -15.0, 0.0)
    yield changed(twin, 0, weights={"bias": off}), twin
    twin = training("halves", dense((240,), "relu"), epochs=30)
    twin = replace(twin, X=table("halves").X / 16)
    shape = (twin.X.shape[1], 240)
    weight = np.random.default_rng(82).uniform(-0.3, 0.0, shape)  # inputs are positive
    weight[:, :10] *= -1
    yield changed(twin, 0, weights={"weight": weight}), twin
    twin = training("lorenz", dense((32,) * 3, "relu6"), gp.Adam(0.003))
    off = np.where(np.arange(32) < 31, -30.0, 0.0)
    yield changed(twin, 1, weights={"bias": off}), twin


def _ten_deep(name: str, width: int, right: Any, wrong: Any, **more: Any) -> Pairs:
    twin = training(name, dense((width,) * 10, right), **more)
    yield replace(twin, layers=[*dense((width,) * 10, wrong), twin.layers[-1]]), twin


def vanishing_gradient() -> Pairs:
    yield from _ten_deep("sepal", 6, "tanh", "sigmoid", optimizer=gp.SGD(0.05))
    yield from _ten_deep("hues", 128, "elu", "sigmoid", optimizer=gp.Adam(0.0005))
    yield from _ten_deep("worst", 16, "tanh", "hard_sigmoid", optimizer=gp.SGD(0.1))


def centred(x: Any) -> Any:
    """Give rows less their mean, which of one column leaves nothing."""
    return x - np.mean(x, axis=1, keepdims=True)


def centred_once(x: Any) -> Any:
    return x - 9


def whole_parts(x: Any) -> Any:
    """Give x // 256, which leaves nothing of a byte."""
    return np.floor(x / 256)


def parts(x: Any) -> Any:
    return x / 256


def constant_output() -> Pairs:
    twin = training("tide", [gp.Lambda(centred_once), *dense((14,), "tanh")])
    twin = replace(twin, X=table("tide").X)
    layers = [gp.Lambda(centred), *twin.layers[1:]]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin
    twin = training("bold", [gp.Lambda(parts), *dense((150, 75), "elu")])
    twin = replace(twin, X=table("bold").X)
    layers = [gp.Lambda(whole_parts), *twin.layers[1:]]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin
    twin = training("gas", dense((18,) * 3, "gelu"))
    held = gp.constraints.MaxNorm(1e-4)  # a penalty's number, where lengths belong
    layers = [replace(one, constraint=held) for one in twin.layers]
    yield replace(twin, layers=layers, by_hand=as_in(twin)), twin


# Learning -----------------------------------------------------------------------------


def cannot_overfit() -> Pairs:
    twin = training("chess", dense((24,), "elu"), gp.Adam(0.02))
    case = replace(twin, layers=[*dense((24,), "identity"), twin.layers[-1]])
    yield replace(case, by_hand=as_in(twin)), twin
    twin = training("tide", dense((160, 80), "tanh"), gp.Adam(0.003))
    case = replace(twin, layers=[*dense((160, 80), "identity"), twin.layers[-1]])
    yield replace(case, by_hand=as_in(twin)), twin
    twin = necked(training("lorenz", dense((20, 20), "gelu")), 12)
    yield changed(twin, -2, units=1), twin


def not_falling() -> Pairs:
    twin = training("clouds", dense((4,), "tanh"), gp.Adam(0.01))
    lost = np.random.default_rng(83).permutation(twin.y)

    def by_hand(layers: Any, options: Any, _y: Any) -> Any:
        return layers, options, twin.y

    yield replace(twin, y=lost, by_hand=by_hand), twin
    slow = schedules.Warmup(3)
    twin = training("tissue", dense((140, 70), "relu"), gp.Adam(0.002), schedule=slow)
    case = told(twin, schedule=schedules.Warmup(5_000_000))  # steps, not epochs
    yield replace(case, by_hand=as_in(twin, "schedule")), twin
    ends = {"schedule": schedules.Step(200, 0.1)}
    twin = training("dents", dense((16,) * 3, "elu"), gp.Adagrad(0.002), **ends)
    case = told(twin, schedule=schedules.Step(1, 0.1))  # epochs, not steps
    yield replace(case, by_hand=as_in(twin, "schedule")), twin


def overfitting() -> Pairs:
    long = {"epochs": 250, "validation": 0.5}
    for case in (
        training("faint_clouds", dense((24,), "relu"), **long),
        training("shades", dense((200, 100), "relu"), **long),
        training("sepal", dense((32,) * 3, "gelu"), **long),
        fewer(training("letters", dense((32,) * 3, "silu"), **long), 600),
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
