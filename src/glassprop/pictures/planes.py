"""Drawings of a plane: regions of classes, and surfaces of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.pictures.paper import (
    COLOURS,
    INK,
    MARKERS,
    luminance,
    on_colour,
    shortened,
)

MOST_ROWS = 400  # that are drawn
MOST_PANELS = 4  # numbers or labels that are drawn
LEVELS = (0, 0.25, 0.5, 0.75, 1)  # of the lead of a class over the next
TINTS = (0.16, 0.28, 0.4, 0.52)  # how much colour each has
HEIGHTS = 12  # that a surface is cut at
MOST_LISTED = len(COLOURS)  # classes beside the picture; more are written into it
LIGHT = 0.6  # the luminance from which on a marker has a dark edge
EDGE = 5  # places at the edge of the plane that names keep away from
LONGEST, LINE = 24, 84  # letters of a class's name, and of a line


def draw_classes(figure: Any, data: Mapping[str, Any]) -> None:
    """Draw which class is decided for where."""
    axes = figure.subplots()
    axes.grid(visible=False)
    scores = data["values"]
    leads = []
    for at in range(scores.shape[2]):
        others = np.delete(scores, at, axis=2).max(axis=2)
        leads.append(scores[:, :, at] - others)
    plane = data["x_1"], data["x_2"]
    for at, lead in enumerate(leads):
        if lead.max() <= 0:
            continue
        levels = (*LEVELS[:-1], 1.001) if data["leads"] else (0, lead.max() * 1.001)
        tints = TINTS if data["leads"] else TINTS[1:2]
        axes.contourf(*plane, lead, levels, colors=[_tint(at, one) for one in tints])
        if lead.min() < 0 and at < len(leads) - 1:  # the last meets only these
            axes.contour(*plane, lead, [0], colors=INK, linewidths=1)
    some = _some_rows(data)
    for at, word in enumerate(data["names"]):
        label = _label(word)
        marker = MARKERS[(at + at // len(COLOURS)) % len(MARKERS)]
        look = {
            "color": COLOURS[at % len(COLOURS)],
            "markeredgecolor": "white" if luminance(_tint(at, 1)) < LIGHT else INK,
            "markersize": 6.5,
            "label": label,
        }
        of = np.array([], int)
        if data["y"] is not None:
            of = some[data["y"][some] == at]
            axes.plot(*data["X"][of].T, marker, **look)
        else:
            axes.plot([], [], "s", **look)
    _finish(axes, data)
    if len(data["names"]) > MOST_LISTED:
        for at, lead in enumerate(leads):
            inner = lead[EDGE:-EDGE, EDGE:-EDGE]
            if inner.max() > 0:
                down, across = np.unravel_index(inner.argmax(), inner.shape)
                place = data["x_1"][across + EDGE], data["x_2"][down + EDGE]
                word = shortened(data["names"][at], 12)
                axes.text(*place, word, weight="bold", ha="center", va="center")
        return
    longest = max(len(_label(one)) for one in data["names"])
    columns = max(1, min(len(data["names"]), LINE // (longest + 8)))
    figure.legend(loc="outside upper left", ncols=columns, handletextpad=0.2)


def _label(word: str) -> str:
    """Call a class by its word, or its number."""
    return shortened(f"class {word}" if word.isdigit() else word, LONGEST)


def _tint(at: int, amount: float) -> tuple[float, ...]:
    """Mix the colour of a class with white."""
    from matplotlib.colors import to_rgb

    colour = to_rgb(COLOURS[at % len(COLOURS)])
    return tuple(1 - amount * (1 - part) for part in colour)


def draw_numbers(figure: Any, data: Mapping[str, Any]) -> None:
    """Draw numbers, or the chances of labels, as surfaces; a panel for each."""
    from matplotlib.ticker import MaxNLocator

    count = min(len(data["names"]), MOST_PANELS)
    across = min(count, 2)
    grid = figure.subplots(-(-count // across), across, squeeze=False).ravel()
    for axes in grid[count:]:
        axes.remove()
    some = _some_rows(data)
    for at, axes in enumerate(grid[:count]):
        axes.grid(visible=False)
        surface = data["values"][:, :, at]
        known = data["y"] is not None and data["y"].shape[1] == len(data["names"])
        truth = data["y"][:, at] if known else None
        seen = surface.ravel() if truth is None else np.append(surface, truth)
        low, high = float(seen.min()), float(seen.max())
        if low == high:
            low, high = low - 1, high + 1
        levels = MaxNLocator(HEIGHTS).tick_values(low, high)
        filled = axes.contourf(
            *(data["x_1"], data["x_2"], surface, levels), cmap="cividis"
        )
        filled.set(edgecolor="white", linewidth=0.5)
        if truth is not None:
            colours = filled.cmap(filled.norm(truth[some]))
            axes.scatter(
                *data["X"][some].T,
                c=colours,
                edgecolors=[on_colour(one) for one in colours],
                linewidths=0.6,
                s=30,
            )
        bar = figure.colorbar(filled, ax=axes)
        bar.outline.set_visible(False)
        bar.set_label(shortened(data["names"][at], 40))
        _finish(axes, data)


def _some_rows(data: Mapping[str, Any]) -> NDArray[np.int64]:
    rows = len(data["X"])
    return np.linspace(0, rows - 1, min(rows, MOST_ROWS)).astype(np.int64)


def _finish(axes: Any, data: Mapping[str, Any]) -> None:
    first, second = (shortened(one, 40) for one in data["features"])
    axes.set(xlabel=first, ylabel=second)
    axes.set_xlim(data["x_1"][0], data["x_1"][-1])
    axes.set_ylim(data["x_2"][0], data["x_2"][-1])
