"""The nearest change of one input, and of two, that flips what a network decides.

It is found by search over the real network, in its own dtype, and every answer has been
run. Distances are measured in units of each input's scale; of two inputs it is the root
of the sum of squares, and another word counts as 1. One input is searched along its
axis in both directions. Two are searched along rays in their plane, in 16 directions,
and then in ever narrower ones around the nearest.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from glassprop.reasons.rays import Flipped, Rays, Vector, first_flips, joined
from glassprop.reasons.rounded_changes import Found, rounded_change
from glassprop.reasons.spaces import (
    DIRECTIONS,
    Space,
    nearer,
    pair_rays,
    single_rays,
    towards,
)

MOST_SINGLE = 64  # inputs that are searched alone
MOST_PAIRED = 12  # inputs that are searched in pairs
FEW = 12  # bisections to compare rays; the best are bisected to the last digits
SOME, COARSE = 20, 8  # bisections and grid while directions are narrowed down
NARROWED = 6  # pairs whose direction is narrowed down
NARROWINGS = 5  # each by a third; with more, rounding would choose


def nearest_single(
    row: Vector, space: Space, flipped: Flipped, columns: Sequence[int]
) -> Found | None:
    """Find the nearest change of one number that flips the decision.

    Parameters
    ----------
    row : array of shape (D,)
        NaN where a value is missing.
    space : Space
        What the numbers may be.
    flipped : callable
        From points (n, D) to truth values (n,), by running the network.
    columns : sequence of int
        Which numbers to try.
    """
    rays = joined([one for at in columns for one in single_rays(row, space, at)])
    lengths = first_flips(row, rays, flipped)
    return _best(row, space, flipped, rays, lengths)


def nearest_pair(
    row: Vector,
    space: Space,
    flipped: Flipped,
    columns: Sequence[int],
    below: float = math.inf,
) -> Found | None:
    """Find the nearest change of two numbers that flips the decision.

    Parameters
    ----------
    row, space, flipped, columns
        As for `nearest_single`.
    below : float
        Only what is nearer than that counts: the distance of a single change.
    """
    found = [
        rays
        for one, two in itertools.combinations(columns, 2)
        for rays in pair_rays(row, space, one, two)
    ]
    rays = nearer(joined(found), below)
    if not len(rays):
        return None
    lengths = first_flips(row, rays, flipped, bisections=FEW)
    near = np.argsort(rays.distances(lengths), kind="stable")[:NARROWED]
    best, step = rays.take(near), 2 * math.pi / DIRECTIONS
    lengths = lengths[near]
    for _ in range(NARROWINGS):
        step /= 3
        best, lengths = _narrowed(row, space, flipped, best, lengths=lengths, step=step)
    lengths = first_flips(row, best, flipped)
    nearest = _best(row, space, flipped, best, lengths)
    return nearest if nearest is not None and nearest.distance < below else None


def _narrowed(
    row: Vector,
    space: Space,
    flipped: Flipped,
    rays: Rays,
    *,
    lengths: Vector,
    step: float,
) -> tuple[Rays, Vector]:
    """Turn each ray in a plane of two numbers by a little, and keep what is nearest."""
    kept, best = [], []
    for at in range(len(rays)):
        ray, length = rays.take(np.array([at])), float(lengths[at])
        turned = [ray]
        if np.all(ray.slopes != 0) and math.isfinite(length):
            units = ray.slopes[0] / space.scales[ray.columns[0]]
            angle = math.atan2(units[1], units[0])
            columns = (int(ray.columns[0, 0]), int(ray.columns[0, 1]))
            begins = (float(ray.begins[0, 0]), float(ray.begins[0, 1]))
            turned += [
                towards(
                    space,
                    columns,
                    begins,
                    (math.cos(angle + turn * step), math.sin(angle + turn * step)),
                    0.0,
                )
                for turn in (-1, 1)
            ]
        kept.append(joined(turned))
        best.append(length)
    every = joined(kept)
    limits = np.concatenate(
        [np.full(len(one), length) for one, length in zip(kept, best, strict=True)]
    )
    looked = Rays(
        every.columns,
        every.begins,
        every.slopes,
        every.fixed,
        np.minimum(every.reach, limits * (1 + 1e-9)),
    )
    found = first_flips(row, looked, flipped, bisections=SOME, grid=COARSE)
    starts = np.cumsum([0, *(len(one) for one in kept)])
    chosen = np.array(
        [
            start + int(np.argmin(found[start:end]))
            for start, end in itertools.pairwise(starts)
        ],
        np.int64,
    )
    return every.take(chosen), found[chosen]


def _best(
    row: Vector, space: Space, flipped: Flipped, rays: Rays, lengths: Vector
) -> Found | None:
    """Give the nearest change, in numbers that are as short as they can be."""
    nearest: Found | None = None
    distances = rays.distances(lengths)
    for at in np.argsort(distances, kind="stable"):
        if not math.isfinite(distances[at]):
            break
        if nearest is not None and distances[at] >= nearest.distance:
            break
        columns = tuple(dict.fromkeys(int(one) for one in rays.columns[at]))
        values = rays.values(lengths)[at][: len(columns)]
        found = rounded_change(row, space, flipped, columns, values)
        if found is not None and (nearest is None or found.distance < nearest.distance):
            nearest = found
    return nearest
