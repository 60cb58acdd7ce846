"""What a network of two inputs says all over the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.data import as_each_input
from glassprop.errors import ArgumentError, DataError
from glassprop.evaluate import outputs
from glassprop.frame_columns import frame_words
from glassprop.layers.contract import rows_text
from glassprop.losses import check_outputs
from glassprop.metrics import TASKS
from glassprop.network import Network
from glassprop.pictures.asked import (
    check_finite,
    check_network,
    chosen_output,
    class_chances,
    class_words,
    loss_of,
)
from glassprop.pictures.contract import Picture
from glassprop.pictures.planes import MOST_PANELS, draw_classes, draw_numbers
from glassprop.rows import checked_rows
from glassprop.targets import classes_of
from glassprop.tasks import decision, task_of
from glassprop.trees import as_parts

POINTS = 61  # of the plane, along each input
MARGIN = 0.08  # of the rows' spread, that is shown around them
EVERY = (*TASKS, None)  # also what is held against no target, such as quantiles


def decision_boundary(
    net: Network,
    X: Any,
    y: Any = None,
    *,
    names: Sequence[str] | None = None,
    output: int | None = None,
) -> Picture:
    """Show what a network of two inputs predicts all over the plane.

    Of classes it shows which one is decided for where, more colour where it leads by
    more; of numbers their surface, cut at equal heights.

    Parameters
    ----------
    net : Network
        Of two inputs, with a loss.
    X : array-like of shape (n, 2)
        Rows; what they span, and some more around, is shown.
    y : array-like of shape (n, ...) or None
        Their target, which is drawn into it.
    names : sequence of str or None
        A word for each class, label or number; None for their numbers.
    output : int or None
        Which of several outputs, from 0; None if there is one.

    Returns
    -------
    Picture
        ``x_1`` and ``x_2``, the places along each input. ``values``, of shape (places,
        places, k), whose first axis goes along ``x_2``: for classes and labels the
        chance of each, or where the loss defines none the output; else the numbers that
        are predicted. ``decided``, of shape (places, places): the class, or None
        without classes. ``X`` and ``y``, the rows and their target, of classes the
        numbers; ``names`` and ``features``, the words; ``leads``, whether ``values``
        are chances.

    Raises
    ------
    ArgumentError
        If the network has other inputs, or no loss.
    DataError, ShapeError
        If the rows or the target cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> layers = [gp.Dense(1, weights=[[[1.0], [1.0]]], bias=False)]
    >>> net = gp.Network(layers, input_shape=2, loss="binary_cross_entropy")
    >>> X, y = np.array([[-1.0, 0.0], [1.0, 1.0]]), np.array([[0], [1]])
    >>> print(gp.pictures.decision_boundary(net, X, y).table())
    class  part of the plane  rows  right
    -----  -----------------  ----  -----
    0      29.1 %             1     1
    1      70.9 %             1     1
    """
    place = "decision_boundary"
    check_network(net, place)
    loss = loss_of(net, place)
    with net.built_for(X) as built:
        structure = built.structure
        if structure.input_shape != (2,):
            raise ArgumentError(
                f"{place}: expected a network of two inputs, (n, 2), got "
                f"{rows_text(structure.input_shape)}. Train one on two columns, "
                "X[:, :2]."
            )
        check_outputs(loss, structure.output_shape)
        at = chosen_output(place, structure.output_shape, loss, output, EVERY)
        target = None
        if y is None:
            filled = structure.fills_missing
            rows = as_each_input(X, structure.dtype, (2,), missing_allowed=filled)
        else:
            checked = checked_rows(structure, X, y, loss)
            rows, target = checked.x, as_parts(checked.y)[at]
        axes = [_span(column, place) for column in rows.T]
        plane = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
        grid = plane.astype(structure.dtype)
        one = loss.each[at]
        given = as_parts(outputs(built, grid))[at]
        check_finite(place, given, lambda row: f"{plane[row].round(6).tolist()}")
        chances = given
        if one.probabilities is not None:
            chances = as_parts(outputs(built, grid, loss))[at]
        said = None if target is None else as_parts(outputs(built, rows))[at]
    size = (POINTS, POINTS, -1)
    data = {
        "x_1": axes[0],
        "x_2": axes[1],
        "X": rows,
        "y": target,
        "decided": None,
        "features": list(frame_words(X) or ("x[:, 0]", "x[:, 1]")),
        "leads": one.probabilities is not None,
    }
    if task_of(one, given.shape[1:]) in ("two classes", "many classes"):
        both = chances
        if given.shape[1] == 1:
            certain = one.probabilities is not None
            both = class_chances(chances) if certain else np.hstack([-given, given])
        data["values"] = np.asarray(both, np.float64).reshape(size)
        data["decided"] = decision(given, one).reshape(POINTS, POINTS)
        data["names"] = class_words(place, names, both.shape[1])
        data["y"] = None if target is None else classes_of(target, one)
        right = None if said is None else decision(said, one) == data["y"]
        return _of_classes(data, right)
    numbers = chances if one.classifies else decision(given, one)
    data["values"] = np.asarray(numbers, np.float64).reshape(size)
    if target is not None:
        data["y"] = np.asarray(target, np.float64).reshape(len(rows), -1)
    count = data["values"].shape[2]
    alone = names is None and count == 1
    data["names"] = ["y"] if alone else class_words(place, names, count)
    return _of_numbers(data)


def _span(column: NDArray[Any], place: str) -> NDArray[np.float64]:
    """Give places from one end of a column to the other, and some way beyond."""
    known = column[np.isfinite(column)].astype(np.float64)
    if not known.size:
        raise DataError(
            f"{place}: X: a column has no row with a number, so there is nothing to "
            "span. Give rows with numbers."
        )
    low, high = float(known.min()), float(known.max())
    more = MARGIN * (high - low) or max(1.0, abs(low)) / 2
    return np.linspace(low - more, high + more, POINTS)


def _of_classes(data: dict[str, Any], right: NDArray[Any] | None) -> Picture:
    decided, words = data["decided"], data["names"]
    parts = [float(np.mean(decided == at)) for at in range(len(words))]
    header: tuple[object, ...] = ("class", "part of the plane")
    shares = [f"{100 * part:.1f} %" for part in parts]
    table: list[tuple[object, ...]] = [header, *zip(words, shares, strict=True)]
    said = ""
    if right is not None:
        counts = [
            (int(np.sum(data["y"] == at)), int(np.sum(right[data["y"] == at])))
            for at in range(len(words))
        ]
        table = [
            (*line, *more)
            for line, more in zip(table, [("rows", "right"), *counts], strict=True)
        ]
        said = f" {int(right.sum()):,} of {len(right):,} rows are right."
    return Picture(
        "Decision boundary",
        f"The class that is decided for, by {' and '.join(data['features'])}; lines "
        f"stand where two classes meet.{said}",
        data,
        table,
        draw_classes,
        (6.0, 4.8),
    )


def _of_numbers(data: dict[str, Any]) -> Picture:
    rows: list[tuple[object, ...]] = [("of", "least", "at", "greatest", "at")]
    for at, word in enumerate(data["names"]):
        surface = data["values"][:, :, at]
        rows.append(
            (
                word,
                float(surface.min()),
                _where(data, int(surface.argmin())),
                float(surface.max()),
                _where(data, int(surface.argmax())),
            )
        )
    panels = min(len(data["names"]), MOST_PANELS)
    return Picture(
        "Predictions over the plane",
        f"What is predicted, by {' and '.join(data['features'])}; lines join places of "
        "one height.",
        data,
        rows,
        draw_numbers,
        (6.0, 4.6) if panels == 1 else (9.6, 3.9 * -(-panels // 2)),
    )


def _where(data: Mapping[str, Any], place: int) -> str:
    down, across = divmod(place, POINTS)
    return f"({data['x_1'][across]:.4g}, {data['x_2'][down]:.4g})"
