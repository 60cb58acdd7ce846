"""Losses of outputs that describe a number by several: its quantiles, or its spread.

``outputs_per_value`` says by how many. With k numbers a row, the first k outputs say
the first thing of each, the next k the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.errors import ArgumentError
from glassprop.functions import softplus
from glassprop.options import check_positive, is_number


@dataclass(frozen=True)
class Quantile:
    """Pinball losses: several quantiles of each number at once.

    For an error ``e = y - output`` it is ``max(q * e, (q - 1) * e)``, which is least
    where a share of q of the rows is below the output (Koenker and Bassett 1978,
    equation 3.1). The mean over quantiles and numbers; half `mean_absolute_error` for
    the median alone.

    Parameters
    ----------
    quantiles : sequence of float
        Each above 0 and below 1, in any order. The network has an output for each.

    Raises
    ------
    ArgumentError
        If there is none, or one is out of range.

    Notes
    -----
    Nothing keeps the outputs in order: quantiles that are far from each other may cross
    where there are few rows.
    """

    quantiles: Sequence[float] = (0.1, 0.5, 0.9)

    def __post_init__(self) -> None:
        given: Any = self.quantiles
        several = isinstance(given, Sequence | np.ndarray) and len(given) > 0
        if not several or not all(is_number(one) and 0 < one < 1 for one in given):
            raise ArgumentError(
                "Quantile: quantiles must be a list of numbers above 0 and below 1, "
                f"got {given!r}."
            )
        object.__setattr__(self, "quantiles", tuple(float(one) for one in given))

    @property
    def outputs_per_value(self) -> int:
        """The number of quantiles."""
        return len(self.quantiles)

    def __call__(self, output: Any, y: Any) -> Any:
        """Give the mean pinball loss of each row, (n,)."""
        y = as_column(y)
        levels = np.asarray(self.quantiles, output.dtype).repeat(y.shape[1])
        error = np.concatenate([y] * self.outputs_per_value, axis=1) - output
        return np.mean(np.maximum(levels * error, (levels - 1) * error), axis=1)


@dataclass(frozen=True)
class Gaussian:
    """Minus the log likelihood of normal numbers, from their mean and spread.

    With k numbers a row the network has 2 k outputs: the k means, and what becomes the
    k variances by ``softplus(z) + least_variance``. The sum over numbers of
    ``(log(variance) + (y - mean)**2 / variance) / 2``: Nix and Weigend (1994), without
    the constant ``log(2 * pi) / 2``, as PyTorch's ``gaussian_nll_loss``.
    They make the variance by exp, Lakshminarayanan et al. (2017, section 2.2.1) as is
    done here, which does not overflow. `predict` gives the means;
    ``Gaussian().variance(net(X))`` the variances.

    Parameters
    ----------
    least_variance : float
        Above 0, so that a row that is hit exactly does not count without bounds.

    Raises
    ------
    ArgumentError
        If it is not a finite number above 0.
    """

    least_variance: float = 1e-6

    def __post_init__(self) -> None:
        check_positive("Gaussian", "least_variance", self.least_variance)

    @property
    def outputs_per_value(self) -> int:
        """Two: the mean and the spread."""
        return 2

    def variance(self, output: Any) -> Any:
        """Give the variances, (n, k), that an output of shape (n, 2 k) stands for.

        Parameters
        ----------
        output : array of shape (n, 2 k)
            What the network gives.

        Returns
        -------
        array of shape (n, k)
            The variances.
        """
        return softplus(output[:, output.shape[1] // 2 :]) + self.least_variance

    def __call__(self, output: Any, y: Any) -> Any:
        """Give minus the log likelihood of each row, (n,)."""
        error, variance = as_column(y) - means(output), self.variance(output)
        return 0.5 * np.sum(np.log(variance) + error * error / variance, axis=1)


def means(output: Any) -> Any:
    """Give the first half of the outputs: what `Gaussian` decides.

    Parameters
    ----------
    output : array of shape (n, 2 k)
        What the network gives.

    Returns
    -------
    array of shape (n, k)
        The means.
    """
    return output[:, : output.shape[1] // 2]


def as_column(y: Any) -> Any:
    """Give a number a row as a column, (n, 1); a table as it is."""
    return y[:, None] if y.ndim == 1 else y
