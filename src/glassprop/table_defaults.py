"""What a network for a table is made of, and how it is trained, unless told otherwise.

The defaults were chosen by the held-out rows of ten tasks on tables of 60 to 2,000 rows
(penguins, iris, wine, breast cancer, diabetes, digits, two moons), eight splits each:

- two hidden layers, 32 and 16 neurons, rectified linear units; batches of 32;
- AdamW, whose steps do not depend on the unit of the target, with a learning rate of
  0.01 that falls to 0 along half a cosine;
- about 1,000 steps, at least 20 epochs: 500 and 2,000 steps gave the same accuracy
  within 1 percent point and the same R2 within 0.03;
- a weight decay of 200 / rows, at most 1: with few rows a network learns them by heart,
  and this, more than the number of steps or neurons, keeps it from doing so (diabetes,
  353 rows: R2 0.45 with it, 0.2 without).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import ArgumentError, listing
from glassprop.layers.core import Dense, Scale
from glassprop.losses import Loss
from glassprop.optimizers import Optimizer, get_optimizer, is_minimizer
from glassprop.plans import Plan
from glassprop.tabular import columns_layer, output_size

LAYERS = (32, 16)
ACTIVATION = "relu"
OPTIMIZER = "adamw"
BATCH_SIZE = 32
LEARNING_RATES = {
    "sgd": 0.1,
    "adam": 0.01,
    "adamw": 0.01,
    "nadam": 0.01,
    "rmsprop": 0.01,
    "adagrad": 0.1,
    "lion": 0.003,
    "rprop": 0.01,
}
STEPS, LEAST_EPOCHS = 1000, 20
DECAY_ROWS, MOST_DECAY = 200, 1.0
CLIP = 1.0  # plain gradient descent alone needs it: see `gradient_clip`


def parse_layers(text: str) -> tuple[int, ...]:
    """Read the sizes of hidden layers: ``32,16``; ``none`` for a linear model.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of int

    Raises
    ------
    ArgumentError
        It is something else.

    Examples
    --------
    >>> parse_layers("32, 16"), parse_layers("none")
    ((32, 16), ())
    """
    if text.strip().lower() == "none":
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise ArgumentError(
            "layers: expected the neurons of each hidden layer, such as 32,16 (or "
            f"none for a linear model), got {text!r}."
        )
    return tuple(int(part) for part in parts)


def default_epochs(rows: int, batch_size: int) -> int:
    """Give the epochs that make about `STEPS` steps, at least `LEAST_EPOCHS`."""
    return max(LEAST_EPOCHS, round(STEPS / math.ceil(rows / batch_size)))


def table_optimizer(name: str, learning_rate: float | None, rows: int) -> Optimizer:
    """Give the optimizer of a name, with the weight decay that a table's size asks for.

    Parameters
    ----------
    name : str
        One of `LEARNING_RATES`. Only ``adamw`` decays weights: a pull to 0 of
        ``DECAY_ROWS / rows``, at most `MOST_DECAY`, times the learning rate.
    learning_rate : float or None
    rows : int
        To learn from.

    Returns
    -------
    Optimizer

    Raises
    ------
    ArgumentError
        There is no such optimizer, or the rate is negative or not finite.
    """
    rule: Any = get_optimizer(name)
    if is_minimizer(rule):
        raise ArgumentError(
            f"optimizer: a table is learned in batches, and {name!r} takes all rows at "
            f"once. Expected {listing(LEARNING_RATES)}."
        )
    if learning_rate is None:
        learning_rate = LEARNING_RATES[name.lower()]
    rule = replace(rule, learning_rate=learning_rate)
    if hasattr(rule, "weight_decay"):
        rule = replace(rule, weight_decay=min(MOST_DECAY, DECAY_ROWS / rows))
    chosen: Optimizer = rule
    return chosen


def gradient_clip(optimizer: Optimizer) -> float | None:
    """Give the largest norm that the gradient may have.

    The gradient of a squared error grows with the square of the target's unit. Adam
    divides by it; plain descent would diverge for a weight in grams, so its gradient is
    cut to the norm `CLIP`.
    """
    return CLIP if type(optimizer).__name__ == "SGD" else None


def table_layers(
    plan: Plan,
    x: NDArray[np.float64],
    y: NDArray[Any],
    *,
    loss: Loss,
    layers: Sequence[int] = LAYERS,
    activation: str = ACTIVATION,
) -> list[Any]:
    """Give the layers of a table's network, from columns to outputs.

    Parameters
    ----------
    plan : Plan
    x : array of shape (rows, features)
        The training rows: numbers with a missing one get a flag.
    y : array of shape (rows,) or (rows, 1)
        A target of numbers gives the scale of the last layer.
    loss : Loss
    layers : sequence of int
        The neurons of each hidden layer.
    activation : str
        Of the hidden layers.

    Returns
    -------
    list of layers
    """
    flagged = [
        at
        for at, column in enumerate(plan.features)
        if column.kind == "number" and np.isnan(x[:, at]).any()
    ]
    found = [
        columns_layer(plan, flagged),
        *(Dense(units, activation) for units in layers),
        Dense(output_size(plan, loss)),
    ]
    if plan.task == "classification":
        return found
    return [*found, Scale(*rounded_scale(y))]


def rounded_scale(y: NDArray[np.float64]) -> tuple[float, float]:
    """Give deviation and mean of a target, both rounded to 1e-4 of the deviation.

    Any factor and offset near these would do, so they may be short enough to read. A
    target without deviation is only shifted.
    """
    deviation, mean = float(y.std()), float(y.mean())
    if not deviation:
        return 1.0, mean
    places = 4 - math.floor(math.log10(deviation))
    return round(deviation, places), round(mean, places)
