"""The networks that speed is measured on, with data of the stated size from a seed.

A workload says everything that a training depends on, so that other systems can be
given the same work: the layers' sizes and functions, the start weights, the data, the
loss, the optimizer and its numbers, the batches. `network` makes it a network of ours.

Vocabulary: a *layer* is ``activation(norm(x @ W + b))``, then dropout where there is
some; ``W`` has the shape (inputs, units).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from glassprop.layers import Activation, BatchNorm, Dense, Dropout
from glassprop.optimizers import OPTIMIZERS, SGD, Adam, AdamW

if TYPE_CHECKING:
    from glassprop.network import Network

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Workload:
    """A network with its training.

    Parameters
    ----------
    name : str
        What it is called.
    sizes : tuple of int
        The inputs, then the units of each layer.
    activations : tuple of str or None
        That of each layer.
    loss : str
        ``cross_entropy`` or ``half_squared_error``; the mean over rows counts.
    optimizer : str
        ``sgd``, ``adam`` or ``adamw``.
    learning_rate : float
        Of every step.
    rows, batch : int
        Of the data, and of a batch; the last one of a pass may have fewer.
    dtype : str
        ``float32`` or ``float64``.
    bias : bool
        Whether layers have biases.
    batch_norm : bool
        Whether hidden layers normalize over the batch.
    dropout : float
        What hidden layers drop.
    weight_decay : float
        Of ``adamw``, decoupled: each step takes away ``learning_rate * weight_decay``
        of every parameter.
    """

    name: str
    sizes: tuple[int, ...]
    activations: tuple[str | None, ...]
    loss: str
    optimizer: str
    learning_rate: float
    rows: int
    batch: int
    dtype: str = "float32"
    bias: bool = True
    batch_norm: bool = False
    dropout: float = 0.0
    weight_decay: float = 0.0

    @property
    def steps(self) -> int:
        """How many batches the rows make."""
        return -(-self.rows // self.batch)


def _classifier(
    name: str, sizes: tuple[int, ...], hidden: str, **rest: Any
) -> Workload:
    """Describe layers of one activation, Adam and the cross entropy."""
    functions = (*(hidden for _ in sizes[2:]), None)
    settings: dict[str, Any] = {
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "loss": "cross_entropy",
    }
    return Workload(name, sizes, functions, **(settings | rest))


_EXAM = Workload(
    "exam",
    (2, 3, 1),
    ("sigmoid", "sigmoid"),
    "half_squared_error",
    "sgd",
    3.0,
    rows=3,
    batch=3,
    dtype="float64",
    bias=False,
)
_AND = Workload(
    "and",
    (2, 3, 3, 2),
    ("tanh", "sigmoid", "sigmoid"),
    "half_squared_error",
    "sgd",
    0.3,
    rows=4,
    batch=1,
    dtype="float64",
)
_TABULAR = Workload(
    "tabular",
    (8, 64, 64, 1),
    ("relu", "relu", None),
    "half_squared_error",
    "adam",
    1e-3,
    rows=20_000,
    batch=256,
)

WORKLOADS: Mapping[str, Workload] = MappingProxyType(
    {
        one.name: one
        for one in (
            _EXAM,
            _AND,
            _classifier("spiral", (2, 8, 8, 2), "tanh", rows=500, batch=16),
            _TABULAR,
            _classifier("digits", (64, 128, 10), "relu", rows=1797, batch=32),
            _classifier("images", (784, 256, 128, 10), "relu", rows=60_000, batch=128),
            _classifier(
                "wide",
                (1024, 2048, 2048, 10),
                "relu",
                rows=4096,
                batch=256,
                learning_rate=1e-4,
            ),
            _classifier("deep", (64, *20 * (64,), 10), "tanh", rows=6400, batch=64),
            _classifier(
                "regular",
                (784, 512, 512, 10),
                "relu",
                rows=60_000,
                batch=128,
                batch_norm=True,
                dropout=0.2,
                optimizer="adamw",
                weight_decay=0.01,
            ),
        )
    }
)


# Data ---------------------------------------------------------------------------------


def data(workload: Workload) -> tuple[Array, Array]:
    """Give the rows and their targets.

    Those of ``exam`` and ``and`` are the tutorials', those of ``spiral`` two arms;
    others are random around 0, with classes or numbers that a linear map makes of them,
    so that there is something to learn.

    Parameters
    ----------
    workload : Workload
        What is trained.

    Returns
    -------
    x : array of shape (rows, inputs)
        Of the workload's dtype.
    y : array of shape (rows,) or (rows, outputs)
        Classes as int64, or numbers of the workload's dtype.
    """
    special = {"exam": _exam_data, "and": _and_data, "spiral": _spiral_data}
    if workload.name in special:
        return special[workload.name]()
    rng = np.random.default_rng(0)
    inputs, outputs = workload.sizes[0], workload.sizes[-1]
    dtype = np.dtype(workload.dtype).type
    x = rng.random((workload.rows, inputs), dtype)
    x -= dtype(0.5)
    shown = x @ rng.standard_normal((inputs, outputs), dtype)
    return x, shown.argmax(axis=1) if workload.loss == "cross_entropy" else shown


def _exam_data() -> tuple[Array, Array]:
    x = np.array([[2 / 3, 1], [1 / 3, 5 / 9], [1, 2 / 3]])
    return x, np.array([[0.92], [0.86], [0.89]])


def _and_data() -> tuple[Array, Array]:
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    both = x.prod(axis=1)
    return x, np.stack([1 - both, both], axis=1)


def _spiral_data() -> tuple[Array, Array]:
    angle = np.linspace(0, 3 * np.pi, 250)
    arm = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1) / 9
    x = np.concatenate([arm, -arm]).astype(np.float32)
    return x, np.repeat([0, 1], 250)


def start(workload: Workload) -> list[tuple[Array, Array]]:
    """Give the weight and the bias that each layer starts with.

    Weights are normal with the variance ``2 / inputs`` before relu (He et al. 2015),
    ``1 / inputs`` else; biases are small and not zero, so that they count in a
    comparison of systems.

    Parameters
    ----------
    workload : Workload
        What is trained.

    Returns
    -------
    list of (array of shape (inputs, units), array of shape (units,))
        Of the workload's dtype, one pair a layer.
    """
    rng = np.random.default_rng(1)
    found = []
    layers = zip(pairwise(workload.sizes), workload.activations, strict=True)
    for (inputs, units), activation in layers:
        spread = np.sqrt((2 if activation == "relu" else 1) / inputs)
        weight = spread * rng.standard_normal((inputs, units))
        bias = 0.01 * rng.standard_normal(units)
        found.append((weight.astype(workload.dtype), bias.astype(workload.dtype)))
    return found


# Ours ---------------------------------------------------------------------------------


def network(workload: Workload) -> Network:
    """Make a workload's network, with its start weights.

    Parameters
    ----------
    workload : Workload
        What is trained.
    """
    from glassprop.network import Network

    layers: list[Any] = []
    pairs = list(zip(start(workload), workload.activations, strict=True))
    for number, ((weight, bias), activation) in enumerate(pairs, 1):
        options: dict[str, Any] = {"bias": workload.bias, "name": f"layer{number}"}
        options["weights"] = (weight, bias) if workload.bias else (weight,)
        if number == len(pairs) or not workload.batch_norm or activation is None:
            layers.append(Dense(weight.shape[1], activation, **options))
        else:
            layers.append(Dense(weight.shape[1], **options))
            layers += [BatchNorm(), Activation(activation)]
        if number < len(pairs) and workload.dropout:
            layers.append(Dropout(workload.dropout))
    return Network(
        layers,
        loss=workload.loss,
        input_shape=workload.sizes[0],
        dtype=workload.dtype,
        name=workload.name,
    )


def optimizer(workload: Workload) -> SGD | Adam | AdamW:
    """Give a workload's optimizer.

    Parameters
    ----------
    workload : Workload
        What is trained.
    """
    if workload.optimizer == "adamw":
        return AdamW(workload.learning_rate, weight_decay=workload.weight_decay)
    found: SGD | Adam = OPTIMIZERS[workload.optimizer](workload.learning_rate)
    return found
