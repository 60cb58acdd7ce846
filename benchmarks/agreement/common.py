"""What a comparison is, how a difference is measured, and numbers to compare on.

A `Case` holds one entry of a registry, with some options, against its counterpart in
PyTorch. Both sides give `Numbers`: under each column of the printed table, arrays by
name. `Family` is all of a registry: its cases, the entries that have no counterpart,
each with the reason, and the `Difference` of convention between the two.

PyTorch is imported when it is first used, so that this package can be read without it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = dict[str, dict[str, Array]]

TOLERANCE = 1e-10
FLOOR = 1e-4


class Lazy:
    """A module that is imported when it is first used.

    Parameters
    ----------
    module : str
        Its name.
    """

    def __init__(self, module: str) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.module), name)


torch = Lazy("torch")
F = Lazy("torch.nn.functional")


# What there is to compare -------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One entry of a registry, with options, against PyTorch.

    Parameters
    ----------
    entry : str
        Its name in the registry.
    options : str
        What sets this case apart from the entry's others.
    counterpart : str
        What it is compared with.
    ours, theirs : callable
        Give the numbers of either side.
    brief : callable or None
        Gives those of our side that the tests look at; None for all.
    """

    entry: str
    options: str
    counterpart: str
    ours: Callable[[], Numbers]
    theirs: Callable[[], Numbers]
    brief: Callable[[], Numbers] | None = None

    @property
    def name(self) -> str:
        """The entry and its options."""
        return ", ".join(filter(None, (self.entry, self.options)))


@dataclass(frozen=True)
class Difference:
    """A number on which the two differ, and mean to.

    Parameters
    ----------
    where : str
        What the number is.
    ours, theirs : callable
        Give it.
    why : str
        The reason, in sentences.
    """

    where: str
    ours: Callable[[], float]
    theirs: Callable[[], float]
    why: str


def apart(ours: float, theirs: float) -> bool:
    """Tell whether two numbers differ by more than what counts as equal."""
    return worst(np.float64(ours), np.float64(theirs), 0) > TOLERANCE


@dataclass(frozen=True)
class Drawn:
    """What is random: what both sides make of many ones, and what it should be like.

    Parameters
    ----------
    name : str
        The layer.
    ours, theirs : callable
        Give an output.
    mean, deviation : float
        What is expected of it.
    """

    name: str
    ours: Callable[[], Array]
    theirs: Callable[[], Array]
    mean: float
    deviation: float

    def fits(self, found: Array) -> bool:
        """Tell whether the mean is within 5 standard errors, the deviation within 1 %.

        Parameters
        ----------
        found : array
            An output.
        """
        error = self.deviation / found.size**0.5
        near = abs(found.mean() - self.mean) <= 5 * error
        return bool(near and abs(found.std() / self.deviation - 1) <= 0.01)


@dataclass(frozen=True)
class Family:
    """All entries of some registries.

    Parameters
    ----------
    name : str
        What they are.
    entries : collection of str
        The registries' names.
    cases : sequence of Case
        At least one for each entry that has a counterpart.
    alone : mapping from str to str
        The entries that have none, with the reason.
    differences : sequence of Difference
        Where the two differ by convention.
    drawn : sequence of Drawn
        What is random, and therefore compared by its mean and deviation.
    """

    name: str
    entries: Collection[str]
    cases: Sequence[Case]
    alone: Mapping[str, str]
    differences: Sequence[Difference] = ()
    drawn: Sequence[Drawn] = ()

    def missing(self) -> list[str]:
        """Say what stands in the registries but not here, and the other way around."""
        compared, found = {case.entry for case in self.cases}, []
        for entry in self.entries:
            if entry not in compared and entry not in self.alone:
                found.append(
                    f"{self.name}: {entry!r} is compared with nothing. Add a Case to "
                    f"benchmarks/agreement/{self.name}.py, or the reason why PyTorch "
                    "has no counterpart to its ALONE."
                )
            if entry in compared and entry in self.alone:
                found.append(
                    f"{self.name}: {entry!r} has a Case and stands in ALONE too."
                )
        found += [
            f"{self.name}: there is no {entry!r}; remove it from "
            f"benchmarks/agreement/{self.name}.py."
            for entry in sorted((compared | set(self.alone)) - set(self.entries))
        ]
        names = [case.name for case in self.cases]
        found += [
            f"{self.name}: two cases are named {name!r}. Give them other options."
            for name in sorted({one for one in names if names.count(one) > 1})
        ]
        return found


# How a difference is measured ---------------------------------------------------------


def worst(ours: Array, theirs: Array, floor: float = FLOOR) -> float:
    """Give the largest relative difference of two arrays, entry by entry.

    Each is relative to the other side's entry, or to `floor` times the array's largest
    where that is more, because an entry that is left over when large numbers cancel is
    no more exact than these. Where one side has NaN or an infinity, so must the other.
    """
    one, two = np.broadcast_arrays(np.asarray(ours, float), np.asarray(theirs, float))
    if one.shape != np.shape(ours) or two.shape != np.shape(theirs):
        return np.inf
    same = (one == two) | (np.isnan(one) & np.isnan(two))
    if same.all():
        return 0.0
    size = np.abs(two)
    finite = np.isfinite(one) & np.isfinite(two)
    if not (same | finite).all():
        return np.inf
    least = floor * np.max(size, where=finite, initial=0)
    with np.errstate(over="ignore", divide="ignore"):
        apart = np.abs(one - two)[~same] / np.maximum(size, least)[~same]
    return float(apart.max())


def worst_of(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> float:
    """Give the largest difference of the arrays of a column.

    Those whose name begins with ``each`` are measured entry by entry, without a floor.
    """
    if set(ours) != set(theirs):
        missing = sorted(set(ours) ^ set(theirs))
        raise ValueError(f"only one side has {', '.join(missing)}")
    return max(
        worst(ours[name], theirs[name], 0 if name.startswith("each") else FLOOR)
        for name in ours
    )


# Numbers to compare on ----------------------------------------------------------------


def numbers(seed: int, *shape: int) -> Array:
    """Make numbers between -2 and 2, the same bits on every machine and version.

    Parameters
    ----------
    seed : int
        Another one gives others.
    *shape : int
        The shape.
    """
    state, found = 7919 * (seed + 1), []
    for _ in range(int(np.prod(shape)) + 3):
        state = (1103515245 * state + 12345) % 2**31
        found.append(state / 2**29 - 2)
    return np.array(found[3:]).reshape(shape)


def tensor(array: Any, *, slope: bool = True) -> Any:
    """Make a tensor of an array; with `slope`, one whose gradient is asked for."""
    made = torch.tensor(np.array(array))
    return made.requires_grad_() if slope and made.is_floating_point() else made


def plain(value: Any) -> Array:
    """Give a tensor's values as an array; zeros stay what they are."""
    return np.array(value.detach() if hasattr(value, "detach") else value)
