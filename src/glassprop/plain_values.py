"""Values as JSON has them: lists, numbers and words; of large arrays statistics."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

LISTED = 64  # elements that are given one by one


def plain(value: NDArray[Any]) -> Any:
    """Give an array of up to 64 elements as lists, a larger one as statistics.

    Parameters
    ----------
    value : array
        Of numbers or truth values.

    Returns
    -------
    list, number or dict
        What is not finite is a word: ``"nan"``, ``"inf"``, ``"-inf"``.
    """
    if value.size <= LISTED:
        return finite(value.tolist())
    numbers = np.asarray(value, np.float64)
    known = numbers[np.isfinite(numbers)]
    counts = {"finite": int(known.size), "size": int(numbers.size)}
    if not known.size:
        return counts
    ends = {"min": float(known.min()), "max": float(known.max())}
    return {**counts, "mean": float(known.mean()), "std": float(known.std()), **ends}


def finite(value: Any) -> Any:
    """Give a number, or lists of such, as Python's own; what is not finite as a word.

    Parameters
    ----------
    value : number, str, or sequence of such
        Any of NumPy's numbers or Python's.

    Returns
    -------
    number, str or list
        The same for `json.dumps`.
    """
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [finite(one) for one in value]
    number = value.item() if isinstance(value, np.generic) else value
    if isinstance(number, float) and not math.isfinite(number):
        return str(number)
    return number


class ForPrograms(ABC):
    """A result that programs can read."""

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """Give it as dicts, lists, numbers and words."""

    def json(self) -> str:
        """Write it for programs.

        Returns
        -------
        str
            `as_dict` as JSON.
        """
        return json.dumps(self.as_dict(), allow_nan=False)
