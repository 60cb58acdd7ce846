"""Modules that Numba compiles, kept on disk: only the first process waits for that.

`load` takes a module's source and gives the module, its main function compiled. What
was compiled is kept under a name made of the source and of all else that machine code
depends on. It is a result of Numba's, as Numba itself writes it; but one file that is
checked whole before it is used, where Numba has two and trusts them, and loaded without
the registries that only compiling needs: those take most of the time.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import linecache
import os
import pickle
import platform
import re
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

from glassprop.backends.kept_files import cache_folder, keep, read
from glassprop.errors import GlasspropWarning
from glassprop.interrupts import interrupted_between

FORMAT = "1"  # of what is kept
IMPORT = re.compile(r"^from (glassprop[\w.]*) import ", re.MULTILINE)
_loaded: dict[str, ModuleType] = {}  # of this process; Numba never unloads code
_one_at_a_time = Lock()


def load(
    source: str,
    versions: tuple[str, ...],
    waiting: AbstractContextManager[Any] | None = None,
) -> ModuleType:
    """Give a module, compiled before or now.

    Parameters
    ----------
    source : str
        Of a module with ``SIGNATURES``, a type for each function that Numba compiles.
        The last one is the main function: it is called from outside, calls the others,
        and is kept with them.
    versions : tuple of str
        What else the compiled code depends on: the packages and their versions. (The
        files of glassprop that the source imports are looked at here.)
    waiting : context manager, optional
        Entered while the compiler runs, and not where code was compiled before.

    Returns
    -------
    module
        The same one for the same arguments in one process.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C was pressed, behind the function that the compiler was at.
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
) -> ModuleType:
    """Execute a module; load what was compiled, or compile it and keep that."""
    module = ModuleType(name)
    filename = f"<glassprop {name[:21]}>"
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    sys.modules[name] = module  # Numba looks there for what its functions refer to
    try:
        exec(compile(source, filename, "exec"), module.__dict__)
        main = getattr(module, list(module.SIGNATURES)[-1])
        if not _restored(main, name):
            with waiting:
                _compile(module, point)
            _keep(main, name)
        main.disable_compile()
    finally:
        del sys.modules[name]
    return module


def _compile(module: ModuleType, point: Callable[[], None]) -> None:
    """Compile the functions in their order, and be interrupted before one.

    Each has its type before another calls it: Numba would else make a version for each
    number in a call.
    """
    for name, signature in module.SIGNATURES.items():
        point()
        getattr(module, name).compile(signature)
        getattr(module, name).disable_compile()


def _restored(main: Any, name: str) -> bool:
    """Give a function what was compiled for it before, if that is there."""
    try:
        data = read(cache_folder(), name)
    except OSError:  # no folder: that is said when there is something to keep
        return False
    if data is None:
        return False
    compiler = importlib.import_module("numba.core.compiler")
    runtime = importlib.import_module("numba.core.runtime")
    locking = importlib.import_module("numba.core.compiler_lock")
    try:
        with locking.global_compiler_lock:
            runtime.rtsys.initialize(main.targetctx)
            parts = pickle.loads(data)
            main.add_overload(compiler.CompileResult._rebuild(main.targetctx, *parts))
    except Exception as error:  # it is what was written, so Numba itself is another
        _warn_once(
            f"compiled code that was kept cannot be used ({_why(error)}): it is "
            "compiled again.",
        )
        return False
    return True


def _keep(main: Any, name: str) -> None:
    """Keep what was compiled, or say once why that cannot be."""
    folder: Path | str = "the user's cache folder"
    try:
        folder = cache_folder()
        keep(folder, name, _dumped(main))
    except Exception as error:  # the code runs all the same
        advice = " Make the folder writable to wait only once."
        _warn_once(
            f"compiled code cannot be kept in {folder} ({_why(error)}): this process "
            "compiles for itself, and the next one again."
            f"{advice if isinstance(error, OSError) else ''}"
        )


def _dumped(main: Any) -> bytes:
    (result,) = main.overloads.values()
    if result.library.has_dynamic_globals:
        raise ValueError("it holds addresses of this process")
    serialize = importlib.import_module("numba.core.serialize")
    data: bytes = serialize.dumps(result._reduce())
    return data


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{type(error).__name__}: {error}"


@cache
def _warn_once(message: str) -> None:
    warnings.warn(message, GlasspropWarning, stacklevel=2)
