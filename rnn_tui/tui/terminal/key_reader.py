"""Keys without waking up in between: Textual's driver looks for them ten times
a second, ours sleeps until one comes.

An escape may be a key or the beginning of one; the parser decides by the clock
and has to be asked again for a moment after something was typed. Otherwise
nothing happens until the terminal, or the driver that leaves, says so.
"""

from __future__ import annotations

import os
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from selectors import EVENT_READ, DefaultSelector
from threading import Event
from time import monotonic, sleep
from typing import Protocol

from textual.message import Message

TICK = 0.05
"""Seconds between two looks at the clock while a key may be unfinished."""

AFTER = 0.5
"""Seconds after a key during which the clock is looked at."""


class Parser(Protocol):
    """Textual's parser of a terminal's input."""

    def feed(self, data: str) -> Iterable[Message]:
        """Take the typed keys."""

    def tick(self) -> Iterable[Message]:
        """Look at the clock."""


class Bell:
    """Wakes a thread that waits for keys."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()

    def ring(self) -> None:
        """Wake it."""
        os.write(self._writer, b".")

    def hush(self) -> None:
        """Forget all ringing."""
        while len(os.read(self.reader, 64)) == 64:
            pass


def read_keys(
    source: int,
    parser: Parser,
    bell: Bell,
    stop: Event,
    send: Callable[[Message], None],
) -> bool:
    """Send the keys typed at `source` until `stop` is set (then the bell must
    ring); False when the terminal is gone.
    """
    decode = getincrementaldecoder("utf-8")(errors="replace").decode
    until = 0.0
    with DefaultSelector() as selector:
        selector.register(source, EVENT_READ)
        selector.register(bell.reader, EVENT_READ)
        while not stop.is_set():
            ready = {
                key.fd
                for key, _ in selector.select(
                    TICK if monotonic() < until else None
                )
            }
            if source in ready:
                try:
                    data = os.read(source, 4096)
                except OSError:
                    return False

                if not data:
                    return False

                until = monotonic() + AFTER
                for event in parser.feed(decode(data)):
                    send(event)
            elif ready:
                sleep(TICK / 10)  # the driver is about to stop us

            for event in parser.tick():
                send(event)

    bell.hush()

    return True
