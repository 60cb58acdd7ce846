"""Products made ready for loops: one call of BLAS, many, or a sum in a loop.

BLAS multiplies matrices of floats. Where there is no matrix product in a contraction,
or the numbers are whole, the operands are multiplied where they lie, repeated along the
axes they lack, and summed over the axes that go: one loop, without memory for the
products.
"""

from __future__ import annotations

from collections.abc import Sequence

from glassprop.backends.making import Maker, copied, in_memory
from glassprop.backends.product_kernels import products
from glassprop.backends.views import is_in_code, view_of
from glassprop.graph import Dimension, Node, broadcast, count
from glassprop.ops import elementwise, product, reduction


def lowered_matmul(node: Node) -> Node:
    """Make a product one of two matrices, of many, or a loop.

    Parameters
    ----------
    node : Node
        A product.
    """
    make = Maker(node)
    a, b = (make.cast(one, node.dtype) for one in node.inputs)
    if node.dtype.kind != "f" or 0 in (*node.shape, a.shape[-1]):
        return _as_einsum(make, a, b)
    columns = b.shape[-1] if len(b.shape) > 1 else 1
    if len(b.shape) == 1:
        b = make.reshaped(b, (b.shape[0], 1))
    if len(b.shape) > 2:
        a = make.reshaped(a, (1, *a.shape)) if len(a.shape) == 1 else a
        found = _many(make, a, b)
    else:
        a = make.reshaped(a, (count(a.shape[:-1]), a.shape[-1]))
        if 1 in (*a.shape, columns):
            return make.reshaped(_with_vector(make, a, b), node.shape)
        a, b = (one if is_matrix(one) else copied(one) for one in (a, b))
        found = make(product.matmul, a, b)
        assert found.shape == (a.shape[0], columns)
    return make.reshaped(found, node.shape)


def _with_vector(make: Maker, a: Node, b: Node) -> Node:
    """Multiply matrices one of which is a row or a column, in a loop.

    The loop goes through the other one as it lies, and may be one with others there.
    """
    if a.shape[1] == 1:
        return make(elementwise.multiply, a, b)
    if b.shape[1] != 1:  # a is a row: (a b).T = b.T a.T
        a, b = make.transposed(b, (1, 0)), make.transposed(a, (1, 0))
    if not view_of(a).is_whole and is_transposed(a):
        scaled = make(elementwise.multiply, make.transposed(a, (1, 0)), b)
        return make(reduction.sum_, scaled, axis=(0,), keepdims=False)
    scaled = make(elementwise.multiply, a, make.transposed(b, (1, 0)))
    return make(reduction.sum_, scaled, axis=(1,), keepdims=False)


def is_matrix(node: Node) -> bool:
    """Tell whether BLAS can read a value where it lies, perhaps transposed.

    Parameters
    ----------
    node : Node
        Of two axes.
    """
    view = view_of(node)
    return not is_in_code(view.node) and (view.is_whole or is_transposed(node))


def is_transposed(node: Node) -> bool:
    """Tell whether a matrix lies column by column.

    Parameters
    ----------
    node : Node
        Of two axes.
    """
    view = view_of(node)
    (rows, columns), (down, right) = view.shape, view.strides
    return (rows == 1 or down == 1) and (columns == 1 or right == rows)


def _many(make: Maker, a: Node, b: Node) -> Node:
    """Multiply matrices that lie behind leading axes."""
    batch = broadcast(a.shape[:-2], b.shape[:-2])
    rows, columns = a.shape[-2], b.shape[-1]
    operands, turned = [], []
    for one in (a, b):
        single = all(size == 1 for size in one.shape[:-2])
        if single:
            matrices = make.reshaped(one, one.shape[-2:])
        else:
            matrices = make.repeated(one, (*batch, *one.shape[-2:]))
        axes = [*range(len(matrices.shape))]
        other = make.transposed(matrices, [*axes[:-2], axes[-1], axes[-2]])
        lies_turned = not view_of(matrices).is_whole and view_of(other).is_whole
        operands.append(in_memory(other if lies_turned else matrices))
        turned.append(lies_turned)
    return make(
        products, *operands, shape=(*batch, rows, columns), turned=tuple(turned)
    )


