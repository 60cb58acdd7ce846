"""The programs of a network: predict, evaluate, gradients, and a training step.

Each is the same forward pass, traced, with more after it. A training step holds
everything in one program: forward pass, loss, backward pass, and the optimizer's
update of every parameter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.clipping import Clipping
from glassprop.compiling import build
from glassprop.differentiate import pullback
from glassprop.errors import ShapeError, shape_text
from glassprop.feeding import ROWS, Feeding
from glassprop.graph import DType, Node, order
from glassprop.layers.contract import Shapes
from glassprop.loss_checks import refuse_accidents, refuse_flat, refuse_scalar
from glassprop.losses import AnyLoss, check_outputs
from glassprop.names import LOSS_SCOPE
from glassprop.optimizers import Optimizer
from glassprop.program import Program
from glassprop.structure import Structure, forward, penalties
from glassprop.summary import structure_text
from glassprop.trace import Trace
from glassprop.traced import Array
from glassprop.trees import as_parts, map_parts, named_parts, part_names
from glassprop.updates import (
    clipped,
    declared_memory,
    flat,
    points,
    rules_for,
    updated,
)


@dataclass(frozen=True)
class Target:
    """What a target looks like to a program.

    Parameters
    ----------
    shape : tuple of int, or tuple of such
        Of one row: () for a label or a number a row; several for several outputs.
    dtype : numpy dtype, or tuple of such
        Integers for labels, the network's dtype for values.
    weighted : bool
        Whether each row has a weight.
    """

    shape: Shapes
    dtype: DType | tuple[DType, ...]
    weighted: bool = False


DATA = re.compile(r"(x|y)(_\d+)?|learning_rate")


# The inputs ---------------------------------------------------------------------------


def declared(trace: Trace, structure: Structure) -> dict[str, Array]:
    """Make the inputs that every program may have.

    Parameters
    ----------
    trace : Trace
        Where they are written down.
    structure : Structure
        The network's.
    """
    inputs: dict[str, Array] = {}
    for key, parameter in {**structure.parameters, **structure.state}.items():
        scope, _, name = key.rpartition(".")
        inputs[key] = trace.input(
            key, parameter.shape, structure.dtype, name=name, scope=scope
        )
    shapes = structure.input_shape
    for key, shape in named_parts(part_names("x", shapes), shapes).items():
        inputs[key] = trace.input(key, (ROWS, *shape), structure.dtype)
    inputs["seed"] = trace.input("seed", (), np.int64)
    inputs["t"] = trace.input("t", (), np.float64)
    return inputs


def declared_target(trace: Trace, target: Target) -> dict[str, Array]:
    """Make the inputs for a target, and for weights of rows if there are any."""
    names = part_names("y", target.shape)
    shapes = named_parts(names, target.shape)
    dtypes = named_parts(names, target.dtype)
    inputs = {
        key: trace.input(key, (ROWS, *shape), dtypes[key])
        for key, shape in shapes.items()
    }
    if target.weighted:
        inputs["weights"] = trace.input("weights", (ROWS,), trace.dtype)
    return inputs


def used(inputs: Mapping[str, Array], outputs: Mapping[str, Any]) -> dict[str, Array]:
    """Leave out the inputs that no output needs or replaces, but for the data.

    Parameters
    ----------
    inputs, outputs : mapping from str to traced array
        All that there are.
    """
    nodes = [one.node for one in outputs.values()]
    needed: set[Node] = set(order(nodes))
    return {
        key: one
        for key, one in inputs.items()
        if one.node in needed or key in outputs or DATA.fullmatch(key)
    }


# The loss -----------------------------------------------------------------------------


def row_losses(
    trace: Trace, structure: Structure, loss: AnyLoss, output: Any, y: Any
) -> list[Array]:
    """Trace the loss of each row, for each of the network's outputs.

    Raises
    ------
    ArgumentError, ShapeError
        If there is not a loss for each output, or one gives anything but one number a
        row or one number in all.
    """
    check_outputs(loss, structure.output_shape)
    found: list[Array] = []
    for one, out, target in zip(loss.each, as_parts(output), as_parts(y), strict=True):
        with trace.within(scope=LOSS_SCOPE):
            losses = trace.lift(one.function(out, target))
        refuse_accidents(one.name, losses.node, out.node, target.node)
        if losses.node.shape not in ((ROWS,), ()):
            raise ShapeError(
                f"loss {one.name!r}: expected one number a row, (n,), or one number in "
                f"all, (), got {shape_text(losses.node.shape)} from output "
                f"{shape_text(out.node.shape)} and target "
                f"{shape_text(target.node.shape)}. Sum or average over the other axes, "
                "np.mean(..., axis=1)."
            )
        number = f"_{len(found) + 1}" if len(loss.each) > 1 else ""
        name = "row_loss" if losses.node.shape else "loss"
        found.append(_named(trace, losses, f"{name}{number}"))
    return found


def _named(trace: Trace, value: Array, name: str) -> Array:
    if value.node.inputs and not value.node.name:
        trace.names.setdefault(value.node, name)
    return value


def data_of(values: Mapping[str, Array], name: str, shapes: Shapes) -> Any:
    """Give the inputs of one name as one array, or as a tuple of several."""
    return map_parts(values.__getitem__, part_names(name, shapes))


def total_loss(
    trace: Trace,
    structure: Structure,
    loss: AnyLoss,
    values: Mapping[str, Array],
    output: Any,
    *,
    target: Target,
    penalized: bool = True,
) -> Array:
    """Trace the one number that training makes small.

    The mean over rows, weighted where there are weights (which `fit` scales to a mean
    of 1), of each output's loss times its factor, the layers' penalties, and their
    priors over the number of rows.
    """
    y = data_of(values, "y", target.shape)
    rows = as_parts(data_of(values, "x", structure.input_shape))[0].shape[0]
    total: Any = None
    each = row_losses(trace, structure, loss, output, y)
    for one, factor, losses, out in zip(
        loss.each, loss.factors, each, as_parts(output), strict=True
    ):
        refuse_flat(one.name, losses.node, out.node)
        with trace.within(scope=LOSS_SCOPE):
            part = losses
            if "weights" in values:
                refuse_scalar(one.name, losses.node)
                part = part * values["weights"]
            if part.node.shape:
                part = np.sum(part) / rows
            if factor != 1:
                part = factor * part
            total = part if total is None else total + part
    with trace.within(scope=LOSS_SCOPE):
        for penalty in penalties(structure, trace, values) if penalized else ():
            total = total + penalty
        priors = penalties(structure, trace, values, "prior") if penalized else ()
        for prior in priors:
            total = total + prior / rows
        return _named(trace, total, "loss")


# The programs -------------------------------------------------------------------------


def predict_program(structure: Structure, loss: AnyLoss | None = None) -> Program:
    """Make the program of the forward pass; with a loss, of its probabilities."""

    def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
        inputs = declared(trace, structure)
        output, _ = _predicted(trace, structure, inputs)
        if loss is not None:
            output = _probabilities(trace, structure, loss, output)
        outputs = named_parts(part_names("output", structure.output_shape), output)
        return used(inputs, outputs), outputs

    doc = f"Prediction: {structure_text(structure)}."
    return build("predict", whole, dtype=structure.dtype, doc=doc)


def arriving_program(structure: Structure, path: str) -> Program:
    """Make the program of what comes to one layer, by its path."""

    def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
        inputs = declared(trace, structure)
        _, feeding = _predicted(trace, structure, inputs)
        outputs = {"arriving": feeding.arrived[path]}
        return used(inputs, outputs), outputs

    doc = f"What comes to {path}: {structure_text(structure)}."
    return build("arriving", whole, dtype=structure.dtype, doc=doc)


def layers_program(structure: Structure) -> Program:
    """Make the program of what each layer gives: ``given hidden``, by its path."""

    def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
        inputs = declared(trace, structure)
        _, feeding = _predicted(trace, structure, inputs)
        outputs = _given(feeding, "given")
        return used(inputs, outputs), outputs

    doc = f"What each layer gives: {structure_text(structure)}."
    return build("layers", whole, dtype=structure.dtype, doc=doc)


def slopes_program(structure: Structure, loss: AnyLoss, target: Target) -> Program:
    """Make the program of the slope of the loss at all that training reaches.

    That is what each layer gives, ``slope hidden`` by its path, and every trainable
    parameter, ``d hidden.weight``; random layers behave as in prediction.
    """

    def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
        inputs = {**declared(trace, structure), **declared_target(trace, target)}
        output, feeding = _predicted(trace, structure, inputs)
        total = total_loss(trace, structure, loss, inputs, output, target=target)
        points = _given(feeding, "slope")
        points |= {f"d {key}": inputs[key] for key in structure.trainable}
        slopes = pullback(total, list(points.values()), trace.lift(1, trace.dtype))
        outputs = dict(zip(points, slopes, strict=True))
        return used(inputs, outputs), outputs

    doc = f"Slopes at each layer: {structure_text(structure)}; loss {loss.name}."
    return build("slopes", whole, dtype=structure.dtype, doc=doc)


def _given(feeding: Feeding, word: str) -> dict[str, Array]:
    """Give what each layer gave, several arrays one by one, under a name of its own."""
    return {
        key: array
        for path, given in feeding.given.items()
        for key, array in zip(
            as_parts(part_names(f"{word} {path}", given)), as_parts(given), strict=True
        )
    }


def evaluate_program(structure: Structure, loss: AnyLoss, target: Target) -> Program:
    """Make the program of output, probabilities, losses of rows, penalties, priors."""

    def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
        inputs = {**declared(trace, structure), **declared_target(trace, target)}
        output, _ = _predicted(trace, structure, inputs)
        y = data_of(inputs, "y", target.shape)
        losses = row_losses(trace, structure, loss, output, y)
        if target.weighted:
            for one, rows in zip(loss.each, losses, strict=True):
                refuse_scalar(one.name, rows.node)
        penalty: Any = trace.lift(0.0, trace.dtype)
        for extra in penalties(structure, trace, inputs):
            penalty = penalty + extra
        chances = _probabilities(trace, structure, loss, output)
        prior: Any = trace.lift(0.0, trace.dtype)
        for extra in penalties(structure, trace, inputs, "prior"):
            prior = prior + extra
        outputs = {"penalty": penalty, "prior": prior}
        for name, parts in (
            ("output", output),
            ("losses", losses),
            ("probabilities", chances),
        ):
            outputs |= named_parts(part_names(name, structure.output_shape), parts)
        return used(inputs, outputs), outputs

    doc = f"Evaluation: {structure_text(structure)}; loss {loss.name}."
    return build("evaluate", whole, dtype=structure.dtype, doc=doc)


def _predicted(
    trace: Trace, structure: Structure, inputs: Mapping[str, Array]
) -> tuple[Any, Feeding]:
    """Trace the forward pass in prediction; give the output, and the pass."""
    x = data_of(inputs, "x", structure.input_shape)
    return forward(structure, trace, inputs, x, training=False)


def _probabilities(
    trace: Trace, structure: Structure, loss: AnyLoss, output: Any
) -> tuple[Any, ...]:
    """Give each output's probabilities; the output itself where its loss has none."""
    check_outputs(loss, structure.output_shape)
    found = []
    for one, out in zip(loss.each, as_parts(output), strict=True):
        if one.probabilities is None:
            found.append(out)
            continue
        with trace.within(scope=LOSS_SCOPE):
            chances = trace.lift(one.probabilities(out))
        found.append(_named(trace, chances, "probabilities"))
    return tuple(found)


