"""The programs that explain a prediction: one number of the output, and its slopes.

The *score* of a row is the number of its output that is explained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassprop.compiling import build
from glassprop.differentiate import pullback
from glassprop.feeding import Feeding, drawer
from glassprop.program import Program
from glassprop.programs import data_of, declared, used
from glassprop.structure import Structure, forward
from glassprop.summary import structure_text
from glassprop.trace import Trace
from glassprop.traced import Array
from glassprop.trees import as_parts, map_parts, part_names

SLOPE = "slope"  # in front of the name of what a result is the slope for


def score_program(structure: Structure, place: tuple[int, ...]) -> Program:
    """Make the program of the score of each row, and its slope for each input.

    Parameters
    ----------
    structure : Structure
        Random layers behave as in prediction.
    place : tuple of int
        Which output, and the index of the number in a row of it.

    Returns
    -------
    Program
        Results ``score`` of shape (n,), and ``slope x`` shaped like x.
    """

    def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
        inputs = declared(trace, structure)
        x = data_of(inputs, "x", structure.input_shape)
        output, _ = forward(structure, trace, inputs, x, training=False)
        part, g = _weighed(output, place)
        outputs = {"score": part[(slice(None), *place[1:])]}
        names = as_parts(part_names("x", structure.input_shape))
        outputs |= _slopes(names, trace.lift(part), as_parts(x), trace.lift(g))
        return used(inputs, outputs), outputs

    doc = f"A number of the output and its slopes: {structure_text(structure)}."
    return build("score", whole, dtype=structure.dtype, doc=doc)


def flow_program(structure: Structure, place: tuple[int, ...]) -> Program:
    """Make the program of what each layer gives, and of how the score flows back.

    With h_l what layer l gives, h_0 the input, F the score and m_l a mask shaped like a
    row of h_l, the slopes are

        s_L = dF / dh_L   and   s_l = (dh_{l+1} / dh_l)^T (m_{l+1} * s_{l+1})

    so that with masks of 1 they are those of F, and with a mask of a single 1 only what
    passes through that unit goes on.

    Parameters
    ----------
    structure : Structure
        Random layers behave as in prediction.
    place : tuple of int
        As for `score_program`.

    Returns
    -------
    Program
        Inputs ``mask h_1``, ...; results ``h_0``, ... and ``slope h_0``, ... for all
        layers but the last. Several arrays of one layer are numbered: ``h_1_2``.
    """

    def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
        inputs = declared(trace, structure)
        draw = drawer(trace, inputs["seed"], inputs["t"])
        feeding = Feeding(trace, lambda key, _: inputs[key], draw, training=False)
        given = [data_of(inputs, "x", structure.input_shape)]
        for one in structure.places:
            output, _ = feeding.feed(one.name, one.layer, given[-1])
            # Values of their own: a layer may give what it is given, beside more of it.
            given.append(map_parts(_same, output))
        outputs: dict[str, Any] = {}
        slopes: dict[str, Array] = {}
        behind = [_weighed(given[-1], place)]
        for level in reversed(range(len(structure.places))):
            parts = as_parts(given[level])
            names = _names(level, given[level])
            found: dict[str, Array] = {}
            for value, g in behind:
                back = _slopes(names, trace.lift(value), parts, trace.lift(g))
                found = {
                    key: found[key] + one if key in found else one
                    for key, one in back.items()
                }
            slopes |= found
            outputs |= dict(zip(names, parts, strict=True))
            masked = []
            for name, part in zip(names, parts, strict=True):
                mask = trace.input(f"mask {name}", part.node.shape[1:], trace.dtype)
                inputs[f"mask {name}"] = mask
                masked.append((part, mask * found[f"{SLOPE} {name}"]))
            behind = masked
        outputs |= slopes
        return used(inputs, outputs), outputs

    doc = f"The flow through the layers: {structure_text(structure)}."
    return build("flow", whole, dtype=structure.dtype, doc=doc)


def _weighed(output: Any, place: tuple[int, ...]) -> tuple[Any, Any]:
    """Give the part of the output that has the score, and a weight: 1 there, else 0."""
    part, *index = place
    array = as_parts(output)[part]
    weight = np.zeros(array.node.shape[1:], array.dtype)
    weight[tuple(index)] = 1
    return array, np.ones_like(array) * weight


def _names(level: int, parts: Any) -> tuple[str, ...]:
    return as_parts(part_names(f"h_{level}", parts))


def _slopes(
    names: Sequence[str], value: Array, parts: Sequence[Array], g: Array
) -> Mapping[str, Array]:
    """Give the slopes of a value, which g weighs, for some arrays."""
    trace = value.tracer
    with trace.within(scope=""):
        found = pullback(value, list(parts), g)
    return {
        f"{SLOPE} {name}": trace.lift(one)
        for name, one in zip(names, found, strict=True)
    }


def _same(value: Any) -> Any:
    return np.positive(value)
