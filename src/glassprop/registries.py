"""A record by its name: what ``initializer="normal"`` and ``schedule="constant"`` do.

A name stands for a record with the defaults of its fields. Where a field has none, its
metadata has an example, and errors show the call to write instead of the name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, field, fields
from typing import Any, TypeVar, cast

from glassprop.errors import ArgumentError, did_you_mean, listing

EXAMPLE = "example"
Record = TypeVar("Record")


def needed(example: Any) -> Any:
    """Make a field without default, with an example for errors."""
    return field(metadata={EXAMPLE: example})


def by_name(
    what: str, registry: Mapping[str, Callable[..., Record]], name: str
) -> Record:
    """Look a name up and make the record from its defaults.

    Parameters
    ----------
    what : str
        What it is for, in front of errors.
    registry : mapping from str to dataclass
        What there is.
    name : str
        What somebody wrote.

    Returns
    -------
    record
        The record.

    Raises
    ------
    ArgumentError
        If there is no such name, or the record needs more than a name.
    """
    if name not in registry:
        forms = [_call(kind) or one for one, kind in registry.items()]
        names = [one for one, kind in registry.items() if not _call(kind)]
        raise ArgumentError(
            f"{what}: expected {listing(forms)}, got {name!r}."
            f"{did_you_mean(name, names)}"
        )
    call = _call(registry[name])
    if call:
        raise ArgumentError(
            f"{what}: {name!r} alone does not say enough. Pass a record, such as "
            f"{call}."
        )
    return registry[name]()


def _call(kind: Callable[..., Any]) -> str:
    """Write an example of a call; nothing where a name says enough."""
    record = cast(Any, kind)
    given = [
        f"{one.name}={one.metadata[EXAMPLE]!r}"
        for one in fields(record)
        if one.default is MISSING
    ]
    module = ".".join(record.__module__.split(".")[:2])  # where users find it
    return f"{module}.{record.__name__}({', '.join(given)})" if given else ""
