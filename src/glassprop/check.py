"""A network's gradients, and how far they are from finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.built import Built
from glassprop.compiling import Compiled
from glassprop.gradient_checks import GradientCheck, slope_error
from glassprop.losses import AnyLoss
from glassprop.programs import gradient_program
from glassprop.randomness import CHECK, generator, stream_of
from glassprop.rows import Rows
from glassprop.structure import arrange


def gradients(built: Built, rows: Rows, loss: AnyLoss) -> dict[str, NDArray[Any]]:
    """Give the gradient of the mean loss, penalties included, by parameter.

    Random layers behave as in prediction.
    """
    structure = built.structure
    compiled: Compiled = built.compiled(
        ("gradients", loss, rows.target),
        lambda: Compiled(gradient_program(structure, loss, rows.target)),
    )
    with np.errstate(all="ignore"):
        found = compiled.named({**built.given(), **rows.data()})
    return {
        key: np.array(found[f"d {key}"], structure.dtype) for key in structure.trainable
    }


def check_gradients(built: Built, rows: Rows, loss: AnyLoss) -> GradientCheck:
    """Compare derived gradients with centred differences, in float64.

    Each parameter is moved along up to 20 of its axes and one random direction. The
    network is traced again in float64; random layers behave as in prediction.
    """
    before = built.structure
    layers = [place.layer for place in before.places]
    structure = arrange(layers, before.input_shape, np.float64)
    program = gradient_program(structure, loss, rows.target)
    forward = Compiled(program.giving(["loss"]))
    data = {
        key: array.astype(np.float64) if array.dtype.kind == "f" else array
        for key, array in rows.data().items()
    }
    values = {key: np.array(one, np.float64) for key, one in built.values.items()}
    given = {**built.given(), **values, **data}

    def results(compiled: Compiled) -> dict[str, Any]:
        with np.errstate(all="ignore"):
            return compiled.named(given)

    derived = results(Compiled(program))
    errors: dict[str, float] = {}
    for name in structure.trainable:
        rng = generator(built.seed, stream_of(name, CHECK))
        here = given[name]

        def loss_at(moved: NDArray[Any], name: str = name) -> float:
            given[name] = moved
            return float(results(forward)["loss"])

        errors[name] = slope_error(loss_at, derived[f"d {name}"], here, rng)
        given[name] = here
    return GradientCheck(errors)
