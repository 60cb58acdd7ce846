"""``glassprop explain MODEL DATA``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glassprop.cli.console import print_json, say
from glassprop.table_explanations import explain_row
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
    json: Annotated[
        bool, typer.Option("--json", help="Print the results as one JSON object.")
    ] = False,
) -> None:
    """Show every value of a training step on one row of a table.

    Forward, backward and update: each statement of the program with its formula, the
    same in numbers, and what came out. Where the row has no target, the forward pass
    alone.
    """
    known = load_table_model(model)
    explanation, labelled = explain_row(known, read_table(data), row)
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
    print(explanation)
    if not labelled:
        target = known.plan.target.name
        say(f"row {row} has no {target}: the forward pass alone is shown")
