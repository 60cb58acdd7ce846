"""Checks of the network that an estimator makes, before it is trained.

Vocabulary: ``who`` is the name of the estimator, which stands in front of errors.
"""

from __future__ import annotations

import glassprop as gp
from glassprop.errors import ArgumentError, ShapeError, shape_text
from glassprop.layer_names import layer_names
from glassprop.layers.contract import rows_text
from glassprop.trees import is_several


def check_outputs(who: str, net: gp.Network, outputs: int) -> None:
    """Refuse a network that gives something else than the target needs.

    Parameters
    ----------
    who : str
    net : Network
        The network, whose input shape is known.
    outputs : int
        How many numbers the target needs for a row.

    Raises
    ------
    ShapeError
        With what it gives, and how to change that.
    """
    made, fitting = net.structure.output_shape, (outputs,)
    if made == fitting:
        return
    if is_several(made):
        way = "Join them by gp.Concatenate()."
    elif len(made) != 1:
        way = "gp.Flatten() makes one row of numbers of several dimensions."
    else:
        units = "1 unit" if outputs == 1 else f"{outputs} units"
        way = f"Give it {units}, or leave it out: one that fits is added."
    raise ShapeError(
        f"{who}: the target needs {rows_text(fitting)}, and for rows of shape "
        f"{shape_text(net.structure.input_shape)} the last layer, "
        f"{layer_names(net.layers)[-1]!r}, gives {rows_text(made)}. {way}"
    )


def check_goes_on(who: str, before: gp.Network, net: gp.Network) -> None:
    """Refuse to go on with other parameters than those of the last training.

    Parameters
    ----------
    who : str
    before, net : Network
        That of the last training, and the one to go on with.

    Raises
    ------
    ArgumentError
        With the first parameter that is not the same.
    """
    had, has = (
        {key: value.shape for key, value in one.built.values.items()}
        for one in (before, net)
    )
    for key in {**had, **has}:
        if had.get(key) != has.get(key):
            old, new = (
                f"the shape {shape_text(one[key])}" if key in one else "no place"
                for one in (had, has)
            )
            raise ArgumentError(
                f"{who} goes on with the network of the last training, in which {key} "
                f"has {old}, but now {new}. Fit it anew, warm_start=False."
            )
