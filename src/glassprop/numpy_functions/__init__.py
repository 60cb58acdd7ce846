"""NumPy's functions, on traced arrays: which row each is, or how it is composed.

`UFUNCS` and `FUNCTIONS` map NumPy's own objects to what is done when one of them meets
a traced array. A composed function is written in NumPy once more, in terms of rows, so
that it needs no derivative of its own. Parameters stand in NumPy's order; what is not
listed is refused by `glassprop.traced`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.numpy_functions import (
    elementwise,
    making,
    products,
    reductions,
    shapes,
)
from glassprop.ops import PRIMITIVES, stable

UFUNCS: Mapping[np.ufunc, Callable[..., Any]] = MappingProxyType(
    {
        **{
            row.numpy: row
            for row in PRIMITIVES.values()
            if isinstance(row.numpy, np.ufunc)
        },
        **elementwise.UFUNCS,
    }
)

FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        **reductions.FUNCTIONS,
        **elementwise.FUNCTIONS,
        **shapes.FUNCTIONS,
        **products.FUNCTIONS,
        **making.FUNCTIONS,
    }
)


def scipy_ufunc(ufunc: np.ufunc, special: Any) -> Callable[..., Any] | None:
    """Give the row of a ufunc of ``scipy.special``, if it has one."""
    return {special.expit: stable.sigmoid}.get(ufunc)
