"""Rewriting a graph into a shorter one with the same values.

`simplify` goes through a graph once, inputs first. Each node is folded if its inputs
are numbers, rewritten by the first rule of `RULES` that fits, and merged with an equal
node made before. What no output needs falls away by itself.

A rule is one line with its law in words. By default only exact rules run: those that
leave every value as it is, 0, -0.0, infinities and NaN included. (Laws with powers of
two assume that no step between overflows or falls below the smallest normal number. A
matrix product may still change in its last digits where its operand is laid out in
memory in another way: NumPy chooses the order of summing by the layout.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from glassprop.graph import Node, Primitive, apply, order
from glassprop.ops import PRIMITIVES, elementwise, leaves, reduction, shape
from glassprop.ops.elementwise import add, divide, multiply, negative, subtract

Rewrite: TypeAlias = Callable[[Node], Node | None]


@dataclass(frozen=True)
class Rule:
    """A law, where it starts, and how it is applied.

    Parameters
    ----------
    law : str
        The law in words, ``x * 1 -> x``.
    primitive : Primitive or None
        The row at the root of the left side; None for any.
    rewrite : callable
        From a node to its replacement, or None where the law does not apply.
    exact : bool
        Whether every value stays as it is, bit by bit, as long as no step between
        overflows or falls below the smallest normal number.
    """

    law: str
    primitive: Primitive | None
    rewrite: Rewrite
    exact: bool = True


def number(node: Node) -> float | None:
    """Give the value of a constant that is a single number, None for the rest."""
    if node.primitive is not leaves.constant or node.shape:
        return None
    value = node.attributes["value"]
    return None if node.dtype.kind == "b" else float(value)


def like(node: Node, primitive: Primitive, *inputs: Node, **attributes: Any) -> Node:
    """Make a node in the scope and section of another."""
    return apply(primitive, inputs, attributes, scope=node.scope, section=node.section)


def literal(node: Node, value: float) -> Node:
    """Make a Python number that stands beside the values of a node."""
    return like(node, leaves.constant, value=float(value), dtype=node.dtype)


def same(node: Node, kept: Node) -> Node | None:
    """Let `kept` stand for the node if shape and dtype stay."""
    fits = kept.shape == node.shape and kept.dtype == node.dtype
    return kept if fits else None


def _power_of_two(value: float | None) -> bool:
    return value is not None and value != 0 and abs(math.frexp(value)[0]) == 0.5


def _neutral(position: int, value: float) -> Rewrite:
    """Drop an operand that changes nothing, such as the 1 in x * 1."""

    def rewrite(node: Node) -> Node | None:
        found = number(node.inputs[position])
        signed = found is not None and math.copysign(1, found) == 1
        kept = node.inputs[1 - position]
        return same(node, kept) if found == value and signed else None

    return rewrite


def _minus_one(node: Node) -> Node | None:
    for this, other in (node.inputs, node.inputs[::-1]):
        if number(this) == -1 and other.dtype == node.dtype:
            return like(node, negative, other)
    return None


def _twice_negative(node: Node) -> Node | None:
    (x,) = node.inputs
    return x.inputs[0] if x.primitive is negative else None


def _negated(node: Node, whole: Node) -> bool:
    """Tell whether a node is -x without a name, of floats: integers may wrap around."""
    floats = node.dtype.kind == whole.dtype.kind == "f"
    return node.primitive is negative and floats and not node.name


def _add_negative(node: Node) -> Node | None:
    a, b = node.inputs
    if _negated(b, node):
        return like(node, subtract, a, b.inputs[0])
    return like(node, subtract, b, a.inputs[0]) if _negated(a, node) else None


def _subtract_negative(node: Node) -> Node | None:
    a, b = node.inputs
    return like(node, add, a, b.inputs[0]) if _negated(b, node) else None


def _negative_out(node: Node) -> Node | None:
    """Move a sign out of a product or quotient, where it can meet another."""
    a, b = node.inputs
    if _negated(a, node):
        return like(node, negative, like(node, node.primitive, a.inputs[0], b))
    if _negated(b, node):
        return like(node, negative, like(node, node.primitive, a, b.inputs[0]))
    return None


def _doubled(node: Node) -> Node | None:
    a, b = node.inputs
    floating = node.dtype.kind == "f"
    return like(node, multiply, literal(a, 2), a) if a is b and floating else None


def _number_first(node: Node) -> Node | None:
    a, b = node.inputs
    if number(b) is not None and number(a) is None:
        return like(node, multiply, b, a)
    return None


def _joined_numbers(node: Node) -> Node | None:
    a, b = node.inputs
    if b.primitive is not multiply or b.dtype != node.dtype or node.dtype.kind != "f":
        return None
    outer, inner = number(a), number(b.inputs[0])
    if outer is None or inner is None:
        return None
    if not (_power_of_two(outer) or _power_of_two(inner)):
        return None
    limits = np.finfo(node.dtype)
    if not float(limits.smallest_normal) <= abs(outer * inner) <= float(limits.max):
        return None
    return like(node, multiply, literal(node, outer * inner), b.inputs[1])


def _multiplied(quotient: Node, factor: float) -> Node | None:
    """Multiply the number over a quotient: 2 and (1 / n) / 3 give (2 / n) / 3."""
    if quotient.primitive is not divide or quotient.shape or quotient.name:
        return None
    over, under = quotient.inputs
    value = number(over)
    if value is None:
        new = _multiplied(over, factor)
    else:
        limits = np.finfo(quotient.dtype)
        size = abs(factor * value)
        fits = float(limits.smallest_normal) <= size <= float(limits.max)
        new = literal(over, factor * value) if fits else None
    fits = new is not None and over.dtype == quotient.dtype
    return like(quotient, divide, new, under) if new is not None and fits else None


def _into_quotient(node: Node) -> Node | None:
    a, b = node.inputs
    factor = number(a)
    if factor is None or not _power_of_two(factor) or node.dtype.kind != "f":
        return None
    if b.primitive is not multiply:
        new = _multiplied(b, factor)
        return None if new is None else same(node, new)
    if b.name or b.dtype != node.dtype:
        return None
    for this, other in (b.inputs, b.inputs[::-1]):
        new = _multiplied(this, factor)
        if new is not None and new.dtype == other.dtype == node.dtype:
            return like(node, multiply, new, other)
    return None


def _half_quotient(node: Node) -> Node | None:
    quotient, divisor = node.inputs
    value = number(divisor)
    if value is None or not _power_of_two(value) or node.dtype.kind != "f":
        return None
    new = _multiplied(quotient, 1 / value)
    return None if new is None else same(node, new)


def _number_outwards(node: Node) -> Node | None:
    """Move a power of two to the front of a product, where it can meet another."""
    a, b = node.inputs
    if node.dtype.kind != "f" or number(a) is not None:
        return None
    for inner, other, before in ((b, a, True), (a, b, False)):
        if inner.primitive is not multiply or inner.name:
            continue
        first, rest = inner.inputs
        if _power_of_two(number(first)) and rest.dtype == node.dtype == other.dtype:
            pair = (other, rest) if before else (rest, other)
            return like(node, multiply, first, like(node, multiply, *pair))
    return None


def _broadcast_out(node: Node) -> Node | None:
    """Calculate before repeating; the operation broadcasts by itself where it can."""
    if not node.primitive.elementwise:
        return None
    inner = [_unrepeated(one) for one in node.inputs]
    if all(new is old for new, old in zip(inner, node.inputs, strict=True)):
        return None
    small = like(node, node.primitive, *inner, **node.attributes)
    if small.shape == node.shape:
        return small
    return like(node, shape.broadcast_to, small, shape=node.shape)


def _unrepeated(node: Node) -> Node:
    return node.inputs[0] if node.primitive is shape.broadcast_to else node


def _repeated_number(node: Node) -> Node | None:
    """Repeat a single number straight to the shape that is wanted."""
    (x,) = node.inputs
    if x.primitive is not shape.broadcast_to or x.inputs[0].shape:
        return None
    return like(node, shape.broadcast_to, x.inputs[0], shape=node.shape)


def _repeated_with_ones(node: Node) -> Node | None:
    """Leave axes of size 1 in front to the broadcast."""
    (x,) = node.inputs
    if x.primitive is not shape.reshape:
        return None
    old, new = x.inputs[0].shape, x.shape
    if new != (1,) * (len(new) - len(old)) + old or len(new) <= len(old):
        return None
    return like(node, shape.broadcast_to, x.inputs[0], **node.attributes)


def _unchanged(node: Node) -> Node | None:
    return same(node, node.inputs[0])


def _through(node: Node) -> Node:
    return node.inputs[0]


def _only_the_last(node: Node) -> Node | None:
    """Leave out the first of two that each give the shape themselves."""
    (x,) = node.inputs
    if x.primitive is not node.primitive:
        return None
    return like(node, node.primitive, x.inputs[0], **node.attributes)


def _transposed_twice(node: Node) -> Node | None:
    (x,) = node.inputs
    if x.primitive is not shape.transpose:
        return None
    first, second = x.attributes["axes"], node.attributes["axes"]
    axes = tuple(first[at] for at in second)
    if axes == tuple(range(len(axes))):
        return x.inputs[0]
    return like(node, shape.transpose, x.inputs[0], axes=axes)


def _same_choices(node: Node) -> Node | None:
    _, a, b = node.inputs
    return same(node, a) if a is b else None


def _first_power(node: Node) -> Node | None:
    x, exponent = node.inputs
    return same(node, x) if number(exponent) == 1 else None


def _known_choice(node: Node) -> Node | None:
    condition, a, b = node.inputs
    if condition.primitive is not leaves.constant or condition.shape:
        return None
    return same(node, a if condition.attributes["value"] else b)


def _no_axes(node: Node) -> Node | None:
    return same(node, node.inputs[0]) if node.attributes["axis"] == () else None


def _reciprocal_product(node: Node) -> Node | None:
    """Divide by b instead of multiplying by 1 / b."""
    for this, other in (node.inputs, node.inputs[::-1]):
        if this.primitive is divide and number(this.inputs[0]) == 1:
            return like(node, divide, other, this.inputs[1])
    return None


RULES: tuple[Rule, ...] = (
    Rule("+x -> x", elementwise.positive, _through),
    Rule("stop_gradient(x) -> x", elementwise.stop_gradient, _through),
    Rule("x * 1 -> x", multiply, _neutral(1, 1)),
    Rule("1 * x -> x", multiply, _neutral(0, 1)),
    Rule("x / 1 -> x", divide, _neutral(1, 1)),
    Rule("x - 0 -> x", subtract, _neutral(1, 0)),
    Rule("-1 * x -> -x", multiply, _minus_one),
    Rule("x ** 1 -> x", elementwise.power, _first_power),
    Rule("-(-x) -> x", negative, _twice_negative),
    Rule("a + (-b) -> a - b", add, _add_negative),
    Rule("a - (-b) -> a + b", subtract, _subtract_negative),
    Rule("(-a) * b -> -(a * b)", multiply, _negative_out),
    Rule("(-a) / b -> -(a / b)", divide, _negative_out),
    Rule("x + x -> 2 * x", add, _doubled),
    Rule("x * number -> number * x", multiply, _number_first),
    Rule("2^i * (number * x) -> (2^i * number) * x", multiply, _joined_numbers),
    Rule("2^i * ((c / n) * x) -> ((2^i * c) / n) * x", multiply, _into_quotient),
    Rule("(c / n) / 2^i -> (c / 2^i) / n", divide, _half_quotient),
    Rule("a * (2^i * b) -> 2^i * (a * b)", multiply, _number_outwards),
    Rule("f(broadcast(a), b) -> broadcast(f(a, b))", None, _broadcast_out),
    Rule("reshape(broadcast(1 number)) -> broadcast", shape.reshape, _repeated_number),
    Rule(
        "transpose(broadcast(1 number)) -> broadcast", shape.transpose, _repeated_number
    ),
    Rule(
        "broadcast(x with axes of 1 in front) -> broadcast(x)",
        shape.broadcast_to,
        _repeated_with_ones,
    ),
    Rule("astype of the same dtype -> x", elementwise.astype, _unchanged),
    Rule("reshape to the same shape -> x", shape.reshape, _unchanged),
    Rule("broadcast to the same shape -> x", shape.broadcast_to, _unchanged),
    Rule("reshape(reshape(x)) -> reshape(x)", shape.reshape, _only_the_last),
    Rule("broadcast(broadcast(x)) -> broadcast(x)", shape.broadcast_to, _only_the_last),
    Rule("transpose(transpose(x)) -> transpose(x)", shape.transpose, _transposed_twice),
    Rule("where(c, x, x) -> x", elementwise.where, _same_choices),
    Rule("where(True, a, b) -> a", elementwise.where, _known_choice),
    Rule("max over no axis -> x", reduction.max_, _no_axes),
    Rule("min over no axis -> x", reduction.min_, _no_axes),
    # NumPy's sum begins with 0, which makes 0 of -0.0.
    Rule("sum over no axis -> x", reduction.sum_, _no_axes, exact=False),
    Rule("(1 / b) * x -> x / b", multiply, _reciprocal_product, exact=False),
)


def simplify(outputs: Sequence[Node], *, inexact: bool = False) -> list[Node]:
    """Rewrite the graph of some outputs into a shorter one.

    Parameters
    ----------
    outputs : sequence of Node
        The roots of the graph.
    inexact : bool
        Whether rules that may change the last digits run too.

    Returns
    -------
    list of Node
        The roots of the new graph, in the same order.
    """
    rewriting = _Rewriting(inexact)
    new: dict[Node, Node] = {}
    for node in order(outputs):
        inputs = tuple(new[one] for one in node.inputs)
        same_inputs = inputs == node.inputs
        new[node] = rewriting.reduced(
            node if same_inputs else replace(node, inputs=inputs)
        )
    return _with_names(new, outputs)


def _with_names(new: dict[Node, Node], outputs: Sequence[Node]) -> list[Node]:
    """Write the names of replaced nodes into nameless replacements."""
    lost = {
        fresh: old
        for old, fresh in reversed(new.items())
        if old.name and fresh.inputs and not fresh.name
    }
    final: dict[Node, Node] = {}
    for node in order(new[one] for one in outputs):
        inputs = tuple(final[one] for one in node.inputs)
        made = node if inputs == node.inputs else replace(node, inputs=inputs)
        old = lost.get(node)
        final[node] = replace(made, name=old.name, scope=old.scope) if old else made
    return [final[new[one]] for one in outputs]


@cache
def _rules_by_row(inexact: bool) -> Mapping[Primitive, Sequence[Rule]]:
    """Give the rules that may fit a row, for each."""
    rules = [rule for rule in RULES if rule.exact or inexact]
    return {
        row: [rule for rule in rules if rule.primitive in (None, row)]
        for row in PRIMITIVES.values()
    }


class _Rewriting:
    """One pass over a graph: the rules, and the nodes that are reduced already."""

    def __init__(self, inexact: bool) -> None:
        self.rules = _rules_by_row(inexact)
        self.made: dict[Any, Node] = {}
        self.done: set[Node] = set()

    def reduced(self, node: Node) -> Node:
        """Apply rules until none fits; the parts that a rule makes come first."""
        while node not in self.done:
            better = _folded(node) or self._rewritten(node)
            if better is None:
                return self._merged(node)
            if better not in self.done:
                inputs = tuple(self.reduced(one) for one in better.inputs)
                better = replace(better, inputs=inputs, name=node.name)
            node = better
        return node

    def _rewritten(self, node: Node) -> Node | None:
        for rule in self.rules[node.primitive]:
            better = rule.rewrite(node)
            if better is not None:
                return better
        return None

    def _merged(self, node: Node) -> Node:
        """Give the node made before for the same operation on the same inputs."""
        key = (
            node.primitive,
            tuple(id(one) for one in node.inputs),
            tuple((name, _key(value)) for name, value in node.attributes.items()),
        )
        kept = self.made.setdefault(key, node)
        self.done.add(kept)
        return kept


def _folded(node: Node) -> Node | None:
    """Calculate a node whose inputs are all numbers."""
    if not node.inputs or node.shape or any(number(one) is None for one in node.inputs):
        return None
    typed = [np.asarray(one.attributes["value"], one.dtype)[()] for one in node.inputs]
    with np.errstate(all="ignore"):
        value = node.primitive.numpy(*typed, **node.attributes)
    kept = np.asarray(value, node.dtype)[()]
    if not any(isinstance(one.attributes["value"], np.generic) for one in node.inputs):
        kept = kept.item()
    made = like(node, leaves.constant, value=kept, dtype=node.dtype)
    return replace(made, name=node.name)


def _key(value: Any) -> Any:
    """Tell constants apart that Python finds equal: 0.0 and -0.0, 1 and True."""
    return id(value) if isinstance(value, np.ndarray) else (type(value), repr(value))
