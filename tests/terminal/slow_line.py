"""A line that carries few bytes a second and takes its time for each of them,
as one over a telephone does.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import pyte
from session import Session


class SlowLine(Session):
    """A program behind a line of `rate` bytes a second, on which keys and
    answers together need `delay` seconds.
    """

    def __init__(
        self, *arguments: str, rate: int, delay: float, **options: Any
    ) -> None:
        self._one_way = delay / 2
        self._typed: deque[tuple[float, bytes]] = deque()
        self._written: deque[tuple[float, int]] = deque()
        self._arrived = 0
        """How many bytes of the output have reached the screen."""
        self.taken = b""
        """All bytes that the line was given."""
        super().__init__(*arguments, rate=rate, **options)

    def press(self, keys: str) -> None:
        """Type one packet."""
        self._typed.append((time.monotonic() + self._one_way, keys.encode()))

    def sip(self, seconds: float, size: int = 1 << 16) -> bool:
        """Let keys and bytes arrive that are due; False when no byte did."""
        end = time.monotonic() + seconds
        while not self._deliver():
            left = end - time.monotonic()
            if left <= 0:
                return False

            self._take(min(left, self._until_due()), size)

        return True

    def waits(self) -> bool:
        """Whether nothing is on its way, and the program waits for keys."""
        return not self._typed and not self._written and super().waits()

    def _deliver(self) -> bool:
        """Hand over what is due; return whether a byte reached the screen."""
        now = time.monotonic()
        while self._typed and self._typed[0][0] <= now:
            os.write(self.parent, self._typed.popleft()[1])

        before = self._arrived
        while self._written and self._written[0][0] <= now:
            self._arrived = self._written.popleft()[1]

        self.output = self.taken[: self._arrived]

        return self._arrived > before

    def _until_due(self) -> float:
        """Return the seconds until a key or a byte arrives."""
        due = [queue[0][0] for queue in (self._typed, self._written) if queue]
        if not due:
            return float("inf")

        return max(0.0, min(due) - time.monotonic())

    def _take(self, seconds: float, size: int) -> None:
        """Take from the program what the line carries meanwhile."""
        self.output = self.taken
        came = super().sip(seconds, size)
        self.taken = self.output
        self.output = self.taken[: self._arrived]
        if came:
            due = time.monotonic() + self._one_way
            self._written.append((due, len(self.taken)))


def offset_of(
    output: bytes,
    since: int,
    size: tuple[int, int],
    shown: Callable[[pyte.Screen], bool],
) -> int:
    """Return how many bytes after the first `since` a screen of so many lines
    and columns had been given when something was shown on it.
    """
    screen = pyte.Screen(size[1], size[0])
    stream = pyte.ByteStream(screen)
    stream.feed(output[:since])
    for at in range(since, len(output), STEP):
        if shown(screen):
            return at - since

        stream.feed(output[at : at + STEP])

    assert shown(screen), "it is never shown"

    return len(output) - since


STEP = 32
"""Bytes between two looks at the screen."""
