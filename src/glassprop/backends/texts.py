"""Pieces of code as text: how tightly they bind, values, lists over several lines.

A `Text` comes with how tightly it binds, so that parentheses stand only where they
must.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassprop.graph import Shape

ATOM, SIGN, PRODUCT, QUOTIENT, SUM, COMPARISON = 6, 5, 4, 3, 2, 1
WIDTH = 88  # characters of a line
INDENT = 4
NOT_FINITE = ("inf", "nan")


@dataclass(frozen=True)
class Text:
    """A piece of code and how tightly it binds."""

    code: str
    binding: int = ATOM

    def within(self, binding: int) -> str:
        """Give the code, in parentheses if it binds less tightly than asked."""
        return f"({self.code})" if self.binding < binding else self.code


def wrapped(head: str, items: Sequence[str], tail: str, margin: int = 0) -> str:
    """Write a list of names over as many lines as it needs, `margin` to the right."""
    line = f"{head}{', '.join(items)}{tail}"
    if len(line) + margin <= WIDTH:
        return line
    lines, current = [head], "   "
    for item in items:
        if len(current) + len(item) + 2 > WIDTH - INDENT:
            lines.append(current)
            current = "   "
        current += f" {item},"
    return "\n".join([*lines, current, tail])


def value_text(value: Any) -> str:
    """Write a shape, an axis, a dtype, a word or a number as code."""
    if isinstance(value, tuple):
        parts = [value_text(one) for one in value]
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
    if isinstance(value, str):
        return f'"{value}"'
    return dtype_text(value) if isinstance(value, np.dtype) else str(value)


def axis_text(axis: int | Shape) -> str:
    """Write axes: a single one as a number."""
    if isinstance(axis, tuple) and len(axis) == 1:
        return str(axis[0])
    return str(axis)


def dtype_text(dtype: Any) -> str:
    """Write a dtype as NumPy's name for it."""
    name = np.dtype(dtype).name
    return "bool" if name == "bool" else f"np.{name}"


def number_text(value: Any) -> Text:
    """Write a number: a Python number bare, a NumPy scalar with its dtype."""
    if isinstance(value, np.bool_):
        return Text(f"np.{value}_")
    if isinstance(value, np.generic):
        return Text(f"np.{value.dtype.name}({element_text(value)})")
    text = element_text(value)
    return Text(text, SIGN if text.startswith("-") else ATOM)


def element_text(value: Any) -> str:
    """Write a number with no more digits than its dtype needs."""
    text = str(value)
    return (
        f"{'-' if value < 0 else ''}np.{text[-3:]}" if text[-3:] in NOT_FINITE else text
    )


def array_text(value: np.ndarray[Any, Any], margin: int = 0) -> str:
    """Write an array as code, of the same shape, dtype and bits.

    What does not fit into a line goes onto several, `margin` spaces from the left.
    """
    dtype = dtype_text(value.dtype)
    if not value.size:
        return f"np.zeros({value.shape}, {dtype})"
    rows = value.size // value.shape[-1]
    width = max(len(element_text(one)) for one in value.flat) if rows > 1 else 0
    short = f"np.array({_nested(value, width, None)}, {dtype})"
    if len(short) + margin <= WIDTH and rows == 1:
        return short
    indented = "\n".join(f"    {line}" for line in _nested(value, width, 0).split("\n"))
    return f"np.array(\n{indented},\n    {dtype},\n)"


def _nested(value: np.ndarray[Any, Any], width: int, margin: int | None) -> str:
    """Write nested lists; with a margin, each innermost one on lines of its own."""
    pad = " " * (margin or 0)
    if value.ndim > 1:
        inner = [
            _nested(one, width, None if margin is None else margin + 4) for one in value
        ]
        if margin is None:
            return f"[{', '.join(inner)}]"
        return "\n".join([f"{pad}[", *(f"{one}," for one in inner), f"{pad}]"])
    texts = [element_text(one).rjust(width) for one in value]
    line = f"{pad}[{', '.join(texts)}]"
    if margin is None or len(line) <= WIDTH - 5:
        return line
    widest = max(len(text) for text in texts)
    per_line = (WIDTH - 9 - len(pad)) // (widest + 2)
    parts = [texts[at : at + per_line] for at in range(0, len(texts), per_line)]
    lines = [f"{pad}    {', '.join(part)}," for part in parts]
    return "\n".join([f"{pad}[", *lines, f"{pad}]"])
