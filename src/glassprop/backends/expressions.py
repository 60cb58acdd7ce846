"""How each primitive is spelled in NumPy, as part of an expression.

`SPELLINGS` maps a row's name to a function from a `Spelling`, which knows the texts of
the inputs, to the text of the call. Rows that are not listed are spelled as a call of
their meaning, with attributes as keywords: of NumPy's function by its name,
``np.linalg.solve(a, b)``, of a function of ours by the row's name, printed with the
program. Parentheses stand only where they must; the order of arithmetic is never
changed.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.backends.texts import (
    ATOM,
    COMPARISON,
    PRODUCT,
    QUOTIENT,
    SIGN,
    SUM,
    Text,
    axis_text,
    dtype_text,
    value_text,
)
from glassprop.graph import Node
from glassprop.literals import is_filled
from glassprop.ops import FAMILIES, PRIMITIVES, indexing, leaves


@dataclass(frozen=True)
class Spelling:
    """What a spelling may use: the node, and the texts of its inputs."""

    node: Node
    inputs: Sequence[Text]

    def __getitem__(self, position: int) -> str:
        return self.inputs[position].code

    def attribute(self, name: str) -> Any:
        """Give an attribute of the node."""
        return self.node.attributes[name]

    def read(self, position: int) -> Node:
        """Give an input of the node."""
        return self.node.inputs[position]


def _infix(symbol: str, binding: int) -> Callable[[Spelling], Text]:
    """Spell a left-associative operator."""

    def spell(s: Spelling) -> Text:
        left, right = s.inputs[0].within(binding), s.inputs[1].within(binding + 1)
        return Text(f"{left} {symbol} {right}", binding)

    return spell


def _divide(s: Spelling) -> Text:
    """Spell a quotient; inside a product it stands in parentheses, to be read right."""
    left, right = s.inputs[0].within(PRODUCT), s.inputs[1].within(SIGN)
    return Text(f"{left} / {right}", QUOTIENT)


def _comparison(symbol: str) -> Callable[[Spelling], Text]:
    def spell(s: Spelling) -> Text:
        left, right = (one.within(COMPARISON + 1) for one in s.inputs)
        return Text(f"{left} {symbol} {right}", COMPARISON)

    return spell


def _call(s: Spelling) -> Text:
    """Spell a call of NumPy's function, or of a helper printed with the program."""
    row = s.node.primitive
    name = row.name if row.name in HELPERS else numpy_name(row.numpy)
    given = [one.code for one in s.inputs]
    given += [f"{key}={value_text(value)}" for key, value in s.node.attributes.items()]
    return Text(f"{name}({', '.join(given)})")


def numpy_name(function: Callable[..., Any]) -> str:
    """Write a function of NumPy's as its caller does: ``np.linalg.solve``."""
    package, dot, rest = (getattr(function, "__module__", "") or "numpy").partition(".")
    return f"np{dot}{rest}.{function.__name__}"


def _negative(s: Spelling) -> Text:
    """Spell a sign; no second one stands behind it without a parenthesis."""
    return Text(f"-{s.inputs[0].within(ATOM)}", SIGN)


def _reduction(name: str) -> Callable[[Spelling], Text]:
    def spell(s: Spelling) -> Text:
        axis, keepdims = s.attribute("axis"), s.attribute("keepdims")
        whole = axis is None or axis == tuple(range(len(s.read(0).shape)))
        parts = [s[0], *([] if whole else [f"axis={axis_text(axis)}"])]
        parts += ["keepdims=True"] if keepdims else []
        return Text(f"np.{name}({', '.join(parts)})")

    return spell


def _transpose(s: Spelling) -> Text:
    axes = s.attribute("axes")
    if axes == tuple(reversed(range(len(axes)))):
        return Text(f"{s.inputs[0].within(ATOM)}.T")
    return Text(f"np.transpose({s[0]}, {axes})")


def _reshape(s: Spelling) -> Text:
    """Spell a reshape that only adds axes of size 1 as an index with None."""
    old, new = s.read(0).shape, s.attribute("shape")
    if len(new) > len(old) and [one for one in new if one != 1] == [
        one for one in old if one != 1
    ]:
        entries, left = [], list(old)
        for at, one in enumerate(new):
            missing = len(new) - at > len(left)
            if missing and one == 1 and (not left or left[0] != 1):
                entries.append("None")
            elif left and one == left[0]:
                entries.append(":")
                left.pop(0)
        if not left and len(entries) == len(new) and old:
            return Text(f"{s.inputs[0].within(ATOM)}[{', '.join(entries)}]")
    return Text(f"np.reshape({s[0]}, {value_text(new)})")


