"""Follow scikit-learn's own MLP: losses and weights, iteration by iteration.

Both train from the same start, through the rows in the same order. A row of the table
is one setting: the largest relative difference of a loss of any of the iterations, and
the largest difference of a weight at the end. Run it with::

    python benchmarks/sklearn_parity.py
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn import neural_network as theirs
from sklearn.datasets import load_diabetes, load_iris

from glassprop import sklearn as ours

ITERATIONS = 50
PENALTY = {"adam": 1e-4, "sgd": 1e-4, "lbfgs": 0.1}
"""Alpha by solver. Without one, L-BFGS brings the loss of the flowers near 0 in some 30
iterations, where what it goes by is as small as the rounding of sums, which differs."""
RNG = np.random.default_rng(0)


def standardized(X: Any) -> Any:
    return (X - X.mean(axis=0)) / X.std(axis=0)


IRIS = load_iris()
DIABETES = load_diabetes()
FLOWERS = standardized(IRIS.data), IRIS.target
PATIENTS = standardized(DIABETES.data), standardized(DIABETES.target)
COUNTS = PATIENTS[0], np.round(DIABETES.target / 30)
TWO = FLOWERS[0], np.where(FLOWERS[1] == 2, "virginica", "another")
LABELS = (
    FLOWERS[0],
    np.stack([FLOWERS[1] > 0, FLOWERS[0][:, 0] > 0], axis=1).astype(int),
)
WEIGHTS = RNG.uniform(0.5, 2, len(FLOWERS[0]))


@dataclass(frozen=True)
class Setting:
    """One row of the table.

    Parameters
    ----------
    name : str
        What is special in it.
    kind : str
        The estimator.
    data : tuple of array
        Rows and target.
    options : dict
        Of the estimator.
    weights : array or None
        Of the rows.
    """

    name: str
    kind: str
    data: tuple[Any, Any]
    options: dict[str, Any] = field(default_factory=dict)
    weights: Any = None


@dataclass(frozen=True)
class Difference:
    """How far two trainings are from each other.

    Parameters
    ----------
    iterations : int
        How many both did.
    loss : float
        The largest difference of a loss, relative to 1 or the loss if that is larger.
    weight : float
        The largest difference of a weight or a bias, in the same way.
    """

    iterations: int
    loss: float
    weight: float


def settings() -> list[Setting]:
    """Give every row: solvers by activations, then penalties, policies and targets."""
    tight = {"tol": 0.0, "n_iter_no_change": ITERATIONS}
    sgd = {"solver": "sgd", "learning_rate_init": 0.05, "batch_size": 20}
    rows = [
        Setting(
            f"{solver}, {activation}",
            "MLPClassifier",
            FLOWERS,
            {
                "solver": solver,
                "activation": activation,
                "batch_size": 20,
                "alpha": PENALTY[solver],
                **tight,
            },
        )
        for solver in PENALTY
        for activation in ("relu", "tanh", "logistic", "identity")
    ]
    for solver in ("adam", "sgd", "lbfgs"):
        rows += [
            Setting(
                f"{solver}, alpha={alpha}",
                "MLPRegressor",
                PATIENTS,
                {"solver": solver, "alpha": alpha, "activation": "tanh", **tight},
            )
            for alpha in (0.0, 1.0, 10.0)
        ]
    rows += [
        Setting(
            f"sgd, {policy}{', plain' * plain}",
            "MLPClassifier",
            FLOWERS,
            {
                **sgd,
                "learning_rate": policy,
                "tol": 1e-2,
                "n_iter_no_change": 2,
                "nesterovs_momentum": not plain,
            },
        )
        for policy in ("constant", "invscaling", "adaptive")
        for plain in (False, True)
    ]
    stop = {"early_stopping": True, "n_iter_no_change": 5, "tol": 1e-3}
    return [
        *rows,
        Setting(
            "sgd without momentum", "MLPClassifier", FLOWERS, {**sgd, "momentum": 0}
        ),
        Setting("two classes", "MLPClassifier", TWO, tight),
        Setting("several labels", "MLPClassifier", LABELS, tight),
        Setting(
            "two layers",
            "MLPClassifier",
            FLOWERS,
            {
                **tight,
                "hidden_layer_sizes": (9, 5),
            },
        ),
        Setting(
            "rows as they come",
            "MLPClassifier",
            FLOWERS,
            {
                **tight,
                "shuffle": False,
                "batch_size": 32,
            },
        ),
        Setting("poisson", "MLPRegressor", COUNTS, {**tight, "loss": "poisson"}),
        Setting("weights of rows", "MLPClassifier", FLOWERS, tight, WEIGHTS),
        Setting(
            "weights, lbfgs",
            "MLPClassifier",
            FLOWERS,
            {
                **tight,
                "solver": "lbfgs",
                "alpha": PENALTY["lbfgs"],
            },
            WEIGHTS,
        ),
        Setting("early stopping", "MLPClassifier", FLOWERS, stop),
        Setting("early stopping, two", "MLPClassifier", TWO, stop),
        Setting("early stopping, numbers", "MLPRegressor", PATIENTS, stop),
    ]


def difference(setting: Setting) -> Difference:
    """Train both, and compare."""
    options = {"random_state": 3, "max_iter": ITERATIONS, **setting.options}
    fitted = []
    for module in (theirs, ours):
        model = getattr(module, setting.kind)(**options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted.append(model.fit(*setting.data, sample_weight=setting.weights))
    them, us = fitted
    if them.n_iter_ != us.n_iter_:
        return Difference(us.n_iter_, np.inf, np.inf)
    losses = [getattr(one, "loss_curve_", [one.loss_]) for one in fitted]
    weights = [
        np.concatenate([part.ravel() for part in [*one.coefs_, *one.intercepts_]])
        for one in fitted
    ]
    return Difference(us.n_iter_, _apart(*losses), _apart(*weights))


def _apart(one: Any, other: Any) -> float:
    one, other = np.asarray(one), np.asarray(other)
    return float(np.max(np.abs(one - other) / np.maximum(np.abs(one), 1)))


def main() -> None:
    print(f"{'setting':28} {'iterations':>10} {'loss':>9} {'weights':>9}")
    for setting in settings():
        found = difference(setting)
        print(
            f"{setting.name:28} {found.iterations:10} {found.loss:9.1e} "
            f"{found.weight:9.1e}"
        )


if __name__ == "__main__":
    main()
