"""Losses: plain functions of a network's output and the target, one number a row.

`LOSSES` names them. A `Loss` also says how the output becomes probabilities and a
decision, and what a target looks like. Losses of classes start from logits, the raw
output of the last layer, because the stable form needs them.

Vocabulary: ``output`` is what the last layer gives, (n, k); ``z`` the same where it is
logits; ``y`` is the target.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from glassprop.errors import ArgumentError, did_you_mean, listing
from glassprop.functions import logsumexp, sigmoid, softmax, softplus
from glassprop.layers.contract import Shapes
from glassprop.signatures import check_call
from glassprop.trees import as_parts

LossFunction: TypeAlias = Callable[[Any, Any], Any]
TARGETS = ("any", "values", "binary", "classes")


def half_squared_error(output: Any, y: Any) -> Any:
    """Give half the sum over outputs of the squared error: its slope is the error.

    Parameters
    ----------
    output, y : array of shape (n, ...)
        What the network gives, and what it should give.

    Returns
    -------
    array of shape (n,)
        ``sum((output - y)**2) / 2`` of each row.
    """
    error = output - y
    return 0.5 * np.sum(error * error, axis=_sample_axes(output))


def mean_squared_error(output: Any, y: Any) -> Any:
    """Give the mean over outputs of the squared error.

    Parameters
    ----------
    output, y : array of shape (n, ...)
        What the network gives, and what it should give.

    Returns
    -------
    array of shape (n,)
        ``mean((output - y)**2)`` of each row.
    """
    error = output - y
    return np.mean(error * error, axis=_sample_axes(output))


def mean_absolute_error(output: Any, y: Any) -> Any:
    """Give the mean over outputs of the absolute error; its slope at 0 is 0.

    Parameters
    ----------
    output, y : array of shape (n, ...)
        What the network gives, and what it should give.

    Returns
    -------
    array of shape (n,)
        ``mean(abs(output - y))`` of each row.
    """
    error = output - y
    return np.mean(np.abs(error), axis=_sample_axes(output))


def huber(output: Any, y: Any) -> Any:
    """Give half the squared error up to 1, and from there a straight line.

    Parameters
    ----------
    output, y : array of shape (n, ...)
        What the network gives, and what it should give.

    Returns
    -------
    array of shape (n,)
        The mean over outputs of ``e**2 / 2`` where ``abs(e) <= 1``, else
        ``abs(e) - 1 / 2`` (Huber 1964, "Robust estimation of a location parameter").
    """
    size = np.abs(output - y)
    small = np.minimum(size, 1)
    return np.mean(small * (size - 0.5 * small), axis=_sample_axes(output))


def binary_cross_entropy(z: Any, y: Any) -> Any:
    """Give minus the log likelihood of two classes, from logits.

    Parameters
    ----------
    z : array of shape (n, k)
        Logits: the chance of class 1 is ``sigmoid(z)``.
    y : array of shape (n, k), or of integers of shape (n,) where k is 1
        0 or 1, or a chance between.

    Returns
    -------
    array of shape (n,)
        The sum over outputs of ``log(1 + exp(z)) - y * z``, which is
        ``-y * log(p) - (1 - y) * log(1 - p)``.
    """
    if y.ndim < z.ndim:
        y = y[:, None]
    return np.sum(softplus(z) - y * z, axis=_sample_axes(z))


def cross_entropy(z: Any, y: Any) -> Any:
    """Give minus the log likelihood of one of k classes, from logits.

    Parameters
    ----------
    z : array of shape (n, k)
        Logits: the chances are ``softmax(z)``.
    y : array of integers of shape (n,), or of shape (n, k)
        The class, 0 to k - 1, or the chance of each class ("one-hot").

    Returns
    -------
    array of shape (n,)
        ``log(sum(exp(z))) - z[y]``, which is ``-log(softmax(z)[y])``.
    """
    last = z.ndim - 1
    if y.ndim == z.ndim:
        log_p = z - logsumexp(z, axis=last, keepdims=True)
        return -np.sum(y * log_p, axis=last)
    chosen = y[..., None] == np.arange(z.shape[last])
    log_total = logsumexp(z, axis=last)
    return log_total - np.sum(np.where(chosen, z, 0), axis=last)


def _sample_axes(output: Any) -> tuple[int, ...]:
    return tuple(range(1, output.ndim))


# The records --------------------------------------------------------------------------


@dataclass(frozen=True)
class Loss:
    """A loss, and what follows from it.

    Parameters
    ----------
    name : str
        Its name.
    function : callable
        ``function(output, y)`` gives one number a row, or one number in all.
    target : str
        ``values``: shaped like the output; ``binary``: 0 or 1; ``classes``: 0 to k - 1
        or one-hot; ``any``: whatever the user's own function takes.
    probabilities : callable or None
        From output to probabilities, where the loss defines them.

    Raises
    ------
    ArgumentError
        If an argument is of another kind, or a function takes other arguments.
    """

    name: str
    function: LossFunction
    target: str = "any"
    probabilities: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise ArgumentError(f"Loss: name must be a str, got {self.name!r}.")
        if self.target not in TARGETS:
            raise ArgumentError(
                f"Loss {self.name!r}: target must be {listing(TARGETS)}, got "
                f"{self.target!r}."
            )
        for which in ("function", "probabilities"):
            given = getattr(self, which)
            if not callable(given) and (which == "function" or given is not None):
                raise ArgumentError(
                    f"Loss {self.name!r}: {which} must be a function, got {given!r}."
                )
        check_call("loss", self.function, ("output", "y"), gives="one number a row")
        if self.probabilities is not None:
            check_call("probabilities of a loss", self.probabilities, ("output",))

    def __hash__(self) -> int:
        # A function of the user's own may have no hash: an object with __call__.
        return hash((self.name, self.target))

    @property
    def classifies(self) -> bool:
        """Whether a prediction is a class."""
        return self.target in ("binary", "classes")

    @property
    def each(self) -> tuple[Loss, ...]:
        """The loss of each output: of the only one."""
        return (self,)

    @property
    def factors(self) -> tuple[float, ...]:
        """How much each output's loss counts."""
        return (1.0,)


