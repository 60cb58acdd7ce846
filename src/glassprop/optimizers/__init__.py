"""Optimizers: how a gradient changes a parameter, written in NumPy and traced.

`OPTIMIZERS` are asked step by step, and each has a name for its defaults; `WRAPPERS` go
around another optimizer, and change what it is given or what it gives; `MINIMIZERS`
take all rows at once and find their own steps. `contract` says what an optimizer of
one's own must have: a learning rate and three methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from glassprop.errors import ArgumentError, did_you_mean, listing
from glassprop.optimizers.adam import Adam, AdamW, Nadam
from glassprop.optimizers.adaptive import Adagrad, RMSprop
from glassprop.optimizers.averaging import EMA, SWA
from glassprop.optimizers.contract import (
    NEEDED,
    Optimizer,
    constrained,
    point_of,
    rules_of,
)
from glassprop.optimizers.decay import WeightDecay
from glassprop.optimizers.descent import SGD
from glassprop.optimizers.lbfgs import LBFGS, Minimizer
from glassprop.optimizers.rates import LayerRates
from glassprop.optimizers.signs import Lion, Rprop
from glassprop.options import refuse_class

__all__ = [
    "EMA",
    "LBFGS",
    "MINIMIZERS",
    "OPTIMIZERS",
    "SGD",
    "SWA",
    "WRAPPERS",
    "Adagrad",
    "Adam",
    "AdamW",
    "LayerRates",
    "Lion",
    "Minimizer",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "Rprop",
    "WeightDecay",
    "constrained",
    "get_optimizer",
    "is_minimizer",
    "point_of",
    "rules_of",
]

NEEDED_TO_MINIMIZE = ("learning_rate", "init", "minimize")

OPTIMIZERS: Mapping[str, type[Any]] = MappingProxyType(
    {
        kind.__name__.lower(): kind
        for kind in (SGD, Adam, AdamW, Nadam, RMSprop, Adagrad, Lion, Rprop)
    }
)
"""Every optimizer that goes step by step, by its name, read-only."""

MINIMIZERS: Mapping[str, type[Any]] = MappingProxyType({"lbfgs": LBFGS})
"""Every optimizer that takes all rows at once, by its name, read-only."""

WRAPPERS: Mapping[str, type[Any]] = MappingProxyType(
    {kind.__name__: kind for kind in (WeightDecay, LayerRates, EMA, SWA)}
)
"""Every optimizer that goes around another, by the name of its class, read-only."""


def is_minimizer(optimizer: Any) -> bool:
    """Tell whether an optimizer takes all rows at once, and finds its own steps.

    Parameters
    ----------
    optimizer : Optimizer or Minimizer
        What `get_optimizer` gave.

    Returns
    -------
    bool
        Whether it has ``minimize``.
    """
    return hasattr(optimizer, "minimize")


def get_optimizer(spec: str | Optimizer | Minimizer) -> Any:
    """Give an optimizer by name, with its defaults, or as it is given.

    Parameters
    ----------
    spec : str, Optimizer or Minimizer
        A name of `OPTIMIZERS` or `MINIMIZERS`, or an optimizer.

    Returns
    -------
    Optimizer or Minimizer
        The optimizer.

    Raises
    ------
    ArgumentError
        If there is no optimizer of that name.
    """
    refuse_class(spec, "an optimizer")
    named = {**OPTIMIZERS, **MINIMIZERS}
    if not isinstance(spec, str):
        for names in (NEEDED, NEEDED_TO_MINIMIZE):
            if all(hasattr(spec, name) for name in names):
                return spec
    elif spec.lower() in named:
        return named[spec.lower()]()
    raise ArgumentError(
        f"unknown optimizer {spec!r}.{did_you_mean(str(spec), named)} Expected "
        f"{listing(named)}, or an optimizer such as gp.Adam(learning_rate=0.01)."
    )
