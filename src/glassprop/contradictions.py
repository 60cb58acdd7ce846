"""What a training asks for and cannot have: said as a warning, before it begins."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from glassprop.feeding import Declared, Place
from glassprop.graph import order
from glassprop.ops.leaves import is_python_number
from glassprop.schedules import Schedule
from glassprop.schedules.contract import length_of
from glassprop.structure import Structure
from glassprop.trace import Trace


def frozen_in_vain(structure: Structure) -> Iterator[str]:
    """Find constraints and penalties of parameters that training does not change.

    Parameters
    ----------
    structure : Structure
        The network's.

    Yields
    ------
    str
        A message for each.
    """
    for place in structure.all_places:
        who = f"{place.kind} {place.name!r}"
        for name, parameter in place.parameters.items():
            if parameter.constraint is not None and not parameter.trainable:
                yield (
                    f"{who}: {name} is frozen, so that its constraint changes nothing. "
                    "Leave the constraint out, or let training change the parameter."
                )
        if _penalizes_the_frozen(place):
            yield (
                f"{who}: all that its penalty reads is frozen, so that it adds a "
                "number to the loss and changes nothing. Leave the penalty out, or let "
                "training change the parameters."
            )


def _penalizes_the_frozen(place: Place) -> bool:
    """Tell whether a penalty is there that depends on nothing trainable."""
    penalty = getattr(place.layer, "penalty", None)
    if penalty is None or all(one.trainable for one in place.parameters.values()):
        return False
    trace = Trace()
    p = {
        name: trace.input(name, one.shape, np.float64)
        for name, one in place.parameters.items()
    }
    given = penalty(Declared("parameters", p))
    if is_python_number(given) and given == 0:
        return False
    read = set(order([trace.lift(given).node]))
    return not any(
        p[name].node in read for name, one in place.parameters.items() if one.trainable
    )


def ends_early(schedule: Schedule, done: float, epochs: int) -> Iterator[str]:
    """Find a schedule that comes to its end before the training does.

    Parameters
    ----------
    schedule : Schedule
        That of the fit.
    done : float
        The epochs of it that are over.
    epochs : int
        Those of the fit.

    Yields
    ------
    str
        The message, if it does.
    """
    length, last = length_of(schedule), math.ceil(done + epochs)
    if length is not None and length < last:
        yield (
            f"schedule: {schedule!r} has come to its end after {length} epochs, and "
            f"this fit goes on to epoch {last}. The learning rate stays what it is "
            f"then. Give the schedule {last} epochs to end with the fit."
        )
