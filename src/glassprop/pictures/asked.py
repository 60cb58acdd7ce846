"""What pictures ask of a network: what its outputs for some rows are, and for what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import ArgumentError, listing, shape_text
from glassprop.evaluate import outputs
from glassprop.losses import AnyLoss, Loss, LossSpec, get_loss
from glassprop.metrics import Task
from glassprop.network import Network
from glassprop.options import is_whole
from glassprop.rows import checked_rows
from glassprop.targets import classes_of
from glassprop.tasks import decision, task_of
from glassprop.trees import as_parts

PICTURES_OF = {
    "two classes": "confusion_matrix",
    "many classes": "confusion_matrix",
    "several labels": "calibration",
    "numbers": "residuals",
}


@dataclass(frozen=True, eq=False)
class Answers:
    """What an output says about rows, beside what is true.

    Parameters
    ----------
    loss : Loss
        The output's.
    task : str
        What it predicts, as in `glassprop.metrics`.
    number : int
        Which of the network's outputs it is.
    truth : array of shape (n,) or (n, ...)
        Class numbers where rows have one each, else the checked target.
    predicted : array of shape (n,) or (n, ...)
        What is decided: classes or numbers.
    output, chances : array of shape (n, ...)
        What the layer gives; of a loss without probabilities that twice.
    """

    loss: Loss
    task: Task
    number: int
    truth: NDArray[Any]
    predicted: NDArray[Any]
    output: NDArray[Any]
    chances: NDArray[Any]


def check_network(net: Any, place: str) -> None:
    """Refuse what is not a network.

    Raises
    ------
    ArgumentError
    """
    if not isinstance(net, Network):
        raise ArgumentError(
            f"{place}: expected a glassprop.Network, got {type(net).__name__}."
        )


def loss_of(net: Network, place: str, loss: LossSpec | None = None) -> AnyLoss:
    """Give the loss that is meant: one that is passed, or the network's own.

    Raises
    ------
    ArgumentError
        If there is none.
    """
    if loss is not None:
        return get_loss(loss)
    if net.loss is None:
        raise ArgumentError(
            f"{place}: the network has no loss yet, which says what its outputs mean. "
            "Give it to gp.Network, loss='cross_entropy' for classes, or call fit "
            "first."
        )
    return net.loss


def answers(
    place: str,
    net: Network,
    X: Any,
    y: Any,
    *,
    output: int | None,
    tasks: Sequence[Task],
) -> Answers:
    """Ask a network about rows, and choose the output that is meant.

    Parameters
    ----------
    place : str
        Who asks, for errors.
    net : Network
    X, y : array-like of shape (n, ...)
        The rows and their target.
    output : int or None
        Which of several outputs; None for the only one that has a fitting task.
    tasks : sequence of str
        What it may predict.

    Raises
    ------
    ArgumentError, DataError, ShapeError
        If the rows cannot be used, or no output or several fit.
    """
    check_network(net, place)
    loss = loss_of(net, place)
    with net.built_for(X) as built:
        rows = checked_rows(built.structure, X, y, loss)
        found = as_parts(outputs(built, rows.x))
        number = chosen_output(place, built.structure.output_shape, loss, output, tasks)
        one, given = loss.each[number], found[number]
        chances = given
        if one.probabilities is not None:
            chances = as_parts(outputs(built, rows.x, loss))[number]
    check_finite(place, given, lambda row: f"X[{row}:{row + 1}]")
    target = as_parts(rows.y)[number]
    task = task_of(one, given.shape[1:])
    assert task is not None
    classes = classes_of(target, one)
    truth = target if classes is None else classes
    return Answers(one, task, number, truth, decision(given, one), given, chances)


def check_finite(place: str, given: NDArray[Any], row: Callable[[int], str]) -> None:
    """Refuse outputs that are NaN or infinite; `row` writes a row as an argument.

    Raises
    ------
    ArgumentError
        With the call that shows where they begin.
    """
    broken = ~np.isfinite(given)
    if broken.any():
        first = int(np.argwhere(broken)[0][0])
        raise ArgumentError(
            f"{place}: the network gives {int(broken.sum()):,} of {given.size:,} "
            "numbers that are NaN or infinite, which cannot be drawn. See where they "
            f"begin: net.explain({row(first)})."
        )


def chosen_output(
    place: str,
    shapes: Any,
    loss: AnyLoss,
    output: int | None,
    tasks: Sequence[Task | None],
) -> int:
    """Give the number of the output that is meant.

    Parameters
    ----------
    place : str
        Who asks, for errors.
    shapes : tuple of int, or tuple of such
        Of the network's outputs for one row.
    loss : Loss or Several
        What each is for.
    output : int or None
        The one that is asked for; None for the only one that fits.
    tasks : sequence of str or None
        What it may predict; None is what is held against no target.

    Raises
    ------
    ArgumentError
        If there is no such output, or it is for another task; if none is asked for,
        and no output or several fit.
    """
    each = as_parts(shapes)
    known = [task_of(*pair) for pair in zip(loss.each, each, strict=True)]
    fitting = [at for at, task in enumerate(known) if task in tasks]
    if output is not None:
        if len(each) == 1 and (not is_whole(output) or output):
            raise ArgumentError(
                f"{place}: output chooses one of several outputs, and the network has "
                f"one, got {output!r}. Leave output out; all of its numbers are shown."
            )
        if not is_whole(output) or not 0 <= output < len(each):
            raise ArgumentError(
                f"{place}: output must be a number from 0 to {len(each) - 1}, one of "
                f"the network's {len(each)} outputs, got {output!r}."
            )
        fitting = [int(output)] if output in fitting else []
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise ArgumentError(
            f"{place}: the outputs {' and '.join(map(str, fitting))} all fit. Choose "
            f"one, output={fitting[0]}."
        )
    asked = range(len(each)) if output is None else [int(output)]
    said = ", ".join(
        f"loss {loss.each[at].name!r} with output {shape_text(('n', *each[at]))} "
        f"predicts {known[at] or 'nothing that can be held against a target'}"
        for at in asked
    )
    way = PICTURES_OF.get(str(known[asked[0]]))
    raise ArgumentError(
        f"{place} is for {listing(tasks)}; {said}."
        + (f" Use gp.pictures.{way}." if way and len(asked) == 1 else "")
    )


def class_words(place: str, names: Sequence[str] | None, count: int) -> list[str]:
    """Give a word for each class: those of the user's, else their numbers.

    Raises
    ------
    ArgumentError
        If there are more words, or fewer, than classes.
    """
    if names is None:
        return [str(at) for at in range(count)]
    words = list_of_words(place, names)
    if len(words) != count:
        raise ArgumentError(
            f"{place}: names must be {count} words, one for each class, got {names!r}."
        )
    return words


def list_of_words(place: str, names: Any) -> list[str]:
    """Give names as words; one alone is a list of one.

    Raises
    ------
    ArgumentError
        If they are nothing that can be gone through.
    """
    try:
        return [names] if isinstance(names, str) else [str(one) for one in names]
    except TypeError:
        raise ArgumentError(
            f"{place}: names must be a list of words, got {names!r}."
        ) from None


def class_chances(chances: NDArray[Any]) -> NDArray[np.float64]:
    """Give the probability of each class, also where one output tells two apart.

    Parameters
    ----------
    chances : array of shape (n, K) or (n, 1)
    """
    both = np.asarray(chances, np.float64)
    return both if both.shape[1] > 1 else np.concatenate([1 - both, both], axis=1)
