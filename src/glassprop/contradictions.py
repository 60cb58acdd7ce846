"""What a training asks for and cannot have: said as a warning, before it begins."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np

from glassprop.feeding import Declared, Place
from glassprop.graph import order
from glassprop.ops.leaves import is_python_number
from glassprop.optimizers import SWA, rules_of
from glassprop.optimizers.contract import inside
from glassprop.optimizers.rates import Scaled
from glassprop.schedules import Schedule, Warmup
from glassprop.schedules.contract import length_of
from glassprop.structure import Structure
from glassprop.trace import Trace


def frozen_in_vain(structure: Structure, optimizer: Any) -> Iterator[str]:
    """Find constraints and penalties of parameters that training does not change.

    Parameters
    ----------
    structure : Structure
        The network's.
    optimizer : Optimizer or Minimizer
        That of the fit.

    Yields
    ------
    str
        A message for each.
    """
    frozen = set(structure.parameters) - set(structure.trainable)
    held = held_still(structure, optimizer)
    for place in structure.all_places:
        who = f"{place.kind} {place.name!r}"
        for name, parameter in place.parameters.items():
            if parameter.constraint is not None and not parameter.trainable:
                yield (
                    f"{who}: {name} is frozen, so that its constraint changes nothing. "
                    "Leave the constraint out, or let training change the parameter."
                )
        if _penalizes_only(place, frozen):
            yield (
                f"{who}: all that its penalty reads is frozen, so that it adds a "
                "number to the loss and changes nothing. Leave the penalty out, or let "
                "training change the parameters."
            )
        elif _penalizes_only(place, frozen | held):
            yield (
                f"{who}: LayerRates holds still what its penalty reads, by a factor of "
                "0, so that it adds a number to the loss and changes nothing. Leave "
                "the penalty out, or give a factor above 0."
            )


def held_still(structure: Structure, optimizer: Any) -> set[str]:
    """Name the parameters that `LayerRates` multiplies the learning rate of by 0.

    Parameters
    ----------
    structure : Structure
        The network's.
    optimizer : Optimizer or Minimizer
        That of the fit.
    """
    rules = rules_of(optimizer, structure.parameters)
    return {
        name
        for name, rule in rules.items()
        if any(isinstance(one, Scaled) and one.factor == 0 for one in inside(rule))
    }


def _penalizes_only(place: Place, still: Collection[str]) -> bool:
    """Tell whether there is a penalty that depends on nothing but these parameters."""
    methods = [getattr(place.layer, one, None) for one in ("penalty", "prior")]
    moved = [name for name in place.parameters if f"{place.name}.{name}" not in still]
    if len(moved) == len(place.parameters):
        return False
    return any(
        _reads_only(place, method, moved) for method in methods if method is not None
    )


def _reads_only(place: Place, penalty: Any, moved: Collection[str]) -> bool:
    """Tell whether a penalty is more than 0, and none of the moved ones is in it."""
    trace = Trace()
    p = {
        name: trace.input(name, one.shape, np.float64)
        for name, one in place.parameters.items()
    }
    given = penalty(Declared("parameters", p))
    if is_python_number(given) and given == 0:
        return False
    read = set(order([trace.lift(given).node]))
    return not any(p[name].node in read for name in moved)


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


def begins_late(
    schedule: Schedule, optimizer: Any, *, done: int, epochs: int, steps_per_epoch: int
) -> Iterator[str]:
    """Find a rise of the learning rate, or a mean of weights, that the fit ends before.

    In the first part of a training over several fits both are as meant: the messages
    say what a further fit does.

    Parameters
    ----------
    schedule : Schedule
        That of the fit.
    optimizer : Optimizer or Minimizer
        Likewise.
    done : int
        The optimizer's steps so far.
    epochs, steps_per_epoch : int
        Those of the fit.

    Yields
    ------
    str
        A message for each.
    """
    last = done + epochs * steps_per_epoch
    if isinstance(schedule, Warmup) and last < schedule.epochs * steps_per_epoch:
        yield (
            f"schedule: Warmup rises for {schedule.epochs} epochs, and this fit ends "
            f"after epoch {math.ceil(last / steps_per_epoch)}, before the learning "
            "rate is reached. A further fit with the same schedule goes on with the "
            "rise; to reach the rate in this one, train longer or let it rise for "
            "fewer epochs."
        )
    for one in inside(optimizer):
        if isinstance(one, SWA) and last < one.start:
            yield (
                f"SWA: the mean begins after step {one.start}, and this fit ends with "
                f"step {last}, so that the network now has the trained weights "
                "themselves. A further fit with the same optimizer goes on to the "
                "mean; to have one after this fit, train longer or begin sooner, "
                f"start={last // 2 + last % 2}."
            )
