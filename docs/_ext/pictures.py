"""Pictures of activations and schedules, as SVG that takes its colours from the page.

Takes a row of a registry. Gives the curves as numbers, and a picture of them as text
that stands inside an HTML page. Slopes are gradients that glassprop derives; none is
written down here. The same numbers give the same text, byte by byte.

Colours are those of the page: text and axes have the colour of its text, and curves
what the variables ``--picture-first`` and ``--picture-second`` say, so one picture
serves light and dark pages.
"""

from __future__ import annotations

import ast
import doctest
import inspect
import io
import re
import sys
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

import glassprop as gp
from glassprop.schedules.contract import after, watched_by

Numbers = NDArray[np.float64]

WIDEST = 7.0  # an activation is drawn from minus this to this
POINTS = 1401  # of a curve, odd so that 0 is among them
JUMP = 0.05  # of a curve's height; more from one point to the next is drawn as a gap
EPOCHS = 10.0  # of a schedule whose example does not say
STEPS_PER_EPOCH = 200
# What a schedule that looks at a number is shown: it falls, stays, falls and stays.
COSTS = np.interp(np.arange(1, 21), [1, 5, 10, 15, 20], [1.1, 0.7, 0.7, 0.3, 0.3])

# Colours that Matplotlib writes, and what the page is to put in their places.
COLOURS = {
    "#010101": "currentColor",
    "#020202": "var(--color-background-border)",
    "#030303": "var(--picture-first)",
    "#040404": "var(--picture-second)",
}
TEXT, GRID, FIRST, SECOND = COLOURS
SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"


def can_be_drawn(record: Any) -> bool:
    """Say whether a row of a registry is a function, or makes one."""
    return not inspect.isclass(record) or "__call__" in dir(record)


# Activations --------------------------------------------------------------------------


@dataclass(frozen=True)
class Curves:
    """An activation and its slope.

    Parameters
    ----------
    z, value, slope : array of shape (points,)
        The input, what the activation gives, and its derivative.
    alone : bool
        False where the activation mixes the values of a row. Then each z stands in a
        row with a 0, and value and slope are those of the first of the two.
    """

    z: Numbers
    value: Numbers
    slope: Numbers
    alone: bool


def activation_curves(function: Callable[[Any], Any]) -> Curves:
    """Calculate an activation and its slope.

    Parameters
    ----------
    function : callable
        The activation, a function of an array of shape (n, k).

    Returns
    -------
    Curves
        The curves.
    """
    z = np.linspace(-WIDEST, WIDEST, POINTS)
    rows = np.stack([z, np.zeros_like(z)], axis=1)
    alone = bool(np.array_equal(function(rows)[:, :1], function(rows[:, :1])))
    slopes = gp.gradient(lambda rows: np.sum(function(rows)[:, 0]))(rows)
    return Curves(z, function(rows)[:, 0], slopes[:, 0], alone)


