"""A learning rate of its own for each layer, around any optimizer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from glassprop.errors import ArgumentError, did_you_mean
from glassprop.optimizers.contract import Optimizer, Wrapper, rules_of
from glassprop.options import check_size


@dataclass(frozen=True)
class LayerRates(Wrapper):
    """Multiply the learning rate of some layers, or of some of their parameters.

    Parameters
    ----------
    optimizer : Optimizer
        What makes the steps.
    factors : mapping from str to float
        The factor, 0 or more, by what it is for: a layer, ``"hidden"``, a group of
        layers by the beginning of their path, or one parameter, ``"output.bias"``.
        Where several fit, the longest counts; where none does, the factor is 1.

    Raises
    ------
    ArgumentError
        If a factor is out of range, or `optimizer` does not go step by step; in `fit`,
        if the network has no such layer or parameter.

    Examples
    --------
    >>> import glassprop as gp
    >>> rates = gp.optimizers.LayerRates(gp.Adam(), {"dense_1": 0.1})
    >>> net = gp.Network([gp.Dense(2, "tanh"), gp.Dense(1)], loss="huber")
    >>> history = net.fit([[0.0, 1.0]], [[1.0]], optimizer=rates, verbose=False)
    """

    factors: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.factors, Mapping) or not all(
            isinstance(name, str) for name in self.factors
        ):
            raise ArgumentError(
                "LayerRates: factors must be a dict from layer or parameter to "
                f"number, {{'hidden': 0.1}}, got {self.factors!r}."
            )
        for name, factor in self.factors.items():
            check_size("LayerRates", f"the factor of {name!r}", factor)
        object.__setattr__(self, "factors", dict(self.factors))

    def rules(self, names: Iterable[str]) -> dict[str, Optimizer]:
        """Give each parameter the other's rule with its own factor."""
        names = list(names)
        self._check_known(names)
        inner = rules_of(self.optimizer, names)
        factors = {name: self._factor(name) for name in names}
        return {
            name: inner[name] if factor == 1 else Scaled(inner[name], factor)
            for name, factor in factors.items()
        }

    def _factor(self, name: str) -> float:
        fitting = [one for one in paths_of(name) if one in self.factors]
        return self.factors[fitting[-1]] if fitting else 1.0

    def _check_known(self, names: list[str]) -> None:
        known = list(dict.fromkeys(path for name in names for path in paths_of(name)))
        for name in self.factors:
            if name not in known:
                raise ArgumentError(
                    f"LayerRates: no layer or parameter is named {name!r}."
                    f"{did_you_mean(name, known)} There are {', '.join(known)}."
                )


@dataclass(frozen=True)
class Scaled(Wrapper):
    """Multiply the learning rate.

    Parameters
    ----------
    optimizer : Optimizer
        What makes the steps.
    factor : float
        By how much.
    """

    factor: float

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give the other's numbers for this rate."""
        scaled_rate = rate * self.factor
        return self.optimizer.scalars(scaled_rate, t)


def paths_of(name: str) -> list[str]:
    """Give the beginnings of a path and itself: ``a``, ``a.b``, ``a.b.weight``."""
    parts = name.split(".")
    return [".".join(parts[: at + 1]) for at in range(len(parts))]
