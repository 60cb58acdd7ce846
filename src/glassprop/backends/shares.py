"""How the threads of a team divide a step: shares of a stage, and where they meet.

All threads run the same main function side by side. A stage is divided along one axis
of what it writes, so that no sum is divided and the bits are those of one thread. Each
thread takes its share, from one edge to the next; a stage that is too little for that,
or has no such axis, is the first thread's alone. Between two stages the threads meet.

Vocabulary of the text: ``me`` is a thread's number, from 0, ``team`` how many there
are; ``first`` and ``last`` are the edges of a share, and ``many`` is its size.
"""

from __future__ import annotations

import os

from glassprop.program import Program

THREADED = 1e5  # operations of arithmetic in one of the table from which a team pays
LITTLE = 3e4  # operations of a stage up to which one thread does it
BLOCK = 16  # places along the innermost axis that are not divided: whole vectors
GIVEN = ("me", "team")  # what a kernel takes to know its share
ALONE = ("if me > 0:", "    return")
EDGE = '''@kernel
def edge(size, block, me, team):
    """Give where a thread's share begins; blocks of places stay together."""
    return size // block * me // team * block if me < team else size'''
# Whoever comes early looks again and again, and soon lets others have the core.
MEET = '''@kernel
def meet(arrived, team):
    """Wait for all threads of a team."""
    goal = (arrive(arrived) // team + 1) * team
    looks = 0
    while seen(arrived) < goal:
        looks += 1
        if looks > 1000:
            give_way()'''
HELPERS = (EDGE, MEET)
HELPERS_TAKE = {
    "edge": "int64(int64, int64, int64, int64)",
    "meet": "void(int64[::1], int64)",
}


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def pays(program: Program, rows: int) -> bool:
    """Tell whether a step on so many rows is enough work for more than one thread.

    To divide an operation costs a few microseconds, however little it does: the threads
    wait for each other, and read what the other one has written.

    Parameters
    ----------
    program : Program
        One training step.
    rows : int
        Of a batch.
    """
    return program.cost(rows) >= THREADED * program.size


def edges(size: str, block: int) -> list[str]:
    """Write the edges of a share.

    Parameters
    ----------
    size : str
        How many places are divided.
    block : int
        How many of them stay together.
    """
    return [
        f"first = edge({size}, {block}, me, team)",
        f"last = edge({size}, {block}, me + 1, team)",
    ]
