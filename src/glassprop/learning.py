"""Layers that learn their state from the training rows, once, before training."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassprop.built import Built
from glassprop.chunks import run_in_chunks
from glassprop.compiling import Compiled
from glassprop.programs import arriving_program
from glassprop.trees import named_parts, part_names


def learn(built: Built, x: Any) -> None:
    """Let layers that learn from the training rows do so, if they have not yet.

    Each gets what comes to it: the output of the layers before it.

    Parameters
    ----------
    built : Built
        What is written into.
    x : array of shape (n, ...), or tuple of such
        The rows.
    """
    for place in built.structure.all_places:
        find = getattr(place.layer, "learn", None)
        if find is None or place.name in built.learned:
            continue
        compiled = Compiled(arriving_program(built.structure, place.name))
        rows = named_parts(part_names("x", x), x)
        (inputs,) = run_in_chunks(compiled, built.given(), rows).values()
        found = find(np.asarray(inputs, np.float64))
        built.put({f"{place.name}.{key}": one for key, one in found.items()})
        built.learned.add(place.name)
