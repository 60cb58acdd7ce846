"""What was seen of a training at one moment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Look:
    """What was seen of a training at one moment.

    Parameters
    ----------
    epoch, step : int
        How many were done.
    losses : tuple of float
        Of a batch: before a step, halfway along it, and after it.
    updates : dict from str to float
        ``norm(update) / norm(parameter)`` of the step, by parameter.
    gradients : dict from str to float
        The mean absolute gradient, by parameter.
    on : tuple of array of shape (units,)
        For each activation, the part of the rows for which a unit has a slope.
    outputs : tuple of (float, float)
        For each output, its standard deviation over the rows and its size, both the
        root of a mean square.
    arriving : dict from str to float
        The size of what comes to a layer, by its path, of the first and the last with
        weights; of looks at the start alone.
    rate : float
        The learning rate of the step; NaN where there is none.
    """

    epoch: int
    step: int
    losses: tuple[float, float, float]
    updates: Mapping[str, float]
    gradients: Mapping[str, float]
    on: tuple[NDArray[Any], ...]
    outputs: tuple[tuple[float, float], ...]
    arriving: Mapping[str, float]
    rate: float

    @property
    def overshoot(self) -> float:
        """How far the step went: 0 to the lowest point of a parabola along it.

        -1 is no way at all, 1 twice the way, where the loss is what it was before
        (Schneider, Dangel and Hennig 2021, "alpha"). NaN where the step changed the
        loss by no more than rounding.
        """
        first, half, last = self.losses
        if not all(map(math.isfinite, self.losses)):
            return math.nan
        if abs(last - first) <= 1e-6 * max(abs(first), abs(last)):
            return math.nan
        curve = 2 * (first - 2 * half + last)
        slope = -3 * first + 4 * half - last
        if slope >= 0:
            return math.inf
        return -2 * curve / slope - 1 if curve > 0 else -1.0
