"""Data of the third set; none of its targets was used before.

Penguins, and scikit-learn's tables, by columns and targets other than those of the
first two; digits as means of blocks and sums of lines; and problems that scikit-learn
generates, with noise.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_circles,
    make_classification,
    make_friedman2,
    make_gaussian_quantiles,
    make_swiss_roll,
)

from diagnose_cases.tables import PENGUINS, source

Rows = tuple[NDArray[np.float64], NDArray[np.float64] | NDArray[np.int64]]
IMAGES = 800

# Penguins -----------------------------------------------------------------------------


def _penguins(*measures: str) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Give those of which all is known, and measures, species and sex as numbers."""
    known = pd.read_csv(PENGUINS).dropna()
    words = pd.get_dummies(known[["species", "sex"]]).to_numpy(np.float64)[:, :-1]
    return known, np.column_stack([known[list(measures)].to_numpy(np.float64), words])


@source
def island() -> Rows:
    """Give where a penguin lives."""
    known, X = _penguins(
        "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"
    )
    return X, known["island"].astype("category").cat.codes.to_numpy(np.int64)


@source
def flipper() -> Rows:
    known, X = _penguins("bill_length_mm", "bill_depth_mm", "body_mass_g")
    return X, known["flipper_length_mm"].to_numpy(np.float64)


@source
def bills() -> Rows:
    """Give how long a bill is, and how deep."""
    known, X = _penguins("flipper_length_mm", "body_mass_g")
    return X, known[["bill_length_mm", "bill_depth_mm"]].to_numpy(np.float64)


# Digits -------------------------------------------------------------------------------


def _digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give images of 8 x 8, and the digit that each shows."""
    X, digits = load_digits(return_X_y=True)
    return X[:IMAGES].reshape(-1, 8, 8), digits[:IMAGES]


@source
def blocks() -> Rows:
    """Give a digit from the means of blocks of four pixels."""
    images, digits = _digits()
    return images.reshape(-1, 4, 2, 4, 2).mean((2, 4)).reshape(-1, 16), digits


@source
def profiles() -> Rows:
    """Give whether a digit is odd, from the sums of rows and columns."""
    images, digits = _digits()
    return np.concatenate([images.sum(1), images.sum(2)], axis=1), digits % 2


@source
def strokes() -> Rows:
    """Give the four lowest blocks of a digit, from those above."""
    X, _ = blocks()
    return X[:, :12], X[:, 12:]


# Tables -------------------------------------------------------------------------------


@source
def tint() -> Rows:
    """Give how intense a wine's colour is, from all else that is known of it."""
    X, _ = load_wine(return_X_y=True)
    return np.delete(X, 9, axis=1), X[:, 9]


@source
def cultivar() -> Rows:
    """Give a wine's cultivar from five columns."""
    X, y = load_wine(return_X_y=True)
    return X[:, :5], y


@source
def tumour() -> Rows:
    """Give whether a tumour is benign, from the means of ten measures."""
    X, y = load_breast_cancer(return_X_y=True)
    return X[:, :10], y


@source
def growth() -> Rows:
    """Give the largest radius in a tumour, from the means of ten measures."""
    X, _ = load_breast_cancer(return_X_y=True)
    return X[:, :10], X[:, 20]


@source
def petal() -> Rows:
    """Give how wide a petal is."""
    X, _ = load_iris(return_X_y=True)
    return X[:, :3], X[:, 3]


@source
def serum() -> Rows:
    """Give one measure of the blood, from all others."""
    X, _ = load_diabetes(return_X_y=True)
    return np.delete(X, 8, axis=1), X[:, 8]


@source
def progress() -> Rows:
    """Give whether diabetes progressed by more than in the middle case."""
    X, y = load_diabetes(return_X_y=True)
    return X, (y > np.median(y)).astype(np.int64)


# Generated ----------------------------------------------------------------------------


@source
def circles() -> Rows:
    X, y = make_circles(500, noise=0.1, factor=0.5, random_state=31)
    return X, y


@source
def mixtures() -> Rows:
    X, y = make_classification(
        800,
        12,
        n_informative=6,
        n_classes=3,
        flip_y=0.03,
        class_sep=1.5,
        random_state=32,
    )
    return X, y


@source
def many() -> Rows:
    """Give two classes from 30 columns, of which four tell something."""
    X, y = make_classification(
        400, 30, n_informative=4, n_redundant=0, flip_y=0.1, random_state=33
    )
    return X, y


@source
def shells() -> Rows:
    X, y = make_gaussian_quantiles(
        n_samples=700, n_features=4, n_classes=3, random_state=34
    )
    return X, y


@source
def swiss() -> Rows:
    """Give where on a spiral a point is."""
    X, t = make_swiss_roll(600, noise=0.5, random_state=35)
    return X, t


@source
def impedance() -> Rows:
    X, y = make_friedman2(600, noise=50.0, random_state=36)
    return X, y
