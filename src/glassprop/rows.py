"""The rows that a network is trained or measured on: weights, batches, splits.

`Rows` holds checked arrays. Batches and splits are drawn from an explicit generator, so
that they are a pure function of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.arrays import Array, check_weights
from glassprop.data import as_each_input, refuse_batches_as_rows
from glassprop.errors import ArgumentError, DataError, shape_text
from glassprop.frame_columns import Words, words_of
from glassprop.losses import AnyLoss
from glassprop.options import is_number
from glassprop.programs import Target
from glassprop.randomness import SPLIT, generator
from glassprop.structure import Structure
from glassprop.targets import as_each_target, row_classes
from glassprop.trees import (
    as_parts,
    is_several,
    map_parts,
    named_parts,
    part_names,
)


@dataclass
class Rows:
    """The rows of a training or a validation, checked.

    Parameters
    ----------
    x, y : array of shape (n, ...), or tuple of such
        Tuples for several inputs and several targets.
    weights : array of shape (n,) or None
        A weight a row, with a mean of 1.
    target : Target
        What y looks like.
    words : dict from str to tuple of str
        The words for the columns of x, by array, where it was given as a data frame.
    """

    x: Any
    y: Any
    weights: NDArray[Any] | None
    target: Target
    words: Mapping[str, Words] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(as_parts(self.x)[0])

    def take(self, rows: NDArray[Any]) -> Rows:
        """Give some of the rows, their weights scaled to a mean of 1 again."""
        weights = None if self.weights is None else scaled(self.weights[rows])
        x, y = (map_parts(lambda one: one[rows], data) for data in (self.x, self.y))
        return Rows(x, y, weights, self.target, self.words)

    def data(self) -> dict[str, NDArray[Any]]:
        """Give the arrays as a program names them."""
        given = {
            key: array
            for name, data in (("x", self.x), ("y", self.y))
            for key, array in named_parts(part_names(name, data), data).items()
        }
        return given if self.weights is None else {**given, "weights": self.weights}


def checked_rows(
    structure: Structure,
    X: Any,
    y: Any,
    loss: AnyLoss,
    *,
    sample_weight: Any = None,
    class_weight: Any = None,
    what: str = "",
) -> Rows:
    """Check X, y and weights against a network's structure.

    `what` stands in front of X and y in errors: ``"validation "``.
    """
    x = as_each_input(
        X,
        structure.dtype,
        structure.input_shape,
        missing_allowed=structure.fills_missing,
        name=f"{what}X",
    )
    first = as_parts(x)[0]
    if len(first) == 0:
        raise DataError(
            f"{what}X: expected at least one row, got shape {shape_text(first.shape)}."
        )
    if not is_several(structure.input_shape):
        refuse_batches_as_rows(X, y, f"{what}X")
    array, target = as_each_target(
        y,
        loss,
        structure.output_shape,
        structure.dtype,
        len(first),
        name=f"{what}y",
    )
    weights = row_weights(sample_weight, class_weight, array, loss, structure.dtype)
    target = replace(target, weighted=weights is not None)
    return Rows(x, array, weights, target, words_of("x", X, structure.input_shape))


# Weights ------------------------------------------------------------------------------


def row_weights(
    sample_weight: Any,
    class_weight: Any,
    y: Any,
    loss: AnyLoss,
    dtype: np.dtype[Any],
) -> Array | None:
    """Combine the weights of rows and classes, scaled to a mean of 1.

    Parameters
    ----------
    sample_weight : array-like of shape (n,) or None
        A weight a row, at least 0.
    class_weight : mapping from label to number, ``"balanced"`` or None
        A weight a class; ``balanced`` gives every class the same sum.
    y : array of shape (n,), or of the output's shape
        The target.
    loss : Loss
        What the target is for.
    dtype : numpy dtype
        Of the network.

    Raises
    ------
    DataError, ShapeError, ArgumentError
        If a weight is negative, missing, or all are zero.
    """
    if sample_weight is None and class_weight is None:
        return None
    rows = len(as_parts(y)[0])
    weights = np.ones(rows)
    if sample_weight is not None:
        weights = weights * check_weights(sample_weight, rows, "sample_weight")
    if class_weight is not None:
        weights = weights * _class_weights(class_weight, y, loss)
    return scaled(weights).astype(dtype)


def scaled(weights: Array) -> Array:
    """Scale weights to a mean of 1, so that a weighted mean is a plain one.

    Raises
    ------
    DataError
        If all are 0.
    """
    if not weights.any():
        raise DataError("the weights of all rows are 0; nothing is left to learn from.")
    shares: Array = weights / weights.mean()
    return shares


def _class_weights(class_weight: Any, y: Any, loss: AnyLoss) -> Array:
    classes = None if is_several(y) else row_classes(y, loss)
    if classes is None:
        shapes = " and ".join(shape_text(("n", *one.shape[1:])) for one in as_parts(y))
        raise ArgumentError(
            f"class_weight needs rows of one class each, which loss {loss.name!r} with "
            f"y of shape {shapes} does not have. Use sample_weight."
        )
    found, counts = np.unique(classes, return_counts=True)
    if isinstance(class_weight, str) and class_weight == "balanced":
        by_class: dict[Any, Any] = dict(
            zip(found.tolist(), len(classes) / counts, strict=True)
        )
    elif isinstance(class_weight, Mapping):
        by_class = dict(class_weight)
    else:
        raise ArgumentError(
            f"class_weight must be 'balanced' or a dict from label to weight, got "
            f"{class_weight!r}."
        )
    for label in found.tolist():
        weight = by_class.get(label)
        if not is_number(weight) or not 0 <= float(weight) < np.inf:
            raise ArgumentError(
                "class_weight: expected a finite number >= 0 for each class, got "
                f"{weight!r} for class {label}."
            )
    return np.array([by_class[label] for label in classes.tolist()], np.float64)


# Rows ---------------------------------------------------------------------------------


def split_rows(
    rows: int, fraction: float, rng: np.random.Generator, labels: Array | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split rows into a part to train on and a part to hold out.

    Parameters
    ----------
    rows : int
        How many there are.
    fraction : float
        The part to hold out, above 0 and below 1.
    rng : numpy Generator
        Chooses the rows.
    labels : array of shape (rows,) or None
        With labels, each class keeps its share in both parts ("stratified").

    Returns
    -------
    training, held_out : arrays of int
        Row numbers in ascending order.

    Raises
    ------
    ArgumentError, DataError
        If the fraction is out of range or one part would be empty.
    """
    if not 0 < fraction < 1:
        raise ArgumentError(
            f"validation must be a fraction above 0 and below 1, or a pair (X, y), got "
            f"{fraction!r}."
        )
    held = round(rows * fraction)
    if held in (0, rows):
        raise DataError(
            f"validation={fraction} of {rows} rows leaves {rows - held} to train on "
            f"and {held} to hold out. Give more rows, or a pair (X, y) to validate on."
        )
    order = rng.permutation(rows)
    if labels is not None:
        order = _spread(order, labels)
    return np.sort(order[held:]), np.sort(order[:held])


def validation_rows(
    rows: int, fraction: float, seed: int, labels: Array | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split rows as `fit` does with ``validation=fraction``, by a network's seed."""
    return split_rows(rows, fraction, generator(seed, SPLIT), labels)


def _spread(order: NDArray[np.int64], labels: Array) -> NDArray[np.int64]:
    """Order shuffled rows so that every stretch holds each class in its share."""
    place = np.empty(len(order))
    for label in np.unique(labels):
        of_class = np.flatnonzero(labels[order] == label)
        place[of_class] = (np.arange(len(of_class)) + 0.5) / len(of_class)
    return order[np.argsort(place, kind="stable")]
