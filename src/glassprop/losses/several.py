"""A loss for each output of a network that has several."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from glassprop.errors import ArgumentError
from glassprop.layers.contract import Shapes
from glassprop.losses.records import Loss, LossFunction, get_one_loss
from glassprop.options import is_number
from glassprop.trees import as_parts


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
        given = (1.0,) * len(losses) if self.weights is None else self.weights
        weights = tuple(given) if isinstance(given, Iterable) else ()
        if len(weights) != len(losses) or not all(
            is_number(one) and 0 <= one < math.inf for one in weights
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

    Parameters
    ----------
    loss : Loss or Several
        What there is.
    output_shape : tuple of int, or tuple of such
        Of one row; several for several outputs.

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
