"""What the units of the first layer look for: their weights as images."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import ArgumentError, shape_text
from glassprop.network import Network
from glassprop.options import is_whole
from glassprop.pictures.asked import check_network
from glassprop.pictures.contract import Picture
from glassprop.pictures.matrices import Matrix, matrix_of
from glassprop.pictures.paper import FAINT, SIGNED, colour_map
from glassprop.structure import Structure

MOST_UNITS = 64  # that are drawn; the table has all
ACROSS = 8
WIDTH = 6.2  # of all images, in inches
LINE = 0.2  # of a line of text
CHANNELS = 3  # of an image in colours


def first_layer(net: Network, shape: tuple[int, ...] | None = None) -> Picture:
    """Show the weights of each unit of the first layer as an image.

    Parameters
    ----------
    net : Network
        With a layer that multiplies all inputs by a matrix, such as `Dense`.
    shape : tuple of int or None
        Height and width of an image, and 3 behind them for red, green and blue; None
        for the shape of the network's input, or a square.

    Returns
    -------
    Picture
        ``images``, the weights, of shape (units, height, width) or (units, height,
        width, 3). ``layer``, the name of the layer.

    Raises
    ------
    ArgumentError
        If there is no such layer, or the shape does not fit its inputs.

    Examples
    --------
    >>> import glassprop as gp
    >>> net = gp.Network([gp.Flatten(), gp.Dense(5)], input_shape=(4, 6))
    >>> gp.pictures.first_layer(net)["images"].shape
    (5, 4, 6)
    """
    place = "first_layer"
    check_network(net, place)
    matrix = _first_matrix(net.structure, place)
    size = _image_shape(net.structure, matrix, shape, place)
    weights = np.asarray(net.values[matrix.weight], np.float64)
    images = weights.T.reshape(-1, *size)
    drawn = min(len(images), MOST_UNITS)
    down, across = _grid(drawn, *size[:2])
    over, beside = _gaps(across, size[1])
    tall = down * (size[0] + over) / ((size[1] + beside) * across)
    layer = matrix.weight.rpartition(".")[0]
    many = len(images) > drawn
    some = f"the first {drawn} of {len(images):,}" if many else f"{drawn}"
    norms = np.sqrt(np.sum(weights * weights, axis=0))
    return Picture(
        f"Weights of {layer}",
        f"The weights of {some} units, each an image of {size[0]} x {size[1]}"
        f"{' in colours' if len(size) == CHANNELS else ''}; the largest is "
        f"{np.abs(weights).max():.3g} in size.",
        {"images": images, "layer": layer},
        [
            ("unit", "norm", "least", "greatest"),
            *(
                (at, float(norm), float(one.min()), float(one.max()))
                for at, (norm, one) in enumerate(zip(norms, images, strict=True))
            ),
        ],
        _draw,
        (WIDTH + 1, min(max(WIDTH * tall + 0.2, 1.6), 12.0)),
    )


def _first_matrix(structure: Structure, place: str) -> Matrix:
    inputs = structure.input_shape
    several = any(not isinstance(one, int) for one in inputs)
    count = 0 if several else math.prod(inputs)
    for one in structure.all_places:
        matrix = matrix_of(one)
        if matrix is not None:
            if matrix.inputs == count:
                return matrix
            raise ArgumentError(
                f"{place}: the first layer with a matrix, {one.name!r}, takes "
                f"{matrix.inputs} numbers, and the network "
                + ("several inputs" if several else f"{count}")
                + ". Only weights of the inputs themselves make an image."
            )
    raise ArgumentError(
        f"{place}: no layer of the network multiplies its inputs by a matrix, as "
        "gp.Dense does."
    )


def _image_shape(
    structure: Structure, matrix: Matrix, shape: Any, place: str
) -> tuple[int, ...]:
    """Give height and width of an image, and 3 for colours."""
    given = structure.input_shape if shape is None else shape
    side = math.isqrt(matrix.inputs)
    if shape is None and len(given) == 1:
        if side * side != matrix.inputs:
            raise ArgumentError(
                f"{place}: the network takes {matrix.inputs} numbers, which are no "
                f"square. Say what shape their image has, shape=(1, {matrix.inputs})."
            )
        return side, side
    sizes: tuple[Any, ...] = tuple(given) if isinstance(given, tuple | list) else ()
    fits = all(is_whole(one) and one > 0 for one in sizes)
    if fits and len(sizes) == CHANNELS and 1 in (sizes[0], sizes[2]):
        sizes = sizes[:2] if sizes[2] == 1 else sizes[1:]
    flat = len(sizes) == 2 or (len(sizes) == CHANNELS and sizes[2] == CHANNELS)
    if not (fits and flat and math.prod(sizes) == matrix.inputs):
        shown = shape_text(given) if isinstance(given, tuple | list) else repr(given)
        raise ArgumentError(
            f"{place}: shape must be (height, width), or (height, width, 3) for "
            f"colours, of {matrix.inputs} numbers in all, as many as come to "
            f"{matrix.weight!r}; got {shown}."
        )
    return tuple(int(one) for one in sizes)


def _grid(count: int, height: int, width: int) -> tuple[int, int]:
    """Give how many images stand below one another and side by side."""
    most = min(count, ACROSS, max(1, round(2 * ACROSS * height / width)))
    down = -(-count // most)
    return down, -(-count // down)


def _gaps(across: int, width: int) -> tuple[int, int]:
    """Give how many pixels stand above an image, for its number, and beside it."""
    beside = max(1, round(0.1 * width))
    return math.ceil(LINE / WIDTH * across * (width + beside)), beside


def _draw(figure: Any, data: Mapping[str, Any]) -> None:
    images: NDArray[Any] = data["images"][:MOST_UNITS]
    most = float(np.abs(data["images"]).max()) or 1.0
    from matplotlib.patches import Rectangle

    axes = figure.subplots()
    axes.set_axis_off()
    # One image of all of them, with gaps that have no value.
    height, width = images.shape[1:3]
    down, across = _grid(len(images), height, width)
    over, beside = _gaps(across, width)
    size = (down * (height + over), across * (width + beside) - beside)
    ground = np.nan if images.ndim == CHANNELS else most
    sheet = np.full((*size, *images.shape[3:]), ground)
    for at, image in enumerate(images):
        row, column = divmod(at, across)
        top, left = row * (height + over) + over, column * (width + beside)
        sheet[top : top + height, left : left + width] = image
        axes.text(
            *(left + (width - 1) / 2, top - 0.5 - over / 10),
            str(at),
            size="small",
            ha="center",
            va="bottom",
        )
        edges = Rectangle(
            (left - 0.5, top - 0.5),
            *(width, height),
            fill=False,
            edgecolor=FAINT,
            linewidth=0.5,
        )
        axes.add_patch(edges)
    if images.ndim > CHANNELS:
        axes.imshow(0.5 + 0.5 * sheet / most, interpolation="none")
        return
    shown = axes.imshow(
        sheet, colour_map(SIGNED), vmin=-most, vmax=most, interpolation="none"
    )
    bar = figure.colorbar(shown, ax=axes, shrink=0.8, aspect=25)
    bar.set_label("weight")
    bar.outline.set_visible(False)
