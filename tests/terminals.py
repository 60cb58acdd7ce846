"""Programs whose standard error is a terminal, and what a person sees there."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
from collections.abc import Sequence

import pytest

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True

    @property
    def shown(self) -> str:
        """The text without colours and moves."""
        return ESCAPES.sub("", self.getvalue())


def on_terminal(
    command: Sequence[str], *, interrupt_at: str = ""
) -> tuple[int, str, str]:
    """Run a program with a terminal for its standard error.

    Parameters
    ----------
    command : sequence of str
    interrupt_at : str
        A text after which Ctrl-C is pressed, once it is shown; empty for never.

    Returns
    -------
    code : int
    out, shown : str
        Standard output, and the terminal's text without colours and moves.
    """
    pty = pytest.importorskip("pty", reason="pseudo-terminals are POSIX")
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"},
    )
    os.close(terminal)
    shown, pressed = b"", not interrupt_at
    try:
        while part := _read(controller):
            shown += part
            if not pressed and interrupt_at.encode() in shown:
                process.send_signal(signal.SIGINT)
                pressed = True
        os.close(controller)
        out, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    return process.returncode, out, ESCAPES.sub("", shown.decode())


def _read(controller: int) -> bytes:
    try:
        return os.read(controller, 4096)
    except OSError:  # how Linux says that the other side is closed
        return b""
