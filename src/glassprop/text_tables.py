"""Tables as lines of text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def table_text(rows: Sequence[Sequence[object]]) -> str:
    """Write a table as lines of text, a rule below its header.

    Parameters
    ----------
    rows : sequence of sequences of str or float
        The header first. Floats get six digits.
    """
    cells = [
        [f"{one:.6g}" if isinstance(one, float) else str(one) for one in row]
        for row in rows
    ]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell + " " * (width - _width(cell))
            for cell, width in zip(row, widths, strict=True)
        )
        for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def _width(text: str) -> int:
    """Say how many columns of a terminal a text takes: 2 for a Chinese character."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(one)
        else 1 + (unicodedata.east_asian_width(one) in "FW")
        for one in text
    )
