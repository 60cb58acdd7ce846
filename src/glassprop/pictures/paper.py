"""How pictures look: colours, markers and sizes; and from a drawing to a file's bytes.

A *drawing* is a function of a Matplotlib figure and of data, and of nothing else. It
draws into the figure that it is given, by the figure's own methods: there is no window,
no current figure, and no setting of Matplotlib's that stays changed. The ground is
white, so that pictures look the same on light and on dark pages.

Colours are told apart by all eyes (Okabe and Ito 2008, "Color Universal Design"), and
never alone: width, dashes, markers and words say the same.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

from glassprop.result_files import imported

Drawing: TypeAlias = Callable[[Any, Mapping[str, Any]], None]

BLUE, ORANGE, INK, FAINT = "#0072b2", "#d55e00", "#222222", "#8a8a8a"
COLOURS = (BLUE, "#e69f00", "#009e73", "#cc79a7", "#56b4e9", ORANGE, "#f0e442", INK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
SIGNED = (ORANGE, "#f3b98c", "#ffffff", "#8fc1e3", BLUE)  # from below 0 to above
AMOUNT = ("#ffffff", "#8fc1e3", BLUE, "#00344f")  # from nothing to all

LEFT_OUT = {
    "svg": ("Creator", "Date", "Format", "Type"),
    "png": ("Software",),
    "pdf": ("Creator", "Producer", "CreationDate"),
}
"""What a file would say of its making, by its ending: the same data, the same bytes."""

LONG = 400  # characters of a path from which on it is a curve and no marker

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": FAINT,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "font.family": "sans-serif",
    "font.size": 10.0,
    "grid.color": "#e4e4e4",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "savefig.dpi": 150.0,
    "svg.fonttype": "none",  # words stay words, that can be searched and read aloud
    "svg.hashsalt": "glassprop",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


@contextmanager
def _styled() -> Iterator[None]:
    """Draw with Matplotlib's defaults and ours; the user's own come back afterwards."""
    style = imported("matplotlib.style", "a picture", "'glassprop[plot]'")
    with style.context(["default", STYLE]):
        yield


def drawn(draw: Drawing, data: Mapping[str, Any], size: tuple[float, float]) -> Any:
    """Draw data into a new figure.

    Parameters
    ----------
    draw : callable
        The drawing.
    data : mapping from str to object
        What it takes.
    size : tuple of float
        Width and height in inches.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, that no window knows of.

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.
    """
    with _styled():
        figures = imported("matplotlib.figure", "a picture", "'glassprop[plot]'")
        figure = figures.Figure(figsize=size, layout="constrained")
        draw(figure, data)
    return figure


def picture_bytes(figure: Any, ending: str) -> bytes:
    """Give a figure as the bytes of a file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        From `drawn`.
    ending : str
        ``svg``, ``png`` or ``pdf``.
    """
    file = io.BytesIO()
    metadata = dict.fromkeys(LEFT_OUT[ending])
    with _styled():
        figure.savefig(file, format=ending, metadata=metadata)
    return file.getvalue()


def svg_text(figure: Any, title: str, description: str) -> str:
    """Give a figure as SVG with words for those who cannot see it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        From `drawn`.
    title, description : str
        What it is, and what it shows.

    Returns
    -------
    str
        A whole file, the same for the same data: without a date, and with coordinates
        to a hundredth of a point, those of long curves to a tenth.
    """
    text = picture_bytes(figure, "svg").decode()
    text = re.sub(r' (?:d|x|y|points)="[^"]*"', _rounded, text)
    head = 'role="img" aria-labelledby="title desc" '
    words = (
        f'>\n <title id="title">{escape(title)}</title>\n'
        f' <desc id="desc">{escape(description)}</desc>'
    )
    opening = re.search(r"<svg ([^>]*)>", text)
    assert opening is not None
    inside = f"<svg {head}{opening[1]}{words}"
    return text[: opening.start()] + inside + text[opening.end() :]


def _rounded(attribute: re.Match[str]) -> str:
    text = attribute[0]
    digits = 1 if len(text) > LONG else 2
    return re.sub(r"-?\d+\.\d{2,}", lambda one: f"{float(one[0]):.{digits}f}", text)


# Parts of drawings --------------------------------------------------------------------


def colour_map(colours: Sequence[str]) -> Any:
    """Make a continuous map of colours, such as `SIGNED`.

    Parameters
    ----------
    colours : sequence of str
        In order, at equal distances.
    """
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("glassprop", list(colours))


def on_colour(colour: Any) -> str:
    """Choose black or white for words, whichever is read better on a colour.

    Parameters
    ----------
    colour : tuple of float
        Red, green, blue and more, each from 0 to 1.
    """
    # WCAG 2: contrast is a ratio of luminances with 0.05 added; here they are equal.
    return "#ffffff" if luminance(colour) < 0.179 else "#000000"


def luminance(colour: Any) -> float:
    """Give how light a colour is to eyes, from 0 to 1, by WCAG 2.

    Parameters
    ----------
    colour : tuple of float
        Red, green, blue and more, each from 0 to 1.
    """
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour[:3]
    )
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def shortened(text: str, most: int) -> str:
    """Cut the middle out of a text that is longer than so many characters.

    Its ends stay: names that begin alike are told apart by how they end.

    Parameters
    ----------
    text : str
    most : int
        Characters that there is room for.
    """
    if len(text) <= most:
        return text
    start = most // 2
    return f"{text[:start]}…{text[len(text) - (most - 1 - start) :]}"
