"""``glassprop cache``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from glassprop.backends.kept_files import (
    MOST,
    MOST_BYTES,
    Entry,
    cache_folder,
    clear,
    entries,
)
from glassprop.cli.console import counted, print_json

UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def cache(
    *,
    empty: Annotated[
        bool, typer.Option("--clear", help="Remove what is kept, and nothing else.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the results as one JSON object.")
    ] = False,
) -> None:
    """Show the compiled code that is kept on disk, or remove it.

    It is what training with the back end numba has compiled, so that the next process
    need not. Whatever is removed is compiled again when it is needed.
    """
    folder = cache_folder()
    if empty:
        _show_removed(folder, clear(folder), json)
    else:
        _show_kept(folder, entries(folder), json)


def _show_removed(folder: Path, removed: Sequence[Entry], json: bool) -> None:
    total = sum(one.size for one in removed)
    if json:
        files = len(removed)
        print_json({"folder": str(folder), "removed": files, "removed_bytes": total})
        return
    print(f"Removed {counted(len(removed), 'file')}, {size(total)}, from {folder}")


def _show_kept(folder: Path, kept: Sequence[Entry], json: bool) -> None:
    total = sum(one.size for one in kept)
    if json:
        dates = [datetime.fromtimestamp(one.used, UTC).isoformat() for one in kept]
        print_json(
            {
                "folder": str(folder),
                "modules": len(kept),
                "bytes": total,
                "most_modules": MOST,
                "most_bytes": MOST_BYTES,
                "last_used": dates[0] if dates else None,
                "longest_unused": dates[-1] if dates else None,
            }
        )
        return
    print(f"folder   {folder}")
    print(f"modules  {len(kept)} of at most {MOST}")
    print(f"size     {size(total)} of at most {size(MOST_BYTES)}")
    if kept:
        print(f"used     {age(kept[0])} the last one, {age(kept[-1])} the first to go")


def size(count: int) -> str:
    """Write a number of bytes as a person reads it."""
    if count < 1000:
        return counted(count, "byte")
    return f"{count / 1e3:.1f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"


def age(entry: Entry) -> str:
    """Write how long ago an entry was used."""
    seconds = max(0, int(time.time() - entry.used))
    for unit, length in UNITS:
        if seconds >= length:
            return f"{counted(seconds // length, unit)} ago"
    return "now"