def gradient_program(
    structure: Structure, loss: AnyLoss, target: Target, *, training: bool = False
) -> Program:
    """Make the program of the loss and its gradient for every trainable parameter.

    With `training`, layers behave as in training, and their states move.
    """

    def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
        inputs = {**declared(trace, structure), **declared_target(trace, target)}
        x = data_of(inputs, "x", structure.input_shape)
        output, feeding = forward(structure, trace, inputs, x, training=training)
        total = total_loss(trace, structure, loss, inputs, output, target=target)
        trainable = structure.trainable
        slopes = pullback(
            total, [inputs[key] for key in trainable], trace.lift(1, trace.dtype)
        )
        outputs = {"loss": total}
        outputs |= {f"d {key}": one for key, one in zip(trainable, slopes, strict=True)}
        outputs |= feeding.updates
        return used(inputs, outputs), outputs

    doc = f"Loss and gradients: {structure_text(structure)}; loss {loss.name}."
    return build("gradients", whole, dtype=structure.dtype, doc=doc)


def step_program(
    structure: Structure,
    loss: AnyLoss,
    optimizer: Optimizer,
    target: Target,
    *,
    clip: Clipping | None = None,
    name: str | None = None,
    bare: bool = False,
) -> Program:
    """Make the program of one training step: forward, loss, backward, update.

    A `bare` one has no penalties, and its layers behave as in prediction. On the way it
    has the gradient of every trainable parameter before clipping, ``d hidden.weight``.
    """

    def whole(trace: Trace) -> tuple[dict[str, Any], ...]:
        own = declared(trace, structure)
        rules = rules_for(structure, optimizer)
        memory = declared_memory(trace, structure, rules)
        inputs = {key: own[key] for key in structure.parameters}
        inputs |= flat(memory)
        inputs |= own  # states, x, seed and t behind what is trained
        inputs |= declared_target(trace, target)
        rate = trace.input("learning_rate", (), structure.dtype)
        inputs["learning_rate"] = rate
        x = data_of(inputs, "x", structure.input_shape)
        here = points(rules, inputs, memory)
        at = {**inputs, **here}
        output, feeding = forward(structure, trace, at, x, training=not bare)
        total = total_loss(
            trace, structure, loss, at, output, target=target, penalized=not bare
        )
        one = trace.lift(1, trace.dtype)
        slopes = pullback(total, list(here.values()), one)
        unclipped = dict(zip(here, slopes, strict=True))
        gradients = clipped(trace, unclipped, clip)
        outputs: dict[str, Any] = {"loss": total}
        outputs |= updated(trace, rules, inputs, memory, gradients)
        outputs |= feeding.updates
        inner = {f"d {key}": one for key, one in unclipped.items()}
        return used(inputs, outputs), outputs, inner

    label = f" of {name}" if name else ""
    doc = (
        f"One training step{label}: {structure_text(structure)}; loss {loss.name}; "
        f"{type(optimizer).__name__}."
    )
    return build("step", whole, dtype=structure.dtype, doc=doc)
