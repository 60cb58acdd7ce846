"""Model files: arrays and a header, as bytes that are written whole and read warily.

The format is safetensors: eight bytes with the length of a JSON header, the header,
then the arrays' bytes. glassprop's own header is a string of JSON in the metadata of
that one, under the key ``glassprop``. The safetensors library writes. Reading is done
here: what a file claims is compared with its size, and with what its layers ask for,
before any memory is asked for; the library does not look that far, and does not mind a
key that stands twice.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import ArgumentError, ModelFileError, shape_text
from glassprop.graph import DType
from glassprop.records import damaged, read_shape, read_whole, shortened

KEY = "glassprop"
LARGEST_HEADER = 10_000_000
DTYPES: Mapping[str, DType] = MappingProxyType(
    {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
)
ENTRY = {"dtype", "shape", "data_offsets"}

AnyPath = str | os.PathLike[str]


@contextmanager
def about(path: AnyPath, doing: str) -> Iterator[None]:
    """Put a path in front of errors; those of the system become glassprop's own.

    Parameters
    ----------
    path : str or path
        The file in question.
    doing : str
        What cannot be done if the system refuses: ``read``, ``written``.

    Raises
    ------
    ArgumentError
        If it is not a path, or cannot be one.
    """
    name = shown_path(path)
    try:
        yield
    except OSError as error:
        raise ModelFileError(f"{name}: cannot be {doing}: {error.strerror}.") from None
    except (ArgumentError, ModelFileError) as error:
        raise type(error)(f"{name}: {error}") from error.__cause__


def shown_path(path: Any) -> str:
    """Write a path as messages do: in quotes, with forward slashes.

    Parameters
    ----------
    path : str or path

    Raises
    ------
    ArgumentError
        If it is not a path, or cannot be one.
    """
    if not isinstance(path, str | os.PathLike):
        raise ArgumentError(
            f"path must be a str or a pathlib.Path, got {type(path).__name__}."
        )
    name = repr(os.fsdecode(path).replace(os.sep, "/"))
    if "\0" in os.fsdecode(path):
        raise ArgumentError(f"{name}: a path cannot hold a null character.")
    return name


# Writing -----------------------------------------------------------------------------


def model_bytes(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Give the bytes of a model file, the same for the same header and arrays.

    Parameters
    ----------
    header : mapping
        JSON data.
    arrays : mapping from str to array
        float32 or float64.

    Raises
    ------
    ArgumentError
        If the header is too long.
    """
    from safetensors.numpy import save

    text = json.dumps(header, allow_nan=False, separators=(",", ":"))
    # The library writes the memory of an array as it lies, so rows must come first.
    rows_first = {key: np.array(one, order="C") for key, one in arrays.items()}
    data = save(rows_first, {KEY: text})
    length = int.from_bytes(data[:8], "little")
    if length > LARGEST_HEADER:
        raise ArgumentError(
            f"the fields of the layers and net.notes take {length:,} bytes of a model "
            f"file's header, which holds {LARGEST_HEADER:,}. Make large arrays the "
            "parameters of a layer."
        )
    return data


