"""Beside scikit-learn's own MLP: scores by cross-validation on five sets of data.

Five folds, the same for both, inputs standardized on each training part, default
parameters, and several seeds for start and batches. A score is the mean over folds and
seeds: accuracy, or R2 for numbers. Its standard error is that of scikit-learn's, from
all folds and seeds. Ours must be no more than one standard error below.

    python benchmarks/sklearn_scores.py [--seeds 5]
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import neural_network as theirs
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
)
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from glassprop import sklearn as ours
from timing import machine, table

FOLDS = 5
DATA = {
    "digits": ("MLPClassifier", load_digits),
    "iris": ("MLPClassifier", load_iris),
    "wine": ("MLPClassifier", load_wine),
    "breast_cancer": ("MLPClassifier", load_breast_cancer),
    "diabetes": ("MLPRegressor", load_diabetes),
}


def scores(module: Any, kind: str, data: Any, seeds: int) -> NDArray[np.float64]:
    """Give the score of each seed and fold."""
    split = StratifiedKFold if kind == "MLPClassifier" else KFold
    found = []
    for seed in range(seeds):
        model = make_pipeline(
            StandardScaler(), getattr(module, kind)(random_state=seed)
        )
        folds = split(FOLDS, shuffle=True, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that 200 iterations are too few
            found.append(cross_val_score(model, data.data, data.target, cv=folds))
    return np.concatenate(found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    rows = []
    for name, (kind, load) in DATA.items():
        data = load()
        them, us = (scores(one, kind, data, seeds) for one in (theirs, ours))
        error = them.std(ddof=1) / np.sqrt(len(them))
        kept = us.mean() >= them.mean() - error
        rows.append(
            (
                name,
                f"{them.mean():.4f}",
                f"{error:.4f}",
                f"{us.mean():.4f}",
                f"{us.mean() - them.mean():+.4f}",
                "kept" if kept else "NOT kept",
            )
        )
    print(machine())
    print(f"{FOLDS} folds, {seeds} seeds\n")
    heads = ("", "scikit-learn", "standard error", "glassprop", "difference", "")
    print(table(heads, rows))


if __name__ == "__main__":
    main()
