"""The table of primitives: every operation that a graph can hold, one row each.

A row says what an operation means, in NumPy; back ends say how they spell it. The table
is filled here, at import, and read only.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from glassprop.graph import Primitive
from glassprop.ops import (
    cumulative,
    elementwise,
    indexing,
    leaves,
    linalg,
    product,
    random,
    reduction,
    rounding,
    shape,
    sorting,
    stable,
    trigonometry,
    windows,
)

FAMILIES: tuple[ModuleType, ...] = (
    leaves,
    elementwise,
    trigonometry,
    rounding,
    cumulative,
    reduction,
    stable,
    shape,
    product,
    indexing,
    sorting,
    windows,
    linalg,
    random,
)


def _table() -> Mapping[str, Primitive]:
    rows: dict[str, Primitive] = {}
    for family in FAMILIES:
        for value in vars(family).values():
            if (
                isinstance(value, Primitive)
                and rows.setdefault(value.name, value) is not value
            ):
                raise RuntimeError(f"two primitives are named {value.name!r}")
    return MappingProxyType(rows)


PRIMITIVES = _table()
