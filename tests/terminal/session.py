"""A program on a pseudo-terminal of its own: keys, mouse, sizes, slow lines,
and everything it wrote.

Nothing here waits for a time: it waits for what the program shows, or until it
rests, however slow the machine is.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyte
from processes import descendants, states

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = ROOT / "sample_models"
BRACKETS = str(SAMPLES / "brackets.h5")
PAIRS = [
    (b"\x1b[?1049h", b"\x1b[?1049l"),  # the other screen
    (b"\x1b[?25l", b"\x1b[?25h"),  # cursor
    (b"\x1b[?7l", b"\x1b[?7h"),  # line wrap
    (b"\x1b[?1000h", b"\x1b[?1000l"),  # mouse
    (b"\x1b[?1003h", b"\x1b[?1003l"),
    (b"\x1b[?1006h", b"\x1b[?1006l"),
    (b"\x1b[?1004h", b"\x1b[?1004l"),  # focus
    (b"\x1b[?2004h", b"\x1b[?2004l"),  # paste
    (b"\x1b[>u", b"\x1b[<u"),  # kitty keys
    (b"\x1b[?2026h", b"\x1b[?2026l"),  # synchronised output
]
"""What is switched on, and what must be the last word on it."""
KITTY_FLAGS = re.compile(rb"\x1b\[>\d+u")
"""How Textual asks for kitty's keys: which of them differs between its
versions.
"""
PATIENCE = 240.0
"""Seconds after which something never comes: no machine is as slow as that."""
QUIET = 0.25
"""Seconds of rest after which nothing goes on: an escape has become a key, the
timer of eight frames a second rung.
"""


class Session:
    """A child on its own pseudo-terminal; everything it writes is kept.

    `rate`: bytes a second of the line.
    """

    def __init__(
        self,
        *arguments: str,
        size: tuple[int, int] = (24, 80),
        code: str | None = None,
        command: list[str] | None = None,
        rate: int | None = None,
        **environ: str,
    ) -> None:
        self.parent, self.child = pty.openpty()
        self.settings = termios.tcgetattr(self.child)
        self._final: list[Any] | None = None
        self.rate = rate
        self.output = b""
        self._allowance = time.monotonic()
        self.resize(*size)
        keep = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("TEXTUAL", "NO_COLOR", "COLORTERM", "LC_"))
        }
        base = {
            **keep,
            "TERM": "xterm-256color",
            "PYTHONPATH": str(ROOT),
            "LC_ALL": "C.UTF-8",
        }
        self.process = subprocess.Popen(
            command
            or [
                sys.executable,
                *(("-m", "rnn_tui") if code is None else ("-c", code)),
                *arguments,
            ],
            stdin=self.child,
            stdout=self.child,
            stderr=self.child,
            env={**base, **environ},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def read(self, seconds: float) -> None:
        """Take what comes for this long, no faster than the line is; return
        when nothing comes any more.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self.sip(left):
            pass

    def sip(self, seconds: float, size: int = 1 << 16) -> bool:
        """Take so many bytes at most, within so many seconds; False when none
        came.
        """
        if not select.select([self.parent], [], [], seconds)[0]:
            return False
        if self.rate is not None:
            size = max(1, self.rate // 50)
            self._allowance = (
                max(self._allowance, time.monotonic() - 0.02) + size / self.rate
            )
            time.sleep(max(0.0, self._allowance - time.monotonic()))
        try:
            data = os.read(self.parent, size)
        except OSError:  # nobody has the terminal open any more
            return False
        self.output += data
        return bool(data)

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Read until something is so."""
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end, (
                f"{what} never came; the end is {self.output[-400:]!r}"
            )
            ended = self.process.poll() is not None
            came = self.sip(0.05)
            assert came or not ended or done(), (
                f"it ended before {what} came: {self.output[-800:]!r}"
            )

    def wait_for(self, text: str | bytes, since: int = 0) -> None:
        """Read until `text` was written after the first `since` bytes."""
        wanted = text.encode() if isinstance(text, str) else text
        self.until(lambda: wanted in self.output[since:], repr(wanted))

    def screen(self) -> pyte.Screen:
        """Return what the terminal shows."""
        self._stream.feed(self.output[self._drawn :])
        self._drawn = len(self.output)
        return self._picture

    def picture(self) -> list[str]:
        """Return the lines the terminal shows."""
        return list(self.screen().display)

    def shows(self, text: str) -> None:
        """Read until `text` stands on the screen."""
        self.until(
            lambda: any(text in line for line in self.picture()),
            f"{text!r} on the screen",
        )

    def waits(self) -> bool:
        """Whether the program has read all that was typed and all its threads
        sleep.
        """
        unread = struct.unpack(
            "i", fcntl.ioctl(self.child, termios.FIONREAD, bytes(4))
        )[0]
        return not unread and states(self.process.pid) <= {"S", "T", "Z"}

    def rest(self) -> None:
        """Read until the program waits, writes nothing and has no child, for a
        while; or until it has ended.
        """
        begun = since = time.monotonic()
        while time.monotonic() - since < QUIET and self.process.poll() is None:
            assert since < begun + PATIENCE, (
                f"it never rests; the end is {self.output[-400:]!r}"
            )
            if self.sip(0.02) or not self.waits() or self.children():
                since = time.monotonic()

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.parent, keys.encode())

    def press_each(self, *keys: str) -> None:
        """Type one after the other, each when all that came before is done."""
        for key in keys:
            self.press(key)
            self.rest()

    def click(self, x: int, y: int) -> None:
        """Press and release the left button over a cell (counted from 0)."""
        os.write(
            self.parent,
            f"\x1b[<0;{x + 1};{y + 1}M\x1b[<0;{x + 1};{y + 1}m".encode(),
        )

    def resize(self, rows: int, columns: int) -> None:
        """Give the terminal another size; the kernel tells the program, which
        draws all anew.
        """
        if hasattr(self, "_picture") and (rows, columns) == (
            self._picture.lines,
            self._picture.columns,
        ):
            return
        self._drawn = len(self.output)
        self._picture = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._picture)
        fcntl.ioctl(
            self.parent,
            termios.TIOCSWINSZ,
            struct.pack("HHHH", rows, columns, 0, 0),
        )

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    def fill(self) -> None:
        """Fill the terminal's buffer: from here on it takes nothing more until
        it is read.
        """
        again = os.open(
            os.ttyname(self.child), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK
        )
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(again, b" " * 1024)
        os.close(again)

    def end(self, sip: int | None = None) -> int:
        """Wait for the exit status, reading on, and then for what the line
        still holds.

        With `sip`, the line is slower than any program: so many bytes are
        taken, and only while the program waits.
        """
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, (
                f"the process doesn't end; the last it wrote is {self.output[-400:]!r}"
            )
            if sip is None or self.waits():
                self.sip(0.02, sip or 1 << 16)
        self._final, self.rate = termios.tcgetattr(self.child), None
        os.close(self.child)
        self.child = -1
        while self.sip(PATIENCE):
            pass
        return self.process.returncode

    def is_restored(self) -> bool:
        """Whether the screen, the cursor, the mouse, the keys and the settings
        are as they were.
        """
        written = KITTY_FLAGS.sub(b"\x1b[>u", self.output)
        undone = all(
            written.rfind(off) > written.rfind(on)
            for on, off in PAIRS
            if on in written
        )
        return (
            undone
            and (
                termios.tcgetattr(self.child)
                if self.child >= 0
                else self._final
            )
            == self.settings
        )

    def children(self) -> list[int]:
        """The program's living descendants, whatever session they are in."""
        return descendants(self.process.pid)

    def hang_up(self) -> None:
        """Lose the line: nobody reads it any more."""
        for number in {self.parent, self.child} - {-1}:
            os.close(number)
        self.parent = self.child = -1

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: Any) -> None:
        for pid in self.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()
