"""Losses: the value of each row and the slope of the mean, for usual and large outputs.

What PyTorch does not have is written with its functions, one operation after another,
and differentiated by it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import glassprop as gp
from agreement.common import (
    Array,
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
from glassprop.losses import (
    LOSSES,
    BinaryFocal,
    Focal,
    Gaussian,
    Quantile,
    SmoothedCrossEntropy,
)

N = 8
Call = Callable[[Any, Any], Any]


# Targets ------------------------------------------------------------------------------


def values(width: int) -> Array:
    return numbers(1, N, width)


def zeros_and_ones(width: int) -> Array:
    return (numbers(1, N, width) > 0).astype(float)


def chances(width: int) -> Array:
    """Give chances of one class each, width of them, all between 0 and 1."""
    return (numbers(1, N, width) + 2) / 4


def distributions(width: int) -> Array:
    """Give chances that add up to 1, one of them 0 in the first row."""
    found = chances(width)
    found[0, 0] = 0.0
    return found / found.sum(axis=1, keepdims=True)


def classes(width: int) -> Any:
    return np.arange(N) % width


def counts(width: int) -> Array:
    return np.floor(2 + numbers(1, N, width))


# Rows ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Row:
    """A loss, what it is tried on, and the same in PyTorch.

    Parameters
    ----------
    entry, options : str
        Its name, and what sets this apart.
    loss : callable
        The loss itself.
    target : callable
        Gives the target from its width.
    counterpart : str
        What it is compared with.
    theirs : callable
        ``theirs(z, y)`` gives one number a row.
    width, described : int
        How many outputs there are, and how many numbers of a target they describe;
        0 for as many.
    large : float
        What large outputs are multiplied by.
    """

    entry: str
    options: str
    loss: Call
    target: Callable[[int], Any]
    counterpart: str
    theirs: Call
    width: int = 4
    described: int = 0
    large: float = 200.0

    @property
    def case(self) -> Case:
        """The row as a case."""
        return Case(
            self.entry,
            self.options,
            self.counterpart,
            partial(ours, self),
            partial(theirs, self),
        )

    def pairs(self) -> dict[str, tuple[Array, Any]]:
        """Give outputs and targets."""
        y, z = self.target(self.described or self.width), numbers(2, N, self.width)
        return {"ordinary": (3 * z, y), "large": (self.large * z, y)}


def ours(row: Row) -> Numbers:
    """Give our side."""
    found: Numbers = {"value": {}, "gradient": {}}
    for name, (z, y) in row.pairs().items():
        found["value"][name] = row.loss(z, y)
        slope = gp.gradient(lambda z, y=y: np.mean(row.loss(z, y)))
        found["gradient"][name] = slope(z)
    return found


def theirs(row: Row) -> Numbers:
    """Give PyTorch's side."""
    found: Numbers = {"value": {}, "gradient": {}}
    for name, (z, y) in row.pairs().items():
        given = tensor(z)
        value = row.theirs(given, tensor(y, slope=False))
        value.mean().backward()
        found["value"][name], found["gradient"][name] = plain(value), plain(given.grad)
    return found


def named(name: str, *rest: Any, **more: Any) -> Row:
    """Make a row of a loss that is known by its name."""
    return Row(name, "", LOSSES[name].function, *rest, **more)


# Written with PyTorch's functions -----------------------------------------------------


def log_cosh(z: Any, y: Any) -> Any:
    e = z - y
    return (torch.logaddexp(e, -e) - math.log(2)).mean(1)


def pinball(levels: tuple[float, ...], z: Any, y: Any) -> Any:
    """Give the mean over quantiles, which follow one another along the outputs."""
    width = y.shape[1]
    each = []
    for at, level in enumerate(levels):
        e = y - z[:, at * width : (at + 1) * width]
        each.append(torch.maximum(level * e, (level - 1) * e))
    return torch.cat(each, dim=1).mean(1)


def gaussian(least: float, z: Any, y: Any) -> Any:
    """Call PyTorch's, which takes the variance itself."""
    mean, spread = z.chunk(2, dim=1)
    variance = torch.logaddexp(spread, torch.zeros(())) + least
    return F.gaussian_nll_loss(mean, y, variance, eps=least, reduction="none").sum(1)


def binary_focal(gamma: float, alpha: float | None, z: Any, y: Any) -> Any:
    """Give Lin et al. (2017), equations 4 and 5, for y of 0 and 1."""
    surprise = F.binary_cross_entropy_with_logits(z, y, reduction="none")
    weight = 1.0 if alpha is None else alpha * y + (1 - alpha) * (1 - y)
    return (weight * torch.sigmoid((1 - 2 * y) * z) ** gamma * surprise).sum(1)


