"""What a function sees in the place of an array while it is traced.

`Array` stands for an array whose values are not known; it has NumPy's operators and
methods, and takes NumPy's functions by NumPy's own protocols.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from glassprop.calls import call
from glassprop.errors import ShapeError, did_you_mean
from glassprop.graph import Dimension, DType, Node, Primitive, Size
from glassprop.numpy_functions import FUNCTIONS, UFUNCS, scipy_ufunc
from glassprop.operators import Operators, method_of, operator_pair
from glassprop.ops import elementwise, indexing
from glassprop.places import located
from glassprop.refusals import (
    METHOD_REPAIRS,
    ONE_PROGRAM,
    PICK_FROM_PLAIN,
    UNKNOWN_VALUES,
    checked_dtype,
    function_name,
    refuse,
    refuse_keyword,
    refuse_out,
    refusing,
    unsupported,
    unsupported_attribute,
)
from glassprop.row_count import RowCount

if TYPE_CHECKING:
    from glassprop.trace import Trace


class Array(Operators):
    """A traced array: it has a shape and a dtype, and no values yet.

    Parameters
    ----------
    node : Node
        The operation whose value it stands for.
    tracer : Trace
        Where further operations are written down.
    """

    __slots__ = ("node", "tracer")
    __array_priority__ = 1000

    def __init__(self, node: Node, tracer: Trace) -> None:
        self.node = node
        self.tracer = tracer

    def __repr__(self) -> str:
        return f"Array({self.node!r})"

    # What is known -----------------------------------------------------------------

    @property
    def shape(self) -> tuple[Any, ...]:
        """The sizes: integers, and `RowCount` for the rows of a batch."""
        return tuple(
            RowCount(size, self.tracer) if isinstance(size, Size) else size
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

    @property
    def mT(self) -> Any:  # noqa: N802  # NumPy's name
        """The array with its last two axes exchanged."""
        return np.matrix_transpose(self)

    @property
    def real(self) -> Any:
        """The array itself: its values are real."""
        return np.real(self)

    @property
    def imag(self) -> Any:
        """Zeros: the values are real."""
        return np.imag(self)

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
            return self.tracer.apply(primitive, arguments, attributes)

    def constant(self, value: Any, dtype: Any = None) -> Any:
        """Bring a number or a plain array into the trace of this array."""
        return self.tracer.lift(value, None if dtype is None else checked_dtype(dtype))

    def _lifted_list(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return self.tracer.lift(value)
        return value

    # Operators ----------------------------------------------------------------------

    __matmul__, __rmatmul__ = operator_pair(np.matmul)
    __and__, __rand__ = operator_pair(np.bitwise_and)
    __or__, __ror__ = operator_pair(np.bitwise_or)
    __xor__, __rxor__ = operator_pair(np.bitwise_xor)
    __lt__, _ = operator_pair(np.less)
    __le__, _ = operator_pair(np.less_equal)
    __gt__, _ = operator_pair(np.greater)
    __ge__, _ = operator_pair(np.greater_equal)

    def __invert__(self) -> Any:
        return np.invert(self)

    def __eq__(self, other: object) -> Any:
        return np.equal(self, other)  # type: ignore[call-overload]  # traced

    def __ne__(self, other: object) -> Any:
        return np.not_equal(self, other)  # type: ignore[call-overload]  # traced

    def __getitem__(self, key: Any) -> Any:
        with located():
            parts = indexing.normal_key(key, self.ndim)
            sizes = iter(self.node.shape)
            entries: list[indexing.Entry] = []
            picks: list[Any] = []
            for part in parts:
                size = None if part is None else next(sizes)
                entries.append(self._entry(part, size, picks))
            if all(entry == indexing.WHOLE for entry in entries):
                return self
            return indexing.index(self, *picks, key=tuple(entries))

    def _entry(
        self, part: Any, size: Dimension | None, picks: list[Any]
    ) -> indexing.Entry:
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
                if isinstance(end, RowCount)
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
        if isinstance(part, list) and not array.size:
            array = array.astype(np.int64)  # of an empty list NumPy makes floats
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
        if isinstance(array, np.ndarray) and array.size:
            for place in (array.min(), array.max()):
                indexing.check_inside(int(place), size, self.node.shape)
        picks.append(array)
        return indexing.Pick()

    # Methods, by the functions of the same name --------------------------------------

    sum = method_of(np.sum)
    prod = method_of(np.prod)
    mean = method_of(np.mean)
    max = method_of(np.max)
    min = method_of(np.min)
    var = method_of(np.var)
    std = method_of(np.std)
    any = method_of(np.any)
    all = method_of(np.all)
    argmax = method_of(np.argmax)
    argmin = method_of(np.argmin)
    argsort = method_of(np.argsort)
    argpartition = method_of(np.argpartition)
    cumsum = method_of(np.cumsum)
    cumprod = method_of(np.cumprod)
    searchsorted = method_of(np.searchsorted)
    clip = method_of(np.clip)
    round = method_of(np.round)
    conj = method_of(np.conjugate)
    conjugate = method_of(np.conjugate)
    dot = method_of(np.dot)
    trace = method_of(np.trace)
    diagonal = method_of(np.diagonal)
    repeat = method_of(np.repeat)
    take = method_of(np.take)
    swapaxes = method_of(np.swapaxes)
    squeeze = method_of(np.squeeze)
    ravel = method_of(np.ravel)
    flatten = method_of(np.ravel)

    def reshape(self, *shape: Any, **keywords: Any) -> Any:
        """Arrange the values in another shape."""
        sizes = shape[0] if len(shape) == 1 else shape
        return np.reshape(self, sizes, **keywords)

    def transpose(self, *axes: Any) -> Any:
        """Reorder the axes."""
        order = axes[0] if len(axes) == 1 else axes or None
        return np.transpose(self, order)

    def copy(self, order: str = "C") -> Any:
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
        f"Use plain integers for sizes and ranges. {PICK_FROM_PLAIN}",
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
        f"np.broadcast_to(x, 3) for np.full(3, x). {PICK_FROM_PLAIN}",
    )
    __round__ = refusing(
        "round(x)",
        "it gives one of Python's own numbers",
        "Use np.round(x), whose slope is 0.",
    )
    __format__ = refusing(
        "formatting an array as text", UNKNOWN_VALUES, "Print after the call instead."
    )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):  # a protocol that is asked for, not used
            raise AttributeError(name)
        if not hasattr(np.ndarray, name):
            hint = did_you_mean(name, dir(type(self)))
            raise AttributeError(f"an array has no attribute {name!r}.{hint}")
        with located():
            raise unsupported_attribute(name)
