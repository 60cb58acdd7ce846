"""Records as data: layers, losses and optimizers with their fields, to JSON and back.

A record is a dataclass: its kind and its fields say all about it. What belongs to
glassprop is written by name and looked up by name. What is the user's own, a class or
a function, is written by name too, and is found only among what `decode` is given: no
name in a file ever imports or runs anything. JSON's own values stand for themselves,
everything else is an object with a tag::

    {"kind": "Dense", "fields": {...}}     a record of glassprop's
    {"own": "MyLayer", "fields": {...}}    a record of the user's
    {"function": "tanh"}                   a function of glassprop's
    {"own": "my_loss"}                     a function of the user's
    {"loss": "huber"}                      a loss of glassprop's
    {"tuple": [...]}, {"dict": {...}}
    {"float": "inf"}                       a number that JSON has not
    {"scalar": 0.5, "dtype": "float32"}
    {"array": [...], "dtype": "float64", "shape": [2, 3]}

A field with the metadata `START` holds start values, which the network's own values
replace; it is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.clipping import CLIPPINGS
from glassprop.constraints import CONSTRAINTS
from glassprop.errors import (
    ArgumentError,
    GlasspropError,
    ModelFileError,
    shape_text,
)
from glassprop.initializers import INITIALIZERS
from glassprop.layers import LAYERS
from glassprop.layers.activations import ACTIVATIONS
from glassprop.layers.contract import START, Shapes
from glassprop.losses import LOSSES, Loss, Several
from glassprop.optimizers import MINIMIZERS, OPTIMIZERS, WRAPPERS

Own = Mapping[str, Any]

KINDS: Mapping[str, Any] = MappingProxyType(
    {
        **LAYERS,
        **INITIALIZERS,
        **{kind.__name__: kind for kind in OPTIMIZERS.values()},
        **{kind.__name__: kind for kind in MINIMIZERS.values()},
        **WRAPPERS,
        **CLIPPINGS,
        **CONSTRAINTS,
        **{
            type(loss.function).__name__: type(loss.function)
            for loss in LOSSES.values()
            if is_dataclass(loss.function)
        },
        "Loss": Loss,
        "Several": Several,
    }
)
FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        **ACTIVATIONS,
        **{
            name: loss.function
            for name, loss in LOSSES.items()
            if not is_dataclass(loss.function)
        },
        **{
            f"{name}.{which}": getattr(loss, which)
            for name, loss in LOSSES.items()
            for which in ("probabilities", "decision")
            if getattr(loss, which) is not None
        },
    }
)
NUMBERS = frozenset(
    {"bool", "float16", "float32", "float64"}
    | {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
)
FLOATS = MappingProxyType({"inf": math.inf, "-inf": -math.inf, "nan": math.nan})
LARGEST = 1 << 53
MOST_AXES = 64


# To data -----------------------------------------------------------------------------


def encode(value: Any, where: str, own: dict[str, Any]) -> Any:
    """Give a value as data that JSON can hold.

    Parameters
    ----------
    value : record, function, array, number, str, list, tuple, dict or None
        What to write.
    where : str
        What errors call it.
    own : dict from str to class or function
        What is the user's own is added here, by its name.

    Raises
    ------
    ArgumentError
        If a value is not data, or something of the user's own has no name of its own.
    """
    kind = type(value)
    if is_plain(value):
        return value
    if kind is float:
        return {"float": repr(value)}
    if kind is list:
        return [encode(one, where, own) for one in value]
    if kind is tuple:
        return {"tuple": [encode(one, where, own) for one in value]}
    if kind is dict and all(type(key) is str for key in value):
        return {"dict": {key: encode(one, where, own) for key, one in value.items()}}
    if isinstance(value, np.ndarray | np.generic) and value.dtype.name in NUMBERS:
        return _encoded_array(value, where, own)
    if kind is Loss and LOSSES.get(value.name) == value:
        return {"loss": value.name}
    if is_dataclass(value) and not isinstance(value, type):
        return _encoded_record(value, where, own)
    if callable(value) and not isinstance(value, type):
        return _encoded_function(value, where, own)
    raise ArgumentError(
        f"{where}: a value of type {kind.__name__} is not data that a model file can "
        "hold. Use numbers, strings, lists, tuples, dicts with strings as keys, arrays "
        "of numbers, functions, or dataclasses of these."
    )


def is_plain(value: Any) -> bool:
    """Tell whether JSON has such a value: None, bool, int, str, a finite float."""
    if type(value) is int:
        return value.bit_length() <= 1024
    return (
        value is None
        or type(value) in (bool, str)
        or (type(value) is float and math.isfinite(value))
    )


def _encoded_array(value: Any, where: str, own: dict[str, Any]) -> dict[str, Any]:
    dtype = value.dtype.name
    if isinstance(value, np.generic):
        return {"scalar": encode(value.item(), where, own), "dtype": dtype}
    entries = encode(value.ravel().tolist(), where, own)
    return {"array": entries, "dtype": dtype, "shape": list(value.shape)}


def _encoded_record(value: Any, where: str, own: dict[str, Any]) -> dict[str, Any]:
    kind = type(value)
    written = {
        name: encode(getattr(value, name), f"{where}, field {name!r}", own)
        for name in saved_fields(kind)
    }
    if KINDS.get(kind.__name__) is kind:
        return {"kind": kind.__name__, "fields": written}
    try:
        kind(**{name: getattr(value, name) for name in written})
    except Exception as error:
        raise ArgumentError(
            f"{where}: a {kind.__name__} cannot be made from its fields alone: "
            f"{reason(error)}. Leave __init__ to @dataclass, and let every argument be "
            "a field."
        ) from error
    return {"own": _own_name(kind, where, own), "fields": written}


def _encoded_function(value: Any, where: str, own: dict[str, Any]) -> dict[str, Any]:
    for name, function in FUNCTIONS.items():
        if function is value:
            return {"function": name}
    return {"own": _own_name(value, where, own)}


def _own_name(value: Any, where: str, own: dict[str, Any]) -> str:
    """Give the name by which something of the user's own is found again."""
    name = getattr(value, "__name__", None)
    if not isinstance(name, str):
        raise ArgumentError(
            f"{where}: an object of type {type(value).__name__} has no name by which "
            "it can be found when the file is loaded. Write a function with def, or a "
            "class with @dataclass(frozen=True)."
        )
    if name == "<lambda>":
        raise ArgumentError(
            f"{where}: a lambda has no name by which it can be found when the file is "
            "loaded. Write it as a function with def."
        )
    if own.setdefault(name, value) != value:
        raise ArgumentError(
            f"{where}: {name!r} also stands for something else in this network, and "
            "a model file knows both by name. Give one of them another name."
        )
    return name


