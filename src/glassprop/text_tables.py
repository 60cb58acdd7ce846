"""Tables as lines of text."""

from __future__ import annotations

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
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)
