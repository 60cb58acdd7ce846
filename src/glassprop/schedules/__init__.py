"""How the learning rate moves with the steps: ``(steps, steps_per_epoch) -> factors``.

A schedule takes the numbers of the coming optimizer steps, counted from 0 over the
whole life of the network, and the number of steps in an epoch. It gives one factor a
step, which multiplies the optimizer's learning rate. The factors depend on nothing
else: no memory, no clock, no loss. So five epochs and five more get the bits of ten.
`Plateau` alone looks at the training: its factor depends on the losses of the epochs
before, which the network keeps.

Users think in epochs, so the options are epochs. An epoch is `steps_per_epoch` steps of
the fit at hand: who continues with another batch size also stretches the schedule. A
schedule that ends before the last epoch of a fit holds its last factor; `fit` warns.

The papers: I. Loshchilov and F. Hutter (2017), "SGDR: stochastic gradient descent with
warm restarts", ICLR; P. Goyal et al. (2017), "Accurate, large minibatch SGD: training
ImageNet in 1 hour"; L. N. Smith and N. Topin (2018), "Super-convergence: very fast
training of neural networks using large learning rates".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from glassprop.errors import ArgumentError
from glassprop.options import refuse_class
from glassprop.registries import by_name
from glassprop.schedules.contract import Schedule
from glassprop.schedules.cosine import Cosine, CosineRestarts, OneCycle
from glassprop.schedules.decay import (
    Constant,
    Exponential,
    InverseScaling,
    Polynomial,
    Step,
)
from glassprop.schedules.plateau import Plateau
from glassprop.schedules.warmup import Warmup
from glassprop.signatures import check_call

__all__ = [
    "SCHEDULES",
    "Constant",
    "Cosine",
    "CosineRestarts",
    "Exponential",
    "InverseScaling",
    "OneCycle",
    "Plateau",
    "Polynomial",
    "Schedule",
    "Step",
    "Warmup",
    "get_schedule",
]

SCHEDULES: Mapping[str, Callable[..., Schedule]] = MappingProxyType(
    {
        "constant": Constant,
        "step": Step,
        "exponential": Exponential,
        "inverse_scaling": InverseScaling,
        "polynomial": Polynomial,
        "cosine": Cosine,
        "cosine_restarts": CosineRestarts,
        "one_cycle": OneCycle,
        "warmup": Warmup,
        "plateau": Plateau,
    }
)
"""Every schedule by its name, read-only."""


def get_schedule(spec: str | Schedule | None) -> Schedule:
    """Turn what a user wrote for a schedule into one.

    Parameters
    ----------
    spec : str, callable or None
        A name of `SCHEDULES` whose options all have defaults, a schedule, a function
        ``(steps, steps_per_epoch) -> factors``, or None for `Constant`.

    Returns
    -------
    Schedule
        The schedule; a function is given back as it is.

    Raises
    ------
    ArgumentError
        If the name is unknown or needs an option, a function takes other arguments, or
        `spec` is something else.

    Examples
    --------
    >>> get_schedule("constant"), get_schedule(Step(every=10))
    (Constant(), Step(every=10, factor=0.5))
    """
    if spec is None:
        return Constant()
    if isinstance(spec, str):
        return by_name("schedule", SCHEDULES, spec)
    refuse_class(spec, "a schedule", where="schedule: ", call="...")
    if callable(spec):
        check_call("schedule", spec, ("steps", "steps_per_epoch"), gives="factors")
        return spec
    raise ArgumentError(
        f"schedule: expected a name, a schedule or a function (steps, "
        f"steps_per_epoch) -> factors, got {spec!r}. The learning rate itself is the "
        f"optimizer's."
    )
