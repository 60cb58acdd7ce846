"""What a network gives for rows: outputs, probabilities, decisions, losses, metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.built import Built
from glassprop.chunks import run_in_chunks
from glassprop.compiling import Compiled
from glassprop.data import classes_of
from glassprop.errors import ArgumentError, shape_text
from glassprop.losses import Loss
from glassprop.metrics import METRICS, Metric, get_metric
from glassprop.programs import evaluate_program, predict_program
from glassprop.rows import Rows

Array = NDArray[Any]


def outputs(built: Built, x: Array, loss: Loss | None = None) -> Array:
    """Calculate the output for checked rows; with a loss, its probabilities.

    Many rows are calculated in parts, unless a layer mixes them (`glassprop.chunks`).
    """
    compiled: Compiled = built.compiled(
        ("predict", loss), lambda: Compiled(predict_program(built.structure, loss))
    )
    results = run_in_chunks(compiled, built.given(), {"x": x})
    return np.array(results["output"], built.structure.dtype)


def decisions(output: Array, loss: Loss | None) -> Array:
    """Turn outputs into what the loss decides: a class, or the number itself."""
    if loss is None or not loss.classifies:
        return output
    if loss.target == "classes":
        chosen: Array = output.argmax(axis=-1)
        return chosen
    classes = (output > 0).astype(np.int64)
    return classes[:, 0] if classes.shape[1:] == (1,) else classes


def evaluate_rows(
    built: Built,
    rows: Rows,
    loss: Loss,
    metrics: str | Sequence[str | Metric] | None = None,
) -> dict[str, float]:
    """Measure a network on checked rows: the loss with penalties, and metrics.

    Many rows are calculated in parts, unless a layer or the loss mixes them
    (`glassprop.chunks`).
    """
    compiled: Compiled = built.compiled(
        ("evaluate", loss, rows.target),
        lambda: Compiled(evaluate_program(built.structure, loss, rows.target)),
    )
    found = run_in_chunks(compiled, built.given(), rows.data())
    output = np.asarray(found["output"])
    losses = np.asarray(found["losses"], np.float64)
    mean = np.average(losses, weights=rows.weights)
    numbers = {"loss": float(mean + found["penalty"])}
    for metric in chosen_metrics(loss, metrics, output.shape[1:]):
        predicted = {
            "classes": lambda: decisions(output, loss),
            "probabilities": lambda: np.asarray(found["probabilities"]),
            "values": lambda: output,
        }[metric.takes]()
        classes = None if metric.takes == "values" else classes_of(rows.y, loss)
        truth = rows.y if classes is None else classes
        numbers[metric.name] = metric.function(truth, predicted, weights=rows.weights)
    return numbers


def chosen_metrics(
    loss: Loss,
    metrics: str | Sequence[str | Metric] | None,
    output_shape: tuple[int, ...],
) -> list[Metric]:
    """Give the metrics that are asked for, else those that suit loss and output.

    Raises
    ------
    ArgumentError
        If a metric is unknown, or about classes where rows have none.
    """
    one_class = loss.classifies and len(output_shape) == 1
    if loss.target == "binary":
        one_class = output_shape == (1,)
    if metrics is None:
        names: tuple[str, ...] = ("accuracy", "balanced_accuracy") if one_class else ()
        if loss.target == "values":
            names = ("mae", "rmse", "r2")
        return [METRICS[name] for name in names]
    asked = [metrics] if isinstance(metrics, str) else metrics
    chosen = [get_metric(one) for one in asked]
    for metric in chosen:
        if metric.takes != "values" and not one_class:
            raise ArgumentError(
                f"metric {metric.name!r} is about rows of one class each, which loss "
                f"{loss.name!r} with output {shape_text(('n', *output_shape))} does "
                "not give. Use loss='cross_entropy', or a metric of numbers: mae, "
                "rmse, r2."
            )
    return chosen
