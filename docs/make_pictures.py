"""Make the pictures of the page "Pictures": ``python docs/make_pictures.py``.

All data come with scikit-learn or with the examples. The same versions give the same
bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from sklearn import datasets

import glassprop as gp
from glassprop.pictures import Picture

FOLDER = Path(__file__).parent / "_static" / "pictures"


def standardized(X: np.ndarray) -> np.ndarray:
    return (X - X.mean(axis=0)) / X.std(axis=0)


def exam() -> Picture:
    hours = np.array([[2, 9], [1, 5], [3, 6]])
    points = np.array([[92], [86], [89]])
    layers = [
        gp.Scale([1 / 3, 1 / 9]),
        gp.Dense(3, "sigmoid", name="hidden"),
        gp.Dense(1, "sigmoid", name="output"),
    ]
    net = gp.Network(layers, loss="half_squared_error", name="exam")
    net.fit(hours, points / 100, optimizer=gp.SGD(3), epochs=1000, verbose=False)
    return gp.pictures.network(net)


def iris_network() -> Picture:
    X, y = datasets.load_iris(return_X_y=True)
    layers = [gp.Standardize(), gp.Dense(8, "tanh"), gp.Dense(6, "tanh"), gp.Dense(3)]
    net = gp.Network(layers, loss="cross_entropy", name="iris")
    net.fit(X, y, epochs=60, verbose=False)
    return gp.pictures.network(net)


def blocks() -> Picture:
    branches = gp.Parallel(
        [[gp.Dense(32, "relu"), gp.Dense(8)], gp.Dense(8, "tanh")], name="branches"
    )
    way = [gp.LayerNorm(), gp.Dense(16, "gelu"), gp.Dropout(0.1)]
    layers = [branches, gp.Concatenate(), gp.Residual(way, name="block"), gp.Dense(3)]
    net = gp.Network(layers, input_shape=((64,), (5,)), name="Two inputs")
    return gp.pictures.network(net)


def digits() -> tuple[gp.Network, gp.History, np.ndarray, np.ndarray]:
    X, y = datasets.load_digits(return_X_y=True)
    X = X.reshape(-1, 8, 8) / 16
    layers = [gp.Flatten(), gp.Dense(32, "relu"), gp.Dense(32, "relu"), gp.Dense(10)]
    net = gp.Network(layers, loss="cross_entropy")
    X, X_test, y, y_test = gp.train_test_split(X, y, stratify=y)
    history = net.fit(
        *(X, y),
        epochs=40,
        validation=0.2,
        early_stopping=8,
        schedule=gp.schedules.Cosine(40),
        verbose=False,
    )
    return net, history, X_test, y_test


def history() -> Picture:
    return gp.pictures.history(digits()[1])


def learning_rates() -> Picture:
    X, y = datasets.load_digits(return_X_y=True)
    layers = [gp.Dense(32, "relu"), gp.Dense(10)]
    net = gp.Network(layers, loss="cross_entropy")
    return gp.pictures.learning_rates(net.find_learning_rate(X / 16, y))


def learning_curve() -> Picture:
    X, y = datasets.load_digits(return_X_y=True)
    net = gp.Network([gp.Dense(32, "relu"), gp.Dense(10)], loss="cross_entropy")
    curve = gp.learning_curve(
        *(net, X / 16, y),
        sizes=(50, 100, 200, 400, 800, 1400),
        metrics="accuracy",
        epochs=60,
        verbose=False,
    )
    return gp.pictures.learning_curve(curve, "accuracy")


def activations() -> Picture:
    net, _, X, _ = digits()
    return gp.pictures.activations(net, X)


def gradients() -> Picture:
    X, y = datasets.load_iris(return_X_y=True)
    layers = [gp.Dense(10, "sigmoid", name=f"layer_{at}") for at in range(1, 4)]
    net = gp.Network([*layers, gp.Dense(3, name="output")], loss="cross_entropy")
    return gp.pictures.gradients(net, standardized(X), y)


def confusion_matrix() -> Picture:
    net, _, X, y = digits()
    return gp.pictures.confusion_matrix(net, X, y)


def first_layer() -> Picture:
    X, y = datasets.load_digits(return_X_y=True)
    layers = [gp.Flatten(), gp.Dense(10, name="digit")]
    net = gp.Network(layers, loss="cross_entropy")
    optimizer = gp.AdamW(0.01, weight_decay=0.3)
    net.fit(X.reshape(-1, 8, 8) / 16, y, optimizer=optimizer, epochs=30, verbose=False)
    return gp.pictures.first_layer(net)


def two_moons() -> Picture:
    X, y = datasets.make_moons(100, noise=0.2, random_state=0)
    layers = [gp.Dense(16, "tanh"), gp.Dense(1)]
    net = gp.Network(layers, loss="binary_cross_entropy")
    net.fit(X, y[:, None], optimizer=gp.Adam(0.02), epochs=150, verbose=False)
    return gp.pictures.decision_boundary(net, X, y[:, None])


def three_wines() -> Picture:
    wine = datasets.load_wine(as_frame=True)
    X = wine.data[["alcohol", "flavanoids"]]
    layers = [gp.Standardize(), gp.Dense(16, "tanh"), gp.Dense(3)]
    net = gp.Network(layers, loss="cross_entropy")
    net.fit(X, wine.target, epochs=100, verbose=False)
    return gp.pictures.decision_boundary(
        net, X, wine.target, names=["barolo", "grignolino", "barbera"]
    )


def surface() -> Picture:
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, (80, 2))
    y = np.sin(X[:, :1]) * np.cos(X[:, 1:]) + 0.1 * rng.standard_normal((80, 1))
    layers = [gp.Dense(24, "tanh"), gp.Dense(1)]
    net = gp.Network(layers, loss="mean_squared_error")
    net.fit(X, y, optimizer=gp.Adam(0.01), epochs=150, verbose=False)
    return gp.pictures.decision_boundary(net, X, y)


def calibration() -> Picture:
    X, y = datasets.load_breast_cancer(return_X_y=True)
    layers = [gp.Standardize(), gp.Dense(16, "relu"), gp.Dense(1)]
    net = gp.Network(layers, loss="binary_cross_entropy")
    X, X_test, y, y_test = gp.train_test_split(X, y[:, None], test=0.5, stratify=y)
    net.fit(X, y, epochs=40, verbose=False)
    return gp.pictures.calibration(net, X_test, y_test, bins=5)


def residuals() -> Picture:
    X, y = datasets.load_diabetes(return_X_y=True)
    layers = [gp.Standardize(), gp.Dense(16, "relu"), gp.Dense(1), gp.Scale(100.0)]
    net = gp.Network(layers, loss="mean_squared_error")
    X, X_test, y, y_test = gp.train_test_split(X, y[:, None], test=0.4)
    net.fit(X, y, epochs=100, verbose=False)
    return gp.pictures.residuals(net, X_test, y_test, names=["progression"])


PICTURES: Mapping[str, Callable[[], Picture]] = MappingProxyType(
    {
        one.__name__: one
        for one in (
            exam,
            iris_network,
            blocks,
            history,
            learning_rates,
            learning_curve,
            activations,
            gradients,
            two_moons,
            three_wines,
            surface,
            confusion_matrix,
            calibration,
            residuals,
            first_layer,
        )
    }
)
"""Each picture by the name of its file."""


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in PICTURES.items():
        make().save(FOLDER / f"{name}.svg")
        print(f"{name}.svg: {(FOLDER / f'{name}.svg').stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
