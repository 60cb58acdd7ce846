"""Numbers and arrays as words: a few digits, or statistics and a small picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import shape_text

DIGITS = 6  # of a number among others
RESULT_DIGITS = 9  # of what comes out of a formula
FLOAT32_DIGITS = 7  # that a float32 has
SMALL = 12  # elements that are shown one by one
BARS = " ▁▂▃▄▅▆▇█"


def number_text(value: Any, digits: int | None = None) -> str:
    """Write a number.

    Parameters
    ----------
    value : number
        Any of NumPy's or Python's.
    digits : int or None
        Of a float the most, None for six.
    """
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        return str(int(value))
    many = DIGITS if digits is None else digits
    if getattr(value, "dtype", None) == np.float32:
        many = min(many, FLOAT32_DIGITS)
    return f"{float(value):.{many}g}"


def statistics_text(value: NDArray[Any]) -> str:
    """Write an array as its mean, spread and ends, and a small picture of its values.

    Parameters
    ----------
    value : array
        Of numbers or truth values.
    """
    numbers = np.asarray(value, np.float64)
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        return "no finite number"
    low, high = float(finite.min()), float(finite.max())
    text = (
        f"mean {number_text(finite.mean())}, standard deviation "
        f"{number_text(finite.std())}, from {number_text(low)} to {number_text(high)}"
    )
    if low == high:
        return text
    counts, _ = np.histogram(finite, bins=16, range=(low, high))
    heights = np.ceil(counts / counts.max() * (len(BARS) - 1)).astype(int)
    return f"{text}  {''.join(BARS[one] for one in heights)}"


def value_text(value: NDArray[Any]) -> str:
    """Write a small array as nested lists, a large one as its shape and statistics.

    Parameters
    ----------
    value : array
        Of numbers or truth values.
    """
    if value.size > SMALL:
        return f"{shape_text(value.shape)}: {statistics_text(value)}"
    return _nested(value.tolist())


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    return number_text(value)
