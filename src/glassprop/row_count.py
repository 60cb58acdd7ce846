"""The number of rows of a batch, as a traced function sees it.

`RowCount` stands for ``n``, or a multiple of it, where a shape is asked for: one
program serves batches of every size, so it is no plain integer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from glassprop.graph import Size
from glassprop.operators import Operators
from glassprop.places import located
from glassprop.refusals import (
    ONE_PROGRAM,
    PICK_EACH_ROW,
    refuse_out,
    refusing,
)

if TYPE_CHECKING:
    from glassprop.trace import Trace

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


class RowCount(Operators):
    """The size of an axis that holds the rows of a batch: ``n`` or ``k * n``.

    It can stand in a shape, be multiplied by an integer, and be calculated with.
    """

    __slots__ = ("size", "tracer")
    __array_priority__ = 2000

    def __init__(self, size: Size, tracer: Trace) -> None:
        self.size = size
        self.tracer = tracer

    def __repr__(self) -> str:
        return str(self.size)

    @property
    def factor(self) -> int:
        """How many times n it is."""
        return self.size.factor

    def _times(self, factor: int) -> RowCount:
        return RowCount(Size(factor), self.tracer)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, int | np.integer) and not isinstance(other, bool):
            return self._times(self.factor * int(other))
        return self._calculate(np.multiply, self, other)

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Any:
        if isinstance(other, RowCount):
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
            self.tracer.lift(one) if isinstance(one, RowCount) else one
            for one in inputs
        )
        return function(*lifted, **keywords)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RowCount) and other.size == self.size:
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
    __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = refusing(
        "`//` or `%` with the number of rows",
        ONE_PROGRAM,
        "Use `/` in a calculation; in a shape, let the axis of rows stay whole.",
    )
    __mod__ = __rmod__ = __floordiv__
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
