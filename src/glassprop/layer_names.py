"""The names of layers: their own, or kind and number in the order that they stand in.

``dense_2`` is the second `Dense`, if it has no name; a layer inside of another has the
other's path in front, ``block.dense_1``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from glassprop.errors import ArgumentError
from glassprop.layers.contract import check_layer


class Names:
    """Names layers in order: their own names, else kind and number, ``dense_1``.

    Parameters
    ----------
    prefix : str
        What stands in front of each: the path of the layer that they stand inside of.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.counts: Counter[str] = Counter()
        self.taken: set[str] = set()

    def next(self, layer: Any) -> str:
        """Name the next layer.

        Raises
        ------
        ArgumentError
            If it is no layer, or its name cannot be used or is another layer's.
        """
        check_layer(layer)
        kind = _snake_case(type(layer).__name__)
        self.counts[kind] += 1
        given = getattr(layer, "name", None)
        name = f"{kind}_{self.counts[kind]}" if given is None else given
        if not (isinstance(name, str) and name.isidentifier()):
            raise ArgumentError(
                f"a layer's name must be a Python identifier, got {name!r}. Use "
                "letters, digits and underscores."
            )
        if name in self.taken:
            raise ArgumentError(
                f"two layers are named {name!r}. Give one of them another name."
            )
        self.taken.add(name)
        return f"{self.prefix}{name}"


def layer_names(layers: Sequence[Any]) -> list[str]:
    """Name each layer of a network.

    Raises
    ------
    ArgumentError
        If two layers have one name, or a name cannot be used.
    """
    names = Names()
    return [names.next(layer) for layer in layers]


def _snake_case(word: str) -> str:
    """Write a class's name as a variable's: batch_norm for BatchNorm, prelu for PReLU.

    A word begins at a capital between two small letters, so that abbreviations stay
    in one piece.
    """
    return re.sub(r"(?<=[a-z])([A-Z])(?=[a-z])", r"_\1", word).strip("_").lower()
