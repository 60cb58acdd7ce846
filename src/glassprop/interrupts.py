"""Ctrl-C during a training: the step that runs is finished, then training ends."""

from __future__ import annotations

from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """Takes Ctrl-C as a wish to stop, while it is entered.

    The first Ctrl-C sets `asked`; a second one raises KeyboardInterrupt at once. Only
    Python's main thread gets signals; elsewhere nothing changes.
    """

    def __init__(self) -> None:
        self.asked = False
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
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __call__(self) -> bool:
        """Tell whether Ctrl-C was pressed."""
        return self.asked
