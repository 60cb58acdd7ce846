"""The command line: ``glassprop train``, ``predict``, ``evaluate``, ...

One thin file a command: it reads options, calls the library, and prints. `main` is
what the script ``glassprop`` runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from glassprop import __version__
from glassprop.cli import (
    bench,
    cache,
    diagnose,
    evaluate,
    explain,
    picture,
    predict,
    source,
    summary,
    train,
)
from glassprop.cli.console import guarded, set_up_streams

app = typer.Typer(
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: any width, any encoding, no import of rich
)
for command in (
    train.train,
    predict.predict,
    evaluate.evaluate,
    explain.explain,
    diagnose.diagnose,
    picture.picture,
    source.source,
    summary.summary,
):
    app.command(no_args_is_help=True)(guarded(command))
app.command()(guarded(cache.cache))
app.command()(guarded(bench.bench))


def show_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        typer.echo(f"glassprop {__version__}")
        raise typer.Exit


@app.callback(
    epilog="Exit codes: 0 all went well, 1 an error that a message names, 2 a command "
    "that cannot be understood, 130 ended by Ctrl-C."
)
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=show_version,
            is_eager=True,
            help="Print the version and end.",
        ),
    ] = False,
) -> None:
    """Train neural networks on tables, use them, and read the program inside."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and end the process with its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        None for those of the process.

    Raises
    ------
    SystemExit
        Always.
    """
    set_up_streams()
    app(args=None if arguments is None else list(arguments), prog_name="glassprop")
