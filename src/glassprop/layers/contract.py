"""What a layer is: its parameters, its state, and a forward pass written in NumPy.

A layer is any object with ``forward(p, x, run)``. Where it has parameters or state it
says so with ``parameters(input_shape)`` and ``state(input_shape)``, each a dict from
name to `Parameter`; shapes are those of one sample, without the batch axis. Further
methods are optional: ``penalty(p)`` gives a number that is added to the loss;
``prior(p)`` one that is divided by the rows of the batch first, so that it counts once
for all rows together, as minus the logarithm of a prior does; ``learn(x)`` gives state
that is found once, from the training rows. So are two class attributes: ``takes_several
= True`` where `x` may be a tuple of arrays, ``least_rows = 2`` where fewer rows than
that are no batch to train on. A first layer may take codes of words: ``words`` then
holds, for each input column, how many words its codes 0, 1, ... stand for, 0 for a
number, and ``sources``, for each value that the layer gives, the column it is made of.
What explains a prediction tells of columns by these.

A layer of a user's own should be a frozen dataclass: its fields say all about it, so
that it can be compared, printed and saved. Any other object trains and predicts too,
but `Network.save` cannot write it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from glassprop.constraints import Constraint, get_constraint
from glassprop.errors import ArgumentError, shape_text
from glassprop.initializers import Initializer
from glassprop.options import refuse_class
from glassprop.trees import as_parts

SampleShape: TypeAlias = tuple[int, ...]
Shapes: TypeAlias = SampleShape | tuple[SampleShape, ...]


def rows_text(shapes: Shapes) -> str:
    """Write the shape of a batch, or of each part of one: ``(n, 4) and (n, 2)``."""
    return " and ".join(shape_text(("n", *one)) for one in as_parts(shapes))


START = "start"
"""The metadata of a field that holds start values: model files leave it out."""


@dataclass(frozen=True)
class Parameter:
    """An array that a layer owns.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    initializer : initializer, str, number, array or None
        What it starts as; an array gives the values themselves, None stands for
        Glorot's uniform distribution.
    trainable : bool
        Whether training changes it.
    constraint : callable or None
        The values that it may have: a function ``w -> w``, which every training step
        ends with, such as ``gp.constraints.MaxNorm(3.0)``. What it starts as is left.

    Raises
    ------
    ArgumentError
        If the constraint cannot be called with one array.
    """

    shape: SampleShape
    initializer: Initializer | str | float | NDArray[Any] | None = None
    trainable: bool = True
    constraint: Constraint | None = None

    def __post_init__(self) -> None:
        get_constraint(self.constraint)


def check_layer(layer: Any, where: str = "") -> None:
    """Refuse what is no layer; `where` stands in front of the message.

    Raises
    ------
    ArgumentError
        With the way to make it one.
    """
    refuse_class(layer, "a layer", where=where, call="...")
    if not callable(getattr(layer, "forward", None)):
        raise ArgumentError(
            f"{where}{layer!r} is not a layer: it has no method forward(p, x, run). "
            "A function becomes a layer as gp.Activation(function)."
        )


class Layer(Protocol):
    """The one method that every layer has."""

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give the layer's output for a batch, in NumPy.

        Parameters
        ----------
        p : mapping from str to array
            The layer's parameters by name.
        x : array of shape (n, ...)
            The batch.
        run : Run
            Whether it trains, random numbers, and the layer's state.
        """


@dataclass
class Run:
    """What a layer's forward pass may ask for besides its input.

    Parameters
    ----------
    training : bool
        Whether the program that is traced trains; a plain bool, so `if` works.
    state : mapping from str to array
        The layer's state by name.
    draw : callable
        ``draw(shape)`` gives random numbers from [0, 1).
    within : callable
        ``within(layer, x)`` gives the output of a layer inside of this one.
    """

    training: bool
    state: Mapping[str, Any]
    draw: Callable[[Any], Any]
    within: Callable[[Any, Any], Any]
    updates: dict[str, Any] = field(default_factory=dict)

    def feed(self, layer: Any, x: Any) -> Any:
        """Feed an array, or several, through a layer that stands inside of this one.

        Its parameters and state are found, named and trained with this layer's:
        ``block.dense_1.weight`` is the weight of the first dense layer that the layer
        `block` feeds. Each call is a layer of its own.

        Parameters
        ----------
        layer : layer
            The layer.
        x : array of shape (n, ...), or tuple of such
            What it is given.

        Returns
        -------
        array of shape (n, ...), or tuple of such
            Its output.
        """
        return self.within(layer, x)

    def random(self, shape: Any) -> Any:
        """Draw numbers from [0, 1), new ones each step.

        Parameters
        ----------
        shape : tuple
            The shape, which may hold the number of rows: ``x.shape``.
        """
        return self.draw(shape)

    def normal(self, shape: Any) -> Any:
        """Draw numbers of mean 0 and deviation 1, normally distributed.

        They are made of two uniform numbers each (Box and Muller 1958, equation 1), so
        none is above 8.6 in size, in float32 above 5.8.

        Parameters
        ----------
        shape : tuple
            The shape, which may hold the number of rows: ``x.shape``.
        """
        radius = np.sqrt(-2 * np.log(1 - self.random(shape)))
        noise = radius * np.cos(2 * np.pi * self.random(shape))
        return noise  # noqa: RET504  # programs call the value by this name

    def update(self, **values: Any) -> None:
        """Give state its next value, outside of the gradient."""
        self.updates.update(values)
