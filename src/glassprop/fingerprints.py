"""What two graphs have alike if one program serves for both: their fingerprint.

It holds everything that a program is made of, in the order of the nodes: operations,
what they read, attributes bit for bit, shapes, dtypes, and the words of the functions'
authors. Equal fingerprints are equal graphs; nothing is left to a hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any

import numpy as np

from glassprop.graph import Node, Size, order
from glassprop.ops.indexing import Pick, Slice

PLAIN = (NoneType, bool, int, float, str, np.dtype, Size, Slice, Pick)
LARGEST = 1_000_000  # bytes of constants; more are not copied to be compared


def fingerprint(
    words: tuple[str, ...], *ends: Mapping[str, Node]
) -> tuple[Any, ...] | None:
    """Give what a program of these inputs and outputs is made of.

    Parameters
    ----------
    words : tuple of str
        What else it depends on: its name and its line of documentation.
    ends : mapping from str to Node
        Its inputs, its outputs, and other values that have a name in it.

    Returns
    -------
    tuple or None
        None for a graph with much data in it, or with a value that is not known here.
    """
    nodes = order([node for end in ends for node in end.values()])
    place = {node: at for at, node in enumerate(nodes)}
    attributes = [_frozen(tuple(node.attributes.items())) for node in nodes]
    if None in attributes:
        return None
    each = tuple(
        (
            node.primitive,
            tuple([place[one] for one in node.inputs]),
            kept,
            node.shape,
            node.dtype,
            node.scope,
            node.section,
            node.name,
        )
        for node, kept in zip(nodes, attributes, strict=True)
    )
    named = [tuple((key, place[one]) for key, one in end.items()) for end in ends]
    return (*words, *named, each)


def _frozen(value: Any) -> tuple[Any, ...] | None:
    """Give a value's bits: 0.0 and -0.0, 1 and True are not alike; None if unknown."""
    if isinstance(value, np.ndarray | np.generic):
        small = value.nbytes <= LARGEST
        return (value.dtype, value.shape, value.tobytes()) if small else None
    if isinstance(value, tuple):
        parts = tuple([_frozen(one) for one in value])
        return None if None in parts else parts
    return (type(value), repr(value)) if isinstance(value, PLAIN) else None
