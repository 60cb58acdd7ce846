"""From a NumPy function to a callable that runs: trace, simplify, print, execute.

`build` makes a program of a traced function; `Compiled` is a program that runs as its
own printed NumPy source.
"""

from __future__ import annotations

import linecache
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from glassprop.backends.to_numpy import large_arrays, to_numpy
from glassprop.fingerprints import fingerprint
from glassprop.graph import DType, Node
from glassprop.program import Program
from glassprop.recent import Recent
from glassprop.simplify import simplify
from glassprop.trace import Trace, traced, traced_once
from glassprop.verify import verify

RECENT: Recent[Program] = Recent(32)  # programs, by what was traced


def build(
    name: str,
    function: Callable[[Trace], tuple[Mapping[str, Any], ...]],
    *,
    dtype: DType | type = np.float64,
    doc: str = "",
) -> Program:
    """Trace a function and simplify its graph; check the graph after each pass.

    A graph that was made a program before is that program: networks alike, such as
    those of a cross-validation, share what is derived of it.

    Parameters
    ----------
    name : str
        The name of the program's function.
    function : callable
        Takes a `Trace`, gives the inputs it made there and the outputs, by name; and
        the values on the way that are to have a name, if there are any.
    dtype : numpy dtype
        What the number of rows becomes in a calculation.
    doc : str
        One line for the printed module.
    """
    key: Any = None

    def was_seen(found: Sequence[Mapping[str, Node]]) -> bool:
        nonlocal key
        key = fingerprint((name, doc), *found)
        return RECENT.get(key) is not None

    inputs, *ends = traced(function, dtype, was_seen=was_seen)
    known = RECENT.get(key)
    if known is not None:
        return known
    verify([node for end in ends for node in end.values()])
    program = _simplified(name, doc, inputs, *ends)
    verify([*program.outputs.values(), *program.inner.values()])
    if key is not None:
        RECENT.keep(key, program)
    return program


def build_once(
    name: str,
    function: Callable[[Trace], tuple[Mapping[str, Any], ...]],
    *,
    dtype: DType | type,
) -> Program:
    """Make a program of a function that is traced a single time.

    It is not checked, nor are its values named: for a look at functions of which a
    program was made before.

    Parameters
    ----------
    name, function, dtype
        As for `build`.
    """
    return _simplified(name, "", *traced_once(function, dtype))


def _simplified(
    name: str,
    doc: str,
    inputs: Mapping[str, Node],
    outputs: Mapping[str, Node],
    inner: Mapping[str, Node] | None = None,
) -> Program:
    inner = inner or {}
    found = iter(simplify([*outputs.values(), *inner.values()]))
    outputs = {key: next(found) for key in outputs}
    inner = {key: next(found) for key in inner}
    return Program(name, inputs, outputs, doc, inner)


class Compiled:
    """A program that runs as its printed NumPy source.

    Parameters
    ----------
    program : Program
        What it computes.

    Attributes
    ----------
    source : str
        The NumPy module that runs: complete, and readable.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.source: str
        self._function: Callable[..., Any]
        self.source, self._function = program.derived("numpy", self._derived)
        self._captured = tuple(large_arrays(program).values())

    def _derived(self) -> tuple[str, Callable[..., Any]]:
        source = to_numpy(self.program)
        return source, _executed(self.program.name, source)

    def __call__(self, *values: Any) -> Any:
        """Run on values in the order of the program's inputs.

        Inputs that an output replaces are written in place.
        """
        return self._function(*values, *self._captured)

    def named(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Run on values by name, and give the program's results by name.

        Parameters
        ----------
        given : mapping from str to array
            A value for each input; further ones are left aside. Inputs that an output
            replaces are written in place.

        Returns
        -------
        dict from str to array
            The outputs that do not replace an input.
        """
        results = self(*(given[key] for key in self.program.inputs))
        names = list(self.program.results)
        parts = results if len(names) > 1 else (results,)
        return dict(zip(names, parts, strict=True))


def _executed(name: str, source: str) -> Callable[..., Any]:
    """Execute a module's source so that tracebacks show its lines."""
    text = source.encode("utf-8", "backslashreplace")
    digest = f"{zlib.crc32(text):08x}{len(text):x}"
    filename = f"<glassprop {name} {digest}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    namespace: dict[str, Any] = {"__name__": f"glassprop_generated_{name}"}
    exec(compile(source, filename, "exec"), namespace)
    function: Callable[..., Any] = namespace[name]
    return function
