"""How many threads BLAS uses: limited for a while, then put back.

OpenBLAS keeps one number for the whole process. This is one of two places where
glassprop touches what the process shares, Ctrl-C (`glassprop.interrupts`) is the other:
somebody who asks for one thread, or whose own threads call BLAS, would else get as many
again. Of several threads that limit it side by side the smallest number holds, and the
last one that ends puts back what the first one found.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from threading import Lock
from typing import Any

from glassprop.errors import MissingExtraError


class _Shared:
    """What is asked for at this moment, and what there was before the first asked."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.asked: list[int] = []
        self.before: list[int] = []


_SHARED = _Shared()


@cache
def _libraries() -> list[Any]:
    """Find the BLAS libraries of this process, once: NumPy's and SciPy's."""
    try:
        importlib.import_module("scipy.linalg.cython_blas")  # loads SciPy's BLAS
        from threadpoolctl import (  # type: ignore[import-untyped]  # it has no types
            ThreadpoolController,
        )
    except ImportError:
        raise MissingExtraError(
            "threads needs scipy and threadpoolctl, which are not installed. Install "
            'them: pip install "glassprop[fast]"'
        ) from None
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def blas_threads(number: int | None) -> AbstractContextManager[Any]:
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
    return nullcontext() if number is None else _limited(number, _libraries())


@contextmanager
def _limited(number: int, libraries: list[Any]) -> Iterator[None]:
    with _SHARED.lock:
        before = [one.get_num_threads() for one in libraries]
        if not _SHARED.asked:
            _SHARED.before = before
        _SHARED.asked.append(number)
        _set(libraries, [number] * len(libraries))
    try:
        yield
    finally:
        with _SHARED.lock:
            _SHARED.asked.remove(number)
            _set(libraries, before)


def _set(libraries: list[Any], own: list[int]) -> None:
    """Set what all ask for, and this thread's own number where each thread has one."""
    from threadpoolctl import OpenBLASController

    for one, mine, first in zip(libraries, own, _SHARED.before, strict=True):
        is_own = getattr(one, "threading_layer", None) == "openmp"
        one.set_num_threads(mine if is_own else min(_SHARED.asked, default=first))
    # Else no other thread could set a number while this one lives.
    OpenBLASController.clear_controlling_thread()


__all__ = ["blas_threads"]
