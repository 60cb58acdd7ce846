"""Data of the first set: scikit-learn's tables, scaled."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_linnerud,
    load_wine,
)


@cache
def data(name: str) -> tuple[Any, Any, int]:
    """Give scaled inputs, the target, and the number of classes; 0 for numbers."""
    if name == "alcohol":  # that of a wine, from all else that is known of it
        X, _ = load_wine(return_X_y=True)
        X = (X - X.mean(0)) / X.std(0)
        X = X[np.random.default_rng(0).permutation(len(X))]
        return X[:, 1:], X[:, :1], 0
    load = {
        "iris": load_iris,
        "wine": load_wine,
        "cancer": load_breast_cancer,
        "digits": load_digits,
        "diabetes": load_diabetes,
        "linnerud": load_linnerud,
    }[name]
    X, y = load(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    X, y = X[order], y[order]
    X = X / 16 if name == "digits" else (X - X.mean(0)) / X.std(0)
    if name in ("diabetes", "linnerud"):
        y = y.reshape(len(y), -1)
        return X, (y - y.mean(0)) / y.std(0), 0
    return X, y, int(y.max()) + 1
