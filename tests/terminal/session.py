"""A program on a pseudo-terminal of its own: keys, mouse, sizes, slow lines, and everything it wrote."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

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
    (b"\x1b[>25u", b"\x1b[<u"),  # kitty keys
    (b"\x1b[?2026h", b"\x1b[?2026l"),  # synchronised output
]
"""What is switched on, and what must be the last word on it."""


class Session:
    """A child on its own pseudo-terminal; everything it writes is kept. `rate`: bytes a second of the line."""

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
        self.resize(*size)
        self.settings = termios.tcgetattr(self.child)
        self.rate = rate
        self._allowance = time.monotonic()
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("TEXTUAL", "NO_COLOR", "COLORTERM", "LC_"))}
        base = {**keep, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(
            command or [sys.executable, *(("-m", "rnn_tui") if code is None else ("-c", code)), *arguments],
            stdin=self.child,
            stdout=self.child,
            stderr=self.child,
            env={**base, **environ},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.output = b""

    def read(self, seconds: float) -> None:
        """Take what comes for this long, no faster than the line is."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.parent], [], [], left)[0]:
                return
            size = 1 << 16
            if self.rate is not None:
                size = max(1, self.rate // 50)
                self._allowance = max(self._allowance, time.monotonic() - 0.02) + size / self.rate
                time.sleep(max(0.0, self._allowance - time.monotonic()))
            try:
                self.output += os.read(self.parent, size)
            except OSError:
                return

    def wait_for(self, text: str | bytes, since: int = 0, seconds: float = 60) -> None:
        """Read until `text` was written after the first `since` bytes."""
        wanted = text.encode() if isinstance(text, str) else text
        end = time.monotonic() + seconds
        while wanted not in self.output[since:]:
            assert time.monotonic() < end, f"{wanted!r} never came; the end is {self.output[-400:]!r}"
            assert self.process.poll() is None or self._is_more(), f"it ended: {self.output[-800:]!r}"
            self.read(0.1)

    def _is_more(self) -> bool:
        return bool(select.select([self.parent], [], [], 0)[0])

    def press(self, keys: str, pause: float = 0.0) -> None:
        """Type; with a pause after each key, reading on."""
        if not pause:
            os.write(self.parent, keys.encode())
            return
        for key in keys:
            os.write(self.parent, key.encode())
            self.read(pause)

    def click(self, x: int, y: int) -> None:
        """Press and release the left button over a cell (counted from 0)."""
        os.write(self.parent, f"\x1b[<0;{x + 1};{y + 1}M\x1b[<0;{x + 1};{y + 1}m".encode())

    def resize(self, rows: int, columns: int) -> None:
        """Give the terminal another size; the kernel tells the program."""
        fcntl.ioctl(self.parent, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    def end(self, seconds: float = 30) -> int:
        """Wait for the exit status, reading on, and then for what the line still holds."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, f"the process doesn't end; the last it wrote is {self.output[-400:]!r}"
            self.read(0.02)
        while select.select([self.parent], [], [], 0.2)[0]:  # a slow line goes on longer than the process
            self.read(0.2)
        return self.process.returncode

    def is_restored(self) -> bool:
        """Whether the screen, the cursor, the mouse, the keys and the settings are as they were."""
        undone = all(self.output.rfind(off) > self.output.rfind(on) for on, off in PAIRS if on in self.output)
        return undone and termios.tcgetattr(self.child) == self.settings

    def children(self) -> list[int]:
        """The program's living descendants, whatever session they are in."""
        return descendants(self.process.pid)

    def hang_up(self) -> None:
        """Lose the line: nobody reads it any more."""
        os.close(self.child)
        os.close(self.parent)
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
        if self.parent >= 0:
            os.close(self.parent)
            os.close(self.child)


def descendants(pid: int) -> list[int]:
    """Return the living descendants of a process (Linux; elsewhere none are known)."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *descendants(child)]
    return found


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie doesn't)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False
