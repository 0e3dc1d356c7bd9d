"""A terminal that counts: a program on a pty, its bytes and CPU time, on a line
as slow as asked for.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from pathlib import Path

import pyte

TICKS = os.sysconf("SC_CLK_TCK")
CHUNK = 65536


class Terminal:
    """A child on a pty. `rate` is the line's bytes a second (None: as fast as
    it goes).
    """

    def __init__(
        self,
        command: Sequence[str],
        columns: int = 160,
        rows: int = 48,
        environment: dict[str, str] | None = None,
        rate: float | None = None,
    ) -> None:
        self.rate = rate
        self.bytes = 0
        self.received = bytearray()
        self.started = time.perf_counter()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            env = {
                **os.environ,
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                **(environment or {}),
            }
            env.pop("NO_COLOR", None)
            os.execvpe(command[0], list(command), env)
        fcntl.ioctl(
            self.master,
            termios.TIOCSWINSZ,
            struct.pack("HHHH", rows, columns, 0, 0),
        )
        self._allowance = self.started
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._drawn = 0

    def send(self, keys: str) -> None:
        """Type `keys`."""
        os.write(self.master, keys.encode())

    def read(self, seconds: float) -> int:
        """Read for `seconds`; return how many bytes came."""
        before, end = self.bytes, time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0 and self._read_some(left):
            pass
        return self.bytes - before

    def until(self, text: str, timeout: float = 30) -> float | None:
        """Read until `text` was drawn; return the seconds since the start, None
        when it never came.
        """
        end, wanted = time.perf_counter() + timeout, text.encode()
        while wanted not in self.received:
            left = end - time.perf_counter()
            if left <= 0 or not self._read_some(left):
                return None
        return time.perf_counter() - self.started

    def quiet(self, silence: float = 1.0, timeout: float = 20) -> bool:
        """Read until nothing has come for `silence` seconds; False when it
        never ceases.
        """
        end = time.perf_counter() + timeout
        while time.perf_counter() < end:
            if not self.read(silence):
                return True
        return False

    def after(self, keys: str, text: str, timeout: float = 30) -> float | None:
        """Type `keys`; return the seconds until `text` came, None when it never
        came.
        """
        start, begin, wanted = (
            len(self.received),
            time.perf_counter(),
            text.encode(),
        )
        self.send(keys)
        while wanted not in self.received[start:]:
            left = begin + timeout - time.perf_counter()
            if left <= 0 or not self._read_some(min(left, 0.05)):
                return None
        return time.perf_counter() - begin

    def gone_after(
        self, keys: str, text: str, timeout: float = 30
    ) -> float | None:
        """Type `keys`; return the seconds until `text` stands nowhere on the
        screen, None when it never goes.
        """
        begin = time.perf_counter()
        self.send(keys)
        while any(text in line for line in self.picture()):
            if time.perf_counter() - begin > timeout:
                return None
            self._read_some(0.02)
        return time.perf_counter() - begin

    def picture(self) -> Sequence[str]:
        """Return the lines the terminal shows."""
        self._stream.feed(bytes(self.received[self._drawn :]))
        self._drawn = len(self.received)
        return self._screen.display

    def ended(self, timeout: float = 60) -> float | None:
        """Read until the program has ended; return the seconds it took from
        now, None when it did not end.
        """
        begin = time.perf_counter()
        while time.perf_counter() - begin < timeout:
            if not self._read_some(0.02):
                os.waitpid(self.pid, 0)
                return time.perf_counter() - begin
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                return time.perf_counter() - begin
        return None

    def cpu(self) -> float:
        """Return the CPU seconds the program has used."""
        fields = (
            Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        )
        return (int(fields[11]) + int(fields[12])) / TICKS

    def wakeups(self) -> int:
        """Return how often the program has given up the processor of its own
        will, over all its threads.
        """
        total = 0
        for status in Path(f"/proc/{self.pid}/task").glob("*/status"):
            line = next(
                row
                for row in status.read_text().splitlines()
                if row.startswith("voluntary")
            )
            total += int(line.split()[1])
        return total

    def close(self) -> None:
        """End the program if it still runs."""
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.master)

    def _read_some(self, wait: float) -> bool:
        """Read what is there within `wait` seconds; False once the program has
        hung up.
        """
        if not select.select([self.master], [], [], wait)[0]:
            return True
        size = CHUNK
        if self.rate is not None:
            size = max(1, min(CHUNK, int(self.rate * 0.02)))
            self._allowance = (
                max(self._allowance, time.perf_counter() - 0.02)
                + size / self.rate
            )
            time.sleep(max(0.0, self._allowance - time.perf_counter()))
        try:
            data = os.read(self.master, size)
        except OSError:
            return False
        self.bytes += len(data)
        self.received += data
        return bool(data)
