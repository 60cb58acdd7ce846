"""The stand-ins that a function sees while it is traced: `Array` and `Rows`.

`Array` stands for an array whose values are not known; it has NumPy's operators and
methods, and takes NumPy's functions by NumPy's own protocols. `Rows` stands for the
number of rows of a batch, or a multiple of it, where a shape is asked for.
"""

from __future__ import annotations

import inspect
import math
import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from glassprop.errors import ShapeError, TraceError, did_you_mean
from glassprop.graph import DType, Node, Primitive, Size
from glassprop.numpy_functions import FUNCTIONS, UFUNCS, scipy_ufunc
from glassprop.ops import elementwise, indexing
from glassprop.refusals import (
    PICK_EACH_ROW,
    checked_dtype,
    function_name,
    located,
    refuse,
    refusing,
    unsupported,
)

if TYPE_CHECKING:
    from glassprop.trace import Trace

UNKNOWN_VALUES = "its values are not known while the function is traced"
ONE_PROGRAM = "one program serves batches of every size"


def _operator(ufunc: np.ufunc) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Make an operator and its reflected form from a ufunc."""

    def forward(self: Any, other: Any) -> Any:
        return ufunc(self, other)

    def reflected(self: Any, other: Any) -> Any:
        return ufunc(other, self)

    return forward, reflected


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method from the NumPy function of the same name."""

    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return function(self, *arguments, **keywords)

    method.__name__ = function.__name__
    method.__doc__ = f"Call np.{function.__name__} on the array."
    return method


class Operators:
    """NumPy's operators, each through its ufunc."""

    __slots__ = ()
    __add__, __radd__ = _operator(np.add)
    __sub__, __rsub__ = _operator(np.subtract)
    __mul__, __rmul__ = _operator(np.multiply)
    __truediv__, __rtruediv__ = _operator(np.divide)
    __pow__, __rpow__ = _operator(np.power)
    __floordiv__, __rfloordiv__ = _operator(np.floor_divide)
    __mod__, __rmod__ = _operator(np.remainder)

    __neg__ = _method(np.negative)
    __pos__ = _method(np.positive)
    __abs__ = _method(np.absolute)