def saved_fields(kind: Any) -> dict[str, Field[Any]]:
    """Give the fields of a record that say what it is, by name."""
    return {
        one.name: one for one in fields(kind) if one.init and START not in one.metadata
    }


# And back ----------------------------------------------------------------------------


def decode(data: Any, where: str, own: Own) -> Any:
    """Make a value again from what `encode` gave.

    Parameters
    ----------
    data : value from JSON
        What was read; nothing about it is taken for granted.
    where : str
        What errors call it.
    own : mapping from str to class or function
        Where to find what is the user's own.

    Raises
    ------
    ModelFileError
        If the data stand for nothing, or a record does not take its fields.
    """
    if data is None or isinstance(data, bool | int | float | str):
        return data
    if isinstance(data, list):
        return [decode(one, where, own) for one in data]
    read = READERS.get(frozenset(data)) if isinstance(data, dict) else None
    if read is None:
        raise damaged(f"{where}: expected a value, got {shortened(data)}")
    return read(data, where, own)


def _read_kind(data: dict[str, Any], where: str, own: Own) -> Any:
    kind = _known(KINDS, data["kind"], where)
    values = _field_values(kind, data["fields"], where, own)
    try:
        return kind(**values)
    except Exception as error:
        raise damaged(f"{where}: {reason(error)}") from error


