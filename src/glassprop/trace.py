"""Tracing: run a NumPy function on stand-ins for arrays and write down what it does.

`Trace` collects the operations of one function, makes nodes of them, and names them in
the words of the function's author. `traced` runs a function twice and compares: what
differs is not a function of its arguments alone.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np

from glassprop.errors import GlasspropError, TraceError, listing
from glassprop.graph import DType, Node, Primitive, Shape, apply, order
from glassprop.ops import elementwise, leaves
from glassprop.ops.rules import python_dtype
from glassprop.refusals import KNOWN_DTYPES, known_dtype, located, refuse
from glassprop.traced import Array, Rows
from glassprop.trees import leaves as tree_leaves
from glassprop.trees import map_leaves

PYTHON_TYPES = {"b": bool, "i": int, "u": int, "f": float}
NUMBERS = itertools.count()  # tells which of two traces began first
READABLE = frozenset({"layers", "losses", "optimizers"})


class Trace:
    """The operations of one function, while it is being traced.

    Parameters
    ----------
    dtype : numpy dtype
        What a number of rows becomes when a function calculates with it.
    """

    def __init__(self, dtype: DType | type = np.float64) -> None:
        self.dtype: DType = np.dtype(dtype)
        self.scope = ""
        self.section = "forward"
        self.streams = 0
        self.number = next(NUMBERS)
        self.running = False
        self.refusal: TraceError | None = None  # the last, which NumPy may swallow
        self.names: dict[Node, str] = {}
        self.scopes: dict[Node, str] = {}  # where a name was given in another's scope
        self._created: dict[Node, int] = {}
        self._captured: dict[int, tuple[Any, Any, Node]] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Run the author's function inside: errors get the place they come from."""
        self.running = True
        try:
            with located(self):
                yield
        finally:
            self.running = False

    @contextmanager
    def within(
        self, *, scope: str | None = None, section: str | None = None
    ) -> Iterator[None]:
        """Put the nodes made inside into a scope, a section, or both."""
        before = self.scope, self.section
        self.scope = before[0] if scope is None else scope
        self.section = before[1] if section is None else section
        try:
            yield
        finally:
            self.scope, self.section = before

    def input(
        self, key: str, shape: Shape, dtype: Any, *, name: str = "", scope: str = ""
    ) -> Array:
        """Make a value that the caller of the program gives, under `key`."""
        attributes = {"name": key, "shape": tuple(shape), "dtype": np.dtype(dtype)}
        node = apply(leaves.input_, (), attributes, scope=scope, name=name or key)
        return self.array(node)

    def apply(
        self,
        primitive: Primitive,
        arguments: Sequence[Any],
        attributes: Mapping[str, Any],
    ) -> Array:
        """Make the node of a primitive; numbers and plain arrays become constants."""
        dtypes = _number_dtypes(primitive, arguments)
        nodes = [
            self.lift(argument, dtype).node
            for argument, dtype in zip(arguments, dtypes, strict=True)
        ]
        plain = {key: _plain(value) for key, value in attributes.items()}
        place = {"scope": self.scope, "section": self.section}
        try:
            node = apply(primitive, nodes, plain, **place)
        except GlasspropError:
            raise
        except TypeError as error:  # NumPy has no such operation for these dtypes
            raise TraceError(f"np.{primitive.name}: {error}") from None
        if not known_dtype(node.dtype):
            raise refuse(
                f"np.{primitive.name} of {listing(one.dtype for one in nodes)}",
                f"it gives {node.dtype}, and {KNOWN_DTYPES}",
                "Convert first: x.astype(np.float32).",
            )
        return self.array(node)

    def array(self, node: Node) -> Array:
        """Wrap a node in its stand-in."""
        self._created.setdefault(node, len(self._created))
        return Array(node, self)

    # What a function brings along ----------------------------------------------------

    def lift(self, value: Any, dtype: DType | None = None) -> Array:
        """Turn a number, a number of rows or a plain array into a traced constant."""
        if isinstance(value, Array):
            if value.trace is not self:
                raise self._stranger(value.trace)
            return value
        if isinstance(value, Rows):
            return self._leaf(leaves.size, size=value.size, dtype=dtype or self.dtype)
        if leaves.is_python_number(value):
            kept = np.result_type(value) if dtype is None else np.dtype(dtype)
            number = PYTHON_TYPES[kept.kind](value)
            return self._leaf(leaves.constant, value=number, dtype=kept)
        return self._capture(value)

    def _stranger(self, other: Trace) -> TraceError:
        """Make the error for an array of another trace.

        If that trace still runs, one of the two stands around the other; `around` says
        which, so that a derivative inside a traced function can join it.
        """
        error = refuse(
            "an array that was kept from an earlier trace",
            "a traced array stands for a value only while its function runs",
            "Return what you need from the function instead of storing it.",
        )
        if self.running and other.running:
            error.__dict__["around"] = min(self, other, key=lambda one: one.number)
        return error

    def _capture(self, value: Any) -> Array:
        array = native(np.array(value))
        if not known_dtype(array.dtype) or isinstance(value, np.ma.MaskedArray):
            raise _refused_value(value, array.dtype)
        if id(value) in self._captured:
            _, before, node = self._captured[id(value)]
            if _same_bits(before, array):  # else it was written into since
                return self.array(node)
        array.flags.writeable = False
        kept = array if array.ndim else array[()]
        leaf = self._leaf(leaves.constant, value=kept, dtype=array.dtype)
        self._captured[id(value)] = (value, array, leaf.node)
        return leaf

    def _leaf(self, primitive: Primitive, **attributes: Any) -> Array:
        return self.array(
            apply(primitive, (), attributes, scope=self.scope, section=self.section)
        )

    def next_stream(self) -> int:
        """Give the next random row a number of its own."""
        self.streams += 1
        return self.streams

    # Names ---------------------------------------------------------------------------

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Name nodes after the local variables that hold them when a function returns.

        So the printed program speaks in the words of the function's author. A call's
        variables name only what was made during that call, and glassprop's own
        machinery gives no names.
        """
        started: list[int] = []

        def watch(frame: FrameType, event: str, _argument: Any) -> None:
            if event == "call":
                started.append(len(self._created))
            elif event == "return" and started:
                first = started.pop()
                if _is_readable(frame):
                    self._name_locals(frame.f_locals, first)

        before = sys.getprofile()
        sys.setprofile(watch)
        try:
            yield
        finally:
            _resume(before)

    def _name_locals(self, variables: Mapping[str, Any], first: int) -> None:
        for name, value in variables.items():
            if not isinstance(value, Array) or name.startswith("_"):
                continue
            node = value.node
            if node.name or node in self.names or not node.inputs:
                continue
            if value.trace is self and self._created[node] >= first:
                self.names[node] = name

    def named(self, outputs: Sequence[Node]) -> list[Node]:
        """Give the same graph with the collected names written into its nodes."""
        new: dict[Node, Node] = {}
        for node in order(outputs):
            inputs = tuple(new[one] for one in node.inputs)
            name = node.name or self.names.get(node, "")
            scope = self.scopes.get(node, node.scope)
            new[node] = replace(node, inputs=inputs, name=name, scope=scope)
        return [new[node] for node in outputs]


def _resume(profiler: Any) -> None:
    """Give the word back to a profiler that was at work before."""
    if profiler is None or callable(profiler):
        sys.setprofile(profiler)
    else:  # cProfile, before Python 3.12
        sys.setprofile(None)
        profiler.enable()


def _is_readable(frame: FrameType) -> bool:
    """Tell whether a frame's variables make good names: all but the machinery's."""
    package, _, rest = str(frame.f_globals.get("__name__", "")).partition(".")
    return package != "glassprop" or rest.partition(".")[0] in READABLE


def native(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Give an array in the byte order of this machine, with the same values."""
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _refused_value(value: Any, dtype: DType) -> TraceError:
    """Make the error for a value that cannot be calculated with."""
    if isinstance(value, np.ma.MaskedArray):
        return refuse(
            "a masked array",
            "a program has no masks",
            "Fill it, array.filled(0), and multiply by where it is valid.",
        )
    what, repair = (
        f"a value of type {type(value).__name__}",
        "Give numbers, or an array.",
    )
    if value is None:
        repair = "Does a function end without return?"
    elif isinstance(value, np.ndarray | np.generic):
        what = f"an array of dtype {dtype}"
        if dtype.kind in "fc":
            repair = "Convert it first: array.astype(np.float64)."
    return refuse(what, KNOWN_DTYPES, repair)


