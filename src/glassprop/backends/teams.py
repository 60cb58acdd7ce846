"""Threads that run one compiled function side by side, and wait for each other in it.

In compiled code nothing can stop a thread that waits. So all of them are there before
one begins, and none is the thread that the interpreter interrupts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np

Team: TypeAlias = Callable[..., None]


@contextmanager
def team_of(size: int) -> Iterator[Team]:
    """Give what calls a function in so many threads at once.

    A function for several threads takes, behind its own arguments, an array that counts
    who arrives where they wait, the thread's number, and how many there are. One thread
    is the caller, and its function takes nothing more.

    Parameters
    ----------
    size : int
        How many threads.
    """
    if size == 1:
        yield _alone
        return
    with ThreadPoolExecutor(size) as pool:
        yield lambda function, *given: _together(pool, size, function, given)


def _alone(function: Callable[..., Any], *given: Any) -> None:
    function(*given)


def _together(
    pool: ThreadPoolExecutor, size: int, function: Callable[..., Any], given: Any
) -> None:
    """Call a function in all threads, and come back when they have ended."""
    arrived = np.zeros(1, np.int64)
    begins: Future[bool] = Future()

    def follow(me: int) -> None:
        if begins.result():
            function(*given, arrived, me, size)

    def lead() -> None:
        others = []
        try:
            others = [pool.submit(follow, me) for me in range(1, size)]
        finally:
            begins.set_result(len(others) == size - 1)
        function(*given, arrived, 0, size)
        for one in others:
            one.result()

    leading = pool.submit(lead)
    try:
        leading.result()
    finally:
        wait([leading])
