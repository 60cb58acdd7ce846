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


class _Unknown(Exception):
    """Leaves `fingerprint` where a value cannot be told from others."""


def fingerprint(
    words: tuple[str, ...], inputs: Mapping[str, Node], outputs: Mapping[str, Node]
) -> tuple[Any, ...] | None:
    """Give what a program of these inputs and outputs is made of.

    Parameters
    ----------
    words : tuple of str
        What else it depends on: its name and its line of documentation.
    inputs, outputs : mapping from str to Node
        Its own.

    Returns
    -------
    tuple or None
        None for a graph with much data in it, or with a value that is not known here.
    """
    nodes = order([*inputs.values(), *outputs.values()])
    place = {node: at for at, node in enumerate(nodes)}
    try:
        each = tuple(
            (
                node.primitive,
                tuple([place[one] for one in node.inputs]),
                tuple([(key, _frozen(one)) for key, one in node.attributes.items()]),
                node.shape,
                node.dtype,
                node.scope,
                node.section,
                node.name,
            )
            for node in nodes
        )
    except _Unknown:
        return None
    ends = [
        tuple((key, place[one]) for key, one in end.items())
        for end in (inputs, outputs)
    ]
    return (*words, *ends, each)


def _frozen(value: Any) -> Any:
    """Give a value's bits: 0.0 and -0.0, 1 and True are not alike."""
    if isinstance(value, np.ndarray | np.generic):
        if value.nbytes > LARGEST:
            raise _Unknown
        return value.dtype, value.shape, value.tobytes()
    if isinstance(value, tuple):
        return tuple([_frozen(one) for one in value])
    if isinstance(value, PLAIN):
        return type(value), repr(value)
    raise _Unknown
