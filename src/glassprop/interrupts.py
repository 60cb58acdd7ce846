"""Ctrl-C during a training: the step that runs is finished, then training ends.

So it is with what cannot be begun again where it was broken off, the compiler's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """Takes Ctrl-C as a wish to stop, while it is entered.

    The first Ctrl-C sets `asked`; a second one raises KeyboardInterrupt at once. Only
    Python's main thread gets signals; elsewhere nothing changes.

    Parameters
    ----------
    patient : bool
        Whether a second one waits too.
    """

    def __init__(self, *, patient: bool = False) -> None:
        self.asked = False
        self.patient = patient
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        import signal
        import threading

        handler = signal.getsignal(signal.SIGINT)
        main = threading.current_thread() is threading.main_thread()
        if main and handler is signal.default_int_handler:
            self._before = handler
            signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._before is not None:
            import signal

            signal.signal(signal.SIGINT, self._before)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.asked and not self.patient:
            raise KeyboardInterrupt
        self.asked = True

    def __call__(self) -> bool:
        """Tell whether Ctrl-C was pressed."""
        return self.asked


@contextmanager
def interrupted_between() -> Iterator[Callable[[], None]]:
    """Let Ctrl-C wait for what is done inside, or for a point at which it may come.

    Numba that is broken off while it is imported, or fills its tables, compiles nothing
    any more in this process, and a Ctrl-C in one of its callbacks is lost.

    Yields
    ------
    callable
        To be called at such points. Where Ctrl-C was pressed, it raises
        KeyboardInterrupt; so does the end.
    """
    with Interrupts(patient=True) as interrupted:

        def point() -> None:
            if interrupted():
                raise KeyboardInterrupt

        yield point
        point()
