"""Which values share memory when a program runs as NumPy code.

NumPy gives views where it can: a transpose, a reshape, a slice read the array they come
from. A back end that writes an output into the array of an input must know who still
looks at the old values.
"""

from __future__ import annotations

from glassprop.graph import Node
from glassprop.literals import is_filled
from glassprop.ops import indexing, product, shape, windows


def is_view(node: Node) -> bool:
    """Tell whether the value may share the memory of the first input."""
    return (
        node.primitive in (shape.reshape, shape.transpose, windows.windows)
        or (node.primitive is shape.broadcast_to and not is_filled(node))
        or (
            node.primitive in (indexing.index, product.einsum) and len(node.inputs) == 1
        )
    )


def memory_of(node: Node) -> Node:
    """Find the node whose memory a value shares: itself if it is no view."""
    while is_view(node):
        (node,) = node.inputs
    return node
