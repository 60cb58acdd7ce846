"""Steps along the signs of the gradient, whatever its size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.errors import ArgumentError
from glassprop.optimizers.contract import State
from glassprop.options import check_fraction, check_positive, check_size


@dataclass(frozen=True)
class Lion:
    """The sign of a momentum (Chen et al. 2023, algorithm 2).

    The step is ``rate * sign(beta1 * m + (1 - beta1) * g)``, after which ``m = beta2 *
    m + (1 - beta2) * g``. The paper's weight decay is
    ``gp.optimizers.WeightDecay(gp.Lion(), ...)``. Every entry moves by the rate in each
    step, so rates are 3 to 10 times smaller than Adam's (the paper's section 5).

    Parameters
    ----------
    learning_rate : float
        The step size.
    beta1, beta2 : float
        How much of the old momentum counts in the step, and is kept; at least 0 and
        below 1.

    Raises
    ------
    ArgumentError
        If a number is out of range.
    """

    learning_rate: float = 0.0001
    beta1: float = 0.9
    beta2: float = 0.99

    def __post_init__(self) -> None:
        check_size("Lion", "learning_rate", self.learning_rate)
        check_fraction("Lion", "beta1", self.beta1)
        check_fraction("Lion", "beta2", self.beta2)

    def init(self, w: Any) -> State:
        """Remember the momentum."""
        return {"m": np.zeros_like(w)}

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give the learning rate."""
        return rate

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Give ``w - rate * sign(c)``, c being the momentum with this gradient."""
        rate = scalars
        c = self.beta1 * state["m"] + (1 - self.beta1) * g
        m = self.beta2 * state["m"] + (1 - self.beta2) * g
        return w - rate * np.sign(c), {"m": m}


@dataclass(frozen=True)
class Rprop:
    """Resilient backpropagation, for all rows at once (``batch_size=None``).

    Each entry has a step size of its own, which grows while its gradient keeps its sign
    and shrinks when the sign changes (Riedmiller and Braun 1993, equations 4 and 5).
    After a change of sign the entry rests for a step, as in "iRprop-" (Igel and Huesken
    2000) and in PyTorch; the paper instead takes the last step back. Signs of gradients
    of small batches change by chance, so that step sizes would shrink to nothing.

    Parameters
    ----------
    learning_rate : float
        The first step size of every entry, above 0. A schedule multiplies all steps.
    shrink : float
        The factor after a change of sign, above 0 and below 1.
    grow : float
        The factor where the sign is as before, at least 1.
    smallest, largest : float
        The bounds of step sizes, before the schedule.

    Raises
    ------
    ArgumentError
        If a number is out of range.
    """

    learning_rate: float = 0.01
    shrink: float = 0.5
    grow: float = 1.2
    smallest: float = 1e-6
    largest: float = 50.0

    def __post_init__(self) -> None:
        check_positive("Rprop", "learning_rate", self.learning_rate)
        check_fraction("Rprop", "shrink", self.shrink)
        check_positive("Rprop", "shrink", self.shrink)
        check_positive("Rprop", "grow", self.grow)
        if self.grow < 1:
            raise ArgumentError(f"Rprop: grow must be at least 1, got {self.grow!r}.")
        check_size("Rprop", "smallest", self.smallest)
        check_size("Rprop", "largest", self.largest)
        if self.smallest > self.largest:
            raise ArgumentError(
                f"Rprop: smallest must be at most largest, got {self.smallest!r} and "
                f"{self.largest!r}."
            )

    def init(self, w: Any) -> State:
        """Remember the step sizes, and the gradient of the step before."""
        return {"size": np.full_like(w, self.learning_rate), "before": np.zeros_like(w)}

    def scalars(self, rate: Any, t: Any) -> Any:
        """Give the schedule's factor: the sizes themselves are remembered."""
        return rate / self.learning_rate

    def update(self, w: Any, g: Any, state: State, scalars: Any) -> tuple[Any, State]:
        """Move by the step size against the sign of the gradient."""
        factor = scalars
        same = np.sign(g) * np.sign(state["before"])
        change = np.where(same < 0, self.shrink, np.where(same > 0, self.grow, 1.0))
        size = state["size"] * change.astype(g.dtype)
        size = np.minimum(np.maximum(size, self.smallest), self.largest)
        before = np.where(same < 0, 0.0, g)
        step = factor * size * np.sign(before)
        return w - step, {"size": size, "before": before}
