"""What a network with a loss predicts, and the metrics that such predictions have.

The task of an output is one of the words of `glassprop.metrics`: "two classes", "many
classes", "several labels" or "numbers". It follows from the loss and the output's
shape; some outputs have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from glassprop.arrays import Array
from glassprop.errors import ArgumentError, listing, shape_text
from glassprop.losses import Loss
from glassprop.metrics import METRICS, TASKS, Metric, Task, get_metric
from glassprop.targets import classes_of

MetricSpec: TypeAlias = str | Metric | Sequence[str | Metric]

DEFAULTS: dict[Task | None, tuple[str, ...]] = {
    "two classes": ("accuracy", "balanced_accuracy"),
    "many classes": ("accuracy", "balanced_accuracy"),
    "several labels": ("label_accuracy", "subset_accuracy"),
    "numbers": ("mae", "rmse", "r2"),
}
WITHOUT_DEFAULTS = ("any", "vectors")


def task_of(loss: Loss, output_shape: tuple[int, ...]) -> Task | None:
    """Tell what an output predicts.

    Parameters
    ----------
    loss : Loss
        Its loss.
    output_shape : tuple of int
        Of one row.

    Returns
    -------
    str or None
        None where each row has many classes, or there is no single number to predict.
    """
    if loss.target == "described" and loss.decision is None:
        return None
    if not loss.classifies:
        return "numbers"
    if len(output_shape) != 1:
        return None
    (size,) = output_shape
    if loss.target == "classes":
        return "two classes" if size == 2 else "many classes"
    return "two classes" if size == 1 else "several labels"


def decision(output: Array, loss: Loss) -> Array:
    """Turn an output into what its loss decides: a class, or the number itself."""
    if loss.decision is not None:
        with np.errstate(over="ignore"):  # the rate of a logarithm may be infinite
            return np.asarray(loss.decision(output))
    if not loss.classifies:
        return output
    if loss.target == "classes":
        chosen: Array = output.argmax(axis=-1)
        return chosen
    classes = (output > 0).astype(np.int64)
    return classes[:, 0] if classes.shape[1:] == (1,) else classes


def chosen_metrics(
    metrics: MetricSpec | None,
    losses: Sequence[Loss],
    output_shapes: Sequence[tuple[int, ...]],
) -> list[list[Metric]]:
    """Give the metrics of each output: those asked for, else those that suit it.

    Of several outputs each metric measures those that it fits.

    Parameters
    ----------
    metrics : str, Metric, sequence of such, or None
        What is asked for.
    losses : sequence of Loss
        One for each output.
    output_shapes : sequence of tuple of int
        Of one row, for each output.

    Returns
    -------
    list of lists of Metric
        A list for each output.

    Raises
    ------
    ArgumentError
        If a metric is unknown, or fits no output.
    """
    pairs = list(zip(losses, output_shapes, strict=True))
    if metrics is None:
        return [
            []
            if loss.target in WITHOUT_DEFAULTS
            else [METRICS[name] for name in DEFAULTS.get(task_of(loss, shape), ())]
            for loss, shape in pairs
        ]
    asked = [get_metric(one) for one in _listed(metrics)]
    for metric in asked:
        if not any(_fits(metric, loss, shape) for loss, shape in pairs):
            raise ArgumentError(_misfit_text(metric, pairs))
    return [[one for one in asked if _fits(one, *pair)] for pair in pairs]


def _listed(metrics: MetricSpec) -> Sequence[str | Metric]:
    if isinstance(metrics, str | Metric):
        return [metrics]
    if isinstance(metrics, Sequence):
        return metrics
    raise ArgumentError(
        "metrics must be a name, a glassprop.metrics.Metric, or a list of such, got "
        f"{metrics!r}."
    )


def _fits(metric: Metric, loss: Loss, shape: tuple[int, ...]) -> bool:
    if metric.takes == "probabilities" and loss.probabilities is None:
        return False
    return metric.tasks == TASKS or task_of(loss, shape) in metric.tasks


def _misfit_text(metric: Metric, pairs: Sequence[tuple[Loss, tuple[int, ...]]]) -> str:
    """Say what a metric is for, what the outputs are, and what there is for these."""
    found = []
    for loss, shape in pairs:
        task = task_of(loss, shape) or "nothing that a metric measures"
        without = metric.takes == "probabilities" and loss.probabilities is None
        chances = " and defines no probabilities" if without else ""
        found.append(
            f"loss {loss.name!r} with output {shape_text(('n', *shape))} predicts "
            f"{task}{chances}"
        )
    known = [
        name
        for name, one in METRICS.items()
        if any(_fits(one, loss, shape) for loss, shape in pairs)
    ]
    way = f"Use {listing(known)}." if known else "Leave the metrics out."
    if any(loss.target == "any" for loss, _ in pairs):
        way += (
            " If a loss of your own is about classes, say so: "
            "gp.losses.Loss('name', function, 'classes')."
        )
    needs = "probabilities of " if metric.takes == "probabilities" else ""
    return (
        f"metric {metric.name!r} is for {needs}{listing(metric.tasks)}; "
        f"{', '.join(found)}. {way}"
    )


def measured(
    metric: Metric,
    loss: Loss,
    y: Array,
    output: Array,
    *,
    probabilities: Array,
    weights: Array | None,
) -> float:
    """Measure one output by one metric.

    Parameters
    ----------
    metric : Metric
        One that fits.
    loss : Loss
        The output's.
    y : array of shape (n, ...)
        A checked target.
    output, probabilities : array of shape (n, ...)
        What the network gives; of a loss without probabilities the output twice.
    weights : array of shape (n,) or None
        Of the rows.

    Returns
    -------
    float
        The metric's value.
    """
    if metric.takes in ("probabilities", "scores"):
        predicted = probabilities
    elif metric.takes == "values" and loss.classifies:
        predicted = output
    else:
        predicted = decision(output, loss)
    truth = y
    if metric.takes != "values":
        classes = classes_of(y, loss)
        truth = (y > 0.5).astype(np.int64) if classes is None else classes
    return metric.function(truth, predicted, weights=weights)
