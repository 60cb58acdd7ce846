"""What the program of a training step depends on, and its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassprop.backends.choice import chosen_threads
from glassprop.clipping import Clipping
from glassprop.compiling import Compiled
from glassprop.epochs import AfterEpoch, Stop, Work, run_epochs
from glassprop.errors import ArgumentError, ShapeError, TraceError
from glassprop.full_batch import refuse_steps, run_iterations
from glassprop.layers.contract import rows_text
from glassprop.losses import AnyLoss, check_outputs
from glassprop.optimizers import SGD, Minimizer, Optimizer, is_minimizer
from glassprop.options import is_whole
from glassprop.program import Program
from glassprop.programs import Target, gradient_program, step_program
from glassprop.schedules import Schedule
from glassprop.structure import Structure
from glassprop.trees import as_parts, is_several


@dataclass(frozen=True)
class Recipe:
    """What the program of a training step depends on, besides the layers.

    Parameters
    ----------
    loss : Loss or Several
    optimizer : Optimizer or Minimizer
    target : Target
        What y looks like, and whether rows are weighted.
    clip : Clipping or None
        What is left of the gradients.
    """

    loss: AnyLoss
    optimizer: Any
    target: Target
    clip: Clipping | None = None

    @property
    def run(self) -> Callable[[Work, int, AfterEpoch, Stop], str]:
        """What trains: step by step, or a minimizer's iterations."""
        return run_iterations if is_minimizer(self.optimizer) else run_epochs

    def program(self, structure: Structure, name: str | None = None) -> Program:
        """Make the program of a step; a network's name stands in its docstring.

        That of a minimizer gives the loss and its gradient, and changes nothing.
        """
        if is_minimizer(self.optimizer):
            return gradient_program(structure, self.loss, self.target, training=True)
        return step_program(
            structure,
            self.loss,
            self.optimizer,
            self.target,
            clip=self.clip,
            name=name,
        )

    def check(
        self,
        structure: Structure,
        program: Program,
        *,
        rows: int,
        batch_size: int | None,
        schedule: Schedule,
    ) -> None:
        """Refuse what the optimizer cannot do.

        Raises
        ------
        ArgumentError, MissingExtraError
            If it takes all rows at once, and something else is asked for.
        """
        if is_minimizer(self.optimizer):
            refuse_steps(
                self.optimizer,
                structure,
                program,
                rows=rows,
                batch_size=batch_size,
                schedule=schedule,
                clip=self.clip,
            )


def assumed_recipe(structure: Structure, loss: AnyLoss) -> Recipe:
    """Give what is assumed before a training: plain SGD, a target like the output."""
    check_outputs(loss, structure.output_shape)
    labels = ((), np.dtype(np.int64))
    found = [
        labels
        if one.target == "classes"
        else (one.target_shape(shape), structure.dtype)
        for one, shape in zip(loss.each, as_parts(structure.output_shape), strict=True)
    ]
    if not is_several(structure.output_shape):
        return Recipe(loss, SGD(), Target(*found[0]))
    shapes, dtypes = zip(*found, strict=True)
    return Recipe(loss, SGD(), Target(shapes, dtypes))


def refuse_minimizer(optimizer: Optimizer | Minimizer) -> None:
    """Refuse to compile what takes no steps.

    Raises
    ------
    ArgumentError
        If it takes all rows at once.
    """
    if is_minimizer(optimizer):
        kind = type(optimizer).__name__
        raise ArgumentError(
            f"backend 'numba' runs step by step, and {kind} takes all rows at once. "
            "Use backend='numpy', or leave it at 'auto'."
        )


def step_source(
    structure: Structure,
    loss: AnyLoss,
    *,
    known: Recipe | None,
    optimizer: Optimizer | None,
    name: str | None,
    backend: str,
    batch_size: int,
) -> str:
    """Give the program of one training step as source.

    Parameters
    ----------
    structure : Structure
        The network's.
    loss : Loss or Several
        What is made small.
    known : Recipe or None
        That of the last training; it counts if it was for the same loss.
    optimizer : Optimizer or None
        Another optimizer than the recipe's.
    name : str or None
        The network's.
    backend : str
        ``"numpy"``, or ``"numba"`` for what `fit` compiles with that back end.
    batch_size : int
        Rows of a step, which compiled code is made for.

    Raises
    ------
    ArgumentError
        If there is no such back end, or it cannot compile the program yet; or a batch
        has no rows.
    ShapeError, TraceError
        If the loss does not take the target that is known or assumed.
    """
    if backend not in ("numpy", "numba"):
        raise ArgumentError(
            f"unknown backend {backend!r}. Expected 'numpy' or 'numba'."
        )
    if not (is_whole(batch_size) and batch_size >= 1):
        raise ArgumentError(
            f"batch_size must be a positive integer, got {batch_size!r}. Compiled code "
            "is made for batches of so many rows."
        )
    assumed = known is None or known.loss != loss
    recipe = assumed_recipe(structure, loss) if known is None or assumed else known
    if optimizer is not None:
        recipe = replace(recipe, optimizer=optimizer)
    try:
        program = recipe.program(structure, name)
        if backend == "numba":
            refuse_minimizer(recipe.optimizer)
            from glassprop.backends.run_numba import numba_source

            threads = chosen_threads(program, batch_size)
            return numba_source(program, batch_size, threads)
        return Compiled(program).source
    except (ShapeError, TraceError) as error:
        if not assumed:
            raise
        raise type(error)(
            f"{error}\nBefore fit, source() takes the target to be like the output, "
            f"{rows_text(structure.output_shape)}. Call fit first."
        ) from None
