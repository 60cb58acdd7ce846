"""Which row has which kernel of its own.

`OWN` maps a row's name to a function from a node to its `Kernel`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from glassprop.backends import axis_kernels, order_kernels, picking_kernels
from glassprop.backends.own_kernels import Kernel
from glassprop.backends.philox import random_kernel
from glassprop.backends.power_kernels import power_kernel, whole_power
from glassprop.backends.product_kernels import products, products_kernel
from glassprop.graph import Node, Primitive
from glassprop.ops import cumulative, reduction, shape, sorting
from glassprop.ops.random import random

KERNELS: Mapping[Primitive, Callable[[Node], Kernel]] = {
    shape.concatenate: axis_kernels.concatenate_kernel,
    shape.roll: axis_kernels.roll_kernel,
    axis_kernels.turned: axis_kernels.turned_kernel,
    cumulative.cumsum: axis_kernels.cumulative_kernel,
    cumulative.cumprod: axis_kernels.cumulative_kernel,
    cumulative.recurrence: axis_kernels.recurrence_kernel,
    picking_kernels.picked: picking_kernels.picked_kernel,
    picking_kernels.added: picking_kernels.picked_kernel,
    picking_kernels.along: picking_kernels.along_kernel,
    picking_kernels.added_along: picking_kernels.along_kernel,
    picking_kernels.put: picking_kernels.put_kernel,
    reduction.argmax: order_kernels.position_kernel,
    reduction.argmin: order_kernels.position_kernel,
    order_kernels.sorted_values: order_kernels.sort_kernel,
    order_kernels.sorted_places: order_kernels.sort_kernel,
    sorting.searchsorted: order_kernels.searchsorted_kernel,
    products: products_kernel,
    whole_power: power_kernel,
    random: random_kernel,
}
OWN: Mapping[str, Callable[[Node], Kernel]] = MappingProxyType(
    {row.name: kernel for row, kernel in KERNELS.items()}
)
