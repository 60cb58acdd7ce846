"""Layers that disturb what passes through them, while training only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from glassprop.layers.contract import Run
from glassprop.options import check_fraction, check_size


@dataclass(frozen=True)
class GaussianNoise:
    """Add normally distributed numbers of mean 0 while training.

    Small noise on the inputs acts as a penalty on steep outputs (Bishop 1995,
    "Training with noise is equivalent to Tikhonov regularization", equation 14).

    Parameters
    ----------
    deviation : float
        The standard deviation of the noise, 0 or more.
    name : str or None
        The layer's name.

    Raises
    ------
    ArgumentError
        If the deviation is negative or not finite.
    """

    deviation: float
    _: KW_ONLY
    name: str | None = None

    def __post_init__(self) -> None:
        check_size("GaussianNoise", "deviation", self.deviation)

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give x with noise while training, x itself else."""
        if not run.training or not self.deviation:
            return x
        noisy = x + self.deviation * run.normal(x.shape)
        return noisy  # noqa: RET504  # programs call the value by this name


@dataclass(frozen=True)
class Dropout:
    """Set a part of the values to zero while training, scale up the rest.

    "Inverted" dropout: what stays is divided by the chance to stay, so that prediction
    needs nothing (Srivastava et al. 2014, section 10).

    Parameters
    ----------
    rate : float
        The chance of a value to be dropped, at least 0 and below 1.
    name : str or None
        The layer's name.
    """

    rate: float
    _: KW_ONLY
    name: str | None = None

    def __post_init__(self) -> None:
        check_fraction("Dropout", "rate", self.rate)

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give x with values dropped while training, x itself else."""
        if not run.training or not self.rate:
            return x
        keep = run.random(x.shape) >= self.rate
        dropped = np.where(keep, x / (1 - self.rate), 0)
        return dropped  # noqa: RET504  # programs call the value by this name
