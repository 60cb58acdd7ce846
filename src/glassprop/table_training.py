"""Training a network on a table: from a file's columns to a model and its report.

`prepare_training` decides everything that can be decided before a step is made, and
refuses what cannot work; `train_table` trains, and measures the model on rows that it
has not seen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.columns import find_column
from glassprop.encoding import encode, encode_target
from glassprop.errors import ArgumentError, DataError
from glassprop.history import History
from glassprop.losses import get_one_loss
from glassprop.network import Network
from glassprop.optimizers import Optimizer
from glassprop.plans import Plan, Task, labelled_rows, make_plan
from glassprop.randomness import SPLIT, generator
from glassprop.rows import split_rows
from glassprop.schedules import Cosine
from glassprop.table_defaults import (
    ACTIVATION,
    BATCH_SIZE,
    LAYERS,
    OPTIMIZER,
    default_epochs,
    gradient_clip,
    table_layers,
    table_optimizer,
)
from glassprop.table_reports import Report, evaluate_arrays
from glassprop.tables import Table
from glassprop.tabular import (
    BALANCED,
    Options,
    TableModel,
    chosen_loss,
    table_model,
)

HELD_OUT = 0.2  # the part of the rows that only the report sees
LARGEST = 1e100  # of numbers, so that sums of their squares stay far from infinity


@dataclass(frozen=True, eq=False, slots=True)
class Preparation:
    """Everything that a training on a table needs.

    Parameters
    ----------
    model : TableModel
        Not trained yet.
    x, y : array of shape (rows, features), array of shape (rows,) or (rows, 1)
        The rows that have a target.
    training, held_out : int arrays
        Which rows to learn from, and which to measure on.
    unlabelled : int
        How many more rows the table has, left out because they have no target.
    optimizer : Optimizer
    epochs, batch_size : int
    class_weight : str or None
    early_stopping : int or None
    """

    model: TableModel
    x: NDArray[np.float64]
    y: NDArray[Any]
    training: NDArray[np.int64]
    held_out: NDArray[np.int64]
    unlabelled: int
    optimizer: Optimizer
    epochs: int
    batch_size: int
    class_weight: str | None = None
    early_stopping: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Trained:
    """What a training on a table gave.

    Parameters
    ----------
    model : TableModel
    history : History
        The numbers of each epoch.
    report : Report
        On the rows that were held out.
    """

    model: TableModel
    history: History
    report: Report


def prepare_training(
    table: Table,
    target: str,
    *,
    drop: Collection[str] = (),
    layers: Sequence[int] = LAYERS,
    activation: str = ACTIVATION,
    loss: str | None = None,
    optimizer: str = OPTIMIZER,
    learning_rate: float | None = None,
    epochs: int | None = None,
    batch_size: int = BATCH_SIZE,
    class_weight: str | None = None,
    early_stopping: int | None = None,
    seed: int = 0,
) -> Preparation:
    r"""Decide on the task, the rows to hold out, the network and how to train it.

    Parameters
    ----------
    table : Table
    target : str
        The column to predict; whether it is a number or classes follows from it.
    drop : collection of str
        Columns to train without.
    layers : sequence of int
        The neurons of each hidden layer.
    activation : str
        Of the hidden layers.
    loss : str, optional
        None for the first of `tabular.fitting_losses`. Given for a column of numbers,
        it decides whether they are classes.
    optimizer : str
        One of `table_defaults.LEARNING_RATES`.
    learning_rate : float, optional
        None for that of `table_defaults.LEARNING_RATES`.
    epochs : int, optional
        None for `table_defaults.default_epochs`.
    batch_size : int
    class_weight : {"balanced"}, optional
        Whether all rows of a class together count as much as those of any other.
    early_stopping : int, optional
        After how many epochs without a lower loss on further rows, which are held out
        for it, training ends; the best epoch is kept.
    seed : int
        The split, the network's start and every shuffle follow from it.

    Returns
    -------
    Preparation

    Raises
    ------
    DataError
        The table cannot be learned from.
    ArgumentError
        An option has no meaning.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glassprop.tables import read_table
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "sums.csv"
    >>> _ = path.write_text("a,b,sum\n" + "".join(
    ...     f"{a},{b},{a + b}\n" for a in range(10) for b in range(10)))
    >>> trained = train_table(prepare_training(read_table(path), "sum"), verbose=False)
    >>> trained.report.metrics["r2"] > 0.99
    True
    """
    counts = (
        ("epochs", epochs, 1),
        ("batch_size", batch_size, 1),
        ("early_stopping", early_stopping, 1),
        ("seed", seed, 0),
    )
    for name, value, least in counts:
        if value is not None and value < least:
            raise ArgumentError(f"{name}: expected {least} or more, got {value}.")
    plan = make_plan(table, target, drop=drop, task=_asked_task(table, target, loss))
    labelled, unlabelled = labelled_rows(table, target)
    x, y = encode(plan, labelled), encode_target(plan, labelled)
    _refuse_huge(table, plan, x, y)
    _check_class_weight(class_weight, plan)
    training, held_out = _split(table, plan, y, seed)
    if early_stopping is not None and round(len(training) * HELD_OUT) == 0:
        raise DataError(
            f"{table.source}: expected at least 4 rows with a target, since early "
            f"stopping holds out further rows to measure on, got {len(y)}. Add rows, "
            "or train without it."
        )
    rule = table_optimizer(optimizer, learning_rate, len(training))
    chosen = chosen_loss(plan, loss)
    net = Network(
        table_layers(
            plan,
            x[training],
            y[training],
            loss=chosen,
            layers=layers,
            activation=activation,
        ),
        loss=chosen,
        input_shape=len(plan.features),
        seed=seed,
    )
    options = _options(
        loss=None if loss is None else chosen.name,
        epochs=epochs,
        batch_size=None if batch_size == BATCH_SIZE else batch_size,
        class_weight=class_weight,
        early_stopping=early_stopping,
    )
    model = table_model(net, plan, _baseline(plan, y[training]), options)
    if epochs is None:
        epochs = default_epochs(len(training), batch_size)
    return Preparation(
        model,
        x,
        y,
        training,
        held_out,
        unlabelled,
        rule,
        epochs,
        batch_size,
        class_weight,
        early_stopping,
    )


def train_table(preparation: Preparation, *, verbose: bool | None = None) -> Trained:
    """Train a network on the training rows and measure it on the others.

    Ctrl-C ends the training early; what was learned until then stays.

    Parameters
    ----------
    preparation : Preparation
        Its model is the one that is trained.
    verbose : bool, optional
        False for silence, else a bar on a terminal and some lines elsewhere.

    Returns
    -------
    Trained

    Raises
    ------
    DivergenceError
        A value became NaN or infinite.
    """
    chosen = preparation
    history = chosen.model.net.fit(
        chosen.x[chosen.training],
        chosen.y[chosen.training],
        optimizer=chosen.optimizer,
        epochs=chosen.epochs,
        batch_size=chosen.batch_size,
        schedule=Cosine(chosen.epochs),
        clip=gradient_clip(chosen.optimizer),
        class_weight=chosen.class_weight,
        validation=None if chosen.early_stopping is None else HELD_OUT,
        early_stopping=chosen.early_stopping,
        verbose=verbose,
    )
    rows = chosen.held_out
    report = evaluate_arrays(
        chosen.model, chosen.x[rows], chosen.y[rows], chosen.unlabelled
    )
    return Trained(chosen.model, history, report)


def _options(**asked: str | int | None) -> Options:
    """Keep what a training was asked for, and nothing else tells of."""
    return {name: one for name, one in asked.items() if one is not None}


def _check_class_weight(class_weight: str | None, plan: Plan) -> None:
    """Refuse weights of classes that there are not, and such as have no meaning."""
    if class_weight is None:
        return
    if class_weight != BALANCED:
        raise ArgumentError(f"class_weight: expected {BALANCED}, got {class_weight!r}.")
    if plan.task != "classification":
        raise ArgumentError(
            f"class_weight: {plan.target.name!r} is a number, without classes to "
            "balance. Train without it."
        )


def _asked_task(table: Table, target: str, loss: str | None) -> Task | None:
    """Let a loss decide whether a column of numbers is a number or classes."""
    numeric = find_column(table, target).kind in ("integers", "numbers")
    if loss is None or not numeric:
        return None
    return "classification" if get_one_loss(loss).classifies else "regression"


def _refuse_huge(
    table: Table, plan: Plan, x: NDArray[np.float64], y: NDArray[Any]
) -> None:
    """Refuse numbers whose squares, which every scale needs, are infinite."""
    largest = [*np.nanmax(np.abs(x), axis=0), np.abs(y).max()]
    for column, size in zip((*plan.features, plan.target), largest, strict=True):
        if size > LARGEST:
            raise DataError(
                f"{table.source}, column {column.name!r}: expected numbers up to "
                f"{LARGEST:g}, got one of size {size:.3g}. Write them in a larger unit."
            )


def _split(
    table: Table, plan: Plan, y: NDArray[Any], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose the rows to hold out; classes keep their shares in both parts."""
    if round(len(y) * HELD_OUT) == 0:
        raise DataError(
            f"{table.source}: expected at least 3 rows with a target, to learn from "
            f"most of them and to measure on the others, got {len(y)}. Add rows."
        )
    labels = y if plan.task == "classification" else None
    return split_rows(len(y), HELD_OUT, generator(seed, SPLIT), labels)


def _baseline(plan: Plan, y: NDArray[Any]) -> list[float]:
    """Give the share of each class, or the mean."""
    if plan.task == "regression":
        return [float(y.mean())]
    shares = np.bincount(y, minlength=len(plan.target.words)) / len(y)
    return [float(share) for share in shares]
