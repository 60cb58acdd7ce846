"""Healthy trainings of the third set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

import diagnose_cases.third.data  # noqa: F401  # adds its data
import glassprop as gp
from diagnose_cases.case import Case
from diagnose_cases.trainings import counted, dense, named, training


def bent(z: Any) -> Any:
    """Give z / sqrt(1 + z * z) + z / 4."""
    return z / np.sqrt(1 + z * z) + 0.25 * z


def healthy() -> Iterator[Case]:
    """Give healthy trainings."""
    return named(
        chain(_of_penguins(), _of_digits(), _of_tables(), _of_generated()), 200
    )


def _of_penguins() -> Iterator[Case]:
    yield training("island", dense((3,), "tanh"), gp.Adam(0.02))
    yield training("island", dense((48,), "relu6"), gp.SGD(0.1))
    yield training(
        "island",
        dense((16, 16), "silu"),
        gp.AdamW(0.005),
        loss="smoothed_cross_entropy",
    )
    yield training("island", dense((200,), "gelu"), gp.RMSprop(0.0005))
    yield training("flipper", dense((8,), "relu"), gp.Adam(0.01))
    yield training("flipper", dense((64,), "elu"), gp.SGD(0.01, momentum=0.9))
    yield training("flipper", dense((12,) * 3, "tanh"), gp.Nadam(0.003), loss="huber")
    yield training("flipper", dense((20,), "softplus"), gp.LBFGS(), batch_size=None)
    yield training("bills", dense((10,), "sigmoid"), gp.Adam(0.02))
    yield training("bills", dense((100, 50), "leaky_relu"), gp.Adam(0.002))
    yield training("bills", dense((32,), "mish"), gp.Adagrad(0.05), loss="log_cosh")


def _of_digits() -> Iterator[Case]:
    normal = [
        layer
        for width in (48, 24)
        for layer in (gp.Dense(width), gp.BatchNorm(), gp.Activation("elu"))
    ]
    around = [
        gp.Dense(40, "tanh"),
        gp.Residual([gp.Dense(40, "tanh"), gp.Dense(40)]),
    ]
    level = [gp.Dense(64), gp.LayerNorm(), gp.Activation("gelu")]
    yield training("blocks", dense((24,), "relu"), gp.Adam(0.01))
    yield training("blocks", dense((512,), "tanh"), gp.Adam(0.001))
    yield training(
        "blocks",
        dense((64,) * 3, "selu"),
        gp.SGD(0.02, momentum=0.9, nesterov=True),
        epochs=30,
    )
    yield training("blocks", normal, gp.AdamW(0.005))
    yield training("blocks", dense((40,), "softsign"), gp.RMSprop(0.005), loss="focal")
    yield training("blocks", [*dense((128,), "relu"), gp.Dropout(0.2)], gp.Adam(0.003))
    yield training(
        "profiles", dense((6,), "elu"), gp.Adam(0.02), loss="binary_cross_entropy"
    )
    yield training(
        "profiles", dense((150,), "hard_sigmoid"), gp.Adam(0.005), loss="binary_focal"
    )
    yield training(
        "profiles", dense((30, 30), "gelu_tanh"), gp.SGD(0.02), loss="squared_hinge"
    )
    yield training("profiles", around, gp.Adam(0.003))
    yield training("strokes", dense((20,), "tanh"), gp.Adam(0.01))
    yield training(
        "strokes", dense((256,), "relu"), gp.Adam(0.001), loss="mean_absolute_error"
    )
    yield training("strokes", dense((5,), "identity"), gp.SGD(0.05))
    yield training("strokes", level, gp.AdamW(0.003))


def _of_tables() -> Iterator[Case]:
    yield training("tint", dense((7,), "relu"), gp.Adam(0.01))
    yield training("tint", dense((96,), "tanh"), gp.Rprop(), batch_size=None)
    yield training("cultivar", dense((9,), "softplus"), gp.Adam(0.02))
    yield training("cultivar", dense((300,), "relu"), gp.SGD(0.01, momentum=0.9))
    yield training("cultivar", dense((14, 14), "tanh"), gp.Lion(0.001))
    yield training(
        "tumour", dense((4,), "sigmoid"), gp.RMSprop(0.01), loss="binary_cross_entropy"
    )
    yield training(
        "tumour", dense((64,), "relu"), gp.Adam(0.003), class_weight="balanced"
    )
    yield training("tumour", [gp.Dense(32), gp.PReLU()], gp.SGD(0.1))
    yield training("growth", dense((11,), "silu"), gp.Adam(0.01))
    yield training("growth", dense((180, 90), "elu"), gp.Adam(0.002), loss="huber")
    yield counted(
        training("growth", dense((10,), "tanh"), gp.Adam(0.01), loss="poisson")
    )
    yield training("petal", dense((15,), "gelu"), gp.Adam(0.01), batch_size=8)
    yield training(
        "petal", dense((40,), "relu"), gp.SGD(0.05), schedule=gp.schedules.Cosine(50)
    )
    yield training("serum", dense((6,), "tanh"), gp.Adam(0.005))
    yield training("progress", dense((12,), "relu"), gp.Adam(0.003), epochs=20)


def _of_generated() -> Iterator[Case]:
    halves = [
        gp.Parallel([gp.Dense(12, "relu"), gp.Dense(12, "sigmoid")]),
        gp.Concatenate(),
    ]
    noisy = [gp.GaussianNoise(0.1), *dense((36,), "leaky_relu")]
    yield training("circles", dense((8,), "relu"), gp.Adam(0.02))
    yield training(
        "circles", dense((128,), "tanh"), gp.Adam(0.01), loss="binary_cross_entropy"
    )
    yield training("circles", dense((6,) * 3, "elu"), gp.Adam(0.01), loss="hinge")
    yield training("mixtures", dense((10,), "softsign"), gp.Adam(0.01))
    yield training("mixtures", dense((400,), "gelu"), gp.AdamW(0.001), epochs=30)
    yield training(
        "mixtures", dense((32, 32), "relu"), gp.optimizers.EMA(gp.Adam(0.005))
    )
    yield training("mixtures", halves, gp.Adam(0.005))
    yield training("shells", dense((24,), "relu"), gp.Adam(0.01))
    yield training(
        "shells", dense((120, 60), "mish"), gp.Adam(0.002), loss="multiclass_hinge"
    )
    yield training("swiss", dense((16, 16), "tanh"), gp.Adam(0.01))
    yield training("swiss", dense((256,), "relu"), gp.Adam(0.003), clip=1.0)
    yield training("impedance", dense((20,), bent), gp.Adam(0.01))
    yield training("impedance", noisy, gp.Adam(0.005), loss="half_squared_error")
    case = training("impedance", dense((5,), "tanh"), gp.Adam(0.02))
    yield replace(case, X=case.X.astype("f4"), y=case.y.astype("f4"))
    yield training("swiss", dense((30,) * 4, "silu"), gp.Adam(0.003))
