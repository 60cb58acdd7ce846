"""A product of two matrices as the text of a function: loops, tiles, or BLAS.

BLAS brings matrices into an order of its own first, which pays for large ones. Smaller
products are made of *tiles*, blocks whose sums stay in registers, where the second
matrix lies row by row; `straightened` puts a copy in front where it does not. A product
of a few hundred multiplications is done by plain loops. A few rows in a prediction use
each weight a few times, and have tiles of their own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from glassprop.backends.making import copied
from glassprop.backends.shares import ALONE, GIVEN, LITTLE, edges
from glassprop.backends.views import view_of
from glassprop.graph import Dimension, Node, concrete
from glassprop.ops import product

FEW = 256  # multiplications that loops do before anything else has begun
FEW_COLUMNS = 1500  # the same where a row does not fill a vector
SOME = 30_000_000  # up to here tiles are faster than BLAS
WIDE = 1_300_000  # the same where rows are long, and lie in few places of a cache
NARROW = 512  # columns up to which they are not
FEWEST = {"float32": 8, "float64": 4}  # columns of tiles: those of a vector
MOST = {"float32": 16, "float64": 8}  # elements of the longest vector
DEEP = 128  # of the inner axis that a tile goes through before the next one
MANY = 64  # rows that are taken for many, where it may be any number
BLOCKS = (4, 32)  # rows, and columns, that no two threads share: those of a tile

LOOPS = """def NAME(LETTER, left, right, out, rows, columns, inner):
    for i in range(rows):
        row = part(LETTER, out + i * columns, columns)
        for j in range(row.shape[0]):
            row[j] = 0
        for k in range(inner):
            one = LETTER[AT_A]
            other = part(LETTER, right + k * columns, columns)
            for j in range(row.shape[0]):
                row[j] += one * other[j]"""
DOTS = """def NAME(LETTER, left, right, out, rows, columns, inner):
    for i in range(rows):
        for j in range(columns):
            total = LETTER[right] * 0
            for k in range(inner):
                total += LETTER[AT_A] * LETTER[right + j * inner + k]
            LETTER[out + i * columns + j] = total"""
BLAS = """def NAME(LETTER, left, right, out, rows, columns, inner):
    gemm(
        rows, columns, inner,
        LETTER, left, TURN_A, LONG_A,
        LETTER, right, TURN_B, LONG_B,
        LETTER, out, LONG,
    )"""
# The last block of columns may lie over the one before, and calculates it again; it is
# one vector wide where that is enough.
TILES = """def NAME(LETTER, left, down, along, right, out, rows, columns, inner):
    vector = lanes(LETTER, MOST)
    last = min(vector, columns - vector)
    for j in range(0, columns, 2 * vector):
        narrow = columns - j <= vector
        column = min(j, max(columns - (vector if narrow else 2 * vector), 0))
        for past in range(0, inner, DEEP):
            fresh, deep = past == 0, min(DEEP, inner - past)
            a = left + past * along
            b = right + past * LONG + column
            c = out + column
            if narrow:
                for i in range(0, rows - 7, 8):
                    TILE(8, 1)
                for i in range(rows - rows % 8, rows):
                    TILE(1, 1)
                continue
            for i in range(0, rows - 7, 8):
                TILE(8, 2)
            for i in range(rows - rows % 8, rows - 3, 4):
                TILE(4, 2)
            for i in range(rows - rows % 4, rows):
                TILE(1, 2)"""
TILE = re.compile(r"( *)TILE\((\d), (\d)\)")
ONE_TILE = r"""\1tile(
\1    LETTER, \2, \3, MOST, last, fresh, deep, a + i * down, down, along,
\1    b, c + i * LONG, LONG,
\1)"""
# Fewer rows than a tile has take more columns at a time, so that no sum has to wait for
# itself. Predictions alone have it.
FEW_ROWS = """    vector = lanes(LETTER, MOST)
    if rows < 4 and columns >= 4 * vector:
        for j in range(0, columns, 4 * vector):
            column = min(j, columns - 4 * vector)
            for past in range(0, inner, DEEP):
                for i in range(rows):
                    tile(
                        LETTER, 1, 4, MOST, 3 * vector, past == 0,
                        min(DEEP, inner - past), left + i * inner + past, inner, 1,
                        right + past * columns + column,
                        out + i * columns + column, columns,
                    )
        return"""


@dataclass(frozen=True)
class Product:
    """How a product is calculated.

    Parameters
    ----------
    stem : str
        What its function is called.
    text : str
        The function, its name left open.
    strides : tuple of size
        What it takes besides places and sizes: how far elements of the first matrix
        are apart along its axes; nothing if the text knows.
    alone : bool
        Whether a team leaves it to its first thread.
    """

    stem: str
    text: str
    strides: tuple[Dimension, ...] = ()
    alone: bool = False


def product_of(node: Node, letter: str, rows: int | None, threads: int) -> Product:
    """Give the function that calculates a product.

    Parameters
    ----------
    node : Node
        Of two matrices that lie in order, or transposed.
    letter : str
        Of their dtype.
    rows : int or None
        Of most batches; None for one row as often as for many.
    threads : int
        That divide it.
    """
    a, b = node.inputs
    turned_a, turned_b = (not view_of(one).is_whole for one in (a, b))
    strides: tuple[Dimension, ...] = ()
    kind, most = _kind(node, rows), MOST[node.dtype.name]
    if kind == "tiles":
        if isinstance(columns := node.shape[1], int) and columns < most:
            most = FEWEST[node.dtype.name]
        text = TILE.sub(ONE_TILE, TILES)
        strides = (1, a.shape[0]) if turned_a else (a.shape[1], 1)
    elif kind == "loops":
        text = DOTS if turned_b else LOOPS
        place = "left + k * rows + i" if turned_a else "left + i * inner + k"
        text = text.replace("AT_A", place)
    else:
        text = BLAS.replace("TURN_A", str(turned_a)).replace("TURN_B", str(turned_b))
        text = text.replace("LONG_A", "HIGH" if turned_a else "inner")
        text = text.replace("LONG_B", "inner" if turned_b else "LONG")
    head, _, body = text.partition("\n")
    if rows is None and kind != "loops" and not turned_a and not turned_b:
        body = f"{FEW_ROWS}\n{body}"
    alone = threads > 1 and (kind == "loops" or _work(node, rows) <= LITTLE)
    high, long = "rows", "columns"
    if threads > 1:
        head = head.replace("):", f", {', '.join(GIVEN)}):")
        lines: Iterable[str] = ALONE
        if not alone:
            axis = _longer(node, rows)
            high, long = ("high", "columns") if axis == 0 else ("rows", "long")
            down = " * down" if strides else "" if turned_a else " * inner"
            lines = _share(axis, down, " * inner" if turned_b else "")
        body = "\n".join([*(f"    {one}" for one in lines), body])
    body = body.replace("HIGH", high).replace("LONG", long)
    body = body.replace("MOST", str(most)).replace("DEEP", str(DEEP))
    text = f"{head}\n{body}".replace("LETTER", letter)
    return Product(kind, text, strides, alone)


def _longer(node: Node, rows: int | None) -> int:
    """Give the axis that threads divide: the matrix along it need not be read whole."""
    high, long = concrete(node.shape, rows or MANY)
    return int(long > high)


def _share(axis: int, down: str, right: str) -> list[str]:
    """Write how a thread finds its rows, or its columns.

    Parameters
    ----------
    axis : int
        0 for rows.
    down, right : str
        Times how far rows of the first matrix are apart, and columns of the second.
    """
    size, whole = ("columns", "long") if axis else ("rows", "high")
    return [
        f"{whole} = {size}",
        *edges(whole, BLOCKS[axis]),
        f"{size} = last - first",
        f"right += first{right}" if axis else f"left += first{down}",
        "out += first" if axis else "out += first * columns",
    ]


def straightened(nodes: Iterable[Node], rows: int | None) -> dict[Node, Node]:
    """Let products by tiles read second matrices that lie row by row.

    Parameters
    ----------
    nodes : iterable of Node
        Each after those it reads.
    rows : int or None
        As for `product_of`.
    """
    made: dict[Node, Node] = {}
    copies: dict[Node, Node] = {}
    for node in nodes:
        inputs = tuple(made[one] for one in node.inputs)
        if node.primitive is product.matmul and _kind(node, rows) == "tiles":
            a, b = inputs
            if not view_of(b).is_whole:
                inputs = (a, copies.setdefault(b, copied(b)))
        made[node] = node if inputs == node.inputs else replace(node, inputs=inputs)
    return made


def _work(node: Node, rows: int | None) -> int:
    """Give the number of multiplications for a batch."""
    sizes = concrete((*node.shape, node.inputs[0].shape[1]), rows or MANY)
    return math.prod(sizes)


def _kind(node: Node, rows: int | None) -> str:
    """Choose by the number of multiplications for a batch."""
    fewest, columns = FEWEST[node.dtype.name], node.shape[1]
    work = _work(node, rows)
    fills = isinstance(columns, int) and columns >= fewest
    if work <= (FEW if fills else FEW_COLUMNS):
        return "loops"
    is_narrow = isinstance(columns, int) and columns <= NARROW
    return "tiles" if fills and work <= (SOME if is_narrow else WIDE) else "blas"
