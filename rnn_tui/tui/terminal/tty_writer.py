"""The line to the terminal: frames still queued when the program leaves are
dropped, and a line that is lost ends nothing.

Textual's writer thread writes into this as into a file. A slow line takes a
frame in pieces, each cut before an escape sequence, so that leaving doesn't
have to wait for what is still queued; only what gives the terminal back is
written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO

from rnn_tui.tui.terminal.throughput import Pace

PIECE = 1024
"""Characters written at once, at least; at 20 kB/s they take a twentieth of a
second.
"""


class Vital(str):
    """Text that must be written even on the way out."""

    __slots__ = ()


class Line:
    """A file for Textual's writer thread.

    `lost` is called once when the terminal is gone.
    """

    def __init__(self, file: IO[str], lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost
        self._is_lost = False
        self.leaving = False
        self.pace = Pace()
        """How fast the line is."""

    def write(self, text: str) -> None:
        """Write a frame; when leaving, only the vital text."""
        vital = isinstance(text, Vital)
        for piece in pieces(text):
            if self._is_lost or (self.leaving and not vital):
                return

            begun = self.pace.begin()
            try:
                self._file.write(piece)
                if len(text) > PIECE:
                    self._file.flush()
            except (OSError, ValueError):
                self._lose()

            self.pace.wrote(len(piece.encode("utf-8", "replace")), begun)

    def flush(self) -> None:
        """Pass on the buffered text."""
        if self._is_lost:
            return

        begun = self.pace.begin()
        try:
            self._file.flush()
        except (OSError, ValueError):
            self._lose()

        self.pace.wrote(0, begun)

    def fileno(self) -> int:
        """The file's number."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._file.isatty()

    def _lose(self) -> None:
        self._is_lost = True
        self._lost()


_CUT = re.compile(f"[\\s\\S]{{{PIECE}}}[^\x1b]*")


def pieces(text: str) -> Iterator[str]:
    """Yield `text` in pieces that end where an escape sequence begins."""
    if len(text) <= PIECE:
        yield text
        return

    start = 0
    for piece in _CUT.finditer(text):
        yield piece.group()
        start = piece.end()

    if start < len(text):
        yield text[start:]
