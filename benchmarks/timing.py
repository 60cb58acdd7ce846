"""Measure things in turns, and say where.

Things that are to be compared are measured alternately, one turn each, so that a
machine that slows down or speeds up meets all of them. What is reported is the median
over the turns with its quartiles, and ratios are taken turn by turn.
"""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version


def in_turns(
    measures: Mapping[str, Callable[[], float]], turns: int
) -> dict[str, list[float]]:
    """Run each measure once a turn and collect what they give.

    Parameters
    ----------
    measures : mapping from str to callable
        Each runs the thing and gives its seconds.
    turns : int
        How often; one turn more, before them, is not counted.
    """
    for measure in measures.values():
        measure()
    times: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(turns):
        for name, measure in measures.items():
            times[name].append(measure())
    return times


def ratios(times: Sequence[float], base: Sequence[float]) -> list[float]:
    """Divide turn by turn."""
    return [one / other for one, other in zip(times, base, strict=True)]


def spread(values: Sequence[float], scale: float = 1, digits: int = 2) -> str:
    """Write the median and the quartiles: ``21.1 (20.9 to 21.8)``."""
    low, middle, high = (
        f"{scale * one:.{digits}f}" for one in statistics.quantiles(values, n=4)
    )
    return f"{middle} ({low} to {high})"


def verdict(values: Sequence[float], limit: float) -> str:
    """Say whether a median keeps its limit."""
    kept = "kept" if statistics.median(values) <= limit else "NOT kept"
    return f"limit {limit:g}: {kept}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write rows of text in columns, the first aligned left."""
    lines = [heads, *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def machine() -> str:
    """Name what the numbers depend on."""
    return (
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"NumPy {version('numpy')}, glassprop {version('glassprop')}; "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    )
