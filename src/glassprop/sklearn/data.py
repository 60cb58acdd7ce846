"""The rows of one training: as an estimator gets them, and split by early stopping."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.losses import Loss

Array = NDArray[Any]


@dataclass(frozen=True)
class Data:
    """The rows of one training, as the network takes them.

    Parameters
    ----------
    X, y : array of shape (n, ...)
        The rows to train on, and their target.
    weights : array of shape (n,) or None
        The weight of each.
    loss : Loss
        What the target is for.
    outputs : int
        How many numbers the network gives for a row.
    held : tuple of array or None
        What `fit` takes as its validation.
    """

    X: Array
    y: Array
    weights: Array | None
    loss: Loss
    outputs: int
    held: tuple[Array, ...] | None = None

    @property
    def share(self) -> float:
        """The number of rows over the sum of their weights."""
        total = len(self.X) if self.weights is None else float(self.weights.sum())
        return len(self.X) / total if total > 0 else 1.0


def dense(X: Any) -> Array:
    """Give rows as an array, those of a sparse matrix too."""
    return np.asarray(X.toarray() if hasattr(X, "toarray") else X)


def binarizer(labels: Any) -> Any:
    """Fit scikit-learn's `LabelBinarizer`; it is imported where it is needed.

    Parameters
    ----------
    labels : array of shape (n,) or (n, k)
        One label a row, or several.
    """
    from sklearn.preprocessing import LabelBinarizer

    return LabelBinarizer().fit(labels)


def held_out(
    data: Data, fraction: float, rng: np.random.RandomState, *, stratified: bool
) -> Data:
    """Hold out rows, those that scikit-learn's estimator holds out.

    Parameters
    ----------
    data : Data
        All rows.
    fraction : float
        The part to hold out.
    rng : RandomState
        Chooses the rows.
    stratified : bool
        Whether each class keeps its share.

    Raises
    ------
    ValueError
        If there are too few.
    """
    from sklearn.model_selection import train_test_split

    train, held = train_test_split(
        np.arange(len(data.X)),
        random_state=rng,
        test_size=fraction,
        stratify=data.y if stratified else None,
    )
    if len(held) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the "
            "size of your dataset."
        )
    parts = [one for one in (data.X, data.y, data.weights) if one is not None]
    return replace(
        data,
        X=data.X[train],
        y=data.y[train],
        weights=None if data.weights is None else data.weights[train],
        held=tuple(one[held] for one in parts),
    )
