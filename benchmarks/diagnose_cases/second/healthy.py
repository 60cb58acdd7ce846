"""Healthy trainings of the second set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

import diagnose_cases.second.data  # noqa: F401  # adds its data
import glassprop as gp
from diagnose_cases.case import Case
from diagnose_cases.trainings import counted, dense, named, training


def wave(z: Any) -> Any:
    """Give sin(z) + z / 2."""
    return np.sin(z) + 0.5 * z


def healthy() -> Iterator[Case]:
    """Give healthy trainings."""
    return named(chain(_of_penguins(), _of_photographs(), _of_generated()), 20)


def _of_penguins() -> Iterator[Case]:
    yield training("species", dense((5,), "tanh"), gp.Adam(0.02))
    yield training(
        "species",
        dense((24, 24), "relu"),
        gp.SGD(0.05, momentum=0.9, nesterov=True),
    )
    yield training("species", dense((12,), "softsign"), gp.LBFGS(), batch_size=None)
    yield training("species", dense((300,), "gelu"), gp.AdamW(0.001), loss="focal")
    yield training("sex", dense((10,), "sigmoid"), gp.RMSprop(0.01))
    yield training(
        "sex",
        dense((16, 16, 16), "silu"),
        gp.Nadam(0.003),
        loss="binary_cross_entropy",
    )
    yield training(
        "sex",
        [*dense((64,), "relu"), gp.Dropout(0.3)],
        gp.Adam(0.003),
        class_weight="balanced",
    )
    yield training("sex", dense((6,), "elu"), gp.SGD(0.05), loss="hinge")
    yield training("mass", dense((7,), "tanh"), gp.Adam(0.01), batch_size=8)
    yield training("mass", dense((40,), "softplus"), gp.Lion(0.001), loss="huber")
    yield training(
        "mass",
        dense((20,), "leaky_relu"),
        gp.Rprop(),
        batch_size=None,
        epochs=80,
        loss="mean_absolute_error",
    )
    yield training("mass", dense((256,), "mish"), gp.SGD(0.005, momentum=0.9))
    yield training(
        "mass",
        [gp.Dense(20), gp.PReLU(), gp.Dense(20), gp.PReLU()],
        gp.Adam(0.005),
        loss="log_cosh",
    )
    case = training(
        "mass",
        dense((48, 24), "selu"),
        gp.AdamW(0.003),
        schedule=gp.schedules.Cosine(50),
    )
    yield replace(case, X=case.X.astype("f4"), y=case.y.astype("f4"))
    yield counted(training("mass", dense((8,), "tanh"), gp.Adam(0.01), loss="poisson"))


def _of_photographs() -> Iterator[Case]:
    normal = [
        layer
        for width in (64, 32)
        for layer in (gp.Dense(width), gp.BatchNorm(), gp.Activation("relu"))
    ]
    inner = [gp.Dense(48, "relu"), gp.Dense(48)]
    noisy = [
        gp.GaussianNoise(0.1),
        gp.Dense(48, "relu"),
        gp.Residual(inner),
        gp.LayerNorm(),
    ]
    halves = [
        gp.Parallel([gp.Dense(16, "tanh"), gp.Dense(16, "relu")]),
        gp.Concatenate(),
    ]
    yield training("scenes", dense((32,), "relu"), gp.Adam(0.003))
    yield training("scenes", dense((200, 100), "tanh"), gp.SGD(0.02, momentum=0.9))
    yield training("scenes", normal, gp.Adam(0.003))
    yield training("scenes", dense((20,), "hard_sigmoid"), gp.Adam(0.01))
    yield training("quarters", dense((64,), "gelu_tanh"), gp.Adam(0.002))
    yield training("quarters", dense((400,), "relu6"), gp.RMSprop(0.0005))
    yield training("quarters", noisy, gp.Adam(0.002), loss="smoothed_cross_entropy")
    yield training("quarters", halves, gp.Adam(0.003))
    yield training("pixel", dense((9,), "relu"), gp.Adam(0.01))
    yield training(
        "pixel", dense((128,), "identity"), gp.Adam(0.001), loss="half_squared_error"
    )
    yield training("pixel", dense((30, 30, 30, 30), "relu"), gp.Adam(0.003))
    yield training("colours", dense((50,), "silu"), gp.Adam(0.005))
    yield training("colours", dense((96,), "elu"), gp.Adagrad(0.05), loss="huber")


def _of_generated() -> Iterator[Case]:
    yield training("friedman", dense((15, 15), "tanh"), gp.Adam(0.01), batch_size=16)
    yield training("friedman", dense((160,), "relu"), gp.SGD(0.02), clip=1.0)
    yield training("friedman", dense((32,), wave), gp.Adam(0.005))
    yield training("moons", dense((4,), "tanh"), gp.SGD(0.5))
    yield training(
        "moons",
        dense((8, 8), "relu"),
        gp.Adam(0.01),
        loss="binary_cross_entropy",
        batch_size=8,
    )
    yield training("moons", dense((512,), "relu"), gp.Adam(0.001))
