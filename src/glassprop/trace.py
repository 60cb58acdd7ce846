"""Tracing: run a NumPy function on stand-ins for arrays and write down what it does.

`Trace` collects the operations of one function, makes nodes of them, and names them in
the words of the function's author. `traced` runs a function twice and compares: what
differs is not a function of its arguments alone.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from glassprop.calls_under_way import Call, Calls
from glassprop.differences import first_difference
from glassprop.errors import GlasspropError, TraceError, listing
from glassprop.graph import DType, Node, Primitive, Shape, apply, order
from glassprop.ops import elementwise, leaves
from glassprop.ops.rules import promoted, python_dtype
from glassprop.places import caller, located, placed
from glassprop.refusals import KNOWN_DTYPES, fault_of, known_dtype, refuse
from glassprop.row_count import RowCount
from glassprop.traced import Array
from glassprop.trees import filled
from glassprop.trees import leaves as tree_leaves

PYTHON_TYPES = {"b": bool, "i": int, "u": int, "f": float}
NUMBERS = itertools.count()  # tells which of two traces began first
ARITHMETIC = frozenset(
    {
        elementwise.positive,
        elementwise.negative,
        elementwise.absolute,
        elementwise.add,
        elementwise.subtract,
        elementwise.multiply,
        elementwise.divide,
        elementwise.power,
    }
)


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
        self.places: dict[Node, str] = {}  # the author's lines that brought constants
        self.weak: set[Node] = set()  # numbers that take the dtype of what they meet
        self._created: dict[Node, int] = {}
        self._captured: dict[int, tuple[Any, Any, Node]] = {}
        self._calls: Calls | None = None  # while names are collected

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
        self,
        key: str,
        shape: Shape,
        dtype: Any,
        *,
        name: str = "",
        scope: str = "",
        weak: bool = False,
    ) -> Array:
        """Make a value that the caller of the program gives, under `key`.

        A weak one takes the dtype of what it meets, as Python's numbers do in NumPy.
        """
        attributes = {"name": key, "shape": tuple(shape), "dtype": np.dtype(dtype)}
        node = apply(leaves.input_, (), attributes, scope=scope, name=name or key)
        if weak:
            self.weak.add(node)
        return self.array(node)

    def apply(
        self,
        primitive: Primitive,
        arguments: Sequence[Any],
        attributes: Mapping[str, Any],
    ) -> Array:
        """Make the node of a primitive; numbers and plain arrays become constants."""
        dtypes = self._number_dtypes(primitive, arguments)
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
        if primitive in ARITHMETIC and all(self._is_weak(one) for one in arguments):
            self.weak.add(node)
        return self.array(node)

    def array(self, node: Node) -> Array:
        """Wrap a node in its stand-in."""
        if node not in self._created:
            self.catch_up()
            self._created[node] = len(self._created)
        return Array(node, self)

    # Numbers without a dtype of their own --------------------------------------------

    def _is_weak(self, value: Any) -> bool:
        """Tell whether a value is Python's number, or calculated from such alone."""
        if isinstance(value, Array):
            return value.node in self.weak
        return leaves.is_python_number(value)

    def _number_dtypes(
        self, primitive: Primitive, arguments: Sequence[Any]
    ) -> list[DType | None]:
        """Find what dtype Python's numbers take among the other arguments."""
        if not any(
            isinstance(one, RowCount)
            or (self._is_weak(one) and not _stays(primitive, one))
            for one in arguments
        ):
            return [None] * len(arguments)
        # Among themselves traced numbers have the dtypes that they were given.
        alone = all(
            isinstance(one, RowCount) or self._is_weak(one) for one in arguments
        )
        asked = [self._asked(one, alone) for one in arguments]
        if isinstance(primitive.numpy, np.ufunc):
            try:
                resolved = primitive.numpy.resolve_dtypes((*asked, None))
            except TypeError as error:
                raise TraceError(f"np.{primitive.name}: {error}") from None
            return [np.dtype(one) for one in resolved[: len(asked)]]
        chosen = slice(1, None) if primitive is elementwise.where else slice(None)
        return [promoted(asked[chosen])] * len(asked)

    def _asked(self, value: Any, alone: bool) -> Any:
        """Give what NumPy asks for in the place of a value's dtype."""
        if isinstance(value, RowCount):
            return float
        if isinstance(value, Array):
            weak = value.node in self.weak and not alone
            return PYTHON_TYPES[value.dtype.kind] if weak else value.dtype
        if leaves.is_python_number(value):
            return python_dtype(type(value))
        return np.asarray(value).dtype

    # What a function brings along ----------------------------------------------------

    def lift(self, value: Any, dtype: DType | None = None) -> Array:
        """Turn a number, a number of rows or a plain array into a traced constant."""
        if isinstance(value, Array):
            if value.tracer is not self:
                raise self._stranger(value.tracer)
            fits = dtype is None or np.result_type(value.dtype, dtype) == dtype
            if fits or value.node not in self.weak:
                return value
            return self.apply(elementwise.astype, [value], {"dtype": dtype})
        if isinstance(value, RowCount):
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
        fault = fault_of(value, array.dtype)
        if fault is not None:
            raise refuse(*fault)
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
        place = {"scope": self.scope, "section": self.section}
        node = apply(primitive, (), attributes, **place)
        self.places[node] = caller()
        return self.array(node)

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
        self._calls = Calls(sys._getframe(2))  # that of the "with"
        try:
            yield
            self._name_ended(self._calls.all())
        finally:
            self._calls = None

    def catch_up(self) -> None:
        """Name what was made in calls that have ended, before somebody reads names."""
        if self._calls is not None:
            self._name_ended(self._calls.moved(len(self._created)))

    def _name_ended(self, calls: Iterable[Call]) -> None:
        for call in calls:
            self._name_locals(call.frame.f_locals, call.first)

    def _name_locals(self, variables: Mapping[str, Any], first: int) -> None:
        for name, value in variables.items():
            if not isinstance(value, Array) or name.startswith("_"):
                continue
            node = value.node
            if node.name or node in self.names or not node.inputs:
                continue
            if value.tracer is self and self._created[node] >= first:
                self.names[node] = name

    def named(self, outputs: Sequence[Node]) -> list[Node]:
        """Give the same graph with the collected names written into its nodes."""
        new: dict[Node, Node] = {}
        for node in order(outputs):
            inputs = tuple(new[one] for one in node.inputs)
            name = node.name or self.names.get(node, "")
            scope = self.scopes.get(node, node.scope)
            new[node] = replace(node, inputs=inputs, name=name, scope=scope)
            if node in self.places:
                self.places[new[node]] = self.places[node]
        return [new[node] for node in outputs]


