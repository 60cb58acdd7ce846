"""Running training steps as compiled code: many steps in one call.

The workspaces belong to the steps; parameters, memory and states are copied in before a
call and out after it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.metadata import version
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.contract import Order
from glassprop.backends.disk_cache import load
from glassprop.backends.loops import Plan, plan
from glassprop.backends.own_kernels import OUT_OF_BOUNDS
from glassprop.backends.to_numba import data_inputs, to_numba, workspaces
from glassprop.backends.views import view_of
from glassprop.backends.workspace import ALIGNED
from glassprop.errors import ArgumentError, MissingExtraError, Unspelled
from glassprop.graph import Node, concrete
from glassprop.program import Program

PACKAGES = ("numba", "llvmlite", "numpy", "scipy")


def check_installed() -> None:
    """Refuse to begin without Numba and SciPy, whose BLAS it calls.

    Raises
    ------
    MissingExtraError
        With what to install.
    """
    for name in ("numba", "scipy"):
        try:
            importlib.import_module(name)
        except ImportError:
            raise MissingExtraError(
                f"backend 'numba' needs {name}, which is not installed. Install it: "
                'pip install "glassprop[fast]"'
            ) from None


def numba_source(program: Program) -> str:
    """Give a program as the module that Numba compiles.

    Parameters
    ----------
    program : Program
        One training step.

    Returns
    -------
    str
        The source.

    Raises
    ------
    ArgumentError
        If it has an operation that compiled code cannot do yet.
    """
    return to_numba(_planned(program))


def _planned(program: Program) -> Plan:
    """Plan a program, and refuse what has no spelling."""
    try:
        found = plan(program)
        workspaces(found)
        to_numba(found)
    except Unspelled as error:
        where = f" of layer {error.node.scope!r}" if error.node.scope else ""
        raise ArgumentError(
            f"backend 'numba' cannot compile {error}{where} yet. Use backend='numpy', "
            "or leave it at 'auto'."
        ) from None
    return found


class NumbaSteps:
    """Training steps that run as compiled code.

    Parameters
    ----------
    program : Program
        One training step.

    Raises
    ------
    MissingExtraError
        If Numba is not installed.
    ArgumentError
        If the program has an operation that compiled code cannot do yet.
    """

    name = "numba"

    def __init__(self, program: Program) -> None:
        check_installed()
        self.program = program
        self.plan = _planned(program)
        self.source = to_numba(self.plan)
        self.module = compiled(self.source)
        self.most = 0
        self.spaces: list[NDArray[Any]] = []

    def epoch(
        self,
        values: Mapping[str, Any],
        data: Mapping[str, NDArray[Any]],
        order: Order,
        rates: NDArray[Any],
        *,
        batch_size: int,
        seed: int,
        first_step: int,
    ) -> NDArray[Any]:
        """Run one step for each rate and change the values in place.

        Parameters
        ----------
        values : mapping from str to array
            Parameters, what the optimizer remembers, and layer states; written into.
        data : mapping from str to array of shape (rows, ...)
            x, y, and weights where rows are weighted.
        order : array of int, or slice
            The rows, in the order in which batches are cut from them. When they are
            used up, they are gone through again.
        rates : array of shape (steps,)
            The learning rate of each step.
        batch_size : int
            Rows of a batch; the last one of a pass may have fewer.
        seed : int
            The seed of random layers.
        first_step : int
            The number of the first step, from 1.

        Returns
        -------
        array of shape (steps,)
            The loss of each step.
        """
        count = len(next(iter(data.values())))
        if isinstance(order, slice):
            order = np.arange(count)[order]
        batch_size = min(batch_size, len(order))
        self._make_room(batch_size)
        kept = [key for key in self.plan.inputs if key in values]
        for key in kept:
            self.place(self.plan.inputs[key])[...] = values[key]
        rows = [_rows(data[key]) for key in data_inputs(self.plan)]
        losses = np.empty(len(rates))
        rate_dtype = self.plan.inputs["learning_rate"].dtype
        self.module.epoch(
            *self.spaces,
            *rows,
            np.ascontiguousarray(order, np.int64),
            np.ascontiguousarray(rates, rate_dtype),
            losses,
            batch_size,
            first_step,
            seed,
            self.most,
        )
        self._check_places()
        for key in kept:
            if key in self.program.updates:
                values[key][...] = self.place(self.plan.inputs[key])
        return losses

    def _check_places(self) -> None:
        """Refuse an integer that an axis does not have, as NumPy does."""
        if OUT_OF_BOUNDS not in self.plan.layout.slots:
            return
        place = self.place(OUT_OF_BOUNDS)
        happened, index, axis, size = (int(one) for one in place)
        place[...] = 0
        if happened:
            raise IndexError(
                f"index {index} is out of bounds for axis {axis} with size {size}"
            )

    def _make_room(self, rows: int) -> None:
        """Make workspaces for batches of so many rows, if they are not there yet."""
        if rows > self.most or not self.spaces:
            self.most = max(1, -(-rows // ALIGNED)) * ALIGNED
            self.spaces = [
                np.zeros(fixed + scaled * self.most, dtype)
                for dtype, (fixed, scaled) in self.plan.layout.sizes.items()
            ]
            for node in self.plan.constants():
                self.place(node)[...] = node.attributes["value"]

    def run(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Run a program that trains nothing, once.

        Parameters
        ----------
        given : mapping from str to array
            A value for each input.

        Returns
        -------
        dict from str to array
            The outputs that do not replace an input.
        """
        rows = self.program.rows(given)
        self._make_room(rows)
        for key, node in self.plan.inputs.items():
            self.place(node, rows)[...] = given[key]
        self.module.step(*self.spaces, rows, self.most)
        self._check_places()
        return {
            key: np.array(self.place(node, rows))
            for key, node in self.plan.results.items()
        }

    def place(self, node: Node, rows: int = 0) -> NDArray[Any]:
        """Give the part of a workspace where a value lies.

        Parameters
        ----------
        node : Node
            Of the plan.
        rows : int
            Of the batch, where the value has some.
        """
        view = view_of(node)
        slot = self.plan.layout.slots[view.node]
        space = self.spaces[list(self.plan.layout.sizes).index(slot.dtype)]
        start = slot.fixed + slot.scaled * self.most + concrete(view.offset, rows)
        strides = [concrete(one, rows) * space.itemsize for one in view.strides]
        return np.lib.stride_tricks.as_strided(
            space[start:], concrete(node.shape, rows), strides
        )


def compiled(source: str) -> ModuleType:
    """Import a module for Numba, compiled before or now.

    Parameters
    ----------
    source : str
        From `numba_source`.
    """
    return load(source, tuple(f"{name} {version(name)}" for name in PACKAGES))


def _rows(data: NDArray[Any]) -> NDArray[Any]:
    """Give data as a matrix without gaps, a row for each row."""
    return np.ascontiguousarray(data).reshape(len(data), -1)


__all__ = ["NumbaSteps", "check_installed", "numba_source"]
