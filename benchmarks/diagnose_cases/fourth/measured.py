"""Data of the fourth set that was measured, drawn or named by people.

Maps, prices, a picture of a head and the letters of its fonts come with Matplotlib, as
do 949 colours with the names that people gave them; other columns and targets than
those of the earlier sets are taken from scikit-learn's tables.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import cbook
from matplotlib.colors import XKCD_COLORS, to_rgb
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

from diagnose_cases.tables import source

Numbers = NDArray[np.float64]
Rows = tuple[Numbers, Numbers | NDArray[np.int64]]
POINTS, COLOURS = 800, 50

# Colours ------------------------------------------------------------------------------

FAMILIES = ("green", "blue", "pink", "purple", "brown", "yellow")
LIGHT, DARK = ("light", "pale", "bright"), ("dark", "deep", "dull")


def _colours() -> list[tuple[list[str], list[float]]]:
    """Give the words of each name, and red, green and blue from 0 to 255."""
    return [
        (name.removeprefix("xkcd:").split(), [255 * part for part in to_rgb(code)])
        for name, code in XKCD_COLORS.items()
    ]


@source
def hues() -> Rows:
    """Give the last word of a colour's name, of the six that are most frequent."""
    rows, families, counts = [], [], dict.fromkeys(FAMILIES, 0)
    for words, colour in _colours():
        family = words[-1]
        if counts.get(family, COLOURS) < COLOURS:
            counts[family] += 1
            rows.append(colour)
            families.append(FAMILIES.index(family))
    return np.array(rows), np.array(families)


@source
def shades() -> Rows:
    """Give whether a colour's name begins with a word for light or for dark."""
    found = [
        (colour, int(words[0] in LIGHT))
        for words, colour in _colours()
        if words[0] in LIGHT + DARK
    ]
    return np.array([one for one, _ in found]), np.array([one for _, one in found])


# Maps and pictures --------------------------------------------------------------------


def _around(grid: Numbers, steps: tuple[int, ...], seed: int) -> tuple[Numbers, ...]:
    """Give what is around points of chance, at these steps each way, and at them."""
    rng = np.random.default_rng(seed)
    edge = max(steps)
    rows, columns = (rng.integers(edge, size - edge, POINTS) for size in grid.shape)
    down, right = np.meshgrid(steps, steps, indexing="ij")
    patches = grid[rows[:, None, None] + down, columns[:, None, None] + right]
    return patches.reshape(POINTS, -1), grid[rows, columns]


def _mountains() -> Numbers:
    file = cbook.get_sample_data("jacksboro_fault_dem.npz")
    return np.asarray(file["elevation"], np.float64)


@source
def altitude() -> Rows:
    """Give how high a point is, in metres, from 16 around it."""
    return _around(_mountains(), (-9, -3, 3, 9), 41)


@source
def aspect() -> Rows:
    """Give to which of four sides the ground falls, from heights nearer by."""
    far, middle = _around(_mountains(), (-6, 0, 6), 42)
    near, _ = _around(_mountains(), (-6, -4, -2, 2, 4, 6), 42)
    near = near.reshape(POINTS, 6, 6)[:, 1:-1, 1:-1].reshape(POINTS, -1)
    return near - middle[:, None], far[:, [1, 3, 5, 7]].argmin(1)


@source
def coast() -> Rows:
    """Give whether a point is land, from heights and depths around it, in metres."""
    grid = np.asarray(cbook.get_sample_data("topobathy.npz")["topo"], np.float64)
    X, middle = _around(grid, (-4, -2, 2, 4), 43)
    return X, (middle > 0).astype(np.int64)


