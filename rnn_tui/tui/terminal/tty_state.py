"""Whether there is a terminal to draw on, and how to give it back whatever
happens: pure, no Textual.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Mapping
from typing import IO, Any

HEADLESS = "`rnn-tui layers`, `weights` and `trace` work without one"

LAST_LINE = "\x1b[999;1H"
"""Leads to the terminal's last line: there the shell goes on where there is no
other screen to leave.
"""
RESTORE = (
    "\x1b[0m"  # no colours left behind
    f"{LAST_LINE}"
    # mouse
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"
    # focus, paste, in-band resize, synchronised output
    "\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[?2026l"
    "\x1b[<u"  # kitty keys
    "\x1b[?7h\x1b[?25h\x1b[?1049l"  # line wrap, cursor, the normal screen
)
LAST_TRY = 1.0
"""Seconds a terminal has to take the bytes above."""


def refusal(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return why the explorer can't start here, in one line that names the
    headless commands; None when it can.
    """
    for stream, name in (
        (sys.__stdin__, "standard input"),
        (sys.__stderr__, "standard error"),
    ):
        if not _is_terminal(stream):
            return (
                f"the explorer needs a terminal, but {name} is none; {HEADLESS}"
            )

    if not _is_terminal(sys.__stdout__):
        return (
            "the explorer needs a terminal, but standard output is none; "
            f"{HEADLESS}"
        )
    if environ.get("TERM") == "dumb":
        return (
            "the explorer needs a terminal that can move its cursor, but "
            f"TERM is dumb; {HEADLESS}"
        )

    return None


def _is_terminal(stream: IO[Any] | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


class TerminalState:
    """The terminal's settings as they were, to be put back when the explorer
    can't do it itself.
    """

    def __init__(self) -> None:
        self._settings: list[Any] | None = None
        try:
            import termios
        except ImportError:  # Windows
            return

        with contextlib.suppress(OSError, ValueError, termios.error):
            self._settings = termios.tcgetattr(0)

    def restore(self) -> None:
        """Put settings and screen back, past all buffers, and write nothing
        more to the terminal from here on.

        A terminal that is gone is left alone; one that takes nothing for
        `LAST_TRY` seconds is, too.
        """
        if self._settings is None:
            return

        with contextlib.suppress(OSError):
            terminal = os.dup(2)
            _write_nowhere()
            os.set_blocking(terminal, False)
            try:
                _put_back(terminal, self._settings)
            finally:
                os.set_blocking(terminal, True)


def _put_back(terminal: int, settings: list[Any]) -> None:
    """Try until the terminal has taken all: a thread that waits in a write of
    its own keeps every other one out.

    The content of the buffer is thrown away, since it would be drawn after the
    screen is given back, or hold it for ever. That alone doesn't wake who waits
    for room; new settings do (n_tty.c, n_tty_set_termios).
    """
    import termios

    screen = RESTORE.encode("ascii")
    end = time.monotonic() + LAST_TRY
    while time.monotonic() < end:
        with contextlib.suppress(termios.error):
            termios.tcflush(terminal, termios.TCOFLUSH)
            termios.tcsetattr(terminal, termios.TCSANOW, settings)

        with contextlib.suppress(BlockingIOError):
            if os.write(terminal, screen) == len(screen):
                return

        time.sleep(0.01)


def _write_nowhere() -> None:
    """Let whatever this process writes from here on end nowhere: after the last
    word nobody has another.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