def _number_dtypes(
    primitive: Primitive, arguments: Sequence[Any]
) -> list[DType | None]:
    """Find what dtype Python's numbers take among the other arguments."""
    if not any(
        leaves.is_python_number(one) or isinstance(one, Rows) for one in arguments
    ):
        return [None] * len(arguments)
    asked: list[Any] = [
        python_dtype(type(one))
        if leaves.is_python_number(one)
        else float
        if isinstance(one, Rows)
        else np.asarray(one).dtype
        if not isinstance(one, Array)
        else one.dtype
        for one in arguments
    ]
    if isinstance(primitive.numpy, np.ufunc):
        try:
            resolved = primitive.numpy.resolve_dtypes((*asked, None))
        except TypeError as error:
            raise TraceError(f"np.{primitive.name}: {error}") from None
        return [np.dtype(one) for one in resolved[: len(asked)]]
    chosen = slice(1, None) if primitive is elementwise.where else slice(None)
    examples = [one(0) if isinstance(one, type) else one for one in asked[chosen]]
    return [np.result_type(*examples)] * len(asked)


def _plain(value: Any) -> Any:
    """Take the stand-ins for sizes out of an attribute, at any depth of tuples."""
    if isinstance(value, Rows):
        return value.size
    if isinstance(value, tuple | list):
        return tuple(_plain(item) for item in value)
    return int(value) if isinstance(value, np.integer) else value


