"""``glassprop diagnose MODEL DATA``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glassprop.cli.console import print_json, print_text, say_left_out
from glassprop.table_diagnoses import diagnose_table
from glassprop.tables import read_table
from glassprop.tabular import load_table_model


def diagnose(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A file that train has saved.")
    ],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A CSV, TSV or Parquet file.")
    ],
    *,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Passes over the rows of the trial, a fifth of them held out, so that "
            "overfitting shows. Default: as many as make about 300 steps.",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the results as one JSON object.")
    ] = False,
) -> None:
    """Look for what keeps a network from learning a table, and say what to change.

    The network of the model is made anew and trained for a short time, watched; the
    model file stays as it is. Each finding says what was seen, why it matters, and the
    change to make, as a command where there is one. The exit code is 0 with findings
    and without. Ctrl-C ends it without a result.
    """
    known = load_table_model(model)
    found, unlabelled = diagnose_table(
        known,
        read_table(data),
        str(data),
        epochs=epochs,
        verbose=False if json else None,
    )
    if json:
        print_json(
            {
                "model": str(model),
                "data": str(data),
                "rows_without_target": unlabelled,
                **found.as_dict(),
            }
        )
        return
    say_left_out(unlabelled, known.plan.target.name)
    print_text(str(found))
