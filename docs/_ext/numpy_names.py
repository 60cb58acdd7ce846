"""Which functions of NumPy trace, and which do not, from the tables that say so.

The others are those that NumPy hands over to arrays of other kinds, and so might.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassprop.numpy_functions import FUNCTIONS, UFUNCS

MODULES = {
    "np": np,
    "np.linalg": np.linalg,
    "np.lib.stride_tricks": np.lib.stride_tricks,
    "np.fft": np.fft,
}
HANDED_OVER = (np.ufunc, type(np.sum))


def handed_over() -> Iterator[tuple[str, Any]]:
    """Give every public function of NumPy that asks arrays what it means, by name."""
    for prefix, module in MODULES.items():
        for name in sorted(getattr(module, "__all__", dir(module))):
            function = getattr(module, name)
            if isinstance(function, HANDED_OVER):
                yield f"{prefix}.{name}", function


def names(*, traced: bool, universal: bool) -> list[str]:
    """List functions by whether they trace and whether they are ufuncs."""
    return [
        name
        for name, function in handed_over()
        if (function in UFUNCS or function in FUNCTIONS) == traced
        and isinstance(function, np.ufunc) == universal
    ]
