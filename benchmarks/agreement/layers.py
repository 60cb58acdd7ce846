"""Layers: output, slope for the input and for each parameter, penalties, and state.

PyTorch's functions are called with our parameters, which its modules would hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import glassprop as gp
from agreement.common import (
    Array,
    Difference,
    Drawn,
    F,
    Family,
    plain,
    tensor,
    torch,
)
from agreement.layer_runs import STEPS, Ran, Row, Theirs, run
from glassprop.layers import LAYERS

# Called as PyTorch wants it -----------------------------------------------------------


def linear(p: dict[str, Any], name: str, x: Any) -> Any:
    """Give torch's linear layer, whose weight is ours transposed."""
    return F.linear(x, p[f"{name}weight"].T, p.get(f"{name}bias"))


def on_second_axis(function: Callable[[Any], Any], x: Any) -> Any:
    """Have features where PyTorch has them: on the second axis, ours on the last."""
    return function(x.movedim(-1, 1)).movedim(1, -1)


def batch_norm(momentum: float, epsilon: float) -> Theirs:
    """Give what calls PyTorch's batch normalization."""

    def call(p: dict[str, Any], x: Any, run: Ran) -> Any:
        return on_second_axis(
            lambda x: F.batch_norm(
                x,
                run.state["mean"],
                run.state["variance"],
                p.get("gain"),
                p.get("bias"),
                run.training,
                momentum,
                epsilon,
            ),
            x,
        )

    return call


def layer_norm(p: dict[str, Any], x: Any, rank: int, epsilon: float = 1e-5) -> Any:
    """Call PyTorch's layer normalization of the last axes."""
    return F.layer_norm(x, x.shape[-rank:], p.get("gain"), p.get("bias"), epsilon)


def standardized(p: dict[str, Any], x: Any, run: Ran) -> Any:
    """Give x with the mean and deviation of the rows that training began with."""
    first = tensor(STANDARDIZE.rows(STEPS[0]), slope=False)
    scale, mean = torch.std_mean(first, dim=0, correction=0)
    return (x - mean) / scale


# The rows -----------------------------------------------------------------------------

STANDARDIZE = Row(
    "",
    gp.Standardize(),
    [(3,)],
    "(x - mean) / std(correction=0)",
    standardized,
)


LAYER_ROWS = [
    Row("", gp.Dense(4), [(3,)], "nn.Linear", lambda p, x, run: linear(p, "", x)),
    Row(
        "tanh, no bias",
        gp.Dense(2, "tanh", bias=False),
        [(3,)],
        "nn.Linear(bias=False), tanh",
        lambda p, x, run: torch.tanh(linear(p, "", x)),
    ),
    Row(
        "relu, three axes, l1 and l2",
        gp.Dense(2, "relu", l1=0.01, l2=0.1),
        [(2, 3)],
        "nn.Linear, relu; sums",
        lambda p, x, run: F.relu(linear(p, "", x)),
        lambda p: 0.01 * p["weight"].abs().sum() + 0.1 * p["weight"].square().sum(),
    ),
    Row(
        "gelu",
        gp.Activation("gelu"),
        [(3,)],
        "nn.GELU",
        lambda p, x, run: torch.nn.GELU()(x),
    ),
    Row(
        "",
        gp.PReLU(),
        [(3,)],
        "nn.PReLU(3)",
        lambda p, x, run: F.prelu(x, p["slope"]),
    ),
    Row(
        "three axes",
        gp.PReLU(),
        [(2, 3)],
        "nn.PReLU(3)",
        lambda p, x, run: on_second_axis(lambda x: F.prelu(x, p["slope"]), x),
    ),
    Row(
        "shared",
        gp.PReLU(shared=True),
        [(2, 3)],
        "nn.PReLU()",
        lambda p, x, run: F.prelu(x, p["slope"]),
    ),
    Row(
        "of two inputs",
        gp.Lambda(lambda x_1, x_2: np.exp(x_1) * np.abs(x_2)),
        [(3,), (3,)],
        "exp(x_1) * abs(x_2)",
        lambda p, x, run: torch.exp(x[0]) * torch.abs(x[1]),
    ),
    Row(
        "",
        gp.Scale([0.5, 2.0, -3.0], offset=[1.0, 0.0, 4.0]),
        [(2, 3)],
        "x * factor + offset",
        lambda p, x, run: x * p["factor"] + p["offset"],
    ),
    STANDARDIZE,
    Row(
        "", gp.BatchNorm(), [(3,)], "nn.BatchNorm1d", batch_norm(0.1, 1e-5), steps=STEPS
    ),
    Row(
        "three axes, momentum=1",
        gp.BatchNorm(momentum=1),
        [(4, 3)],
        "nn.BatchNorm1d(momentum=1)",
        batch_norm(1.0, 1e-5),
        steps=STEPS,
    ),
    Row(
        "affine=False, epsilon=0.1",
        gp.BatchNorm(affine=False, epsilon=0.1),
        [(3,)],
        "nn.BatchNorm1d(affine=False)",
        batch_norm(0.1, 0.1),
        steps=STEPS,
    ),
    Row(
        "",
        gp.LayerNorm(),
        [(2, 3)],
        "nn.LayerNorm(3)",
        lambda p, x, run: layer_norm(p, x, 1),
    ),
    Row(
        "axes (0, 1)",
        gp.LayerNorm((0, 1)),
        [(2, 3)],
        "nn.LayerNorm((2, 3))",
        lambda p, x, run: layer_norm(p, x, 2),
    ),
    Row(
        "axes 0, epsilon=0.1",
        gp.LayerNorm(0, epsilon=0.1),
        [(4, 3)],
        "nn.LayerNorm(4), of x transposed",
        lambda p, x, run: layer_norm(p, x.mT, 1, 0.1).mT,
    ),
    Row(
        "affine=False",
        gp.LayerNorm(affine=False),
        [(5,)],
        "nn.LayerNorm(affine=False)",
        lambda p, x, run: layer_norm(p, x, 1),
    ),
    Row(
        "prediction",
        gp.Dropout(0.4),
        [(5,)],
        "nn.Dropout",
        lambda p, x, run: F.dropout(x, 0.4, run.training),
        steps=("prediction",),
    ),
    Row(
        "training, our mask",
        gp.Dropout(0.4),
        [(5,)],
        "x / (1 - p), or 0",
        lambda p, x, run: x / (1 - 0.4) * tensor(run.output != 0),
        steps=("training",),
    ),
    Row(
        "prediction",
        gp.GaussianNoise(0.3),
        [(5,)],
        "nn.Identity",
        lambda p, x, run: torch.nn.Identity()(x),
        steps=("prediction",),
    ),
    Row(
        "",
        gp.Flatten(),
        [(2, 3)],
        "nn.Flatten",
        lambda p, x, run: torch.nn.Flatten()(x),
    ),
    Row(
        "",
        gp.Reshape((3, -1)),
        [(12,)],
        "nn.Unflatten",
        lambda p, x, run: torch.nn.Unflatten(1, (3, -1))(x),
    ),
    Row(
        "around two layers",
        gp.Residual([gp.Dense(4, "tanh"), gp.Dense(3)]),
        [(3,)],
        "x + nn.Sequential(...)(x)",
        lambda p, x, run: (
            x + linear(p, "dense_2.", torch.tanh(linear(p, "dense_1.", x)))
        ),
    ),
    Row(
        "of one input",
        gp.Parallel([gp.Dense(2, name="left"), gp.PReLU(name="right")]),
        [(3,)],
        "nn.Linear and nn.PReLU",
        lambda p, x, run: (
            linear(p, "left.", x),
            F.prelu(x, p["right.slope"]),
        ),
    ),
    Row(
        "of two inputs",
        gp.Concatenate([gp.Dense(2, name="left"), []]),
        [(3,), (2,)],
        "cat",
        lambda p, x, run: torch.cat([linear(p, "left.", x[0]), x[1]], dim=1),
    ),
    Row(
        "along axis 0",
        gp.Concatenate(axis=0),
        [(2, 3), (1, 3)],
        "cat(dim=1)",
        lambda p, x, run: torch.cat(x, dim=1),
    ),
    Row(
        "of two branches",
        gp.Add([gp.Dense(3, "tanh", name="left"), []]),
        [(3,)],
        "sum",
        lambda p, x, run: torch.tanh(linear(p, "left.", x)) + x,
    ),
]

