"""The nearest flips of a decision about a row, in the terms of its inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import ArgumentError
from glassprop.reasons.decided import Decided
from glassprop.reasons.explained_prediction import Change, Flip
from glassprop.reasons.flat_points import Points
from glassprop.reasons.flips import (
    MOST_PAIRED,
    MOST_SINGLE,
    nearest_pair,
    nearest_single,
)
from glassprop.reasons.integrated_gradients import ScoreFunction
from glassprop.reasons.rays import Vector
from glassprop.reasons.rounded_changes import Found
from glassprop.reasons.row_points import Row
from glassprop.reasons.scores import MOST_OPERATIONS, Score
from glassprop.reasons.terms import Terms
from glassprop.trees import as_parts

TRIED = 100  # points that are run on a ray, about


def flips(
    row: Row, score: Score, decided: Decided, terms: Terms
) -> tuple[Flip | None, Flip | None, str]:
    """Look for the nearest changes that flip the decision, and run them.

    Parameters
    ----------
    row : Row
        The network and the row.
    score : Score
        What is explained.
    decided : Decided
        What is decided.
    terms : Terms
        Where to look, and in what words to tell.

    Returns
    -------
    single, pair : Flip or None
        Of one input, and of two if that is nearer.
    searched : str
        Where it was looked, or why not.

    Raises
    ------
    ArgumentError
        If the class that is looked for is the one that is decided.
    """
    if not decided.kind:
        text = (
            "nothing is decided: the output is a number. Give a threshold, "
            f"{terms.threshold}, to see what takes the output across it."
        )
        return None, None, text
    before = int(decided.codes(row.output)[0])
    if decided.kind == "class" and decided.target == before:
        raise ArgumentError(
            f"the network decides {decided.text(before)} for this row as it is. Look "
            "for another class, or for any other: leave the target out."
        )

    def flipped(points: Points) -> NDArray[np.bool_]:
        return decided.flipped(decided.codes(row.run(points)), before)

    order = _order(row, _margin(row, score, decided, before), terms)
    points = MOST_OPERATIONS / (score.cost * TRIED)
    alone = order[: int(np.clip(points / 2, 4, MOST_SINGLE))]
    paired = order[: int(np.clip(np.sqrt(points / 8), 4, MOST_PAIRED))]
    one = nearest_single(row.values, terms.space, flipped, alone.tolist())
    below = np.inf if one is None else one.distance
    two = nearest_pair(row.values, terms.space, flipped, paired.tolist(), below)
    flips = [_flip(row, found, decided, terms) for found in (one, two)]
    every = len(order)
    some = [
        f"all {every}" if len(few) == every else f"the {len(few)} steepest"
        for few in (alone, paired)
    ]
    text = f"{some[0]} alone, {some[1]} in pairs"
    if every == 1:
        text = "the one there is"
    elif len(alone) == len(paired) == every:
        text = f"all {every} alone and in pairs"
    wanted = ""
    if decided.kind == "class" and decided.target is not None:
        wanted = f" for {decided.text(int(decided.target))}"
    text = f"searched{wanted}: of the inputs {text}, {terms.ranges}."
    return flips[0], flips[1], text


def _margin(row: Row, score: Score, decided: Decided, before: int) -> ScoreFunction:
    """Give what has to become 0 for the decision to flip, as a function of points.

    Of several classes that is the logit of the one that is decided less that of
    the one that is looked for, or else of the next; of all others the score.
    """
    part, *index = decided.place
    logits = as_parts(row.output)[part][(0, *index[:-1])]
    if decided.kind != "class" or np.size(logits) == 1:
        return score
    others = np.where(np.arange(logits.size) == before, -np.inf, logits)
    rival = np.argmax(others) if decided.target is None else decided.target
    scores = [row.score((part, *index[:-1], int(one))) for one in (before, rival)]

    def margin(points: Points) -> tuple[Vector, Points]:
        (first, rising), (second, falling) = (one(points) for one in scores)
        return first - second, rising - falling

    return margin


def _order(row: Row, margin: ScoreFunction, terms: Terms) -> NDArray[np.int64]:
    """Put the inputs in order, those that move the margin most by a unit first."""
    here, slopes = margin(row.encoded(row.values[None]))
    if row.codes is None:
        return np.argsort(-np.abs(slopes[0]) * terms.space.scales, kind="stable")
    effects = np.zeros(row.values.size)
    for at in range(row.values.size):
        words = int(terms.space.words[at])
        rows = np.repeat(row.values[None], max(words, 2), axis=0)
        unit = np.array([-1, 1]) * terms.space.scales[at]
        begin = np.nan_to_num(row.values[at], nan=terms.space.centers[at])
        rows[:, at] = np.arange(words) if words else begin + unit
        effects[at] = np.abs(margin(row.encoded(rows))[0] - here).max()
    return np.argsort(-effects, kind="stable")


def _flip(row: Row, found: Found | None, decided: Decided, terms: Terms) -> Flip | None:
    """Run the network with the change, and tell what it decides."""
    if found is None:
        return None
    values = row.values.copy()
    values[list(found.columns)] = found.values
    output = row.run(values[None])
    changes = tuple(
        Change(terms.names[at], terms.values[at], terms.show(at, value))
        for at, value in zip(found.columns, found.values, strict=True)
    )
    before, after = (
        decided.text(int(decided.codes(one)[0])) for one in (row.output, output)
    )
    was, becomes = (float(decided.number(one)[0]) for one in (row.output, output))
    return Flip(changes, found.distance, before, after, was, becomes)
