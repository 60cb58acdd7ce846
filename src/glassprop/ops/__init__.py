"""The table of primitives: every operation that a graph can hold, one row each.

A row says what an operation means, in NumPy; back ends say how they spell it. The table
is filled here, at import, and read only.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from glassprop.graph import Primitive
from glassprop.ops import (
    elementwise,
    indexing,
    leaves,
    product,
    random,
    reduction,
    shape,
    stable,
)

FAMILIES: tuple[ModuleType, ...] = (
    leaves,
    elementwise,
    reduction,
    stable,
    shape,
    product,
    indexing,
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