class Array(Operators):
    """A traced array: it has a shape and a dtype, and no values yet.

    Parameters
    ----------
    node : Node
        The operation whose value it stands for.
    trace : Trace
        Where further operations are written down.
    """

    __slots__ = ("node", "trace")
    __array_priority__ = 1000

    def __init__(self, node: Node, trace: Trace) -> None:
        self.node = node
        self.trace = trace

    def __repr__(self) -> str:
        return f"Array({self.node!r})"

    # What is known -----------------------------------------------------------------

    @property
    def shape(self) -> tuple[Any, ...]:
        """The sizes: integers, and `Rows` for the rows of a batch."""
        return tuple(
            Rows(size, self.trace) if isinstance(size, Size) else size
            for size in self.node.shape
        )

    @property
    def dtype(self) -> DType:
        """The dtype, as NumPy would give it."""
        return self.node.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.node.shape)

    @property
    def size(self) -> Any:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def T(self) -> Any:  # noqa: N802  # NumPy's name
        """The array with its axes reversed."""
        return np.transpose(self)

    def __len__(self) -> int:
        with located():
            if not self.node.shape:
                raise ShapeError("len(x) of a single number: it has no dimensions.")
            size = self.node.shape[0]
            if isinstance(size, Size):
                raise refuse(
                    "len(x) of the rows of a batch",
                    ONE_PROGRAM,
                    "Use x.shape[0], which stands for their number in a calculation.",
                )
            return size

    def __iter__(self) -> Any:
        with located():
            if self.node.shape and isinstance(self.node.shape[0], Size):
                raise refuse(
                    "a loop over the rows of a batch",
                    ONE_PROGRAM,
                    "Calculate with the whole array, np.sum(x * w, axis=1); it does "
                    "every row at once.",
                )
        return (self[row] for row in range(len(self)))

    # NumPy's protocols -------------------------------------------------------------

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any
    ) -> Any:
        with located():
            refuse_out(ufunc, keywords)
            if method != "__call__":
                raise refuse(
                    f"{function_name(ufunc)}.{method}",
                    "only the ufunc itself has a derivative here",
                    METHOD_REPAIRS.get(method, "Call the function itself."),
                )
            for keyword in keywords:
                raise refuse_keyword(function_name(ufunc), keyword)
            handler = UFUNCS.get(ufunc)
            special = sys.modules.get("scipy.special")
            if handler is None and special is not None:
                handler = scipy_ufunc(ufunc, special)
            if handler is None:
                raise unsupported(ufunc)
            return handler(*(self._lifted_list(one) for one in inputs))

    def __array_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        arguments: Sequence[Any],
        keywords: Mapping[str, Any],
    ) -> Any:
        with located():
            handler = FUNCTIONS.get(function)
            if handler is None:
                raise unsupported(function)
            return call(function, handler, arguments, keywords)

    def apply_primitive(
        self,
        primitive: Primitive,
        arguments: Sequence[Any],
        attributes: Mapping[str, Any],
    ) -> Any:
        """Write a primitive down; how `Primitive.__call__` reaches the trace."""
        with located():
            return self.trace.apply(primitive, arguments, attributes)

    def constant(self, value: Any, dtype: Any = None) -> Any:
        """Bring a number or a plain array into the trace of this array."""
        return self.trace.lift(value, None if dtype is None else checked_dtype(dtype))

    def _lifted_list(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return self.trace.lift(value)
        return value

    # Operators ----------------------------------------------------------------------

    __matmul__, __rmatmul__ = _operator(np.matmul)
    __and__, __rand__ = _operator(np.bitwise_and)
    __or__, __ror__ = _operator(np.bitwise_or)
    __xor__, __rxor__ = _operator(np.bitwise_xor)
    __lt__, _ = _operator(np.less)
    __le__, _ = _operator(np.less_equal)
    __gt__, _ = _operator(np.greater)
    __ge__, _ = _operator(np.greater_equal)

    def __invert__(self) -> Any:
        return np.invert(self)

    def __eq__(self, other: object) -> Any:
        return np.equal(self, other)  # type: ignore[call-overload]  # traced

    def __ne__(self, other: object) -> Any:
        return np.not_equal(self, other)  # type: ignore[call-overload]  # traced

    def __getitem__(self, key: Any) -> Any:
        with located():
            parts = indexing.normal_key(key, self.ndim)
            entries: list[indexing.Entry] = []
            picks: list[Any] = []
            for part in parts:
                entry = self._entry(part, picks)
                entries.append(entry)
            if all(entry == indexing.WHOLE for entry in entries):
                return self
            return indexing.index(self, *picks, key=tuple(entries))

    def _entry(self, part: Any, picks: list[Any]) -> indexing.Entry:
        """Turn one part of an index into its stored form; collect integer arrays."""
        if part is None:
            return None
        if isinstance(part, slice):
            if isinstance(part.start, Array) or isinstance(part.stop, Array):
                raise refuse(
                    "a slice that ends at a traced value",
                    "the size of what it gives would depend on the value",
                    "Cut at plain integers; choose rows before the call.",
                )
            start, stop = (
                end.size
                if isinstance(end, Rows)
                else end
                if end is None or isinstance(end, Size)
                else operator.index(end)
                for end in (part.start, part.stop)
            )
            step = None if part.step is None else operator.index(part.step)
            return indexing.Slice(start, stop, step)
        if isinstance(part, int | np.integer) and not isinstance(part, bool):
            return int(part)
        array = part if isinstance(part, Array) else np.asarray(part)
        if array.dtype.kind == "b":
            raise refuse(
                "an index of booleans",
                "how many values it picks depends on them",
                "Use np.where(mask, x, 0), or multiply by the mask.",
            )
        if array.dtype.kind not in "iu":
            raise refuse(
                f"an index of dtype {array.dtype}",
                "an index is made of integers",
                "Use integers, slices, None, `...` or integer arrays.",
            )
        picks.append(array)
        return indexing.Pick()

    # Methods, by the functions of the same name --------------------------------------

    sum = _method(np.sum)
    mean = _method(np.mean)
    max = _method(np.max)
    min = _method(np.min)
    var = _method(np.var)
    std = _method(np.std)
    argmax = _method(np.argmax)
    clip = _method(np.clip)
    dot = _method(np.dot)
    swapaxes = _method(np.swapaxes)
    squeeze = _method(np.squeeze)

    def reshape(self, *shape: Any, **keywords: Any) -> Any:
        """Arrange the values in another shape."""
        sizes = shape[0] if len(shape) == 1 else shape
        return np.reshape(self, sizes, **keywords)

    def transpose(self, *axes: Any) -> Any:
        """Reorder the axes."""
        order = axes[0] if len(axes) == 1 else axes or None
        return np.transpose(self, order)

    def flatten(self, order: Any = "C") -> Any:
        """Arrange the values in one dimension."""
        return np.reshape(self, -1, order=order)

    ravel = flatten

    def copy(self) -> Any:
        """Give the array itself: traced values never change."""
        return self

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: Any) -> Any:
        return self

    def astype(self, dtype: Any, *, copy: bool = True) -> Any:
        """Convert to another dtype; `copy` changes nothing, as values never change."""
        with located():
            kept = checked_dtype(dtype)
            return self if kept == self.dtype else elementwise.astype(self, dtype=kept)

    # What would need the values ------------------------------------------------------

    __bool__ = refusing(
        "the truth value of an array (`if`, `and`, `or`, `not`, `max(a, b)`, `in`)",
        UNKNOWN_VALUES,
        "Use np.where(condition, a, b), np.maximum, or `&`, `|` and `~` on conditions.",
    )
    __contains__ = refusing(
        "`value in x`",
        UNKNOWN_VALUES,
        "np.max(x == value) is True where it is.",
    )
    __hash__ = refusing(
        "an array in a set or as the key of a dict",
        UNKNOWN_VALUES,
        "Use a list, or a dict with names as keys.",
    )
    __reduce_ex__ = refusing(
        "pickling an array",
        "a traced array stands for a value only while its function runs",
        "Save what the function returns, after the call.",
    )
    __float__ = refusing(
        "a traced value as a plain number (float(x), math.exp(x), a[i] = x)",
        UNKNOWN_VALUES,
        "Use x itself for float(x), np.exp for math.exp, and np.stack([x, y]) to build "
        "an array.",
    )
    __int__ = refusing("int(x)", UNKNOWN_VALUES, "Use x.astype(np.int64).")
    __complex__ = refusing(
        "complex(x)", "complex numbers are not supported", "Use floats."
    )
    __index__ = refusing(
        "a traced value as a plain integer (range(x), np.zeros(x), a[x] of a list)",
        UNKNOWN_VALUES,
        "Use plain integers for sizes and ranges; to pick by a traced index, make `a` "
        "an array and an argument of the function.",
    )
    __setitem__ = refusing(
        "`x[i] = value`",
        "traced arrays never change",
        "Use np.where(condition, value, x), or np.concatenate with the new part.",
    )
    __delitem__ = refusing(
        "`del x[i]`", "traced arrays never change", "Use a slice of what is to stay."
    )
    __array__ = refusing(
        "a traced array as a plain one (np.asarray(x), np.array([x, y]), "
        "np.full(3, x), a[x], a[i] = x)",
        UNKNOWN_VALUES,
        "Use x itself for np.asarray(x), np.stack([x, y]) for np.array([x, y]), "
        "np.broadcast_to(x, 3) for np.full(3, x); to pick from a plain `a` by a traced "
        "index, make it an argument of the function.",
    )
    __round__ = refusing(
        "round(x)", "it has no slope", "Round after the call, what the function gives."
    )
    __format__ = refusing(
        "formatting an array as text", UNKNOWN_VALUES, "Print after the call instead."
    )
    item = refusing("x.item()", UNKNOWN_VALUES, "Use x itself.")
    tolist = refusing("x.tolist()", UNKNOWN_VALUES, "Use x itself.")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):  # a protocol that is asked for, not used
            raise AttributeError(name)
        if not hasattr(np.ndarray, name):
            hint = did_you_mean(name, dir(type(self)))
            raise AttributeError(f"an array has no attribute {name!r}.{hint}")
        with located():
            raise refuse(
                f"x.{name} of an array",
                "it is not among the attributes that glassprop knows",
                "Write it with NumPy's functions and operators.",
            )


