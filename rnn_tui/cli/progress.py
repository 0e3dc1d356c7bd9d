"""How far a long run is, on one line of the terminal that goes away again."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

FIRST = 1.0
"""Seconds before anything is shown."""
EVERY = 0.2


@contextlib.contextmanager
def progress_line() -> Iterator[Callable[[int, int], None] | None]:
    """Yield a `progress(done, total)` for Model.run, or None where nobody looks
    at stderr.
    """
    if not sys.stderr.isatty():
        yield None
        return

    line = _Line()
    try:
        yield line
    finally:
        line.clear()


class _Line:
    """The line and when it was last written."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.next = self.started + FIRST
        self.shown = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now < self.next:
            return

        self.next = now + EVERY
        self.shown = True
        seconds_each = (now - self.started) / max(1, done)
        left = seconds_each * (total - done)
        sys.stderr.write(
            f"\r\x1b[K{done:,} of {total:,} timesteps, {left:.0f} s left"
        )
        sys.stderr.flush()

    def clear(self) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
