"""The kernel of many products of matrices: one call of BLAS for each."""

from __future__ import annotations

from glassprop.backends.own_kernels import Kernel, own_row
from glassprop.graph import Node, count

# Matrices behind equal leading axes, or one matrix for all; `turned` tells which lie
# transposed.
products = own_row("products")


def products_kernel(node: Node) -> Kernel:
    """Multiply pairs of matrices."""
    turned = node.attributes["turned"]
    rows, columns = node.shape[-2:]
    a, b = node.inputs
    inner = a.shape[-2 if turned[0] else -1]
    lines = [
        "for o in range({first}, {last}):",
        "    gemm(",
        "        s1, s2, s3,",
        f"        {{x0}}, a0 + o * s4, {turned[0]}, {'s1' if turned[0] else 's3'},",
        f"        {{x1}}, a1 + o * s5, {turned[1]}, {'s3' if turned[1] else 's2'},",
        "        {y}, out + o * s1 * s2, s2,",
        "    )",
    ]
    between = [count(one.shape[-2:]) if len(one.shape) > 2 else 0 for one in (a, b)]
    return Kernel(
        tuple(lines), (count(node.shape[:-2]), rows, columns, inner, *between), 1
    )
