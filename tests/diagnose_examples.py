"""Rows and networks that the tests of diagnoses share; all of them healthy."""

from __future__ import annotations

import numpy as np

import glassprop as gp

ROWS = 60
RNG = np.random.default_rng(0)
X = RNG.standard_normal((ROWS, 3))
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
NUMBERS = 2 * X[:, :1] + X[:, 1:2] ** 2
NOISE = np.random.default_rng(5).permutation(LABELS)
ADAM = gp.Adam(0.02)


def classifier(activation="tanh", **more):
    return [gp.Dense(8, activation, name="hidden", **more), gp.Dense(3, name="out")]


def regressor(activation="tanh", **more):
    return [gp.Dense(8, activation, name="hidden", **more), gp.Dense(1, name="out")]


def normalized():
    return [
        gp.Standardize(),
        gp.Dense(16),
        gp.BatchNorm(),
        gp.Activation("relu"),
        gp.Dropout(0.1),
        gp.Residual([gp.Dense(16, "tanh"), gp.LayerNorm()]),
        gp.Dense(3),
    ]
