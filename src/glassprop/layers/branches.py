"""Layers made of layers: a way around, side by side, joined again.

They feed the layers inside of them with `run.feed`, which finds, names and trains their
parameters. Where a layer takes or gives several arrays, these are a tuple.

A *branch* is a layer, or a list of layers that follow one another; an empty list hands
on what it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np

from glassprop.errors import ArgumentError, ShapeError, shape_text
from glassprop.layers.contract import Run, check_layer

Branch = tuple[Any, ...]


def _branch(kind: str, given: Any) -> Branch:
    """Give a branch as a tuple of layers."""
    branch = tuple(given) if isinstance(given, list | tuple) else (given,)
    for layer in branch:
        check_layer(layer, f"{kind}: ")
    return branch


def _branches(kind: str, given: Any) -> tuple[Branch, ...]:
    if callable(getattr(given, "forward", None)) or not isinstance(given, list | tuple):
        raise ArgumentError(
            f"{kind}: expected a list of branches, each a layer or a list of layers, "
            f"got {given!r}. Write gp.{kind}([gp.Dense(4), gp.Dense(4)])."
        )
    return tuple(_branch(kind, one) for one in given)


def _fed(run: Run, branch: Branch, x: Any) -> Any:
    """Feed x through the layers of a branch."""
    for layer in branch:
        x = run.feed(layer, x)
    return x


def _results(branches: Sequence[Branch], x: Any, run: Run) -> tuple[Any, ...]:
    """Give what each branch makes: of x, or of its own part where x has several."""
    parts = x if isinstance(x, tuple) else (x,) * len(branches)
    if len(parts) != len(branches):
        shapes = " and ".join(shape_text(part.shape) for part in parts)
        raise ShapeError(
            f"expected one input for all {len(branches)} branches, or one for each, "
            f"got {len(parts)}, of shapes {shapes}."
        )
    return tuple(
        _fed(run, branch, part) for branch, part in zip(branches, parts, strict=True)
    )


def _to_join(branches: Sequence[Branch], x: Any, run: Run) -> tuple[Any, ...]:
    """Give the arrays to join: one of each branch, without branches the parts of x."""
    if not branches and not isinstance(x, tuple):
        raise ShapeError(
            f"expected several inputs, got one, of shape {shape_text(x.shape)}. Give "
            "the layer branches, or feed it what gives several, gp.Parallel([...])."
        )
    parts = _results(branches, x, run) if branches else x
    for at, part in enumerate(parts):
        if isinstance(part, tuple):
            raise ShapeError(
                f"branch {at + 1} gives {_several_text(part)}; expected one array. "
                "Join them at its end, gp.Concatenate()."
            )
    return tuple(parts)


def _several_text(parts: tuple[Any, ...]) -> str:
    """Say what several arrays look like, and which layers gave them."""
    shapes = " and ".join(
        f"{shape_text(part.shape)}{_origin(part, ' from {!r}')}" for part in parts
    )
    return f"{len(parts)} arrays, {shapes}"


def _origin(part: Any, form: str) -> str:
    """Say which layer gave an array, by its path; nothing of the network's input."""
    path = part.node.scope
    return form.format(path) if path else ""


def _pair_text(branches: Sequence[Branch], parts: Sequence[Any], at: int) -> str:
    """Say what the first branch or input is and what another is, and who gave them."""
    word, verb = ("branch", "gives") if branches else ("input", "is")
    return " and ".join(
        f"{word} {one + 1}{_origin(parts[one], ', {!r},')} {verb} "
        f"{shape_text(parts[one].shape)}"
        for one in (0, at)
    )


