"""What layers give for rows, and the slope of the loss there; counted into bins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.built import Built
from glassprop.chunks import run_in_chunks
from glassprop.compiling import Compiled
from glassprop.losses import AnyLoss
from glassprop.programs import layers_program, slopes_program
from glassprop.rows import Rows
from glassprop.structure import Structure
from glassprop.trees import as_parts, named_parts, part_names

MOST_ROWS = 1000
MOST_VALUES = 4_000_000  # of all layers together
BINS = 40

Values = Mapping[str, NDArray[Any]]


def rows_to_look_at(structure: Structure, count: int) -> NDArray[np.int64]:
    """Choose rows, evenly spaced: not more than give values that can be counted.

    Parameters
    ----------
    structure : Structure
        Its layers' outputs say how many values a row gives.
    count : int
        How many rows there are.
    """
    each = sum(
        math.prod(shape)
        for place in structure.all_places
        for shape in as_parts(place.output_shape)
    )
    most = min(count, MOST_ROWS, max(1, MOST_VALUES // max(1, each)))
    return np.linspace(0, count - 1, most).astype(np.int64)


def given_values(built: Built, x: Any) -> Values:
    """Calculate what each layer gives for checked rows, by the layer's path.

    A layer that gives several arrays has a number behind its path for each.
    """
    compiled: Compiled = built.compiled(
        "layers", lambda: Compiled(layers_program(built.structure))
    )
    data = named_parts(part_names("x", x), x)
    found = run_in_chunks(compiled, built.given(), data)
    names = [
        name
        for place in built.structure.all_places
        for name in as_parts(part_names(place.name, place.output_shape))
    ]
    return {name: np.asarray(found[f"given {name}"]) for name in names}


def slopes_at(
    built: Built, rows: Rows, loss: AnyLoss
) -> list[tuple[str, str, NDArray[Any]]]:
    """Calculate the slope of the loss at what each layer gives, and at its parameters.

    Returns
    -------
    list of tuples
        A name, ``"output"`` or ``"parameter"``, and the slope; each layer's parameters
        stand behind what it gives.
    """
    compiled: Compiled = built.compiled(
        ("slopes", loss, rows.target),
        lambda: Compiled(slopes_program(built.structure, loss, rows.target)),
    )
    with np.errstate(all="ignore"):
        found = compiled.named({**built.given(), **rows.data()})
    listed = []
    for place in built.structure.all_places:
        outputs = as_parts(part_names(place.name, place.output_shape))
        listed += [(name, "output", found[f"slope {name}"]) for name in outputs]
        own = [f"{place.name}.{name}" for name in place.parameters]
        listed += [
            (name, "parameter", found[f"d {name}"])
            for name in own
            if f"d {name}" in found
        ]
    return listed


# Counted ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Counted:
    """An array told by a few numbers, and how often values of each size are in it.

    Parameters
    ----------
    counts : int array of shape (bins,)
        How many values are in each bin.
    edges : array of shape (bins + 1,)
        Where the bins end.
    mean, std, least, greatest : float
        Of the finite values; NaN where there is none.
    zeros : float
        The share of values that are 0 exactly.
    not_finite : int
        How many are NaN or infinite, and are left out.
    """

    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    mean: float
    std: float
    least: float
    greatest: float
    zeros: float
    not_finite: int


def counted(values: NDArray[Any]) -> Counted:
    """Count values into bins, from the least to the greatest."""
    finite = values[np.isfinite(values)].astype(np.float64)
    edges = np.linspace(0, 1, BINS + 1)
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
        near = high - low <= 1e-9 * max(abs(low), abs(high))  # float32 has 7 digits
        wide = 0.5 * abs(high) or 0.5
        span = (low - wide, high + wide) if near else (low, high)
        edges = np.linspace(*span, BINS + 1)
    counts, _ = np.histogram(finite, edges)
    least, greatest, mean, std = [math.nan] * 4
    if finite.size:
        least, greatest = float(finite.min()), float(finite.max())
        with np.errstate(over="ignore"):
            mean, std = float(finite.mean()), float(finite.std())
    zeros = float(np.mean(values == 0)) if values.size else 0.0
    broken = values.size - finite.size
    return Counted(counts, edges, mean, std, least, greatest, zeros, broken)


def counted_together(
    arrays: Sequence[NDArray[Any]],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Count the numbers of several arrays into the same bins.

    The bins begin where some array has a hundredth of its numbers below; what is less
    is counted in the first.

    Returns
    -------
    counts : array of shape (arrays, bins)
    edges : array of shape (bins + 1,)
    """
    finite = [one[np.isfinite(one)] for one in arrays]
    known = [one for one in finite if one.size]
    low = min((float(np.quantile(one, 0.01)) for one in known), default=0.0)
    high = max((float(one.max()) for one in known), default=1.0)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BINS + 1)
    counts = [np.histogram(np.maximum(one, low), edges)[0] for one in finite]
    return np.stack(counts), edges
