"""Whether a user's function can be called as it will be, found before it is called.

A wrong number of arguments is then told from an error inside of the function.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from glassprop.errors import ArgumentError


def check_call(
    what: str,
    function: Callable[..., Any],
    arguments: Sequence[str],
    *,
    keywords: Sequence[str] = (),
    gives: str = "",
) -> None:
    """Refuse a function that cannot be called with these arguments.

    Parameters
    ----------
    what : str
        What it is for, in front of its name: ``loss``.
    function : callable
        The function; one whose signature Python does not know is let through.
    arguments : sequence of str
        What it is called with, by position.
    keywords : sequence of str
        What it is called with by name.
    gives : str
        What it should give, in words.

    Raises
    ------
    ArgumentError
        With the function's signature, the call, and the form to write.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*arguments, **dict.fromkeys(keywords))
    except TypeError:
        name = getattr(function, "__name__", type(function).__name__)
        names = [*arguments, *(f"{one}={one}" for one in keywords)]
        form = ", ".join([*arguments, *(["*", *keywords] if keywords else [])])
        result = f" -> {gives}" if gives else ""
        raise ArgumentError(
            f"{what} {name!r} takes {_listed(signature)}, but is called with "
            f"({', '.join(names)}). Write it as a function ({form}){result}."
        ) from None


def _listed(signature: inspect.Signature) -> str:
    """Write the parameters without annotations, which may be long."""
    empty = inspect.Parameter.empty
    bare = [one.replace(annotation=empty) for one in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=empty))
