"""Layers by their paths, those inside of others too; and rows of layers made anew.

What stands inside of a layer of the user's own is left aside: only a forward pass tells
what it feeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import is_
from typing import Any

from glassprop.layer_names import Names
from glassprop.layers import Add, Concatenate, Parallel, Residual


def by_path(layers: Sequence[Any]) -> dict[str, Any]:
    """Give each layer by its path, those inside of another before it.

    Parameters
    ----------
    layers : sequence of layers
        Those of a network.
    """
    found: dict[str, Any] = {}

    def keep(path: str, layer: Any) -> list[Any]:
        found[path] = layer
        return [layer]

    made_anew(layers, keep)
    return found


def made_anew(
    layers: Sequence[Any],
    change: Callable[[str, Any], list[Any]],
    names: Names | None = None,
) -> list[Any]:
    """Give layers with others in the place of some.

    Parameters
    ----------
    layers : sequence of layers
        What stands there.
    change : callable
        Given the path of a layer and the layer, with those inside of it changed, it
        gives the layers that take its place.
    names : Names, optional
        That of the layer around has begun to name those inside of it.
    """
    names = Names() if names is None else names
    made: list[Any] = []
    for layer in layers:
        path = names.next(layer)
        made += change(path, _changed_inside(path, layer, change))
    return made


def _changed_inside(
    path: str, layer: Any, change: Callable[[str, Any], list[Any]]
) -> Any:
    names = Names(f"{path}.")
    if isinstance(layer, Residual):
        inside = made_anew(layer.layers, change, names)
        return layer if _same(inside, layer.layers) else replace(layer, layers=inside)
    if isinstance(layer, Parallel | Concatenate | Add):
        branches = [made_anew(one, change, names) for one in layer.branches]
        if not all(map(_same, branches, layer.branches)):
            return replace(layer, branches=branches)
    return layer


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(map(is_, one, other))