def native(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Give an array in the byte order of this machine, with the same values."""
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _stays(primitive: Primitive, value: Any) -> bool:
    """Tell whether a traced number keeps its dtype: as an index, in a conversion."""
    takes_any = primitive.elementwise and primitive is not elementwise.astype
    return isinstance(value, Array) and not takes_any


def _plain(value: Any) -> Any:
    """Take the stand-ins for sizes out of an attribute, at any depth of tuples."""
    if isinstance(value, RowCount):
        return value.size
    if isinstance(value, tuple | list):
        return tuple(_plain(item) for item in value)
    return int(value) if isinstance(value, np.integer) else value


# Whole functions ---------------------------------------------------------------------


def traced(
    function: Callable[[Trace], Any],
    dtype: DType | type = np.float64,
    *,
    was_seen: Callable[[Any], bool] = lambda _found: False,
) -> Any:
    """Trace a function twice and compare the two graphs.

    Parameters
    ----------
    function : callable
        Takes a fresh `Trace`, makes its inputs there, and gives a tree of arrays.
    dtype : numpy dtype
        The program's dtype.
    was_seen : callable
        Told what the first run gives; True if an earlier run gave the same, which is
        then one of the two.

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
    first, places = _once(function, dtype)
    if was_seen(first):
        return first
    second, _ = _once(function, dtype, named=False)
    different = first_difference(first, second)
    with located():
        if different is not None:
            what, node = different
            error = refuse(
                "a function that gives another program each time it runs",
                f"{what} (a call of np.random, a clock, a counter?)",
                "Give what varies as an argument; in a layer, draw with "
                "run.random(shape).",
            )
            place = places.get(node) if node is not None else None
            raise placed(error, place) if place else error
    return first


def traced_once(function: Callable[[Trace], Any], dtype: DType | type) -> Any:
    """Trace a function a single time, without names: neither is free.

    Parameters
    ----------
    function : callable
        As `traced` takes it, and known to give the same program each time.
    dtype : numpy dtype
        The program's dtype.

    Returns
    -------
    tree of Node
        What the function gave.
    """
    return _once(function, dtype, named=False)[0]


def _once(
    function: Callable[[Trace], Any], dtype: DType | type, *, named: bool = True
) -> tuple[Any, Mapping[Node, str]]:
    """Trace a function; give its results, and which lines brought its constants."""
    trace = Trace(dtype)
    with trace.watched(), trace.naming() if named else nullcontext():
        result = function(trace)
        nodes = [trace.lift(leaf).node for _, leaf in tree_leaves(result)]
    return filled(result, iter(trace.named(nodes))), trace.places


def _same_bits(one: Any, two: Any) -> bool:
    """Tell whether two arrays hold the same, -0.0 and NaN told apart."""
    alike = one.shape == two.shape and one.dtype == two.dtype
    return bool(alike and one.tobytes() == two.tobytes())