def _read_function(data: dict[str, Any], where: str, own: Own) -> Any:
    return _known(FUNCTIONS, data["function"], where)


def _read_loss(data: dict[str, Any], where: str, own: Own) -> Any:
    return _known(LOSSES, data["loss"], where)


def _known(table: Mapping[str, Any], name: Any, where: str) -> Any:
    """Look up what belongs to glassprop."""
    if not isinstance(name, str):
        raise damaged(f"{where}: expected a name, got {shortened(name)}")
    if name not in table:
        raise ModelFileError(
            f"{where}: this version of glassprop has no {shortened(name)}. If a newer "
            "one wrote the file, update glassprop; else the file is damaged."
        )
    return table[name]


def _read_own_record(data: dict[str, Any], where: str, own: Own) -> Any:
    kind = _found(data["own"], where, own)
    if not (isinstance(kind, type) and is_dataclass(kind)):
        raise ModelFileError(
            f"{where}: {data['own']!r} was a dataclass when it was saved; what "
            "functions= holds under this name is not. Pass the dataclass."
        )
    values = _field_values(kind, data["fields"], where, own)
    try:
        return kind(**values)
    except Exception as error:
        raise ModelFileError(
            f"{where}: {reason(error)}. {kind.__name__} is not the one that was saved, "
            "or the file is damaged."
        ) from error


def _read_own_function(data: dict[str, Any], where: str, own: Own) -> Any:
    function = _found(data["own"], where, own)
    if isinstance(function, type):
        raise ModelFileError(
            f"{where}: {data['own']!r} was a function when it was saved; what "
            "functions= holds under this name is a class. Pass the function."
        )
    return function


def _found(name: Any, where: str, own: Own) -> Any:
    """Look up what is the user's own; that all is there was checked before."""
    if not isinstance(name, str) or name not in own:
        raise damaged(f"{where}: {shortened(name)} is not among the file's own names")
    return own[name]


def _field_values(kind: Any, written: Any, where: str, own: Own) -> dict[str, Any]:
    """Give the fields of a record; whether their values do, the record says itself."""
    known = saved_fields(kind)
    if not isinstance(written, dict):
        raise damaged(f"{where}: expected fields, got {shortened(written)}")
    for name in written:
        if name not in known:
            raise ModelFileError(
                f"{where}: {kind.__name__} has no field {shortened(name)}. It is not "
                "the one that was saved, or the file is damaged."
            )
    for name, one in known.items():
        needed = one.default is MISSING and one.default_factory is MISSING
        if needed and name not in written:
            raise ModelFileError(
                f"{where}: {kind.__name__} needs a field {name!r}, which is not in the "
                "file. It is not the one that was saved, or the file is damaged."
            )
    return {
        name: decode(one, f"{where}, field {name!r}", own)
        for name, one in written.items()
    }


def _read_tuple(data: dict[str, Any], where: str, own: Own) -> Any:
    entries = data["tuple"]
    if not isinstance(entries, list):
        raise damaged(f"{where}: expected a list, got {shortened(entries)}")
    return tuple(decode(entries, where, own))


def _read_dict(data: dict[str, Any], where: str, own: Own) -> Any:
    entries = data["dict"]
    if not isinstance(entries, dict):
        raise damaged(f"{where}: expected an object, got {shortened(entries)}")
    return {key: decode(one, where, own) for key, one in entries.items()}


def _read_float(data: dict[str, Any], where: str, own: Own) -> Any:
    name = data["float"]
    if not isinstance(name, str) or name not in FLOATS:
        raise damaged(f"{where}: expected inf, -inf or nan, got {shortened(name)}")
    return FLOATS[name]


