"""Trees: nested dicts, lists and tuples with arrays at their leaves; and their parts.

Parameters, gradients and optimizer states are trees. Dicts keep their own order. A
path is written as its author would name the leaf: ``hidden.weight``, ``layers.0``.

*Parts* are the flat case: a network's input, its output and its target are one array or
a tuple of several; a shape is one tuple of integers or a tuple of such. Programs know
several by number, ``x_1`` and ``x_2``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of each leaf, in order."""
    children = _children(tree)
    if children is None:
        yield path, tree
        return
    for key, child in children:
        yield from leaves(child, f"{path}.{key}" if path else str(key))


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply a function to each leaf; containers keep their types and order."""
    children = _children(tree)
    if children is None:
        return function(tree)
    mapped = [map_leaves(function, child) for _, child in children]
    if isinstance(tree, Mapping):
        return dict(zip(tree, mapped, strict=True))
    if hasattr(tree, "_fields"):
        return type(tree)(*mapped)
    return type(tree)(mapped)


def filled(tree: Any, values: Iterator[Any]) -> Any:
    """Put values in the place of the leaves, in order."""
    return map_leaves(lambda _leaf: next(values), tree)


def _children(tree: Any) -> list[tuple[Any, Any]] | None:
    if isinstance(tree, Mapping):
        return list(tree.items())
    if isinstance(tree, tuple | list):
        return list(enumerate(tree))
    return None


# Parts --------------------------------------------------------------------------------


def map_parts(function: Callable[..., Any], first: Any, *others: Any) -> Any:
    """Apply a function to one thing, or to each part of a tuple of several."""
    if is_several(first):
        return tuple(function(*parts) for parts in zip(first, *others, strict=True))
    return function(first, *others)


def is_several(value: Any) -> bool:
    """Tell whether a value is a tuple of several arrays, or of several shapes."""
    return isinstance(value, tuple) and not all(isinstance(one, int) for one in value)


def as_parts(value: Any) -> tuple[Any, ...]:
    """Give the parts of a tuple of several, or a tuple of the one thing there is."""
    return tuple(value) if is_several(value) or isinstance(value, list) else (value,)


def part_names(name: str, parts: Any) -> Any:
    """Name one thing, or number several: ``x``, or ``x_1`` and ``x_2``."""
    numbers = itertools.count(1)
    several = is_several(parts)
    return map_parts(lambda _: f"{name}_{next(numbers)}" if several else name, parts)


def named_parts(names: Any, parts: Any) -> dict[str, Any]:
    """Give each part under its name, from `part_names`."""
    return dict(zip(as_parts(names), as_parts(parts), strict=True))
