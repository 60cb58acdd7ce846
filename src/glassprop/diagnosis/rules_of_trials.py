"""Rules that try something on copies: to learn by heart, and other learning rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.overfitting import MOST_ROWS, STEPS, check_overfit
from glassprop.diagnosis.rates import RateSearch, search_rates
from glassprop.diagnosis.regions import activations_of
from glassprop.diagnosis.remedies import (
    at_learning_rate,
    bent,
    has_field,
    other,
    together,
)
from glassprop.errors import (
    ArgumentError,
)
from glassprop.layer_names import layer_names
from glassprop.layers import Dense
from glassprop.losses import AnyLoss
from glassprop.recipes import Recipe
from glassprop.rows import Rows
from glassprop.targets import row_classes
from glassprop.training_steps import training_steps
from glassprop.updates import start_memory

if TYPE_CHECKING:
    from glassprop.network import Network

# Parts of the fall at the best rate that a rate far below and one far above have.
HARDLY, LITTLE = 0.05, 0.25
NARROW = 4  # times as many units as a layer has, that make it narrow beside others
LEAST_UNITS = 16  # of a hidden layer that is made wider
TINY = 2  # units of a hidden layer that is narrow beside any
HIDDEN = 32  # units of a hidden layer that there was not


def cannot_overfit(
    net: Network, rows: Rows, loss: AnyLoss, *, stuck: bool, steps: int = STEPS
) -> Iterator[Finding]:
    """See whether a few rows can be learned by heart.

    A small network has few parameters for each number that it is to learn, and is given
    fewer rows. It may be too small all the same: it learns nothing at all, or it bends
    and cannot keep classes apart, or most of the way is left. Of any network no more is
    asked where there are fewer steps than usual.
    """
    curved, straight, most, *_ = CONDITIONS["cannot_overfit"].limits
    if steps < STEPS:
        curved = straight = most
    bends = len(activations_of(net.built).regions) > 0
    limit = curved if bends else straight
    found = check_overfit(net.built, rows, loss, steps=steps)
    if not found.left > limit and found.rows < MOST_ROWS:
        found = check_overfit(net.built, rows, loss, least=MOST_ROWS, steps=steps)
        classifies = row_classes(rows.y, loss) is not None
        limit = straight if stuck or (classifies and bends) else most
    if not found.left > limit:
        return
    change = wider(net.layers) if bends else bending(net.layers)
    if not change.lines:
        change = Change(words="Give it a hidden layer, or look at the other findings.")
    left = f"{found.left:.2g}" if math.isfinite(found.left) else "All"
    yield Finding(
        "cannot_overfit",
        f"{found}. {left} of the way is left; up to {limit:g} is fine.",
        change,
        value=found.left,
        limit=limit,
    )


def wider(layers: Sequence[Any], *, alone: bool = False) -> Change:
    """Propose more units: as many as others have where some are narrow, else more.

    Parameters
    ----------
    layers : sequence of layers
        Those of a network.
    alone : bool
        Whether narrow ones alone are made wider.
    """
    *hidden, _last = [
        (name, layer.units)
        for name, layer in zip(layer_names(layers), layers, strict=True)
        if has_field(layer, "units")
    ] or [("", 0)]
    most = max((units for _, units in hidden), default=0)
    narrow = [name for name, units in hidden if NARROW * units <= most]
    chosen = narrow or [name for name, units in hidden if units <= TINY or not alone]
    size = max(NARROW * most, LEAST_UNITS)
    if narrow:
        size = min(units for name, units in hidden if name not in narrow)
    changes = [other(layers, name, units=size) for name in chosen]
    return together(changes)


def bending(layers: Sequence[Any]) -> Change:
    """Propose that layers bend: those before the last one, else one more.

    Parameters
    ----------
    layers : sequence of layers
        Those of a network.
    """
    known = zip(layer_names(layers), layers, strict=True)
    *hidden, last = [name for name, one in known if isinstance(one, Dense)] or [""]
    change = bent(layers, hidden, "tanh")
    if change.layers or not last:
        return change
    return Change(first=Dense(HIDDEN, "relu"), before=last)


def learning_rate(
    net: Network,
    rows: Rows,
    recipe: Recipe,
    *,
    per_step: int,
    length: int,
    after_run: Callable[[], object],
) -> Iterator[Finding]:
    """Compare the learning rate with those of a range test.

    The test is short, so that what it says of a rate is asked of that rate as well.
    """
    limits = {"length": length, "after_run": after_run}
    below, above, slower, faster = CONDITIONS["learning_rate"].limits
    optimizer = recipe.optimizer
    rate = optimizer.learning_rate
    try:
        found = searched(net, rows, recipe, per_step, own=rate, **limits)
    except ArgumentError:
        return  # it explodes at once: the trial says why
    last, good = float(found.rates[-1]), found.suggestion
    if not found.falls:
        return
    part = found.fallen(found.own)
    if rate * below < found.falling:
        apart = found.falling / rate
        text = f"{apart:.2g} times below where the loss begins to fall"
        yield _rated(optimizer, found, text, apart, below)
    elif rate * slower < good and part < HARDLY:
        text = (
            f"{good / rate:.2g} times below what is suggested, the loss hardly falling,"
        )
        yield _rated(optimizer, found, text, good / rate, slower)
    elif found.exploded and rate > above * last:
        text = f"{rate / last:.2g} times that at which the loss explodes"
        yield _rated(optimizer, found, text, rate / last, above)
    elif rate > faster * good and not part > LITTLE:
        text = f"{rate / good:.2g} times what is suggested, the loss staying high,"
        yield _rated(optimizer, found, text, rate / good, faster)


def _rated(
    optimizer: Any, found: RateSearch, text: str, value: float, limit: float
) -> Finding:
    return Finding(
        "learning_rate",
        f"the learning rate {optimizer.learning_rate:g} is {text} in a range test "
        f"({found}); up to {limit:g} times is fine.",
        at_learning_rate(optimizer, found.suggestion),
        value=value,
        limit=limit,
    )


def searched(
    net: Network, rows: Rows, recipe: Recipe, per_step: int, **limits: Any
) -> RateSearch:
    """Test a range of learning rates on copies of a network's values.

    Parameters
    ----------
    net : Network
        It does not change.
    rows : Rows
        To train on.
    recipe : Recipe
        Of the training.
    per_step : int
        Rows of a batch.
    **limits
        As `search_rates` takes them.
    """
    if not net.structure.trainable:
        raise ArgumentError(
            "find_learning_rate: the network has nothing to train. Let some layers "
            "train: leave frozen= out, or add a layer with parameters, gp.Dense(units)."
        )
    steps = training_steps(
        net.built,
        recipe,
        net.name,
        backend="auto",
        threads=None,
        rows=per_step,
        steps=limits.get("count", 100),
        verbose=False,
    )
    values = {**net.values, **start_memory(net.structure, recipe.optimizer, net.values)}
    return search_rates(steps, values, rows, per_step, seed=net.seed, **limits)
