"""Sick trainings of the first set, with their healthy twins.

A sick one is a healthy twin with one thing made wrong, in a narrow and in a wide
network, on two data sets each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import glassprop as gp
from diagnose_cases.case import Case
from diagnose_cases.first.healthy import WIDE, base
from diagnose_cases.planting import fewer_of_one, necked
from diagnose_cases.trainings import NUMBERS

NARROW = 8
SETS = (("iris", "digits", "diabetes"), ("wine", "cancer", "alcohol"))
Plant = Callable[[Case, int], Case]
FAULTS: dict[str, Plant] = {}


def fault(plant: Plant) -> Plant:
    """Add a fault under the name of the condition."""
    FAULTS[plant.__name__] = plant
    return plant


def sick() -> Iterator[tuple[Case, Case]]:
    """Give each planted case with its healthy twin: narrow and wide, twice each."""
    for condition, plant in FAULTS.items():
        for small, large, numbers in SETS:
            for name, width in ((small, NARROW), (large, WIDE)):
                asked = condition in FOR_NUMBERS and width == WIDE
                chosen = numbers if asked or condition == "overshooting" else name
                if condition == "cannot_overfit" and name == "cancer":
                    chosen = small  # two classes pass through one unit
                twin = base(chosen, width, **OPTIONS.get(condition, {}))
                if condition in TWINS:
                    twin = TWINS[condition](twin)
                case = plant(twin, width)
                yield replace(case, condition=condition), twin


FOR_NUMBERS = ("loss_and_output", "overshooting", "not_finite")
OPTIONS: dict[str, dict[str, Any]] = {
    "overshooting": {"optimizer": gp.SGD(0.1), "batch_size": None, "epochs": 300},
    "step_size": {"optimizer": gp.SGD(0.1)},
    "not_falling": {"optimizer": gp.SGD(0.1)},
    "not_finite": {"optimizer": gp.SGD(0.1)},
    "vanishing_gradient": {"epochs": 60},
    "overfitting": {"epochs": 300, "validation": 0.5},
}


def _activated(case: Case, activation: Any, **more: Any) -> list[Any]:
    return [
        replace(one, activation=activation, **more) if one.name != "out" else one
        for one in case.layers
    ]


def halved(z: Any) -> Any:
    """Give z * sigmoid(z), with half of its slope left out by mistake."""
    return z * gp.sigmoid(gp.stop_gradient(z))


def whole(z: Any) -> Any:
    """Give z * sigmoid(z)."""
    return z * gp.sigmoid(z)


@fault
def wrong_gradient(case: Case, _width: int) -> Case:
    def by_hand(layers: Any, options: Any, y: Any) -> Any:
        layers = [
            replace(one, activation=whole)
            if getattr(one, "activation", None) is halved
            else one
            for one in layers
        ]
        return layers, options, y

    return replace(case, layers=_activated(case, halved), by_hand=by_hand)


@fault
def starting_loss(case: Case, width: int) -> Case:
    start = gp.initializers.normal(stddev=8.0 if width == NARROW else 3.0)
    *others, last = case.layers
    return replace(case, layers=[*others, replace(last, initializer=start)])


@fault
def cannot_overfit(case: Case, _width: int) -> Case:
    *others, neck, last = case.layers
    return replace(case, layers=[*others, replace(neck, units=1), last])


def careless(output: Any, y: Any) -> Any:
    """Give the cross entropy of one-hot rows by a logarithm of what may be 0."""
    return -np.sum(y * np.log(gp.softmax(output)), axis=1)


def careful(output: Any, y: Any) -> Any:
    """Give the same with the logarithm kept in its domain."""
    return -np.sum(y * np.log(np.maximum(gp.softmax(output), 1e-12)), axis=1)


@fault
def not_finite(case: Case, width: int) -> Case:
    if width == WIDE:
        return replace(
            case,
            layers=_activated(case, "softplus"),
            options={**case.options, "optimizer": gp.SGD(1000.0)},
        )

    def by_hand(layers: Any, options: Any, y: Any) -> Any:
        return layers, {**options, "loss": careful}, y

    hot = np.eye(int(case.y.max()) + 1)[case.y]
    return replace(
        case,
        X=case.X * 1e5,
        y=hot,
        options={**case.options, "loss": careless},
        by_hand=by_hand,
    )


@fault
def step_size(case: Case, width: int) -> Case:
    rate = 1e-7 if width == NARROW else 100.0
    return replace(case, options={**case.options, "optimizer": gp.SGD(rate)})


@fault
def learning_rate(case: Case, width: int) -> Case:
    rate = 1e-6 if width == NARROW else 3.0
    return replace(case, options={**case.options, "optimizer": gp.Adam(rate)})


@fault
def overshooting(case: Case, width: int) -> Case:
    rate = 30.0 if width == NARROW else 3.0
    layers = _activated(case, "tanh")
    options = {**case.options, "optimizer": gp.SGD(rate)}
    return replace(case, layers=layers, options=options)


def _deep(case: Case, activation: str) -> Case:
    *_, last = case.layers
    width = min(case.layers[0].units, 32)
    deep = [gp.Dense(width, activation, name=f"hidden_{at}") for at in range(8)]
    return replace(case, layers=[*deep, last])


@fault
def vanishing_gradient(case: Case, _width: int) -> Case:
    return _deep(case, "sigmoid")


@fault
def dead_units(case: Case, _width: int) -> Case:
    first, *others = case.layers
    start = {"bias": np.full(first.units, -30.0)}
    return replace(case, layers=[replace(first, weights=start), *others])


@fault
def saturation(case: Case, width: int) -> Case:
    kind = "tanh" if width == NARROW else "sigmoid"
    start = gp.initializers.normal(stddev=50.0)
    return replace(case, layers=_activated(case, kind, initializer=start))


@fault
def bad_start(case: Case, _width: int) -> Case:
    start = gp.initializers.constant(0.1)
    *others, last = _activated(case, "tanh", initializer=start)
    return replace(case, layers=[*others, replace(last, initializer=start)])


@fault
def inputs_not_scaled(case: Case, width: int) -> Case:
    scale = np.geomspace(1, 1e4, case.X.shape[1])
    return replace(case, X=case.X * scale + (1000 if width == NARROW else 0))


@fault
def never_moves(case: Case, _width: int) -> Case:
    first, *others = case.layers
    return replace(case, layers=[replace(first, frozen="bias"), *others])


@fault
def not_falling(case: Case, width: int) -> Case:
    rate = 1e-9 if width == NARROW else 1e-8
    return replace(case, options={**case.options, "optimizer": gp.SGD(rate)})


@fault
def overfitting(case: Case, _width: int) -> Case:
    options = {k: one for k, one in case.options.items() if k != "early_stopping"}
    return replace(case, options=options)


@fault
def imbalance(case: Case, _width: int) -> Case:
    options = {key: one for key, one in case.options.items() if key != "class_weight"}
    return replace(case, options=options)


@fault
def constant_output(case: Case, width: int) -> Case:
    start = {"bias": np.full(case.layers[0].units, -200.0)}
    kind = "relu" if width == NARROW else "sigmoid"
    first, *others = _activated(case, kind)
    return replace(case, layers=[replace(first, weights=start), *others])


@fault
def broadcasting(case: Case, width: int) -> Case:
    if width == NARROW:  # a loss of the user's own, a column and a row of numbers

        def own(output: Any, y: Any) -> Any:
            return np.sum((output - y) ** 2, axis=1)

        return replace(case, y=case.y[:, 0], options={**case.options, "loss": own})
    return replace(
        case,
        layers=[*case.layers[:-1], replace(case.layers[-1], units=2)],
        options={**case.options, "loss": NUMBERS},
    )


@fault
def loss_and_output(case: Case, width: int) -> Case:
    *others, last = case.layers
    kind = "softmax" if width == NARROW else "sigmoid"
    return replace(case, layers=[*others, replace(last, activation=kind)])


def _few(case: Case) -> Case:
    """Give few rows with some wrong labels, and the twin that stops in time."""
    count = 120 if len(case.X) < 400 else 200
    X, y = case.X[:count], case.y[:count].copy()
    rng = np.random.default_rng(1)
    wrong = rng.permutation(count)[: count // 8]
    y[wrong] = rng.permutation(y[wrong])
    early = gp.EarlyStopping(30)
    return replace(case, X=X, y=y, options={**case.options, "early_stopping": early})


def _numbers(case: Case) -> Case:
    """Give one number a row to learn."""
    *others, last = case.layers
    y = (case.y == 1).astype(float)[:, None]
    return replace(
        case,
        y=y,
        layers=[*others, replace(last, units=1)],
        options={**case.options, "loss": NUMBERS},
    )


TWINS: dict[str, Callable[[Case], Case]] = {
    "wrong_gradient": lambda case: replace(case, layers=_activated(case, whole)),
    "cannot_overfit": lambda case: necked(case, case.layers[-2].units),
    "vanishing_gradient": lambda case: _deep(case, "tanh"),
    "overfitting": _few,
    "imbalance": fewer_of_one,
    "broadcasting": _numbers,
}
