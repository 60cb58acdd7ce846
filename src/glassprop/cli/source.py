"""``glassprop source MODEL``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glassprop.save import load
from glassprop.tabular import network_source


def source(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model file.")],
) -> None:
    """Print the program of one training step of a network.

    It is the program that trained it, forward pass, loss, backward pass and update, and
    it runs on its own: NumPy is all it needs.
    """
    print(network_source(load(model)))
