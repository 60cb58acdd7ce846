"""Run a layer on both sides, forward and backward, in training and in prediction.

A `Row` is a layer, what it is tried on, and the same in PyTorch. Every parameter starts
from the same numbers on both sides. A step in training, two where there is state, each
on rows of its own; then a prediction with the state that these have left. What comes
from above is a fixed array, so that no slope cancels by symmetry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import glassprop as gp
from agreement.common import (
    Array,
    Case,
    Numbers,
    numbers,
    plain,
    tensor,
    torch,
)
from glassprop.compiling import Compiled, build
from glassprop.differentiate import pullback
from glassprop.feeding import ROWS
from glassprop.structure import forward, penalties
from glassprop.trees import as_parts, map_parts

REAL = np.dtype(np.float64)
STEPS = ("training", "training again", "prediction")


@dataclass
class Ran:
    """What the other side may know of a run besides parameters and rows.

    Parameters
    ----------
    training : bool
        Whether it is one of training.
    state : dict from str to tensor
        The layer's state, to be written into.
    output : array
        What our side gave, where that was random.
    """

    training: bool
    state: dict[str, Any]
    output: Any


Theirs = Callable[[dict[str, Any], Any, Ran], Any]


@dataclass(frozen=True, eq=False)
class Row:
    """A layer, what it is tried on, and the same in PyTorch.

    Parameters
    ----------
    options : str
        What sets it apart.
    layer : layer
        The layer.
    shapes : list of tuple of int
        Of one sample; several for several inputs.
    counterpart : str
        The name of what it is compared with.
    theirs : callable
        ``theirs(p, x, run)`` gives the output.
    penalty : callable or None
        ``penalty(p)`` gives what is added to the loss; None for nothing.
    steps : tuple of str
        Which of `STEPS` are compared.
    """

    options: str
    layer: Any
    shapes: list[tuple[int, ...]]
    counterpart: str
    theirs: Theirs
    penalty: Callable[[dict[str, Any]], Any] | None = None
    steps: tuple[str, ...] = (STEPS[0], STEPS[-1])

    @property
    def case(self) -> Case:
        """The row as a case."""
        return Case(
            type(self.layer).__name__,
            self.options,
            self.counterpart,
            lambda: ours(self),
            lambda: theirs(self),
        )

    def rows(self, step: str) -> Any:
        """Give the rows of a step, a tuple of arrays for several inputs."""
        first = 10 * STEPS.index(step)
        parts = tuple(
            numbers(first + at, 6, *shape) for at, shape in enumerate(self.shapes)
        )
        return parts if len(parts) > 1 else parts[0]

    def network(self) -> gp.Network:
        """Make a network of the layer alone, with fixed start values."""
        net = gp.Network([self.layer])
        net(self.rows(STEPS[0]))
        for at, name in enumerate(net.structure.trainable):
            start = numbers(50 + at, *np.shape(net.parameters[name]))
            net.parameters[name] = start
        net.learn(self.rows(STEPS[0]))
        return net


# Our side -----------------------------------------------------------------------------


def compiled(net: gp.Network, training: bool) -> Compiled:
    """Make the program of a layer's output, and of all slopes of it."""
    structure = net.structure

    def named(name: str, shapes: Any) -> dict[str, Any]:
        return {f"{name}_{at}": one for at, one in enumerate(as_parts(shapes))}

    def whole(trace: Any) -> Any:
        known = {**structure.parameters, **structure.state}
        inputs = {key: trace.input(key, one.shape, REAL) for key, one in known.items()}
        inputs["seed"] = trace.input("seed", (), np.int64)
        inputs["t"] = trace.input("t", (), REAL)
        wanted = {key: inputs[key] for key in structure.parameters}
        for key, shape in named("x", structure.input_shape).items():
            inputs[key] = wanted[key] = trace.input(key, (ROWS, *shape), REAL)
        for key, shape in named("up", structure.output_shape).items():
            inputs[key] = trace.input(key, (ROWS, *shape), REAL)
        parts = iter([one for key, one in inputs.items() if key.startswith("x_")])
        x = map_parts(lambda _: next(parts), structure.input_shape)
        output, feeding = forward(structure, trace, inputs, x, training=training)
        outputs = named("output", output)
        extra = penalties(structure, trace, inputs)
        outputs |= {f"penalty_{at}": one for at, one in enumerate(extra)}
        total = sum(extra)
        for at, one in enumerate(as_parts(output)):
            total = total + np.sum(one * inputs[f"up_{at}"])
        slopes = pullback(total, list(wanted.values()), trace.lift(1.0))
        outputs |= {f"d {key}": one for key, one in zip(wanted, slopes, strict=True)}
        return inputs, outputs | feeding.updates

    return Compiled(build("compared", whole))


def run(net: gp.Network, x: Any, training: bool) -> dict[str, Array]:
    """Run a network forward and backward; its state moves."""
    outputs = map_parts(
        lambda shape: (len(as_parts(x)[0]), *shape), net.structure.output_shape
    )
    given = {"seed": np.int64(3), "t": np.float64(1), **net.values}
    given |= {f"x_{at}": one for at, one in enumerate(as_parts(x))}
    given |= {
        f"up_{at}": numbers(90 + at, *shape)
        for at, shape in enumerate(as_parts(outputs))
    }
    found = compiled(net, training).named(given)
    return {key: np.array(one) for key, one in found.items()}


@cache
def our_runs(row: Row) -> dict[str, dict[str, Array]]:
    """Run each step of a row; the state is there with the outputs."""
    net, found = row.network(), {}
    for step in row.steps:
        found[step] = run(net, row.rows(step), step != "prediction")
        state = {key: np.array(net.values[key]) for key in net.structure.state}
        found[step] |= {f"state {key}": one for key, one in state.items()}
    return found


def parted(found: dict[str, dict[str, Any]]) -> Numbers:
    """Sort what the steps gave into columns."""
    columns: Numbers = {"value": {}, "gradient": {}}
    for step, each in found.items():
        for key, one in each.items():
            column = "gradient" if key.startswith("d ") else "value"
            columns[column][f"{step}: {key}"] = one
    return columns


def ours(row: Row) -> Numbers:
    """Give our side of a row."""
    return parted(our_runs(row))


# Their side ---------------------------------------------------------------------------


def theirs(row: Row) -> Numbers:
    """Give PyTorch's side of a row."""
    net, found = row.network(), {}
    prefix = f"{net.structure.places[0].name}."
    p = {key: tensor(net.values[key]) for key in net.structure.parameters}
    state = {key: tensor(net.values[key], slope=False) for key in net.structure.state}
    short = {key.removeprefix(prefix): one for key, one in p.items()}
    inside = {key.removeprefix(prefix): one for key, one in state.items()}
    for step in row.steps:
        x = map_parts(tensor, row.rows(step))
        output = our_runs(row)[step].get("output_0")
        made = row.theirs(short, x, Ran(step != "prediction", inside, output))
        each: dict[str, Any] = {}
        total = row.penalty(short) if row.penalty else 0
        if row.penalty:
            each["penalty_0"] = plain(total)
        for at, one in enumerate(as_parts(made)):
            each[f"output_{at}"] = plain(one)
            total = total + (one * tensor(numbers(90 + at, *one.shape))).sum()
        wanted = {**p, **{f"x_{at}": one for at, one in enumerate(as_parts(x))}}
        slopes = torch.autograd.grad(total, list(wanted.values()))
        each |= {f"d {key}": plain(g) for key, g in zip(wanted, slopes, strict=True)}
        each |= {f"state {key}": plain(one) for key, one in state.items()}
        found[step] = each
    return parted(found)
