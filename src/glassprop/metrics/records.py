"""The registry of metrics: what each takes, and which tasks have it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal, Protocol, get_args

from glassprop.errors import ArgumentError, did_you_mean, listing
from glassprop.metrics.checks import Rows, check_whole
from glassprop.metrics.labels import (
    accuracy,
    balanced_accuracy,
    label_accuracy,
    matthews,
    subset_accuracy,
)
from glassprop.metrics.precision_recall import f1, precision, recall
from glassprop.metrics.probabilities import (
    average_precision,
    brier,
    calibration_error,
    log_loss,
    roc_auc,
    top_k_accuracy,
)
from glassprop.metrics.values import (
    explained_variance,
    max_error,
    mean_absolute_error,
    mean_absolute_percentage_error,
    median_absolute_error,
    r2,
    root_mean_squared_error,
)
from glassprop.signatures import check_call

Takes = Literal["classes", "probabilities", "scores", "values"]
Task = Literal["two classes", "many classes", "several labels", "numbers"]
TASKS: tuple[Task, ...] = get_args(Task)
TWO: tuple[Task, ...] = TASKS[:1]
MANY: tuple[Task, ...] = TASKS[1:2]
SEVERAL: tuple[Task, ...] = TASKS[2:3]
NUMBERS: tuple[Task, ...] = TASKS[3:]
CLASSES: tuple[Task, ...] = TWO + MANY


class MetricFunction(Protocol):
    """The form of every function in the registry."""

    def __call__(
        self, y_true: Rows, y_pred: Rows, *, weights: Rows | None = None
    ) -> float:
        """Measure the predictions."""
        ...


@dataclass(frozen=True)
class Metric:
    """One row of the registry.

    Parameters
    ----------
    name : str
        As users write it, and as the table of metrics shows it.
    function : callable
        ``f(y_true, y_pred, *, weights=None) -> float``.
    takes : {"classes", "probabilities", "scores", "values"}
        What `y_pred` holds. ``scores`` are the probabilities, or where the loss defines
        none the network's output.
    greater_is_better : bool
        False for errors and losses.
    tasks : tuple of {"two classes", "many classes", "several labels", "numbers"}
        What a network must predict for the metric to make sense; where it is left out,
        one class a row, or for ``values`` anything.

    Raises
    ------
    ArgumentError
        If the function takes other arguments, or a word is none of these.
    """

    name: str
    function: MetricFunction
    takes: Takes
    greater_is_better: bool
    tasks: tuple[Task, ...] = ()

    def __post_init__(self) -> None:
        check_call(
            f"metric {self.name!r}:",
            self.function,
            ("y_true", "y_pred"),
            keywords=("weights",),
            gives="float",
        )
        if self.takes not in get_args(Takes):
            raise ArgumentError(
                f"metric {self.name!r}: takes must be {listing(get_args(Takes))}, got "
                f"{self.takes!r}."
            )
        if not isinstance(self.tasks, tuple) or not set(self.tasks) <= set(TASKS):
            raise ArgumentError(
                f"metric {self.name!r}: tasks must be a tuple of {listing(TASKS)}, got "
                f"{self.tasks!r}."
            )
        if not self.tasks:
            default = TASKS if self.takes == "values" else CLASSES
            object.__setattr__(self, "tasks", default)


def top_k(k: int) -> Metric:
    """Make the metric ``top_3_accuracy`` for any number of guesses.

    Parameters
    ----------
    k : int
        How many classes of the greatest scores count as guesses, from 1.

    Returns
    -------
    Metric
        For tasks of more than two classes.

    Raises
    ------
    ArgumentError
        If `k` is not a whole number, 1 or more.

    Examples
    --------
    >>> top_k(3).name
    'top_3_accuracy'
    """
    check_whole("top_k", "k", k, "It is the number of guesses a row.")
    return Metric(
        f"top_{k}_accuracy", partial(top_k_accuracy, k=k), "scores", True, MANY
    )


ALL_CLASSES = CLASSES + SEVERAL
_FOUND = {"precision": precision, "recall": recall, "f1": f1}
_ROWS = (
    Metric("accuracy", accuracy, "classes", True, CLASSES),
    Metric("balanced_accuracy", balanced_accuracy, "classes", True, CLASSES),
    Metric("subset_accuracy", subset_accuracy, "classes", True, SEVERAL),
    Metric("label_accuracy", label_accuracy, "classes", True, SEVERAL),
    *(
        Metric(name, function, "classes", True, TWO)
        for name, function in _FOUND.items()
    ),
    *(
        Metric(
            f"{name}_{average}",
            partial(function, average=average),
            "classes",
            True,
            ALL_CLASSES,
        )
        for name, function in _FOUND.items()
        for average in ("macro", "micro", "weighted")
    ),
    Metric("matthews", matthews, "classes", True, CLASSES),
    Metric("log_loss", log_loss, "probabilities", False, CLASSES),
    Metric("brier", brier, "probabilities", False, CLASSES),
    Metric("calibration_error", calibration_error, "probabilities", False, CLASSES),
    Metric("roc_auc", roc_auc, "scores", True, ALL_CLASSES),
    Metric("average_precision", average_precision, "scores", True, ALL_CLASSES),
    top_k(3),
    top_k(5),
    Metric("mae", mean_absolute_error, "values", False, NUMBERS),
    Metric("rmse", root_mean_squared_error, "values", False, NUMBERS),
    Metric("r2", r2, "values", True, NUMBERS),
    Metric("mape", mean_absolute_percentage_error, "values", False, NUMBERS),
    Metric("median_absolute_error", median_absolute_error, "values", False, NUMBERS),
    Metric("max_error", max_error, "values", False, NUMBERS),
    Metric("explained_variance", explained_variance, "values", True, NUMBERS),
)

METRICS: Mapping[str, Metric] = MappingProxyType({row.name: row for row in _ROWS})
"""Every metric that gives one number, by its name, read-only."""


def get_metric(spec: str | Metric) -> Metric:
    """Turn what a user wrote for a metric into its row.

    Parameters
    ----------
    spec : str or Metric
        A name of `METRICS`, ``top_K_accuracy`` with any number K, or a row of one's
        own.

    Returns
    -------
    Metric
        The row.

    Raises
    ------
    ArgumentError
        If the name is unknown, or `spec` is something else.

    Examples
    --------
    >>> get_metric("mae").greater_is_better
    False
    """
    if isinstance(spec, Metric):
        return spec
    if isinstance(spec, str) and spec in METRICS:
        return METRICS[spec]
    guesses = re.fullmatch(r"top_([1-9]\d*)_accuracy", str(spec), re.ASCII)
    if guesses:
        return top_k(int(guesses[1]))
    hint = did_you_mean(spec, METRICS) if isinstance(spec, str) else ""
    raise ArgumentError(
        f"metric: expected {listing(METRICS)}, or a glassprop.metrics.Metric, got "
        f"{spec!r}.{hint}"
    )
