"""What made a value that is not finite: where, the likely cause, and what to change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.remedies import GENTLY, at_learning_rate
from glassprop.errors import DivergenceError
from glassprop.frame_columns import Words, place_text
from glassprop.layers import Standardize
from glassprop.names import LOSS_SCOPE
from glassprop.program import Program, Value
from glassprop.programs import DATA
from glassprop.training import Training

if TYPE_CHECKING:
    from glassprop.network import Network

LARGE = 1e3  # inputs beyond it are no good start for weights
DOMAINS: Mapping[str, tuple[Callable[..., Any], str, str]] = MappingProxyType(
    {
        **{
            name: (
                lambda x: x <= 0,
                "0 and below",
                f"keep its argument above, np.{name}(np.maximum(p, 1e-12))",
            )
            for name in ("log", "log2", "log10")
        },
        "log1p": (
            lambda x: x <= -1,
            "-1 and below",
            "keep its argument above, np.log1p(np.maximum(p, -1 + 1e-12))",
        ),
        "sqrt": (
            lambda x: x < 0,
            "numbers below 0",
            "keep its argument there, np.sqrt(np.maximum(x, 0))",
        ),
        **{
            name: (
                lambda x, p: (x < 0) & (p != np.rint(p)) | (x == 0) & (p < 0),
                "a negative number to a fraction, or 0 to a negative number",
                f"keep what is raised above 0, np.{name}(np.maximum(x, 1e-12), p)",
            )
            for name in ("power", "float_power")
        },
        **{
            name: (
                lambda _, divisor: divisor == 0,
                "a divisor of 0",
                "keep the divisor away from it, a / (b + 1e-12) where b is not "
                "negative",
            )
            for name in ("divide", "floor_divide", "remainder", "fmod")
        },
        "reciprocal": (
            lambda x: x == 0,
            "0",
            "keep its argument away from it, 1 / (x + 1e-12) where x is not negative",
        ),
        **{
            name: (
                lambda x: np.abs(x) > 1,
                "numbers beyond -1 and 1",
                f"keep its argument between, np.{name}(np.clip(x, -1, 1))",
            )
            for name in ("arcsin", "arccos")
        },
        "arccosh": (
            lambda x: x < 1,
            "numbers below 1",
            "keep its argument there, np.arccosh(np.maximum(x, 1))",
        ),
        "arctanh": (
            lambda x: np.abs(x) >= 1,
            "-1, 1 and beyond",
            "keep its argument between, np.arctanh(0.999999 * np.clip(x, -1, 1))",
        ),
    }
)
"""Operations that are not defined everywhere: where not, and what to do."""


def divergence(
    program: Program,
    given: Mapping[str, Any],
    net: Network,
    training: Training,
    *,
    step: int,
    learning_rate: float | None,
    words: Mapping[str, Words],
) -> DivergenceError:
    """Run a program with every value recorded, and describe the first bad one.

    Parameters
    ----------
    program : Program
        What went wrong.
    given : mapping from str to array
        What it was given.
    net : Network
        With the values that it keeps; those that went wrong may be a minimizer's next.
    training : Training
        How many epochs are done.
    step : int
        Of the epoch, from 1.
    learning_rate : float or None
        Of the step, if it had one.
    words : dict from str to tuple of str
        For the columns of each input that was a data frame.

    Returns
    -------
    DivergenceError
        To be raised by the caller.
    """
    inputs = {key: given[key] for key in program.inputs}
    with np.errstate(all="ignore"):
        values = program.record(inputs)
    bad = _first_bad(values)
    found, layer = _described(bad), bad.scope
    moved = [
        key
        for key in net.structure.trainable
        if not np.array_equal(given[key], net.values[key], equal_nan=True)
    ]
    lost = [key for key in moved if not np.isfinite(given[key]).all()]
    if lost:
        found = f"the weights that were to be tried are not finite, {lost[0]} first"
        layer = lost[0].rpartition(".")[0]
    elif layer in ("", LOSS_SCOPE):
        largest, layer = _largest(training, given)
        found += f"; the largest weight then was {largest:.2g}, of layer {layer!r}"
    first = not (training.steps or moved)
    cause = _cause(bad, values, inputs, words, first=first)
    if cause.change is None and learning_rate is None and _scales(values):
        cause = _Cause(GENTLY.words, GENTLY)
    change = cause.change
    error = DivergenceError(
        epoch=training.epochs + 1,
        step=step,
        found=found,
        layer=layer,
        learning_rate=learning_rate,
        largest=_largest(training, net.values)[0],
        cause=cause.text,
    )
    if change is None and learning_rate:
        change = at_learning_rate(training.optimizer, learning_rate / 10)
    elif change is None and not _scales(values) and "x" in inputs:
        change = Change(first=Standardize())
    elif change is None:
        change = GENTLY
    error.finding = Finding(
        "not_finite",
        error.what,
        change,
        severity="error",
        layer="" if bad.scope == LOSS_SCOPE else bad.scope,
        columns=cause.columns,
        step=training.steps + 1,
    )
    return error


class _Cause(NamedTuple):
    """What a value that is not finite comes from, where it is not the learning rate.

    Parameters
    ----------
    text : str
        With what to do; empty where nothing is known.
    change : Change or None
        To make.
    columns : tuple of str
        The words for the columns that it is about.
    """

    text: str = ""
    change: Change | None = None
    columns: Words = ()


def _cause(
    bad: Value,
    values: Sequence[Value],
    given: Mapping[str, Any],
    words: Mapping[str, Words],
    *,
    first: bool,
) -> _Cause:
    known = {one.node: one.value for one in values}
    read = [np.asarray(known[one], np.float64) for one in bad.node.inputs]
    kind = bad.node.primitive.name
    finite = all(np.isfinite(one).all() for one in read)
    if kind in DOMAINS and finite:
        outside, where, repair = DOMAINS[kind]
        if np.any(outside(*read)):
            return _told(f"{kind} has no finite value for {where}: {repair}.")
    sizes = {
        key: _size(one)
        for key, one in given.items()
        if DATA.fullmatch(key) and key.startswith("x")
    }
    key = max(sizes, key=lambda one: sizes[one], default="")
    if sizes.get(key, 0.0) > LARGE and not _scales(values):
        return _unscaled(key, given[key], words.get(key, ()))
    if first and bad.section == "forward":
        size = max(map(_size, read), default=0)
        return _told(
            "It is the first step, so that the learning rate is not the reason: keep "
            f"what comes to {kind}, up to {size:.3g} in size, smaller."
        )
    return _Cause()


def _told(text: str) -> _Cause:
    return _Cause(text, Change(words=text))


def _unscaled(key: str, rows: NDArray[Any], words: Words) -> _Cause:
    """Propose to scale an input, and name the columns that are large."""
    size = f"{_size(rows):.3g} in size"
    each = zip(words, rows.reshape(len(rows), -1).T, strict=True) if words else ()
    columns = tuple(word for word, column in each if _size(column) > LARGE)
    where = place_text(columns)
    if key != "x":
        text = (
            f"Input {key.removeprefix('x_')} is up to {size}{where}: standardize it, "
            "gp.Standardize() as first layer of its branch."
        )
        return _Cause(text, Change(words=text), columns)
    text = (
        f"The inputs are up to {size}{where}: standardize them, gp.Standardize() as "
        "first layer."
    )
    return _Cause(text, Change(first=Standardize()), columns)


def _size(array: NDArray[Any]) -> float:
    return float(np.nanmax(np.abs(array), initial=0))


def _scales(values: Sequence[Value]) -> bool:
    """Tell whether the inputs are brought to another size before they are used."""
    return any(one.node.name in ("standardized", "scaled") for one in values)


def _largest(training: Training, given: Mapping[str, Any]) -> tuple[float, str]:
    """Give the largest absolute value of a parameter or a state, and its layer."""
    owned = [
        (float(np.max(np.abs(value), initial=0)), key.rpartition(".")[0])
        for key, value in given.items()
        if "." in key and key not in training.memory
    ]
    return max(owned, default=(0.0, ""), key=lambda one: one[0])


def _first_bad(values: Sequence[Value]) -> Value:
    """Find the first operation that made NaN or infinity from finite numbers.

    Inputs and constants may hold some by right: a missing value, a mask. Where nothing
    finite went wrong, it is the first operation with such a value.
    """
    finite = {one.node: bool(np.isfinite(one.value).all()) for one in values}
    bad = [one for one in values if one.node.inputs and not finite[one.node]]
    made = [one for one in bad if all(finite[read] for read in one.node.inputs)]
    return [*made, *bad][0]


def _described(bad: Value) -> str:
    word = "NaN" if np.isnan(bad.value).any() else "infinity"
    section = "update" if bad.section == "update" else f"{bad.section} pass"
    whose = f" of layer {bad.scope!r}" if bad.scope else ""
    whose = " of the loss" if bad.scope == LOSS_SCOPE else whose
    name = f", {bad.name}," if bad.node.name else ""
    return (
        f"the first value that is not finite{name} is {word}, made by "
        f"{bad.node.primitive.name} in the {section}{whose}"
    )
