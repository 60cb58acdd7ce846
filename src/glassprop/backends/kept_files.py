"""Entries on disk that processes share: whole or not at all, and never too many.

An entry is bytes under a name that says what they depend on. Its file begins with a
sum of name and bytes, so what a killed process, a full disk or a flipped bit has left
is told from an entry. A file is written beside and then put in its place, so a reader
finds the old one, the new one, or nothing.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MOST = 100  # entries that are kept; the one used longest ago goes first
MOST_BYTES = 50_000_000  # of all entries; the last one written stays in any case
LEFT_OVER = 3600  # seconds after which nobody is still writing a file
ENTRY = re.compile(r"step_[0-9a-f]{64}\.code")
WRITING = re.compile(r"\.writing-[a-z0-9_]{8}")  # as tempfile names them


@dataclass(frozen=True)
class Entry:
    """A file in the folder.

    Parameters
    ----------
    path : Path
    size : int
        In bytes.
    used : float
        When it was last written or read, in seconds since 1970.
    """

    path: Path
    size: int
    used: float


def cache_folder() -> Path:
    """Give the user's folder for compiled code; it may not be there yet.

    Raises
    ------
    OSError
        If the system knows no home folder of this user.
    """
    names = {"win32": "LOCALAPPDATA", "darwin": ""}
    base = Path(os.environ.get(names.get(sys.platform, "XDG_CACHE_HOME"), ""))
    if base.is_absolute():  # others are to be ignored, says the XDG specification
        return base / "glassprop"
    try:
        home = Path.home()
    except RuntimeError:
        why = "this user has no home folder"
        raise OSError(errno.ENOENT, why, "cache folder") from None
    parts = {"win32": ("AppData", "Local"), "darwin": ("Library", "Caches")}
    return home.joinpath(*parts.get(sys.platform, (".cache",)), "glassprop")


def read(folder: Path, name: str) -> bytes | None:
    """Give the bytes of an entry, and note that it was used.

    Parameters
    ----------
    folder : Path
    name : str
        ``step_`` and 64 hexadecimal digits.

    Returns
    -------
    bytes or None
        None if there is no such entry, or not the one that was written.
    """
    path = _path(folder, name)
    try:
        found = path.read_bytes()
    except OSError:
        return None
    data = found[hashlib.sha256().digest_size :]
    if found != _summed(name, data):
        return None
    with suppress(OSError):  # a folder that can be read only
        os.utime(path)
    return data


def keep(folder: Path, name: str, data: bytes) -> None:
    """Write an entry, and remove those used longest ago if there are too many.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    name : str
        As for `read`.
    data : bytes

    Raises
    ------
    OSError
        If it cannot be written; nothing is left of it then.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_summed(name, data))
        os.replace(temporary, _path(folder, name))
    except BaseException as error:
        with suppress(OSError):
            os.unlink(temporary)
        # Windows refuses to replace what somebody reads: another process wrote it.
        if not isinstance(error, PermissionError) or read(folder, name) is None:
            raise
    with suppress(OSError):  # a folder that cannot be listed
        for one in _too_many(folder, _path(folder, name)):
            with suppress(OSError):  # another process was faster, or reads it
                one.path.unlink()


def entries(folder: Path) -> list[Entry]:
    """Give all entries, the one that was used last first.

    Parameters
    ----------
    folder : Path
        It may be missing.
    """
    return _files(folder, ENTRY)


def clear(folder: Path) -> list[Entry]:
    """Remove all entries and what writing has left over, and nothing else.

    Parameters
    ----------
    folder : Path
        Removed too if it is empty then.

    Returns
    -------
    list of Entry
        The files that were removed.

    Raises
    ------
    OSError
        If one cannot be removed.
    """
    found = [*entries(folder), *_files(folder, WRITING)]
    for one in found:
        one.path.unlink(missing_ok=True)
    with suppress(OSError):  # not there, or not empty
        folder.rmdir()
    return found


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.code"


def _summed(name: str, data: bytes) -> bytes:
    """Put the sum before the data."""
    return hashlib.sha256(name.encode() + data).digest() + data


def _files(folder: Path, pattern: re.Pattern[str]) -> list[Entry]:
    found = []
    try:
        for one in os.scandir(folder):
            if pattern.fullmatch(one.name) and one.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):  # another process was faster
                    state = one.stat(follow_symlinks=False)
                    found.append(Entry(Path(one.path), state.st_size, state.st_mtime))
    except FileNotFoundError:
        return []
    return sorted(found, key=lambda one: (-one.used, one.path.name))


def _too_many(folder: Path, written: Path) -> Iterator[Entry]:
    """Give the entries beyond the limits, and what killed processes have left."""
    count = size = 0
    for one in sorted(entries(folder), key=lambda one: one.path != written):
        count, size = count + 1, size + one.size
        if count > 1 and (count > MOST or size > MOST_BYTES):
            yield one
            count, size = count - 1, size - one.size
    for one in _files(folder, WRITING):
        if time.time() - one.used > LEFT_OVER:
            yield one
