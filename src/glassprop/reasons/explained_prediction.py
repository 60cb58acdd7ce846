"""The parts of a prediction's explanation: contributions, changes, and all together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.frame_columns import Words
from glassprop.number_texts import number_text
from glassprop.reasons.carried import Carrier

EXACT = 2.0**53  # up to here whole numbers are written as such
MOST_SHOWN = 10  # inputs that text and pages show one by one

Shown = float | str | None
"""A number, a word, or None for what is missing."""


def shown_text(value: Shown) -> str:
    """Write a number, a word, or that it is missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "missing"
    return value if isinstance(value, str) else number_text(value)


def bound_text(gap: float, size: float) -> str:
    """Write below which power of ten a gap is, or what it is if it matters.

    The last digits of a sum, which are another machine's choice, are left out.

    Parameters
    ----------
    gap : float
        What is missing from a sum.
    size : float
        Of the sum.
    """
    largest = max(abs(gap), 1e-10 * abs(size))
    if not largest or not largest < 1e-3 * abs(size):
        return number_text(gap, 3)
    return f"below {10.0 ** math.ceil(math.log10(largest)):.0e}"


@dataclass(frozen=True)
class Contribution:
    """What one input contributes.

    Parameters
    ----------
    name : str
        The input's.
    value, start : float, str or None
        What the row and the baseline have there: a number or a word.
    gradient_times_input : float
        The slope of the score at the row, times the way from the baseline.
    integrated : float
        Its integrated gradient.
    """

    name: str
    value: Shown
    start: Shown
    gradient_times_input: float
    integrated: float


@dataclass(frozen=True)
class Change:
    """What one input would be instead.

    Parameters
    ----------
    name : str
        The input's.
    before, after : float, str or None
        A number or a word.
    """

    name: str
    before: Shown
    after: Shown

    @property
    def text(self) -> str:
        """``x[0] were 1.03 instead of 1``."""
        after, before = _whole_text(self.after), shown_text(self.before)
        return f"{self.name} were {after} instead of {before}"


def _whole_text(value: Shown) -> str:
    """Write a number with all its digits: with fewer it may not flip."""
    if not isinstance(value, float):
        return shown_text(value)
    return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)


@dataclass(frozen=True)
class Flip:
    """The nearest change that flips the decision, as the network was run with it.

    Parameters
    ----------
    changes : tuple of Change
        Of one input or two.
    distance : float
        How far that is, in units of the inputs' scales.
    before, after : str
        The decision for the row, and with the change.
    value_before, value_after : float
        The score likewise.
    """

    changes: tuple[Change, ...]
    distance: float
    before: str
    after: str
    value_before: float
    value_after: float

    @property
    def text(self) -> str:
        """The change, and what is decided then, as a sentence."""
        changes = " and ".join(one.text for one in self.changes)
        return (
            f"if {changes}: {self.after} instead of {self.before} "
            f"(distance {number_text(self.distance, 3)})"
        )


@dataclass(frozen=True)
class Completeness:
    """How well the integrated gradients sum to what the score changes by.

    Parameters
    ----------
    sum, change : float
        What they sum to, and the score of the row less that of the baseline.
    jumps : float
        What of the change is in jumps, which no slope sees.
    slopes : int
        At how many points slopes were calculated.
    complete : bool
        Whether next to nothing is missing.
    """

    sum: float
    change: float
    jumps: float
    slopes: int
    complete: bool

    @property
    def gap(self) -> float:
        """What is missing."""
        return self.change - self.sum

    @property
    def text(self) -> str:
        """The sum, the change and the gap between them, in words."""
        text = f"sum {number_text(self.sum)} of {number_text(self.change)}; gap "
        points = f"with slopes at {self.slopes:,} points"
        if self.complete:
            return f"{text}{bound_text(self.gap, self.change)}, {points}"
        text = f"{text}{number_text(self.gap, 3)}, {points}"
        if not math.isfinite(self.gap):
            return f"{text}. A slope on the way is not finite: take another baseline."
        if abs(self.jumps) > abs(self.gap) / 2:
            jumps = number_text(self.jumps)
            return f"{text}. The output jumps by {jumps} on the way, without a slope."
        return f"{text}. It was not made smaller: that would take more slopes."


@dataclass(frozen=True, eq=False, repr=False)
class ExplainedPrediction:
    """What the explanation of a prediction holds.

    Parameters
    ----------
    title : str
        The network in a line.
    given : mapping from str to array
        The row.
    output : str
        Which number of the output is explained, the *score*.
    value : float
        What it is.
    decision : str
        What the network decides; empty where it decides nothing.
    baseline : str
        What the row is compared with, in words.
    baseline_value : float
        The score there.
    inputs : tuple of Contribution
        Every input, in order.
    completeness : Completeness
        Whether their contributions sum to the difference of the two scores.
    path : tuple of Carrier
        The path through the neurons that carries most of it, from an input on.
    path_gap : float
        The largest difference between what a unit carries and the sum of its parts.
    single, pair : Flip or None
        The nearest change of one input, and of two if that is nearer, that flips the
        decision.
    searched : str
        Where these were looked for, or why not.
    about : str
        Where the row is from, in the words of its source; or nothing.
    columns : dict from str to tuple of str
        The words for the columns of what was given as a data frame.
    """

    title: str
    given: Mapping[str, NDArray[Any]]
    output: str
    value: float
    decision: str
    baseline: str
    baseline_value: float
    inputs: tuple[Contribution, ...]
    completeness: Completeness
    path: tuple[Carrier, ...]
    path_gap: float
    single: Flip | None
    pair: Flip | None
    searched: str
    about: str = ""
    columns: Mapping[str, Words] = field(default_factory=dict)

    def largest(self) -> tuple[Contribution, ...]:
        """Give the inputs that contribute most, ten at most, the largest first."""
        sizes = [-abs(one.integrated) for one in self.inputs]
        order = np.argsort(sizes, kind="stable")[:MOST_SHOWN]
        return tuple(self.inputs[at] for at in order)

    def rest(self) -> tuple[int, float, float]:
        """Count the other inputs; give their integrated gradients and the rest."""
        shown = self.largest()
        count = len(self.inputs) - len(shown)
        if not count:
            return 0, 0.0, 0.0
        every = [
            sum(getattr(one, key) for one in self.inputs)
            - sum(getattr(one, key) for one in shown)
            for key in ("integrated", "gradient_times_input")
        ]
        return count, every[0], every[1]

    def flips(self) -> Iterator[tuple[str, str]]:
        """Say what would change the decision: what was looked for, and the answer."""
        for what, flip in (("one input", self.single), ("two inputs", self.pair)):
            if flip is not None:
                yield what, flip.text
        if not self.decision:
            return
        if self.single is None and self.pair is None:
            yield "one input or two", "no change was found that flips it"
        elif self.pair is None:
            yield "two inputs", "no change was found that is nearer"
        elif self.single is None:
            yield "one input", "no change was found that flips it"
