"""Beside scikit-learn's own MLP: how long the digits take to train, and one prediction.

Both estimators have default parameters, the same `random_state`, and so the same start
and the same batches; that they go through as many iterations and reach the same loss is
checked before anything is timed. Four trainings take turns: scikit-learn's, ours with
NumPy, ours with compiled code, and ours as it comes (`backend="auto"`). Each `fit` is a
new estimator's: it derives its training step anew. The compiler has run before and what
it made lies in the cache on disk; so much of it as a process loads once is loaded.

Predictions are of one row and of all, by estimators that are trained. Each call is of a
plain array of float64.

Set ``OPENBLAS_NUM_THREADS=1`` to compare on one thread.

    python benchmarks/sklearn_speed.py [--turns 15]
"""

from __future__ import annotations

import argparse
import os
import statistics
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from sklearn import neural_network as theirs
from sklearn.datasets import load_digits

from glassprop import sklearn as ours
from timing import in_turns, machine, ratios, spread, table, verdict

ITERATIONS = (50, 200)
THEIRS = "scikit-learn"
LIMITS = {"numpy": 1.0, "numba": 1 / 3, "auto": 1.0}  # times scikit-learn's
ROW_LIMIT = 1 / 3
CALLS = 200  # of a prediction, a turn
X, Y = load_digits(return_X_y=True)


def trained(iterations: int, backend: str | None) -> Any:
    """Train an estimator: scikit-learn's without a back end."""
    options: dict[str, Any] = {"max_iter": iterations, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if backend is None:
            return theirs.MLPClassifier(**options).fit(X, Y)
        return ours.MLPClassifier(**options, backend=backend).fit(X, Y)


def timed(run: Callable[[], object], count: int = 1) -> float:
    """Give the seconds of one of `count` calls."""
    start = perf_counter()
    for _ in range(count):
        run()
    return (perf_counter() - start) / count


def check_equal(models: Mapping[str, Any]) -> None:
    """Stop if the estimators do not do the same work."""
    base = models[THEIRS]
    for name, model in models.items():
        if model.n_iter_ != base.n_iter_:
            raise SystemExit(f"{name}: {model.n_iter_} iterations, not {base.n_iter_}")
        np.testing.assert_allclose(model.loss_, base.loss_, rtol=1e-5, err_msg=name)
        np.testing.assert_array_equal(model.predict(X), base.predict(X), err_msg=name)


def report(
    title: str,
    times: Mapping[str, Sequence[float]],
    limits: Mapping[str, float],
    *,
    scale: float,
    unit: str,
) -> None:
    """Print a table, and what is asked beside what was measured."""
    base = times[THEIRS]
    rows, told = [], []
    for name, found in times.items():
        ratio = ratios(found, base)
        rows.append((name, spread(found, scale, 1), spread(ratio)))
        if name in limits:
            median = statistics.median(ratio)
            told.append(f"{name}: {median:.2f}; {verdict(ratio, limits[name])}")
    print(f"\n{title}; median (quartiles)\n")
    print(table(("", unit, f"ratio to {THEIRS}'s"), rows))
    print(*told, sep="\n")


def measure_fits(iterations: int, turns: int) -> Mapping[str, Any]:
    """Measure trainings of so many iterations; give what is trained."""
    kinds = {THEIRS: None, **{name: name for name in LIMITS}}
    models = {name: trained(iterations, backend) for name, backend in kinds.items()}
    check_equal(models)
    measures = {
        name: partial(timed, partial(trained, iterations, backend))
        for name, backend in kinds.items()
    }
    times = in_turns(measures, turns)
    done = models[THEIRS].n_iter_
    report(
        f"fit, max_iter={iterations}, {done} iterations done, {turns} turns",
        times,
        LIMITS,
        scale=1e3,
        unit="ms",
    )
    return models


def measure_predictions(models: Mapping[str, Any], rows: int, turns: int) -> None:
    """Measure `predict` of so many rows."""
    given, count = X[:rows], max(1, CALLS // rows)
    measures = {
        name: partial(timed, partial(model.predict, given), count)
        for name, model in models.items()
    }
    report(
        f"predict, {rows} row{'s' * (rows > 1)}, {turns} turns of {count} calls",
        in_turns(measures, turns),
        dict.fromkeys(LIMITS, ROW_LIMIT) if rows == 1 else {},
        scale=1e6,
        unit="microseconds",
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=15)
    turns = parser.parse_args().turns
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "as many as there are")
    print(f"{machine()}; threads of BLAS: {threads}")
    for iterations in ITERATIONS:
        models = measure_fits(iterations, turns)
    for rows in (1, len(X)):
        measure_predictions(models, rows, 3 * turns)


if __name__ == "__main__":
    main()
