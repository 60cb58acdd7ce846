"""What predictions of numbers are off by: residuals, and their picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import ArgumentError, shape_text
from glassprop.frame_columns import frame_words
from glassprop.network import Network
from glassprop.pictures.asked import answers, list_of_words
from glassprop.pictures.contract import Picture
from glassprop.pictures.paper import BLUE, INK, shortened

MOST_DRAWN = 4  # columns that are drawn; the table has all
MOST_POINTS = 600  # of a column that are drawn
BINS = 24


def residuals(
    net: Network,
    X: Any,
    y: Any,
    *,
    names: Sequence[str] | None = None,
    output: int | None = None,
) -> Picture:
    """Show what predictions of numbers are off by: the truth less the prediction.

    Where a network is good, residuals have no pattern: as many above 0 as below,
    whatever is predicted, and as widely spread.

    Parameters
    ----------
    net : Network
        With a loss of numbers.
    X, y : array-like of shape (n, ...)
        The rows and their target.
    names : sequence of str or None
        A word for each number of a row; None for the columns of a data frame `y`, else
        numbers.
    output : int or None
        Which of several outputs, from 0; None for the only one of numbers.

    Returns
    -------
    Picture
        Of shape (n, k), k numbers a row: ``truth``, ``predicted``, and ``residuals``,
        which are ``truth - predicted``. ``names``, a word for each of the k.

    Raises
    ------
    ArgumentError
        If the output is no numbers, or an argument cannot be used.
    ShapeError, DataError
        If the rows or the target cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> layers = [gp.Dense(1, weights=[[[1.0]]], bias=False)]
    >>> net = gp.Network(layers, input_shape=1, loss="mean_squared_error")
    >>> found = gp.pictures.residuals(net, [[1.0], [2.0]], [[1.5], [1.0]])
    >>> found["residuals"].tolist()
    [[0.5], [-1.0]]
    """
    place = "residuals"
    asked = answers(place, net, X, y, output=output, tasks=("numbers",))
    if asked.truth.shape != asked.predicted.shape:
        raise ArgumentError(
            f"{place}: expected predictions like the target, got "
            f"{shape_text(('n', *asked.predicted.shape[1:]))} for a target of "
            f"{shape_text(('n', *asked.truth.shape[1:]))}; loss {asked.loss.name!r} "
            "does not say which number is predicted."
        )
    rows = len(asked.truth)
    truth, predicted = (
        np.asarray(one, np.float64).reshape(rows, -1)
        for one in (asked.truth, asked.predicted)
    )
    words = _words(place, names, y, truth.shape[1])
    left = truth - predicted
    worst = np.abs(left).argmax(axis=0)
    header = ("of", "mean", "std", "rmse", "least", "median", "greatest", "worst row")
    return Picture(
        "Residuals",
        f"What {rows:,} predictions are off by, the truth less the prediction: "
        f"{_spread_text(words, left)}.",
        {"truth": truth, "predicted": predicted, "residuals": left, "names": words},
        [
            header,
            *(
                (
                    word,
                    float(one.mean()),
                    float(one.std()),
                    float(np.sqrt(np.mean(one * one))),
                    float(one.min()),
                    float(np.median(one)),
                    float(one.max()),
                    int(row),
                )
                for word, one, row in zip(words, left.T, worst, strict=True)
            ),
        ],
        _draw,
        (7.0, 0.7 + 2.6 * min(len(words), MOST_DRAWN)),
    )


def _words(place: str, names: Any, y: Any, count: int) -> list[str]:
    if names is None:
        known = frame_words(y) or ()
        if len(known) == count:
            return list(known)
        return ["y"] if count == 1 else [f"y[:, {at}]" for at in range(count)]
    words = list_of_words(place, names)
    if len(words) != count:
        raise ArgumentError(
            f"{place}: names must be {count} words, one for each number of a row, got "
            f"{names!r}."
        )
    return words


def _spread_text(words: Sequence[str], left: NDArray[Any]) -> str:
    """Say how large residuals are, of the number whose are the largest if several."""
    sizes = np.sqrt(np.mean(left * left, axis=0))
    at = int(sizes.argmax())
    of = f" of {words[at]}, the most of {len(words)}," if len(words) > 1 else ""
    return f"a root mean square{of} of {sizes[at]:.4g}, and a mean of " + (
        f"{left[:, at].mean():.3g}"
    )


def _draw(figure: Any, data: Mapping[str, Any]) -> None:
    count = min(len(data["names"]), MOST_DRAWN)
    panels = figure.subplots(
        *(count, 2),
        sharey="row",
        squeeze=False,
        gridspec_kw={"width_ratios": [3, 1]},
    )
    rows = len(data["truth"])
    some = np.linspace(0, rows - 1, min(rows, MOST_POINTS)).astype(int)
    for (points, bars), at in zip(panels, range(count), strict=True):
        left, predicted = data["residuals"][:, at], data["predicted"][:, at]
        points.axhline(0, color=INK, linewidth=1)
        points.plot(
            *(predicted[some], left[some]), "o", color=BLUE, markersize=3.5, alpha=0.6
        )
        word = shortened(data["names"][at], 30)
        points.set(ylabel="truth - prediction", title=word if count > 1 else "")
        bars.axhline(0, color=INK, linewidth=1)
        bars.hist(
            left,
            BINS,
            range=(min(0.0, left.min()), max(0.0, left.max())),  # which is what is seen
            orientation="horizontal",
            color=BLUE,
            edgecolor="white",
        )
        bars.locator_params(axis="x", integer=True)
        if at == count - 1:
            points.set_xlabel(f"predicted {word}" if count == 1 else "predicted")
            bars.set_xlabel("rows")