def _as_einsum(make: Maker, a: Node, b: Node) -> Node:
    """Calculate a product as a sum of products, in a loop."""
    batch = broadcast(a.shape[:-2], b.shape[:-2])
    letters = _letters(len(batch))
    terms = []
    for one, own in ((a, "ik"), (b, "kj")):
        if len(one.shape) == 1:
            terms.append("k")
        else:
            terms.append(letters[len(batch) - len(one.shape) + 2 :] + own)
    kept = letters + "".join(x for x in "ij" if any(x in term for term in terms))
    return _summed(make, [a, b], terms, kept)


def _letters(many: int) -> str:
    return "".join(chr(ord("A") + at) for at in range(many))


def lowered_einsum(node: Node) -> Node:
    """Contract operands from left to right, two at a time.

    Parameters
    ----------
    node : Node
        An einsum.
    """
    make = Maker(node)
    left, right = node.attributes["subscripts"].split("->")
    terms = left.split(",")
    operands = [make.cast(one, node.dtype) for one in node.inputs]
    while len(operands) > 2:
        later = set(right).union(*terms[2:])
        kept = "".join(
            one for one in dict.fromkeys(terms[0] + terms[1]) if one in later
        )
        made = _contracted(make, operands[:2], terms[:2], kept)
        operands, terms = [made, *operands[2:]], [kept, *terms[2:]]
    return _contracted(make, operands, terms, right)


def _contracted(
    make: Maker, operands: Sequence[Node], terms: Sequence[str], right: str
) -> Node:
    """Contract one or two operands."""
    if len(operands) == 1:
        return _summed(make, operands, terms, right)
    (a, b), (one, two) = operands, terms
    inner = "".join(x for x in one if x in two and x not in right)
    batch = "".join(x for x in one if x in two and x in right)
    rows = "".join(x for x in one if x not in two and x in right)
    columns = "".join(x for x in two if x not in one and x in right)
    known = len(rows + inner + batch) == len(one) and (
        len(columns + inner + batch) == len(two)
    )
    if make.node.dtype.kind != "f" or not (rows and columns and inner and known):
        return _summed(make, operands, terms, right)
    sizes = dict(zip(one + two, (*a.shape, *b.shape), strict=True))
    if 0 in sizes.values():
        return _summed(make, operands, terms, right)
    matrices = []
    for operand, term, wanted in ((a, one, (rows, inner)), (b, two, (inner, columns))):
        axes = [term.index(x) for x in batch + "".join(wanted)]
        shape = tuple(count(sizes[x] for x in part) for part in (*batch, *wanted))
        matrices.append(make.reshaped(make.transposed(operand, axes), shape))
    found = lowered_matmul(make(product.matmul, *matrices))
    order = batch + rows + columns
    found = make.reshaped(found, tuple(sizes[x] for x in order))
    return make.transposed(found, [order.index(x) for x in right])


def _summed(
    make: Maker, operands: Sequence[Node], terms: Sequence[str], right: str
) -> Node:
    """Multiply what is repeated along all axes, and sum over those that go."""
    sizes: dict[str, Dimension] = {}
    for term, one in zip(terms, operands, strict=True):
        for letter, size in zip(term, one.shape, strict=True):
            if sizes.get(letter, 1) == 1:
                sizes[letter] = size
    gone = [letter for letter in sizes if letter not in right]
    every = [*right, *gone]
    if 0 in (sizes[letter] for letter in gone):
        return make.filled(0, tuple(sizes[letter] for letter in right))
    true = make.node.dtype.kind == "b"
    times = elementwise.logical_and if true else elementwise.multiply
    found = None
    for term, one in zip(terms, operands, strict=True):
        own = [letter for letter in every if letter in term]
        moved = make.transposed(one, [term.index(letter) for letter in own])
        one_each = [moved.shape[own.index(x)] if x in own else 1 for x in every]
        moved = make.reshaped(moved, tuple(one_each))
        found = moved if found is None else make(times, found, moved)
    assert found is not None
    axes = tuple(range(len(right), len(every)))
    if not axes:
        return found
    total = reduction.max_ if true else reduction.sum_
    return make.cast(make(total, found, axis=axes, keepdims=False), make.node.dtype)
