"""``glassprop predict MODEL DATA``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glassprop.cli.console import counted, print_json, say
from glassprop.encoding import decode_classes, write_predictions
from glassprop.model_names import keep_inputs
from glassprop.table_reports import predict_table
from glassprop.tables import read_table
from glassprop.tabular import load_table_model


def predict(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A file that train has saved.")
    ],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A CSV, TSV or Parquet file.")
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a CSV file, not standard output."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE if it exists.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the results as one JSON object.")
    ] = False,
) -> None:
    """Predict the target for every row of a table.

    The table needs the columns that the network was trained on, in any order; others
    are ignored. The answer has a line for each row: the prediction, in the target's own
    words or unit, and for classes the probability of each. A table without rows gets
    an answer without lines.
    """
    known = load_table_model(model)
    if out is not None:
        keep_inputs(out, model, data)
    found = predict_table(known, read_table(data))
    plan = known.plan
    if out is not None or not json:
        write_predictions(out, plan, found.values, found.probabilities, force=force)
    if json:
        classes = plan.task == "classification"
        values = decode_classes(plan, found.values) if classes else found.values
        chances = found.probabilities
        print_json(
            {
                "model": str(model),
                "data": str(data),
                "out": None if out is None else str(out),
                "target": plan.target.name,
                "classes": list(plan.target.words) or None,
                "predictions": list(values),
                "probabilities": None if chances is None else chances.tolist(),
            }
        )
    elif out is not None:
        say(f"{counted(len(found.values), 'prediction')} written to {out}")
    if not len(found.values):
        say(f"{data.name} has no rows to predict")