class Rows(Operators):
    """The size of an axis that holds the rows of a batch: ``n`` or ``k * n``.

    It can stand in a shape, be multiplied by an integer, and be calculated with.
    """

    __slots__ = ("size", "trace")
    __array_priority__ = 2000

    def __init__(self, size: Size, trace: Trace) -> None:
        self.size = size
        self.trace = trace

    def __repr__(self) -> str:
        return str(self.size)

    @property
    def factor(self) -> int:
        """How many times n it is."""
        return self.size.factor

    def _times(self, factor: int) -> Rows:
        return Rows(Size(factor), self.trace)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, int | np.integer) and not isinstance(other, bool):
            return self._times(self.factor * int(other))
        return self._calculate(np.multiply, self, other)

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Rows):
            return self._times(self.factor + other.factor)
        if isinstance(other, int) and other == 0:  # where sum() begins
            return self
        return self._calculate(np.add, self, other)

    __radd__ = __add__

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any
    ) -> Any:
        with located():
            refuse_out(ufunc, keywords)
        if ufunc in COMPARISONS:
            return self.__lt__(0)
        return self._calculate(getattr(ufunc, method), *inputs, **keywords)

    def _calculate(
        self, function: Callable[..., Any], *inputs: Any, **keywords: Any
    ) -> Any:
        """Calculate with the size as a number of the program's dtype."""
        lifted = (
            self.trace.lift(one) if isinstance(one, Rows) else one for one in inputs
        )
        return function(*lifted, **keywords)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Rows) and other.size == self.size:
            return True
        return bool(self.__lt__(other))

    def __hash__(self) -> int:
        return hash(self.size)

    __lt__ = __le__ = __gt__ = __ge__ = refusing(
        "comparing the number of rows",
        ONE_PROGRAM,
        "Leave the comparison away, or choose by the array's other axes; for "
        "np.broadcast_to(a, x.shape) write a + np.zeros_like(x).",
    )
    __bool__ = refusing(
        "the truth value of the number of rows", ONE_PROGRAM, "Leave the test away."
    )
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = refusing(
        "`//` or `%` with the number of rows",
        ONE_PROGRAM,
        "Use `/` in a calculation; in a shape, let the axis of rows stay whole.",
    )
    __int__ = __float__ = refusing(
        "int(n) or float(n) of the number of rows",
        ONE_PROGRAM,
        "Calculate with x.shape[0] itself, and np.sqrt instead of math.sqrt.",
    )
    __index__ = __array__ = refusing(
        "the number of rows as a plain number (range(n), np.zeros(n), np.arange(n))",
        ONE_PROGRAM,
        "Calculate with whole arrays instead of a loop over rows, and make arrays from "
        f"arrays: np.zeros_like(x[:, :1]), np.ones_like(x[:, 0]). {PICK_EACH_ROW}",
    )


