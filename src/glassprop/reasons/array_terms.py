"""In what terms the prediction for an array is explained: baseline, scale, range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.data import as_each_input, one_sample
from glassprop.errors import ArgumentError, DataError, ShapeError, shape_text
from glassprop.frame_columns import Words, check_same_columns, words_of
from glassprop.reasons.explained_prediction import Shown
from glassprop.reasons.flat_points import Points
from glassprop.reasons.rays import Vector
from glassprop.reasons.row_points import Row
from glassprop.reasons.spaces import Space
from glassprop.reasons.terms import Terms
from glassprop.structure import Structure
from glassprop.trees import as_parts, is_several

ALIKE = "The row, its baseline and reference"
RANGE = 10  # sizes of a number that are searched to both sides, without a reference
LARGEST = np.finfo(np.float64).max / 1e6  # size that is multiplied


def checked_row(structure: Structure, x: Any) -> Any:
    """Give the one row that is to be explained as a batch of one.

    Parameters
    ----------
    structure : Structure
        The network's.
    x : array-like, or tuple of such
        One sample, or a batch of one.

    Raises
    ------
    ArgumentError
        If there is more than one row, or none.
    DataError, ShapeError
        If the row cannot be used.
    """
    sample = one_sample(x, structure.input_shape)
    rows = as_each_input(
        x if sample is None else sample,
        structure.dtype,
        structure.input_shape,
        missing_allowed=structure.fills_missing,
        name="X",
    )
    count = len(as_parts(rows)[0])
    if count != 1:
        raise ArgumentError(
            f"explain_prediction explains one row, got {count:,}. Pick one: "
            "net.explain_prediction(X[0])."
        )
    return rows


def array_terms(
    row: Row,
    *,
    baseline: Any = None,
    reference: Any = None,
    columns: Mapping[str, Words] | None = None,
) -> Terms:
    """Make the terms for a row of numbers.

    Parameters
    ----------
    row : Row
        The network and the row.
    baseline : array-like of shape input_shape or None
        What to compare with; None for the mean of the reference, without one zeros.
    reference : array-like of shape (n, *input_shape) or None
        Rows of which the mean, the spread and the range are taken.
    columns : mapping from str to tuple of str or None
        The words of the row, if it is a data frame's; those of the baseline and of the
        reference must be the same, and are taken where the row has none.

    Raises
    ------
    DataError, ShapeError
        If the baseline or the reference does not fit.
    """
    rows = None if reference is None else _reference(row, reference)
    start, starts, text = _baseline(row, baseline, rows)
    words = dict(columns or {})
    for name, data in (("reference", reference), ("baseline", baseline)):
        if data is not None:
            found = words_of("x", data, row.flat.shapes)
            check_same_columns(name, found, words, ALIKE)
            words = {**found, **words}
    return Terms(
        row.flat.labels("x", words),
        [_shown(one) for one in row.values],
        starts,
        text,
        start,
        _space(row, rows),
        lambda _, value: value,
        "each up to 10 times its size, at least 10, to both sides; a distance of 1 is 1"
        if rows is None
        else f"each within the range of the {len(rows):,} reference rows; a distance "
        "of 1 is their standard deviation",
        columns=words,
    )


def _shown(value: Any) -> Shown:
    return None if np.isnan(value) else float(value)


def _reference(row: Row, reference: Any) -> Points:
    structure = row.built.structure
    rows = as_each_input(
        reference,
        structure.dtype,
        structure.input_shape,
        missing_allowed=structure.fills_missing,
        name="reference",
    )
    count = len(as_parts(rows)[0])
    if count < 2:
        raise DataError(
            "reference: expected two rows or more, to take their mean and their spread "
            f"of, got {count}. Give the training rows, or leave reference out."
        )
    return row.flat.points(rows)


def _baseline(
    row: Row, baseline: Any, rows: Points | None
) -> tuple[Vector, list[Shown], str]:
    """Give the baseline as a point, as it is shown, and in words."""
    structure = row.built.structure
    if baseline is not None:
        sample = one_sample(baseline, structure.input_shape)
        if sample is None:
            several = is_several(structure.input_shape)
            given = as_parts(baseline) if several else (baseline,)
            shapes = " and ".join(shape_text(np.shape(one)) for one in given)
            raise ShapeError(
                "baseline: expected one row, of shape "
                f"{' and '.join(map(shape_text, as_parts(structure.input_shape)))}, "
                f"got {shapes}. Give the numbers of one row, as X.mean(axis=0) has "
                "them."
            )
        checked = as_each_input(
            sample,
            structure.dtype,
            structure.input_shape,
            missing_allowed=structure.fills_missing,
            name="baseline",
        )
        point = row.flat.points(checked)
        return row.encoded(point)[0], [_shown(one) for one in point[0]], "the one given"
    numbers = row.words == 0
    if rows is not None:
        means = [
            _shown(_known(column).mean()) if number and _known(column).size else None
            for number, column in zip(numbers, rows.T, strict=True)
        ]
        text = f"the mean of the {len(rows):,} reference rows"
        return row.encoded(rows).mean(axis=0), means, text
    start = np.zeros(row.sources.size)
    if start.size == row.values.size and numbers.all():
        return start, [0.0] * row.values.size, "zeros"
    first = structure.places[0].name
    return start, [None] * row.values.size, f"zeros behind layer {first!r}"


def _space(row: Row, rows: Points | None) -> Space:
    values, words = row.values, row.words
    if rows is None:
        center = np.nan_to_num(values)
        size = RANGE * np.clip(np.abs(center), 1, LARGEST)
        lows, highs, scales = center - size, center + size, np.ones(values.size)
        centers = center
    else:
        known = [_known(column) for column in rows.T]
        scales = np.array([_spread(one) for one in known])
        centers = np.array([one.mean() if one.size else 0.0 for one in known])
        around = np.where(np.isnan(values), centers, values)
        lows, highs = (
            np.array([side([*one, at]) for one, at in zip(known, around, strict=True)])
            for side in (min, max)
        )
    return Space(scales, lows, highs, words, centers, np.zeros(values.size, bool))


def _known(column: NDArray[Any]) -> NDArray[Any]:
    """Leave out what is missing."""
    known: NDArray[Any] = column[~np.isnan(column)]
    return known


def _spread(column: NDArray[Any]) -> float:
    """Give the standard deviation of a column; 1 where it has none."""
    spread = float(column.std()) if column.size else 0.0
    return spread if spread > 0 else 1.0