@dataclass(frozen=True)
class Residual:
    """Add what layers make of the input to the input: ``x + layers(x)``.

    The slope of the sum has a 1 in it, so that deep networks learn (He, Zhang, Ren and
    Sun 2016, "Deep residual learning for image recognition", equation 1).

    Parameters
    ----------
    layers : layer or list of layers
        What stands in the way around; its output has the shape of its input.
    name : str or None
        The layer's name.

    Raises
    ------
    ShapeError
        If the layers give another shape than they get.

    Examples
    --------
    >>> import glassprop as gp
    >>> block = gp.Residual([gp.Dense(8, "relu"), gp.Dense(4)], name="block")
    >>> net = gp.Network([block, gp.Dense(1)], input_shape=4)
    >>> [name for name in net.parameters if name.startswith("block")][:2]
    ['block.dense_1.weight', 'block.dense_1.bias']
    """

    layers: Sequence[Any]
    _: KW_ONLY
    name: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", _branch("Residual", self.layers))

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give the sum of input and output."""
        made = _fed(run, tuple(self.layers), x)
        if isinstance(made, tuple) or made.shape != x.shape:
            given = (
                _several_text(made)
                if isinstance(made, tuple)
                else f"{shape_text(made.shape)}{_origin(made, ' from {!r}')}"
            )
            raise ShapeError(
                "expected the layers inside to give the shape that comes in, "
                f"{shape_text(x.shape)}{_origin(x, ' from {!r}')}, got {given}. Let "
                "the last of them have as many outputs as the first has inputs."
            )
        total = x + made
        return total  # noqa: RET504  # programs call the value by this name


@dataclass(frozen=True)
class Parallel:
    """Feed branches side by side; the output is a tuple, one part a branch.

    Parameters
    ----------
    branches : list of branches
        Each gets the input; of several inputs each gets its own, in order.
    name : str or None
        The layer's name.

    Raises
    ------
    ShapeError
        If there are several inputs, but not one for each branch.

    Examples
    --------
    Two inputs, each with a layer of its own, then joined:

    >>> import numpy as np
    >>> import glassprop as gp
    >>> net = gp.Network(
    ...     [gp.Parallel([gp.Dense(3), gp.Dense(2)]), gp.Concatenate(), gp.Dense(1)]
    ... )
    >>> net((np.ones((5, 8)), np.ones((5, 2)))).shape
    (5, 1)
    """

    branches: Sequence[Any]
    _: KW_ONLY
    name: str | None = None

    takes_several: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "branches", _branches("Parallel", self.branches))
        if not self.branches:
            raise ArgumentError("Parallel: expected at least one branch, got [].")

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give the branches' outputs, side by side."""
        results = _results(self.branches, x, run)
        return results if len(results) > 1 else results[0]


@dataclass(frozen=True)
class Concatenate:
    """Join several arrays along an axis: what branches make, or several inputs.

    Parameters
    ----------
    branches : list of branches
        What is fed and joined; without any the input itself is joined, which is then
        a tuple.
    axis : int
        The axis of one sample, counted from 0 without the batch; -1 is the last.
    name : str or None
        The layer's name.

    Raises
    ------
    ShapeError
        If the arrays differ in another axis than the one they are joined along.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> wide_and_deep = gp.Concatenate([[], [gp.Dense(16, "relu"), gp.Dense(4)]])
    >>> gp.Network([wide_and_deep, gp.Dense(1)])(np.ones((5, 8))).shape
    (5, 1)
    """

    branches: Sequence[Any] = ()
    _: KW_ONLY
    axis: int = -1
    name: str | None = None

    takes_several: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "branches", _branches("Concatenate", self.branches))
        if isinstance(self.axis, bool) or not isinstance(self.axis, int):
            raise ArgumentError(
                f"Concatenate: axis must be a whole number, got {self.axis!r}."
            )

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give the arrays, joined."""
        parts = _to_join(self.branches, x, run)
        axis = self._checked_axis(parts)
        joined = np.concatenate(parts, axis=axis) if len(parts) > 1 else parts[0]
        return joined  # noqa: RET504  # programs call the value by this name

    def _checked_axis(self, parts: Sequence[Any]) -> int:
        """Give the axis of the arrays, the batch counted; refuse what does not join."""
        first = parts[0]
        rank: int = first.ndim - 1
        if not -rank <= self.axis < rank:
            raise ShapeError(
                f"axis {self.axis} is none of a sample of shape "
                f"{shape_text(first.shape[1:])}{_origin(first, ' from {!r}')}. Count "
                "from 0, without the batch."
            )
        axis = self.axis % rank + 1

        def others(part: Any) -> tuple[Any, ...]:
            return (*part.shape[:axis], *part.shape[axis + 1 :])

        for at, part in enumerate(parts):
            if part.ndim != first.ndim or others(part) != others(first):
                raise ShapeError(
                    f"{_pair_text(self.branches, parts, at)}, which do not join along "
                    f"axis {self.axis} of a sample: all other axes must be equal."
                )
        return axis


@dataclass(frozen=True)
class Add:
    """Add several arrays of one shape: what branches make, or several inputs.

    Parameters
    ----------
    branches : list of branches
        What is fed and added; without any the parts of the input are added, which is
        then a tuple.
    name : str or None
        The layer's name.

    Raises
    ------
    ShapeError
        If the shapes differ; none is broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> both = gp.Add([gp.Dense(3, "tanh"), gp.Dense(3)])
    >>> gp.Network([both])(np.ones((5, 8))).shape
    (5, 3)
    """

    branches: Sequence[Any] = ()
    _: KW_ONLY
    name: str | None = None

    takes_several: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "branches", _branches("Add", self.branches))

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give the sum."""
        parts = _to_join(self.branches, x, run)
        total = parts[0]
        for at, part in enumerate(parts[1:], 1):
            if part.shape != total.shape:
                raise ShapeError(
                    f"{_pair_text(self.branches, parts, at)}; only arrays of one shape "
                    "are added."
                )
            total = total + part
        return total