def focal(gamma: float, z: Any, y: Any) -> Any:
    """Give Lin et al. (2017), equation 4, for k classes."""
    surprise = F.cross_entropy(z, y, reduction="none")
    return (-torch.expm1(-surprise)) ** gamma * surprise


def margin(z: Any, y: Any) -> Any:
    """Call PyTorch's loss of rankings, the score against 0, for sides of -1 and 1."""
    zero = torch.zeros_like(z)
    return F.margin_ranking_loss(z, zero, 2 * y - 1, margin=1.0, reduction="none")


def crammer_singer(z: Any, y: Any) -> Any:
    """Give how far the best other class is above the margin."""
    true = z.gather(1, y[:, None])
    rivals = z.scatter(1, y[:, None], -math.inf).amax(1)
    return F.relu(1 + rivals - true[:, 0])


# The rows -----------------------------------------------------------------------------

COMPARED = [
    named(
        "half_squared_error",
        values,
        "F.mse_loss / 2, summed",
        lambda z, y: F.mse_loss(z, y, reduction="none").sum(1) / 2,
    ),
    named(
        "mean_squared_error",
        values,
        "F.mse_loss",
        lambda z, y: F.mse_loss(z, y, reduction="none").mean(1),
    ),
    named(
        "mean_absolute_error",
        values,
        "F.l1_loss",
        lambda z, y: F.l1_loss(z, y, reduction="none").mean(1),
    ),
    named(
        "huber",
        values,
        "F.huber_loss(delta=1)",
        lambda z, y: F.huber_loss(z, y, reduction="none").mean(1),
    ),
    named("log_cosh", values, "logaddexp(e, -e) - log(2)", log_cosh),
    named(
        "cosine",
        values,
        "1 - F.cosine_similarity",
        lambda z, y: 1 - F.cosine_similarity(z, y, dim=1),
    ),
    named(
        "poisson",
        counts,
        "F.poisson_nll_loss",
        lambda z, y: F.poisson_nll_loss(z, y, reduction="none").sum(1),
    ),
    named(
        "quantile",
        values,
        "maximum(q * e, (q - 1) * e)",
        partial(pinball, (0.1, 0.5, 0.9)),
        width=6,
        described=2,
    ),
    Row(
        "quantile",
        "quantiles=(0.25, 0.9)",
        Quantile((0.25, 0.9)),
        values,
        "maximum(q * e, (q - 1) * e)",
        partial(pinball, (0.25, 0.9)),
        described=2,
    ),
    named(
        "gaussian",
        values,
        "F.gaussian_nll_loss",
        partial(gaussian, 1e-6),
        described=2,
        large=5.0,
    ),
    Row(
        "gaussian",
        "least_variance=0.1",
        Gaussian(0.1),
        values,
        "F.gaussian_nll_loss",
        partial(gaussian, 0.1),
        described=2,
    ),
    named(
        "binary_cross_entropy",
        zeros_and_ones,
        "F.binary_cross_entropy_with_logits",
        lambda z, y: F.binary_cross_entropy_with_logits(z, y, reduction="none").sum(1),
    ),
    Row(
        "binary_cross_entropy",
        "of chances",
        LOSSES["binary_cross_entropy"].function,
        chances,
        "F.binary_cross_entropy_with_logits",
        lambda z, y: F.binary_cross_entropy_with_logits(z, y, reduction="none").sum(1),
    ),
    named(
        "binary_focal",
        zeros_and_ones,
        "sigmoid(-z)**2 * cross entropy",
        partial(binary_focal, 2.0, None),
    ),
    Row(
        "binary_focal",
        "gamma=0.5, alpha=0.25",
        BinaryFocal(0.5, alpha=0.25),
        zeros_and_ones,
        "weighted, sigmoid(-z)**0.5",
        partial(binary_focal, 0.5, 0.25),
    ),
    named(
        "hinge",
        zeros_and_ones,
        "F.margin_ranking_loss",
        lambda z, y: margin(z, y).sum(1),
    ),
    named(
        "squared_hinge",
        zeros_and_ones,
        "F.margin_ranking_loss**2",
        lambda z, y: margin(z, y).square().sum(1),
    ),
    named(
        "cross_entropy",
        classes,
        "F.cross_entropy",
        lambda z, y: F.cross_entropy(z, y, reduction="none"),
    ),
    Row(
        "cross_entropy",
        "of chances",
        LOSSES["cross_entropy"].function,
        distributions,
        "F.cross_entropy",
        lambda z, y: F.cross_entropy(z, y, reduction="none"),
    ),
    named(
        "smoothed_cross_entropy",
        classes,
        "F.cross_entropy(label_smoothing=0.1)",
        lambda z, y: F.cross_entropy(z, y, reduction="none", label_smoothing=0.1),
    ),
    Row(
        "smoothed_cross_entropy",
        "0.3, of chances",
        SmoothedCrossEntropy(0.3),
        distributions,
        "F.cross_entropy(label_smoothing=0.3)",
        lambda z, y: F.cross_entropy(z, y, reduction="none", label_smoothing=0.3),
    ),
    named("focal", classes, "(1 - p)**2 * F.cross_entropy", partial(focal, 2.0)),
    Row(
        "focal",
        "gamma=1.5",
        Focal(1.5),
        classes,
        "(1 - p)**1.5 * F.cross_entropy",
        partial(focal, 1.5),
    ),
    named(
        "kl_divergence",
        distributions,
        "F.kl_div(log_softmax(z), y)",
        lambda z, y: F.kl_div(F.log_softmax(z, 1), y, reduction="none").sum(1),
    ),
    named("multiclass_hinge", classes, "relu(1 + rival - true)", crammer_singer),
    Row(
        "multiclass_hinge",
        "of two classes",
        LOSSES["multiclass_hinge"].function,
        classes,
        "F.multi_margin_loss * 2",
        lambda z, y: 2 * F.multi_margin_loss(z, y, reduction="none"),
        width=2,
    ),
]


