"""NumPy's functions, on traced arrays: which row each is, or how it is composed.

`UFUNCS` and `FUNCTIONS` map NumPy's own objects to what is done when one of them meets
a traced array. A composed function is written in NumPy once more, in terms of rows, so
that it needs no derivative of its own. Parameters stand in NumPy's order; what is not
listed is refused by `glassprop.traced`. `FAMILIES` tells which file each is from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from glassprop.numpy_functions import (
    differences,
    einstein,
    elementwise,
    joining,
    making,
    matrices,
    norms,
    picking,
    products,
    reductions,
    shapes,
    statistics,
)
from glassprop.ops import PRIMITIVES, product, stable

Table = Mapping[Any, Callable[..., Any]]

FAMILIES: Mapping[str, ModuleType] = MappingProxyType(
    {
        "elementwise": elementwise,
        "reductions": reductions,
        "statistics": statistics,
        "shapes": shapes,
        "joining and cutting": joining,
        "picking and sorting": picking,
        "differences": differences,
        "products": products,
        "Einstein's sums": einstein,
        "matrices": matrices,
        "norms": norms,
        "making arrays": making,
    }
)


def _row_ufuncs() -> Iterator[tuple[np.ufunc, Callable[..., Any]]]:
    """Give the ufuncs that are rows; a row of ours may borrow one as its meaning."""
    for row in PRIMITIVES.values():
        if isinstance(row.numpy, np.ufunc) and row.numpy.__name__ == row.name:
            yield row.numpy, row


UFUNCS: Table = MappingProxyType(
    {
        **dict(_row_ufuncs()),
        **{
            ufunc: done
            for family in FAMILIES.values()
            for ufunc, done in getattr(family, "UFUNCS", {}).items()
        },
    }
)

FUNCTIONS: Table = MappingProxyType(
    {
        function: done
        for family in FAMILIES.values()
        for function, done in family.FUNCTIONS.items()
    }
)


def family_of(function: Callable[..., Any]) -> str:
    """Give the name of the family that a function that traces belongs to."""
    for name, family in FAMILIES.items():
        if function in {**family.FUNCTIONS, **getattr(family, "UFUNCS", {})}:
            return name
    return "products" if UFUNCS[function] is product.matmul else "elementwise"


def scipy_ufunc(ufunc: np.ufunc, special: Any) -> Callable[..., Any] | None:
    """Give the row of a ufunc of ``scipy.special``, if it has one."""
    return {special.expit: stable.sigmoid, special.erf: stable.erf}.get(ufunc)
