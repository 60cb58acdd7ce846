"""Layers that arrange values in another shape."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from glassprop.errors import ArgumentError, ShapeError, shape_text
from glassprop.layers.contract import Run
from glassprop.options import is_whole


@dataclass(frozen=True)
class Flatten:
    """Arrange each sample's values in one row: (n, a, b) becomes (n, a * b).

    Parameters
    ----------
    name : str or None
        The layer's name.
    """

    _: KW_ONLY
    name: str | None = None

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give x with one axis besides the rows."""
        return np.reshape(x, (x.shape[0], -1))


@dataclass(frozen=True)
class Reshape:
    """Arrange each sample's values in another shape, in the same order.

    Parameters
    ----------
    shape : int or sequence of int
        Of one sample, without the batch; one size may be -1, for what is left.
    name : str or None
        The layer's name.

    Raises
    ------
    ArgumentError, ShapeError
        If the sizes make no shape, or a sample has another number of values.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> gp.Network([gp.Reshape((8, -1))])(np.ones((5, 64))).shape
    (5, 8, 8)
    """

    shape: int | Sequence[int]
    _: KW_ONLY
    name: str | None = None

    def __post_init__(self) -> None:
        given = self.shape
        sizes = tuple(given) if isinstance(given, list | tuple) else (given,)
        whole = all(map(is_whole, sizes))
        if not whole or any(size < 1 and size != -1 for size in sizes):
            raise ArgumentError(
                "Reshape: shape must be positive integers, one of which may be -1, got "
                f"{given!r}."
            )
        if sizes.count(-1) > 1:
            raise ArgumentError(
                f"Reshape: one size may be -1, got {given!r}. Write out the others."
            )
        object.__setattr__(self, "shape", tuple(int(size) for size in sizes))

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give x in the new shape."""
        sizes = tuple(self.shape) if isinstance(self.shape, Sequence) else (self.shape,)
        before = tuple(x.shape[1:])
        values, known = math.prod(before), math.prod(s for s in sizes if s != -1)
        fits = values % known == 0 if -1 in sizes else values == known
        if not fits:
            raise ShapeError(
                f"cannot arrange the {values} values of a sample of shape "
                f"{shape_text(before)} as {shape_text(sizes)}. The sizes must multiply "
                f"to {values}."
            )
        left = values // known
        return np.reshape(x, (x.shape[0], *(left if s == -1 else s for s in sizes)))
