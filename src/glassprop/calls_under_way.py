"""Which of the author's functions are being called, seen each time a node is made.

A frame that is held keeps its variables after its function has returned. So it is
enough to look up the stack whenever something is made: no profiler is needed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import NamedTuple

READABLE = frozenset({"clipping", "constraints", "layers", "losses", "optimizers"})


class Call(NamedTuple):
    """A call of a function whose variables make good names.

    Parameters
    ----------
    frame : FrameType
        Where its variables are.
    first : int
        How many nodes there were before it made any.
    """

    frame: FrameType
    first: int


class Calls:
    """The calls under way below a frame, the outermost first.

    Parameters
    ----------
    root : FrameType
        The frame from which all of them are called.
    """

    def __init__(self, root: FrameType) -> None:
        self.root = root
        self.under_way: list[Call] = []
        self.readable: dict[CodeType, bool] = {}

    def moved(self, made: int) -> Iterator[Call]:
        """Look up the stack; give the calls that have ended since, innermost first.

        Parameters
        ----------
        made : int
            How many nodes there are.
        """
        frames = self._frames()
        same = 0
        for call, frame in zip(self.under_way, frames, strict=False):
            if call.frame is not frame:
                break
            same += 1
        ended = self.under_way[same:]
        self.under_way[same:] = [Call(frame, made) for frame in frames[same:]]
        return reversed(ended)

    def all(self) -> Iterator[Call]:
        """Give the calls that were under way at the last look, innermost first."""
        return reversed(self.under_way)

    def _frames(self) -> list[FrameType]:
        found = []
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and frame is not self.root:
            readable = self.readable.get(frame.f_code)
            if readable is None:
                readable = self.readable[frame.f_code] = _is_readable(frame)
            if readable:
                found.append(frame)
            frame = frame.f_back
        found.reverse()
        return found


def _is_readable(frame: FrameType) -> bool:
    """Tell whether a frame's variables make good names: all but the machinery's."""
    package, _, rest = str(frame.f_globals.get("__name__", "")).partition(".")
    return package != "glassprop" or rest.partition(".")[0] in READABLE