@dataclass(frozen=True)
class Several:
    """A loss for each output of a network that has several.

    What training makes small is the sum of the mean losses, each times its weight.

    Parameters
    ----------
    losses : sequence of str, Loss or function
        In the order of the outputs.
    weights : sequence of float or None
        How much each counts, 0 or more; None for 1 each.

    Raises
    ------
    ArgumentError
        If a loss is unknown, or there is not a weight for each.

    Examples
    --------
    >>> Several(["cross_entropy", "mean_squared_error"], weights=[1, 0.5]).name
    'cross_entropy + 0.5 * mean_squared_error'
    """

    losses: Sequence[Any]
    weights: Sequence[float] | None = None

    def __post_init__(self) -> None:
        listed = isinstance(self.losses, Sequence) and not isinstance(self.losses, str)
        if not listed or not self.losses:
            raise ArgumentError(
                f"Several: losses must be a list, one for each output, got "
                f"{self.losses!r}."
            )
        losses = tuple(get_one_loss(one) for one in self.losses)
        weights = (1.0,) * len(losses) if self.weights is None else tuple(self.weights)
        if len(weights) != len(losses) or not all(
            isinstance(one, Real) and 0 <= one < math.inf for one in weights
        ):
            raise ArgumentError(
                f"Several: weights must be {len(losses)} finite numbers >= 0, one for "
                f"each loss, got {self.weights!r}."
            )
        object.__setattr__(self, "losses", losses)
        object.__setattr__(self, "weights", tuple(float(one) for one in weights))

    @property
    def probabilities(self) -> Callable[..., Any] | None:
        """Whether a loss defines probabilities: that of the first which does."""
        found = [one.probabilities for one in self.each if one.probabilities]
        return found[0] if found else None

    @property
    def name(self) -> str:
        """The sum, as a formula."""
        return " + ".join(
            one.name if factor == 1 else f"{factor:g} * {one.name}"
            for one, factor in zip(self.each, self.factors, strict=True)
        )

    @property
    def each(self) -> tuple[Loss, ...]:
        """The loss of each output."""
        return tuple(self.losses)

    @property
    def factors(self) -> tuple[float, ...]:
        """How much each output's loss counts."""
        return tuple(self.weights or ())


AnyLoss: TypeAlias = Loss | Several
LossSpec: TypeAlias = str | AnyLoss | LossFunction | Sequence[Any]


def check_outputs(loss: AnyLoss, output_shape: Shapes) -> None:
    """Refuse another number of losses than a network has outputs.

    Raises
    ------
    ArgumentError
        With both numbers.
    """
    outputs = len(as_parts(output_shape))
    if outputs != len(loss.each):
        names = ", ".join(repr(one.name) for one in loss.each)
        raise ArgumentError(
            f"loss: expected one for each of the network's {outputs} "
            f"output{'s' * (outputs > 1)}, got {len(loss.each)}: {names}. "
            + (
                "Pass a list, loss=['cross_entropy', 'mean_squared_error'], in the "
                "order of the outputs."
                if outputs > 1
                else "Join the outputs, or drop the other losses."
            )
        )


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        loss.name: loss
        for loss in (
            Loss("half_squared_error", half_squared_error, "values"),
            Loss("mean_squared_error", mean_squared_error, "values"),
            Loss("mean_absolute_error", mean_absolute_error, "values"),
            Loss("huber", huber, "values"),
            Loss("binary_cross_entropy", binary_cross_entropy, "binary", sigmoid),
            Loss("cross_entropy", cross_entropy, "classes", softmax),
        )
    }
)


def get_loss(spec: LossSpec) -> AnyLoss:
    """Give the record of a loss by name, a record, or a function of the user's own.

    Parameters
    ----------
    spec : str, Loss, Several, callable or list of such
        A name of `LOSSES`, a record, or ``f(output, y)`` that gives one number a row,
        or one in all; a list has one for each output of a network with several.

    Returns
    -------
    Loss or Several
        The record; a function of the user's own takes any target.

    Raises
    ------
    ArgumentError
        If there is no loss of that name, or a function takes other arguments.
    """
    if isinstance(spec, Several):
        return spec
    return Several(spec) if isinstance(spec, list | tuple) else get_one_loss(spec)


def get_one_loss(spec: Any) -> Loss:
    """Give the record of the loss of one output.

    Parameters
    ----------
    spec : str, Loss or callable
        As for `get_loss`.

    Returns
    -------
    Loss
        The record.

    Raises
    ------
    ArgumentError
        If there is no loss of that name, or a function takes other arguments.
    """
    if isinstance(spec, Loss):
        return spec
    if callable(spec):
        for loss in LOSSES.values():
            if loss.function is spec:
                return loss
        return Loss(getattr(spec, "__name__", type(spec).__name__), spec)
    if isinstance(spec, str) and spec in LOSSES:
        return LOSSES[spec]
    raise ArgumentError(
        f"unknown loss {spec!r}.{did_you_mean(str(spec), LOSSES)} Expected "
        f"{listing(LOSSES)}, or a function of (output, y)."
    )
