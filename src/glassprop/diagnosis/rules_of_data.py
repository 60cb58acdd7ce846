"""Rules of what trains and of what it trains on: parameters, columns, classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.diagnosis.at_rest import AtRest, Entering
from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Finding, some, with_words
from glassprop.diagnosis.nesting import by_path
from glassprop.diagnosis.remedies import has_field, other, together
from glassprop.feeding import Place
from glassprop.layers import Standardize
from glassprop.structure import start_values
from glassprop.targets import classes_of
from glassprop.trees import as_parts, is_several

OUTSIDE = "Check the unit of these columns, or train again with these rows."
OUTLIERS = (
    "Look for wrong values where columns reach far out; if they are right, take the "
    "columns' logarithm, or clip them."
)


def frozen_parts(seen: AtRest) -> Iterator[Finding]:
    """Find layers that train with a part of their parameters alone."""
    structure = seen.built.structure
    if not structure.parameters:
        yield Finding(
            "never_moves",
            "the network has no parameters, so that there is nothing to train.",
            Change(words="Add a layer that has some, gp.Dense(units)."),
            value=0.0,
            severity="error",
        )
        return
    if not structure.trainable:
        yield Finding(
            "never_moves",
            "every parameter is frozen, so that there is nothing to train.",
            Change(words="Let some layers train: leave frozen= out."),
            value=0.0,
            severity="error",
        )
        return
    yield from _no_bias(seen)
    for place in structure.all_places:
        frozen = [key for key, one in place.parameters.items() if not one.trainable]
        change = other(seen.layers, place.name, frozen=())
        if not frozen or change is None:
            continue
        moving = sorted(set(place.parameters) - set(frozen))
        if not moving and not _as_drawn(seen, place):
            continue
        rest = f"while {', '.join(moving)} trains" if moving else "as it was drawn"
        yield Finding(
            "never_moves",
            f"layer {place.name!r}: {', '.join(frozen)} is frozen {rest}.",
            change,
            value=0.0,
            layer=place.name,
        )


def _as_drawn(seen: AtRest, place: Place) -> bool:
    """Tell whether a layer has the values that it would be given at random."""
    built = seen.built
    if seen.step is None or getattr(place.layer, "weights", None) is not None:
        return False
    kept = {key: built.values[key] for key in built.structure.state}
    drawn = start_values(built.structure, built.seed, kept)
    return all(
        np.array_equal(drawn[key], built.values[key])
        for key in (f"{place.name}.{one}" for one in place.parameters)
    )


def _no_bias(seen: AtRest) -> Iterator[Finding]:
    """Find a network whose every unit is held to 0 for an input of 0."""
    structure = seen.built.structure
    axes = {len(one.shape) for one in structure.parameters.values() if one.trainable}
    places = [one for one in structure.all_places if has_field(one.layer, "bias")]
    if axes != {2} or any(one.layer.bias for one in places) or not places:
        return
    change = together([other(seen.layers, one.name, bias=True) for one in places])
    if not change.layers:
        change = Change(words="Give layers a bias, bias=True.")
    yield Finding(
        "never_moves",
        "no layer has a bias: what each unit adds up is 0 for an input of 0, whatever "
        "it learns.",
        change,
        value=0.0,
    )


def is_scaled(seen: AtRest) -> bool:
    """Tell whether what comes to the first layer is scaled."""
    with np.errstate(all="ignore"):
        return not any(True for _ in inputs_not_scaled(seen))


def scaled(seen: AtRest) -> Change:
    """Give the change that scales what comes in.

    Parameters
    ----------
    seen : AtRest
        Where something that comes in is not scaled.
    """
    with np.errstate(all="ignore"):
        return next(inputs_not_scaled(seen)).change


def inputs_not_scaled(seen: AtRest) -> Iterator[Finding]:
    """Judge the columns that come to the first layers with parameters to train."""
    for entering in seen.entering:
        yield from _not_scaled(seen, entering)


def _not_scaled(seen: AtRest, entering: Entering) -> Iterator[Finding]:
    large, small, apart, outside = CONDITIONS["inputs_not_scaled"].limits
    columns, learned = entering.columns, entering.learned
    if len(columns) < 2:
        return
    name = entering.layers[0]
    size = np.sqrt(np.nanmean(columns * columns, axis=0))
    spread = np.nanstd(columns, axis=0)
    mean = np.abs(np.nanmean(columns, axis=0))
    limit = outside if learned else large
    reach = np.nanmax(np.abs(columns), axis=0)
    beyond = np.flatnonzero((reach if learned else size) > limit)
    varies = spread > 1e-9 * mean  # a constant column may have some by rounding
    far = np.flatnonzero(varies & (mean > apart * spread))
    tiny = np.flatnonzero(reach < 1 / small)
    # One value for most rows, as of a word that is rare, is none that is too small.
    tiny = np.array([at for at in tiny if _differ(columns[:, at])], np.int64)
    if beyond.size and learned:
        yield _unscaled(
            seen,
            entering,
            f"columns {some(beyond.tolist())} reach "
            f"{float(reach.max()):.3g} standard deviations from the "
            f"mean of the rows that the network has learned their scale from; up to "
            f"{limit:g} is fine.",
            beyond,
            float(reach.max()),
            limit,
        )
    elif beyond.size:
        yield _unscaled(
            seen,
            entering,
            f"columns {some(beyond.tolist())} are up to {float(size.max()):.3g} in "
            f"size where they come to layer {name!r}; up to {limit:g} is "
            "fine.",
            beyond,
            float(size.max()),
            limit,
        )
    elif size.max() < 1 / small:
        yield _unscaled(
            seen,
            entering,
            f"all columns are at most {float(size.max()):.3g} in size where they come "
            f"to layer {name!r}; from {1 / small:g} is fine.",
            np.arange(len(size)),
            float(size.max()),
            1 / small,
        )
    elif tiny.size and not learned:
        least = float(reach[tiny].min())
        yield _unscaled(
            seen,
            entering,
            f"columns {some(tiny.tolist())} are as small as {least:.3g} at most where "
            f"they come to layer {name!r}, beside others of up to "
            f"{float(size.max()):.3g}; from {1 / small:g} is fine.",
            tiny,
            least,
            1 / small,
        )
    elif far.size:
        worst = float(np.max(mean[far] / spread[far]))
        yield _unscaled(
            seen,
            entering,
            f"columns {some(far.tolist())} are up to {worst:.3g} standard deviations "
            f"away from 0; up to {apart:g} is fine.",
            far,
            worst,
            apart,
        )


def _differ(column: NDArray[Any]) -> bool:
    """Tell whether the middle half of the rows has more than one value."""
    lower, upper = np.nanquantile(column, (0.25, 0.75))
    return bool(upper > lower)


def _unscaled(  # noqa: PLR0917  # where, what, and the numbers of a finding
    seen: AtRest,
    entering: Entering,
    text: str,
    columns: NDArray[Any],
    value: float,
    limit: float,
) -> Finding:
    found = Finding(
        "inputs_not_scaled",
        text,
        _scaling(seen, entering),
        value=value,
        limit=limit,
        layer=entering.layers[0],
        columns=tuple(int(one) for one in columns),
    )
    return with_words(found, entering.words)


def _scaling(seen: AtRest, entering: Entering) -> Change:
    """Propose to standardize what comes in, or to look at what is far from the rest."""
    if entering.learned and seen.step is None:
        return Change(words=OUTSIDE)
    size = np.sqrt(np.nanmean(entering.columns**2, axis=0))
    if entering.learned and size.max() <= CONDITIONS["inputs_not_scaled"].limit:
        return Change(words=OUTLIERS)  # of these rows, which are scaled
    name = entering.layers[0]
    top = name.partition(".")[0]
    places = seen.built.structure.places
    at = [place.name for place in places].index(top)
    if not is_several(places[at].input_shape):
        return Change(first=Standardize(), before=top if at else "")
    if name in by_path(seen.layers):
        return Change(first=Standardize(), before=name)
    return Change(words=f"Put gp.Standardize() before what comes to layer {name!r}.")


def imbalance(seen: AtRest) -> Iterator[Finding]:
    """Count the rows of each class."""
    limit = CONDITIONS["imbalance"].limit
    if seen.balanced:
        return
    for loss, y in zip(seen.loss.each, as_parts(seen.rows.y), strict=True):
        classes = classes_of(y, loss)
        if classes is None:
            continue
        found, counts = np.unique(classes, return_counts=True)
        ratio = float(counts.max() / counts.min())
        if len(found) < 2 or ratio <= limit:
            continue
        least, most = (int(found[pick(counts)]) for pick in (np.argmin, np.argmax))
        yield Finding(
            "imbalance",
            f"class {most} has {counts.max():,} rows and class {least} has "
            f"{counts.min():,}: {ratio:.3g} times; up to {limit:g} is fine.",
            Change(
                words="Measure the balanced accuracy too.",
                options={"class_weight": "balanced"},
            ),
            value=ratio,
            limit=limit,
        )
