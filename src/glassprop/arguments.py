"""The arguments of a call: bound to names, chosen to differentiate, checked.

`wrt` says which: a position, a name, or several of these. A *leaf* is one array or
number in the nesting of an argument.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassprop.errors import ArgumentError, TraceError, did_you_mean
from glassprop.ops.leaves import is_python_number
from glassprop.refusals import fault_of
from glassprop.trace import native
from glassprop.trees import leaves

Function = Callable[..., Any]
Wrt = int | str | Sequence[int | str]
NO_PARAMETER = inspect.Parameter("none", inspect.Parameter.KEYWORD_ONLY)


class Leaf(NamedTuple):
    """One array among the arguments; a Python number is weak, as in NumPy."""

    path: str
    array: np.ndarray[Any, Any]
    weak: bool


def checked_function(kind: str, f: Any, way: str = "") -> Function:
    """Refuse to differentiate what is no function; `way` says how to call `kind`."""
    if not callable(f):
        kept = type(f).__name__
        way = way or f"and call what comes back: glassprop.{kind}(f)(x)"
        raise TraceError(
            f"glassprop.{kind} takes a function, got a value of type {kept}. Give the "
            f"function, {way}."
        )
    function: Function = f
    return function


def signature_of(f: Function) -> inspect.Signature:
    """Give the parameters of a function; those of a ufunc are by position alone."""
    try:
        if not isinstance(f, np.ufunc):
            return inspect.signature(f)
    except (TypeError, ValueError):  # a builtin without a signature
        pass
    count = getattr(f, "nin", 1)
    names = [f"x{at + 1}" for at in range(count)] if count > 1 else ["x"]
    kind = inspect.Parameter.POSITIONAL_ONLY
    return inspect.Signature([inspect.Parameter(name, kind) for name in names])


def name_of(f: Function) -> str:
    """Give the name that messages call a function by."""
    return str(getattr(f, "__name__", type(f).__name__))


def bound_arguments(
    f: Function, arguments: Sequence[Any], keywords: Mapping[str, Any]
) -> dict[str, Any]:
    """Give the arguments of a call by name; further positional ones are numbered."""
    parameters = signature_of(f)
    try:
        bound = parameters.bind(*arguments, **keywords)
    except TypeError as error:
        raise ArgumentError(f"{name_of(f)}: {error}.") from None
    given: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        kind = parameters.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            given.update({f"{name}_{at}": one for at, one in enumerate(value)})
        elif kind is inspect.Parameter.VAR_KEYWORD:
            given.update(value)
        else:
            given[name] = value
    return given


def called(f: Function, given: Mapping[str, Any]) -> Any:
    """Call a function with its arguments by name, in the form that it takes them."""
    positional: list[Any] = []
    keywords = dict(given)
    in_a_row = True  # until a parameter is left to its default
    for name, parameter in signature_of(f).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            numbered = (f"{name}_{at}" for at in range(len(given)))
            positional += [keywords.pop(key) for key in numbered if key in keywords]
        elif name not in keywords and parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(parameter.default)
        elif name not in keywords:
            in_a_row = False
        elif in_a_row and parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            positional.append(keywords.pop(name))
    return f(*positional, **keywords)


def chosen_names(f: Function, given: dict[str, Any], wrt: Wrt) -> list[str]:
    """Give the names of the arguments to differentiate with respect to.

    One that the call left to its default is written into `given`.
    """
    names = list(given)
    chosen: list[str] = []
    for one in wrt if isinstance(wrt, Sequence) and not is_single(wrt) else [wrt]:
        name = _name_at(f, names, one) if isinstance(one, int) else str(one)
        if name not in names:
            default = signature_of(f).parameters.get(name, NO_PARAMETER).default
            if default is inspect.Parameter.empty:
                hint = did_you_mean(one, names) if isinstance(one, str) else ""
                raise ArgumentError(
                    f"wrt={one!r}: {name_of(f)} was called with the arguments "
                    f"{', '.join(names)}.{hint} Give a position or one of these names."
                )
            given[name] = default
        chosen.append(name)
    return chosen


def is_single(wrt: Wrt) -> bool:
    """Tell whether one argument is asked for, not a sequence of them."""
    return isinstance(wrt, str) or not isinstance(wrt, Sequence)


def _name_at(f: Function, names: Sequence[str], position: int) -> str:
    """Give the name at a position: of the given arguments, then of the parameters."""
    if -len(names) <= position < len(names):
        return names[position]
    parameters = list(signature_of(f).parameters)
    return parameters[position] if 0 <= position < len(parameters) else ""


def check_floats(path: str, tree: Any) -> None:
    """Refuse to differentiate with respect to a Python int or bool."""
    for where, leaf in leaves(tree, path):
        if is_python_number(leaf) and not isinstance(leaf, float):
            raise TraceError(
                f"the gradient with respect to {where!r} needs floats, got the "
                f"{type(leaf).__name__} {leaf}. Pass {float(leaf)}."
            )


def checked_leaves(f: Function, given: Mapping[str, Any]) -> list[Leaf]:
    """Give every array and number among the arguments with its path."""
    listed = [_checked(f, path, value) for path, value in leaves(given)]
    paths = [one.path for one in listed]
    for path in paths:
        if paths.count(path) > 1:
            raise ArgumentError(
                f"{name_of(f)}: two arrays are named {path!r}. Rename a key of the "
                "dicts."
            )
    return listed


def _checked(f: Function, path: str, value: Any) -> Leaf:
    array = native(np.asarray(value))
    fault = fault_of(value, array.dtype)
    if fault is None:
        return Leaf(path, array, is_python_number(value) and array.dtype.kind != "b")
    what, why, repair = fault
    if not isinstance(value, np.ndarray | np.generic):
        repair = (
            "An argument that is not of numbers belongs to the function: "
            f"functools.partial({name_of(f)}, {path}=...)."
        )
    raise TraceError(
        f"the argument {path!r} of {name_of(f)} cannot be {what}: {why}. {repair}"
    )


def common_dtype(listed: Sequence[Leaf]) -> Any:
    """Give the dtype that the float arrays promote to; float64 if there are none."""
    floats = [
        one.array.dtype
        for one in listed
        if one.array.dtype.kind == "f" and not one.weak
    ]
    return np.result_type(*floats) if floats else np.dtype(np.float64)
