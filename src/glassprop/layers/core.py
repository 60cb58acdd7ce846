"""Layers of neurons, and layers that scale what comes to them.

Each is a frozen record; its fields say all about it, and can be written to a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassprop.constraints import Constraint, get_constraint
from glassprop.errors import ArgumentError, ShapeError, shape_text
from glassprop.initializers import (
    Initializer,
    default_initializer,
    get_initializer,
    not_finite,
)
from glassprop.layers.activations import Activation, activation_name, get_activation
from glassprop.layers.contract import START, Parameter, Run, SampleShape
from glassprop.options import check_size, is_whole


def with_given(
    parameters: Mapping[str, Parameter],
    given: Any,
    frozen: bool | str | Sequence[str],
) -> dict[str, Parameter]:
    """Put given start values into parameters, and freeze those that are named.

    Raises
    ------
    ArgumentError, ShapeError
        If a name is not a parameter's, or an array has another shape or is not finite.
    """
    if given is None:
        given = {}
    elif not isinstance(given, Mapping):
        values = list(given) if isinstance(given, list | tuple) else [given]
        if len(values) > len(parameters):
            raise ArgumentError(
                f"weights has {len(values)} arrays; expected at most "
                f"{len(parameters)}: {', '.join(parameters)}."
            )
        given = dict(zip(parameters, values, strict=False))
    if isinstance(frozen, bool):
        stopped = list(parameters) if frozen else []
    else:
        stopped = [frozen] if isinstance(frozen, str) else list(frozen)
    for which, names in (("weights", given), ("frozen", stopped)):
        for name in names:
            if name not in parameters:
                raise ArgumentError(
                    f"{which} names {name!r}; this layer has "
                    f"{', '.join(parameters) or 'no parameters'}."
                )
    return {
        name: replace(
            parameter,
            initializer=given_array(name, given[name], parameter.shape)
            if name in given
            else parameter.initializer,
            trainable=parameter.trainable and name not in stopped,
        )
        for name, parameter in parameters.items()
    }


def check_frozen(kind: str, frozen: Any) -> None:
    """Refuse what says neither whether nor which parameters stay as they are.

    Raises
    ------
    ArgumentError
        With the layer's kind in front.
    """
    listed = isinstance(frozen, Sequence) and all(
        isinstance(one, str) for one in frozen
    )
    if not isinstance(frozen, bool) and not listed:
        raise ArgumentError(
            f"{kind}: frozen must be True, False or names of parameters, got "
            f"{frozen!r}."
        )


def given_array(name: str, value: ArrayLike, shape: SampleShape) -> Any:
    """Give a parameter's given values as an array of the right shape."""
    try:
        array = np.array(value, np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{name}: expected numbers; NumPy says: {error}") from None
    if array.shape != shape:
        hint = " Transpose it." if array.shape == shape[::-1] else ""
        raise ShapeError(
            f"expected {name} of shape {shape_text(shape)}, got "
            f"{shape_text(array.shape)}.{hint}"
        )
    wrong = not_finite(array)
    if wrong:
        raise ArgumentError(
            f"the given {name} has {wrong}. Give finite numbers, or leave it out to "
            "start from the initializer."
        )
    return array


@dataclass(frozen=True)
class Dense:
    """A layer of neurons, each connected to every input: ``activation(x @ W + b)``.

    Parameters
    ----------
    units : int
        The number of neurons.
    activation : str, callable or None
        The name of an activation, a function of one array, or None for none.
    bias : bool
        Whether each neuron has a bias.
    initializer : initializer, str, number or None
        What the weight starts as; None for He's normal distribution before
        rectifiers and Glorot's uniform distribution else. Biases start at zero.
    weights : mapping from str to array, or sequence of arrays, or None
        Given start values: ``{"weight": W, "bias": b}``, ``(W, b)`` or ``(W,)``, with
        W of shape (inputs, units) and b of shape (units,).
    frozen : bool, str or sequence of str
        True, or the names of the parameters that training leaves as they are.
    l1, l2 : float
        Penalties ``l1 * sum(abs(W))`` and ``l2 * sum(W * W)``, added to the loss.
    prior_precision : float
        That of a normal prior of the weight, whose mean is 0: ``prior_precision *
        sum(W * W) / 2``, over the rows of the batch, is added to the loss. So it counts
        once for all rows together, as scikit-learn's ``alpha``, where `l2` counts once
        for each.
    constraint : callable or None
        The values that the weight may have, such as ``gp.constraints.MaxNorm(3.0)``: a
        function of W that every training step ends with.
    name : str or None
        The layer's name; None for ``dense_1`` and so on.

    Raises
    ------
    ArgumentError
        If an argument has no meaning.

    Examples
    --------
    >>> import glassprop as gp
    >>> gp.Dense(3, "tanh").parameters((2,))["weight"].shape
    (2, 3)
    """

    units: int
    activation: str | Activation | None = None
    _: KW_ONLY
    bias: bool = True
    initializer: Initializer | str | float | None = None
    weights: Mapping[str, ArrayLike] | Sequence[ArrayLike] | None = field(
        default=None, compare=False, repr=False, metadata={START: True}
    )
    frozen: bool | str | Sequence[str] = ()
    l1: float = 0.0
    l2: float = 0.0
    prior_precision: float = 0.0
    constraint: Constraint | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        if not is_whole(self.units) or self.units < 1:
            raise ArgumentError(
                f"Dense: units must be a positive integer, got {self.units!r}."
            )
        object.__setattr__(self, "units", int(self.units))
        get_activation(self.activation)
        if self.initializer is not None:
            get_initializer(self.initializer)
        if not isinstance(self.bias, bool | np.bool):
            raise ArgumentError(
                f"Dense: bias must be True or False, got {self.bias!r}. Its start "
                "value goes into weights, {'bias': b}."
            )
        check_frozen("Dense", self.frozen)
        get_constraint(self.constraint)
        for which in ("l1", "l2", "prior_precision"):
            check_size("Dense", which, getattr(self, which))

    def parameters(self, input_shape: SampleShape) -> dict[str, Parameter]:
        """Give the weight, and the bias if there is one."""
        if not input_shape:
            raise ShapeError(
                "expected input of at least two dimensions, (n, features), got (n,). "
                "One feature is a column: X[:, None]."
            )
        start = self.initializer
        if start is None:
            start = default_initializer(activation_name(self.activation))
        shape = (input_shape[-1], self.units)
        made = {"weight": Parameter(shape, start, constraint=self.constraint)}
        if self.bias:
            made["bias"] = Parameter((self.units,), 0.0)
        return with_given(made, self.weights, self.frozen)

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give ``activation(x @ W + b)``."""
        z = x @ p["weight"] + p["bias"] if self.bias else x @ p["weight"]
        a = get_activation(self.activation)(z)
        return a  # noqa: RET504  # programs call the value by this name

    def penalty(self, p: Mapping[str, Any]) -> Any:
        """Give the L1 and L2 penalties of the weight; biases are free."""
        w = p["weight"]
        terms = [self.l1 * np.sum(np.abs(w))] if self.l1 else []
        terms += [self.l2 * np.sum(w * w)] if self.l2 else []
        return sum(terms[1:], terms[0]) if terms else 0.0

    def prior(self, p: Mapping[str, Any]) -> Any:
        """Give minus the logarithm of the weight's prior, but for a constant."""
        if not self.prior_precision:
            return 0.0
        w = p["weight"]
        return 0.5 * self.prior_precision * np.sum(w * w)


@dataclass(frozen=True)
class Scale:
    """Multiply by given factors and add given offsets: ``x * factor + offset``.

    Parameters
    ----------
    factor : number or sequence of numbers
        One for all, or one a feature; none of them 0.
    offset : number or sequence of numbers
        One for all, or one a feature.
    name : str or None
        The layer's name.

    Raises
    ------
    ArgumentError
        If a number is not finite, or a factor is 0.
    """

    factor: ArrayLike
    offset: ArrayLike = 0.0
    _: KW_ONLY
    name: str | None = None

    def __post_init__(self) -> None:
        for name in ("factor", "offset"):
            given = getattr(self, name)
            value = np.asarray(given)
            if value.dtype.kind not in "biuf" or not np.isfinite(value).all():
                raise ArgumentError(
                    f"Scale: {name} must be finite numbers, got {given!r}."
                )
            if name == "factor" and not value.all():
                raise ArgumentError(
                    f"Scale: factor must not be 0, got {given!r}: it would make every "
                    "row alike. Leave out columns that say nothing before the call."
                )
            object.__setattr__(self, name, _plain_numbers(value.tolist()))

    def parameters(self, input_shape: SampleShape) -> dict[str, Parameter]:
        """Give factor, and offset if there is one; training leaves them as they are."""
        given = {"factor": np.asarray(self.factor, np.float64)}
        if np.any(np.asarray(self.offset)):
            given["offset"] = np.asarray(self.offset, np.float64)
        for name, value in given.items():
            if value.shape not in ((), input_shape[-1:]):
                raise ShapeError(
                    f"expected one {name}, or one for each feature of the input "
                    f"{shape_text(('n', *input_shape))}, got shape "
                    f"{shape_text(value.shape)}."
                )
        return {
            name: Parameter(value.shape, value, trainable=False)
            for name, value in given.items()
        }

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give ``x * factor + offset``."""
        scaled = x * p["factor"]
        if "offset" in p:
            scaled = scaled + p["offset"]
        return scaled


def _plain_numbers(value: Any) -> Any:
    """Turn lists into tuples, so that records can be compared and hashed."""
    if isinstance(value, list):
        return tuple(_plain_numbers(one) for one in value)
    return value


@dataclass(frozen=True)
class Standardize:
    """Give each feature mean 0 and standard deviation 1 over the training rows.

    Mean and deviation are learned once, from the rows that the first `fit` trains on;
    they belong to the network from then on. Missing values (NaN) do not count; a
    constant feature is only shifted.

    Parameters
    ----------
    name : str or None
        The layer's name.
    """

    _: KW_ONLY
    name: str | None = None

    def state(self, input_shape: SampleShape) -> dict[str, Parameter]:
        """Give the mean and the scale of each feature."""
        shape = input_shape[-1:]
        return {"mean": Parameter(shape, 0.0), "scale": Parameter(shape, 1.0)}

    def learn(self, x: Any) -> dict[str, Any]:
        """Find mean and scale of the training rows, missing values left out."""
        axes = tuple(range(max(x.ndim - 1, 1)))
        present = np.isfinite(x)
        count = np.maximum(present.sum(axis=axes), 1)
        mean = np.where(present, x, 0).sum(axis=axes) / count
        deviation = np.where(present, x - mean, 0)
        scale = np.sqrt((deviation * deviation).sum(axis=axes) / count)
        tiny = scale <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
        return {"mean": mean, "scale": np.where(tiny, 1.0, scale)}

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give ``(x - mean) / scale``."""
        standardized = (x - run.state["mean"]) / run.state["scale"]
        return standardized  # noqa: RET504  # programs call the value by this name
