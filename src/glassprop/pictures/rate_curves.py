"""What a range test found: the loss by learning rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassprop.diagnosis.rates import RateSearch
from glassprop.errors import ArgumentError
from glassprop.pictures.contract import Picture
from glassprop.pictures.paper import BLUE, FAINT, ORANGE


def learning_rates(search: RateSearch) -> Picture:
    """Show a range test: the loss by learning rate, and what was tried.

    Parameters
    ----------
    search : RateSearch
        What `Network.find_learning_rate` gives.

    Returns
    -------
    Picture
        ``rates``, ``losses`` and ``smoothed``, one a step. ``tried``, a dict from the
        rates that were tried to their losses at the end. ``suggestion``, the rate to
        begin with; NaN where the loss falls at none.

    Raises
    ------
    ArgumentError
        If it is no range test.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> net = gp.Network([gp.Dense(1)], loss="mean_squared_error")
    >>> X = np.random.default_rng(0).standard_normal((64, 3))
    >>> found = net.find_learning_rate(X, X[:, :1], optimizer=gp.SGD())
    >>> gp.pictures.learning_rates(found).table().splitlines()[0].split()
    ['learning', 'rate', 'loss', 'what', 'it', 'is']
    """
    if not isinstance(search, RateSearch):
        raise ArgumentError(
            "learning_rates: expected a RateSearch, which net.find_learning_rate(X, y) "
            f"gives, got {type(search).__name__}."
        )
    rows: list[tuple[object, ...]] = [("learning rate", "loss", "what it is")]
    marks = {"the loss begins to fall": search.falling} if search.falls else {}
    marks |= {"it falls fastest": search.steepest} if search.falls else {}
    marks["the test ends"] = float(search.rates[-1])
    for words, rate in marks.items():
        at = int(np.argmin(np.abs(search.rates - rate)))
        rows.append((rate, float(search.smoothed[at]), words))
    for rate, loss in search.tried.items():
        chosen = "tried, and suggested" if rate == search.suggestion else "tried"
        rows.append((rate, loss, chosen))
    return Picture(
        "Learning rates",
        f"The loss of a range test: {search}.",
        {
            "rates": search.rates,
            "losses": search.losses,
            "smoothed": search.smoothed,
            "tried": dict(search.tried),
            "suggestion": search.suggestion,
        },
        rows,
        _draw,
    )


def _draw(figure: Any, data: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    axes.plot(data["rates"], data["losses"], color=FAINT, label="a step", linewidth=0.8)
    axes.plot(data["rates"], data["smoothed"], color=BLUE, label="running mean")
    tried = {rate: one for rate, one in data["tried"].items() if np.isfinite(one)}
    if tried:
        axes.plot([*tried], [*tried.values()], "s", color=ORANGE, label="tried")
    if np.isfinite(data["suggestion"]):
        axes.axvline(
            data["suggestion"], color=ORANGE, linestyle=(0, (4, 1.5)), label="suggested"
        )
    shown = data["smoothed"][np.isfinite(data["smoothed"])]
    room = 0.08 * float(np.ptp(shown)) or 1.0
    low = min(float(shown.min()), *tried.values()) if tried else float(shown.min())
    axes.set(
        xscale="log",
        xlabel="learning rate",
        ylabel="loss",
        ylim=(low - room, float(shown.max()) + room),
    )
    axes.legend()
