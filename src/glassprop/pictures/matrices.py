"""Layers that multiply their inputs by a matrix: which array that is."""

from __future__ import annotations

from dataclasses import dataclass

from glassprop.feeding import Place


@dataclass(frozen=True)
class Matrix:
    """The arrays of a layer that gives ``x @ weight + bias``, or more of it.

    Parameters
    ----------
    weight : str
        The name of the array of shape (inputs, units), as the network knows it.
    bias : str or None
        The name of the array of shape (units,), if there is one such.
    inputs, units : int
        The sizes.
    """

    weight: str
    bias: str | None
    inputs: int
    units: int


def matrix_of(place: Place) -> Matrix | None:
    """Find the matrix of a layer: its only array of shape (inputs, units).

    Parameters
    ----------
    place : Place
        Of any kind; its shapes alone say what it does.

    Returns
    -------
    Matrix or None
        None where it takes or gives anything but one row of numbers, or has no such
        array, or several.
    """
    shapes = place.input_shape, place.output_shape
    sizes = [one[0] for one in shapes if len(one) == 1]
    inputs, units = sizes if len(sizes) == 2 else (None, None)
    if not isinstance(inputs, int) or not isinstance(units, int):
        return None
    owned = place.parameters.items()
    weights = [name for name, one in owned if one.shape == (inputs, units)]
    biases = [name for name, one in owned if one.shape == (units,)]
    if len(weights) != 1:
        return None
    bias = f"{place.name}.{biases[0]}" if len(biases) == 1 else None
    return Matrix(f"{place.name}.{weights[0]}", bias, inputs, units)
