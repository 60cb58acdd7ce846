"""What an optimizer is, and what one that builds on another passes on to it.

An optimizer is a frozen record with three methods. ``init(w)`` gives the arrays it
remembers for a parameter, by name. ``scalars(rate, t)`` gives the numbers that all
parameters share in step t, which counts from 1. ``update(w, g, state, scalars)`` gives
the parameter's next value and what is remembered next.

Three methods more are optional, each with a function here that stands for it where it
is missing. ``rules(names)`` gives the rule for each parameter, where they differ.
``point(w, state)`` says where the loss is computed, if not at the network's own value.
``constrained(keep)`` gives the optimizer whose steps end in a set.

Vocabulary: ``w`` is a parameter, ``g`` its gradient, ``rate`` the learning rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import numpy as np

from glassprop.errors import ArgumentError, ShapeError, shape_text
from glassprop.options import refuse_class

State = dict[str, Any]
Keep = Callable[[Any], Any]
NEEDED = ("learning_rate", "init", "scalars", "update")
Wrapping = TypeVar("Wrapping", bound="Wrapper")


class Optimizer(Protocol):
    """What every optimizer has."""

    @property
    def learning_rate(self) -> float:
        """The step size that schedules start from."""

    def init(self, w: Any) -> State:
        """Give the arrays that are remembered for a parameter."""

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give what all parameters share in a step."""

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Give a parameter's next value, and what is remembered next."""


def rules_of(optimizer: Optimizer, names: Iterable[str]) -> dict[str, Optimizer]:
    """Give the rule for each parameter: what ``rules`` says, else the optimizer.

    Parameters
    ----------
    optimizer : Optimizer
        That of the whole network.
    names : iterable of str
        All its parameters, ``layer.name``.

    Returns
    -------
    dict from str to Optimizer
        A rule for each.

    Raises
    ------
    ArgumentError
        If the optimizer names a parameter that there is not.
    """
    choose = getattr(optimizer, "rules", None)
    found: dict[str, Optimizer]
    found = dict.fromkeys(names, optimizer) if choose is None else choose(list(names))
    return found


def point_of(optimizer: Optimizer, w: Any, state: State) -> Any:
    """Give where the loss is computed: what ``point`` says, else `w`.

    Parameters
    ----------
    optimizer : Optimizer
        The rule for this parameter.
    w : array
        The network's value of it.
    state : dict from str to array
        What the rule remembers.

    Returns
    -------
    array of the shape of w
        The point.
    """
    find = getattr(optimizer, "point", None)
    return w if find is None else find(w, state)


def inside(optimizer: Any) -> Iterator[Any]:
    """Give an optimizer, what it stands around, what that stands around, and so on.

    Parameters
    ----------
    optimizer : Optimizer
        The outermost.
    """
    while optimizer is not None:
        yield optimizer
        optimizer = getattr(optimizer, "optimizer", None)


def averages(optimizer: Any) -> bool:
    """Tell whether an optimizer, or one inside of it, gives averages of the weights.

    Parameters
    ----------
    optimizer : Optimizer
        The outermost.
    """
    return any(getattr(one, "averaging", False) for one in inside(optimizer))


def constrained(optimizer: Optimizer, keep: Keep, name: str) -> Optimizer:
    """Give a rule whose steps end where `keep` puts them.

    An optimizer that averages what another gives has the other's steps kept, not the
    average.

    Parameters
    ----------
    optimizer : Optimizer
        The rule for this parameter.
    keep : callable
        ``keep(w)`` gives the value that a parameter may have, for one it has not.
    name : str
        The parameter's, for errors.

    Returns
    -------
    Optimizer
        The rule with the constraint.
    """
    pass_on = getattr(optimizer, "constrained", None)
    if pass_on is None:
        return Constrained(optimizer, keep, name)
    found: Optimizer = pass_on(keep, name)
    return found


@dataclass(frozen=True)
class Wrapper:
    """An optimizer around another: by itself it changes nothing.

    Parameters
    ----------
    optimizer : Optimizer
        The other.
    """

    optimizer: Optimizer

    def __post_init__(self) -> None:
        inner, kind = self.optimizer, type(self).__name__
        refuse_class(inner, "an optimizer", where=f"{kind}: ")
        if not all(hasattr(inner, one) for one in NEEDED):
            raise ArgumentError(
                f"{kind}: expected an optimizer that goes step by step, such as "
                f"gp.Adam(), got {inner!r}."
            )

    @property
    def learning_rate(self) -> float:
        """The other's."""
        return self.optimizer.learning_rate

    def init(self, w: Any) -> State:
        """Remember what the other does."""
        return self.optimizer.init(w)

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give the other's numbers."""
        return self.optimizer.scalars(rate, t)

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Take the other's step."""
        return self.optimizer.update(w, g, state, scalars)

    def point(self, w: Any, state: State) -> Any:
        """Give the other's point."""
        return point_of(self.optimizer, w, state)

    def rules(self: Wrapping, names: Iterable[str]) -> dict[str, Optimizer]:
        """Put this around the other's rule for each parameter."""
        inner = rules_of(self.optimizer, names)
        return {name: replace(self, optimizer=rule) for name, rule in inner.items()}

    def constrained(self: Wrapping, keep: Keep, name: str) -> Wrapping:
        """Have the other's steps kept."""
        return replace(self, optimizer=constrained(self.optimizer, keep, name))


@dataclass(frozen=True)
class Constrained(Wrapper):
    """Take a step, then put the parameter where a constraint wants it.

    Parameters
    ----------
    optimizer : Optimizer
        What makes the steps.
    keep : callable
        The constraint.
    name : str
        The parameter's.
    """

    keep: Keep
    name: str

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Give what the constraint makes of the other's step."""
        moved, following = self.optimizer.update(w, g, state, scalars)
        kept = self.keep(moved)
        if np.shape(kept) != np.shape(w):
            raise ShapeError(
                f"{self.name}: its constraint must give shape "
                f"{shape_text(np.shape(w))}, as it is given, got "
                f"{shape_text(np.shape(kept))}."
            )
        return kept, following
