"""Training a network on a table: from a file's columns to a model and its report.

`prepare_training` decides everything that can be decided before a step is made, and
refuses what cannot work; `train_table` trains; `save_as_new` writes the model without
taking the place of another.

The defaults were chosen by the held-out rows of ten tasks on tables of 60 to 2,000 rows
(penguins, iris, wine, breast cancer, diabetes, digits, two moons), eight splits each:

- two hidden layers, 32 and 16 neurons, rectified linear units; batches of 32;
- AdamW, whose steps do not depend on the unit of the target, with a learning rate of
  0.01 that falls to 0 along half a cosine;
- about 1,000 steps, at least 20 epochs: 500 and 2,000 steps gave the same accuracy
  within 0.5 percent points and the same R2 within 0.03;
- a weight decay of 200 / rows, at most 1: with few rows a network learns them by heart,
  and this, more than the number of steps or neurons, keeps it from doing so (diabetes,
  353 rows: R2 0.45 with it, 0.2 without).
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.columns import find_column
from glassprop.encoding import encode, encode_target
from glassprop.errors import ArgumentError, DataError
from glassprop.history import History
from glassprop.layers.core import Dense, Scale
from glassprop.losses import Loss, get_loss
from glassprop.model_files import about
from glassprop.network import Network
from glassprop.optimizers import Optimizer, get_optimizer
from glassprop.plans import Plan, Task, labelled_rows, make_plan
from glassprop.randomness import SPLIT, generator
from glassprop.rows import split_rows
from glassprop.schedules import Cosine
from glassprop.tables import Table, quoted
from glassprop.tabular import (
    Report,
    TableModel,
    chosen_loss,
    columns_layer,
    evaluate_arrays,
    output_size,
    table_model,
)

HELD_OUT = 0.2  # the part of the rows that only the report sees
LAYERS = (32, 16)
ACTIVATION = "relu"
OPTIMIZER = "adamw"
BATCH_SIZE = 32
LEARNING_RATES = {"sgd": 0.1, "adam": 0.01, "adamw": 0.01}
STEPS, LEAST_EPOCHS = 1000, 20
DECAY_ROWS, MOST_DECAY = 200, 1.0
LARGEST = 1e100  # of numbers, so that sums of their squares stay far from infinity
CLIP = 1.0  # plain gradient descent alone needs it: see `gradient_clip`


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
    optimizer : {"adamw", "adam", "sgd"}
    learning_rate : float, optional
        None for that of `LEARNING_RATES`.
    epochs : int, optional
        None for `default_epochs`.
    batch_size : int
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
    counts = (("epochs", epochs, 1), ("batch_size", batch_size, 1), ("seed", seed, 0))
    for name, value, least in counts:
        if value is not None and value < least:
            raise ArgumentError(f"{name}: expected {least} or more, got {value}.")
    plan = make_plan(table, target, drop=drop, task=_asked_task(table, target, loss))
    labelled, unlabelled = labelled_rows(table, target)
    x, y = encode(plan, labelled), encode_target(plan, labelled)
    _refuse_huge(table, plan, x, y)
    training, held_out = _split(table, plan, y, seed)
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
    model = table_model(net, plan, _baseline(plan, y[training]))
    if epochs is None:
        epochs = default_epochs(len(training), batch_size)
    return Preparation(
        model, x, y, training, held_out, unlabelled, rule, epochs, batch_size
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
        verbose=verbose,
    )
    rows = chosen.held_out
    report = evaluate_arrays(
        chosen.model, chosen.x[rows], chosen.y[rows], chosen.unlabelled
    )
    return Trained(chosen.model, history, report)


# Decisions ---------------------------------------------------------------------------


def parse_layers(text: str) -> tuple[int, ...]:
    """Read the sizes of hidden layers: ``32,16``; ``none`` for a linear model.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of int

    Raises
    ------
    ArgumentError
        It is something else.

    Examples
    --------
    >>> parse_layers("32, 16"), parse_layers("none")
    ((32, 16), ())
    """
    if text.strip().lower() == "none":
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise ArgumentError(
            "layers: expected the neurons of each hidden layer, such as 32,16 (or "
            f"none for a linear model), got {text!r}."
        )
    return tuple(int(part) for part in parts)


def default_epochs(rows: int, batch_size: int) -> int:
    """Give the epochs that make about `STEPS` steps, at least `LEAST_EPOCHS`."""
    return max(LEAST_EPOCHS, round(STEPS / math.ceil(rows / batch_size)))


def table_optimizer(name: str, learning_rate: float | None, rows: int) -> Optimizer:
    """Give the optimizer of a name, with the weight decay that a table's size asks for.

    Parameters
    ----------
    name : {"adamw", "adam", "sgd"}
        Only the first decays weights: a pull to 0 of ``DECAY_ROWS / rows``, at most
        `MOST_DECAY`, times the learning rate.
    learning_rate : float or None
    rows : int
        To learn from.

    Returns
    -------
    Optimizer

    Raises
    ------
    ArgumentError
        There is no such optimizer, or the rate is negative or not finite.
    """
    rule: Any = get_optimizer(name)
    if learning_rate is None:
        learning_rate = LEARNING_RATES[name.lower()]
    rule = replace(rule, learning_rate=learning_rate)
    if hasattr(rule, "weight_decay"):
        rule = replace(rule, weight_decay=min(MOST_DECAY, DECAY_ROWS / rows))
    chosen: Optimizer = rule
    return chosen


def gradient_clip(optimizer: Optimizer) -> float | None:
    """Give the largest norm that the gradient may have.

    The gradient of a squared error grows with the square of the target's unit. Adam
    divides by it; plain descent would diverge for a weight in grams, so its gradient is
    cut to the norm `CLIP`.
    """
    return CLIP if type(optimizer).__name__ == "SGD" else None


def table_layers(
    plan: Plan,
    x: NDArray[np.float64],
    y: NDArray[Any],
    *,
    loss: Loss,
    layers: Sequence[int] = LAYERS,
    activation: str = ACTIVATION,
) -> list[Any]:
    """Give the layers of a table's network, from columns to outputs.

    Parameters
    ----------
    plan : Plan
    x : array of shape (rows, features)
        The training rows: numbers with a missing one get a flag.
    y : array of shape (rows,) or (rows, 1)
        A target of numbers gives the scale of the last layer.
    loss : Loss
    layers : sequence of int
        The neurons of each hidden layer.
    activation : str
        Of the hidden layers.

    Returns
    -------
    list of layers
    """
    flagged = [
        at
        for at, column in enumerate(plan.features)
        if column.kind == "number" and np.isnan(x[:, at]).any()
    ]
    found = [
        columns_layer(plan, flagged),
        *(Dense(units, activation) for units in layers),
        Dense(output_size(plan, loss)),
    ]
    if plan.task == "classification":
        return found
    return [*found, Scale(*rounded_scale(y))]


def rounded_scale(y: NDArray[np.float64]) -> tuple[float, float]:
    """Give deviation and mean of a target, both rounded to 1e-4 of the deviation.

    Any factor and offset near these would do, so they may be short enough to read. A
    target without deviation is only shifted.
    """
    deviation, mean = float(y.std()), float(y.mean())
    if not deviation:
        return 1.0, mean
    places = 4 - math.floor(math.log10(deviation))
    return round(deviation, places), round(mean, places)


def _asked_task(table: Table, target: str, loss: str | None) -> Task | None:
    """Let a loss decide whether a column of numbers is a number or classes."""
    numeric = find_column(table, target).kind in ("integers", "numbers")
    if loss is None or not numeric:
        return None
    return "classification" if get_loss(loss).classifies else "regression"


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


# Files -------------------------------------------------------------------------------


def model_path(data: Path, out: Path | None, *, force: bool = False) -> Path:
    """Choose the model file, and find out before a long training if it cannot be.

    Parameters
    ----------
    data : Path
        The table: ``tables/penguins.csv`` gives ``penguins.safetensors``, here.
    out : Path or None
        The file that was asked for instead.
    force : bool
        Whether a file that exists may be replaced.

    Returns
    -------
    Path
        For `save_model`.

    Raises
    ------
    ArgumentError
        `out` exists and `force` is false, or is a folder.
    ModelFileError
        The folder is not there or cannot be written to.
    """
    path = Path(f"{data.stem}.safetensors") if out is None else out
    if path.is_dir() and (out is not None or force):
        raise ArgumentError(f"{quoted(path)} is a folder. Name a file.")
    if out is not None and path.exists() and not force:
        raise ArgumentError(
            f"{quoted(path)} exists already and is left as it is. Name another file, "
            "or replace it with --force."
        )
    with about(path, "written"), tempfile.TemporaryFile(dir=path.parent):
        pass
    return path


def save_model(net: Network, path: Path, *, force: bool = False) -> Path:
    """Save a network, by default without taking the place of another file.

    Parameters
    ----------
    net : Network
    path : Path
        ``penguins.safetensors``; if that exists ``penguins-2.safetensors``, and so on.
    force : bool
        Replace a file that exists instead.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    ModelFileError
        It cannot be written.
    """
    if force:
        net.save(path)
        return path
    name = _reserved(path)
    try:
        net.save(name)
    except BaseException:
        name.unlink(missing_ok=True)
        raise
    return name


def _reserved(path: Path) -> Path:
    """Make an empty file of a free name, so that no other process takes that."""
    for number in count(1):
        name = path.with_stem(f"{path.stem}-{number}") if number > 1 else path
        with about(name, "written"), suppress(FileExistsError):
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            return name
    raise AssertionError("there is always a next number")
