"""Healthy trainings of the fourth set: every activation, from 3 to 512 units wide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

import diagnose_cases.fourth.measured
import diagnose_cases.fourth.simulated  # noqa: F401  # both add their data
import glassprop as gp
from diagnose_cases.case import Case
from diagnose_cases.trainings import counted, dense, named, training
from glassprop import optimizers, schedules


def swung(z: Any) -> Any:
    """Give z + sin(z) ** 2 (Ziyin et al. 2020), for what comes again and again."""
    return z + np.sin(z) ** 2


def hill(z: Any) -> Any:
    """Give exp(-z * z), which is highest at 0."""
    return np.exp(-z * z)


def pinball(output: Any, y: Any) -> Any:
    """Give the error, where it is too low weighed three times."""
    error = y - output
    return np.mean(np.maximum(0.75 * error, -0.25 * error), axis=1)


def normalized(*widths: int, kind: Any = gp.BatchNorm, then: str = "relu") -> list[Any]:
    """Give hidden layers, each with its values normalized before it bends them."""
    return [
        layer
        for width in widths
        for layer in (gp.Dense(width), kind(), gp.Activation(then))
    ]


def healthy() -> Iterator[Case]:
    """Give healthy trainings."""
    cases = (_of_colours(), _of_maps(), _of_letters(), _of_tables(), _of_laws())
    return named(chain(*cases, _of_geometry()), 400)


def _of_colours() -> Iterator[Case]:
    yield training("hues", dense((5,), "relu"), gp.Adam(0.02))
    yield training("hues", dense((24,), "tanh"), gp.SGD(0.2), batch_size=16)
    yield training("hues", dense((80, 40), "selu"), gp.Adam(0.001), loss="focal")
    yield training("hues", dense((512,), "softsign"), gp.RMSprop(0.001))
    yield training("shades", dense((3,), "sigmoid"), gp.Adam(0.05))
    yield training(
        "shades", dense((16,), "elu"), gp.AdamW(0.01), loss="binary_cross_entropy"
    )


def _of_maps() -> Iterator[Case]:
    yield training("altitude", dense((6,), "tanh"), gp.SGD(0.05, momentum=0.5))
    yield training("altitude", dense((200,), "relu"), gp.Adam(0.001), epochs=30)
    yield training(
        "altitude", dense((32,), "softplus"), gp.AdamW(0.003), loss="log_cosh"
    )
    yield training("aspect", dense((12,), "gelu"), gp.Adam(0.005))
    yield training("aspect", dense((40, 40), "relu"), gp.SGD(0.03), epochs=40)
    yield training(
        "coast",
        dense((20,), "leaky_relu"),
        gp.Nadam(0.003),
        loss="binary_cross_entropy",
    )
    yield training("coast", normalized(64), gp.Adam(0.005), epochs=25)
    yield training("coast", dense((8, 8), "silu"), gp.Adam(0.01), loss="hinge")
    yield training("tissue", dense((10,), "relu"), gp.Adam(0.01))
    yield training("tissue", dense((128, 64), "tanh"), gp.SGD(0.01, momentum=0.9))
    yield training(
        "tissue", dense((48,), "mish"), gp.Lion(0.0005), loss="mean_absolute_error"
    )
    yield training("echoes", dense((24,), "elu"), gp.Adagrad(0.03))
    yield training(
        "echoes", [*dense((96,), "relu"), gp.Dropout(0.1)], gp.Adam(0.002), epochs=30
    )
    yield training("echoes", dense((16,) * 4, "tanh"), gp.Adam(0.005), loss="huber")


def _of_letters() -> Iterator[Case]:
    around = [gp.Dense(48, "relu"), gp.Residual([gp.Dense(48, "relu"), gp.Dense(48)])]
    twice = [gp.Dense(32), gp.PReLU(), gp.Dense(32), gp.PReLU(shared=True)]
    yield training("letters", dense((14,), "tanh"), gp.Adam(0.005), epochs=25)
    yield training("letters", dense((300,), "gelu_tanh"), gp.AdamW(0.001), epochs=15)
    yield training(
        "letters", around, gp.SGD(0.02, momentum=0.9), loss="smoothed_cross_entropy"
    )
    yield training("letters", normalized(64, 64), gp.Adam(0.003), epochs=15)
    yield training(
        "letters",
        dense((60,), "relu6"),
        gp.Adam(0.003),
        loss="multiclass_hinge",
        epochs=15,
    )
    yield training("bold", dense((10,), "hard_sigmoid"), gp.RMSprop(0.005), epochs=30)
    yield training(
        "bold",
        dense((150, 50), "leaky_relu"),
        gp.Adam(0.0005),
        loss="binary_focal",
        epochs=15,
    )
    yield training("bold", twice, gp.Adam(0.002), epochs=15)
    yield training("halves", dense((30,), "relu"), gp.SGD(0.05), epochs=25)
    yield training("halves", dense((256, 64), "silu"), gp.Adam(0.0005), epochs=12)
    yield training(
        "halves",
        normalized(40, kind=gp.LayerNorm, then="tanh"),
        gp.Nadam(0.003),
        epochs=15,
    )
    yield training("widths", dense((20,), "sigmoid"), gp.Adam(0.01), epochs=40)
    yield training(
        "widths", dense((8,), "identity"), gp.SGD(0.02), loss="half_squared_error"
    )


def _of_tables() -> Iterator[Case]:
    yield training("index", dense((8,), "tanh"), gp.Adam(0.01))
    yield training("index", dense((64,), "relu"), gp.AdamW(0.001), loss=pinball)
    yield training("flavanoids", dense((4,), "elu"), gp.Adam(0.01))
    yield training("sepal", dense((7,), "softplus"), gp.SGD(0.05))
    yield training("sepal", dense((15,), "relu"), gp.Rprop(), batch_size=None)
    yield training("dents", dense((9,), "gelu"), gp.Adam(0.01), batch_size=64)
    yield training(
        "dents", dense((180,), "elu"), gp.SGD(0.01), schedule=schedules.Cosine(50)
    )
    yield training("phase", dense((8,), "softsign"), gp.LBFGS(), batch_size=None)
    yield training("worst", dense((100,), "tanh"), gp.Adam(0.002), loss="squared_hinge")
    yield training(
        "worst", dense((12,), "relu"), gp.SGD(0.05), loss="binary_cross_entropy"
    )


def _of_laws() -> Iterator[Case]:
    yield training("reactor", dense((12,), "relu"), gp.Adam(0.01))
    yield training(
        "reactor",
        dense((40, 40, 40), "silu"),
        gp.Adam(0.003),
        schedule=schedules.Exponential(0.97),
    )
    yield training("gas", dense((5,), "tanh"), gp.Adam(0.02))
    yield training("gas", dense((220,), "mish"), gp.SGD(0.02, momentum=0.9))
    yield counted(training("gas", dense((16,), "elu"), gp.Adam(0.01), loss="poisson"))
    yield training("pendulum", dense((16, 16), "tanh"), gp.Nadam(0.005))
    yield training("pendulum", dense((32,), swung), gp.Adam(0.005))
    yield training("pendulum", dense((400,), "relu"), gp.Adam(0.002), clip=1.0)
    yield training("lorenz", dense((24, 24), "gelu"), gp.Adam(0.01))
    yield training("lorenz", dense((128,), "tanh"), optimizers.EMA(gp.Adam(0.01), 0.99))
    case = training("flight", dense((20,), "silu"), gp.Adam(0.01))
    yield replace(case, X=case.X.astype("f4"), y=case.y.astype("f4"))
    yield training("flight", dense((12,), "relu"), gp.Adam(0.003), loss="cosine")
    yield training("flight", dense((30,) * 5, "relu"), gp.Adam(0.001))
    yield training("tide", dense((20, 20), "tanh"), gp.Adam(0.005), epochs=80)
    yield training("damping", dense((4,), "relu"), gp.Adam(0.02))
    yield training("damping", dense((64,), "log_softmax"), gp.Adam(0.002))


def _of_geometry() -> Iterator[Case]:
    halves = [
        gp.Parallel([gp.Dense(16, "tanh"), gp.Dense(16, "silu")]),
        gp.Concatenate(),
    ]
    yield training("spirals", dense((16, 16), "relu"), gp.Adam(0.01))
    yield training("spirals", dense((100,), "tanh"), gp.RMSprop(0.005))
    yield training("spirals", halves, gp.Adam(0.02))
    yield training("chess", dense((32, 16), "mish"), gp.Adam(0.01), epochs=30)
    yield training("chess", dense((48,), hill), gp.Adam(0.01))
    yield training("triangles", dense((10,), "softplus"), gp.Adam(0.02))
    yield training(
        "triangles",
        dense((24,), "relu"),
        gp.Adam(0.01),
        loss="binary_cross_entropy",
        class_weight="balanced",
    )
    yield training("hastie", dense((60,), "elu"), gp.Adam(0.005), epochs=40)
    yield training("hastie", dense((24, 12), "relu"), gp.AdamW(0.003), epochs=20)
    yield training("phase", dense((30,), "gelu"), gp.Adam(0.01))
    yield training("curve", dense((12,), "tanh"), gp.Adam(0.02), loss="huber")
    yield training(
        "curve", [gp.GaussianNoise(0.05), *dense((50,), "relu")], gp.Adam(0.005)
    )
    yield training("clouds", dense((6,), "relu"), gp.SGD(0.1))
    yield training("clouds", dense((9,), "softmax"), gp.Adam(0.02))
    yield training("plane", dense((40,), "identity"), gp.SGD(0.01), epochs=30)
