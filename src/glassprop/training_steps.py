"""The steps of a training on the back end that is asked for, made once.

``"auto"`` is settled by the first training of a network as it is built then, from what
its program costs (`glassprop.backends.choice`); trainings that go on take the same.
"""

from __future__ import annotations

from glassprop.backends.choice import chosen_backend, chosen_threads
from glassprop.backends.contract import Steps
from glassprop.backends.installed import warn_instead
from glassprop.backends.run_numpy import NumpySteps
from glassprop.built import Built
from glassprop.errors import ArgumentError, MissingExtraError
from glassprop.optimizers import is_minimizer
from glassprop.options import is_whole
from glassprop.program import Program
from glassprop.recipes import Recipe, refuse_minimizer
from glassprop.waiting import compiling

BACKENDS = ("auto", "numpy", "numba")


def check_backend(backend: str, threads: int | None) -> None:
    """Refuse a back end that is not there, and a number of threads that is none.

    Raises
    ------
    ArgumentError
        With what is expected.
    """
    if backend not in BACKENDS:
        raise ArgumentError(
            f"unknown backend {backend!r}. Expected 'auto', 'numpy' or 'numba'."
        )
    if threads is not None and not (is_whole(threads) and threads >= 1):
        raise ArgumentError(
            "threads must be a positive integer (None takes as many as a step's cost "
            f"is worth), got {threads!r}."
        )


def training_steps(
    built: Built,
    recipe: Recipe,
    name: str | None,
    *,
    backend: str,
    threads: int | None,
    rows: int,
    steps: int,
    verbose: bool | None,
) -> Steps:
    """Make the steps of a training, or give those that were made before.

    Parameters
    ----------
    built : Built
        What is trained; it keeps what is made.
    recipe : Recipe
        Of the training.
    name : str or None
        The network's.
    backend : str
        As `fit` takes it.
    threads : int or None
        How many cores a step may use.
    rows, steps : int
        Of a batch, and of the whole training.
    verbose : bool or None
        False says nothing where compiling takes long.

    Raises
    ------
    MissingExtraError
        If the back end needs what is not installed.
    ArgumentError
        If the back end cannot run the program.
    """
    program: Program = built.compiled(
        ("program", recipe), lambda: recipe.program(built.structure, name)
    )
    minimizes = is_minimizer(recipe.optimizer)
    chosen = backend
    if backend == "auto":
        chosen = built.compiled(
            ("backend", minimizes),
            lambda: "numpy" if minimizes else chosen_backend(program, rows, steps),
        )
    elif backend == "numba":
        refuse_minimizer(recipe.optimizer)
    made: Steps
    if chosen == "numba":
        from glassprop.backends.run_numba import NumbaSteps

        number = threads or chosen_threads(program, rows)
        waiting = None if verbose is False else compiling("training step", name)
        try:
            made = built.compiled(
                (recipe, chosen, rows, number),
                lambda: NumbaSteps(program, rows, number, waiting),
            )
            return made
        except MissingExtraError as error:
            if backend == "numba":
                raise
            warn_instead(error)
            built.programs["backend", minimizes] = "numpy"
    made = built.compiled(
        (recipe, "numpy", threads), lambda: NumpySteps(program, threads)
    )
    return made
