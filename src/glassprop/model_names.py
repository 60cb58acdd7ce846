"""Where a trained model goes: a file of its own, known to be possible beforehand."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path

from glassprop.encoding import refuse_existing
from glassprop.errors import ArgumentError
from glassprop.model_files import about, replaceable
from glassprop.network import Network
from glassprop.tables import quoted


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
        `out` exists and `force` is false, or is a folder, or the table itself.
    ModelFileError
        The folder is not there or cannot be written to; or the file that is to be
        replaced is write-protected, a device or a pipe.
    """
    path = Path(f"{data.stem}.safetensors") if out is None else out
    if path.is_dir() and (out is not None or force):
        raise ArgumentError(f"{quoted(path)} is a folder. Name a file.")
    keep_inputs(path, data)
    if out is not None:
        refuse_existing(path, force)
    with about(path, "written"):
        if force:
            replaceable(path)
        with tempfile.TemporaryFile(dir=os.path.dirname(os.path.realpath(path))):
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


def keep_inputs(out: Path, *inputs: Path) -> None:
    """Refuse to write over a file that is read, even where it may be replaced.

    Parameters
    ----------
    out : Path
        The file to write.
    *inputs : Path
        The files that the command reads.

    Raises
    ------
    ArgumentError
        `out` is one of them.
    """
    for path in inputs:
        if out.exists() and path.exists() and out.samefile(path):
            raise ArgumentError(
                f"{quoted(out)} is read by this command and is left as it is, with "
                "--force too. Name another file."
            )