def _read_scalar(data: dict[str, Any], where: str, own: Own) -> Any:
    return _array([data["scalar"]], data["dtype"], [1], where, own)[0]


def _read_array(data: dict[str, Any], where: str, own: Own) -> Any:
    return _array(data["array"], data["dtype"], data["shape"], where, own)


def _array(entries: Any, dtype: Any, sizes: Any, where: str, own: Own) -> Any:
    shape = read_shape(sizes, where)
    if not isinstance(dtype, str) or dtype not in NUMBERS:
        raise damaged(f"{where}: expected a dtype, got {shortened(dtype)}")
    if not isinstance(entries, list) or len(entries) != math.prod(shape):
        raise damaged(
            f"{where}: expected numbers for shape {shape_text(shape)}, got "
            f"{shortened(entries)}"
        )
    numbers = decode(entries, where, own)
    for one in numbers:
        if not isinstance(one, bool | int | float):
            raise damaged(f"{where}: expected a number, got {shortened(one)}")
    try:
        with np.errstate(over="raise"):
            return np.array(numbers, dtype).reshape(shape)
    except (ArithmeticError, ValueError) as error:
        raise damaged(f"{where}: {reason(error)}") from error


def read_shape(sizes: Any, where: str) -> tuple[int, ...]:
    """Give the shape that a list stands for.

    Raises
    ------
    ModelFileError
        If it is not a list of at most 64 integers from 0 to 2**53 - 1.
    """
    if not isinstance(sizes, list) or len(sizes) > MOST_AXES:
        raise damaged(f"{where}: expected a shape, got {shortened(sizes)}")
    return tuple(read_whole(size, where) for size in sizes)


def read_shapes(sizes: Any, where: str) -> Shapes:
    """Give the shape that a list stands for, or the shapes of several arrays.

    Raises
    ------
    ModelFileError
        If it is neither a shape nor a list of several.
    """
    if isinstance(sizes, list) and len(sizes) > 1 and isinstance(sizes[0], list):
        return tuple(read_shape(one, where) for one in sizes)
    return read_shape(sizes, where)


def read_whole(number: Any, where: str) -> int:
    """Give a whole number from 0 to 2**53 - 1.

    Raises
    ------
    ModelFileError
        If it is anything else.
    """
    if type(number) is not int or not 0 <= number < LARGEST:
        raise damaged(
            f"{where}: expected a whole number from 0 to 2**53 - 1, got "
            f"{shortened(number)}"
        )
    return number


READERS: Mapping[frozenset[str], Callable[[dict[str, Any], str, Own], Any]] = (
    MappingProxyType(
        {
            frozenset(tags): read
            for tags, read in (
                (("kind", "fields"), _read_kind),
                (("own", "fields"), _read_own_record),
                (("own",), _read_own_function),
                (("function",), _read_function),
                (("loss",), _read_loss),
                (("tuple",), _read_tuple),
                (("dict",), _read_dict),
                (("float",), _read_float),
                (("scalar", "dtype"), _read_scalar),
                (("array", "dtype", "shape"), _read_array),
            )
        }
    )
)


# Words -------------------------------------------------------------------------------


def damaged(what: str) -> ModelFileError:
    """Make the error for a file that does not hold what `write_model` writes."""
    return ModelFileError(
        f"{what}. The file is damaged, or another program changed it: copy it again, "
        "or save the network again."
    )


def shortened(value: Any) -> str:
    """Write a value from a file in at most 60 characters."""
    if isinstance(value, list | dict):
        kind = "a list" if isinstance(value, list) else "an object"
        return f"{kind} of {len(value)}"
    if type(value) is int and value.bit_length() > 128:
        return "a number of more than 38 digits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def reason(error: Exception) -> str:
    """Write an error of any kind as part of another's message."""
    text = str(error).rstrip(".")
    known = isinstance(error, GlasspropError)
    return text if known else f"{type(error).__name__}: {text}"
