"""The layers of a perceptron, from the parameters of an estimator.

Vocabulary: ``told`` is the estimator, of which only its parameters are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

import glassprop as gp
from glassprop.layers import activations as known

Array = NDArray[Any]
ACTIVATIONS = {
    **{name: name for name in known.ACTIVATIONS},
    "identity": None,
    "logistic": "sigmoid",
}
"""Every name of an activation: glassprop's, and scikit-learn's other names."""


def hidden_activations(told: Any, count: int) -> list[Any]:
    """Give the activation of each hidden layer.

    Parameters
    ----------
    told : estimator
        Its activation.
    count : int
        The number of hidden layers.

    Raises
    ------
    ValueError
        If a list has another length.
    """
    given = told.activation
    each = list(given) if isinstance(given, list | tuple) else [given] * count
    if len(each) != count:
        raise ValueError(
            f"activation has {len(each)} entries, for {count} hidden "
            f"layer{'s' * (count != 1)}: give one for each, or one for all."
        )
    return [ACTIVATIONS.get(one, one) if isinstance(one, str) else one for one in each]


def layers(
    told: Any,
    units: Sequence[int],
    start: Sequence[tuple[Array, Array]] | None,
    share: float,
) -> list[Any]:
    """Give the layers: the hidden ones with what belongs to each, and the output's.

    Parameters
    ----------
    told : estimator
        Its activation, alpha, batch_norm and dropout.
    units : sequence of int
        Of each dense layer.
    start : sequence of tuple of array, or None
        The weight and the bias that each starts with, where it starts.
    share : float
        Rows over the sum of their weights: the penalty is divided by that sum.
    """
    made: list[Any] = []
    activations = [*hidden_activations(told, len(units) - 1), None]
    for at, (size, activation) in enumerate(zip(units, activations, strict=True)):
        is_hidden = at < len(units) - 1
        normalized = is_hidden and told.batch_norm
        dense = gp.Dense(
            size,
            None if normalized else activation,
            weights=None if start is None else start[at],
            prior_precision=float(told.alpha * share),
            name=f"dense_{at + 1}",
        )
        made.append(dense)
        if normalized:
            made.append(gp.BatchNorm())
            made += [] if activation is None else [gp.Activation(activation)]
        if is_hidden and told.dropout:
            made.append(gp.Dropout(float(told.dropout)))
    return made
