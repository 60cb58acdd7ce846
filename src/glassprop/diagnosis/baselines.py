"""The loss of the best answer that needs no network: the same for every row."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import GlasspropError
from glassprop.losses import AnyLoss, Loss
from glassprop.rows import Rows
from glassprop.structure import Structure
from glassprop.trees import as_parts

RARE = 0.5  # rows that a class without any is taken to have


def constant_loss(structure: Structure, rows: Rows, loss: AnyLoss) -> float:
    """Give the smallest mean loss of some constant answers.

    They are those that losses are known to have as their best: the mean and the median
    of the target, of classes the logarithms of their shares, and 0.

    Parameters
    ----------
    structure : Structure
        It says what shape an output has.
    rows : Rows
        With their target.
    loss : Loss or Several
        What is made small; penalties of layers are not in it.

    Returns
    -------
    float
        NaN where none of them is an answer that the loss takes.
    """
    total = 0.0
    shapes = as_parts(structure.output_shape)
    for one, factor, y, shape in zip(
        loss.each, loss.factors, as_parts(rows.y), shapes, strict=True
    ):
        found = [
            _mean_loss(one, answer, y, shape, rows.weights)
            for answer in _answers(one, y, shape, rows.weights)
        ]
        finite = [number for number in found if math.isfinite(number)]
        total += factor * min(finite, default=math.nan)
    return total


def _mean_loss(
    loss: Loss, answer: Any, y: NDArray[Any], shape: tuple[int, ...], weights: Any
) -> float:
    output = np.broadcast_to(np.asarray(answer, np.float64), (len(y), *shape))
    try:
        with np.errstate(all="ignore"):
            losses = np.asarray(loss.function(output.copy(), y), np.float64)
    except (ValueError, TypeError, IndexError, GlasspropError):
        return math.nan
    if losses.shape == (len(y),):
        return float(np.average(losses, weights=weights))
    return float(losses) if losses.shape == () else math.nan


def _answers(
    loss: Loss, y: NDArray[Any], shape: tuple[int, ...], weights: Any
) -> Iterator[Any]:
    """Give constant answers, each of the output's shape or a number."""
    yield 0.0
    if y.dtype.kind == "i":
        units = shape[-1] if shape else 1
        counts = np.bincount(y.ravel(), weights=weights, minlength=2).astype(float)
        shares = np.maximum(counts, RARE) / np.maximum(counts, RARE).sum()
        if loss.target == "binary" and units == 1:
            yield math.log(shares[1] / shares[0])
        elif units >= len(shares):
            padded = np.full(units, RARE / max(counts.sum(), 1))
            padded[: len(shares)] = shares
            yield from (np.log(padded), padded)
        yield from (shares[1], float(np.mean(y)))
        return
    if y.shape[1:] != shape:
        return
    mean = np.average(y, axis=0, weights=weights)
    yield from (mean, np.median(y, axis=0))
    if loss.classifies:
        inner = np.clip(mean, 1e-6, 1 - 1e-6)
        yield np.log(inner / (1 - inner)) if loss.target == "binary" else np.log(inner)
    if loss.target == "counts":
        yield np.log(np.maximum(mean, 1e-12))
