"""What callbacks of a training may ask for besides a call after every epoch.

One with a method ``after_step(net, step, loss)`` is called after every step. One that
is a context manager is entered before the first epoch and left after the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glassprop.network import Network


class Listeners:
    """The callbacks of one training; entered, those are that can be.

    Parameters
    ----------
    net : Network
        What is trained.
    callbacks : sequence of callable
    """

    def __init__(self, net: Network, callbacks: Sequence[Any]) -> None:
        self.net = net
        self.callbacks = callbacks
        self.each_step = [
            call.after_step for call in callbacks if hasattr(call, "after_step")
        ]
        self.asked = False  # whether one wants training to end
        self._entered = ExitStack()

    def __enter__(self) -> Listeners:
        with ExitStack() as entering:
            for call in self.callbacks:
                if hasattr(type(call), "__enter__"):
                    entering.enter_context(call)
            self._entered = entering.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._entered.__exit__(*error)

    @property
    def after_step(self) -> Callable[[int, float], None] | None:
        """What a back end's caller calls after each step; None if nobody listens."""
        return self._tell if self.each_step else None

    def _tell(self, step: int, loss: float) -> None:
        answers = [call(self.net, step, loss) for call in self.each_step]
        self.asked = self.asked or any(answer is True for answer in answers)
