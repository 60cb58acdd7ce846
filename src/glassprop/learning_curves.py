"""Learning curves: how the scores change with the number of rows to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import ArgumentError
from glassprop.metrics import Metric
from glassprop.network import Network
from glassprop.options import check_seed, is_whole
from glassprop.progress import Progress
from glassprop.randomness import SPLIT, generator, stream_of
from glassprop.repeats import make_job
from glassprop.rows import split_rows
from glassprop.splits import Numbers, check_folds, k_fold
from glassprop.text_tables import table_text

Scores = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Scores on the rows that were learned from, and on others, by their number.

    Parameters
    ----------
    sizes : list of int
        How many rows were learned from.
    training, validation : dict from str to array of shape (sizes, folds)
        The loss and the metrics on the rows that were learned from, and on the rows of
        the fold that was held out.
    """

    sizes: list[int]
    training: Scores
    validation: Scores

    def __str__(self) -> str:
        header = [f"{kind} {name}" for name in self.training for kind in KINDS]
        lines = []
        for at, size in enumerate(self.sizes):
            numbers = [
                float(scores[name][at].mean())
                for name in self.training
                for scores in (self.training, self.validation)
            ]
            lines.append((size, *numbers))
        return table_text([("rows", *header), *lines])

    def __repr__(self) -> str:
        low, high = min(self.sizes), max(self.sizes)
        return f"<LearningCurve of {low} to {high} rows: {', '.join(self.training)}>"

    def plot(self, path: Any, name: str = "loss") -> None:
        """Draw a score: `glassprop.pictures.learning_curve`, in a file.

        Parameters
        ----------
        path : str or path
            Where to; its ending says the format, ``.svg``, ``.png`` or ``.pdf``.
        name : str
            The loss or a metric.

        Raises
        ------
        ArgumentError
            If there is no such score, or the ending is no format.
        MissingExtraError
            If Matplotlib is not installed (``glassprop[plot]``).
        DataError
            If the file cannot be written.
        """
        from glassprop.pictures import learning_curve

        learning_curve(self, name).save(path)


KINDS = ("training", "validation")


def learning_curve(
    net: Network,
    X: Any,
    y: Any,
    *,
    sizes: Iterable[float] = (0.1, 0.25, 0.5, 0.75, 1.0),
    folds: int = 5,
    seed: int = 0,
    metrics: str | Sequence[str | Metric] | None = None,
    verbose: bool | None = None,
    **options: Any,
) -> LearningCurve:
    """Measure networks like this one that learn from more and more of the rows.

    Where the score on new rows still gets better at the end, more rows will help. Where
    both scores have met and are bad, a larger network or better inputs will.

    The rows are dealt out into folds (`k_fold`). For each fold and each size a fresh
    network learns from so many of the other rows; those of a size are among those of
    the next, and have the same share of every class.

    Parameters
    ----------
    net : Network
        What the networks are like. It stays as it is, and nothing that it has learned
        is used.
    X, y : array-like of shape (n, ...)
        The rows and their target.
    sizes : iterable of float or int
        How many rows to learn from: floats above 0 and up to 1 are parts of the
        smallest fold's training rows, integers are rows.
    folds : int
        How many folds, from 2 to the number of rows.
    seed : int
        What folds and choices follow from.
    metrics : str, sequence of str or None
        Names of metrics; None for those that suit the loss.
    verbose : bool or None
        False for nothing; else a bar on a terminal, a line a size elsewhere.
    **options
        What else `Network.fit` takes: epochs, optimizer, early_stopping.
        ``sample_weight`` has a weight for each row of `X`.

    Returns
    -------
    LearningCurve
        The scores; print it for a table.

    Raises
    ------
    ArgumentError, DataError, ShapeError
        If the data or an option cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> X = np.arange(40.0)[:, None] / 40
    >>> net = gp.Network([gp.Dense(1)], loss="mean_squared_error")
    >>> found = gp.learning_curve(net, X, 2 * X, sizes=(8, 0.5, 1.0), verbose=False)
    >>> found.sizes, found.validation["loss"].shape
    ([8, 16, 32], (3, 5))
    """
    where = "learning_curve"
    job = make_job(where, net, X, y, options)
    check_folds(where, folds, job.rows)
    check_seed(seed, where)
    dealt = k_fold(job.rows, folds, seed=seed, labels=job.labels)
    counts = _counts(sizes, min(len(training) for training, _ in dealt))
    found: dict[str, list[list[dict[str, float]]]] = {kind: [] for kind in KINDS}
    with Progress(len(counts), verbose, "rows") as progress:
        for done, count in enumerate(counts, start=1):
            for kind in KINDS:
                found[kind].append([])
            for fold, (training, test) in enumerate(dealt):
                labels = None if job.labels is None else job.labels[training]
                chosen = training[_some(len(training), count, labels, seed, fold)]
                trained, _ = job.train(chosen)
                for kind, rows in zip(KINDS, (chosen, test), strict=True):
                    found[kind][-1].append(job.evaluate(trained, rows, metrics))
            last = found["validation"][-1]
            progress.show(
                done,
                count,
                {f"validation_{name}": _mean(last, name) for name in last[0]},
            )
    return LearningCurve(counts, *(_arrays(found[kind]) for kind in KINDS))


def _counts(sizes: Any, most: int) -> list[int]:
    """Give how many rows to learn from, ascending."""
    given: list[Any] = list(sizes) if isinstance(sizes, Iterable) else [sizes]
    found: set[int] = set()
    for size in given:
        whole = is_whole(size)
        part = isinstance(size, float | np.floating) and 0 < size <= 1
        count = int(size) if whole else round(float(size) * most) if part else 0
        if not 1 <= count <= most:
            raise ArgumentError(
                "learning_curve: sizes must be numbers of rows from 1 to those of the "
                f"smallest training part, {most}, or parts of them above 0 and up to "
                f"1.0, got {size!r}."
            )
        found.add(count)
    if not found:
        raise ArgumentError("learning_curve: sizes must hold one size at least.")
    return sorted(found)


def _some(
    rows: int, count: int, labels: NDArray[Any] | None, seed: int, fold: int
) -> Numbers:
    """Choose rows; a larger number of them holds those of a smaller one."""
    if count == rows:
        return np.arange(rows)
    rng = generator(seed, stream_of("learning_curve", SPLIT), fold)
    return split_rows(rows, count / rows, rng, labels)[1]


def _mean(numbers: Sequence[dict[str, float]], name: str) -> float:
    return float(np.mean([one[name] for one in numbers]))


def _arrays(found: Sequence[Sequence[dict[str, float]]]) -> Scores:
    """Turn a list by size of lists by fold into an array for each name."""
    return {
        name: np.array([[one[name] for one in fold] for fold in found])
        for name in found[0][0]
    }