def _broadcast_to(s: Spelling) -> Text:
    """Spell a repeated number as the array of it."""
    target = value_text(s.attribute("shape"))
    if not is_filled(s.node):
        return Text(f"np.broadcast_to({s[0]}, {target})")
    dtype = "" if s.node.dtype == np.float64 else f", {dtype_text(s.node.dtype)}"
    if s[0] in ("0", "0.0", "False"):
        return Text(f"np.zeros({target}{dtype})")
    if s[0] in ("1", "1.0", "True"):
        return Text(f"np.ones({target}{dtype})")
    if s.read(0).primitive is not leaves.constant:  # it may be an integer, as n is
        dtype = f", {dtype_text(s.node.dtype)}"
    return Text(f"np.full({target}, {s[0]}{dtype})")


def _concatenate(s: Spelling) -> Text:
    parts = ", ".join(one.code for one in s.inputs)
    axis = s.attribute("axis")
    return Text(f"np.concatenate([{parts}]{f', axis={axis}' if axis else ''})")


def _einsum(s: Spelling) -> Text:
    parts = ", ".join(one.code for one in s.inputs)
    return Text(f'np.einsum("{s.attribute("subscripts")}", {parts})')


def _astype(s: Spelling) -> Text:
    dtype = dtype_text(s.attribute("dtype"))
    return Text(f"{s.inputs[0].within(ATOM)}.astype({dtype})")


def _index(s: Spelling) -> Text:
    return Text(f"{s.inputs[0].within(ATOM)}[{_key_text(s)}]")


def _index_add(s: Spelling) -> Text:
    target = value_text(s.attribute("shape"))
    return Text(f"{helper_name(s.node)}({s[0]}, np.s_[{_key_text(s)}], {target})")


def _key_text(s: Spelling) -> str:
    picks = iter(one.code for one in s.inputs[1:])
    parts = []
    for entry in s.attribute("key"):
        if isinstance(entry, indexing.Slice):
            ends = [entry.start, entry.stop, entry.step]
            texts = ["" if end is None else str(end) for end in ends]
            parts.append(":".join(texts if texts[2] else texts[:2]))
        else:
            picked = isinstance(entry, indexing.Pick)
            parts.append(next(picks) if picked else str(entry))
    while len(parts) > 1 and parts[-1] == ":":
        parts.pop()
    return ", ".join(parts)


SPELLINGS: Mapping[str, Callable[[Spelling], Text]] = MappingProxyType(
    {
        "add": _infix("+", SUM),
        "subtract": _infix("-", SUM),
        "multiply": _infix("*", PRODUCT),
        "divide": _divide,
        "matmul": _infix("@", PRODUCT),
        "negative": _negative,
        "absolute": lambda s: Text(f"np.abs({s[0]})"),
        "greater": _comparison(">"),
        "greater_equal": _comparison(">="),
        "less": _comparison("<"),
        "less_equal": _comparison("<="),
        "equal": _comparison("=="),
        "not_equal": _comparison("!="),
        **{
            name: _reduction(name)
            for name in ("sum", "prod", "max", "min", "any", "all", "argmax", "argmin")
        },
        "transpose": _transpose,
        "reshape": _reshape,
        "broadcast_to": _broadcast_to,
        "concatenate": _concatenate,
        "einsum": _einsum,
        "astype": _astype,
        "stop_gradient": lambda s: Text(f"np.positive({s[0]})"),
        "index": _index,
        "index_add": _index_add,
    }
)


def spelled(node: Node, inputs: Sequence[Text]) -> Text:
    """Give the text of one operation from the texts of its inputs."""
    spell = SPELLINGS.get(node.primitive.name, _call)
    return spell(Spelling(node, inputs))


# Helpers that are printed with a program ---------------------------------------------

OWN_MEANINGS = frozenset(family.__name__ for family in FAMILIES)


def is_own(function: Callable[..., Any]) -> bool:
    """Tell whether a meaning is written here; NumPy's have no module before 2.2."""
    return getattr(function, "__module__", "numpy") in OWN_MEANINGS


HELPERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        **{
            name: row.numpy
            for name, row in PRIMITIVES.items()
            if name not in SPELLINGS and is_own(row.numpy)
        },
        "index_put": indexing.index_put,
        "index_add": indexing.index_add_at,
    }
)


def helper_name(node: Node) -> str | None:
    """Give the name of the helper that a node's spelling calls, if it calls one."""
    name = node.primitive.name
    if node.primitive is indexing.index_add and len(node.inputs) == 1:
        name = "index_put"
    return name if name in HELPERS else None


@cache
def _source(function: Callable[..., Any]) -> str:
    """Give the text of a function that stands at the top level of a module.

    `inspect.getsource` would take a tokenizer to it, which costs as much as all of the
    printing.
    """
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    text = lines[code.co_firstlineno - 1 :]
    inside = takewhile(lambda line: line.startswith((" ", ")", "\n")), text[1:])
    return "".join([text[0], *inside])


def helper_source(name: str) -> str:
    """Give the source of a helper function as it is printed: without its types."""
    source = _source(HELPERS[name])
    source = re.sub(r"def \w+", f"def {name}", source, count=1)
    head, body = source.split(":\n", 1)
    head = head.replace(" -> Any", "").replace(": Any = ", "=").replace(": Any", "")
    return f"{head}:\n{body}".rstrip()