def with_gaps(x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
    """Put a NaN into a curve wherever it jumps, so that no line is drawn there."""
    behind = np.flatnonzero(np.abs(np.diff(y)) > JUMP * np.ptp(y)) + 1
    return np.insert(x, behind, np.nan), np.insert(y, behind, np.nan)


def activation_picture(key: str, function: Callable[[Any], Any]) -> str:
    """Draw an activation and its slope.

    Parameters
    ----------
    key : str
        Its name, which is also the legend.
    function : callable
        The activation.

    Returns
    -------
    str
        An ``svg`` element.
    """
    curves = activation_curves(function)
    argument = "z" if curves.alone else "(z, 0)"

    def draw(axes: Axes) -> None:
        axes.axhline(0, color=TEXT, linewidth=0.6)
        axes.axvline(0, color=TEXT, linewidth=0.6)
        value = with_gaps(curves.z, curves.value)
        axes.plot(*value, color=FIRST, label=f"{key}({argument})")
        slope = with_gaps(curves.z, curves.slope)
        axes.plot(*slope, color=SECOND, linestyle=(0, (4, 2)), label="slope")
        axes.set_xlim(-WIDEST, WIDEST)
        axes.set_xlabel("z")

    return as_svg(draw, f"{key} and its slope, for z from -{WIDEST:g} to {WIDEST:g}")


# Schedules ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Example:
    """A schedule to draw.

    Parameters
    ----------
    schedule : callable
        ``schedule(steps, steps_per_epoch)`` gives the factors.
    call : str
        How it was made, as code.
    epochs : float
        How long it is drawn.
    """

    schedule: Callable[[Any, int], Any]
    call: str
    epochs: float


def schedule_example(kind: type[Any]) -> Example:
    """Find options for a schedule: those of the first example in its docstring.

    Parameters
    ----------
    kind : type
        The schedule's class.

    Returns
    -------
    Example
        The record that the example makes, drawn for as many epochs as the example
        does; else the record without options.

    Raises
    ------
    LookupError
        If options are needed and no example shows any.
    """
    names = {**vars(sys.modules[kind.__module__]), "np": np, "gp": gp}
    for part in doctest.DocTestParser().get_examples(inspect.getdoc(kind) or ""):
        tree = ast.parse(part.source)
        calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
        made = [one for one in calls if last_name(one.func) == kind.__name__]
        if made:
            used = [one for one in calls if one.func is made[0]]
            epochs = evaluated(used[0], names, spanned) if used else EPOCHS
            schedule = evaluated(made[0], names)
            return Example(schedule, ast.unparse(made[0]), epochs)
        exec(part.source, names)
    needed = [
        one.name
        for one in (fields(kind) if is_dataclass(kind) else ())
        if one.default is MISSING and one.default_factory is MISSING
    ]
    if needed:
        raise LookupError(
            f"{kind.__name__} cannot be drawn: it needs {' and '.join(needed)}, and "
            f"its docstring shows no call of {kind.__name__}(...). Add an example "
            f"such as\n>>> {kind.__name__}({needed[0]}=3)(np.arange(6), "
            f"steps_per_epoch=1)"
        )
    return Example(kind(), f"{kind.__name__}()", EPOCHS)


def last_name(function: ast.expr) -> str:
    """Give the name of what is called, without the module before it."""
    return getattr(function, "attr", getattr(function, "id", ""))


def evaluated(
    call: ast.Call, names: dict[str, Any], function: Callable[..., Any] | None = None
) -> Any:
    """Evaluate a call as it stands, or with another function in its place."""
    if function is None:
        return eval(ast.unparse(call), names)
    given = ast.Call(ast.Name("_function"), call.args, call.keywords)
    return eval(ast.unparse(given), {**names, "_function": function})


def spanned(steps: Any, steps_per_epoch: int) -> float:
    """Give the epochs that steps, counted from 0, reach to the end of."""
    return float((np.max(steps) + 1) / steps_per_epoch)


@dataclass(frozen=True)
class Path:
    """What a schedule does to the learning rate.

    Parameters
    ----------
    epochs, factors : array of shape (points,)
        The time in epochs, and the factor then.
    costs : array of shape (whole epochs,) or None
        The number that the schedule looks at, after each epoch; None if it looks at
        none.
    """

    epochs: Numbers
    factors: Numbers
    costs: Numbers | None


def schedule_path(example: Example) -> Path:
    """Follow a schedule's factor over the epochs.

    A schedule that looks at a number of the training is asked before each epoch, as
    `fit` does, with the `COSTS` so far; it is followed for as many epochs as there are.

    Parameters
    ----------
    example : Example
        The schedule, and how long it is drawn.

    Returns
    -------
    Path
        The factors, and the costs if there are any.
    """
    schedule = example.schedule
    if watched_by(schedule) is None:
        steps = np.arange(round(example.epochs * STEPS_PER_EPOCH) + 1)
        return Path(steps / STEPS_PER_EPOCH, schedule(steps, STEPS_PER_EPOCH), None)
    steps = np.arange(STEPS_PER_EPOCH + 1)  # the last is the first of the next epoch
    parts = []
    for epoch in range(len(COSTS)):
        coming = after(schedule, COSTS[:epoch].tolist())
        parts.append(coming(steps + epoch * STEPS_PER_EPOCH, STEPS_PER_EPOCH))
    epochs = np.add.outer(np.arange(len(COSTS)), steps / STEPS_PER_EPOCH)
    return Path(epochs.ravel(), np.concatenate(parts), COSTS)


def schedule_picture(example: Example) -> str:
    """Draw a schedule's factor over the epochs, with the costs that it looks at.

    Parameters
    ----------
    example : Example
        The schedule, and how long it is drawn.

    Returns
    -------
    str
        An ``svg`` element.
    """
    path = schedule_path(example)
    words = f"the factor of {example.call} by epoch"

    def draw(axes: Axes) -> None:
        curve = with_gaps(path.epochs, path.factors)
        axes.plot(*curve, color=FIRST, label=example.call)
        if path.costs is not None:
            ends = np.arange(len(path.costs)) + 1
            axes.plot(
                *(ends, path.costs),
                color=SECOND,
                linestyle=(0, (4, 2)),
                marker="o",
                markersize=3,
                label="cost",
            )
        axes.set_xlim(0, path.epochs[-1])
        axes.set_ylim(bottom=0)
        axes.set_xlabel("epoch")
        axes.set_ylabel("factor" if path.costs is None else "factor, cost")

    if path.costs is not None:
        words += ", and the cost after each epoch"
    return as_svg(draw, words)


# From Matplotlib to a page ------------------------------------------------------------

STYLE = {
    "axes.edgecolor": TEXT,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": TEXT,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "svg.fonttype": "none",
    "svg.hashsalt": "glassprop",
    "text.color": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
}


def as_svg(draw: Callable[[Axes], None], words: str) -> str:
    """Draw into one pair of axes, and give an element that an HTML page can hold.

    Parameters
    ----------
    draw : callable
        Draws into the axes; curves have labels and the colours of `COLOURS`.
    words : str
        What the picture shows, for those who cannot see it.

    Returns
    -------
    str
        An ``svg`` element of any width, with the colours of the page.
    """
    file = io.StringIO()
    with style.context(["default", STYLE]):
        figure = Figure(figsize=(4.2, 2.7), layout="constrained")
        axes = figure.subplots()
        draw(axes)
        curves = axes.get_legend_handles_labels()
        figure.legend(*curves, loc="outside upper left", ncols=2)
        figure.savefig(file, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(file.getvalue())
    return for_page(root, words)


def for_page(root: ElementTree.Element, words: str) -> str:
    """Make a picture part of a page: no size, no names of its own, the page's colours.

    Parameters
    ----------
    root : Element
        The ``svg`` element that Matplotlib wrote.
    words : str
        What the picture shows.

    Returns
    -------
    str
        The element as text.
    """
    for name in ("width", "height", "version"):
        del root.attrib[name]
    root.attrib |= {"role": "img", "aria-label": words, "stroke-linejoin": "round"}
    for name in ("metadata", "defs"):  # of the whole picture; defs holds a style sheet
        for element in root.findall(f"{{{SVG}}}{name}"):
            if not element.findall(f".//{{{SVG}}}clipPath"):
                root.remove(element)
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    text = ElementTree.tostring(root, encoding="unicode")
    # Names are kept where something refers to them; several pictures share a page.
    used = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", text))
    prefix = re.sub(r"\W+", "-", words)
    for name in re.findall(r' id="([^"]+)"', text):
        if name in {one for pair in used for one in pair}:
            text = text.replace(f' id="{name}"', f' id="{prefix}-{name}"')
            text = text.replace(f"#{name})", f"#{prefix}-{name})")
            text = text.replace(f'"#{name}"', f'"#{prefix}-{name}"')
        else:
            text = text.replace(f' id="{name}"', "")
    text = re.sub(r"font-family: [^;]+;", "font-family: inherit;", text)
    for colour, replacement in COLOURS.items():
        text = text.replace(colour, replacement)
    return text
