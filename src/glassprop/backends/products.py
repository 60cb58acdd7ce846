"""A product of two matrices as the text of a function: a call of BLAS, or loops.

BLAS brings matrices into an order of its own first. That pays for batches; a product
of a few hundred multiplications is done sooner by plain loops, and so is that of a
single row, which uses each weight once.
"""

from __future__ import annotations

import math

from glassprop.backends.views import view_of
from glassprop.graph import Node, concrete

FEW = 1500

HEAD = "def NAME(LETTER, left, right, out, rows, columns, inner):"
BLAS = """    gemm(
        rows, columns, inner,
        LETTER, left, TURN_A, LONG_A,
        LETTER, right, TURN_B, LONG_B,
        LETTER, out, columns,
    )"""
LOOPS = """    for i in range(rows):
        row = part(LETTER, out + i * columns, columns)
        for j in range(row.shape[0]):
            row[j] = 0
        for k in range(inner):
            one = LETTER[AT_A]
            other = part(LETTER, right + k * columns, columns)
            for j in range(row.shape[0]):
                row[j] += one * other[j]"""
DOTS = """    for i in range(rows):
        for j in range(columns):
            total = LETTER[right] * 0
            for k in range(inner):
                total += LETTER[AT_A] * LETTER[right + j * inner + k]
            LETTER[out + i * columns + j] = total"""


def product_text(node: Node, letter: str, rows: int | None) -> str:
    """Give the function that calculates a product, its name left open.

    Parameters
    ----------
    node : Node
        Of two matrices that lie in order, or transposed.
    letter : str
        Of their dtype.
    rows : int or None
        Of most batches; None for one row as often as for many.
    """
    a, b = node.inputs
    turned_a, turned_b = (not view_of(one).is_whole for one in (a, b))
    loops = DOTS if turned_b else LOOPS
    blas = (
        BLAS.replace("TURN_A", str(turned_a))
        .replace("TURN_B", str(turned_b))
        .replace("LONG_A", "rows" if turned_a else "inner")
        .replace("LONG_B", "inner" if turned_b else "columns")
    )
    if rows is None and not turned_b:
        lines = ["    if rows == 1:", _indented(loops), "        return", blas]
    else:
        lines = [loops if _work(node, rows or 1) <= FEW else blas]
    text = "\n".join([HEAD, *lines])
    place = "left + k * rows + i" if turned_a else "left + i * inner + k"
    return text.replace("AT_A", place).replace("LETTER", letter)


def _work(node: Node, rows: int) -> int:
    """Count the multiplications for a batch."""
    return math.prod(concrete((*node.shape, node.inputs[0].shape[1]), rows))


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
