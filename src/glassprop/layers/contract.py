"""What a layer is: its parameters, its state, and a forward pass written in NumPy.

A layer is any object with ``forward(p, x, run)``. Where it has parameters or state it
says so with ``parameters(input_shape)`` and ``state(input_shape)``, each a dict from
name to `Parameter`; shapes are those of one sample, without the batch axis. Further
methods are optional: ``penalty(p)`` gives a number that is added to the loss,
``learn(x)`` gives state that is found once, from the training rows.

A layer of a user's own should be a frozen dataclass: its fields say all about it, so
that it can be compared, printed and saved. Any other object trains and predicts too,
but `Network.save` cannot write it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from numpy.typing import NDArray

from glassprop.errors import shape_text
from glassprop.initializers import Initializer
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
    """

    shape: SampleShape
    initializer: Initializer | str | float | NDArray[Any] | None = None
    trainable: bool = True


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

    def update(self, **values: Any) -> None:
        """Give state its next value, outside of the gradient."""
        self.updates.update(values)
