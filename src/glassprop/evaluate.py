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
from glassprop.losses import AnyLoss, Loss, check_outputs
from glassprop.metrics import METRICS, Metric, get_metric
from glassprop.programs import (
    data_names,
    evaluate_program,
    named_data,
    predict_program,
)
from glassprop.rows import Rows
from glassprop.trees import as_parts, is_several, map_parts

Array = NDArray[Any]


def outputs(built: Built, x: Any, loss: AnyLoss | None = None) -> Any:
    """Calculate the output for checked rows; with a loss, its probabilities.

    Many rows are calculated in parts, unless a layer mixes them (`glassprop.chunks`).
    """
    compiled: Compiled = built.compiled(
        ("predict", loss), lambda: Compiled(predict_program(built.structure, loss))
    )
    results = run_in_chunks(compiled, built.given(), named_data("x", x))
    return map_parts(
        lambda name: np.array(results[name], built.structure.dtype),
        data_names("output", built.structure.output_shape),
    )


def decisions(output: Any, loss: AnyLoss | None) -> Any:
    """Turn outputs into what the loss decides: a class, or the number itself."""
    if loss is None:
        return output
    if is_several(output):
        check_outputs(loss, map_parts(np.shape, output))
        return tuple(map(_decision, output, loss.each))
    return _decision(output, loss.each[0])


def _decision(output: Array, loss: Loss) -> Array:
    if not loss.classifies:
        return output
    if loss.target == "classes":
        chosen: Array = output.argmax(axis=-1)
        return chosen
    classes = (output > 0).astype(np.int64)
    return classes[:, 0] if classes.shape[1:] == (1,) else classes


def evaluate_rows(
    built: Built,
    rows: Rows,
    loss: AnyLoss,
    metrics: str | Sequence[str | Metric] | None = None,
) -> dict[str, float]:
    """Measure a network on checked rows: the loss with penalties, and metrics.

    Many rows are calculated in parts, unless a layer or the loss mixes them
    (`glassprop.chunks`). With several outputs the loss and the metrics of each are
    numbered as the outputs are: ``loss_1``, ``accuracy_1``, ``mae_2``.
    """
    compiled: Compiled = built.compiled(
        ("evaluate", loss, rows.target),
        lambda: Compiled(evaluate_program(built.structure, loss, rows.target)),
    )
    found = run_in_chunks(compiled, built.given(), rows.data())
    total = float(found["penalty"])
    numbers: dict[str, float] = {"loss": total}
    endings = [f"_{at}" for at in range(1, len(loss.each) + 1)]
    for one, factor, y, ending in zip(
        loss.each,
        loss.factors,
        as_parts(rows.y),
        endings if is_several(rows.y) else [""],
        strict=True,
    ):
        losses = np.asarray(found[f"losses{ending}"], np.float64)
        mean = float(np.average(losses, weights=rows.weights))
        total += factor * mean
        if ending:
            numbers[f"loss{ending}"] = mean
        output = np.asarray(found[f"output{ending}"])
        chances = np.asarray(found[f"probabilities{ending}"])
        for metric in chosen_metrics(one, metrics, output.shape[1:]):
            measured = _measured(
                metric, one, y, output, probabilities=chances, weights=rows.weights
            )
            numbers[f"{metric.name}{ending}"] = measured
    return {**numbers, "loss": total}


def _measured(
    metric: Metric,
    loss: Loss,
    y: Array,
    output: Array,
    *,
    probabilities: Array,
    weights: Array | None,
) -> float:
    """Measure one output by one metric."""
    predicted = {"probabilities": probabilities, "values": output}.get(metric.takes)
    if predicted is None:
        predicted = _decision(output, loss)
    classes = None if metric.takes == "values" else classes_of(y, loss)
    truth = y if classes is None else classes
    return metric.function(truth, predicted, weights=weights)


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
