"""Where blocks that feed one another stand: in ranks, side by side.

A rank is the longest way from an input (Sugiyama, Tagawa and Toda 1981, "Methods for
visual understanding of hierarchical system structures", in its simplest form). A wire
that passes ranks takes a lane through each of them, so that it crosses no block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LANE = 0.3  # how wide the lane of a wire is, where a block is 1 wide
GAP = 0.14  # between two that stand side by side
LIGHT = 1e-9  # how much a lane counts where the middle of others is sought


@dataclass(frozen=True)
class Layout:
    """Places of blocks and ways of wires, where a block is 1 wide and 1 high.

    Parameters
    ----------
    places : tuple of pairs of float
        The middle of each block; the first rank is at height 0, the next at 1.
    ways : tuple of tuples of pairs of float
        The points that each wire goes through, from the middle of one block to that
        of the other.
    left, right : float
        How far blocks and lanes reach.
    ranks : int
        How many there are.
    """

    places: tuple[tuple[float, float], ...]
    ways: tuple[tuple[tuple[float, float], ...], ...]
    left: float
    right: float
    ranks: int


def laid_out(blocks: int, wires: Sequence[tuple[int, int]]) -> Layout:
    """Find a place for each block.

    Parameters
    ----------
    blocks : int
        How many there are, in an order in which each stands behind those that feed it.
    wires : sequence of pairs of int
        From which to which.
    """
    ranks = [0] * blocks
    for start, end in sorted(wires, key=lambda one: one[1]):
        ranks[end] = max(ranks[end], ranks[start] + 1)
    # Lanes are numbered behind the blocks.
    rank_of, feeders = list(ranks), [list[int]() for _ in range(blocks)]
    ways: list[list[int]] = []
    for start, end in wires:
        way = [start]
        for rank in range(ranks[start] + 1, ranks[end]):
            feeders.append([way[-1]])
            rank_of.append(rank)
            way.append(len(rank_of) - 1)
        feeders[end].append(way[-1])
        ways.append([*way, end])
    x = np.zeros(len(rank_of))
    widths = np.where(np.arange(len(rank_of)) < blocks, 1.0, LANE)
    weights = np.where(np.arange(len(rank_of)) < blocks, 1.0, LIGHT)
    for rank in range(max(rank_of) + 1):
        row = [at for at, one in enumerate(rank_of) if one == rank]
        wanted = {
            at: float(np.average(x[feeders[at]], weights=weights[feeders[at]]))
            if feeders[at]
            else 0.0
            for at in row
        }
        row.sort(key=lambda at: wanted[at])  # stable: blocks before lanes, in order
        ends = np.cumsum(widths[row] + GAP)
        middles = ends - (widths[row] + GAP) / 2
        shift = np.average([wanted[at] for at in row] - middles, weights=weights[row])
        x[row] = middles + shift
    points = [(float(one), float(rank)) for one, rank in zip(x, rank_of, strict=True)]
    return Layout(
        tuple(points[:blocks]),
        tuple(tuple(points[at] for at in way) for way in ways),
        float((x - widths / 2).min()),
        float((x + widths / 2).max()),
        max(rank_of) + 1,
    )
