"""Layers around functions: activations, one whose slope is learned, any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np

from glassprop.errors import ArgumentError
from glassprop.initializers import Initializer, get_initializer
from glassprop.layers.activations import Activation as ActivationFunction
from glassprop.layers.activations import get_activation
from glassprop.layers.contract import Parameter, Run, SampleShape
from glassprop.layers.core import check_frozen, with_given
from glassprop.options import check_switch
from glassprop.signatures import check_call


@dataclass(frozen=True)
class Activation:
    """An activation function as a layer of its own.

    Parameters
    ----------
    function : str or callable
        The name of an activation, or a function of one array.
    name : str or None
        The layer's name.
    """

    function: str | ActivationFunction
    _: KW_ONLY
    name: str | None = None

    def __post_init__(self) -> None:
        get_activation(self.function)

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give ``function(x)``."""
        a = get_activation(self.function)(x)
        return a  # noqa: RET504  # programs call the value by this name


@dataclass(frozen=True)
class PReLU:
    """A rectifier whose slope below 0 is learned: x where x > 0, else ``slope * x``.

    He, Zhang, Ren and Sun 2015, "Delving deep into rectifiers", equation 1; slopes
    start at 0.25 as there. The paper advises against weight decay on them. PyTorch's
    default is one slope for all features, ``shared=True`` here; Keras' is one for each
    value of a sample.

    Parameters
    ----------
    shared : bool
        Whether all features have one slope; else each feature, the last axis, its own.
    initializer : initializer, str or number
        What slopes start as.
    frozen : bool, str or sequence of str
        True, or ``"slope"``, for slopes that training leaves as they are.
    name : str or None
        The layer's name.

    Raises
    ------
    ArgumentError
        If an option has no meaning.
    """

    _: KW_ONLY
    shared: bool = False
    initializer: Initializer | str | float = 0.25
    frozen: bool | str | Sequence[str] = ()
    name: str | None = None

    def __post_init__(self) -> None:
        check_switch("PReLU", "shared", self.shared)
        get_initializer(self.initializer)
        check_frozen("PReLU", self.frozen)

    def parameters(self, input_shape: SampleShape) -> dict[str, Parameter]:
        """Give the slope, or that of each feature."""
        shape = () if self.shared else input_shape[-1:]
        made = {"slope": Parameter(shape, self.initializer)}
        return with_given(made, None, self.frozen)

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give x where it is positive, else ``slope * x``."""
        a = np.where(x > 0, x, p["slope"] * x)
        return a  # noqa: RET504  # programs call the value by this name


@dataclass(frozen=True)
class Lambda:
    """Any function as a layer, of one array or of several.

    It has no parameters; a layer with parameters is a class with ``forward(p, x,
    run)``, see `Parameter`.

    Parameters
    ----------
    function : callable
        Takes an array of shape (n, ...), or as many arrays as the layer is given, and
        gives an array with the same rows, or a tuple of such.
    name : str or None
        The layer's name.

    Raises
    ------
    ArgumentError
        If it is no function, or takes another number of arrays than it is given.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> apart = gp.Lambda(lambda left, right: np.abs(left - right))
    >>> net = gp.Network([gp.Parallel([gp.Dense(4), gp.Dense(4)]), apart])
    >>> net((np.ones((5, 8)), np.ones((5, 2)))).shape
    (5, 4)
    """

    function: Callable[..., Any]
    _: KW_ONLY
    name: str | None = None

    takes_several: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not callable(self.function) or isinstance(self.function, type):
            raise ArgumentError(
                f"Lambda: function must be a function, got {self.function!r}. Named "
                "activations are gp.Activation(name)."
            )

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give ``function(x)``, or ``function(x_1, x_2)`` of several."""
        given = x if isinstance(x, tuple) else (x,)
        several = [f"x_{at}" for at in range(1, len(given) + 1)]
        names = several if isinstance(x, tuple) else ["x"]
        check_call("function", self.function, names)
        made = self.function(*given)
        return tuple(made) if isinstance(made, list) else made
