"""What a loss of the user's own may do by mistake, found in its traced graph.

The mistakes have one thing in common: NumPy computes on, and training learns something
else or nothing. Each check takes the loss's name, and the nodes of what it gives, of
the network's output and of the target.
"""

from __future__ import annotations

from collections.abc import Mapping

from glassprop.errors import (
    ArgumentError,
    BroadcastError,
    ShapeError,
    shape_text,
)
from glassprop.graph import Node, Shape, Size, order
from glassprop.names import LOSS_SCOPE
from glassprop.ops.leaves import constant


def refuse_accidents(loss: str, losses: Node, output: Node, y: Node) -> None:
    """Refuse what broadcasts output and target against each other by accident.

    That is n against n along different axes, (n, 1) and (n,) give (n, n); and output
    and target as they come, or changed element by element, of different shapes.

    Raises
    ------
    BroadcastError
        With both shapes, and how to write what is meant.
    """
    kinds = {output: "output", y: "target"}
    for node in order([losses]):
        arrays = [one for one in node.inputs if one.shape]
        if node.scope != LOSS_SCOPE or not node.primitive.elementwise or not arrays:
            continue
        ranks = {len(one.shape) for one in arrays}
        if len(ranks) > 1 and _symbols(node.shape) > max(
            _symbols(one.shape) for one in arrays
        ):
            raise BroadcastError(
                f"loss {loss!r}: {_shapes_text(arrays, kinds)} would broadcast to "
                f"{shape_text(node.shape)}, every row with every other.",
                "y[:, None] makes a column of one number a row, output[:, 0] one "
                "number a row of a column.",
                "y = y[:, None]" if len(y.shape) == 1 else "y = y[:, 0]",
            )
        found = {kinds[one] for one in arrays if one in kinds}
        if len(found) > 1 and len({one.shape for one in arrays if one in kinds}) > 1:
            raise BroadcastError(
                f"loss {loss!r}: {_shapes_text(arrays, kinds)} would broadcast against "
                "each other.",
                "Give y the shape of the output; if the loss means it, let it say so: "
                "np.broadcast_to(y, output.shape).",
            )
        if len(found) == 1 and all(
            one in kinds or one.primitive is constant for one in arrays
        ):
            kinds[node] = found.pop()


def refuse_flat(loss: str, losses: Node, output: Node) -> None:
    """Refuse to train on a loss whose slope is 0 everywhere.

    Raises
    ------
    ArgumentError
        If no path leads from the output to the loss along which there is a slope.
    """
    sloping = {output} if output.dtype.kind == "f" else set()
    for node in order([losses]):
        if node.dtype.kind == "f" and any(
            read in sloping and node.primitive.vjp(at) is not None
            for at, read in enumerate(node.inputs)
        ):
            sloping.add(node)
    if losses not in sloping:
        raise ArgumentError(
            f"loss {loss!r} has the slope 0 for every output: it does not use the "
            "network's output, or only by comparisons, argmax, sign and the like. "
            "Training could change nothing; to measure without training, use "
            "net.evaluate."
        )


def refuse_scalar(loss: str, losses: Node) -> None:
    """Refuse row weights where a loss gives one number in all.

    Raises
    ------
    ShapeError
        If it does.
    """
    if not losses.shape:
        raise ShapeError(
            f"loss {loss!r} gives one number for the whole batch, so rows cannot be "
            "weighted. Return one number a row, (n,), without the last mean or sum."
        )


def _symbols(shape: Shape) -> int:
    return sum(isinstance(size, Size) for size in shape)


def _shapes_text(nodes: list[Node], kinds: Mapping[Node, str]) -> str:
    texts = [f"{kinds.get(one, '')} {shape_text(one.shape)}" for one in nodes]
    return " and ".join(text.strip() for text in texts)
