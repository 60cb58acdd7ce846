"""What a network keeps of its training, to go on with it later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from glassprop.optimizers import Optimizer
from glassprop.updates import start_memory

if TYPE_CHECKING:
    from glassprop.network import Network


@dataclass
class Training:
    """What a network keeps to go on training later.

    Parameters
    ----------
    optimizer : Optimizer
        The rule that was used.
    memory : dict from str to array
        What it remembers.
    epochs, steps : int
        How many are done.
    watched : dict from str to list of float
        What a schedule such as `Plateau` has looked at, by the number's name: one
        value an epoch, signed so that lower is better.
    rate : float or None
        The learning rate of the last step of the last epoch; None before, in a file,
        and where there is none.
    """

    optimizer: Optimizer
    memory: dict[str, Any]
    epochs: int = 0
    steps: int = 0
    watched: dict[str, list[float]] = field(default_factory=dict)
    rate: float | None = None


def continued(net: Network, optimizer: Optimizer) -> Training:
    """Give the training to go on with: the same rule goes on, another starts anew."""
    fresh = start_memory(net.structure, optimizer, net.values)
    before = net.training
    if before is None:
        net.training = Training(optimizer, fresh)
    elif before.optimizer != optimizer or _shapes(before.memory) != _shapes(fresh):
        net.training = Training(optimizer, fresh, before.epochs, 0)
    assert net.training is not None
    return net.training


def _shapes(memory: Mapping[str, Any]) -> dict[str, Any]:
    return {key: np.shape(value) for key, value in memory.items()}