ALONE = {
    "Columns": "it prepares tables: fills what is missing, standardizes, turns codes "
    "into one-hot columns. PyTorch has no such layer, and codes have no gradient.",
}


# What is random -----------------------------------------------------------------------


ONES = np.ones((1000, 500))


def trained_on_ones(layer: Any) -> Array:
    """Give what a layer makes of many ones while training."""
    net = gp.Network([layer])
    net(ONES)
    return run(net, ONES, training=True)["output_0"]


def seeded(call: Callable[[], Any]) -> Array:
    """Give what PyTorch draws from a fixed seed."""
    torch.manual_seed(0)
    return plain(call())


DRAWN = [
    Drawn(
        "Dropout(0.4)",
        lambda: trained_on_ones(gp.Dropout(0.4)),
        lambda: seeded(lambda: F.dropout(tensor(ONES), 0.4)),
        1.0,
        (0.4 / 0.6) ** 0.5,
    ),
    Drawn(
        "GaussianNoise(0.3)",
        lambda: trained_on_ones(gp.GaussianNoise(0.3)),
        lambda: seeded(lambda: 1 + 0.3 * torch.randn(ONES.shape)),
        1.0,
        0.3,
    ),
]


# Conventions --------------------------------------------------------------------------


def their_features() -> float:
    """Tell how many features PyTorch's batch normalization finds."""
    module = torch.nn.LazyBatchNorm1d()
    module(torch.ones(2, 4, 3))
    return float(module.running_mean.numel())


DIFFERENCES = [
    Difference(
        "Dense(4) of 3 inputs, rows of its weight",
        lambda: float(gp.Dense(4).parameters((3,))["weight"].shape[0]),
        lambda: float(torch.nn.Linear(3, 4).weight.shape[0]),
        "Ours is (inputs, units), for x @ W + b; PyTorch's is the transpose.",
    ),
    Difference(
        "BatchNorm of samples (4, 3), features",
        lambda: float(gp.BatchNorm().parameters((4, 3))["gain"].shape[0]),
        their_features,
        "Features are the last axis here, the second in PyTorch, also for PReLU. The "
        "table compares with x moved there.",
    ),
]

FAMILY = Family(
    "layers", LAYERS, [row.case for row in LAYER_ROWS], ALONE, DIFFERENCES, DRAWN
)
