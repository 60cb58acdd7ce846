"""What a table model says about a table, and how good that is.

A model is measured beside its baseline, the best answer of someone who saw no feature:
the most frequent class of the training rows, or their mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.encoding import encode, encode_target
from glassprop.errors import DataError
from glassprop.metrics import METRICS, confusion_matrix
from glassprop.network import Network
from glassprop.plans import labelled_rows
from glassprop.tables import Table
from glassprop.tabular import TableModel

CLASS_METRICS = ("accuracy", "balanced_accuracy", "log_loss")
NUMBER_METRICS = ("mae", "rmse", "r2")


@dataclass(frozen=True, eq=False, slots=True)
class Predictions:
    """What a model says about the rows of a table.

    Parameters
    ----------
    values : array of shape (rows,)
        Codes of classes, or numbers in the target's unit.
    probabilities : array of shape (rows, classes) or None
        None for a target of numbers.
    """

    values: NDArray[Any]
    probabilities: NDArray[np.float64] | None


@dataclass(frozen=True, eq=False, slots=True)
class Report:
    """How good a model is on some rows, beside the baseline.

    Parameters
    ----------
    rows : int
        How many rows were looked at.
    unlabelled : int
        How many more there are, left out because they have no target.
    metrics, baseline : dict from str to float
        By the metrics' names.
    confusion : int array of shape (classes, classes) or None
        Rows of each true class (down) and predicted class (across); None for a target
        of numbers.
    """

    rows: int
    unlabelled: int
    metrics: dict[str, float]
    baseline: dict[str, float]
    confusion: NDArray[np.int64] | None


def predict_table(model: TableModel, table: Table) -> Predictions:
    """Predict the target of every row of a table.

    Parameters
    ----------
    model : TableModel
    table : Table
        Columns are found by name; it need not have the target.

    Returns
    -------
    Predictions

    Raises
    ------
    DataError
        A column is missing, or holds what the plan does not know; or a number is so
        far off that the network overflows.
    """
    x = encode(model.plan, table)
    output = model.net(x)
    wrong = np.asarray(~np.isfinite(output).all(axis=1))
    if wrong.any():
        raise DataError(
            f"{table.source}, {table.place(wrong)}: the network gives no finite number "
            "for it. Its values are too far from those that the network was trained "
            "on: look for a slip, or another unit."
        )
    if model.plan.task == "regression":
        return Predictions(output[:, 0], None)
    return Predictions(model.net.predict(x), class_probabilities(model.net, x))


def class_probabilities(net: Network, x: NDArray[Any]) -> NDArray[np.float64]:
    """Give the probability of every class, also where one output tells two apart.

    Parameters
    ----------
    net : Network
        With a loss of classes.
    x : array of shape (rows, features)

    Returns
    -------
    array of shape (rows, classes)
    """
    chances = net.predict_proba(x)
    if chances.shape[1] == 1:
        chances = np.concatenate([1 - chances, chances], axis=1)
    return np.asarray(chances, np.float64)


def evaluate_table(model: TableModel, table: Table) -> Report:
    """Compare a model's predictions with the target that a table holds.

    Parameters
    ----------
    model : TableModel
    table : Table
        Rows without a target are left out.

    Returns
    -------
    Report

    Raises
    ------
    DataError
        A column is missing, or holds what the plan does not know.
    """
    labelled, unlabelled = labelled_rows(table, model.plan.target.name)
    x, y = encode(model.plan, labelled), encode_target(model.plan, labelled)
    return evaluate_arrays(model, x, y, unlabelled)


def evaluate_arrays(
    model: TableModel, x: NDArray[Any], y: NDArray[Any], unlabelled: int = 0
) -> Report:
    """Compare a model's predictions with a target, both as `encoding` gives them.

    Parameters
    ----------
    model : TableModel
    x : array of shape (rows, features)
    y : array of shape (rows,) or (rows, 1)
    unlabelled : int
        For the report.

    Returns
    -------
    Report
    """
    classes = len(model.plan.target.words)
    names = CLASS_METRICS if classes else NUMBER_METRICS
    measured = model.net.evaluate(x, y, metrics=names)
    metrics = {name: measured[name] for name in names}
    guesses = _baseline_guesses(model, len(y))
    baseline = {
        name: METRICS[name].function(y, guesses[METRICS[name].takes]) for name in names
    }
    confusion = None
    if classes:
        confusion = confusion_matrix(y, model.net.predict(x), classes)
    return Report(len(y), unlabelled, metrics, baseline, confusion)


def worse_than_baseline(report: Report, *, balanced: bool = False) -> str | None:
    """Name the metric that shows a model to be worse than its baseline.

    Numbers are judged by their squared errors, classes by the rows that are right, and
    if these are as many, by the log loss. What is not a number is worse than any.

    Parameters
    ----------
    report : Report
    balanced : bool
        Whether the model was trained with all classes counting alike, so that they do
        here: whoever asks for it gives up rows of the frequent class.

    Returns
    -------
    str or None
        A key of the report's metrics; None for a model as good as the baseline or
        better.
    """
    model, baseline = report.metrics, report.baseline
    if report.confusion is not None and balanced:
        name = "balanced_accuracy"
        return None if model[name] >= baseline[name] else name
    if report.confusion is not None:
        if model["accuracy"] < baseline["accuracy"]:
            return "accuracy"
        better = model["accuracy"] > baseline["accuracy"]
        return (
            None if better or model["log_loss"] <= baseline["log_loss"] else "log_loss"
        )
    if model["rmse"] <= baseline["rmse"]:
        return None
    return "rmse" if math.isnan(model["r2"]) else "r2"


def _baseline_guesses(model: TableModel, rows: int) -> dict[str, NDArray[Any]]:
    """Give what the baseline answers to each kind of metric."""
    shares = np.tile(model.baseline, (rows, 1))
    return {"values": shares, "probabilities": shares, "classes": shares.argmax(axis=1)}
