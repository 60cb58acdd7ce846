"""Modules that Numba compiles, kept on disk: only the first process waits for that.

`load` takes a module's source and gives its main function, compiled. What was compiled
is kept under a name made of the source and of all else that machine code depends on: an
object file, in an entry that is checked whole before it is used. A process that finds
one links it, and imports no Numba.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import linecache
import os
import platform
import re
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from textwrap import shorten
from threading import Lock
from types import ModuleType
from typing import Any

from glassprop.backends.installed import import_all
from glassprop.backends.kept_files import cache_folder, keep, read
from glassprop.backends.machine_code import Function, kinds_of
from glassprop.errors import GlasspropWarning, MissingExtraError
from glassprop.interrupts import interrupted_between

FORMAT = "2"  # of what is kept
IMPORT = re.compile(r"^from (glassprop[\w.]*) import ", re.MULTILINE)
_loaded: dict[str, Function] = {}  # of this process, which keeps what it has
_one_at_a_time = Lock()


def load(
    source: str,
    versions: tuple[str, ...],
    waiting: AbstractContextManager[Any] | None = None,
) -> Function:
    """Give the main function of a module, compiled before or now.

    Parameters
    ----------
    source : str
        Of a module that ends with ``SIGNATURES``, a type for each function that Numba
        compiles. The last one is the main function: it is called from outside, and
        calls the others.
    versions : tuple of str
        What else the compiled code depends on: the packages and their versions. (The
        files of glassprop that the source imports are looked at here.)
    waiting : context manager, optional
        Entered while the compiler runs, and not where code was compiled before.

    Returns
    -------
    Function
        The same one for the same arguments in one process.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C was pressed, behind the function that the compiler was at.
    MissingExtraError
        If what is needed cannot be imported: Numba where it compiles, SciPy where the
        code calls BLAS.
    """
    key = "\n".join([FORMAT, source, *_imported(source), *versions, *_machine()])
    name = f"step_{hashlib.sha256(key.encode()).hexdigest()}"
    with _one_at_a_time:
        if name not in _loaded:
            with interrupted_between() as point:
                _loaded[name] = _made(name, source, waiting or nullcontext(), point)
        return _loaded[name]


def _imported(source: str) -> list[str]:
    """Give the sources of glassprop's files that a source imports, and these import."""
    found: dict[str, str] = {}
    texts = [source]
    while texts:
        for name in IMPORT.findall(texts.pop()):
            if name not in found:
                spec = importlib.util.find_spec(name)
                assert spec is not None and spec.origin is not None
                found[name] = Path(spec.origin).read_text(encoding="utf-8")
                texts.append(found[name])
    return list(found.values())


def _machine() -> list[str]:
    """Name what compiled code depends on besides versions of packages."""
    binding = importlib.import_module("llvmlite.binding")
    try:
        features = binding.get_host_cpu_features().flatten()
    except RuntimeError:  # of a processor that LLVM does not describe
        features = ""
    options = [f"{key}={value}" for key, value in os.environ.items()]
    return [
        sys.version,
        platform.machine(),
        binding.get_process_triple(),
        binding.get_host_cpu_name(),
        features,
        *sorted(one for one in options if one.startswith("NUMBA_")),
    ]


def _made(
    name: str,
    source: str,
    waiting: AbstractContextManager[Any],
    point: Callable[[], None],
) -> Function:
    """Link what was compiled, or compile it and keep that."""
    made = _restored(name, source)
    if made is None:
        with waiting:
            code = _compiled(name, source, point)
        made = _function(code, name, source)
        _keep(name, code)
    return made


def _function(code: bytes, name: str, source: str) -> Function:
    signatures = ast.literal_eval(source.rpartition("SIGNATURES = ")[2])
    kinds = kinds_of([*signatures.values()][-1])
    return Function(code, name, kinds, calls_blas="gemm(" in source)


def _compiled(name: str, source: str, point: Callable[[], None]) -> bytes:
    """Compile the functions of a module in their order, and be interrupted before one.

    Each has its type before another calls it: Numba would else make a version for each
    number in a call.
    """
    import_all()
    module = ModuleType(name)
    filename = f"<glassprop {name[:21]}>"
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    sys.modules[name] = module  # Numba looks there for what its functions refer to
    try:
        exec(compile(source, filename, "exec"), module.__dict__)
        for one, signature in module.SIGNATURES.items():
            point()
            function = getattr(module, one)
            function.compile(signature)
            function.disable_compile()
        pipelines = importlib.import_module("glassprop.backends.pipelines")
        code: bytes = pipelines.object_file(function)
    finally:
        del sys.modules[name]
    return code


def _restored(name: str, source: str) -> Function | None:
    """Link what was compiled before, if that is there."""
    try:
        code = read(cache_folder(), name)
    except OSError:  # no folder: that is said when there is something to keep
        return None
    if code is None:
        return None
    try:
        return _function(code, name, source)
    except MissingExtraError:
        raise
    except Exception as error:  # it is what was written, so something else is another
        _warn_once(
            f"compiled code that was kept cannot be used ({_why(error)}): it is "
            "compiled again.",
        )
        return None


def _keep(name: str, code: bytes) -> None:
    """Keep what was compiled, or say once why that cannot be."""
    folder: Path | str = "the user's cache folder"
    try:
        folder = cache_folder()
        keep(folder, name, code)
    except Exception as error:  # the code runs all the same
        advice = " Make the folder writable to wait only once."
        _warn_once(
            f"compiled code cannot be kept in {folder} ({_why(error)}): this process "
            "compiles for itself, and the next one again."
            f"{advice if isinstance(error, OSError) else ''}"
        )


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{type(error).__name__}: {shorten(str(error), 100, placeholder=' ...')}"


@cache
def _warn_once(message: str) -> None:
    warnings.warn(message, GlasspropWarning, stacklevel=2)