def write_whole(path: AnyPath, data: bytes) -> None:
    """Write a file so that at any moment its old or its new content is there, whole.

    The bytes go to a new file in the same folder, which is flushed to the disk and then
    takes the place of the old one. A link is followed; permissions stay. A process that
    is killed meanwhile may leave the new file behind, ``.NAME.SOMETHING.tmp``.

    Raises
    ------
    ModelFileError
        If something other than a file is there, or it is write-protected.
    OSError
        If the system refuses; the old file is as it was then.
    """
    target = os.path.realpath(path)
    mode = replaceable(path)
    folder, name = os.path.split(target)
    beside = os.path.join(folder, f".{name[:40]}.{os.urandom(4).hex()}.tmp")
    try:
        _write_new(beside, data)
        if mode is not None:
            os.chmod(beside, mode)
        os.replace(beside, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise
    with suppress(OSError):  # not every system can flush a folder
        _flush_folder(folder)


def replaceable(path: AnyPath) -> int | None:
    """Check that `write_whole` may put a file there.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    int or None
        The permissions of the file that is there; None if there is none.

    Raises
    ------
    ModelFileError
        If something other than a file is there, it is write-protected, or there is no
        such folder.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        folder = os.path.dirname(os.path.realpath(path))
        if not os.path.isdir(folder):
            raise ModelFileError(
                f"there is no folder {shown_path(folder)}. Make it first."
            ) from None
        return None
    _check_regular(found)
    if not os.access(path, os.W_OK):
        raise ModelFileError("the file is write-protected. Save under another name.")
    return stat.S_IMODE(found.st_mode)


def _write_new(path: str, data: bytes) -> None:
    """Write a file that is not there yet, down to the disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_regular(found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise ModelFileError("expected a file, this is a folder.")
    if not stat.S_ISREG(found.st_mode):
        raise ModelFileError("expected a file, this is a device or a pipe.")


# Reading -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """Where an array lies in a file: its dtype, its shape, and its first byte."""

    dtype: DType
    shape: tuple[int, ...]
    start: int


@dataclass(frozen=True)
class ModelFile:
    """A model file that is open; everything it says about its size is true.

    Parameters
    ----------
    header : dict
        glassprop's header, as it was given to `model_bytes`.
    stored : dict from str to Stored
        The arrays.
    file : binary file
        What to read them from.
    """

    header: dict[str, Any]
    stored: dict[str, Stored]
    file: BufferedReader

    def read(self, name: str, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        """Read an array whose shape and dtype are known.

        Raises
        ------
        ModelFileError
            If it is not there, or not as expected.
        """
        stored = self.stored.get(name)
        if stored is None:
            raise damaged(f"the array {name!r} is missing")
        if stored.shape != shape or stored.dtype != dtype.newbyteorder("<"):
            raise damaged(
                f"array {name!r}: expected {dtype.name} of shape {shape_text(shape)}, "
                f"got {stored.dtype.name} of shape {shape_text(stored.shape)}"
            )
        self.file.seek(stored.start)
        size = math.prod(shape) * stored.dtype.itemsize
        data = self.file.read(size)
        if len(data) != size:
            raise damaged(f"array {name!r}: the file became shorter while it was read")
        return np.frombuffer(data, stored.dtype).reshape(shape)


@contextmanager
def opened(path: AnyPath) -> Iterator[ModelFile]:
    """Open a model file and check all that it says about its size.

    Raises
    ------
    ModelFileError
        If it is not a model file.
    OSError
        If the system refuses.
    """
    _check_regular(os.stat(path))
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = _read_head(file, size)
        start = file.tell()
        yield ModelFile(_own_header(head), _stored(head, start, size), file)


def _read_head(file: BufferedReader, size: int) -> dict[str, Any]:
    """Read the JSON at the beginning of a safetensors file."""
    if size < 8:
        raise damaged(f"expected a model file, got {size} bytes")
    length = int.from_bytes(file.read(8), "little")
    if length > LARGEST_HEADER:
        raise ModelFileError(
            f"this is not a model file: its first 8 bytes would stand for a header of "
            f"{length:,} bytes. gp.load reads what net.save wrote, and no pickles, "
            "archives or other files that may hold code."
        )
    if length > size - 8:
        raise damaged(
            f"its header should have {length} bytes, only {size - 8} are there"
        )
    return _parsed(file.read(length), "the file's header")


def _own_header(head: Mapping[str, Any]) -> dict[str, Any]:
    """Take glassprop's header out of that of the file."""
    metadata = head.get("__metadata__")
    text = metadata.get(KEY) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise ModelFileError(
            "this is a safetensors file, but glassprop did not write it: its metadata "
            f"has no {KEY!r}. It holds arrays and no network; read them with "
            "safetensors.numpy.load_file and give them to a gp.Dense as weights=."
        )
    return _parsed(text, "glassprop's header")


def _parsed(text: str | bytes, where: str) -> dict[str, Any]:
    """Read a JSON object in which every key stands once and every number is finite."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise damaged(f"{where}: {shortened(twice)} stands twice")
        return found

    def finite(number: str) -> float:
        if not math.isfinite(float(number)):
            raise damaged(f"{where}: {number[:60]} is not a finite number")
        return float(number)

    try:
        written = text.decode() if isinstance(text, bytes) else text
        found = json.loads(
            written, object_pairs_hook=unique, parse_float=finite, parse_constant=finite
        )
    except ModelFileError:
        raise
    except (ValueError, RecursionError):
        raise damaged(f"{where} is not JSON") from None
    if not isinstance(found, dict):
        raise damaged(f"{where}: expected an object, got {shortened(found)}")
    return found


def _stored(head: Mapping[str, Any], start: int, size: int) -> dict[str, Stored]:
    """Find where the arrays lie; together they must fill the file."""
    entries = {key: one for key, one in head.items() if key != "__metadata__"}
    places = {key: _place(key, entry) for key, entry in entries.items()}
    stored: dict[str, Stored] = {}
    end = 0
    for key, (first, last, dtype, shape) in sorted(
        places.items(), key=lambda item: item[1][:2]
    ):
        if first != end or last - first != math.prod(shape) * dtype.itemsize:
            raise damaged(
                f"array {shortened(key)}: expected bytes {end} to "
                f"{end + math.prod(shape) * dtype.itemsize}, got {first} to {last}"
            )
        stored[key] = Stored(dtype, shape, start + first)
        end = last
    if start + end != size:
        raise damaged(f"expected {start + end} bytes, got {size}")
    return stored


def _place(key: str, entry: Any) -> tuple[int, int, DType, tuple[int, ...]]:
    """Read what the header says of an array: first byte, last byte, dtype, shape."""
    where = f"array {shortened(key)}"
    if not isinstance(entry, dict) or set(entry) != ENTRY:
        raise damaged(f"{where}: expected dtype, shape and data_offsets")
    dtype, offsets = entry["dtype"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise damaged(f"{where}: expected F32 or F64, got {shortened(dtype)}")
    if not isinstance(offsets, list) or len(offsets) != 2:
        raise damaged(f"{where}: expected two offsets, got {shortened(offsets)}")
    first, last = (read_whole(one, where) for one in offsets)
    return first, last, DTYPES[dtype], read_shape(entry["shape"], where)
