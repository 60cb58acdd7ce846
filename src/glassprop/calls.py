"""Calling what stands for a NumPy function, with the arguments that NumPy was given."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from glassprop.refusals import function_name, refuse, refuse_keyword


def call(
    function: Callable[..., Any],
    handler: Callable[..., Any],
    arguments: Sequence[Any],
    keywords: Mapping[str, Any],
) -> Any:
    """Call what stands for a NumPy function, or say which argument it cannot take."""
    parameters = _signature(handler).parameters
    given = {
        key: value
        for key, value in keywords.items()
        if value is not np._NoValue and (value is not None or _wants(parameters, key))
    }
    for keyword in given:
        if keyword not in parameters:
            raise refuse_keyword(function_name(function), keyword)
    try:
        bound = _signature(handler).bind(*arguments, **given)
    except TypeError as error:
        raise refuse(
            f"{function_name(function)} with these arguments",
            str(error),
            f"Call it as {function_name(function)}{_signature_text(parameters)}.",
        ) from None
    return handler(*bound.args, **bound.kwargs)


def _wants(parameters: Mapping[str, inspect.Parameter], keyword: str) -> bool:
    """Tell whether None means something else than the keyword left away."""
    return keyword in parameters and parameters[keyword].default is not None


def _signature_text(parameters: Mapping[str, inspect.Parameter]) -> str:
    bare = [one.replace(annotation=one.empty) for one in parameters.values()]
    return str(inspect.Signature(bare))


@cache
def _signature(handler: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(handler)
