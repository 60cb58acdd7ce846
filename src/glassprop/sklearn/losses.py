"""Which losses an estimator may have, and what they make of the last layer's output.

Vocabulary: a loss is one of `glassprop.losses`: its name, its record, a function with
options such as ``Focal(gamma=1)``, or a function of the user's own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sklearn.utils._param_validation import StrOptions

from glassprop.errors import ArgumentError, listing
from glassprop.losses import LOSSES, Loss, get_one_loss

THEIRS = {"squared_error": "half_squared_error"}
"""Names that scikit-learn has for losses, where glassprop has another."""

ONE_CLASS, LABELS = ("classes",), ("binary",)
TARGETS = {
    "binary": (*LABELS, *ONE_CLASS),
    "multiclass": ONE_CLASS,
    "multilabel-indicator": LABELS,
}
"""The targets that a loss may have, by what scikit-learn calls the labels."""

ACTIVATIONS = {"sigmoid": "logistic", "rates": "exp"}
"""What scikit-learn calls the function from output to prediction, where it differs."""


def named(*, classes: bool) -> set[str]:
    """Give the names of the losses of classes, or of those of numbers."""
    names = {name for name, one in LOSSES.items() if one.classifies == classes}
    return names if classes else names | THEIRS.keys()


def accepted(*, classes: bool) -> list[Any]:
    """Give what scikit-learn's check of parameters takes for a loss."""
    return [StrOptions(named(classes=classes)), callable, Loss]


def loss_of_classes(spec: Any, kind: str) -> Loss:
    """Give the loss of a classifier.

    Parameters
    ----------
    spec : loss or None
        None for cross entropy. A function of the user's own is given the output,
        (n, k), and the number of each row's class, (n,), or 0 and 1 for each label,
        (n, k).
    kind : str
        What scikit-learn calls the labels: ``"binary"``, ``"multiclass"`` or
        ``"multilabel-indicator"``.

    Raises
    ------
    ArgumentError
        If the loss is not about such labels.
    """
    if spec is None:
        one_class = kind == "multiclass"
        return LOSSES["cross_entropy" if one_class else "binary_cross_entropy"]
    loss, fitting = get_one_loss(spec), TARGETS[kind]
    if loss.target == "any":
        return replace(loss, target=fitting[-1])
    if loss.target not in fitting:
        said = f"loss {loss.name!r} does not fit"
        if loss.target in LABELS:  # scikit-learn asks for these words
            said = f"Only binary classification is supported by loss {loss.name!r}, not"
        raise ArgumentError(f"{said} labels that are {kind}. {_ways(fitting)}")
    return loss


def suits(spec: Any, kind: str) -> bool:
    """Tell whether a classifier's loss is about such labels.

    Parameters
    ----------
    spec : loss or None
    kind : str
        Both as for `loss_of_classes`.
    """
    return spec is None or get_one_loss(spec).target in ("any", *TARGETS[kind])


def loss_of_numbers(spec: Any) -> Loss:
    """Give the loss of a regressor.

    Parameters
    ----------
    spec : loss
        Also ``"squared_error"``, half of it as scikit-learn's. A function of the
        user's own is given the output and the target, both (n, k).

    Raises
    ------
    ArgumentError
        If the loss is about classes.
    """
    loss = get_one_loss(THEIRS.get(spec, spec) if isinstance(spec, str) else spec)
    if loss.classifies:
        numbers = {one.target for one in LOSSES.values() if not one.classifies}
        raise ArgumentError(
            f"loss {loss.name!r} is about classes, and a regressor predicts numbers. "
            f"{_ways(numbers)}"
        )
    return loss


def has_chances(spec: Any) -> bool:
    """Tell whether a classifier's loss defines probabilities.

    Parameters
    ----------
    spec : loss or None
        As for `loss_of_classes`.
    """
    return spec is None or get_one_loss(spec).probabilities is not None


def activation_of(loss: Loss) -> str:
    """Name what makes predictions of the last layer's output.

    Parameters
    ----------
    loss : Loss
        The estimator's.
    """
    link = loss.probabilities or loss.decision
    name = "identity" if link is None else getattr(link, "__name__", repr(link))
    return ACTIVATIONS.get(name, name)


def _ways(targets: Collection[str]) -> str:
    """Say which losses there are for such targets."""
    names = [repr(name) for name, one in LOSSES.items() if one.target in targets]
    return f"Use {listing(names)}."