def refuse_out(ufunc: np.ufunc, keywords: Mapping[str, Any]) -> None:
    """Refuse to write a traced result into a plain array; ``a += x`` arrives so."""
    if "out" in keywords:
        raise refuse(
            f"writing the result of {function_name(ufunc)} into an existing array",
            UNKNOWN_VALUES,
            "Write `a = a + x` instead of `a += x` where `a` is a plain array, and "
            "leave `out=` away.",
        )


def refuse_keyword(function: str, keyword: str) -> TraceError:
    """Make the error for a keyword that has no meaning in a graph."""
    return refuse(
        f"{function} with {keyword}=",
        "traced functions know the arguments that say what to calculate, not how",
        KEYWORD_REPAIRS.get(keyword, f"Leave {keyword}= away."),
    )


METHOD_REPAIRS = {
    "reduce": "Use np.sum, np.max or np.min over axes.",
    "accumulate": "Multiply by a triangle of ones: np.tril(np.ones((k, k))) @ x.",
    "outer": "Give one operand a new axis: a[:, None] and b[None, :].",
    "at": "Traced arrays never change; build a new one, with np.where or `+`.",
}
KEYWORD_REPAIRS = {
    "out": "Leave out= away and use what the function returns.",
    "where": "Use np.where(condition, a, b) to choose.",
    "dtype": "Leave dtype= away and convert with x.astype(dtype).",
    "initial": "Add or compare with the number yourself: np.maximum(np.max(x), 0).",
}
COMPARISONS = frozenset(
    {
        np.equal,
        np.not_equal,
        np.less,
        np.less_equal,
        np.greater,
        np.greater_equal,
    }
)


def call(
    function: Callable[..., Any],
    handler: Callable[..., Any],
    arguments: Sequence[Any],
    keywords: Mapping[str, Any],
) -> Any:
    """Call what stands for a NumPy function, or say which argument it cannot take."""
    parameters = _signature(handler).parameters
    given = {
        key: value
        for key, value in keywords.items()
        if value is not np._NoValue and (value is not None or _wants(parameters, key))
    }
    for keyword in given:
        if keyword not in parameters:
            raise refuse_keyword(function_name(function), keyword)
    try:
        bound = _signature(handler).bind(*arguments, **given)
    except TypeError as error:
        raise refuse(
            f"{function_name(function)} with these arguments",
            str(error),
            f"Call it as {function_name(function)}{_signature_text(parameters)}.",
        ) from None
    return handler(*bound.args, **bound.kwargs)


def _wants(parameters: Mapping[str, inspect.Parameter], keyword: str) -> bool:
    """Tell whether None means something else than the keyword left away."""
    return keyword in parameters and parameters[keyword].default is not None


def _signature_text(parameters: Mapping[str, inspect.Parameter]) -> str:
    bare = [one.replace(annotation=one.empty) for one in parameters.values()]
    return str(inspect.Signature(bare))


@cache
def _signature(handler: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(handler)
