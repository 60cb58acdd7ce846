"""Compiled modules on disk, so that only the first process waits for the compiler.

A module is a file named after its source and the versions that compile it. Numba keeps
what it compiled beside it; a file of sums says what that was, written last. Whatever is
missing or has changed is made anew, so that a process that was killed, or a disk that
lost something, cost a compilation and no more.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import platform
import sys
import tempfile
import warnings
from functools import cache
from pathlib import Path
from types import ModuleType

from glassprop.errors import GlasspropWarning

MOST = 100  # modules that are kept; the one used longest ago goes first


def cache_folder() -> Path:
    """Give the user's folder for compiled modules; it may not be there yet."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "glassprop"


@cache
def _spare_folder() -> tempfile.TemporaryDirectory[str]:
    """Make the folder of this process, for when the user's cannot be written."""
    return tempfile.TemporaryDirectory(prefix="glassprop-")


def load(source: str, versions: tuple[str, ...]) -> ModuleType:
    """Import a module, compiled before or now.

    Parameters
    ----------
    source : str
        Of a module whose functions Numba compiles as it is imported.
    versions : tuple of str
        What else the compiled code depends on.

    Returns
    -------
    module
        Imported.
    """
    key = "\n".join([source, *versions, *_machine()])
    name = f"step_{hashlib.sha256(key.encode()).hexdigest()}"
    folder = cache_folder()
    try:
        return _loaded(folder, name, source)
    except OSError as error:
        _warn_once(str(folder), error.strerror or str(error))
        return _loaded(Path(_spare_folder().name), name, source)


@cache
def _warn_once(folder: str, why: str) -> None:
    warnings.warn(
        f"compiled code cannot be kept in {folder} ({why}): this process compiles for "
        "itself, and the next one again. Make the folder writable to wait only once.",
        GlasspropWarning,
        stacklevel=2,
    )


def _machine() -> tuple[str, ...]:
    """Name what compiled code depends on besides versions of packages."""
    binding = importlib.import_module("llvmlite.binding")
    return sys.version, platform.machine(), binding.get_host_cpu_name()


def _loaded(folder: Path, name: str, source: str) -> ModuleType:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    sums = folder / f"{name}.sums"
    text = source.encode()
    known = _read(path) == text and _read(sums) == _sums(path)
    if known:
        os.utime(sums)
    else:
        forget(path)
        _written(path, text)
    module = _imported(path, name, known)
    if not known:
        _written(sums, _sums(path))
        _shrunk(folder)
    return module


def _imported(path: Path, name: str, known: bool) -> ModuleType:
    """Import a module and compile it; what is cached is not compiled again.

    The last function is the one that is called, and cached with all that it calls. The
    others are compiled before it, for the types that they have: Numba would else make a
    version for each number in a call.
    """
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # Numba looks there for what its functions refer to
    try:
        spec.loader.exec_module(module)
        *kernels, main = module.SIGNATURES.items()
        for function, signature in [*([] if known else kernels), main]:
            getattr(module, function).compile(signature)
            getattr(module, function).disable_compile()
    finally:
        del sys.modules[name]
    return module


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _sums(path: Path) -> bytes:
    """Give the sums of what Numba keeps beside a module."""
    found = [
        f"{hashlib.sha256(one.read_bytes()).hexdigest()} {one.name}"
        for one in _kept(path)
    ]
    return "\n".join(sorted(found)).encode()


def _kept(path: Path) -> list[Path]:
    return [
        one
        for one in (path.parent / "__pycache__").glob(f"{path.stem}.*.nb?")
        if one.suffix in (".nbi", ".nbc")
    ]


def _written(path: Path, text: bytes) -> None:
    """Write a file whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def forget(path: Path) -> None:
    """Remove a module and all that was kept of it.

    Parameters
    ----------
    path : Path
        Of the module's source.
    """
    compiled = (path.parent / "__pycache__").glob(f"{path.stem}.*")
    for one in (path.with_suffix(".sums"), path, *compiled):
        one.unlink(missing_ok=True)


def _shrunk(folder: Path) -> None:
    """Remove the modules that were used longest ago, beyond those that are kept."""
    ages = []
    for one in folder.glob("step_*.sums"):
        try:
            ages.append((one.stat().st_mtime, one))
        except FileNotFoundError:  # another process was faster
            continue
    for _, one in sorted(ages)[:-MOST]:
        forget(one.with_suffix(".py"))
