"""When training meets NaN or infinity: which step, which layer, and the way back.

Steps are pure functions of the values before them, so what one call of the back end did
is run again from its start, step by step, up to the one that went wrong. The network is
left with the values from before that step, the last finite ones, and the step's program
is run once more, with every value recorded, to find where the first bad one was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from glassprop.backends.contract import Order, batches, epochs_of
from glassprop.errors import DivergenceError
from glassprop.training import Training

if TYPE_CHECKING:
    from glassprop.backends.contract import Steps
    from glassprop.network import Network
    from glassprop.rows import Rows


def is_finite(values: Mapping[str, Any]) -> bool:
    """Tell whether all arrays are free of NaN and infinity."""
    return all(bool(np.isfinite(value).all()) for value in values.values())


def first_bad_step(
    net: Network,
    training: Training,
    steps: Steps,
    *,
    rows: Rows,
    order: Order,
    batch_size: int,
    rates: Any,
    before: Mapping[str, Any],
) -> DivergenceError:
    """Put the network back before the first bad step, and describe that step.

    Parameters
    ----------
    net : Network
        Its values are written into.
    training : Training
        Likewise its memory and counts.
    steps : steps of a back end
        What ran.
    rows, order, batch_size, rates
        Of the epochs in which it went wrong.
    before : mapping from str to array
        All values at their start.

    Returns
    -------
    DivergenceError
        To be raised by the caller.
    """
    values, data = {**net.values, **training.memory}, rows.data()
    _restore(values, before)
    cut = batches(order, batch_size)
    in_epoch = len(cut) // epochs_of(order)
    for at, rate in enumerate(rates):
        batch, step = cut[at % len(cut)], at % in_epoch
        training.epochs += at > 0 and step == 0
        kept = {key: np.array(value) for key, value in values.items()}
        first = training.steps + 1
        with np.errstate(all="ignore"), steps.holding(values, batch_size) as run:
            (loss,) = run(
                data,
                batch,
                np.array([rate], rates.dtype),
                seed=net.seed,
                first_step=first,
            )
        if not (np.isfinite(loss) and is_finite(values)):
            _restore(values, kept)
            given = {
                **kept,
                **{key: array[batch] for key, array in data.items()},
                "seed": net.seed,
                "t": np.float64(first),
                "learning_rate": rate,
            }
            from glassprop.diagnosis.causes import divergence

            return divergence(
                steps.program,
                given,
                net,
                training,
                step=step + 1,
                learning_rate=float(rate),
                words=rows.words,
            )
        training.steps += 1
    raise AssertionError("a training that went wrong went right when it was repeated")


def _restore(values: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    for key, value in values.items():
        value[...] = kept[key]
