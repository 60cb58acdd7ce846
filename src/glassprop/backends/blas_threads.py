"""How many threads BLAS uses: limited for a while, then put back.

OpenBLAS keeps one number for the whole process. This is one of two places where
glassprop touches what the process shares: somebody who asks for one thread, or whose
own threads call BLAS, would else get as many again. The limit holds from the first call
that begins to the last one that ends; a call in between finds it as it is.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from glassprop.errors import MissingExtraError


class _Limit:
    """The limit that is on now: how many calls hold it, and what was there before."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.holders = 0
        self.before: Any = None

    def hold(self, number: int) -> None:
        libraries = _libraries()
        with self.lock:
            if not self.holders:
                self.before = libraries.limit(limits=number, user_api="blas")
            self.holders += 1

    def leave(self) -> None:
        with self.lock:
            self.holders -= 1
            if not self.holders:
                self.before.restore_original_limits()


_LIMIT = _Limit()


@cache
def _libraries() -> Any:
    """Find the BLAS libraries of this process, once: NumPy's and SciPy's."""
    try:
        importlib.import_module("scipy.linalg.cython_blas")
        threadpoolctl = importlib.import_module("threadpoolctl")
    except ImportError:
        raise MissingExtraError(
            "threads needs scipy and threadpoolctl, which are not installed. Install "
            'them: pip install "glassprop[fast]"'
        ) from None
    return threadpoolctl.ThreadpoolController()


@contextmanager
def blas_threads(number: int | None) -> Iterator[None]:
    """Let BLAS use so many threads inside.

    Parameters
    ----------
    number : int or None
        None leaves what is there.

    Raises
    ------
    MissingExtraError
        If a number is given and threadpoolctl is not installed.
    """
    if number is None:
        yield
        return
    _LIMIT.hold(number)
    try:
        yield
    finally:
        _LIMIT.leave()
