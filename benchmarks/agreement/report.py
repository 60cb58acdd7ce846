"""Compare everything, print the tables, and say whether all of it is equal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from agreement import activations, layers, losses, optimizers, stored
from agreement.common import TOLERANCE, Family, apart, torch, worst_of
from timing import machine

FAMILIES = [one.FAMILY for one in (layers, activations, losses, optimizers)]
WIDTH = 86


def columns(rows: Sequence[Sequence[str]], left: int) -> str:
    """Write rows of text in columns, the first `left` of them aligned left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def shown(value: float) -> str:
    """Write a difference."""
    return "0" if value == 0 else f"{value:.0e}"


def paragraph(text: str) -> str:
    """Break lines, the first of them set out."""
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


class Report:
    """What a run found: its text, what is wrong, and PyTorch's numbers to keep."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.found: dict[str, Any] = {}

    def text(self) -> Iterator[str]:
        """Compare, and give the text as far as it goes."""
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(1)
        yield f"PyTorch {torch.__version__}; {machine()}"
        for family in FAMILIES:
            self.wrong += family.missing()
            self.found[family.name] = {stored.NUMBERS: {}, stored.DIFFERENCES: {}}
            yield self.cases(family)
            yield from self.random(family)
            yield from (
                paragraph(f"Not compared: {entry}: {reason}")
                for entry, reason in family.alone.items()
            )
            yield from self.conventions(family)
        yield from (f"NOT kept: {one}" for one in self.wrong)
        kept = "NOT kept" if self.wrong else "kept"
        yield f"All equal to {TOLERANCE:g}, or as said: {kept}"

    def cases(self, family: Family) -> str:
        """Compare the cases of a family."""
        rows: list[list[str]] = []
        for case in family.cases:
            ours, theirs = case.ours(), case.theirs()
            found = {name: worst_of(ours[name], theirs[name]) for name in ours}
            if not rows:
                rows.append([family.name, "PyTorch", *found])
            rows.append([case.name, case.counterpart, *map(shown, found.values())])
            self.wrong += [
                f"{family.name}: {case.name}: {name} differs by {value:.1e}"
                for name, value in found.items()
                if not value <= TOLERANCE
            ]
            like = case.brief() if case.brief else ours
            self.found[family.name][stored.NUMBERS][case.name] = stored.kept(
                theirs, like
            )
        return columns(rows, left=2)

    def random(self, family: Family) -> Iterator[str]:
        """Compare means and deviations of what is random."""
        rows = [["random, 500,000 ones", "expected", "glassprop", "PyTorch"]]
        for one in family.drawn:
            ours, theirs = np.array(one.ours()), one.theirs()
            for side, found in (("glassprop", ours), ("PyTorch", theirs)):
                if not one.fits(found):
                    self.wrong.append(f"{one.name}: {side} is not as expected")
            means = (one.mean, ours.mean(), theirs.mean())
            spreads = (one.deviation, ours.std(), theirs.std())
            for what, values in (("mean", means), ("deviation", spreads)):
                rows.append([f"{one.name}, {what}", *(f"{v:.4f}" for v in values)])
        if family.drawn:
            yield columns(rows, left=1)

    def conventions(self, family: Family) -> Iterator[str]:
        """Give the differences of convention, each with both numbers."""
        for one in family.differences:
            ours, theirs = one.ours(), one.theirs()
            if not apart(ours, theirs):
                self.wrong.append(f"{one.where}: no longer differs; remove it")
            self.found[family.name][stored.DIFFERENCES][one.where] = theirs
            numbers = f"glassprop {ours:.10g}, PyTorch {theirs:.10g}"
            yield paragraph(f"Convention: {one.where}: {numbers}. {one.why}")


def run(*, write: bool) -> int:
    """Print the report; give how many things are wrong.

    Parameters
    ----------
    write : bool
        Whether some of PyTorch's numbers are kept for the tests, if all is well.
    """
    report = Report()
    for part in report.text():
        print(part, end="\n\n", flush=True)
    if write and not report.wrong:
        stored.write(torch.__version__.partition("+")[0], report.found)
        print(f"written: {stored.FILE.name}")
    return len(report.wrong)
