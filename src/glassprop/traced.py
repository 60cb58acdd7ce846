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

from glassprop.errors import ShapeError
from glassprop.graph import DType, Node, Primitive, Size, count
from glassprop.numpy_functions import FUNCTIONS, UFUNCS, scipy_ufunc
from glassprop.ops import elementwise, indexing
from glassprop.refusals import located, refuse, refusing, unsupported

if TYPE_CHECKING:
    from glassprop.trace import Trace

UNKNOWN_VALUES = "its values are not known while the function is traced"


def _operator(ufunc: np.ufunc) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Make an operator and its reflected form from a ufunc."""

    def forward(self: Any, other: Any) -> Any:
        return ufunc(self, other)

    def reflected(self: Any, other: Any) -> Any:
        return ufunc(other, self)

    return forward, reflected


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

    def __neg__(self) -> Any:
        return np.negative(self)

    def __pos__(self) -> Any:
        return np.positive(self)

    def __abs__(self) -> Any:
        return np.absolute(self)


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
                raise ShapeError("len() of an array without dimensions.")
            return operator.index(self.shape[0])

    def __iter__(self) -> Any:
        return (self[row] for row in range(len(self)))

    # NumPy's protocols -------------------------------------------------------------

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any
    ) -> Any:
        with located():
            if "out" in keywords:
                raise refuse(
                    f"writing the result of np.{ufunc.__name__} into an existing array",
                    UNKNOWN_VALUES,
                    "Write `a = a + x` instead of `a += x` where `a` is a plain array, "
                    "and leave `out=` away.",
                )
            if method != "__call__":
                raise refuse(
                    f"np.{ufunc.__name__}.{method}",
                    "only the ufunc itself has a derivative here",
                    "Use np.sum, np.max or np.min for sums and extremes.",
                )
            if keywords:
                raise refuse(
                    f"np.{ufunc.__name__}({', '.join(f'{k}=' for k in keywords)}...)",
                    "its keywords have no meaning in a graph",
                    "Leave them away; use np.where to choose and astype to convert.",
                )
            handler = UFUNCS.get(ufunc)
            special = sys.modules.get("scipy.special")
            if handler is None and special is not None:
                handler = scipy_ufunc(ufunc, special)
            if handler is None:
                raise unsupported(ufunc, _known_names())
            return handler(*(self._lift_rows(one) for one in inputs))

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
                raise unsupported(function, _known_names())
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
        return self.trace.lift(value, dtype)

    def _lift_rows(self, value: Any) -> Any:
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

    __hash__ = object.__hash__

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
            ends = (part.start, part.stop)
            start, stop = (
                end.size
                if isinstance(end, Rows)
                else None
                if end is None
                else operator.index(end)
                for end in ends
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

    def sum(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Sum over axes."""
        return np.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Average over axes."""
        return np.mean(self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Give the largest value over axes."""
        return np.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Give the smallest value over axes."""
        return np.min(self, axis=axis, keepdims=keepdims)

    def var(self, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
        """Give the variance over axes."""
        return np.var(self, axis=axis, ddof=ddof, keepdims=keepdims)

    def std(self, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
        """Give the standard deviation over axes."""
        return np.std(self, axis=axis, ddof=ddof, keepdims=keepdims)

    def argmax(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Give the position of the largest value."""
        return np.argmax(self, axis=axis, keepdims=keepdims)

    def clip(self, min: Any = None, max: Any = None) -> Any:
        """Limit the values."""
        return np.clip(self, min, max)

    def dot(self, other: Any) -> Any:
        """Multiply matrices, as np.dot does."""
        return np.dot(self, other)

    def reshape(self, *shape: Any) -> Any:
        """Arrange the values in another shape."""
        sizes = shape[0] if len(shape) == 1 else shape
        return np.reshape(self, sizes)

    def transpose(self, *axes: Any) -> Any:
        """Reorder the axes."""
        order = axes[0] if len(axes) == 1 else axes or None
        return np.transpose(self, order)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Exchange two axes."""
        return np.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Any:
        """Drop axes of size 1."""
        return np.squeeze(self, axis)

    def flatten(self) -> Any:
        """Arrange the values in one dimension."""
        return np.reshape(self, -1)

    ravel = flatten

    def copy(self) -> Any:
        """Give the array itself: traced values never change."""
        return self

    def astype(self, dtype: Any) -> Any:
        """Convert to another dtype."""
        with located():
            kind = np.dtype(dtype)
            if kind.kind not in "biuf" or kind == np.float16:
                raise refuse(
                    f"astype({kind})",
                    "traced functions calculate with booleans, integers, float32 and "
                    "float64",
                    "Convert to one of those.",
                )
            return self if kind == self.dtype else elementwise.astype(self, dtype=kind)

    # What would need the values ------------------------------------------------------

    __bool__ = refusing(
        "the truth value of an array (`if`, `and`, `or`, `not`, `max(a, b)`, `in`)",
        UNKNOWN_VALUES,
        "Use np.where(condition, a, b), np.maximum, or `&`, `|` and `~` on conditions.",
    )
    __float__ = refusing(
        "float(x)", UNKNOWN_VALUES, "Leave the conversion away; x is a number already."
    )
    __int__ = refusing("int(x)", UNKNOWN_VALUES, "Use x.astype(np.int64).")
    __complex__ = refusing(
        "complex(x)", "complex numbers are not supported", "Use floats."
    )
    __index__ = refusing(
        "an array as an index, a size or a range",
        UNKNOWN_VALUES,
        "Use plain integers, or x[indices] with an integer array.",
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
        "np.array(x), np.asarray(x) or another function that needs the values",
        UNKNOWN_VALUES,
        "Use np.stack([a, b]) or np.concatenate([a, b]) to join traced arrays.",
    )
    __format__ = refusing(
        "formatting an array as text", UNKNOWN_VALUES, "Print after the call instead."
    )
    item = refusing("x.item()", UNKNOWN_VALUES, "Use x itself.")
    tolist = refusing("x.tolist()", UNKNOWN_VALUES, "Use x itself.")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # a protocol that is asked for, not used
            raise AttributeError(name)
        with located():
            raise refuse(
                f"the attribute {name!r} of an array",
                "it is not among those that glassprop knows",
                "Use NumPy's functions and operators.",
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
        if isinstance(other, int) and not isinstance(other, bool):
            return self._times(self.factor * other)
        return self._calculate(np.multiply, self, other)

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Rows):
            return self._times(self.factor + other.factor)
        return self if other == 0 else self._calculate(np.add, self, other)

    __radd__ = __add__

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any
    ) -> Any:
        if ufunc in COMPARISONS:
            return self.__eq__(0)
        return self._calculate(ufunc, *inputs)

    def _calculate(self, ufunc: np.ufunc, *inputs: Any) -> Any:
        """Calculate with the size as a number of the program's dtype."""
        return ufunc(
            *(self.trace.lift(one) if isinstance(one, Rows) else one for one in inputs)
        )

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = refusing(  # type: ignore[assignment]  # refuses
        "comparing the number of rows",
        "one program serves batches of every size",
        "Leave the comparison away, or choose by the array's other axes.",
    )
    __hash__ = object.__hash__
    __bool__ = refusing(
        "the truth value of the number of rows",
        "one program serves batches of every size",
        "Leave the test away.",
    )
    __index__ = __int__ = __float__ = refusing(
        "the number of rows as a plain number (range(n), np.zeros(n), np.arange(n))",
        "one program serves batches of every size",
        "Make arrays from arrays: np.zeros_like(x[:, :1]), np.ones_like(x[:, 0]).",
    )


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
    given = {
        key: value
        for key, value in keywords.items()
        if not (value is None or value is np._NoValue)
    }
    try:
        bound = _signature(handler).bind(*arguments, **given)
    except TypeError as error:
        raise refuse(
            f"np.{function.__name__} with these arguments",
            str(error),
            "Leave the argument away, or write it with other functions.",
        ) from None
    return handler(*bound.args, **bound.kwargs)


@cache
def _signature(handler: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(handler)


def _known_names() -> list[str]:
    return [one.__name__ for one in (*UFUNCS, *FUNCTIONS)]
