"""The parameters of a network by name: reading copies, assigning writes."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

import numpy as np

from glassprop.arrays import Array, as_array
from glassprop.errors import ArgumentError, ShapeError, did_you_mean, shape_text
from glassprop.initializers import not_finite

if TYPE_CHECKING:
    from glassprop.network import Network


class Parameters(MutableMapping[str, Array]):
    """The parameters of a network by name, ``parameters["hidden.weight"]``.

    What is read is a copy that cannot be written into; assigning writes into the
    network: ``net.parameters[name] = net.parameters[name] - step``.
    """

    def __init__(self, net: Network) -> None:
        self._net = net

    def __getitem__(self, name: str) -> Array:
        known = self._known(name)  # makes the values, if they are not made yet
        copy = np.array(self._net.values[known])
        copy.flags.writeable = False  # or an edit of the copy would be lost in silence
        return copy

    def __setitem__(self, name: str, value: Any) -> None:
        known = self._known(name)
        old = self._net.values[known]
        array = as_array(value, f"parameter {name!r}")
        if array.shape != old.shape:
            raise ShapeError(
                f"parameter {name!r}: expected shape {shape_text(old.shape)}, got "
                f"{shape_text(array.shape)}."
            )
        with np.errstate(over="ignore"):  # found by the check that follows
            new = array.astype(old.dtype)
        wrong = not_finite(new)
        if wrong:
            raise ArgumentError(
                f"parameter {name!r}: expected finite numbers, got {wrong}, in "
                f"{new.dtype}. Assign np.where(np.isfinite(value), value, 0) to put 0 "
                "in such places."
            )
        old[...] = new

    def __delitem__(self, name: str) -> None:
        raise ArgumentError(
            f"parameter {name!r} belongs to its layer. Remove the layer, "
            "net.remove(...)."
        )

    def _known(self, name: str) -> str:
        names = self._net.structure.parameters
        if name not in names:
            raise ArgumentError(
                f"there is no parameter {name!r}.{did_you_mean(str(name), names)} The "
                f"parameters are {', '.join(names)}."
            )
        return name

    def __contains__(self, name: object) -> bool:
        return name in self._net.structure.parameters

    def __iter__(self) -> Iterator[str]:
        return iter(self._net.structure.parameters)

    def __len__(self) -> int:
        return len(self._net.structure.parameters)

    def __repr__(self) -> str:
        shapes = (f"{name} {shape_text(self[name].shape)}" for name in self)
        return f"<Parameters: {', '.join(shapes)}>"
