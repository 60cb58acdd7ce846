"""A network's gradients, and how far they are from finite differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.built import Built
from glassprop.compiling import Compiled
from glassprop.losses import AnyLoss
from glassprop.programs import gradient_program
from glassprop.randomness import CHECK, generator, stream_of
from glassprop.rows import Rows
from glassprop.structure import arrange

ENTRIES = 20  # entries of each parameter that are moved one by one, at most
EPS = 1e-5
ROUNDING = 10  # last digits of a loss that may be wrong
FINE, DOUBTFUL = 1e-7, 1e-4  # CS231n, "Neural networks part 3"


@dataclass(frozen=True)
class GradientCheck(Mapping[str, float]):
    """How far each gradient is from finite differences: a mapping from name to error.

    The error of a parameter is ``norm(a - n) / (norm(a) + norm(n))``, a being the
    derived and n the numerical slopes of the entries that were moved. Of ``norm(a -
    n)`` comes off what the rounding of the losses alone may make.

    Parameters
    ----------
    errors : dict from str to float
        By parameter.
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


def gradients(built: Built, rows: Rows, loss: AnyLoss) -> dict[str, NDArray[Any]]:
    """Give the gradient of the mean loss, penalties included, by parameter.

    Random layers behave as in prediction.
    """
    structure = built.structure
    compiled: Compiled = built.compiled(
        ("gradients", loss, rows.target),
        lambda: Compiled(gradient_program(structure, loss, rows.target)),
    )
    with np.errstate(all="ignore"):
        found = compiled.named({**built.given(), **rows.data()})
    return {
        key: np.array(found[f"d {key}"], structure.dtype) for key in structure.trainable
    }


def check_gradients(built: Built, rows: Rows, loss: AnyLoss) -> GradientCheck:
    """Compare derived gradients with centred differences, in float64.

    Each parameter is moved along up to 20 of its axes and one random direction. The
    network is traced again in float64; random layers behave as in prediction.
    """
    before = built.structure
    layers = [place.layer for place in before.places]
    structure = arrange(layers, before.input_shape, np.float64)
    compiled = Compiled(gradient_program(structure, loss, rows.target))
    data = {
        key: array.astype(np.float64) if array.dtype.kind == "f" else array
        for key, array in rows.data().items()
    }
    values = {key: np.array(one, np.float64) for key, one in built.values.items()}
    given = {**built.given(), **values, **data}

    def results() -> dict[str, Any]:
        with np.errstate(all="ignore"):
            return compiled.named(given)

    derived = results()
    errors: dict[str, float] = {}
    for name in structure.trainable:
        rng = generator(built.seed, stream_of(name, CHECK))
        here = given[name]
        slopes: list[tuple[float, float, float]] = []
        for direction in _directions(here, rng):
            losses = []
            for sign in (1, -1):
                given[name] = here + sign * EPS * direction
                losses.append(float(results()["loss"]))
            given[name] = here
            exact = float(np.sum(derived[f"d {name}"] * direction))
            noise = ROUNDING * np.spacing(max(map(abs, losses))) / EPS
            slopes.append((exact, (losses[0] - losses[1]) / (2 * EPS), noise))
        errors[name] = _relative(slopes)
    return GradientCheck(errors)


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
