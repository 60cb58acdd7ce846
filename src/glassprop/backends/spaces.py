"""The workspaces of a plan as arrays, and where values lie in them.

A set of workspaces belongs to one call at a time: `Spaces.taken` lends one and takes it
back, so that several threads may run the same compiled code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.loops import Plan
from glassprop.backends.machine_code import Words
from glassprop.backends.own_kernels import NEGATIVE_POWER, REFUSED
from glassprop.backends.views import view_of
from glassprop.backends.workspace import ALIGNED
from glassprop.graph import DType, Node, concrete

LINE = 64  # bytes


class Arrays(list[NDArray[Any]]):
    """A set of workspaces, and the places in it that were asked for before.

    Parameters
    ----------
    arrays : iterable of array
        In the order of the plan's dtypes.
    """

    def __init__(self, arrays: Iterable[NDArray[Any]]) -> None:
        super().__init__(arrays)
        self.places: dict[Node, NDArray[Any]] = {}  # of values without rows
        # The words of the last call, and a reference to them, for one like it.
        self.call: tuple[Words, Any] | None = None


class Spaces:
    """Workspaces for batches of up to some number of rows.

    Parameters
    ----------
    plan : Plan
        Whose values lie there.
    rows : int
        The most that a batch has.
    values : mapping from str to array, optional
        Of inputs that no call changes; they are in every set.
    """

    def __init__(
        self, plan: Plan, rows: int, values: Mapping[str, Any] | None = None
    ) -> None:
        self.plan = plan
        self.most = max(1, -(-rows // ALIGNED)) * ALIGNED
        self.values = dict(values or {})
        self.picks = REFUSED in plan.layout.slots
        self._free: list[Arrays] = []

    @contextmanager
    def taken(self) -> Iterator[Arrays]:
        """Lend a set of arrays, in the order of the plan's dtypes."""
        arrays = self.take()
        try:
            yield arrays
        finally:
            self.give_back(arrays)

    def take(self) -> Arrays:
        """Give a set that nobody uses, a new one if there is none."""
        try:
            return self._free.pop()
        except IndexError:
            return self._made()

    def give_back(self, arrays: Arrays) -> None:
        """Take a set back for the next call."""
        self._free.append(arrays)

    def _made(self) -> Arrays:
        sizes = self.plan.layout.sizes.items()
        arrays = Arrays(
            _aligned(fixed + scaled * self.most, dtype)
            for dtype, (fixed, scaled) in sizes
        )
        for node in self.plan.constants():
            self.place(arrays, node)[...] = node.attributes["value"]
        for key, value in self.values.items():
            self.place(arrays, self.plan.inputs[key])[...] = value
        return arrays

    def check(self, arrays: Arrays) -> None:
        """Refuse what NumPy refuses and compiled code came upon, after a call.

        Raises
        ------
        IndexError
            If an axis does not have an integer that picks from it.
        ValueError
            If the exponent of a whole number is below 0.
        """
        if not self.picks:
            return
        place = self.place(arrays, REFUSED)
        happened, index, axis, size = (int(one) for one in place)
        place[...] = 0
        if happened == NEGATIVE_POWER:
            raise ValueError("Integers to negative integer powers are not allowed.")
        if happened:
            raise IndexError(
                f"index {index} is out of bounds for axis {axis} with size {size}"
            )

    def place(self, arrays: Arrays, node: Node, rows: int = 0) -> NDArray[Any]:
        """Give the part of a workspace where a value lies.

        Parameters
        ----------
        arrays : Arrays
            A set of workspaces.
        node : Node
            Of the plan.
        rows : int
            Of the batch, where the value has some.
        """
        if not rows and node in arrays.places:
            return arrays.places[node]
        view, layout = view_of(node), self.plan.layout
        slot = layout.slots[view.node]
        space = arrays[list(layout.sizes).index(slot.dtype)]
        start = slot.fixed + slot.scaled * self.most + concrete(view.offset, rows)
        strides = [concrete(one, rows) * space.itemsize for one in view.strides]
        found = np.lib.stride_tricks.as_strided(
            space[start:], concrete(node.shape, rows), strides
        )
        if not rows:
            arrays.places[node] = found
        return found


def _aligned(size: int, dtype: DType) -> NDArray[Any]:
    """Make zeros that begin where a line of the processor's cache does.

    A vector of 512 bits that lies across two lines takes twice as long to load.
    """
    spare = LINE // dtype.itemsize
    whole = np.zeros(size + spare, dtype)
    start = -(whole.ctypes.data // dtype.itemsize) % spare
    return whole[start : start + size]
