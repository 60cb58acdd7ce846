"""Restarts: train from several seeds, and keep the best."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.early_stopping import check_monitor, monitored
from glassprop.errors import ArgumentError, DivergenceError
from glassprop.history import History
from glassprop.network import Network
from glassprop.options import check_seed, check_whole, is_number
from glassprop.progress import Progress
from glassprop.repeats import Job, make_job
from glassprop.rows import validation_rows
from glassprop.splits import Numbers
from glassprop.text_tables import table_text


@dataclass(frozen=True, eq=False)
class Restarts(Mapping[int, float]):
    """What trainings from several seeds reach: ``found[seed]`` is a score.

    Parameters
    ----------
    net : Network
        The best network, trained.
    history : History
        Its training.
    seed : int
        What it was trained from.
    monitor : str
        The number that was compared.
    scores : dict from int to float
        That number by seed, at the epoch whose parameters the network has; NaN for a
        training that diverged.
    histories : dict from int to History
        The trainings that did not diverge, by seed.
    """

    net: Network
    history: History
    seed: int
    monitor: str
    scores: dict[int, float]
    histories: dict[int, History]

    def __getitem__(self, seed: int) -> float:
        return self.scores[seed]

    def __iter__(self) -> Iterator[int]:
        return iter(self.scores)

    def __len__(self) -> int:
        return len(self.scores)

    def __str__(self) -> str:
        lines: list[tuple[object, ...]] = []
        for seed, score in self.scores.items():
            history = self.histories.get(seed)
            if history is None:
                lines.append((seed, "", "diverged", ""))
            else:
                mark = "best" if seed == self.seed else ""
                lines.append((seed, len(history.epochs), score, mark))
        return table_text([("seed", "epochs", self.monitor, ""), *lines])

    def __repr__(self) -> str:
        return (
            f"<Restarts from {len(self.scores)} seeds: best seed {self.seed}, "
            f"{self.monitor} {self.scores[self.seed]:.6g}>"
        )


def best_of(
    net: Network,
    X: Any,
    y: Any,
    *,
    seeds: int | Iterable[int] = 5,
    monitor: str | None = None,
    verbose: bool | None = None,
    **options: Any,
) -> Restarts:
    """Train networks like this one from several seeds, and find the best.

    Start values, shuffles and random layers follow from the seed. The rows that
    ``validation=0.2`` holds out follow from that of `net` and are the same for all, so
    that scores can be compared. The score of the best of several is a little too good;
    measure it on rows that played no part.

    Parameters
    ----------
    net : Network
        What the networks are like. It stays as it is, and nothing that it has learned
        is used.
    X, y : array-like of shape (n, ...)
        The rows and their target.
    seeds : int or iterable of int
        How many, counted from the network's own seed up; or the seeds themselves.
    monitor : str or None
        The number of the history to compare, such as ``"validation_accuracy"``; None
        for ``validation_loss`` where there is validation, else ``loss``.
    verbose : bool or None
        False for nothing; else a bar on a terminal, a line a seed elsewhere.
    **options
        What else `Network.fit` takes: epochs, optimizer, validation, early_stopping.

    Returns
    -------
    Restarts
        The best network and all scores; print it for a table.

    Raises
    ------
    ArgumentError, DataError, ShapeError
        If the data or an option cannot be used.
    DivergenceError
        If every training diverged.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> X = np.linspace(-1, 1, 40)[:, None]
    >>> net = gp.Network([gp.Dense(3, "tanh"), gp.Dense(1)], loss="mean_squared_error")
    >>> found = gp.best_of(net, X, X**2, seeds=3, validation=0.25, verbose=False)
    >>> list(found), found.net.seed == found.seed
    ([0, 1, 2], True)
    """
    where = "best_of"
    chosen = _checked_seeds(seeds, net.seed)
    job = make_job(where, net, X, y, options)
    training, changed = _with_one_split(job)
    scores: dict[int, float] = {}
    found: dict[int, tuple[Network, History]] = {}
    name, failure = "", None
    with Progress(len(chosen), verbose, "seed") as progress:
        for done, seed in enumerate(chosen, start=1):
            try:
                trained, history = job.train(training, seed=seed, **changed)
            except DivergenceError as error:
                failure, scores[seed] = error, math.nan
                continue
            name = _checked_monitor(monitor, history)
            scores[seed] = history[name][_place(history)]
            found[seed] = trained, history
            progress.show(done, seed, {name: scores[seed]})
    if failure is not None and not found:
        raise failure
    best = min(found, key=lambda seed: _cost(scores[seed], name, found[seed][1]))
    net, history = found[best]
    histories = {seed: one for seed, (_, one) in found.items()}
    return Restarts(net, history, best, name, scores, histories)


def _checked_seeds(seeds: Any, first: int) -> list[int]:
    """Give the seeds, each once."""
    if not hasattr(seeds, "__iter__") or isinstance(seeds, str):
        check_whole("best_of", "seeds", seeds, 1)
        return list(range(first, first + int(seeds)))
    chosen = list(seeds)
    for seed in chosen:
        check_seed(seed, "best_of")
    if not chosen or len(set(chosen)) < len(chosen):
        raise ArgumentError(
            "best_of: seeds must be a whole number >= 1, or different seeds, one at "
            f"least, got {chosen!r}."
        )
    return [int(seed) for seed in chosen]


def _with_one_split(job: Job) -> tuple[Numbers, dict[str, Any]]:
    """Hold out the same rows for every seed; give the others, and options for `fit`."""
    everything = np.arange(job.rows)
    fraction: Any = job.options.get("validation")
    if not is_number(fraction) or job.checked is None:
        return everything, {}  # `fit` refuses what it cannot use
    training, held = validation_rows(
        job.rows, float(fraction), job.net.seed, job.labels
    )
    x, y, _ = job.part(held)
    weights = job.checked.weights  # of rows and classes together
    if weights is None:
        return training, {"validation": (x, y)}
    return training, {
        "validation": (x, y, weights[held]),
        "sample_weight": weights[training],
        "class_weight": None,
    }


def _checked_monitor(monitor: str | None, history: History) -> str:
    """Give the name of the number to compare."""
    check_monitor("best_of", monitor, history)
    return monitored(monitor, history)


def _place(history: History) -> int:
    """Give the place of the epoch whose parameters the network has."""
    if history.best_epoch is None:
        return -1
    return history.epochs.index(history.best_epoch)


def _cost(score: float, name: str, history: History) -> float:
    """Give what is lower for a better score; nothing is worse than NaN."""
    if math.isnan(score):
        return math.inf
    return -score if name in history.rising else score
