"""Weight decay that is apart from the loss, around any optimizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.errors import ArgumentError
from glassprop.optimizers.contract import State, Wrapper, averages
from glassprop.options import check_size, check_switch


@dataclass(frozen=True)
class WeightDecay(Wrapper):
    """Decoupled weight decay around an optimizer.

    Every parameter shrinks by ``rate * weight_decay`` of itself before the other's step
    (Loshchilov and Hutter 2019, algorithm 2, there for Adam). The paper's lambda is
    ``learning_rate * weight_decay`` here, as in PyTorch, so that a schedule moves both.
    `AdamW` is this around `Adam`.

    Parameters
    ----------
    optimizer : Optimizer
        What makes the steps.
    weight_decay : float
        The part of a parameter that a step of size 1 would take away.
    biases : bool
        Whether everything shrinks, as in PyTorch. False leaves out parameters of fewer
        than two axes: biases, and the scales of normalization.

    Raises
    ------
    ArgumentError
        If a number is out of range, or `optimizer` does not go step by step, or gives
        averages of the weights.

    Examples
    --------
    >>> import glassprop as gp
    >>> gp.optimizers.WeightDecay(gp.Lion(1e-4), 0.1, biases=False).learning_rate
    0.0001
    """

    weight_decay: float = 0.01
    biases: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if averages(self.optimizer):
            raise ArgumentError(
                "WeightDecay: the optimizer inside gives averages of the weights. They "
                "would decay, and not the weights that are trained. Put the decay "
                "inside: gp.optimizers.EMA(gp.optimizers.WeightDecay(...))."
            )
        check_size("WeightDecay", "weight_decay", self.weight_decay)
        check_switch("WeightDecay", "biases", self.biases)

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give the part that each parameter loses, and the other's numbers."""
        decay = rate * self.weight_decay
        return decay, self.optimizer.scalars(rate, t)

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Shrink w, then take the other's step."""
        decay, shared = scalars
        if not self.biases and np.ndim(w) < 2:
            return self.optimizer.update(w, g, state, shared)
        shrunk = w - decay * w
        return self.optimizer.update(shrunk, g, state, shared)
