"""How many threads BLAS uses: limited for a while, then put back.

OpenBLAS keeps one number for the whole process. This is one of two places where
glassprop touches what the process shares, Ctrl-C (`glassprop.interrupts`) is the other:
somebody who asks for one thread, or whose own threads call BLAS, would else get as many
again. Of several threads that limit it side by side the first one does, and puts it
back: threadpoolctl sees to that.
"""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from glassprop.errors import MissingExtraError


@cache
def _libraries() -> Any:
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
    return ThreadpoolController()


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
    if number is None:
        return nullcontext()
    limit: AbstractContextManager[Any] = _libraries().limit(
        limits=number, user_api="blas"
    )
    return limit