def _head() -> Numbers:
    """Give a section through a head, as magnetic resonance shows it."""
    with cbook.get_sample_data("s1045.ima.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint16).reshape(256, 256)
    return pixels[40:216, 60:196].astype(np.float64)


@source
def tissue() -> Rows:
    """Give how bright a pixel is, from eight around it that are two away."""
    X, y = _around(_head(), (-2, 0, 2), 44)
    return np.delete(X, 4, axis=1), y


@source
def echoes() -> Rows:
    """Give the brightest of 16 pixels, from those on two sides of them."""
    X, _ = _around(_head(), (-5, -3, -2, -1, 0, 1, 3, 5), 45)
    patches = X.reshape(POINTS, 8, 8)
    sides = patches[:, [0, 1, -2, -1]].reshape(POINTS, -1)
    return sides, patches[:, 2:-2, 2:-2].max((1, 2))


# Letters ------------------------------------------------------------------------------

LETTERS, SIZE, SHIFTS = "AEGKMRSX", 9, 9


def _often_lit(X: Numbers) -> Numbers:
    """Give the pixels that are not dark in nearly all pictures."""
    return X[:, (X.max() / 4 < X).mean(0) > 0.05]


@cache
def _letters() -> tuple[Numbers, NDArray[np.int64], NDArray[np.int64]]:
    """Give pictures of letters, which each is, and whether it is bold."""
    rng = np.random.default_rng(46)
    fonts = Path(mpl.get_data_path(), "fonts", "ttf")
    names = [
        f"{kind}{weight}.ttf"
        for kind in ("DejaVuSans", "DejaVuSansMono", "DejaVuSerif")
        for weight in ("", "-Bold")
    ]
    names += ["STIXGeneral.ttf", "STIXGeneralBol.ttf", "cmr10.ttf", "cmb10.ttf"]
    rows, which, bold = [], [], []
    for name in names:
        for at, letter in enumerate(LETTERS):
            for _ in range(SHIFTS):
                font = ImageFont.truetype(fonts / name, int(rng.integers(20, 27)))
                image = Image.new("L", (4 * SIZE, 4 * SIZE))
                place = tuple(rng.integers(16, 21, 2).tolist())
                ImageDraw.Draw(image).text(place, letter, 255, font, anchor="mm")
                fine = np.asarray(image, np.float64)
                rows.append(fine.reshape(SIZE, 4, SIZE, 4).mean((1, 3)).ravel())
                which.append(at)
                bold.append(int("Bol" in name or "cmb" in name))
    return _often_lit(np.array(rows)), np.array(which), np.array(bold)


@source
def letters() -> Rows:
    """Give which of eight letters a picture shows."""
    X, which, _ = _letters()
    return X, which


@source
def bold() -> Rows:
    """Give whether a letter is bold."""
    X, _, bold = _letters()
    return X, bold


# Tables -------------------------------------------------------------------------------


@source
def index() -> Rows:
    """Give the S&P 500, from five prices in dollars, by months since 1990."""
    file = cbook.get_sample_data("Stocks.csv")
    known = pd.read_csv(file, comment="#")[["IBM", "AAPL", "MSFT", "ADBE", "^GSPC"]]
    known = known.dropna()
    return known.iloc[:, :-1].to_numpy(np.float64), known.iloc[:, -1].to_numpy()


@source
def flavanoids() -> Rows:
    """Give how much of them is in a wine, from all else that is known of it."""
    X, _ = load_wine(return_X_y=True)
    return np.delete(X, 6, axis=1), X[:, 6]


@source
def sepal() -> Rows:
    """Give how long a sepal is, from three measures and the species."""
    X, kinds = load_iris(return_X_y=True)
    return np.column_stack([X[:, 1:], np.eye(3)[kinds]]), X[:, 0]


@source
def dents() -> Rows:
    """Give how dented a tumour is at worst, from the means of ten measures."""
    X, _ = load_breast_cancer(return_X_y=True)
    return X[:, :10], X[:, 27]


@source
def worst() -> Rows:
    """Give whether a tumour is benign, from its ten worst measures."""
    X, y = load_breast_cancer(return_X_y=True)
    return X[:, 20:], y.astype(np.int64)


@source
def halves() -> Rows:
    """Give a digit from the left half of its picture."""
    X, digits = load_digits(return_X_y=True)
    half = X[900:].reshape(-1, 8, 8)[:, :, :4].reshape(-1, 32)
    return _often_lit(half), digits[900:]


@source
def widths() -> Rows:
    """Give how wide the lowest and the highest line of a digit are, from the others."""
    X, _ = load_digits(return_X_y=True)
    images = X[900:].reshape(-1, 8, 8)
    ends = (images[:, [0, -1]] > 4).sum(2)
    return _often_lit(images[:, 1:-1].reshape(len(X) - 900, -1)), ends / 1.0
