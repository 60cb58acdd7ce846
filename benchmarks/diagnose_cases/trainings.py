"""What trainings are made of: hidden layers, the last one for the loss, options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import glassprop as gp
from diagnose_cases.case import Case
from diagnose_cases.tables import table
from glassprop.losses import get_loss

CLASSES, NUMBERS = "cross_entropy", "mean_squared_error"


def dense(widths: tuple[int, ...], activation: Any, **more: Any) -> list[Any]:
    """Give hidden layers, named in order."""
    return [
        gp.Dense(width, activation, name=f"hidden_{at}", **more)
        for at, width in enumerate(widths, 1)
    ]


def training(
    name: str, hidden: list[Any], optimizer: Any = None, **options: Any
) -> Case:
    """Make a training on scaled columns; the last layer fits the loss."""
    found = table(name)
    loss = options.pop("loss", CLASSES if found.classes else NUMBERS)
    binary = isinstance(loss, str) and get_loss(loss).each[0].target == "binary"
    units = (1 if binary else found.classes) or found.y.shape[1]
    widest = max((getattr(one, "units", 0) for one in hidden), default=0)
    given = {
        "loss": loss,
        "optimizer": optimizer or gp.Adam(0.01 if widest < 100 else 0.002),
        "epochs": 50,
        **options,
    }
    layers = [*hidden, gp.Dense(units, name="out")]
    kinds = " ".join(
        str(getattr(one, "units", type(one).__name__.lower())) for one in hidden
    )
    return Case(f"{name}, {kinds or 'linear'}", found.scaled, found.y, layers, given)


def counted(case: Case) -> Case:
    """Give counts from 0 to 4 to learn instead of numbers."""
    return replace(case, y=np.round(1.5 + np.clip(case.y, -1.5, 2.5)))


def named(cases: Iterable[Case], first_seed: int) -> Iterator[Case]:
    """Give each training a seed, and the optimizer in its name."""
    for seed, case in enumerate(cases, first_seed):
        kind = type(case.options["optimizer"]).__name__
        yield replace(case, name=f"{case.name}, {kind}", seed=seed)
