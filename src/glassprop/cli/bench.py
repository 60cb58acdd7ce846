"""``glassprop bench [WORKLOADS]``."""

from __future__ import annotations

from typing import Annotated

import typer

from glassprop.bench import Speed, as_json, chosen, speed
from glassprop.cli.console import print_json, print_table, say
from glassprop.errors import GlasspropError


def bench(
    workloads: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORKLOADS",
            help="exam, and, spiral, tabular, digits, images, wide, deep, regular; "
            "without any, those that take a few seconds together.",
        ),
    ] = None,
    turns: Annotated[
        int, typer.Option(help="How often each is timed, NumPy and compiled in turns.")
    ] = 7,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, times in seconds.")
    ] = False,
) -> None:
    """Time training steps on this machine: compiled, beside NumPy.

    Both train the same networks on the same data, and must compute the same losses
    before they are timed. Needs the extra: pip install "glassprop[fast]".
    """
    found: dict[str, Speed | str] = {}
    for workload in chosen(workloads or [], turns):
        say(f"{workload.name} ...")
        try:
            found[workload.name] = speed(workload, turns)
        except GlasspropError as error:
            found[workload.name] = str(error)
            say(f"{workload.name} is not run: {error}")
    if json:
        print_json(as_json(found))
        return
    rows = [row(name, one) for name, one in found.items() if isinstance(one, Speed)]
    if rows:
        print(f"Microseconds a step: median of {turns} turns (quartiles)")
        print_table(["", "NumPy", "compiled", "times faster", "to compile, s"], rows)


def row(name: str, found: Speed) -> list[str]:
    """Write what was measured of a workload.

    Parameters
    ----------
    name : str
        The workload's.
    found : Speed
        In seconds.
    """
    return [
        name,
        spread(found.numpy, 1e6),
        spread(found.numba, 1e6),
        spread(found.ratio, 1),
        f"{found.making:.2f}",
    ]


def spread(quartiles: tuple[float, ...], scale: float) -> str:
    """Write a median and its quartiles: ``21.1 (20.9 to 21.8)``.

    Parameters
    ----------
    quartiles : tuple of float
        The lower one, the median, the upper one.
    scale : float
        What they are multiplied by.
    """
    low, middle, high = (f"{scale * one:,.4g}" for one in quartiles)
    return f"{middle} ({low} to {high})"
