"""Numbers and arrays as words: a few digits, or statistics and a small picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import shape_text

DIGITS = 6  # of a number among others
RESULT_DIGITS = 9  # of what comes out of a formula
FLOAT32_DIGITS = 7  # that a float32 has
FLOAT64_DIGITS = 12  # of a whole part that is written out rather than with an exponent
MORE_DIGITS = (9, 12, 15, 17)  # where fewer hide what a result comes from
CLOSE = 1e-3  # how near what is written must come to a result
SMALL = 12  # elements that are shown one by one
BARS = "·▁▂▃▄▅▆▇█"  # no space, at which lines are broken and which pages drop


def number_text(value: Any, digits: int | None = None) -> str:
    """Write a number.

    Parameters
    ----------
    value : number
        Any of NumPy's or Python's.
    digits : int or None
        Of a float the most, None for six. From six on a whole part is written out, up
        to twelve digits, seven of a float32: ``1000042``, and no ``1.00004e+06``.
    """
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        return str(int(value))
    many = DIGITS if digits is None else digits
    single = getattr(value, "dtype", None) == np.float32
    most = FLOAT32_DIGITS if single else FLOAT64_DIGITS
    number = float(value)
    if single:
        many = min(many, most)
    if many >= DIGITS and abs(number) < 10.0**most:
        many = max(many, len(f"{abs(number):.0f}"))
    return f"{number:.{many}g}"


def is_close(value: float, result: float) -> bool:
    """Tell whether a number that comes of what is written is the result, or near it.

    Parameters
    ----------
    value, result : float
        Zero and what is not finite are not asked for more digits.
    """
    if not result or not np.isfinite(result):
        return True
    return abs(value - result) <= CLOSE * abs(result)


def texts_apart(one: float, other: float) -> tuple[str, str]:
    """Write two numbers with so many digits that their difference can be seen.

    Parameters
    ----------
    one, other : float
    """
    for digits in (DIGITS, *MORE_DIGITS):
        texts = number_text(one, digits), number_text(other, digits)
        if is_close(float(texts[0]) - float(texts[1]), one - other):
            break
    return texts


def statistics_text(value: NDArray[Any]) -> str:
    """Write an array as its mean, spread and ends, and a small picture of its values.

    Truth values are counted.

    Parameters
    ----------
    value : array
        Of numbers or truth values.
    """
    if value.dtype == bool:
        return f"true in {int(value.sum()):,} of {value.size:,}"
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
