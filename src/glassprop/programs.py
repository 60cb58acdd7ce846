"""The programs of a network: predict, evaluate, gradients, and a training step.

Each is the same forward pass, traced, with more after it. A training step holds
everything in one program: forward pass, loss, backward pass, and the optimizer's
update of every parameter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from glassprop.compiling import build
from glassprop.differentiate import pullback
from glassprop.errors import ShapeError, shape_text
from glassprop.graph import DType, Node, order
from glassprop.layers.activations import activation_name
from glassprop.loss_checks import refuse_accidents, refuse_flat, refuse_scalar
from glassprop.losses import Loss
from glassprop.names import LOSS_SCOPE
from glassprop.optimizers import Optimizer
from glassprop.program import Program
from glassprop.structure import ROWS, Place, Structure, forward, penalties
from glassprop.trace import Trace
from glassprop.traced import Array


@dataclass(frozen=True)
class Target:
    """What a target looks like to a program.

    Parameters
    ----------
    shape : tuple of int
        Of one row: () for a label or a number a row.
    dtype : numpy dtype
        Integers for labels, the network's dtype for values.
    weighted : bool
        Whether each row has a weight.
    """

    shape: tuple[int, ...]
    dtype: DType
    weighted: bool = False


def state_key(memory: str, parameter: str) -> str:
    """Name what an optimizer remembers for a parameter: ``m of hidden.weight``."""
    return f"{memory} of {parameter}"


# The inputs ---------------------------------------------------------------------------


def _declared(trace: Trace, structure: Structure) -> dict[str, Array]:
    """Make the inputs that every program may have."""
    inputs: dict[str, Array] = {}
    for key, parameter in {**structure.parameters, **structure.state}.items():
        scope, _, name = key.partition(".")
        inputs[key] = trace.input(
            key, parameter.shape, structure.dtype, name=name, scope=scope
        )
    inputs["x"] = trace.input("x", (ROWS, *structure.input_shape), structure.dtype)
    inputs["seed"] = trace.input("seed", (), np.int64)
    inputs["t"] = trace.input("t", (), np.float64)
    return inputs


def _declared_target(trace: Trace, target: Target) -> dict[str, Array]:
    inputs = {"y": trace.input("y", (ROWS, *target.shape), target.dtype)}
    if target.weighted:
        inputs["weights"] = trace.input("weights", (ROWS,), trace.dtype)
    return inputs


def _used(inputs: Mapping[str, Array], outputs: Mapping[str, Any]) -> dict[str, Array]:
    """Leave out the inputs that no output needs or replaces, but for the data."""
    nodes = [one.node for one in outputs.values()]
    needed: set[Node] = set(order(nodes))
    return {
        key: one
        for key, one in inputs.items()
        if one.node in needed or key in outputs or key in ("x", "y", "learning_rate")
    }


@contextmanager
def _named_after(trace: Trace, key: str) -> Iterator[None]:
    """Put a parameter's name behind those that are given inside: ``step_weight``."""
    scope, _, name = key.partition(".")
    before = set(trace.names)
    with trace.within(scope=scope):
        yield
    for node in trace.names.keys() - before:
        trace.names[node] = f"{trace.names[node]}_{name}"


# The loss -----------------------------------------------------------------------------


def row_losses(trace: Trace, loss: Loss, output: Array, y: Array) -> Array:
    """Trace the loss of each row.

    Raises
    ------
    ShapeError
        If the loss gives anything but one number a row or one number in all.
    """
    with trace.within(scope=LOSS_SCOPE):
        losses = trace.lift(loss.function(output, y))
    refuse_accidents(loss.name, losses.node, output.node, y.node)
    if losses.node.shape not in ((ROWS,), ()):
        raise ShapeError(
            f"loss {loss.name!r}: expected one number a row, (n,), or one number in "
            f"all, (), got {shape_text(losses.node.shape)} from output "
            f"{shape_text(output.node.shape)} and target {shape_text(y.node.shape)}. "
            "Sum or average over the other axes, np.mean(..., axis=1)."
        )
    return _named(trace, losses, "row_loss" if losses.node.shape else "loss")


