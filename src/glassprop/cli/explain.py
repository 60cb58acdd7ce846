"""``glassprop explain MODEL DATA``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glassprop.cli.console import print_json, print_text, say
from glassprop.encoding import write_new_file
from glassprop.errors import ArgumentError
from glassprop.explain import Explanation
from glassprop.model_names import keep_inputs
from glassprop.reasons.prediction_explanation import PredictionExplanation
from glassprop.table_explanations import explain_row
from glassprop.table_predictions import explain_row_prediction
from glassprop.tables import read_table
from glassprop.tabular import load_table_model


def explain(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A file that train has saved.")
    ],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A CSV, TSV or Parquet file.")
    ],
    *,
    row: Annotated[
        int, typer.Option(metavar="NUMBER", help="Which row of data; the first is 1.")
    ] = 1,
    why: Annotated[
        bool,
        typer.Option(
            "--why",
            help="Show why the model predicts what it does: what each column "
            "contributes, through which neurons, and what would change it.",
        ),
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="VALUE",
            help="With --why: the class to look for, or the number to cross.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a page for a browser, HTML."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE if it exists.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the results as one JSON object.")
    ] = False,
) -> None:
    """Show every value of a training step on one row of a table.

    Forward, backward and update: each statement of the program with its formula, the
    same in numbers, and what came out. Where the row has no target, the forward pass
    alone. With --why instead what the row's prediction is made of, and the nearest
    change of one column or two that would flip it.
    """
    if to is not None and not why:
        raise ArgumentError("--to says what --why is to look for. Give --why too.")
    known = load_table_model(model)
    if out is not None:
        keep_inputs(out, model, data)
    table = read_table(data)
    explanation: Explanation | PredictionExplanation
    explanation, labelled = (
        (explain_row_prediction(known, table, row, to=to), True)
        if why
        else explain_row(known, table, row)
    )
    if out is not None:
        write_new_file(out, explanation.html().encode(), force)
    if json:
        print_json(
            {
                "model": str(model),
                "data": str(data),
                "row": row,
                **explanation.as_dict(),
            }
        )
        return
    if out is None:
        print_text(str(explanation))
    else:
        say(f"row {row} explained in {out}")
    if not labelled:
        target = known.plan.target.name
        say(f"row {row} has no {target}: the forward pass alone is shown")
