"""Layers that learn their state from the training rows, once, before training."""

from __future__ import annotations

import numpy as np

from glassprop.built import Array, Built
from glassprop.evaluate import outputs


def learn(built: Built, x: Array) -> None:
    """Let layers that learn from the training rows do so, if they have not yet.

    Each gets what comes to it: the output of the layers before it.

    Parameters
    ----------
    built : Built
        What is written into.
    x : array of shape (n, ...)
        The rows.
    """
    for at, place in enumerate(built.structure.places):
        find = getattr(place.layer, "learn", None)
        if find is None or place.name in built.learned:
            continue
        inputs = outputs(built.front(at), x) if at else x
        found = find(inputs.astype(np.float64))
        built.put({f"{place.name}.{key}": one for key, one in found.items()})
        built.learned.add(place.name)
