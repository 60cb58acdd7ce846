"""Cross-validation: train on all folds but one, measure on that one, for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.arrays import Array
from glassprop.errors import ArgumentError
from glassprop.history import History
from glassprop.metrics import Metric
from glassprop.network import Network
from glassprop.options import check_seed
from glassprop.progress import Progress
from glassprop.repeats import make_job
from glassprop.splits import check_folds, k_fold
from glassprop.text_tables import table_text
from glassprop.trees import map_parts


@dataclass(frozen=True, eq=False)
class CrossValidation(Mapping[str, list[float]]):
    """What the networks of a cross-validation reach: ``found["accuracy"]``.

    Parameters
    ----------
    columns : dict from str to list of float
        The loss and the metrics, a value for each fold.
    folds : list of array of int
        The numbers of the rows that each fold was tested on.
    predictions : array of shape (n, ...), or tuple of such
        What is predicted for each row by the network that was not trained on it.
    probabilities : array of shape (n, k), tuple of such, or None
        Likewise, where the loss defines probabilities.
    histories : list of History
        The training of each fold.
    """

    columns: dict[str, list[float]]
    folds: list[NDArray[np.int64]]
    predictions: Any
    probabilities: Any
    histories: list[History]

    @property
    def mean(self) -> dict[str, float]:
        """The mean over the folds, by name."""
        return {name: float(np.mean(one)) for name, one in self.columns.items()}

    @property
    def std(self) -> dict[str, float]:
        """The standard deviation over the folds, by name, with folds - 1 below."""
        return {name: float(np.std(one, ddof=1)) for name, one in self.columns.items()}

    def __getitem__(self, name: str) -> list[float]:
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __str__(self) -> str:
        numbers = list(zip(*self.columns.values(), strict=True))
        lines = [
            (at, len(rows), *values)
            for at, (rows, values) in enumerate(
                zip(self.folds, numbers, strict=True), start=1
            )
        ]
        ends = [
            (word, "", *one.values())
            for word, one in (("mean", self.mean), ("std", self.std))
        ]
        return table_text([("fold", "rows", *self.columns), *lines, *ends])

    def __repr__(self) -> str:
        std = self.std
        told = [
            f"{name} {one:.6g} +- {std[name]:.2g}" for name, one in self.mean.items()
        ]
        return f"<CrossValidation of {len(self.folds)} folds: {', '.join(told)}>"


def cross_validate(
    net: Network,
    X: Any,
    y: Any,
    *,
    folds: int = 5,
    seed: int = 0,
    stratified: bool | None = None,
    groups: Any = None,
    metrics: str | Sequence[str | Metric] | None = None,
    verbose: bool | None = None,
    **options: Any,
) -> CrossValidation:
    """Measure how well networks like this one predict rows that they have not seen.

    The rows are dealt out into folds (`k_fold`). For each fold a fresh network is
    trained on all others and measured on it. Whatever layers learn from data, they
    learn from the training rows of that fold alone.

    Parameters
    ----------
    net : Network
        What the networks are like: layers, loss and seed. It stays as it is, and
        nothing that it has learned is used.
    X, y : array-like of shape (n, ...)
        The rows and their target.
    folds : int
        How many folds, from 2 to the number of rows.
    seed : int
        What the dealing follows from.
    stratified : bool or None
        Whether each fold has the same share of every class; None for yes where rows
        have classes and there are no groups.
    groups : array-like of shape (n,) or None
        What belongs together, such as all rows of a patient; a group is never in two
        folds.
    metrics : str, sequence of str or None
        Names of metrics; None for those that suit the loss.
    verbose : bool or None
        False for nothing; else a bar on a terminal, a line a fold elsewhere.
    **options
        What else `Network.fit` takes: epochs, optimizer, validation, callbacks.
        ``sample_weight`` has a weight for each row of `X`.

    Returns
    -------
    CrossValidation
        The numbers of each fold, and a prediction for each row; print it for a table.

    Raises
    ------
    ArgumentError, DataError, ShapeError
        If the data or an option cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> X = np.arange(20.0)[:, None]
    >>> net = gp.Network([gp.Dense(1)], loss="mean_squared_error")
    >>> found = gp.cross_validate(net, X, 2 * X, folds=4, epochs=3, verbose=False)
    >>> len(found["loss"]), found.predictions.shape
    (4, (20, 1))
    """
    where = "cross_validate"
    job = make_job(where, net, X, y, options)
    check_folds(where, folds, job.rows)
    check_seed(seed, where)
    labels = _labels(job.labels, stratified, groups)
    dealt = k_fold(job.rows, folds, seed=seed, labels=labels, groups=groups)
    changed: dict[str, Any] = {}
    if options.get("validation") is not None:
        changed["metrics"] = metrics
    columns: dict[str, list[float]] = {}
    histories, predicted, chances = [], [], []
    with Progress(folds, verbose, "fold") as progress:
        for at, (training, test) in enumerate(dealt, start=1):
            trained, history = job.train(training, **changed)
            numbers = job.evaluate(trained, test, metrics)
            for name, number in numbers.items():
                columns.setdefault(name, []).append(number)
            x, _, _ = job.part(test)
            histories.append(history)
            predicted.append(trained.predict(x))
            if trained.loss is not None and trained.loss.probabilities is not None:
                chances.append(trained.predict_proba(x))
            progress.show(at, at, numbers)
    tested = [test for _, test in dealt]
    return CrossValidation(
        columns,
        tested,
        _joined(tested, predicted),
        _joined(tested, chances) if chances else None,
        histories,
    )


def _labels(labels: Array | None, stratified: bool | None, groups: Any) -> Array | None:
    """Give the classes to stratify by, or None."""
    if not isinstance(stratified, bool | None):
        raise ArgumentError(
            f"cross_validate: stratified must be True, False or None, got "
            f"{stratified!r}."
        )
    if stratified and groups is not None:
        raise ArgumentError(
            "cross_validate: folds of groups cannot be stratified. Leave out "
            "stratified=True, or groups."
        )
    if stratified and labels is None:
        raise ArgumentError(
            "cross_validate: stratified=True needs rows of one class each, which the "
            "loss does not give. Leave it out, or use loss='cross_entropy'."
        )
    return None if stratified is False or groups is not None else labels


def _joined(folds: Sequence[Array], parts: Sequence[Any]) -> Any:
    """Put what was found for each fold in the order of the rows."""
    order = np.argsort(np.concatenate(folds))
    return map_parts(lambda *each: np.concatenate(each)[order], parts[0], *parts[1:])
