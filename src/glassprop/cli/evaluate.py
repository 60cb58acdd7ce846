"""``glassprop evaluate MODEL DATA``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glassprop.cli.console import (
    counted,
    print_confusion,
    print_json,
    print_report,
    report_json,
    say_left_out,
)
from glassprop.table_reports import evaluate_table
from glassprop.tables import read_table
from glassprop.tabular import load_table_model


def evaluate(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A file that train has saved.")
    ],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A CSV, TSV or Parquet file.")
    ],
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print the results as one JSON object.")
    ] = False,
) -> None:
    """Compare predictions with the target that a table holds.

    Beside each metric stands that of the baseline, which always answers the most
    frequent class, or the mean, of the rows that the network was trained on. (Its log
    loss is that of the classes' shares.)
    """
    known = load_table_model(model)
    report = evaluate_table(known, read_table(data))
    if json:
        print_json({"model": str(model), "data": str(data), **report_json(report)})
        return
    say_left_out(report.unlabelled, known.plan.target.name)
    print(f"On {counted(report.rows, 'row')} of {data.name}:")
    print_report(known, report)
    print_confusion(known, report)
