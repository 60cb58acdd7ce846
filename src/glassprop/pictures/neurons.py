"""A small network as neurons, and a line for each weight."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.number_texts import number_text
from glassprop.pictures.contract import Picture
from glassprop.pictures.matrices import Matrix, matrix_of
from glassprop.pictures.paper import BLUE, FAINT, INK, ORANGE, shortened
from glassprop.structure import Structure
from glassprop.summary import layer_text

MOST_UNITS = 12  # of a layer, and
MOST_WEIGHTS = 250  # in all, that are drawn unless more is asked for
MOST_WRITTEN = 24  # weights whose numbers are written to their lines
NEAR, FAR, ACROSS = 0.46, 0.92, 2.1  # from unit to unit and layer to layer, in inches
RADIUS = 0.19
LEAST_WIDTH, MORE_WIDTH = 0.4, 3.4  # of a line, in points
LEAST_ROOM = 5.4  # for the words above, in inches
LETTERS, BOLD_LETTERS = 26, 18  # that there is room for below a column
INSIDE, LETTERS_INSIDE = 6.5, 6  # the size of a bias, and letters of that size
LINE = 0.17  # from one line of text to the next


@dataclass(frozen=True)
class Column:
    """Units that stand below one another.

    Parameters
    ----------
    name : str
        ``x``, or the layer's.
    units : int
        How many.
    texts : tuple of str
        The layer, and those behind it that change each value for itself.
    matrix : Matrix or None
        What comes in; None for the inputs.
    """

    name: str
    units: int
    texts: tuple[str, ...]
    matrix: Matrix | None


def columns_of(structure: Structure) -> list[Column] | None:
    """Find the columns of units; None for a network that is no row of matrices.

    Parameters
    ----------
    structure : Structure
        The network's. A layer that neither is a matrix nor changes the number of values
        stands with the column that it follows.
    """
    first = structure.input_shape
    if len(first) != 1 or not isinstance(first[0], int):
        return None
    columns = [Column("x", first[0], ("input",), None)]
    for place in structure.places:
        matrix = matrix_of(place)
        text = layer_text(place)
        if matrix is not None:
            columns.append(Column(place.name, matrix.units, (text,), matrix))
        elif place.inside or place.output_shape != (columns[-1].units,):
            return None
        else:
            last = columns[-1]
            columns[-1] = replace(last, texts=(*last.texts, text))
    return columns if len(columns) > 1 else None


def is_small(columns: Sequence[Column]) -> bool:
    """Tell whether units and weights are so few that they can be drawn one by one."""
    weights = sum(one.matrix.inputs * one.units for one in columns if one.matrix)
    return max(one.units for one in columns) <= MOST_UNITS and weights <= MOST_WEIGHTS


def neuron_picture(
    columns: Sequence[Column],
    values: Mapping[str, NDArray[Any]],
    title: str,
    description: str,
) -> Picture:
    """Show each unit and each weight.

    Parameters
    ----------
    columns : sequence of Column
        From `columns_of`.
    values : mapping from str to array
        The network's parameters.
    title, description : str
        What it is.
    """
    weights, biases = {}, {}
    rows: list[tuple[object, ...]] = [("from", "to", "weight")]
    for before, here in zip(columns, columns[1:], strict=False):
        assert here.matrix is not None
        weight = np.array(values[here.matrix.weight], np.float64)
        weights[here.name] = weight
        for (start, end), one in np.ndenumerate(weight):
            rows.append((f"{before.name}[{start}]", f"{here.name}[{end}]", float(one)))
        if here.matrix.bias is not None:
            biases[here.name] = np.array(values[here.matrix.bias], np.float64)
            rows += [
                ("bias", f"{here.name}[{end}]", float(one))
                for end, one in enumerate(biases[here.name])
            ]
    data: dict[str, Any] = {
        "layers": [one.name for one in columns],
        "units": [one.units for one in columns],
        "texts": [one.texts for one in columns],
        "weights": weights,
        "biases": biases,
    }
    height = _spacing(data) * (max(one.units for one in columns) - 1)
    lines = max(len(one.texts) for one in columns)
    width = max(ACROSS * (len(columns) - 1) + 1.7, LEAST_ROOM)
    size = (width, height + 1.4 + LINE * lines)
    return Picture(title, description, data, rows, _draw, size)


def _written(data: Mapping[str, Any]) -> bool:
    """Tell whether there is room for the numbers of the weights."""
    return bool(sum(one.size for one in data["weights"].values()) <= MOST_WRITTEN)


def _spacing(data: Mapping[str, Any]) -> float:
    return FAR if _written(data) else NEAR


def _draw(figure: Any, data: Mapping[str, Any]) -> None:
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D
    from matplotlib.patches import Circle

    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    width, height = figure.get_size_inches()
    left = (ACROSS * (len(data["units"]) - 1) - width) / 2
    axes.set_xlim(left, left + width)
    spacing = _spacing(data)
    half = spacing * (max(data["units"]) - 1) / 2
    top = half + 0.75
    axes.set_ylim(top - height, top)
    places = [
        [(ACROSS * at, spacing * ((units - 1) / 2 - one)) for one in range(units)]
        for at, units in enumerate(data["units"])
    ]
    most = max(float(np.abs(one).max()) for one in data["weights"].values()) or 1.0
    for at, name in enumerate(data["layers"][1:]):
        weight = data["weights"][name]
        pairs = [
            (places[at][start], places[at + 1][end])
            for start, end in np.ndindex(weight.shape)
        ]
        sizes = weight.ravel()
        for sign, colour, dashes in ((1, BLUE, "solid"), (-1, ORANGE, (0, (4, 1.6)))):
            chosen = np.flatnonzero(sizes * sign > 0)
            axes.add_collection(
                LineCollection(
                    [pairs[one] for one in chosen],
                    colors=colour,
                    linestyles=[dashes],
                    linewidths=LEAST_WIDTH + MORE_WIDTH * np.abs(sizes[chosen]) / most,
                    zorder=1,
                ),
                autolim=False,
            )
        if _written(data):
            for (start, end), one in zip(pairs, sizes, strict=True):
                _write_weight(axes, start, end, one)
    for at, column in enumerate(places):
        name = data["layers"][at]
        bias = data["biases"].get(name)
        for unit, place in enumerate(column):
            axes.add_patch(
                Circle(place, RADIUS, facecolor="white", edgecolor=INK, zorder=2)
            )
            if at == 0:
                axes.text(*place, f"x{unit}", size=8, ha="center", va="center")
            elif bias is not None:
                text = _short(bias[unit])
                size = INSIDE * min(1.0, LETTERS_INSIDE / len(text))
                axes.text(*place, text, size=size, ha="center", va="center")
        for line, text in enumerate((name, *data["texts"][at])):
            axes.text(
                *(ACROSS * at, -half - 0.5 - LINE * line),
                shortened(text, LETTERS if line else BOLD_LETTERS),
                size=8 if line else 9,
                weight="normal" if line else "bold",
                ha="center",
            )
    lines = [
        Line2D([], [], color=BLUE, linewidth=2),
        Line2D([], [], color=ORANGE, linewidth=2, linestyle=(0, (3, 1.2))),
    ]
    words = ["weight above 0", "below 0"]
    if data["biases"]:
        lines.append(
            Line2D([], [], linestyle="", marker="o", color="white", markeredgecolor=INK)
        )
        words.append("bias inside")
    legend = axes.legend(
        *(lines, words), loc="upper left", ncols=3, fontsize=8, columnspacing=1.2
    )
    legend.set_in_layout(False)
    axes.text(
        *(left + width - 0.1, top - 0.1),
        f"widest: {number_text(most, 3)} in size",
        size=8,
        color=FAINT,
        ha="right",
        va="top",
    )


def _short(value: float) -> str:
    """Write a number where there is little room: ``-1.2e5``, and no ``-1.2e+05``."""
    return re.sub(r"e\+?(-?)0*", r"e\1", number_text(value, 2))


def _write_weight(axes: Any, start: Any, end: Any, value: float) -> None:
    """Write a weight to its line, nearer to where it begins, where lines are apart."""
    part = 0.2
    at = [(1 - part) * a + part * b for a, b in zip(start, end, strict=True)]
    axes.text(
        *at,
        _short(value),
        size=7,
        ha="center",
        va="center",
        color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
        zorder=3,
    )
