"""Numbers over epochs and over rows: trainings, and learning curves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import ArgumentError, did_you_mean
from glassprop.history import History
from glassprop.learning_curves import KINDS, LearningCurve
from glassprop.pictures.asked import list_of_words
from glassprop.pictures.contract import Picture
from glassprop.pictures.paper import BLUE, FAINT, ORANGE

VALIDATION = "validation_"
FEW = 20  # epochs that are marked one by one
DECADES = 1.5  # that a number falls through before its axis is a logarithm
ACROSS = 3  # panels side by side, at most; four stand two by two


# A training ---------------------------------------------------------------------------


def history(history: History, names: str | Iterable[str] | None = None) -> Picture:
    """Show a training: losses, metrics and learning rates over the epochs.

    Parameters
    ----------
    history : History
        What `Network.fit` gives.
    names : str, iterable of str or None
        Which of its numbers; None for all, and the learning rates.

    Returns
    -------
    Picture
        ``epochs``, their numbers. ``columns``, a dict from the name of a number to its
        values, one an epoch. ``rates``, the learning rate at the end of each epoch;
        empty where there is none. ``best_epoch``, the epoch whose parameters were
        kept, or None.

    Raises
    ------
    ArgumentError
        If it is no history, or has no epoch or no number of a name.

    Examples
    --------
    >>> import glassprop as gp
    >>> found = gp.History([1, 2], {"loss": [0.5, 0.25]}, rates=[0.01, 0.01])
    >>> print(gp.pictures.history(found).table())
    number         first  last  best  in epoch
    -------------  -----  ----  ----  --------
    loss           0.5    0.25  0.25  2
    learning rate  0.01   0.01
    """
    if not isinstance(history, History):
        raise ArgumentError(
            "history: expected a History, which net.fit(...) gives, got "
            f"{type(history).__name__}."
        )
    if not history.epochs:
        raise ArgumentError(
            "history: expected one epoch at least, got none. A training gives some, "
            "net.fit(X, y, epochs=10)."
        )
    epochs = np.array(history.epochs)
    columns = {name: np.array(history[name]) for name in _asked(history, names)}
    known = names is None and len(history.rates) == len(epochs)
    rates = np.array(history.rates if known else [])
    rows: list[tuple[object, ...]] = [("number", "first", "last", "best", "in epoch")]
    for name, values in columns.items():
        signed = -values if name in history.rising else values
        at = int(np.where(np.isnan(signed), np.inf, signed).argmin())
        rows.append(
            (name, *(float(one) for one in values[[0, -1, at]]), int(epochs[at]))
        )
    if known:
        rows.append(("learning rate", float(rates[0]), float(rates[-1]), "", ""))
    count = len(_panels(columns)) + _changes(rates)
    across = _across(count)
    kept = history.best_epoch
    return Picture(
        "Training",
        f"{', '.join(columns)} over {len(epochs):,} "
        f"epoch{'s' * (len(epochs) != 1)}; stopped: "
        f"{history.stopped}."
        + (f" The parameters of epoch {kept} were kept." if kept else ""),
        {"epochs": epochs, "columns": columns, "rates": rates, "best_epoch": kept},
        rows,
        partial(_draw, rising=frozenset(history.rising)),
        (1.2 + 3.1 * across if across > 1 else 5.4, 0.5 + 2.6 * -(-count // across)),
    )


def _asked(history: History, names: str | Iterable[str] | None) -> list[str]:
    if names is None:
        return list(history)
    asked = list_of_words("history", names)
    for name in asked:
        if name not in history:
            raise ArgumentError(
                f"history: {name!r} is not in the history, which has "
                f"{', '.join(history)}.{did_you_mean(name, history)}"
            )
    if not asked:
        raise ArgumentError(
            "history: expected one name at least, got none. The history has "
            f"{', '.join(history)}; leave names out for all."
        )
    return asked


def _panels(columns: Mapping[str, Any]) -> dict[str, list[str]]:
    """Put each number beside the one of the validation rows; losses come first."""
    found: dict[str, list[str]] = {}
    for name in sorted(columns, key=lambda one: "loss" not in one):
        found.setdefault(name.removeprefix(VALIDATION), []).append(name)
    return found


def _across(count: int) -> int:
    return 2 if count == 4 else min(count, ACROSS)


def _changes(rates: NDArray[Any]) -> bool:
    return bool(rates.size) and bool(np.ptp(rates) > 0)


def _draw(figure: Any, data: Mapping[str, Any], *, rising: frozenset[str]) -> None:
    panels = _panels(data["columns"])
    changing = _changes(data["rates"])
    count = len(panels) + changing
    across = _across(count)
    grid = figure.subplots(-(-count // across), across, squeeze=False).ravel()
    for axes in grid[count:]:
        axes.remove()
    for axes, (title, names) in zip(grid, panels.items(), strict=False):
        for name in names:
            held_out = name.startswith(VALIDATION)
            axes.plot(
                *(data["epochs"], data["columns"][name]),
                color=ORANGE if held_out else BLUE,
                linestyle=(0, (4, 1.5)) if held_out else "-",
                marker=("s" if held_out else "o") if len(data["epochs"]) < FEW else "",
                markersize=3.5,
                label="validation" if held_out else "training",
            )
        if not rising.intersection(names):  # it is near its best that matters there
            _scale(axes, np.concatenate([data["columns"][name] for name in names]))
        _finish(axes, data, title.replace("_", " "))
        axes.legend()
    if changing:
        axes = grid[count - 1]
        axes.step(data["epochs"], data["rates"], where="mid", color=BLUE)
        _finish(axes, data, "learning rate")


def _scale(axes: Any, values: NDArray[Any]) -> None:
    """Take a logarithmic axis where positive numbers go through decades."""
    finite = values[np.isfinite(values)]
    if finite.size and finite.min() > 0:
        wide = np.log10(finite.max()) - np.log10(finite.min()) > DECADES
        axes.set_yscale("log" if wide else "linear")


def _finish(axes: Any, data: Mapping[str, Any], title: str) -> None:
    axes.set(title=title, xlabel="epoch")
    if len(data["epochs"]) == 1:
        axes.set_xticks(data["epochs"])
    elif len(data["epochs"]) < FEW:
        axes.locator_params(axis="x", integer=True)
    if data["best_epoch"] is not None:
        axes.axvline(
            data["best_epoch"], color=FAINT, linestyle=":", label="kept", zorder=1
        )


# Learning curves ----------------------------------------------------------------------


def learning_curve(curve: LearningCurve, name: str = "loss") -> Picture:
    """Show how a score changes with the number of rows to learn from.

    Parameters
    ----------
    curve : LearningCurve
        What `glassprop.learning_curve` gives.
    name : str
        The loss or a metric.

    Returns
    -------
    Picture
        ``sizes``, the rows that were learned from. ``training`` and ``validation``, the
        scores, (sizes, folds). The shades show one standard deviation over the folds.

    Raises
    ------
    ArgumentError
        If it is no learning curve, or has no such score.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> scores = np.array([[0.5, 0.7], [0.2, 0.4]])
    >>> found = gp.LearningCurve([10, 20], {"loss": scores}, {"loss": scores + 1})
    >>> print(gp.pictures.learning_curve(found).table())
    rows  training loss  deviation  validation loss  deviation
    ----  -------------  ---------  ---------------  ---------
    10    0.6            0.141421   1.6              0.141421
    20    0.3            0.141421   1.3              0.141421
    """
    if not isinstance(curve, LearningCurve):
        raise ArgumentError(
            "learning_curve: expected a LearningCurve, which gp.learning_curve(...) "
            f"gives, got {type(curve).__name__}."
        )
    if name not in curve.training:
        raise ArgumentError(
            f"learning_curve: expected one of {', '.join(curve.training)}, got "
            f"{name!r}.{did_you_mean(str(name), curve.training)}"
        )
    scores = dict(
        zip(KINDS, (curve.training[name], curve.validation[name]), strict=True)
    )
    heads = [word for kind in KINDS for word in (f"{kind} {name}", "deviation")]
    rows: list[tuple[object, ...]] = [("rows", *heads)]
    for at, size in enumerate(curve.sizes):
        numbers = (
            float(number)
            for folds in scores.values()
            for number in (folds[at].mean(), folds[at].std(ddof=1))
        )
        rows.append((size, *numbers))
    words = name.replace("_", " ")
    return Picture(
        "Learning curve",
        f"The {words} on rows that were learned from and on others, for "
        f"{min(curve.sizes):,} to {max(curve.sizes):,} rows to learn from.",
        {"sizes": np.array(curve.sizes), **scores},
        rows,
        partial(_draw_scores, name=words),
    )


def _draw_scores(figure: Any, data: Mapping[str, Any], *, name: str) -> None:
    axes = figure.subplots()
    for kind in KINDS:
        held_out = kind != KINDS[0]
        colour = ORANGE if held_out else BLUE
        middle = data[kind].mean(axis=1)
        spread = data[kind].std(axis=1, ddof=1)
        axes.plot(
            *(data["sizes"], middle),
            color=colour,
            linestyle=(0, (4, 1.5)) if held_out else "-",
            marker="s" if held_out else "o",
            markersize=3.5,
            label=kind,
        )
        axes.fill_between(
            data["sizes"], middle - spread, middle + spread, color=colour, alpha=0.15
        )
    axes.set(title=name, xlabel="rows to learn from")
    axes.legend()
