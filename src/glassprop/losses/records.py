"""The registry of losses: what each one's target, chances and decision are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

from glassprop.errors import (
    ArgumentError,
    ShapeError,
    did_you_mean,
    listing,
    shape_text,
)
from glassprop.functions import sigmoid, softmax
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
from glassprop.signatures import check_call

LossFunction: TypeAlias = Callable[[Any, Any], Any]
TARGETS = ("any", "values", "vectors", "counts", "described", "binary", "classes")


@dataclass(frozen=True)
class Loss:
    """A loss, and what follows from it.

    Parameters
    ----------
    name : str
        Its name.
    function : callable
        ``function(output, y)`` gives one number a row, or one number in all.
    target : str
        ``values``: numbers shaped like the output; ``vectors``: so, two at least along
        the last axis; ``counts``: so, 0 or more; ``described``: numbers, each by
        several outputs, as the function's ``outputs_per_value`` says; ``binary``: 0 or
        1; ``classes``: 0 to k - 1 or one-hot; ``any``: whatever the user's own function
        takes.
    probabilities : callable or None
        From output to probabilities, where the loss defines them.
    decision : callable or None
        From output to what `predict` gives; None for the class, or the output itself.

    Raises
    ------
    ArgumentError
        If an argument is of another kind, or a function takes other arguments.
    """

    name: str
    function: LossFunction
    target: str = "any"
    probabilities: Callable[[Any], Any] | None = None
    decision: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise ArgumentError(f"Loss: name must be a str, got {self.name!r}.")
        if self.target not in TARGETS:
            raise ArgumentError(
                f"Loss {self.name!r}: target must be {listing(TARGETS)}, got "
                f"{self.target!r}."
            )
        for which in ("function", "probabilities", "decision"):
            given = getattr(self, which)
            if not callable(given) and (which == "function" or given is not None):
                raise ArgumentError(
                    f"Loss {self.name!r}: {which} must be a function, got {given!r}."
                )
        check_call("loss", self.function, ("output", "y"), gives="one number a row")
        for which in ("probabilities", "decision"):
            if getattr(self, which) is not None:
                check_call(f"{which} of a loss", getattr(self, which), ("output",))

    def __hash__(self) -> int:
        # A function of the user's own may have no hash: an object with __call__.
        return hash((self.name, self.target))

    @property
    def classifies(self) -> bool:
        """Whether a prediction is a class."""
        return self.target in ("binary", "classes")

    @property
    def outputs_per_value(self) -> int:
        """How many outputs describe each number of the target."""
        return int(getattr(self.function, "outputs_per_value", 1))

    def target_shape(self, output_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Give the shape of a row's target from that of its output.

        Raises
        ------
        ShapeError
            If the outputs do not describe a whole number of values.
        """
        count = self.outputs_per_value
        if self.target != "described":
            return output_shape
        if len(output_shape) != 1 or output_shape[0] % count or not output_shape[0]:
            raise ShapeError(
                f"loss {self.name!r}: expected {count} outputs for each number of y, "
                f"got {shape_text(('n', *output_shape))}. End the network with "
                f"gp.Dense({count}) for one number a row, gp.Dense({2 * count}) for "
                "two."
            )
        return (output_shape[0] // count,)

    @property
    def each(self) -> tuple[Loss, ...]:
        """The loss of each output: of the only one."""
        return (self,)

    @property
    def factors(self) -> tuple[float, ...]:
        """How much each output's loss counts."""
        return (1.0,)


_ROWS = (
    Loss("half_squared_error", half_squared_error, "values"),
    Loss("mean_squared_error", mean_squared_error, "values"),
    Loss("mean_absolute_error", mean_absolute_error, "values"),
    Loss("huber", huber, "values"),
    Loss("log_cosh", log_cosh, "values"),
    Loss("cosine", cosine, "vectors"),
    Loss("poisson", poisson, "counts", decision=rates),
    Loss("quantile", Quantile(), "described"),
    Loss("gaussian", Gaussian(), "described", decision=means),
    Loss("binary_cross_entropy", binary_cross_entropy, "binary", sigmoid),
    Loss("binary_focal", BinaryFocal(), "binary", sigmoid),
    Loss("hinge", hinge, "binary"),
    Loss("squared_hinge", squared_hinge, "binary"),
    Loss("cross_entropy", cross_entropy, "classes", softmax),
    Loss("smoothed_cross_entropy", SmoothedCrossEntropy(), "classes", softmax),
    Loss("focal", Focal(), "classes", softmax),
    Loss("kl_divergence", kl_divergence, "classes", softmax),
    Loss("multiclass_hinge", multiclass_hinge, "classes"),
)

LOSSES: Mapping[str, Loss] = MappingProxyType({row.name: row for row in _ROWS})
"""Every loss by its name, read-only; those with options have their defaults."""


def get_one_loss(spec: Any) -> Loss:
    """Give the record of the loss of one output.

    Parameters
    ----------
    spec : str, Loss or callable
        As for `get_loss`. A function with options, ``Focal(gamma=1)``, gives the row of
        the registry with these.

    Returns
    -------
    Loss
        The record.

    Raises
    ------
    ArgumentError
        If there is no loss of that name, or a function takes other arguments.
    """
    if isinstance(spec, Loss):
        return spec
    if isinstance(spec, type):
        raise ArgumentError(
            f"loss: got the class {spec.__name__}, expected a loss. Make one, "
            f"{spec.__name__}(...)."
        )
    if callable(spec):
        for loss in LOSSES.values():
            if loss.function is spec:
                return loss
            if is_dataclass(spec) and type(spec) is type(loss.function):
                return replace(loss, function=spec)
        return Loss(getattr(spec, "__name__", type(spec).__name__), spec)
    if isinstance(spec, str) and spec in LOSSES:
        return LOSSES[spec]
    raise ArgumentError(
        f"unknown loss {spec!r}.{did_you_mean(str(spec), LOSSES)} Expected "
        f"{listing(LOSSES)}, or a function of (output, y)."
    )
