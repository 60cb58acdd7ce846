"""A network in words: in a line, or as a table of layers, shapes and parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace

from glassprop.errors import shape_text
from glassprop.feeding import Place
from glassprop.layers.activations import activation_name
from glassprop.layers.contract import rows_text
from glassprop.structure import Structure
from glassprop.text_tables import table_text
from glassprop.trees import as_parts

FIRST = ("units", "rate")  # fields that are written without their names


def structure_text(structure: Structure) -> str:
    """Write a network in a line: ``2 -> Dense(3, sigmoid) -> Dense(1)``."""
    first = " and ".join(
        str(size[0]) if len(size) == 1 else shape_text(size)
        for size in as_parts(structure.input_shape)
    )
    return " -> ".join([first, *(layer_text(place) for place in structure.places)])


def layer_text(place: Place) -> str:
    """Write a layer as its kind and what sets it apart."""
    layer = place.layer
    parts: list[str] = []
    known = getattr(layer, "__dataclass_fields__", None)
    for field in fields(layer) if known else ():
        value = getattr(layer, field.name)
        if field.name in ("name", "_") or not field.repr or value is field.default:
            continue
        if isinstance(value, int | float | str) and value == field.default:
            continue
        if callable(value) or field.name in ("activation", "function"):
            parts.append(str(activation_name(value)))
        elif isinstance(value, int | float | str) and len(parts) < 2:
            text = str(value)
            parts.append(text if field.name in FIRST else f"{field.name}={text}")
    parts += [layer_text(one) for one in place.inside]
    return f"{place.kind}({', '.join(parts)})"


def summary_text(
    structure: Structure, loss: str | None, costs: Mapping[str, float]
) -> str:
    """Write the table that `Network.summary` gives.

    Parameters
    ----------
    structure : Structure
        The network's.
    loss : str or None
        The name of its loss.
    costs : mapping from str to float
        How many operations each layer takes for a row, by its path.
    """
    rows = [("layer", "kind", "output", "parameters", "operations")]
    for place in structure.all_places:
        owned = {name: math.prod(one.shape) for name, one in place.parameters.items()}
        frozen = sum(
            owned[name] for name, one in place.parameters.items() if not one.trainable
        )
        owned_text = f"{sum(owned.values()):,}"
        note = f" ({frozen:,} frozen)" if frozen else ""
        depth = place.name.count(".")
        name = f"{'  ' * depth}{place.name.rpartition('.')[2]}"
        text = layer_text(replace(place, inside=()))
        cost = f"{costs.get(place.name, 0):,.0f}"
        rows.append(
            (name, text, rows_text(place.output_shape), owned_text + note, cost)
        )
    every = structure.parameters.values()
    total = sum(math.prod(one.shape) for one in every)
    trained = sum(math.prod(one.shape) for one in every if one.trainable)
    size = total + sum(math.prod(one.shape) for one in structure.state.values())
    bytes_ = size * structure.dtype.itemsize
    ending = f"; loss {loss}" if loss else ""
    return (
        f"{table_text(rows)}\n\n"
        f"input {rows_text(structure.input_shape)}; {total:,} parameters, "
        f"{trained:,} trained; {structure.dtype}, {bytes_:,} bytes; "
        f"{sum(costs.values()):,.0f} operations to predict a row{ending}"
    )
