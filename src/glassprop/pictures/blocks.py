"""A network as blocks: each layer with its kind, shape and parameters; and wires."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from glassprop.layers.contract import rows_text
from glassprop.pictures.contract import Picture
from glassprop.pictures.layouts import Layout, laid_out
from glassprop.pictures.paper import BLUE, FAINT, INK, shortened
from glassprop.pictures.wiring import Block, wiring
from glassprop.structure import Structure
from glassprop.summary import layer_text

HEIGHT, STEP = 0.66, 1.0  # of a block, and from one to the next, in inches
MARGIN = 0.15
LETTER = 0.088  # how wide a letter is, at most
LONGEST = 38  # letters of a line


def block_picture(structure: Structure, title: str, description: str) -> Picture:
    """Show a network as blocks.

    Parameters
    ----------
    structure : Structure
        The network's.
    title, description : str
        What it is.
    """
    wired = wiring(structure)
    blocks = [_told(one) for one in wired.blocks]
    names = [name for name, *_ in blocks]
    fed = [
        ", ".join(names[start] for start, end in wired.wires if end == at)
        for at in range(len(blocks))
    ]
    rows = [
        (name, kind, shape, f"{count:,}", by)
        for (name, kind, shape, count), by in zip(blocks, fed, strict=True)
    ]
    data = {"blocks": blocks, "wires": list(wired.wires)}
    layout, width = _measured(data)
    return Picture(
        title,
        description,
        data,
        [("block", "kind", "gives", "parameters", "fed by"), *rows],
        _draw,
        (
            (layout.right - layout.left) * width + 2 * MARGIN,
            (layout.ranks - 1) * STEP + HEIGHT + 2 * MARGIN,
        ),
    )


def _told(block: Block) -> tuple[str, str, str, int]:
    """Give a block's name, kind, shape and number of parameters."""
    place = block.place
    if place is None:
        return block.name, block.role, rows_text(block.shape), 0
    kind = layer_text(replace(place, inside=()))
    owned = sum(math.prod(one.shape) for one in place.parameters.values())
    return block.name, kind, rows_text(block.shape), owned


def _measured(data: Mapping[str, Any]) -> tuple[Layout, float]:
    """Give where blocks stand, and how wide one is in inches."""
    blocks = data["blocks"]
    longest = max(len(line) for one in blocks for line in _lines(one))
    layout = laid_out(len(blocks), data["wires"])
    return layout, max(1.5, LETTER * longest + 0.2)


def _lines(block: tuple[str, str, str, int]) -> tuple[str, str, str]:
    name, kind, shape, count = block
    owned = f" · {count:,} parameter{'s' * (count != 1)}" if count else ""
    return (
        shortened(name, LONGEST),
        shortened(kind, LONGEST),
        shortened(f"{shape}{owned}", LONGEST),
    )


def _draw(figure: Any, data: Mapping[str, Any]) -> None:
    from matplotlib.patches import FancyBboxPatch, PathPatch
    from matplotlib.path import Path

    layout, width = _measured(data)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(layout.left * width - MARGIN, layout.right * width + MARGIN)
    bottom = (layout.ranks - 1) * STEP + HEIGHT / 2 + MARGIN
    axes.set_ylim(bottom, -HEIGHT / 2 - MARGIN)
    for way in layout.ways:
        points = _way(way, width)
        codes = [Path.MOVETO, *(Path.CURVE4 for _ in points[1:])]
        axes.add_patch(
            PathPatch(Path(points, codes), fill=False, edgecolor=FAINT, linewidth=1.4)
        )
        axes.annotate(
            *("", points[-1]),
            xytext=(points[-1][0], points[-1][1] - 0.02),
            arrowprops={"arrowstyle": "-|>", "color": FAINT, "mutation_scale": 11},
        )
    for (x, y), block in zip(layout.places, data["blocks"], strict=True):
        left, top = x * width - width / 2, y * STEP - HEIGHT / 2
        axes.add_patch(
            FancyBboxPatch(
                (left + 0.04, top + 0.04),
                *(width - 0.08, HEIGHT - 0.08),
                boxstyle="round,pad=0.04",
                facecolor="#e2eff8" if block[3] else "#f5f5f5",
                edgecolor=BLUE if block[3] else FAINT,
            )
        )
        name, kind, shape = _lines(block)
        middle = x * width
        style = {"ha": "center", "va": "center", "color": INK}
        axes.text(middle, top + 0.15, name, weight="bold", size=9, **style)
        axes.text(middle, top + 0.33, kind, size=8.5, **style)
        axes.text(middle, top + 0.51, shape, size=8.5, **style)


def _way(way: tuple[tuple[float, float], ...], width: float) -> list[Any]:
    """Give the points of a smooth curve, from below a block to above the other.

    In a lane it goes straight down beside the blocks.
    """
    half = HEIGHT / 2
    (first, top), (last, low) = way[0], way[-1]
    stops = [(first * width, top * STEP + half)]
    for x, rank in way[1:-1]:
        stops += [(x * width, rank * STEP - half), (x * width, rank * STEP + half)]
    stops.append((last * width, low * STEP - half))
    points = [stops[0]]
    for (x, y), (to, end) in zip(stops, stops[1:], strict=False):
        middle = (y + end) / 2
        points += [(x, middle), (to, middle), (to, end)]
    return points
