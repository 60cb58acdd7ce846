"""A trained network as a plain function of arrays, for hot loops and many threads.

Its parameters are those of the moment when it is made. What is in the network's dtype
and form goes straight to the compiled code; anything else is checked and brought there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.installed import is_installed, warn_instead
from glassprop.backends.shares import cores
from glassprop.built import Built
from glassprop.chunks import rows_stay_apart, run_in_chunks
from glassprop.compiling import Compiled
from glassprop.data import as_each_input, fits_as_it_is, one_sample
from glassprop.errors import ArgumentError, MissingExtraError
from glassprop.losses import AnyLoss
from glassprop.program import Program
from glassprop.programs import predict_program
from glassprop.trees import as_parts, is_several
from glassprop.waiting import compiling

Predictor = Callable[[Any], Any]
Run = Callable[[Sequence[NDArray[Any]]], Sequence[NDArray[Any]]]


def make_predictor(
    built: Built,
    loss: AnyLoss | None,
    name: str | None,
    *,
    backend: str,
    threads: int | None,
) -> Predictor:
    """Make a function from rows to outputs; `Network.predictor` documents it."""
    program = predict_program(built.structure, loss)
    values = {key: np.array(value) for key, value in built.given().items()}
    values = {key: one for key, one in values.items() if key in program.inputs}
    run = _runner(program, values, name, backend, threads)
    structure = built.structure
    shape, dtype = structure.input_shape, structure.dtype
    several_in, several_out = is_several(shape), is_several(structure.output_shape)

    def checked(X: Any) -> Any:
        sample = one_sample(X, shape)
        rows = as_each_input(
            X if sample is None else sample,
            dtype,
            shape,
            missing_allowed=structure.fills_missing,
        )
        found = run([np.ascontiguousarray(one) for one in as_parts(rows)])
        results = tuple(found) if sample is None else tuple(one[0] for one in found)
        return results if several_out else results[0]

    if several_in or several_out or structure.fills_missing:
        return checked

    def predict(X: Any) -> Any:
        return run((X,))[0] if fits_as_it_is(X, dtype, shape) else checked(X)

    return predict


def _runner(
    program: Program,
    values: Mapping[str, Any],
    name: str | None,
    backend: str,
    threads: int | None,
) -> Run:
    """Give what calculates, on the back end that is asked for or on the first there."""
    if backend != "numpy":
        from glassprop.backends.run_numba import NumbaPredictor

        if backend == "numba" or is_installed():
            try:
                return NumbaPredictor(
                    program,
                    values,
                    threads=threads or cores(),
                    apart=rows_stay_apart(program),
                    waiting=compiling("prediction", name),
                )
            except ArgumentError:
                if backend == "numba":
                    raise
            except MissingExtraError as error:
                if backend == "numba":
                    raise
                warn_instead(error)
    compiled = Compiled(program)
    names = [key for key in program.inputs if key not in values]

    def run(data: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
        given = dict(zip(names, data, strict=True))
        return list(run_in_chunks(compiled, values, given).values())

    return run
