"""A training to diagnose, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A training, and what is wrong with it.

    Parameters
    ----------
    name : str
    X, y : array
        To learn from.
    layers : list of layer
    options : dict
        What `fit` is told, loss and optimizer and epochs among them.
    condition : str
        What was planted; empty if healthy.
    by_hand : callable or None
        What a person does where the repair is in words: from layers, options and y to
        the same.
    seed : int
        Of the network.
    """

    name: str
    X: Any
    y: Any
    layers: list[Any]
    options: dict[str, Any] = field(default_factory=dict)
    condition: str = ""
    by_hand: Callable[..., Any] | None = None
    seed: int = 0
