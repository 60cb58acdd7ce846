"""Activations: values and slopes at ordinary points, far out, and at the kinks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import glassprop as gp
from agreement.common import (
    Case,
    Difference,
    F,
    Family,
    Numbers,
    numbers,
    plain,
    tensor,
    torch,
)
from glassprop.layers.activations import ACTIVATIONS

ORDINARY = 4 * numbers(1, 8, 4)
KINKS = np.array([[0.0, -0.0], [3.0, -3.0], [6.0, -6.0]])
FAR = np.array([1e-300, 1e-8, 25, 40, 100, 700, 800, 1e5, 1e200])
FAR = np.stack([FAR, -FAR], axis=1)

# What each is called in PyTorch, `F` being torch.nn.functional.
PEERS = {
    "identity": "torch.clone",
    "sigmoid": "torch.sigmoid",
    "hard_sigmoid": "F.hardsigmoid",
    "tanh": "torch.tanh",
    "softsign": "F.softsign",
    "relu": "F.relu",
    "relu6": "F.relu6",
    "leaky_relu": "F.leaky_relu",
    "elu": "F.elu",
    "selu": "F.selu",
    "gelu": "F.gelu",
    "gelu_tanh": "F.gelu",
    "silu": "F.silu",
    "mish": "F.mish",
    "softplus": "F.softplus",
    "softmax": "F.softmax",
    "log_softmax": "F.log_softmax",
}
OPTIONS: dict[str, dict[str, Any]] = {
    "gelu_tanh": {"approximate": "tanh"},
    "softmax": {"dim": -1},
    "log_softmax": {"dim": -1},
}
BY_ROW = ("softmax", "log_softmax")  # the values of a row belong together
# Points at which one of the two overflows; each is a Difference below.
LEFT_OUT: dict[str, Callable[[Any], Any]] = {
    "gelu_tanh": lambda z: np.abs(z) < 1e100,
}


def peer(entry: str, z: Any) -> Any:
    """Call PyTorch's function."""
    module, _, name = PEERS[entry].partition(".")
    function = getattr(F if module == "F" else torch, name)
    return function(z, **OPTIONS.get(entry, {}))


def peer_text(entry: str) -> str:
    """Write PyTorch's function, with its options."""
    options = ", ".join(f"{key}={one!r}" for key, one in OPTIONS.get(entry, {}).items())
    return PEERS[entry] + (f"({options})" if options else "")


def points(entry: str) -> dict[str, Any]:
    """Give what a function is tried on."""
    if entry in BY_ROW:
        return {"ordinary": ORDINARY, "far": FAR[np.abs(FAR[:, 0]) < 1e3]}
    far = FAR.ravel()
    far = far[LEFT_OUT[entry](far)] if entry in LEFT_OUT else far
    return {"ordinary": ORDINARY, "far": far, "kinks": KINKS}


def one_by_one(entry: str, name: str) -> str:
    """Have values far out measured without a floor; slopes are between -0.2 and 1.1."""
    return f"each {name}" if name == "far" and entry not in BY_ROW else name


def ours(entry: str) -> Numbers:
    """Give our values and slopes."""
    function, found = ACTIVATIONS[entry], empty()
    with np.errstate(all="ignore"):
        for name, z in points(entry).items():
            up = numbers(2, *z.shape)
            found["value"][one_by_one(entry, name)] = function(z)
            pulled = gp.gradient(lambda z, up=up: np.sum(up * function(z)))
            found["gradient"][name] = pulled(z)
    return found


def theirs(entry: str) -> Numbers:
    """Give PyTorch's values and slopes."""
    found = empty()
    for name, z in points(entry).items():
        given = tensor(z)
        value = peer(entry, given)
        (value * tensor(numbers(2, *z.shape), slope=False)).sum().backward()
        found["value"][one_by_one(entry, name)] = plain(value)
        found["gradient"][name] = plain(given.grad)
        if entry == "hard_sigmoid":  # see the Difference
            slope = found["gradient"][name]
            found["gradient"][name] = slope / float(np.float32(1 / 6)) / 6
    return found


def empty() -> Numbers:
    """Give the columns, to be filled."""
    return {"value": {}, "gradient": {}}


def slope_at(entry: str, z: float) -> Callable[[], float]:
    """Give what finds our slope at a point."""

    def find() -> float:
        with np.errstate(all="ignore"):
            at = gp.gradient(lambda z: np.sum(ACTIVATIONS[entry](z)))
            return float(at(np.array([float(z)]))[0])

    return find


def their_slope_at(entry: str, z: float) -> Callable[[], float]:
    """Give what finds PyTorch's slope at a point."""

    def find() -> float:
        given = tensor(float(z))
        peer(entry, given).backward()
        return float(given.grad)

    return find


DIFFERENCES = [
    Difference(
        "hard_sigmoid, slope at 1",
        slope_at("hard_sigmoid", 1),
        their_slope_at("hard_sigmoid", 1),
        "PyTorch's is 1/6 in float32, also of float64; the table compares their slopes "
        "times 1/6 over that.",
    ),
    Difference(
        "softplus, slope at 20.5",
        slope_at("softplus", 20.5),
        their_slope_at("softplus", 20.5),
        "Above 20, its threshold, PyTorch gives z itself; ours has no threshold.",
    ),
    Difference(
        "gelu_tanh, slope at 1e200",
        slope_at("gelu_tanh", 1e200),
        their_slope_at("gelu_tanh", 1e200),
        "The cube in it overflows in PyTorch; ours is cut off where tanh is 1.",
    ),
]

FAMILY = Family(
    "activations",
    ACTIVATIONS,
    [
        Case(
            entry,
            "",
            peer_text(entry),
            partial(ours, entry),
            partial(theirs, entry),
        )
        for entry in PEERS
    ],
    {},
    DIFFERENCES,
)
