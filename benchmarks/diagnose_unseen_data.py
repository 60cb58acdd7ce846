"""Data of the trainings that no threshold and no rule was tuned on.

Penguins, patches of the two photographs that scikit-learn brings, and two problems that
it generates; none of them is among the data of ``diagnose_cases.py``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_sample_image, make_friedman1, make_moons

PENGUINS = Path(__file__).parents[1] / "examples" / "penguins.csv"
PATCHES = 1600
GREY = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


class Table(NamedTuple):
    """Rows to learn from.

    Parameters
    ----------
    X : array of shape (rows, columns)
        In the units in which they were measured.
    y : array of int of shape (rows,), or of float of shape (rows, outputs)
    classes : int
        How many; 0 for numbers, which have a mean of 0 and a deviation of 1.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    classes: int

    @property
    def scaled(self) -> NDArray[Any]:
        """The columns with a mean of 0 and a deviation of 1."""
        scaled: NDArray[Any] = (self.X - self.X.mean(0)) / self.X.std(0)
        return scaled


@cache
def table(name: str) -> Table:
    """Give the rows of a name, in an order of chance."""
    X, y = SOURCES[name]()
    order = np.random.default_rng(7).permutation(len(X))
    X, y = X[order], y[order]
    if y.dtype.kind == "i":
        return Table(X, y, int(y.max()) + 1)
    y = y.reshape(len(y), -1)
    return Table(X, (y - y.mean(0)) / y.std(0), 0)


# Penguins -----------------------------------------------------------------------------

MEASURES = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


def _penguins() -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Give measures, species and sex of those of which all is known."""
    known = pd.read_csv(PENGUINS).dropna()
    kinds, sexes = (
        known[name].astype("category").cat.codes.to_numpy(np.int64)
        for name in ("species", "sex")
    )
    return known[MEASURES].to_numpy(np.float64), kinds, sexes


def species() -> tuple[NDArray[Any], NDArray[Any]]:
    measures, kinds, _ = _penguins()
    return measures, kinds


def sex() -> tuple[NDArray[Any], NDArray[Any]]:
    measures, kinds, sexes = _penguins()
    return np.column_stack([measures, np.eye(3)[kinds]]), sexes


def mass() -> tuple[NDArray[Any], NDArray[Any]]:
    measures, kinds, sexes = _penguins()
    return np.column_stack([measures[:, :3], np.eye(3)[kinds], sexes]), measures[:, 3]


# Photographs --------------------------------------------------------------------------


def _patches(size: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Give square patches in colour, which image each is of, and its first line."""
    rng = np.random.default_rng(11)
    images = [load_sample_image(name) for name in ("china.jpg", "flower.jpg")]
    which = rng.integers(0, 2, PATCHES)
    height, width, _ = images[0].shape
    tops = rng.integers(0, height - size, PATCHES)
    lefts = rng.integers(0, width - size, PATCHES)
    patches = [
        images[image][top : top + size, left : left + size].astype(np.float64)
        for image, top, left in zip(which, tops, lefts, strict=True)
    ]
    return np.stack(patches), which, 2 * tops // (height - size)


def scenes() -> tuple[NDArray[Any], NDArray[Any]]:
    """Give which photograph a grey patch is of."""
    patches, which, _ = _patches(8)
    return (patches @ GREY).reshape(PATCHES, -1), which


def quarters() -> tuple[NDArray[Any], NDArray[Any]]:
    """Give which photograph a patch in colour is of, and which half of it."""
    patches, which, half = _patches(6)
    return patches.reshape(PATCHES, -1), 2 * which + half


def pixel() -> tuple[NDArray[Any], NDArray[Any]]:
    """Give how bright a pixel is, from the 24 around it."""
    grey = (_patches(5)[0] @ GREY).reshape(PATCHES, -1)
    return np.delete(grey, 12, axis=1), grey[:, 12]


def colours() -> tuple[NDArray[Any], NDArray[Any]]:
    """Give the three colours of a pixel, from how bright it and those around it are."""
    patches, _, _ = _patches(5)
    return (patches @ GREY).reshape(PATCHES, -1), patches[:, 2, 2]


# Generated ----------------------------------------------------------------------------


def friedman() -> tuple[NDArray[Any], NDArray[Any]]:
    X, y = make_friedman1(600, noise=1.0, random_state=3)
    return X, y


def moons() -> tuple[NDArray[Any], NDArray[Any]]:
    X, y = make_moons(400, noise=0.2, random_state=3)
    return X, y.astype(np.int64)


SOURCES = {
    one.__name__: one
    for one in (species, sex, mass, scenes, quarters, pixel, colours, friedman, moons)
}
