"""Which classes are taken for which: counts, and their picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassprop import metrics
from glassprop.metrics import Task
from glassprop.network import Network
from glassprop.pictures.asked import answers, class_words
from glassprop.pictures.contract import Picture
from glassprop.pictures.paper import AMOUNT, colour_map, on_colour, shortened

TASKS: tuple[Task, ...] = ("two classes", "many classes")
MOST_WRITTEN = 16  # classes whose counts are written into the picture
MOST_NAMED = 40  # classes whose names are written beside it
LONGEST_NAME = 18


def confusion_matrix(
    net: Network,
    X: Any,
    y: Any,
    *,
    names: Sequence[str] | None = None,
    output: int | None = None,
) -> Picture:
    r"""Show which classes are taken for which.

    Parameters
    ----------
    net : Network
        With a loss of classes, of which each row has one.
    X, y : array-like of shape (n, ...)
        The rows and their target.
    names : sequence of str or None
        A word for each class, in order; None for their numbers.
    output : int or None
        Which of several outputs, from 0; None for the only one of classes.

    Returns
    -------
    Picture
        ``counts``, integers of shape (K, K): rows of each true class (down) and each
        predicted class (across). ``shares``, the same divided by the rows of the true
        class, NaN for a class that no row has. ``names``, the words.

    Raises
    ------
    ArgumentError
        If the outputs are no classes, or there is not a name for each.
    DataError, ShapeError
        If the rows or the target cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> layers = [gp.Dense(2, weights=[[[1.0, -1.0]]], bias=False)]
    >>> net = gp.Network(layers, input_shape=1, loss="cross_entropy")
    >>> X = np.array([[2.0], [1.0], [-3.0]])
    >>> found = gp.pictures.confusion_matrix(net, X, [0, 1, 1], names=["up", "down"])
    >>> found["counts"].tolist()
    [[1, 0], [1, 1]]
    >>> print(found.table())
    true \ predicted  up  down  right
    ----------------  --  ----  -----
    up                1   0     100 %
    down              1   1     50 %
    """
    place = "confusion_matrix"
    asked = answers(place, net, X, y, output=output, tasks=TASKS)
    words = class_words(place, names, max(2, asked.output.shape[1]))
    counts = metrics.confusion_matrix(asked.truth, asked.predicted, len(words))
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.full(counts.shape, np.nan)
    np.divide(counts, totals, out=shares, where=totals > 0)
    right, every = int(np.trace(counts)), int(counts.sum())
    return Picture(
        "Confusion matrix",
        f"{right:,} of {every:,} rows are right, {100 * right / every:.1f} %. Each row "
        "of the matrix is a true class, each column a predicted one.",
        {"counts": counts, "shares": shares, "names": words},
        [
            ("true \\ predicted", *words, "right"),
            *(
                (word, *(f"{one:,}" for one in counts[at]), _percent(shares[at, at]))
                for at, word in enumerate(words)
            ),
        ],
        _draw,
        _size(words),
    )


def _percent(share: float) -> str:
    return "-" if np.isnan(share) else f"{100 * share:.3g} %"


def _size(words: Sequence[str]) -> tuple[float, float]:
    cell = 0.62 if len(words) <= MOST_WRITTEN else 0.2
    longest = 0.085 * min(LONGEST_NAME, max(map(len, words)))
    side = min(max(2.2, cell * len(words)), 11.0)
    return side + longest + 1.6, side + longest + 0.9


def _draw(figure: Any, data: Mapping[str, Any]) -> None:
    counts, shares = data["counts"], data["shares"]
    axes = figure.subplots()
    axes.grid(visible=False)
    colours = colour_map(AMOUNT).with_extremes(bad="#e4e4e4")
    image = axes.imshow(shares, colours, vmin=0, vmax=1, interpolation="none")
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.spines[:].set_visible(False)
    places = np.arange(len(counts))
    if len(counts) <= MOST_NAMED:
        words = [shortened(one, LONGEST_NAME) for one in data["names"]]
        turned = 90 if len(words) * max(map(len, words)) > 70 else 0
        axes.set_xticks(places, words, rotation=turned)
        axes.set_yticks(places, words)
        axes.tick_params(length=0)
    if len(counts) <= MOST_WRITTEN:
        # White lines part the cells.
        axes.set_xticks(places[1:] - 0.5, minor=True)
        axes.set_yticks(places[1:] - 0.5, minor=True)
        axes.grid(which="minor", color="#ffffff", linewidth=2)
        axes.tick_params(which="minor", length=0)
        for (down, across), count in np.ndenumerate(counts):
            ground = image.cmap(image.norm(shares[down, across]))
            weight = "bold" if down == across else "normal"
            axes.text(
                *(across, down, f"{count:,}"),
                ha="center",
                va="center",
                color=on_colour(ground),
                weight=weight,
                size="medium" if counts.max() < 10_000 else "small",
            )
    bar = figure.colorbar(image, ax=axes, shrink=0.8)
    bar.set_label("share of the true class")
    bar.outline.set_visible(False)
