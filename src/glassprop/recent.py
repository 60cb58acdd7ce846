"""The last few things that were made, by what they were made of.

Only for what depends on nothing else, so that it is the same whether it was kept or
made again: nobody can tell but by the time. Threads may share it.
"""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """A dictionary that forgets what was asked for longest ago.

    Parameters
    ----------
    most : int
        How many it keeps.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: dict[Hashable, T] = {}
        self._one_at_a_time = Lock()

    def get(self, key: Hashable) -> T | None:
        """Give what is kept under a key, or None."""
        with self._one_at_a_time:
            if key not in self._kept:
                return None
            self._kept[key] = found = self._kept.pop(key)
            return found

    def keep(self, key: Hashable, value: T) -> None:
        """Keep a value, in the place of the one asked for longest ago if need be."""
        with self._one_at_a_time:
            self._kept[key] = value
            if len(self._kept) > self.most:
                del self._kept[next(iter(self._kept))]
