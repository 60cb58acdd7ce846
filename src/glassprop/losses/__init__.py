"""Losses: plain functions of a network's output and the target, one number a row.

`LOSSES` names them. A `Loss` also says how the output becomes probabilities and a
decision, and what a target looks like. Losses of classes start from logits, the raw
output of the last layer, because the stable form needs them. A loss with options is a
record that is called like a function: ``loss=gp.losses.Focal(gamma=1)``; its name
stands for the options' defaults.

Vocabulary: ``output`` is what the last layer gives, (n, k); ``z`` the same where it is
logits; ``y`` is the target.
"""

from glassprop.losses.classes import (
    BinaryFocal,
    Focal,
    SmoothedCrossEntropy,
    binary_cross_entropy,
    cross_entropy,
    hinge,
    kl_divergence,
    multiclass_hinge,
    squared_hinge,
)
from glassprop.losses.described import Gaussian, Quantile, means
from glassprop.losses.records import LOSSES, Loss, get_one_loss
from glassprop.losses.records import LossFunction as LossFunction
from glassprop.losses.several import AnyLoss as AnyLoss
from glassprop.losses.several import LossSpec as LossSpec
from glassprop.losses.several import Several, check_outputs, get_loss
from glassprop.losses.values import (
    cosine,
    half_squared_error,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_squared_error,
    poisson,
    rates,
)

__all__ = [
    "LOSSES",
    "BinaryFocal",
    "Focal",
    "Gaussian",
    "Loss",
    "Quantile",
    "Several",
    "SmoothedCrossEntropy",
    "binary_cross_entropy",
    "check_outputs",
    "cosine",
    "cross_entropy",
    "get_loss",
    "get_one_loss",
    "half_squared_error",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_squared_error",
    "means",
    "multiclass_hinge",
    "poisson",
    "rates",
    "squared_hinge",
]
