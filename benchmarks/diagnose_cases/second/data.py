"""Data of the second set.

Penguins, patches of the two photographs that scikit-learn brings, and two problems that
it generates; none of them is among the data of the first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_sample_image, make_friedman1, make_moons

from diagnose_cases.tables import PENGUINS, source

PATCHES = 1600
GREY = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601

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


@source
def species() -> tuple[NDArray[Any], NDArray[Any]]:
    measures, kinds, _ = _penguins()
    return measures, kinds


@source
def sex() -> tuple[NDArray[Any], NDArray[Any]]:
    measures, kinds, sexes = _penguins()
    return np.column_stack([measures, np.eye(3)[kinds]]), sexes


@source
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


@source
def scenes() -> tuple[NDArray[Any], NDArray[Any]]:
    """Give which photograph a grey patch is of."""
    patches, which, _ = _patches(8)
    return (patches @ GREY).reshape(PATCHES, -1), which


@source
def quarters() -> tuple[NDArray[Any], NDArray[Any]]:
    """Give which photograph a patch in colour is of, and which half of it."""
    patches, which, half = _patches(6)
    return patches.reshape(PATCHES, -1), 2 * which + half


@source
def pixel() -> tuple[NDArray[Any], NDArray[Any]]:
    """Give how bright a pixel is, from the 24 around it."""
    grey = (_patches(5)[0] @ GREY).reshape(PATCHES, -1)
    return np.delete(grey, 12, axis=1), grey[:, 12]


@source
def colours() -> tuple[NDArray[Any], NDArray[Any]]:
    """Give the three colours of a pixel, from how bright it and those around it are."""
    patches, _, _ = _patches(5)
    return (patches @ GREY).reshape(PATCHES, -1), patches[:, 2, 2]


# Generated ----------------------------------------------------------------------------


@source
def friedman() -> tuple[NDArray[Any], NDArray[Any]]:
    X, y = make_friedman1(600, noise=1.0, random_state=3)
    return X, y


@source
def moons() -> tuple[NDArray[Any], NDArray[Any]]:
    X, y = make_moons(400, noise=0.2, random_state=3)
    return X, y.astype(np.int64)
