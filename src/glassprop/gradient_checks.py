"""Derived gradients against finite differences, entry by entry and along directions.

`check_gradient` checks a function of the user's; `slope_error` is what it, and the
check of a network, compare one array with. `GradientCheck` is what both give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.arguments import (
    Function,
    Wrt,
    bound_arguments,
    called,
    check_floats,
    checked_function,
    chosen_names,
)
from glassprop.transforms import by_name, gradient
from glassprop.trees import filled, leaves, map_leaves

ENTRIES = 20  # entries of each array that are moved one by one, at most
EPS = 1e-5
ROUNDING = 10  # last digits of a value that may be wrong
FINE, DOUBTFUL = 1e-7, 1e-4  # CS231n, "Neural networks part 3"


@dataclass(frozen=True)
class GradientCheck(Mapping[str, float]):
    """How far each gradient is from finite differences: a mapping from name to error.

    The error of an array is ``norm(a - n) / (norm(a) + norm(n))``, a being the derived
    and n the numerical slopes of the entries that were moved. Of ``norm(a - n)`` comes
    off what the rounding of the values alone may make.

    Parameters
    ----------
    errors : dict from str to float
        By parameter, or by argument of a function.
    """

    errors: dict[str, float]

    def __getitem__(self, name: str) -> float:
        return self.errors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.errors)

    def __len__(self) -> int:
        return len(self.errors)

    @property
    def worst(self) -> float:
        """The largest error; NaN where one is NaN."""
        return float(np.max(list(self.errors.values()), initial=0.0))

    @property
    def ok(self) -> bool:
        """Whether every error is below 1e-4, where CS231n begins to doubt."""
        return self.worst < DOUBTFUL

    def __str__(self) -> str:
        width = max((len(name) for name in self.errors), default=0)
        return "\n".join(
            f"{name:<{width}}  {error:.1e}  {_verdict(error)}"
            for name, error in self.errors.items()
        )


def _verdict(error: float) -> str:
    if error <= FINE:
        return "fine"
    if error < DOUBTFUL:
        return "good"
    return "doubtful" if error < 1e-2 else "wrong"


def check_gradient(
    f: Function, *arguments: Any, wrt: Wrt = 0, seed: int = 0, **keywords: Any
) -> GradientCheck:
    """Compare the gradient of a function with centred differences, in float64.

    Each array is moved along up to 20 of its axes, and along one random direction if it
    has more entries. The function itself is called for the differences, with plain
    arrays; float32 arrays among its arguments are converted to float64 first, arrays
    that it brings along are not.

    Where a function has no slope, or one that is chosen, the two differ, and neither is
    wrong: at a corner of ``np.maximum`` or ``np.abs``, where values that are sorted are
    equal, at a jump of ``np.floor``. Move the point a little. They also differ where
    `stop_gradient` stands.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy, that gives one number.
    *arguments : array, number, or nested dicts, lists and tuples of these
        The point, as `f` takes it.
    wrt : int, str, or a sequence of them
        The arguments to differentiate with respect to, as for `gradient`.
    seed : int
        Of the entries that are moved, and of the direction.
    **keywords : array, number, or nested dicts, lists and tuples of these
        More of the point.

    Returns
    -------
    GradientCheck
        A mapping from each array's name to its error, with ``ok``, ``worst``, and a
        verdict for each when printed: up to 1e-7 is fine.

    Raises
    ------
    TraceError
        If `f` cannot be traced or does not give one number.

    References
    ----------
    CS231n, "Neural networks part 3", gives the error and what to think of it.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> check = gp.check_gradient(lambda x: np.sum(np.sin(x)), np.array([0.5, 2.0]))
    >>> check.ok
    True
    >>> list(check)
    ['x']
    """
    way = "and then its arguments: glassprop.check_gradient(f, x)"
    checked_function("check_gradient", f, way)
    given = bound_arguments(f, arguments, keywords)
    names = chosen_names(f, given, wrt)
    for name in names:
        check_floats(name, given[name])
    wide = {name: map_leaves(_widened, tree) for name, tree in given.items()}
    slopes = called(by_name(f, gradient(f, names)), wide)
    paths = [path for path, _ in leaves({name: wide[name] for name in names})]
    exact = [leaf for _, leaf in leaves(slopes)]
    values = {path: leaf for path, leaf in leaves(wide)}
    rng = np.random.default_rng(seed)

    def error(path: str, slope: Any) -> float:
        def value(moved: Any) -> float:
            point = filled(wide, iter({**values, path: moved}.values()))
            return float(called(f, point))

        return slope_error(value, slope, np.asarray(values[path]), rng)

    pairs = zip(paths, exact, strict=True)
    return GradientCheck({path: error(path, slope) for path, slope in pairs})


def _widened(leaf: Any) -> Any:
    """Give floats as float64, and everything else as it is."""
    array = np.asarray(leaf)
    return array.astype(np.float64)[()] if array.dtype.kind == "f" else leaf


def slope_error(
    value: Callable[[NDArray[Any]], float],
    exact: NDArray[Any],
    here: NDArray[Any],
    rng: np.random.Generator,
) -> float:
    """Give the error of derived slopes of a function of one array.

    Parameters
    ----------
    value : callable
        The function, from an array like `here` to a number.
    exact : array of the shape of `here`
        Its derived slopes.
    here : array
        The point.
    rng : numpy Generator
        Chooses the entries that are moved, and the direction.

    Returns
    -------
    float
        ``norm(a - n) / (norm(a) + norm(n))``, 0 if there is nothing to move.
    """
    eps = EPS * max(1.0, float(np.max(np.abs(here), initial=0.0)))
    slopes: list[tuple[float, float, float]] = []
    for direction in _directions(here, rng):
        ahead, behind = (value(here + sign * eps * direction) for sign in (1, -1))
        noise = ROUNDING * np.spacing(max(abs(ahead), abs(behind))) / eps
        derived = float(np.sum(exact * direction))
        slopes.append((derived, (ahead - behind) / (2 * eps), noise))
    return _relative(slopes) if slopes else 0.0


def _directions(
    here: NDArray[Any], rng: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    chosen = rng.permutation(here.size)[:ENTRIES]
    for at in chosen:
        axis = np.zeros(here.size)
        axis[at] = 1
        yield axis.reshape(here.shape)
    if here.size > ENTRIES:
        direction = rng.standard_normal(here.shape)
        yield direction / np.linalg.norm(direction)


def _relative(slopes: list[tuple[float, float, float]]) -> float:
    exact, numerical, noise = np.array(slopes).T
    size = float(np.linalg.norm(exact) + np.linalg.norm(numerical))
    apart = float(np.linalg.norm(exact - numerical) - np.linalg.norm(noise))
    return max(apart, 0.0) / size if size else 0.0
