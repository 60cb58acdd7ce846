"""``glassprop picture MODEL KIND DATA``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glassprop.cli.console import say, say_left_out
from glassprop.encoding import write_new_file
from glassprop.model_names import keep_inputs
from glassprop.table_pictures import KINDS, table_picture
from glassprop.tables import read_table
from glassprop.tabular import load_table_model


def picture(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A file that train has saved.")
    ],
    kind: Annotated[str, typer.Argument(metavar="KIND", help=", ".join(KINDS) + ".")],
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATA",
            help="A CSV, TSV or Parquet file; the network needs none.",
        ),
    ] = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw it into this file, .svg, .png or .pdf."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE if it exists.")
    ] = False,
) -> None:
    """Draw the network, or how good its predictions for a table are.

    For a target of words: which are taken for which (confusion), and whether chances
    come true (calibration). For a number: what predictions are off by (residuals).
    Without --out the same is printed as a table.
    """
    known = load_table_model(model)
    if out is not None:
        keep_inputs(out, model, *([] if data is None else [data]))
    table = None if data is None else read_table(data)
    found, unlabelled = table_picture(known, kind, table)
    if out is None:
        print(found)
    else:
        write_new_file(out, found.file_bytes(out), force)
        say(f"{kind} drawn in {out}")
    say_left_out(unlabelled, known.plan.target.name)
