"""``glassprop train DATA --target COLUMN``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glassprop.cli.console import (
    FAILED,
    INTERRUPTED,
    counted,
    print_json,
    print_report,
    report_json,
    say,
    say_left_out,
    shown,
)
from glassprop.errors import DivergenceError, listing
from glassprop.layers.activations import ACTIVATIONS
from glassprop.losses import LOSSES
from glassprop.model_names import model_path, save_model
from glassprop.optimizers import OPTIMIZERS
from glassprop.summary import structure_text
from glassprop.table_defaults import (
    ACTIVATION,
    BATCH_SIZE,
    LAYERS,
    LEARNING_RATES,
    LEAST_EPOCHS,
    OPTIMIZER,
    STEPS,
    parse_layers,
)
from glassprop.table_reports import worse_than_baseline
from glassprop.table_training import (
    Preparation,
    Trained,
    prepare_training,
    train_table,
)
from glassprop.tables import read_table
from glassprop.tabular import BALANCED, described_target

RATES = ", ".join(f"{rate} for {name}" for name, rate in LEARNING_RATES.items())


def train(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A CSV, TSV or Parquet file.")
    ],
    *,
    target: Annotated[
        str, typer.Option(metavar="COLUMN", help="The column to predict.")
    ],
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Train without a column; repeatable."),
    ] = None,
    layers: Annotated[
        str,
        typer.Option(
            metavar="N,N,...",
            help="Neurons of each hidden layer; none for a linear model.",
        ),
    ] = ",".join(map(str, LAYERS)),
    activation: Annotated[
        str,
        typer.Option(
            metavar="NAME", help=f"Of the hidden layers: {listing(ACTIVATIONS)}."
        ),
    ] = ACTIVATION,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Passes over the training rows. Default: as many as make about "
            f"{STEPS:,} steps, at least {LEAST_EPOCHS}.",
        ),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(metavar="N", help="Rows of a step.")
    ] = BATCH_SIZE,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help=f"The step size at the start; it falls to 0. Default: {RATES}.",
        ),
    ] = None,
    class_weight: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"{BALANCED}: all rows of a class together count as much as those of "
            "any other. Default: each row counts alike.",
        ),
    ] = None,
    early_stopping: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Stop after N epochs without a lower loss on a fifth of the training "
            "rows, which are held out for it, and keep the best epoch. Default: go "
            "through all epochs.",
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"What to make small: {listing(LOSSES)}. Default: mean_squared_error "
            "for a number, a cross entropy for classes. Given for a target of whole "
            "numbers, it decides which of the two they are.",
        ),
    ] = None,
    optimizer: Annotated[
        str, typer.Option(metavar="NAME", help=f"{listing(OPTIMIZERS)}.")
    ] = OPTIMIZER,
    seed: Annotated[
        int,
        typer.Option(
            metavar="N", help="Held-out rows, start values and order follow from it."
        ),
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The model file. Default: DATA.safetensors in this folder, else "
            "DATA-2.safetensors, ...",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the model file if it exists.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the results as one JSON object.")
    ] = False,
) -> None:
    """Train a network on a table and save it.

    The target decides the task: a number is estimated, words and small whole numbers
    are classes to tell apart. A fifth of the rows is held out; only the report at the
    end looks at them.

    Ctrl-C ends the training early: what was learned until then is measured and saved,
    and the exit code is 130. A training that diverges saves nothing; a model that is
    worse than the trivial answer is saved, with a warning.
    """
    path = model_path(data, out, force=force)
    table = read_table(data)
    prepared = prepare_training(
        table,
        target,
        drop=drop or (),
        layers=parse_layers(layers),
        activation=activation,
        loss=loss,
        optimizer=optimizer,
        learning_rate=learning_rate,
        epochs=epochs,
        batch_size=batch_size,
        class_weight=class_weight,
        early_stopping=early_stopping,
        seed=seed,
    )
    net, plan = prepared.model.net, prepared.model.plan
    say_left_out(prepared.unlabelled, target)
    say(
        f"{data.name}: {counted(len(prepared.y), 'row')}, "
        f"{counted(len(plan.features), 'column')} to predict {described_target(plan)}"
    )
    say(f"network: {structure_text(net.structure)}")
    try:
        trained = train_table(prepared)
    except DivergenceError as error:
        say(f"error: {error.what}")
        say(
            "Nothing was saved. Train again with a --learning-rate below "
            f"{prepared.optimizer.learning_rate:g}."
        )
        raise typer.Exit(FAILED) from None
    saved = save_model(net, path, force=force)
    warning = _warning(prepared, trained, saved, data)
    interrupted = trained.history.stopped == "interrupted"
    if json:
        print_json(
            {
                "model": str(saved),
                "data": str(data),
                "target": target,
                "task": plan.task,
                "classes": list(plan.target.words) or None,
                "features": [column.name for column in plan.features],
                "training_rows": len(prepared.training),
                "epochs": len(trained.history.epochs),
                "best_epoch": trained.history.best_epoch,
                "stopped": trained.history.stopped,
                "held_out": report_json(trained.report),
                "warning": warning,
            }
        )
    else:
        print(f"On {counted(trained.report.rows, 'row')} held out from training:")
        print_report(prepared.model, trained.report)
        print(f"Saved as {saved}", flush=True)  # before what follows elsewhere
        say(f"Next: glassprop predict {as_word(saved)} TABLE (or evaluate)")
    if trained.history.best_epoch is not None:
        say(
            f"kept is epoch {trained.history.best_epoch:,} of "
            f"{len(trained.history.epochs):,}, the best on the rows held out for early "
            "stopping"
        )
    if warning is not None:
        say(f"warning: {warning}")
    if interrupted:
        say(
            f"interrupted after {counted(len(trained.history.epochs), 'epoch')} of "
            f"{prepared.epochs:,}: what was learned until then is saved"
        )
        raise typer.Exit(INTERRUPTED)


def as_word(path: Path) -> str:
    """Write a path as a word of a command."""
    return f'"{path}"' if " " in str(path) else str(path)


def _warning(
    prepared: Preparation, trained: Trained, model: Path, data: Path
) -> str | None:
    """Say that a model is worse than the baseline, and what to try, if it is."""
    report = trained.report
    name = worse_than_baseline(report, balanced=prepared.class_weight is not None)
    if name is None:
        return None
    longer = ""
    if trained.history.stopped != "early stopping":
        longer = f", or try more --epochs, over {prepared.epochs:,}"
    return (
        "on the held-out rows the model is worse than the baseline: "
        f"{name.replace('_', ' ')} {shown(name, report.metrics[name])}, baseline "
        f"{shown(name, report.baseline[name])}. Look for the reason with glassprop "
        f"diagnose {as_word(model)} {as_word(data)}{longer}. It may also be that the "
        "columns do not tell the target."
    )
