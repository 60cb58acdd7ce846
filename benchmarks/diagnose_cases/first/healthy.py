"""Healthy trainings of the first set: one hidden layer, or two if they are wide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import glassprop as gp
from diagnose_cases.case import Case
from diagnose_cases.first.data import data
from diagnose_cases.trainings import CLASSES, NUMBERS
from glassprop.layers.activations import ACTIVATIONS

WIDE = 128


def base(name: str, width: int, activation: Any = "relu", **options: Any) -> Case:
    """Make a healthy training: one hidden layer, or two if it is wide."""
    X, y, classes = data(name)
    units = classes or y.shape[1]
    hidden = [gp.Dense(width, activation, name="hidden")]
    if width >= WIDE:
        hidden.append(gp.Dense(width // 2, activation, name="second"))
    given = {
        "loss": CLASSES if classes else NUMBERS,
        "optimizer": gp.Adam(0.01 if width < WIDE else 0.003),
        "epochs": 40,
        **options,
    }
    layers = [*hidden, gp.Dense(units, name="out")]
    return Case(f"{name}, {width} {activation}", X, y, layers, given)


def healthy() -> Iterator[Case]:
    """Give healthy trainings: every activation, narrow to wide, many optimizers."""
    sets = ("iris", "digits", "diabetes", "wine", "cancer", "linnerud")
    optimizers = (
        gp.Adam(0.01),
        gp.SGD(0.1),
        gp.SGD(0.05, momentum=0.9),
        gp.RMSprop(0.003),
        gp.AdamW(0.005),
        gp.Nadam(0.005),
        gp.Adagrad(0.05),
    )
    widths = (3, 8, 32, 128, 512)
    at = 0
    for activation in ACTIVATIONS:
        for _ in range(3):
            name, width = sets[at % len(sets)], widths[at % len(widths)]
            optimizer = optimizers[at % len(optimizers)]
            if activation == "log_softmax":  # of 512 units: not a healthy layer
                width = min(width, 32)
            rate = optimizer.learning_rate / {128: 4, 512: 16}.get(width, 1)
            at += 1
            yield replace(
                base(
                    name,
                    width,
                    activation,
                    optimizer=replace(optimizer, learning_rate=rate),
                ),
                name=f"{name}, {width} {activation}, {type(optimizer).__name__}",
            )
    for name in sets:
        X, y, classes = data(name)
        block = [
            gp.Standardize(),
            gp.Dense(32),
            gp.BatchNorm(),
            gp.Activation("relu"),
            gp.Dropout(0.2),
            gp.Residual([gp.Dense(32, "tanh"), gp.LayerNorm()]),
            gp.Dense(classes or y.shape[1]),
        ]
        yield Case(
            f"{name}, normalized and residual",
            X,
            y,
            block,
            {
                "loss": CLASSES if classes else NUMBERS,
                "epochs": 40,
                "optimizer": "adam",
            },
        )
