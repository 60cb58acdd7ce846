"""A network as a table: layers, shapes, parameters."""

from __future__ import annotations

import math
from dataclasses import replace

from glassprop.layers.contract import rows_text
from glassprop.programs import layer_text
from glassprop.structure import Structure


def summary_text(structure: Structure, loss: str | None) -> str:
    """Write the table that `Network.summary` gives."""
    rows = [("layer", "kind", "output", "parameters")]
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
        rows.append((name, text, rows_text(place.output_shape), owned_text + note))
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    every = structure.parameters.values()
    total = sum(math.prod(one.shape) for one in every)
    trained = sum(math.prod(one.shape) for one in every if one.trainable)
    size = total + sum(math.prod(one.shape) for one in structure.state.values())
    bytes_ = size * structure.dtype.itemsize
    lines.append("")
    lines.append(
        f"input {rows_text(structure.input_shape)}; {total:,} parameters, "
        f"{trained:,} trained; {structure.dtype}, {bytes_:,} bytes"
        + (f"; loss {loss}" if loss else "")
    )
    return "\n".join(line.rstrip() for line in lines)
