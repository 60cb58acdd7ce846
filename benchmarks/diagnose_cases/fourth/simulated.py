"""Data of the fourth set that is worked out: by laws of physics, and by geometry.

Those with units are in SI units, as a learner would have them before scaling.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import (
    make_blobs,
    make_friedman3,
    make_hastie_10_2,
    make_regression,
    make_s_curve,
)

from diagnose_cases.tables import source

Numbers = NDArray[np.float64]
Rows = tuple[Numbers, Numbers | NDArray[np.int64]]
GAS_CONSTANT = 8.314462618  # J / (mol K), CODATA 2018
GRAVITY, STEPS = 9.80665, 200


def _between(seed: int, count: int, *limits: tuple[float, float]) -> list[Numbers]:
    rng = np.random.default_rng(seed)
    return [rng.uniform(low, high, count) for low, high in limits]


def _noisy(y: Numbers, part: float, seed: int) -> Numbers:
    """Give y measured with an error that is a part of its deviation."""
    noise = np.random.default_rng(seed).normal(size=y.shape)
    return y + part * y.std(0) * noise


# Physics ------------------------------------------------------------------------------


@source
def reactor() -> Rows:
    """Give what a first-order reaction leaves of a substance."""
    kelvin, seconds, start, pascal = _between(
        51, 700, (320, 380), (10, 600), (500, 2000), (1e5, 3e5)
    )
    rate = 1e9 * np.exp(-75e3 / (GAS_CONSTANT * kelvin)) * pascal / 1e5
    left = start * np.exp(-rate * seconds)
    return np.column_stack([kelvin, seconds, start, pascal]), _noisy(left, 0.05, 52)


@source
def gas() -> Rows:
    """Give the pressure of carbon dioxide, by van der Waals."""
    kelvin, volume, amount = _between(53, 600, (280, 400), (2e-3, 8e-3), (1, 6))
    pascal = amount * GAS_CONSTANT * kelvin / (volume - 4.267e-5 * amount)
    pascal -= 0.3640 * (amount / volume) ** 2
    return np.column_stack([kelvin, volume, amount]), _noisy(pascal, 0.03, 54)


@source
def pendulum() -> Rows:
    """Give the angle after a second and a half."""
    angle, speed, length = _between(55, 700, (-2, 2), (-2, 2), (0.6, 1.6))
    X = np.column_stack([angle, speed, length])
    for _ in range(STEPS):
        speed = speed - GRAVITY / length * np.sin(angle) * 0.8 / STEPS
        angle = angle + speed * 0.8 / STEPS
    return X, _noisy(angle, 0.05, 56)


@source
def lorenz() -> Rows:
    """Give where Lorenz's air is a little later, from where it is."""
    now = np.stack(_between(57, 700, (-15, 15), (-20, 20), (5, 40)))
    X = now.T.copy()
    for _ in range(STEPS):
        x, y, z = now
        slope = np.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])
        now = now + slope * 0.15 / STEPS
    return X, _noisy(now.T, 0.03, 58)


@source
def flight() -> Rows:
    """Give how far and how high a ball flies through air."""
    speed, angle, drag = _between(59, 600, (10, 50), (0.2, 1.3), (0.0, 0.02))
    x, y = np.zeros(600), np.zeros(600)
    across, up, top = speed * np.cos(angle), speed * np.sin(angle), y
    for _ in range(5 * STEPS):
        flies = (y >= 0) * 0.01
        total = drag * np.hypot(across, up)
        x, y = x + across * flies, y + up * flies
        across = across - total * across * flies
        up, top = up - (GRAVITY + total * up) * flies, np.maximum(top, y)
    found = np.column_stack([x, top])
    return np.column_stack([speed, angle, drag]), _noisy(found, 0.03, 60)


@source
def tide() -> Rows:
    """Give how high the water stands, by the hour."""
    (hours,) = _between(61, 400, (0, 18))
    height = np.cos(hours / 12.42 * 2 * np.pi) + 0.4 * np.cos(hours / 6.21 * 2 * np.pi)
    return hours[:, None], _noisy(height, 0.1, 62)


@source
def damping() -> Rows:
    """Give whether an oscillator swings, creeps or is near the limit between."""
    mass, friction, stiffness = _between(63, 900, (0.5, 2), (0.5, 8), (1, 10))
    ratio = friction / (2 * np.sqrt(mass * stiffness))
    kinds = np.digitize(ratio, np.quantile(ratio, [1 / 3, 2 / 3]))
    return np.column_stack([mass, friction, stiffness]), kinds.astype(np.int64)


# Geometry -----------------------------------------------------------------------------


@source
def spirals() -> Rows:
    """Give on which of three arms a point is."""
    rng = np.random.default_rng(64)
    arms = np.arange(750) % 3
    along = rng.uniform(0.3, 1, 750)
    turn = 4 * along + 2 * np.pi / 3 * arms
    X = along[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    return X + rng.normal(scale=0.04, size=X.shape), arms


@source
def chess() -> Rows:
    """Give the colour of a field on a board of 3 x 3."""
    X = np.random.default_rng(65).uniform(0, 3, (900, 2))
    return X, np.floor(X).sum(1).astype(np.int64) % 2


@source
def triangles() -> Rows:
    """Give whether three lengths make a triangle."""
    X = np.random.default_rng(66).uniform(0.1, 1, (900, 3))
    return X, (2 * X.max(1) < X.sum(1)).astype(np.int64)


# scikit-learn's -----------------------------------------------------------------------


@source
def hastie() -> Rows:
    """Give whether ten normal numbers are far from 0."""
    X, y = make_hastie_10_2(1500, random_state=67)
    return X, (y > 0).astype(np.int64)


@source
def phase() -> Rows:
    X, y = make_friedman3(700, noise=0.05, random_state=68)
    return X, y


@source
def curve() -> Rows:
    """Give where on an S a point is."""
    return make_s_curve(600, noise=0.1, random_state=69)


@source
def clouds() -> Rows:
    """Give from which of five clouds a point is; they overlap a little."""
    X, y = make_blobs(700, 6, centers=5, cluster_std=4.5, random_state=70)
    return X, y.astype(np.int64)


@source
def plane() -> Rows:
    return make_regression(500, 15, n_informative=8, noise=10.0, random_state=71)


@source
def faint_plane() -> Rows:
    """Give a number from 25 columns, of which three tell something."""
    return make_regression(300, 25, n_informative=3, noise=60.0, random_state=72)


@source
def faint_clouds() -> Rows:
    """Give from which of three clouds a point is; they overlap a lot."""
    X, y = make_blobs(360, 12, centers=3, cluster_std=14.0, random_state=73)
    return X, y.astype(np.int64)
