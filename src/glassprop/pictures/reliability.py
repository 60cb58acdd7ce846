"""Whether chances are right: what has 70 % should come true in 70 % of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import ArgumentError
from glassprop.metrics import Task
from glassprop.metrics.checks import check_whole
from glassprop.network import Network
from glassprop.pictures.asked import answers, class_chances, class_words
from glassprop.pictures.contract import Picture
from glassprop.pictures.paper import BLUE, COLOURS, FAINT, MARKERS

TASKS: tuple[Task, ...] = ("two classes", "many classes", "several labels")
Z = 1.959963984540054  # 95 % of a normal distribution are so near to its mean
MOST_CURVES = 6  # that are drawn


def calibration(
    net: Network,
    X: Any,
    y: Any,
    *,
    bins: int = 10,
    names: Sequence[str] | None = None,
    output: int | None = None,
) -> Picture:
    """Show how often that happens which is foretold with some chance.

    Rows are put into bins of equal width by a chance; each bin's mean chance stands
    beside the share of its rows where it came true. With two classes it is the chance
    of class 1, with several labels that of each; with more classes the confidence, the
    chance of the class that is decided for, beside the share that is right (Guo et al.
    2017, "On calibration of modern neural networks", section 2).

    Parameters
    ----------
    net : Network
        With a loss that defines probabilities.
    X, y : array-like of shape (n, ...)
        The rows and their target.
    bins : int
        How many there are from 0 to 1, each with its upper end.
    names : sequence of str or None
        A word for each class or label, in order; None for their numbers.
    output : int or None
        Which of several outputs, from 0; None for the only one with classes.

    Returns
    -------
    Picture
        ``of``, a word for each curve. Of shape (curves, bins): ``chance``, the mean
        chance; ``share``, how often it came true; ``low`` and ``high``, the ends of
        the 95 % interval of the share; ``rows``, how many. NaN in bins without rows.

    Raises
    ------
    ArgumentError
        If the loss defines no probabilities, or an argument cannot be used.
    DataError, ShapeError
        If the rows or the target cannot be used.

    Notes
    -----
    The interval is Wilson's (1927, "Probable inference, the law of succession, and
    statistical inference"): of k in n rows it is ``(k + z**2 / 2) / (n + z**2)`` plus
    and minus ``z * sqrt(k * (n - k) / n + z**2 / 4) / (n + z**2)``, with z = 1.96.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> layers = [gp.Dense(1, weights=[[[1.0]]], bias=False)]
    >>> net = gp.Network(layers, input_shape=1, loss="binary_cross_entropy")
    >>> X = np.log([[3.0], [3.0], [3.0], [3.0]])  # a chance of 3 / 4
    >>> found = gp.pictures.calibration(net, X, [[1], [1], [0], [0]], bins=2)
    >>> found["chance"].round(2).tolist(), found["share"].tolist()
    ([[nan, 0.75]], [[nan, 0.5]])
    """
    place = "calibration"
    check_whole(place, "bins", bins, "Ten are usual.")
    asked = answers(place, net, X, y, output=output, tasks=TASKS)
    if asked.loss.probabilities is None:
        raise ArgumentError(
            f"{place} needs a loss that defines probabilities, the network has "
            f"{asked.loss.name!r}. Use loss='cross_entropy' or "
            "'binary_cross_entropy'."
        )
    if asked.task == "several labels":
        chances, happened = asked.chances, asked.truth > 0.5
        known = class_words(place, names, chances.shape[1])
        of = known if names is not None else [f"label {one}" for one in known]
    else:
        each = class_chances(asked.chances)
        words = class_words(place, names, each.shape[1])
        if each.shape[1] == 2:
            chances, happened = each[:, 1:], asked.truth[:, None] == 1
            of = [words[1] if names is not None else "class 1"]
        else:
            chances = each.max(axis=1, keepdims=True)
            happened = asked.truth[:, None] == each.argmax(axis=1)[:, None]
            of = ["the decision"]
    numbers = np.asarray(chances, np.float64)
    curves = [_binned(*pair, bins) for pair in zip(numbers.T, happened.T, strict=True)]
    data = {key: np.stack([one[key] for one in curves]) for key in curves[0]}
    gaps = data["rows"] * np.abs(data["chance"] - data["share"])
    errors = np.nansum(gaps, axis=1) / data["rows"].sum(axis=1)
    return Picture(
        "Calibration",
        f"How often it came true, by the chance that was foretold, on {len(numbers):,} "
        f"rows: {_named_errors(of, errors)} A chance that is right lies on the "
        "diagonal.",
        {"of": of, **data},
        _rows(of, data, bins),
        _draw,
        (5.0, 5.4),
    )


def _named_errors(of: Sequence[str], errors: NDArray[Any]) -> str:
    """Say how far chances are off, on average over rows."""
    if len(of) == 1:
        return f"off by {errors[0]:.3f} on average."
    worst = int(errors.argmax())
    return f"off by {errors[worst]:.3f} on average for {of[worst]}, less for others."


def _binned(
    chances: NDArray[Any], happened: NDArray[Any], bins: int
) -> dict[str, NDArray[Any]]:
    """Give the means, counts and intervals of each bin."""
    at = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], chances)
    rows = np.bincount(at, minlength=bins)
    hits = np.bincount(at, happened, minlength=bins)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (hits + Z**2 / 2) / (rows + Z**2)
        spread = np.sqrt(hits * (rows - hits) / rows + Z**2 / 4) / (rows + Z**2) * Z
        return {
            "chance": np.bincount(at, chances, minlength=bins) / rows,
            "share": hits / rows,
            "low": middle - spread,
            "high": middle + spread,
            "rows": rows,
        }


def _rows(
    of: Sequence[str], data: Mapping[str, Any], bins: int
) -> list[tuple[object, ...]]:
    edges = np.linspace(0, 1, bins + 1)
    lines: list[tuple[object, ...]] = [
        ("of", "chances", "rows", "mean chance", "came true", "95 % interval")
    ]
    for curve, word in enumerate(of):
        for at in range(bins):
            one = {key: data[key][curve, at] for key in data}
            if not one["rows"]:
                continue
            lines.append(
                (
                    word,
                    f"{edges[at]:.3g} to {edges[at + 1]:.3g}",
                    f"{one['rows']:,}",
                    f"{one['chance']:.3f}",
                    f"{one['share']:.3f}",
                    f"{one['low']:.3f} to {one['high']:.3f}",
                )
            )
    return lines


def _draw(figure: Any, data: Mapping[str, Any]) -> None:
    upper, lower = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": [4, 1]}
    )
    upper.plot([0, 1], [0, 1], color=FAINT, linestyle=(0, (4, 2)), label="right")
    bins = data["rows"].shape[1]
    edges = np.linspace(0, 1, bins + 1)
    for at, word in enumerate(data["of"][:MOST_CURVES]):
        one = {key: data[key][at] for key in data if key != "of"}
        seen = one["rows"] > 0
        x, share = one["chance"][seen], one["share"][seen]
        below, above = share - one["low"][seen], one["high"][seen] - share
        upper.errorbar(
            *(x, share),
            yerr=np.clip([below, above], 0, None),
            color=COLOURS[at],
            marker=MARKERS[at],
            elinewidth=1.2,
            capsize=2,
            label=word,
        )
    upper.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="share that came true")
    longest = max(len(word) for word in data["of"])
    columns = max(1, min(1 + len(data["of"]), 60 // (longest + 8)))
    figure.legend(loc="outside upper left", ncols=columns)
    rows = data["rows"][:MOST_CURVES].sum(axis=0)
    lower.bar(edges[:-1], rows, 1 / bins, align="edge", color=BLUE, edgecolor="white")
    lower.set(xlabel="chance that was foretold", ylabel="rows")
    lower.locator_params(axis="y", nbins=3)
    upper.label_outer()