# Whole functions ---------------------------------------------------------------------


def traced(function: Callable[[Trace], Any], dtype: DType | type = np.float64) -> Any:
    """Trace a function twice and compare the two graphs.

    Parameters
    ----------
    function : callable
        Takes a fresh `Trace`, makes its inputs there, and gives a tree of arrays.
    dtype : numpy dtype
        The program's dtype.

    Returns
    -------
    tree of Node
        What the function gave, with the names of its variables.

    Raises
    ------
    TraceError
        If the two runs differ: the function drew random numbers, read a clock or
        changed something.
    """
    first, second = _once(function, dtype), _once(function, dtype, named=False)
    different = _first_difference(first, second)
    with located():
        if different is not None:
            raise refuse(
                "a function that gives another program each time it runs",
                f"{different} (a call of np.random, a clock, a counter?)",
                "Give what varies as an argument; in a layer, draw with "
                "run.random(shape).",
            )
    return first


def _once(
    function: Callable[[Trace], Any], dtype: DType | type, *, named: bool = True
) -> Any:
    trace = Trace(dtype)
    with trace.watched(), trace.naming() if named else nullcontext():
        result = function(trace)
        nodes = [trace.lift(leaf).node for _, leaf in tree_leaves(result)]
    finished = iter(trace.named(nodes))
    return map_leaves(lambda _leaf: next(finished), result)


def _first_difference(first: Any, second: Any) -> str | None:
    roots = [[leaf for _, leaf in tree_leaves(result)] for result in (first, second)]
    orders = [order(nodes) for nodes in roots]
    if len(orders[0]) != len(orders[1]):
        return f"one run had {len(orders[0])} operations, the next {len(orders[1])}"
    place = {node: at for at, node in enumerate(orders[0])}
    other = {node: at for at, node in enumerate(orders[1])}
    for one, two in zip(*orders, strict=True):
        if one.primitive is not two.primitive or [place[i] for i in one.inputs] != [
            other[i] for i in two.inputs
        ]:
            return (
                f"np.{one.primitive.name} in one run is np.{two.primitive.name} in the "
                "next"
            )
        for key, value in one.attributes.items():
            if not _equal(value, two.attributes.get(key)):
                now = _brief(two.attributes.get(key))
                return f"a constant {_brief(value)} in one run is {now} in the next"
    if [place[root] for root in roots[0]] != [other[root] for root in roots[1]]:
        return "the results come in another order"
    return None


def _equal(one: Any, two: Any) -> bool:
    """Compare the values of an attribute; NaN equals NaN."""
    if isinstance(one, np.ndarray) or isinstance(two, np.ndarray):
        return bool(np.array_equal(one, two, equal_nan=True))
    both_nan = bool(one != one) and bool(two != two)  # noqa: PLR0124  # NaN is not NaN
    return both_nan or bool(one == two)


def _same_bits(one: Any, two: Any) -> bool:
    """Tell whether two arrays hold the same, -0.0 and NaN told apart."""
    alike = one.shape == two.shape and one.dtype == two.dtype
    return bool(alike and one.tobytes() == two.tobytes())


def _brief(value: Any) -> str:
    """Write a value for a message: all of a number, the beginning of an array."""
    if not isinstance(value, np.ndarray):
        return str(value)
    return np.array2string(value, threshold=4, edgeitems=2).replace("\n", "")
