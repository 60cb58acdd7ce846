"""In what terms a prediction is explained: names, a baseline, and where to search."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from glassprop.frame_columns import Words
from glassprop.reasons.explained_prediction import Shown
from glassprop.reasons.rays import Vector
from glassprop.reasons.spaces import Space


@dataclass(frozen=True, eq=False)
class Terms:
    """In what terms a prediction is explained.

    Parameters
    ----------
    names : sequence of str
        The inputs'.
    values, starts : sequence of float, str or None
        What row and baseline have, as it is shown.
    baseline : str
        What the row is compared with, in words.
    start : array of shape (D,)
        The baseline as a point, behind a first layer that takes codes.
    space : Space
        What the inputs may be.
    show : callable
        From the place of an input and a number to what is shown.
    ranges : str
        What the ranges are that are searched, and the unit of distance, in words.
    threshold : str
        How a threshold is given where the output is a number.
    columns : dict from str to tuple of str
        The words for the columns of what was given as a data frame.
    """

    names: Sequence[str]
    values: Sequence[Shown]
    starts: Sequence[Shown]
    baseline: str
    start: Vector
    space: Space
    show: Callable[[int, float], Shown]
    ranges: str
    threshold: str = "target=..."
    columns: Mapping[str, Words] = field(default_factory=dict)
