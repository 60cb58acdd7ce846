"""The gradient of a graph, as more graph: reverse-mode differentiation.

`pullback` walks from an output back to the inputs that are asked for. Each primitive's
VJP turns the gradient with respect to its value, ``g``, into the gradient with respect
to an input; what several users of a value contribute is summed, and what broadcasting
repeated is summed back. The VJPs are written in NumPy and run on traced arrays, so the
result is a graph like any other: it can be printed, simplified, and differentiated
again.

The method is reverse accumulation (Linnainmaa 1970; Rumelhart, Hinton and Williams
1986, "Learning representations by back-propagating errors", there for networks).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassprop.graph import Node, Shape, order
from glassprop.trace import Trace
from glassprop.traced import Array


def pullback(output: Array, inputs: Sequence[Array], g: Array) -> list[Array]:
    """Give the gradient of ``sum(g * output)`` with respect to each input.

    Parameters
    ----------
    output : traced array
        What is differentiated.
    inputs : sequence of traced arrays
        With respect to what; each gradient has its input's shape and dtype. It is
        zero where the output does not depend on the input.
    g : traced array of the output's shape
        The weight of each element of the output.

    Returns
    -------
    list of traced arrays
        One gradient an input.
    """
    trace = output.tracer
    wanted = {one.node for one in inputs}
    nodes = order([output.node])
    depends = _depending(nodes, wanted)
    gradients: dict[Node, Array] = {}
    if output.node in depends:
        gradients[output.node] = g
    with trace.within(section="backward"):
        for node in reversed(nodes):
            if node not in gradients:
                continue
            _name(gradients[node], node)
            with trace.within(scope=node.scope):
                _pass_back(trace, node, gradients, depends)
        return [
            gradients[one.node] if one.node in gradients else _zeros(one)
            for one in inputs
        ]


def _zeros(array: Any) -> Any:
    return np.zeros_like(array)


def _depending(nodes: Sequence[Node], wanted: set[Node]) -> set[Node]:
    """Find the nodes through which the wanted ones reach the output."""
    found: set[Node] = set()
    for node in nodes:
        if node.dtype.kind == "f" and (
            node in wanted or any(one in found for one in node.inputs)
        ):
            found.add(node)
    return found


def _pass_back(
    trace: Trace, node: Node, gradients: dict[Node, Array], depends: set[Node]
) -> None:
    """Add what one node contributes to the gradients of its inputs."""
    arrays = [trace.array(one) for one in node.inputs]
    for position, read in enumerate(node.inputs):
        rule = node.primitive.vjp(position) if read in depends else None
        if rule is None:
            continue
        part = rule(gradients[node], trace.array(node), *arrays, **node.attributes)
        part = summed_to(trace.lift(part), read.shape).astype(read.dtype)
        gradients[read] = gradients[read] + part if read in gradients else part


def _name(gradient: Array, node: Node) -> None:
    """Name a gradient after its value, ``d_z`` for ``z``, unless it has a name."""
    trace, made = gradient.tracer, gradient.node
    name = node.name or trace.names.get(node, "")
    nameless = made.section == "backward" and made.inputs and not made.name
    if name and nameless and made not in trace.names:
        trace.names[made] = f"d_{name}"
        trace.scopes[made] = node.scope


def summed_to(gradient: Array, shape: Shape) -> Array:
    """Sum a gradient back to the shape that was broadcast."""
    if gradient.node.shape == shape:
        return gradient
    extra = len(gradient.node.shape) - len(shape)
    repeated = tuple(
        extra + at
        for at, size in enumerate(shape)
        if size == 1 and gradient.node.shape[extra + at] != 1
    )
    if extra:
        gradient = np.sum(gradient, axis=tuple(range(extra)))
    if repeated:
        axes = tuple(at - extra for at in repeated)
        gradient = np.sum(gradient, axis=axes, keepdims=True)
    return gradient
