"""What a network gives for rows: outputs, probabilities, decisions, losses, metrics."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassprop.built import Built
from glassprop.chunks import run_in_chunks
from glassprop.compiling import Compiled
from glassprop.layers.contract import Shapes
from glassprop.losses import AnyLoss, check_outputs
from glassprop.programs import evaluate_program, predict_program
from glassprop.rows import Rows
from glassprop.tasks import MetricSpec, chosen_metrics, decision, measured
from glassprop.trees import as_parts, is_several, map_parts, named_parts, part_names


def outputs(built: Built, x: Any, loss: AnyLoss | None = None) -> Any:
    """Calculate the output for checked rows; with a loss, its probabilities.

    Many rows are calculated in parts, unless a layer mixes them (`glassprop.chunks`).
    """
    compiled: Compiled = built.compiled(
        ("predict", loss), lambda: Compiled(predict_program(built.structure, loss))
    )
    results = run_in_chunks(compiled, built.given(), named_parts(part_names("x", x), x))
    return map_parts(
        lambda name: np.array(results[name], built.structure.dtype),
        part_names("output", built.structure.output_shape),
    )


def decisions(output: Any, loss: AnyLoss | None) -> Any:
    """Turn outputs into what the loss decides: a class, or the number itself."""
    if loss is None:
        return output
    if is_several(output):
        check_outputs(loss, map_parts(np.shape, output))
        return tuple(map(decision, output, loss.each))
    return decision(output, loss.each[0])


def evaluate_rows(
    built: Built,
    rows: Rows,
    loss: AnyLoss,
    metrics: MetricSpec | None = None,
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
    total = float(found["penalty"]) + float(found["prior"]) / len(rows)
    numbers: dict[str, float] = {"loss": total}
    endings = as_parts(part_names("", built.structure.output_shape))
    shapes = as_parts(built.structure.output_shape)
    chosen = chosen_metrics(metrics, loss.each, shapes)
    for one, factor, y, ending, asked in zip(
        loss.each, loss.factors, as_parts(rows.y), endings, chosen, strict=True
    ):
        losses = np.asarray(found[f"losses{ending}"], np.float64)
        mean = float(np.average(losses, weights=rows.weights))
        total += factor * mean
        if ending:
            numbers[f"loss{ending}"] = mean
        output = np.asarray(found[f"output{ending}"])
        chances = np.asarray(found[f"probabilities{ending}"])
        for metric in asked:
            numbers[f"{metric.name}{ending}"] = measured(
                metric, one, y, output, probabilities=chances, weights=rows.weights
            )
    return {**numbers, "loss": total}


def rising_numbers(
    loss: AnyLoss, metrics: MetricSpec | None, output_shape: Shapes
) -> frozenset[str]:
    """Name the numbers of `evaluate_rows` that get better as they rise."""
    endings = as_parts(part_names("", output_shape))
    each = chosen_metrics(metrics, loss.each, as_parts(output_shape))
    return frozenset(
        f"{metric.name}{ending}"
        for ending, chosen in zip(endings, each, strict=True)
        for metric in chosen
        if metric.greater_is_better
    )
