"""What an estimator draws from its `random_state`, and what it shows of its network.

Start values and the order of the rows come from NumPy's older generator, in the order
in which scikit-learn draws them, so that the same `random_state` gives the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def start_values(
    rng: np.random.RandomState, units: Sequence[int], activations: Sequence[Any]
) -> list[tuple[Array, Array]]:
    """Draw weights and biases from Glorot's uniform distribution, layer by layer.

    Both lie within ``sqrt(6 / (inputs + units))`` of 0, with logistic units within
    ``sqrt(2 / (inputs + units))``.

    Parameters
    ----------
    rng : RandomState
        What draws.
    units : sequence of int
        The number of inputs, then the units of each layer.
    activations : sequence of str, callable or None
        That of each layer but the last, which starts as the one before it.

    Returns
    -------
    list of tuple of array
        The weight, (inputs, units), and the bias, (units,), of each layer.
    """
    found = []
    each = [*activations, *(activations[-1:] or [None])]
    for (inputs, outputs), activation in zip(pairwise(units), each, strict=True):
        factor = 2.0 if activation == "sigmoid" else 6.0
        bound = np.sqrt(factor / (inputs + outputs))
        weight = rng.uniform(-bound, bound, (inputs, outputs))
        found.append((weight, rng.uniform(-bound, bound, outputs)))
    return found


class Reshuffled:
    """Give each epoch the order of the last one, shuffled again.

    Parameters
    ----------
    rng : RandomState
        What shuffles.
    """

    def __init__(self, rng: np.random.RandomState) -> None:
        self.rng = rng
        self.order: Array | None = None

    def __call__(self, epoch: int, rows: int) -> Array:
        """Give the order of an epoch, as `fit` asks for it."""
        shuffled = np.arange(rows)
        self.rng.shuffle(shuffled)
        self.order = shuffled if self.order is None else self.order[shuffled]
        return self.order


class Shown(list[Array]):
    """The arrays of a network in a list; what is put in is written into the network.

    Parameters
    ----------
    arrays : iterable of array
        The network's own.
    """

    def __init__(self, arrays: Iterable[Array]) -> None:
        super().__init__(arrays)

    def __setitem__(self, at: SupportsIndex | slice, value: Any) -> None:
        """Write into the array, or into each of several."""
        mine = self[at]
        for array, new in (
            [(mine, value)]
            if isinstance(mine, np.ndarray)
            else zip(mine, value, strict=True)
        ):
            if np.shape(new) != array.shape:
                raise ValueError(
                    f"expected an array of shape {array.shape}, as it was fitted, got "
                    f"{np.shape(new)}. Other sizes need another fit, with other "
                    "hidden_layer_sizes."
                )
            array[...] = new
