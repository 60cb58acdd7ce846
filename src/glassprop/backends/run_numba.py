"""Running compiled code: many training steps in one call, and predictions.

Parameters, memory and states are copied into a workspace before steps run there and out
of it afterwards. A predictor has its parameters there for good.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from ctypes import byref
from functools import partial
from importlib import metadata
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.blas_threads import blas_threads
from glassprop.backends.contract import Order, Pace, Run
from glassprop.backends.disk_cache import load
from glassprop.backends.installed import check_installed
from glassprop.backends.loops import Plan, plan
from glassprop.backends.machine_code import Function, words_of
from glassprop.backends.shares import cores
from glassprop.backends.spaces import Arrays, Spaces
from glassprop.backends.teams import Team, team_of
from glassprop.backends.to_numba import data_inputs, to_numba, workspaces
from glassprop.errors import ArgumentError, Unspelled
from glassprop.graph import concrete
from glassprop.program import Program

CACHE = 1 << 18  # bytes of values that a block of predicted rows may have
MOST_ROWS = 1024  # of such a block
MUCH = 1e6  # operations of a prediction that threads are thought of for
PACKAGES = ("numba", "llvmlite", "numpy", "scipy")


def numba_source(program: Program, rows: int, threads: int) -> str:
    """Give a program as the module that Numba compiles.

    Parameters
    ----------
    program : Program
        One training step.
    rows : int
        Of most batches.
    threads : int
        How many cores may work on a step.

    Returns
    -------
    str
        The source.

    Raises
    ------
    ArgumentError
        If it has an operation that compiled code cannot do yet.
    """
    return _printed(program, "epoch", rows, threads)[1]


def _printed(
    program: Program, main: str, rows: int | None, threads: int
) -> tuple[Plan, str]:
    """Plan and print a program, once; refuse what has no spelling."""

    def planned() -> tuple[Plan, str]:
        found = plan(program, rows, threads)
        workspaces(found)
        return found, to_numba(found, main)

    try:
        made: tuple[Plan, str] = program.derived((main, rows, threads), planned)
        return made
    except Unspelled as error:
        where = f" of layer {error.node.scope!r}" if error.node.scope else ""
        raise ArgumentError(
            f"backend 'numba' cannot compile {error}{where} yet. Use backend='numpy', "
            "or leave it at 'auto'."
        ) from None


def can_compile(program: Program) -> bool:
    """Tell whether there is a spelling of all operations of a training step."""
    try:
        _printed(program, "epoch", 1, 1)
    except ArgumentError:
        return False
    return True


class NumbaSteps:
    """Training steps that run as compiled code.

    Parameters
    ----------
    program : Program
        One training step.
    rows : int or None
        Of most batches, if that is known; others may have more or fewer.
    threads : int
        How many cores may work on a step.
    waiting : context manager or None
        Entered while the compiler runs.

    Raises
    ------
    MissingExtraError
        If Numba is not installed, or is needed and cannot be imported.
    ArgumentError
        If the program has an operation that compiled code cannot do yet.
    """

    pace = Pace(arithmetic=2e10, call=0)

    def __init__(
        self,
        program: Program,
        rows: int | None = None,
        threads: int = 1,
        waiting: AbstractContextManager[Any] | None = None,
    ) -> None:
        check_installed()
        self.program = program
        trains = "learning_rate" in program.inputs
        main, threads = ("epoch", min(threads, cores())) if trains else ("step", 1)
        self.plan, self.source = _printed(program, main, rows, threads)
        self.threads = self.plan.threads
        self.main: Function = program.derived(
            self.source, lambda: compiled(self.source, waiting)
        )
        self.spaces = Spaces(self.plan, 0)
        # None leaves BLAS alone, where its number of threads does not matter.
        self.threads_of_blas = 1 if "gemm(" in self.source else None

    @contextmanager
    def holding(self, values: Mapping[str, Any], batch_size: int) -> Iterator[Run]:
        """Copy values into a workspace, run steps there, copy them back (`Steps`)."""
        kept = [key for key in self.plan.inputs if key in values]
        spaces = self._for(batch_size)
        with (
            spaces.taken() as arrays,
            blas_threads(self.threads_of_blas),
            team_of(self.threads) as team,
        ):
            places = {key: spaces.place(arrays, self.plan.inputs[key]) for key in kept}
            for key, place in places.items():
                place[...] = values[key]
            try:
                yield partial(
                    self._run,
                    spaces=spaces,
                    arrays=arrays,
                    team=team,
                    batch_size=batch_size,
                )
            finally:
                for key in self.program.updates.keys() & places.keys():
                    values[key][...] = places[key]

    def _run(
        self,
        data: Mapping[str, NDArray[Any]],
        order: Order,
        rates: NDArray[Any],
        *,
        spaces: Spaces,
        arrays: Arrays,
        team: Team,
        batch_size: int,
        seed: int,
        first_step: int,
    ) -> NDArray[Any]:
        if isinstance(order, slice):
            order = np.arange(order.start, order.stop)
        count = order.shape[-1]
        rows = [_rows(data[key]) for key in data_inputs(self.plan)]
        losses = np.empty(len(rates))
        team(
            self.main,
            *arrays,
            *rows,
            np.ascontiguousarray(order, np.int64).reshape(-1),
            np.ascontiguousarray(rates, self.plan.inputs["learning_rate"].dtype),
            losses,
            count,
            min(batch_size, count),
            first_step,
            seed,
            spaces.most,
        )
        spaces.check(arrays)
        return losses

    def _for(self, rows: int) -> Spaces:
        """Give workspaces for batches of so many rows: those there are, or larger."""
        if rows > self.spaces.most:
            self.spaces = Spaces(self.plan, rows)
        return self.spaces

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
        spaces = self._for(rows)
        with spaces.taken() as arrays:
            for key, node in self.plan.inputs.items():
                spaces.place(arrays, node, rows)[...] = given[key]
            self.main(*arrays, rows, spaces.most)
            spaces.check(arrays)
            return {
                key: np.array(spaces.place(arrays, node, rows))
                for key, node in self.plan.results.items()
            }


class NumbaPredictor:
    """A program without an update that runs as compiled code, block by block.

    Threads may share one: each call has a workspace of its own, and the interpreter is
    free meanwhile.

    Parameters
    ----------
    program : Program
        Whose results have a row for each row of its data.
    values : mapping from str to array
        The inputs that stay the same, copied.
    threads : int
        Among how many many rows are divided.
    apart : bool
        Whether each row of the results depends on the same row of the data alone; else
        all rows are calculated at once.
    waiting : context manager or None
        Entered while the compiler runs.

    Raises
    ------
    MissingExtraError
        If Numba is not installed, or is needed and cannot be imported.
    ArgumentError
        If the program has an operation that compiled code cannot do yet.
    """

    def __init__(
        self,
        program: Program,
        values: Mapping[str, Any],
        *,
        threads: int = 1,
        apart: bool = True,
        waiting: AbstractContextManager[Any] | None = None,
    ) -> None:
        check_installed()
        self.plan, self.source = _printed(program, "predict", None, 1)
        self.entry = compiled(self.source, waiting).entry
        self.first = len(self.plan.layout.sizes)  # argument behind the workspaces
        self.threads, self.apart = threads if apart else 1, apart
        growing = sum(scaled for _, scaled in self.plan.layout.sizes.values())
        block = min(MOST_ROWS, max(1, CACHE // (8 * max(1, growing))))
        self.spaces = Spaces(self.plan, block, values)
        read = [self.plan.inputs[key] for key in data_inputs(self.plan)]
        made = [*self.plan.results.values()]
        self.are_matrices = all(len(node.shape) == 2 for node in (*read, *made))
        self.shapes = [concrete(node.shape[1:], 1) for node in made]
        self.kinds = [
            (math.prod(shape), node.dtype)
            for shape, node in zip(self.shapes, made, strict=True)
        ]
        self.few = MUCH * block / max(1, program.cost(block))

    def __call__(self, data: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Calculate the results for rows without gaps, an array for each data input."""
        if self.are_matrices:
            return self._calculated(data)
        rows = len(data[0])
        flat = [one.reshape(rows, math.prod(one.shape[1:])) for one in data]
        results = zip(self._calculated(flat), self.shapes, strict=True)
        return [one.reshape(rows, *shape) for one, shape in results]

    def _calculated(self, data: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Give the results for matrices as matrices."""
        rows = len(data[0])
        spaces = self.spaces if self.apart else self._for(rows)
        results = [np.empty((rows, size), dtype) for size, dtype in self.kinds]
        given = (*data, *results)
        if rows < self.few:
            self._run(spaces, given, rows)
            return results
        with blas_threads(1):
            if self.threads == 1:
                self._run(spaces, given, rows)
            else:
                self._share(spaces, given, rows)
        return results

    def _for(self, rows: int) -> Spaces:
        """Give workspaces for all rows at once.

        They are handed on, since another thread may make others meanwhile.
        """
        spaces = self.spaces
        if rows > spaces.most:
            spaces = self.spaces = Spaces(self.plan, rows, spaces.values)
        return spaces

    def _run(self, spaces: Spaces, given: Sequence[NDArray[Any]], rows: int) -> None:
        arrays = spaces.take()
        if arrays.call is None:
            words = words_of([*arrays, *given, rows, spaces.most])
            arrays.call = words, byref(words)
        (words, reference), at = arrays.call, self.first
        for one in given:
            words[at] = id(one)
            at += 1
        words[at] = rows
        self.entry(reference)
        if spaces.picks:
            spaces.check(arrays)
        spaces.give_back(arrays)

    def _share(self, spaces: Spaces, given: Sequence[NDArray[Any]], rows: int) -> None:
        """Let each thread calculate some of the rows."""
        ends = [rows * at // self.threads for at in range(self.threads + 1)]
        with ThreadPoolExecutor(self.threads) as pool:
            futures = []
            for first, last in pairwise(ends):
                parts = [one[first:last] for one in given]
                futures.append(pool.submit(self._run, spaces, parts, last - first))
            for one in futures:
                one.result()


def compiled(
    source: str, waiting: AbstractContextManager[Any] | None = None
) -> Function:
    """Give the main function of a module for Numba, compiled before or now.

    Parameters
    ----------
    source : str
        From `numba_source`.
    waiting : context manager or None
        Entered while the compiler runs.
    """
    versions = tuple(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return load(source, versions, waiting)


def _rows(data: NDArray[Any]) -> NDArray[Any]:
    """Give data as a matrix without gaps, a row for each row."""
    return np.ascontiguousarray(data).reshape(len(data), -1)


__all__ = ["NumbaPredictor", "NumbaSteps", "numba_source"]
