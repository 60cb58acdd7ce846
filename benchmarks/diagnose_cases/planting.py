"""What faults are planted with, and how a person takes them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

import glassprop as gp
from diagnose_cases.case import Case

Pairs = Iterator[tuple[Case, Case]]


def planted(faults: Mapping[str, Callable[[], Pairs]], first_seed: int) -> Pairs:
    """Give each case the name of what is planted, and its twin the same seed."""
    for seed, (condition, plant) in enumerate(faults.items(), first_seed):
        for case, twin in plant():
            yield (
                replace(case, condition=condition, seed=seed),
                replace(twin, seed=seed),
            )


def told(case: Case, **options: Any) -> Case:
    """Give the same training with other options of `fit`."""
    return replace(case, options={**case.options, **options})


def changed(case: Case, at: int, **fields: Any) -> Case:
    """Give the same training with one layer changed."""
    layers = list(case.layers)
    layers[at] = replace(layers[at], **fields)
    return replace(case, layers=layers)


def as_in(twin: Case, *options: str) -> Callable[..., Any]:
    """Make a person who repairs by hand: the twin's layers, and some of its options."""

    def by_hand(_layers: Any, given: Mapping[str, Any], y: Any) -> Any:
        repaired = {**given, **{key: twin.options[key] for key in options}}
        return list(twin.layers), repaired, y

    return by_hand


def necked(case: Case, units: int) -> Case:
    *others, last = case.layers
    neck = gp.Dense(units, "tanh", name="neck")
    return replace(case, layers=[*others, neck, last])


def fewer_of_one(case: Case) -> Case:
    """Leave one class a few rows, and weigh it."""
    least = max(2, len(case.y) // 25 // (int(case.y.max()) + 1))
    many = np.flatnonzero(case.y != 1)
    few = np.flatnonzero(case.y == 1)[:least]
    kept = np.sort(np.concatenate([many, few]))
    options = {**case.options, "class_weight": "balanced"}
    return replace(case, X=case.X[kept], y=case.y[kept], options=options)


def fewer(case: Case, rows: int) -> Case:
    return replace(case, X=case.X[:rows], y=case.y[:rows])