def _named(trace: Trace, value: Array, name: str) -> Array:
    if value.node.inputs and not value.node.name:
        trace.names.setdefault(value.node, name)
    return value


def total_loss(
    trace: Trace,
    structure: Structure,
    loss: Loss,
    values: Mapping[str, Array],
    output: Array,
) -> Array:
    """Trace the one number that training makes small.

    The mean over rows, weighted where there are weights (which `fit` scales to a mean
    of 1), and the layers' penalties.
    """
    losses = row_losses(trace, loss, output, values["y"])
    refuse_flat(loss.name, losses.node, output.node)
    with trace.within(scope=LOSS_SCOPE):
        if "weights" in values:
            refuse_scalar(loss.name, losses.node)
            losses = losses * values["weights"]
        total = losses
        if losses.node.shape:
            total = np.sum(losses) / values["x"].shape[0]
        for penalty in penalties(structure, trace, values):
            total = total + penalty
        return _named(trace, total, "loss")


# The programs -------------------------------------------------------------------------


def predict_program(structure: Structure, loss: Loss | None = None) -> Program:
    """Make the program of the forward pass; with a loss, of its probabilities."""

    def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
        inputs = _declared(trace, structure)
        output, _ = forward(structure, trace, inputs, inputs["x"], training=False)
        if loss is not None and loss.probabilities is not None:
            with trace.within(scope=LOSS_SCOPE):
                output = _named(trace, loss.probabilities(output), "probabilities")
        outputs = {"output": output}
        return _used(inputs, outputs), outputs

    doc = f"Prediction: {structure_text(structure)}."
    return build("predict", whole, dtype=structure.dtype, doc=doc)


def evaluate_program(structure: Structure, loss: Loss, target: Target) -> Program:
    """Make the program of output, probabilities, the loss of each row and penalties."""

    def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
        inputs = {**_declared(trace, structure), **_declared_target(trace, target)}
        output, _ = forward(structure, trace, inputs, inputs["x"], training=False)
        losses = row_losses(trace, loss, output, inputs["y"])
        if target.weighted:
            refuse_scalar(loss.name, losses.node)
        penalty: Any = trace.lift(0.0, trace.dtype)
        for one in penalties(structure, trace, inputs):
            penalty = penalty + one
        outputs = {"output": output, "losses": losses, "penalty": penalty}
        if loss.probabilities is not None:
            outputs["probabilities"] = loss.probabilities(output)
        return _used(inputs, outputs), outputs

    doc = f"Evaluation: {structure_text(structure)}; loss {loss.name}."
    return build("evaluate", whole, dtype=structure.dtype, doc=doc)


def gradient_program(
    structure: Structure, loss: Loss, target: Target, *, training: bool = False
) -> Program:
    """Make the program of the loss and its gradient for every trainable parameter."""

    def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
        inputs = {**_declared(trace, structure), **_declared_target(trace, target)}
        output, _ = forward(structure, trace, inputs, inputs["x"], training=training)
        total = total_loss(trace, structure, loss, inputs, output)
        trainable = structure.trainable
        slopes = pullback(
            total, [inputs[key] for key in trainable], trace.lift(1, trace.dtype)
        )
        outputs = {"loss": total}
        outputs |= {f"d {key}": one for key, one in zip(trainable, slopes, strict=True)}
        return _used(inputs, outputs), outputs

    doc = f"Loss and gradients: {structure_text(structure)}; loss {loss.name}."
    return build("gradients", whole, dtype=structure.dtype, doc=doc)


