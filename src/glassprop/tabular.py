"""Networks that take tables: what a table model is, and how a model file holds it.

A table model is a `Network` whose first layer takes a table's array as `encoding` gives
it, and whose notes hold the rest: the plan, and the baseline, which is the best answer
of someone who saw no feature. `table_training` makes one, `table_reports` asks it.

Task of a plan, and what it means for the network:

- a number: one output, in the target's own unit; a loss of values.
- two classes: one output, the logit of the second class; `binary_cross_entropy`. Or two
  outputs and `cross_entropy`.
- many classes: an output, a logit, for each; `cross_entropy`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from glassprop.errors import ArgumentError, ModelFileError, listing
from glassprop.layers.columns import Columns
from glassprop.losses import LOSSES, Loss, get_one_loss
from glassprop.model_files import about, shown_path
from glassprop.network import Network
from glassprop.options import is_whole
from glassprop.plans import Plan, PlanColumn
from glassprop.save import load
from glassprop.tables import SUFFIXES

NOTE = "table"  # the key in the network's notes
# Options of a training that nothing else tells of, in the order of commands.
OPTIONS = ("loss", "epochs", "batch_size", "class_weight", "early_stopping")
BALANCED = "balanced"  # the class weight that there is
Options = Mapping[str, str | int]


@dataclass(frozen=True, eq=False, slots=True)
class TableModel:
    """A network that takes tables.

    Parameters
    ----------
    net : Network
        Its first layer is `Columns`.
    plan : Plan
        What the columns are.
    baseline : tuple of float
        The share of each class among the training rows, or the mean of the target.
    options : dict from str to str or int
        Those of `OPTIONS` that it was trained with, but for defaults.
    """

    net: Network
    plan: Plan
    baseline: tuple[float, ...]
    options: Options = field(default_factory=dict)


def fitting_losses(plan: Plan) -> tuple[str, ...]:
    """Name the losses that fit a plan's task; the first one is the default.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    tuple of str
    """
    if plan.task == "regression":
        values = [name for name, loss in LOSSES.items() if loss.target == "values"]
        return ("mean_squared_error", *(n for n in values if n != "mean_squared_error"))
    if len(plan.target.words) == 2:
        return ("binary_cross_entropy", "cross_entropy")
    return ("cross_entropy",)


def chosen_loss(plan: Plan, name: str | None = None) -> Loss:
    """Give the loss of a name, or the default, if it fits a plan's task.

    Parameters
    ----------
    plan : Plan
    name : str, optional

    Returns
    -------
    Loss

    Raises
    ------
    ArgumentError
        There is no such loss, or it is for another task.
    """
    fitting = fitting_losses(plan)
    loss = get_one_loss(fitting[0] if name is None else name)
    if loss.name not in fitting:
        raise ArgumentError(
            f"loss: expected {listing(fitting)} to predict {described_target(plan)}, "
            f"got {loss.name}."
        )
    return loss


def described_target(plan: Plan) -> str:
    """Write what a plan predicts: ``'score', a number``, ``'passed', 2 classes``."""
    words = plan.target.words
    what = f"{len(words)} classes" if words else "a number"
    return f"{plan.target.name!r}, {what}"


def columns_layer(plan: Plan, flagged: Sequence[int]) -> Columns:
    """Make the first layer of a plan's network.

    Parameters
    ----------
    plan : Plan
    flagged : sequence of int
        The features that get a flag for missing values.

    Returns
    -------
    Columns
    """
    return Columns([len(column.words) for column in plan.features], flagged)


def output_size(plan: Plan, loss: Loss) -> int:
    """Give the number of outputs that a task needs: one a class, or one."""
    return len(plan.target.words) if loss.target == "classes" else 1


# The model file ----------------------------------------------------------------------


def table_model(
    net: Network, plan: Plan, baseline: Sequence[float], options: Options | None = None
) -> TableModel:
    """Make a table model; what it is goes into the network's notes.

    Parameters
    ----------
    net : Network
    plan : Plan
    baseline : sequence of float
    options : mapping from str to str or int, optional
        As in `TableModel`.

    Returns
    -------
    TableModel
    """
    numbers = tuple(float(number) for number in baseline)
    net.notes[NOTE] = {"plan": plan.to_json(), "baseline": list(numbers)}
    if options:
        net.notes[NOTE]["options"] = dict(options)
    return TableModel(net, plan, numbers, dict(options or {}))


def load_table_model(path: str | os.PathLike[str]) -> TableModel:
    """Read a table model from a file.

    Parameters
    ----------
    path : path
        What ``model.net.save(path)`` wrote.

    Returns
    -------
    TableModel

    Raises
    ------
    ModelFileError
        It cannot be read, it is damaged, or it was not trained on a table.
    """
    try:
        net = load(path)
    except ModelFileError:
        ending = os.path.splitext(os.fspath(path))[1].lower()
        if ending not in SUFFIXES or not os.path.exists(path):
            raise
        raise ModelFileError(
            f"{shown_path(path)}: expected a model, which glassprop train has saved, "
            "got a table. Name the model first, and the table behind it."
        ) from None
    with about(path, "read"):
        return noted_model(net)


def noted_model(net: Network) -> TableModel:
    """Find in a network's notes that it is a table model.

    Parameters
    ----------
    net : Network
        Its notes are trusted in nothing.

    Returns
    -------
    TableModel

    Raises
    ------
    ModelFileError
        The notes say nothing of a table, or what does not fit the network.
    """
    note = net.notes.get(NOTE)
    if note is None:
        raise ModelFileError(
            "the network was not trained on a table, so nothing says what the columns "
            "of one mean to it. Train one: glassprop train DATA --target COLUMN."
        )
    if not isinstance(note, dict) or set(note) - {"options"} != {"plan", "baseline"}:
        raise _damaged(f"expected 'plan' and 'baseline', got {note!r:.80}")
    plan = Plan.from_json(note["plan"])
    baseline = note["baseline"]
    numbers = isinstance(baseline, list) and all(
        type(one) in (int, float) and math.isfinite(one) for one in baseline
    )
    if not numbers or len(baseline) != max(1, len(plan.target.words)):
        raise _damaged(f"the baseline cannot be {baseline!r:.80}")
    _check_fit(net, plan)
    options = note.get("options", {})
    words = {
        "loss": getattr(net.loss, "name", ""),
        "class_weight": BALANCED if plan.task == "classification" else None,
    }
    if not isinstance(options, dict) or not all(
        name in OPTIONS and (one == words[name] if name in words else _counts(one))
        for name, one in options.items()
    ):
        raise _damaged(f"the options of its training cannot be {options!r:.80}")
    return TableModel(net, plan, tuple(float(number) for number in baseline), options)


def _counts(number: object) -> bool:
    return is_whole(number) and number >= 1


def _check_fit(net: Network, plan: Plan) -> None:
    """Refuse a plan that is not that of the network."""
    first = net.layers[0]
    words = tuple(len(column.words) for column in plan.features)
    if not isinstance(first, Columns) or first.words != words:
        raise _damaged("the first layer takes other columns than the plan has")
    loss = net.loss
    if not isinstance(loss, Loss) or loss.name not in fitting_losses(plan):
        name = loss.name if loss else "none"
        raise _damaged(f"loss {name} is not for the target {described_target(plan)}")
    expected = output_size(plan, loss)
    if net.structure.output_shape != (expected,):
        raise _damaged(
            f"the network gives {net.structure.output_shape} for a row, the target "
            f"{described_target(plan)}, takes {(expected,)}"
        )


def _damaged(what: str) -> ModelFileError:
    return ModelFileError(
        f"the file is damaged: {what}. Copy it again, or train the model again."
    )


# In words ----------------------------------------------------------------------------


def network_source(net: Network) -> str:
    """Give the program that trained a network, a table's columns in comments before it.

    Parameters
    ----------
    net : Network
        Of a table model, or any other.

    Returns
    -------
    str
        A module that runs on its own.

    Raises
    ------
    ArgumentError
        The network has no loss.
    """
    lines = _described_columns(net)
    return "\n".join([*(f"# {line}" for line in lines), net.source().rstrip("\n")])


def network_summary(net: Network) -> str:
    """Give a table of a network's layers, a table's columns in lines before it.

    Parameters
    ----------
    net : Network
        Of a table model, or any other.

    Returns
    -------
    str
    """
    lines = _described_columns(net)
    return "\n".join([*lines, *([""] if lines else []), net.summary()])


def _described_columns(net: Network) -> list[str]:
    """Say what columns x and y are, a line each; nothing for other networks."""
    if NOTE not in net.notes:
        return []
    plan = noted_model(net).plan
    features = [
        f"x[:, {at}]: {_described(column)}" for at, column in enumerate(plan.features)
    ]
    return [*features, f"y: {_described(plan.target)}"]


def _described(column: PlanColumn) -> str:
    if column.kind == "number":
        return repr(column.name)
    codes = ", ".join(f"{code} {word!r}" for code, word in enumerate(column.words))
    return f"{column.name!r}, {codes}"
