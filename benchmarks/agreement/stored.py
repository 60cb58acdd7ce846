"""PyTorch's numbers, some of them kept for the tests, which do without PyTorch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from agreement.common import Array, Numbers

FILE = Path(__file__).with_name("pytorch.json")
ENTRIES = 3
NUMBERS, DIFFERENCES = "numbers", "differences"


def some(array: Array) -> Array:
    """Give three entries of an array at most, from the first to the last.

    Parameters
    ----------
    array : array
        All of them.
    """
    flat = np.ravel(array)
    count = min(ENTRIES, flat.size)
    return flat[np.arange(count) * (flat.size - 1) // max(count - 1, 1)]


def kept(found: Numbers, like: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Give some entries of those arrays that the tests look at.

    Parameters
    ----------
    found : mapping from str to mapping from str to array
        PyTorch's numbers, or ours.
    like : mapping from str to mapping from str to anything
        Names the columns, and the arrays in them.
    """
    return {
        column: {name: some(found[column][name]).tolist() for name in names}
        for column, names in like.items()
    }


def write(version: str, found: Mapping[str, Any]) -> None:
    """Write the numbers of all families, a line for each array.

    Parameters
    ----------
    version : str
        PyTorch's.
    found : mapping from str to mapping
        For each family the numbers by case, and what differs by convention.
    """
    lines = json.dumps({"torch": version, **found}, indent=1).splitlines()
    text, inside = [], False
    for line in lines:
        text.append(line.strip() if inside else line)
        inside = line.endswith("[") or (inside and line.strip().rstrip(",") != "]")
        text.append(" " if inside and line.endswith(",") else "" if inside else "\n")
    FILE.write_text("".join(text).replace("\n\n", "\n"), encoding="utf-8")


def read() -> dict[str, Any]:
    """Read what `write` wrote."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
