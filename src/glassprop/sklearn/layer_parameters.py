"""The fields of layers as parameters of an estimator: ``layers__hidden__units``.

Behind the name of the parameter stands that of a layer, as `Network` names it, and
behind that a field's. A field that holds layers itself goes on in the same way:
``layers__block__layers__dense_1__units``. Layers are records that never change: a new
value makes a new layer, and the one that was given stays as it is.

Vocabulary: a *holder* is what a parameter or field holds: a layer, or a list or tuple
of holders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from glassprop.errors import ArgumentError, did_you_mean
from glassprop.layer_names import layer_names


def layers_in(holder: Any) -> list[Any] | None:
    """Give the layers of a holder in order; None where something else is in it."""
    if isinstance(holder, list | tuple):
        found: list[Any] = []
        for part in map(layers_in, holder):
            if part is None:
                return None
            found += part
        return found
    is_layer = callable(getattr(holder, "forward", None))
    return [holder] if is_layer and not isinstance(holder, type) else None


def parameters_of(holder: Any) -> Iterator[tuple[str, Any]]:
    """Give all layers of a holder, their fields, and so on, each by its path.

    Parameters
    ----------
    holder : layer, or list or tuple of holders
        What else it may hold has no parameters.
    """
    for name, layer in _by_name(holder).items():
        yield name, layer
        for field in _fields_of(layer):
            value = getattr(layer, field)
            yield f"{name}__{field}", value
            for path, one in parameters_of(value):
                yield f"{name}__{field}__{path}", one


def with_parameters(holder: Any, changes: Mapping[str, Any], place: str) -> Any:
    """Give a holder like another, in which layers have other values.

    Parameters
    ----------
    holder : layer, or list or tuple of holders
        What is there.
    changes : mapping from str to object
        The new values by their paths, as `parameters_of` gives them.
    place : str
        The path of the holder itself, for errors.

    Raises
    ------
    ArgumentError
        If there is no such layer or field, or the layer refuses the value.
    """
    if not changes:
        return holder
    changed = _by_name(holder)
    for name, each in _grouped(changes).items():
        if name not in changed:
            raise ArgumentError(
                f"invalid parameter {place}__{name}: there is no layer {name!r}."
                f"{did_you_mean(name, changed)} The layers are "
                f"{', '.join(changed) or 'none'}."
            )
        layer = each.pop("", changed[name])
        if each:
            layer = _with_fields(layer, each, f"{place}__{name}")
        changed[name] = layer
    return _refilled(holder, iter(changed.values()))


def _with_fields(layer: Any, changes: Mapping[str, Any], place: str) -> Any:
    """Give a layer like another, with other values of its fields."""
    known, values = _fields_of(layer), {}
    for field, each in _grouped(changes).items():
        if field not in known:
            raise ArgumentError(
                f"invalid parameter {place}__{field}: {type(layer).__name__} has no "
                f"field {field!r}.{did_you_mean(field, known)} Its fields are "
                f"{', '.join(known) or 'none'}."
            )
        value = each.pop("", getattr(layer, field))
        values[field] = with_parameters(value, each, f"{place}__{field}")
    return replace(layer, **values)


def _grouped(changes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Group changes by the first word of their paths; "" stands for all of it."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for path, value in changes.items():
        word, _, rest = path.partition("__")
        found[word][rest] = value
    return found


def _by_name(holder: Any) -> dict[str, Any]:
    """Give the layers of a holder by their names; none where these are no names."""
    layers = layers_in(holder) or []
    try:
        return dict(zip(layer_names(layers), layers, strict=True))
    except ArgumentError:
        return {}  # fit says what is wrong with them


def _fields_of(layer: Any) -> list[str]:
    """Name what a layer is made with, but for its name, which is in the path."""
    if not is_dataclass(layer):
        return []
    return [one.name for one in fields(layer) if one.init and one.name != "name"]


def _refilled(holder: Any, layers: Iterator[Any]) -> Any:
    """Put layers into the places of those in a holder."""
    if isinstance(holder, list | tuple):
        return type(holder)(_refilled(one, layers) for one in holder)
    return next(layers, holder)
