"""Follow scikit-learn's own MLP: losses and weights, iteration by iteration.

Both train from the same start, through the rows in the same order. A row of the table
is one setting: the largest relative difference of a loss of any of the iterations, and
the largest difference of a weight at the end. Within 1e-6 they are ``alike``.

Two trainings may drift apart for two reasons: they do not compute the same, or they do
and rounding differs, which the training enlarges. So each row that leaves the limit is
followed, iteration by iteration, and the difference is measured two more times:

- **by rounding**, scikit-learn's from itself: each entry of each gradient is the next
  floating-point number above or below it, which is less than the rounding of the sums
  it is made of. The largest of three such trainings. What is far beyond this is no
  rounding.
- **unclipped**, ours from scikit-learn's with its loss repaired. Its log loss takes
  every probability below 2.2e-16 for 2.2e-16, so that a row costs 36 at most, but its
  gradient is that of the whole loss. A line search of L-BFGS that tries a long step
  sees a lower loss than there is, and goes another way. Ours is the whole loss.

A row whose difference is gone when scikit-learn's loss is whole is ``their clipping``,
any other one ``APART``. Run it with::

    python benchmarks/sklearn_parity.py
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import xlogy
from sklearn import neural_network as theirs
from sklearn.datasets import load_diabetes, load_iris
from sklearn.neural_network import _base

from glassprop import sklearn as ours
from timing import machine, table

ITERATIONS = 50
LIMIT = 1e-6
LOOKS = (10, 20, 25, 30, 35, 40, 50)  # iterations of the second table
SOLVERS = (("adam", 1e-4), ("sgd", 1e-4), ("lbfgs", 1e-4), ("lbfgs", 0.1))
SEEDS = range(3)
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
    iterations : str
        How many both did, or each.
    loss : float
        The largest difference of a loss, relative to 1 or the loss if that is larger.
    weight : float
        The largest difference of a weight or a bias, in the same way.
    """

    iterations: str
    loss: float
    weight: float

    @property
    def numbers(self) -> tuple[float, float]:
        """Both."""
        return self.loss, self.weight

    @property
    def most(self) -> float:
        """The larger one."""
        return max(self.numbers)


def settings() -> list[Setting]:
    """Give every row: solvers by activations, then penalties, policies and targets."""
    tight = {"tol": 0.0, "n_iter_no_change": ITERATIONS}
    sgd = {"solver": "sgd", "learning_rate_init": 0.05, "batch_size": 20}
    rows = [
        Setting(
            f"{solver}, {activation}{f', alpha={alpha}' * (alpha != 1e-4)}",
            "MLPClassifier",
            FLOWERS,
            {
                "solver": solver,
                "activation": activation,
                "batch_size": 20,
                "alpha": alpha,
                **tight,
            },
        )
        for solver, alpha in SOLVERS
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
        *(
            Setting(
                f"weights, lbfgs, alpha={alpha}",
                "MLPClassifier",
                FLOWERS,
                {**tight, "solver": "lbfgs", "alpha": alpha},
                WEIGHTS,
            )
            for alpha in (1e-4, 0.1)
        ),
        Setting("early stopping", "MLPClassifier", FLOWERS, stop),
        Setting("early stopping, two", "MLPClassifier", TWO, stop),
        Setting("early stopping, numbers", "MLPRegressor", PATIENTS, stop),
    ]


def fitted(kind: Any, setting: Setting, iterations: int = ITERATIONS) -> Any:
    """Train one estimator."""
    options = {"random_state": 3, "max_iter": iterations, **setting.options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kind(**options).fit(*setting.data, sample_weight=setting.weights)


def nudged(kind: Any, seed: int) -> Any:
    """Give scikit-learn's estimator, each gradient off by its last bit."""
    rng = np.random.default_rng(seed)

    class Nudged(kind):  # type: ignore[misc]  # scikit-learn has no types
        def _backprop(self, *given: Any) -> Any:
            loss, *gradients = super()._backprop(*given)
            for arrays in gradients:
                for at, one in enumerate(arrays):
                    towards = rng.choice((-np.inf, np.inf), one.shape)
                    arrays[at] = np.nextafter(one, towards)
            return loss, *gradients

    return Nudged


def difference(them: Any, us: Any) -> Difference:
    """Compare two trained estimators."""
    counts = dict.fromkeys(str(one.n_iter_) for one in (them, us))
    losses = zip(
        *(getattr(one, "loss_curve_", [one.loss_]) for one in (them, us)),
        strict=False,  # one may have ended earlier
    )
    weights = [
        np.concatenate([part.ravel() for part in [*one.coefs_, *one.intercepts_]])
        for one in (them, us)
    ]
    return Difference(
        ", ".join(counts), max(_apart(*pair) for pair in losses), _apart(*weights)
    )


def _apart(one: Any, other: Any) -> float:
    one, other = np.asarray(one), np.asarray(other)
    return float(np.max(np.abs(one - other) / np.maximum(np.abs(one), 1)))


@contextmanager
def unclipped() -> Iterator[None]:
    """Let scikit-learn's loss of classes be the one whose gradient it follows."""

    def log_loss(y_true: Any, y_prob: Any, sample_weight: Any = None) -> Any:
        return -np.average(xlogy(y_true, y_prob), weights=sample_weight, axis=0).sum()

    losses = _base.LOSS_FUNCTIONS
    released = losses["log_loss"]
    losses["log_loss"] = log_loss
    try:
        yield
    finally:
        losses["log_loss"] = released


def from_theirs(setting: Setting, iterations: int = ITERATIONS) -> Difference:
    """Give how far ours is from scikit-learn's."""
    them, us = (
        fitted(getattr(module, setting.kind), setting, iterations)
        for module in (theirs, ours)
    )
    return difference(them, us)


def by_rounding(setting: Setting, iterations: int) -> Difference:
    """Give how far scikit-learn's goes from itself where gradients are rounded else."""
    kind = getattr(theirs, setting.kind)
    them = fitted(kind, setting, iterations)
    others = [fitted(nudged(kind, seed), setting, iterations) for seed in SEEDS]
    return max((difference(them, one) for one in others), key=lambda one: one.most)


def verdict(setting: Setting, found: Difference) -> str:
    """Say what explains a difference."""
    if found.most <= LIMIT:
        return "alike"
    with unclipped():
        explained = from_theirs(setting).most <= LIMIT
    return "their clipping" if explained else "APART"


def follow(setting: Setting) -> None:
    """Print how a difference grows, and what scikit-learn's own parts do to it."""
    lines = []
    for iterations in LOOKS:
        found = from_theirs(setting, iterations)
        rounding = by_rounding(setting, iterations)
        with unclipped():
            whole = from_theirs(setting, iterations)
        numbers = (*found.numbers, *rounding.numbers, *whole.numbers)
        lines.append((str(iterations), *(f"{one:.1e}" for one in numbers)))
    heads = ("iterations", "loss", "weights", "by rounding", "", "unclipped", "")
    print(f"\n{setting.name}, by iteration\n\n{table(heads, lines)}")


def main() -> None:
    rows, followed, verdicts = [], [], Counter()
    for setting in settings():
        found = from_theirs(setting)
        said = verdict(setting, found)
        verdicts[said] += 1
        if said != "alike":
            followed.append(setting)
        numbers = (f"{one:.1e}" for one in found.numbers)
        rows.append((setting.name, found.iterations, *numbers, said))
    print(machine())
    print(table(("setting", "iterations", "loss", "weights", ""), rows))
    print(", ".join(f"{count} {name}" for name, count in verdicts.items()))
    for setting in followed:
        follow(setting)


if __name__ == "__main__":
    main()