def step_program(
    structure: Structure,
    loss: Loss,
    optimizer: Optimizer,
    target: Target,
    *,
    clip: float | None = None,
    name: str | None = None,
) -> Program:
    """Make the program of one training step: forward, loss, backward, update.

    With `clip`, all gradients together are scaled down to that norm where theirs is
    larger (Pascanu, Mikolov and Bengio 2013, algorithm 1).
    """

    def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
        declared = _declared(trace, structure)
        memory = _declared_memory(trace, structure, optimizer)
        inputs = {key: declared[key] for key in structure.parameters}
        inputs |= _flat(memory)
        inputs |= declared  # states, x, seed and t behind what is trained
        inputs |= _declared_target(trace, target)
        rate = trace.input("learning_rate", (), structure.dtype)
        inputs["learning_rate"] = rate
        output, states = forward(structure, trace, inputs, inputs["x"], training=True)
        total = total_loss(trace, structure, loss, inputs, output)
        trainable = structure.trainable
        slopes = pullback(
            total, [inputs[key] for key in trainable], trace.lift(1, trace.dtype)
        )
        if clip is not None:
            with trace.within(section="backward"):
                slopes = clipped(trace, dict(zip(trainable, slopes, strict=True)), clip)
        outputs: dict[str, Any] = {"loss": total}
        with trace.within(section="update"):
            shared = optimizer.scalars(rate, inputs["t"])
            for key, slope in zip(trainable, slopes, strict=True):
                with _named_after(trace, key):
                    w, state = optimizer.update(inputs[key], slope, memory[key], shared)
                for which, value in state.items():
                    outputs[state_key(which, key)] = value
                outputs[key] = w
        outputs |= states
        return _used(inputs, outputs), outputs

    label = f" of {name}" if name else ""
    doc = (
        f"One training step{label}: {structure_text(structure)}; loss {loss.name}; "
        f"{type(optimizer).__name__}."
    )
    return build("step", whole, dtype=structure.dtype, doc=doc)


def clipped(trace: Trace, slopes: Mapping[str, Array], limit: float) -> list[Array]:
    """Scale gradients down together so that their norm is at most `limit`."""
    if not slopes:
        return []
    squares = [np.sum(slope * slope) for slope in slopes.values()]
    total = trace.lift(sum(squares[1:], squares[0]))
    norm = _named(trace, trace.lift(np.sqrt(total)), "norm")
    factor = _named(trace, trace.lift(limit / np.maximum(norm, limit)), "factor")
    result = []
    for key, slope in slopes.items():
        scope, _, name = key.partition(".")
        with trace.within(scope=scope):
            result.append(_named(trace, slope * factor, f"clipped_d_{name}"))
    return result


def _flat(memory: Mapping[str, Mapping[str, Array]]) -> dict[str, Array]:
    return {
        state_key(which, key): one
        for key, state in memory.items()
        for which, one in state.items()
    }


def _declared_memory(
    trace: Trace, structure: Structure, optimizer: Optimizer
) -> dict[str, dict[str, Array]]:
    """Make the inputs for what the optimizer remembers."""
    memory: dict[str, dict[str, Array]] = {}
    for key in structure.trainable:
        shape = structure.parameters[key].shape
        scope, _, name = key.partition(".")
        empty = np.zeros(shape, structure.dtype)
        memory[key] = {
            which: trace.input(
                state_key(which, key),
                np.shape(value),
                structure.dtype,
                name=f"{which}_{name}",
                scope=scope,
            )
            for which, value in optimizer.init(empty).items()
        }
    return memory


def start_memory(
    structure: Structure, optimizer: Optimizer, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what an optimizer remembers before its first step."""
    return {
        state_key(which, key): np.array(value, structure.dtype)
        for key in structure.trainable
        for which, value in optimizer.init(values[key]).items()
    }


# Words --------------------------------------------------------------------------------


def structure_text(structure: Structure) -> str:
    """Write a network in a line: ``2 -> Dense(3, sigmoid) -> Dense(1)``."""
    size = structure.input_shape
    first = str(size[0]) if len(size) == 1 else shape_text(size)
    return " -> ".join([first, *(layer_text(place) for place in structure.places)])


def layer_text(place: Place) -> str:
    """Write a layer as its kind and what sets it apart."""
    layer = place.layer
    parts: list[str] = []
    known = getattr(layer, "__dataclass_fields__", None)
    for field in fields(layer) if known else ():
        value = getattr(layer, field.name)
        if field.name in ("name", "_") or not field.repr or value is field.default:
            continue
        if isinstance(value, int | float | str) and value == field.default:
            continue
        if callable(value) or field.name in ("activation", "function"):
            parts.append(str(activation_name(value)))
        elif isinstance(value, int | float | str) and len(parts) < 2:
            text = str(value)
            parts.append(text if field.name in FIRST else f"{field.name}={text}")
    return f"{place.kind}({', '.join(parts)})"


FIRST = ("units", "rate")
