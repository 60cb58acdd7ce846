"""What a network gives for rows: outputs, probabilities, decisions, losses, metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glassprop.compiling import Compiled
from glassprop.errors import ArgumentError
from glassprop.losses import Loss
from glassprop.metrics import METRICS, Metric, get_metric
from glassprop.programs import evaluate_program, predict_program
from glassprop.rows import Rows

if TYPE_CHECKING:
    from glassprop.network import Network

Array = NDArray[Any]
CHUNK = 8192  # rows that are predicted at once


def outputs(net: Network, x: Array, loss: Loss | None = None) -> Array:
    """Calculate the output for checked rows; with a loss, its probabilities."""
    compiled: Compiled = net.compiled(
        ("predict", loss), lambda: Compiled(predict_program(net.structure, loss))
    )
    keys = list(compiled.program.inputs)
    given = {**net.values, "seed": net.seed, "t": np.float64(0)}
    parts = []
    for start in range(0, max(len(x), 1), CHUNK):
        given["x"] = x[start : start + CHUNK]
        with np.errstate(all="ignore"):
            parts.append(np.asarray(compiled(*(given[key] for key in keys))))
    whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return np.array(whole, net.structure.dtype)


def decisions(output: Array, loss: Loss | None) -> Array:
    """Turn outputs into what the loss decides: a class, or the number itself."""
    if loss is None or not loss.classifies:
        return output
    if loss.target == "classes":
        return output.argmax(axis=-1)
    classes = (output > 0).astype(np.int64)
    return classes[:, 0] if classes.shape[1:] == (1,) else classes


def evaluate_rows(
    net: Network, rows: Rows, loss: Loss, metrics: Sequence[str | Metric] | None = None
) -> dict[str, float]:
    """Measure a network on checked rows: the loss with penalties, and metrics."""
    compiled: Compiled = net.compiled(
        ("evaluate", loss, rows.target),
        lambda: Compiled(evaluate_program(net.structure, loss, rows.target)),
    )
    program = compiled.program
    given = {**net.values, **rows.data(), "seed": net.seed, "t": np.float64(0)}
    with np.errstate(all="ignore"):
        results = compiled(*(given[key] for key in program.inputs))
    found = dict(zip(program.results, results, strict=True))
    output = np.asarray(found["output"])
    mean = np.average(found["losses"], weights=rows.weights)
    numbers = {"loss": float(mean + found["penalty"])}
    for metric in _chosen(loss, metrics, output):
        predicted = {
            "classes": lambda: decisions(output, loss),
            "probabilities": lambda: np.asarray(found.get("probabilities")),
            "values": lambda: output,
        }[metric.takes]()
        truth = _truth(rows.y, metric, predicted)
        numbers[metric.name] = metric.function(truth, predicted, weights=rows.weights)
    return numbers


def _chosen(
    loss: Loss, metrics: Sequence[str | Metric] | None, output: Array
) -> list[Metric]:
    """Give the metrics that were asked for, else those that suit the loss."""
    if metrics is not None:
        asked = [get_metric(one) for one in metrics]
        for metric in asked:
            if metric.takes != "values" and not loss.classifies:
                raise ArgumentError(
                    f"metric {metric.name!r} is about classes, the loss "
                    f"{loss.name!r} is not. Use loss='cross_entropy', or a metric of "
                    "numbers: mae, rmse, r2."
                )
        return asked
    if loss.target == "values":
        return [METRICS[name] for name in ("mae", "rmse", "r2")]
    several = loss.target == "binary" and output.shape[1:] != (1,)
    names = ("accuracy", "balanced_accuracy") if loss.classifies and not several else ()
    return [METRICS[name] for name in names]


def _truth(y: Array, metric: Metric, predicted: Array) -> Array:
    """Give the target in the form that a metric takes."""
    if metric.takes == "values" or y.ndim == 1:
        return y
    if y.shape[1:] == (1,):
        return y[:, 0]
    return y.argmax(axis=-1) if predicted.ndim == 1 or predicted.ndim == y.ndim else y