# Conventions --------------------------------------------------------------------------


def ours_of(name: str, z: list[float], y: Any) -> Callable[[], float]:
    """Give what finds our loss of one row."""
    given = np.array([z], float)
    return lambda: float(LOSSES[name].function(given, np.array([y]))[0])


def slope_of(name: str, z: list[float], y: Any) -> Callable[[], float]:
    """Give what finds our largest slope of one row."""
    given = np.array([z], float)

    def find() -> float:
        slope = gp.gradient(lambda z: np.sum(LOSSES[name].function(z, np.array([y]))))
        return float(np.abs(slope(given)).max())

    return find


def their_cosine_slope() -> float:
    z = tensor([[0.0, 0.0]])
    (1 - F.cosine_similarity(z, tensor([[3.0, 4.0]], slope=False))).sum().backward()
    return float(z.grad.abs().max())


def row_of(*z: float) -> Any:
    """Make a tensor of one row."""
    return torch.tensor([z])


DIFFERENCES = [
    Difference(
        "cosine, largest slope at a vector of zeros",
        slope_of("cosine", [0.0, 0.0], [3.0, 4.0]),
        their_cosine_slope,
        "PyTorch divides by a length of at least 1e-8, ours by 1 where it is 0.",
    ),
    Difference(
        "gaussian, least_variance=0.1, of mean 0, spread 0 and y = 0",
        lambda: float(Gaussian(0.1)(np.zeros((1, 2)), np.zeros((1, 1)))[0]),
        lambda: float(
            F.gaussian_nll_loss(row_of(0.0), row_of(0.0), row_of(math.log(2)), eps=0.1)
        ),
        "PyTorch takes the variance from the user, here softplus(0), and puts eps "
        "where it is below that; ours makes it, softplus(spread) + least_variance. The "
        "table compares for one variance.",
    ),
    Difference(
        "multiclass_hinge of scores (0, 0.5, 0.5), class 0",
        ours_of("multiclass_hinge", [0.0, 0.5, 0.5], 0),
        lambda: float(F.multi_margin_loss(row_of(0.0, 0.5, 0.5), torch.tensor([0]))),
        "Ours counts the best other class (Crammer and Singer); PyTorch adds up over "
        "all others and divides by k (Weston and Watkins).",
    ),
    Difference(
        "half_squared_error of errors 3, 4 and 0",
        ours_of("half_squared_error", [3.0, 4.0, 0.0], [0.0, 0.0, 0.0]),
        lambda: float(F.mse_loss(row_of(3.0, 4.0, 0.0), row_of(0.0, 0.0, 0.0))),
        "Losses here are one number a row: a sum over outputs where it is a likelihood "
        "or half a square, a mean where the name says so. PyTorch's default is the "
        "mean over everything.",
    ),
]

FAMILY = Family("losses", LOSSES, [row.case for row in COMPARED], {}, DIFFERENCES)
