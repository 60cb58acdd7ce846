"""Where two graphs differ that should be the same: two runs of one function."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassprop.graph import Node, order
from glassprop.trees import leaves


def first_difference(first: Any, second: Any) -> tuple[str, Node | None] | None:
    """Say where two runs differ first, and at which node of the first run."""
    roots = [[leaf for _, leaf in leaves(result)] for result in (first, second)]
    orders = [order(nodes) for nodes in roots]
    if len(orders[0]) != len(orders[1]):
        counts = [len(nodes) for nodes in orders]
        return f"one run had {counts[0]} operations, the next {counts[1]}", None
    place = {node: at for at, node in enumerate(orders[0])}
    other = {node: at for at, node in enumerate(orders[1])}
    for one, two in zip(*orders, strict=True):
        if one.primitive is not two.primitive or [place[i] for i in one.inputs] != [
            other[i] for i in two.inputs
        ]:
            now = f"np.{two.primitive.name}"
            return f"np.{one.primitive.name} in one run is {now} in the next", None
        for key, value in one.attributes.items():
            if not _equal(value, two.attributes.get(key)):
                now = _brief(two.attributes.get(key))
                what = f"a constant {_brief(value)} in one run is {now} in the next"
                return what, one
    if [place[root] for root in roots[0]] != [other[root] for root in roots[1]]:
        return "the results come in another order", None
    return None


def _equal(one: Any, two: Any) -> bool:
    """Compare the values of an attribute; NaN equals NaN."""
    if isinstance(one, np.ndarray) or isinstance(two, np.ndarray):
        return bool(np.array_equal(one, two, equal_nan=True))
    both_nan = bool(one != one) and bool(two != two)  # noqa: PLR0124  # NaN is not NaN
    return both_nan or bool(one == two)


def _brief(value: Any) -> str:
    """Write a value for a message: all of a number, the beginning of an array."""
    if not isinstance(value, np.ndarray):
        return str(value)
    return np.array2string(value, threshold=4, edgeitems=2).replace("\n", "")
