"""``glassprop summary MODEL``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glassprop.save import load
from glassprop.tabular import network_summary


def summary(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model file.")],
) -> None:
    """Print the columns, layers, shapes and parameters of a network."""
    print(network_summary(load(model)))
