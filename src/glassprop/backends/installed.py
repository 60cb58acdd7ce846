"""Whether what compiled code needs is there: Numba, SciPy's BLAS, threadpoolctl.

Looking for a package takes no time, importing Numba takes longer than a small training.
So it is imported where something is compiled, and only then told to be broken.
"""

from __future__ import annotations

import importlib
import importlib.util
import warnings

from glassprop.errors import GlasspropWarning, MissingExtraError
from glassprop.interrupts import interrupted_between

NEEDED = ("numba", "scipy", "threadpoolctl")  # the extra "fast"


def is_installed() -> bool:
    """Tell whether all packages are there, without importing them."""
    return all(importlib.util.find_spec(name) for name in NEEDED)


def check_installed() -> None:
    """Refuse to begin without the packages, which are not imported.

    Raises
    ------
    MissingExtraError
        With what to install.
    """
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            raise MissingExtraError(
                f"backend 'numba' needs {name}, which is not installed. Install it: "
                'pip install "glassprop[fast]"'
            )


def import_all() -> None:
    """Import the packages.

    Raises
    ------
    MissingExtraError
        With the words of what is installed and cannot be imported, as Numba says that
        NumPy is too new for it.
    """
    check_installed()
    for name in NEEDED:
        try:
            with interrupted_between():
                importlib.import_module(name)
        except Exception as error:  # whatever stops a package from being imported
            raise MissingExtraError(
                f"backend 'numba' needs {name}, which cannot be imported "
                f"({_first_line(error)}). Install versions that fit each other: pip "
                'install --upgrade "glassprop[fast]"'
            ) from None


def warn_instead(error: MissingExtraError) -> None:
    """Say that NumPy runs, where nobody has asked for compiled code by name."""
    warnings.warn(f"NumPy runs instead: {error}", GlasspropWarning, stacklevel=2)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
