"""The rule of room: whether a network is too narrow, or too straight, for its rows.

Its shape alone says no such thing: a line is enough for many tables, and an autoencoder
is narrow on purpose. So what would give it room is tried, and has to do far better.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from glassprop.built import rearranged
from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.comparing import compared
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.regions import activations_of
from glassprop.diagnosis.rules_of_trials import HIDDEN, TINY, bending, wider
from glassprop.errors import GlasspropError
from glassprop.layer_names import layer_names
from glassprop.losses import AnyLoss
from glassprop.rows import Rows
from glassprop.trees import is_several

if TYPE_CHECKING:
    from glassprop.network import Network


class _Attempt(NamedTuple):
    """A change that gives room.

    Parameters
    ----------
    change : Change
    told : str
        What a network has then, after "with".
    limit : float
        How many times as much a network without may leave of the way.
    apart : float
        And how much more, in parts of it.
    """

    change: Change
    told: str
    limit: float
    apart: float = 0.0


def little_room(net: Network, rows: Rows, loss: AnyLoss) -> Iterator[Finding]:
    """Try what gives a network room, and see whether it leaves far less to learn.

    Parameters
    ----------
    net : Network
        It does not change.
    rows : Rows
        To train on and to measure on.
    loss : Loss or Several
        What is made small.
    """
    for change, told, limit, apart in _attempts(net):
        layers, _ = change.applied(net.layers, {})
        try:
            other = rearranged(net.built, layers, _names(net.layers, layers, change))
            found = compared(net.built, other, rows, loss)
        except GlasspropError:
            continue  # the layers do not fit together without it
        if found is None or not found.ratio > limit:
            continue
        if not found.left - found.other > apart:
            continue
        yield Finding(
            "cannot_overfit",
            f"of the way from the best constant answer to the lowest loss, "
            f"{found.left:.2g} is left on {found.rows} held-out rows, and "
            f"{found.other:.2g} with {told}. That is {found.ratio:.3g} times as much; "
            f"up to {limit:g} times is fine.",
            change,
            value=found.ratio,
            limit=limit,
        )
        return


def _attempts(net: Network) -> Iterator[_Attempt]:
    """Propose what gives room where there is little: a bend, units, all columns."""
    _, straight, _, narrow, other = CONDITIONS["cannot_overfit"].limits
    if not activations_of(net.built).regions:
        change = bending(net.layers)
        told = f"a hidden layer of {HIDDEN} units"
        if change.layers:
            told = "tanh between the layers"
        if change.lines:
            yield _Attempt(change, told, other, straight)
    change = wider(net.layers, alone=True)
    if change.layers:
        told = ", ".join(
            f"{new.units} units in {name!r}" for name, (_, new) in change.layers.items()
        )
        tiny = all(old.units <= TINY for old, _ in change.layers.values())
        yield _Attempt(change, told, narrow if tiny else other)
    for place in net.structure.places[:-1]:
        ends_in_one = _is_number(place.output_shape) and not place.parameters
        if ends_in_one and not _is_number(place.input_shape):
            without = Change(layers={place.name: (place.layer, None)})
            yield _Attempt(without, f"no {place.name!r}", narrow)


def _is_number(shape: Any) -> bool:
    return not is_several(shape) and math.prod(shape) == 1


def _names(
    before: Sequence[Any], after: Sequence[Any], change: Change
) -> dict[str | None, str]:
    """Give the new name of each layer that stays, by its old one."""
    old, new = layer_names(before), layer_names(after)
    if change.first is not None:
        del new[old.index(change.before)]
    stay = [one for one in old if change.layers.get(one, (None, one))[1] is not None]
    return dict(zip(stay, new, strict=True))
