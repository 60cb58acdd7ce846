"""What a network has once the shape of its input is known: structure and values.

`build` makes it of layers, `rearranged` makes that of other layers out of it, each
layer with the values that it had. A `Built` also keeps the programs that were compiled
for it; another structure is another `Built`, with none yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassprop.arrays import Array
from glassprop.graph import DType
from glassprop.layers.contract import Shapes
from glassprop.structure import Structure, arrange, start_values


@dataclass
class Built:
    """A structure with the values of its parameters and states.

    Parameters
    ----------
    structure : Structure
        Names, shapes and parameters.
    values : dict from str to array
        Every parameter and state by name, ``layer.name``.
    seed : int
        What start values and random layers follow from.
    learned : set of str
        The layers that have learned their state from training rows.
    dtype_assumed : bool
        Whether the dtype is float64 only because no data have been seen.
    programs : dict
        What was compiled, by what it depends on besides the layers.
    """

    structure: Structure
    values: dict[str, Array]
    seed: int
    learned: set[str] = field(default_factory=set)
    dtype_assumed: bool = False
    programs: dict[Any, Any] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        # Compiled programs are made again where a pickle is opened; which back end was
        # chosen is kept.
        chosen = {key: one for key, one in self.programs.items() if type(one) is str}
        return {**self.__dict__, "programs": chosen}

    def compiled(self, key: Any, make: Callable[[], Any]) -> Any:
        """Give what was compiled before under a key, or make it now.

        Parameters
        ----------
        key : object with a hash
            What it depends on, besides the layers.
        make : callable
            Called without arguments the first time.

        Returns
        -------
        object
            What `make` gave.
        """
        if key not in self.programs:
            self.programs[key] = make()
        return self.programs[key]

    def put(self, values: Mapping[str, Any]) -> None:
        """Write values of parameters and states into the arrays.

        Parameters
        ----------
        values : mapping from str to array
            By name, ``layer.name``.
        """
        for key, value in values.items():
            self.values[key][...] = value

    def given(self) -> dict[str, Any]:
        """Give what a program outside of training takes besides its data."""
        return {**self.values, "seed": self.seed, "t": np.float64(0)}


def build(
    layers: Sequence[Any],
    input_shape: Shapes,
    dtype: DType,
    seed: int,
    *,
    kept: Mapping[str, Any] | None = None,
    learned: Iterable[str] = (),
) -> Built:
    """Put layers in their places, and draw the start of their values.

    Parameters
    ----------
    layers : sequence of layers
        In order.
    input_shape : tuple of int
        The shape of one sample.
    dtype : numpy dtype
        Of the network.
    seed : int
        What the values follow from.
    kept : mapping from str to array or None
        Values that stay, where their shape fits.
    learned : iterable of str
        The layers that have learned from training rows.

    Raises
    ------
    ArgumentError, ShapeError, TraceError
        With the layer's name in front, if a layer cannot take what it is given.
    """
    structure = arrange(layers, input_shape, dtype)
    values = start_values(structure, seed, kept or {})
    return Built(structure, values, seed, set(learned))


def rearranged(
    before: Built, layers: Sequence[Any], names: Mapping[str | None, str]
) -> Built:
    """Build other layers, with the values and learned states of those that stay.

    Parameters
    ----------
    before : Built
        What there was.
    layers : sequence of layers
        What there shall be.
    names : mapping from str to str
        The new name of each layer that stays, by its old one.

    Raises
    ------
    ArgumentError, ShapeError, TraceError
        With the layer's name in front, if a layer cannot take what it is given.
    """

    def renamed(path: str) -> str | None:
        """Give the path that a layer or an array has now; None if its layer goes."""
        layer, dot, inside = path.partition(".")
        return f"{names[layer]}{dot}{inside}" if layer in names else None

    paths = {key: renamed(key) for key in before.values}
    kept = {new: before.values[key] for key, new in paths.items() if new}
    was = before.structure
    learned = [new for one in before.learned if (new := renamed(one))]
    after = build(
        layers, was.input_shape, was.dtype, before.seed, kept=kept, learned=learned
    )
    after.dtype_assumed = before.dtype_assumed
    return after
