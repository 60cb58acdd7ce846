"""How one element of a value comes about, in numbers: ``2 * 0.2 + 9 * 0.8``.

An operation is written as the printed program writes it, with one element of each
variable in its place. Products of matrices and sums are written out term by term. A
value that no rule here takes apart stands as its number. Numbers have six digits, and
more where these would give another result: ``1 - 0.99999996``, and no ``1 - 1``.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from itertools import product as every
from typing import Any

import numpy as np

from glassprop.backends.expressions import HELPERS, spelled
from glassprop.backends.texts import ATOM, PRODUCT, SIGN, SUM, Text
from glassprop.graph import Node
from glassprop.number_texts import MORE_DIGITS, is_close, number_text
from glassprop.ops import elementwise, product, reduction, shape

TERMS = 8  # that a sum may have to be written out
LONG, LONGER = 100, 1.5  # characters that more digits may take, or times as many
READ = {**HELPERS, "np": np, "inf": np.inf, "nan": np.nan}  # what is written calls

Index = tuple[int, ...]


class Worked:
    """The arithmetic behind the values of one run.

    Parameters
    ----------
    values : mapping from Node to array or number
        Every value of the run.
    variables : collection of Node
        Those that have a name in the program.
    """

    def __init__(self, values: Mapping[Node, Any], variables: Collection[Node]) -> None:
        self.values, self.variables = values, variables
        self._is_long = False  # whether a sum has more terms than somebody reads
        self._digits: int | None = None  # that numbers are written with

    def element(self, node: Node, index: Index) -> str | None:
        """Write how an element is calculated; None if that says no more than its value.

        Parameters
        ----------
        node : Node
            Of the run.
        index : tuple of int
            Of the element.
        """
        self._is_long, self._digits = False, None
        found = self._taken_apart(node, index)
        value = np.asarray(self.values[node])[index]
        if found is None or self._is_long or found.code == number_text(value):
            return None
        short = code = found.code
        for digits in MORE_DIGITS:
            if is_close(float(eval(code, READ)), float(value)):
                return code
            self._digits = digits
            found = self._taken_apart(node, index)
            assert found is not None
            code = found.code
            if len(code) > max(LONG, LONGER * len(short)):
                return short
        return code

    def _text(self, node: Node, index: Index) -> Text:
        if node.inputs and node not in self.variables:
            found = self._taken_apart(node, index)
            if found is not None:
                return found
        return _number(np.asarray(self.values[node])[index], self._digits)

    def _taken_apart(self, node: Node, index: Index) -> Text | None:
        row = node.primitive
        if row.elementwise and node.inputs and row is not elementwise.astype:
            operands = [self._text(one, self._under(one, index)) for one in node.inputs]
            return spelled(node, operands)
        if row is product.matmul:
            return self._product(node, index)
        if row is reduction.sum_:
            return self._sum(node, index)
        source = self._source(node, index)
        return None if source is None else self._text(node.inputs[0], source)

    def _under(self, node: Node, index: Index) -> Index:
        """Give the element of an operand that broadcasting puts at an index."""
        sizes = np.shape(self.values[node])
        last = index[len(index) - len(sizes) :]
        return tuple(
            0 if size == 1 else at for size, at in zip(sizes, last, strict=True)
        )

    def _source(self, node: Node, index: Index) -> Index | None:
        """Give the element of the first input that a value only moves."""
        row = node.primitive
        if row is shape.transpose:
            axes = node.attributes["axes"]
            return tuple(index[axes.index(axis)] for axis in range(len(axes)))
        if row is shape.broadcast_to:
            return self._under(node.inputs[0], index)
        if row is shape.reshape:
            before, after = (
                np.shape(self.values[one]) for one in (node.inputs[0], node)
            )
            place = int(np.ravel_multi_index(index, after)) if after else 0
            found = np.unravel_index(place, before) if before else ()
            return tuple(int(one) for one in found)
        return None

    def _product(self, node: Node, index: Index) -> Text | None:
        a, b = node.inputs
        shapes = [np.shape(self.values[one]) for one in (a, b)]
        if [len(one) for one in shapes] != [2, 2]:
            return None
        if shapes[0][1] > TERMS:
            self._is_long = True
            return None
        row, column = index
        pairs = [
            (self._text(a, (row, k)), self._text(b, (k, column)))
            for k in range(shapes[0][1])
        ]
        return _added(
            [
                Text(f"{one.within(PRODUCT)} * {other.within(PRODUCT + 1)}", PRODUCT)
                for one, other in pairs
            ]
        )

    def _sum(self, node: Node, index: Index) -> Text | None:
        (whole,) = node.inputs
        sizes = np.shape(self.values[whole])
        axes = node.attributes["axis"]
        axes = tuple(range(len(sizes))) if axes is None else axes
        if math.prod(sizes[axis] for axis in axes) > TERMS:
            self._is_long = True
            return None
        left = list(index)
        if not node.attributes["keepdims"]:
            for axis in sorted(axes):
                left.insert(axis, 0)
        ranges = [
            range(size) if axis in axes else [left[axis]]
            for axis, size in enumerate(sizes)
        ]
        return _added([self._text(whole, place) for place in every(*ranges)])


def _added(terms: list[Text]) -> Text | None:
    if not terms:
        return None
    if len(terms) == 1:
        return terms[0]
    return Text(" + ".join(one.within(SUM) for one in terms), SUM)


def _number(value: Any, digits: int | None) -> Text:
    # A float32 has its digits as they are: it is more digits that are asked for.
    text = number_text(value if digits is None else value.item(), digits)
    return Text(text, SIGN if text.startswith("-") else ATOM)
