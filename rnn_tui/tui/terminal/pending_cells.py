"""The cells a slow line hasn't been given yet: always those of the newest
picture, the smallest changes first.

A screen of colours is 100 KB and more: two seconds on a line of 50 KB/s, in
which no key would show what it did. So such a line gets a share at a time, and
what changes meanwhile doesn't wait behind the rest: what is newest goes first,
and of that the rows that are quickly said (a status, a number, before a row of
a heat map). A cell that changes again before its turn is sent once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

S = TypeVar("S")


class Waiting(dict[int, dict[int, tuple[str, S]]]):
    """By row and column: the character that is to be written, and its style.

    Columns and rows count from 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self._frame = 0
        self._touched: dict[int, int] = {}

    def begin_frame(self) -> None:
        """Cells put from here on are newer than all before."""
        self._frame += 1

    def put(self, x: int, y: int, char: str, style: S) -> None:
        """Let a cell wait."""
        self.setdefault(y, {})[x] = (char, style)
        self._touched[y] = self._frame

    def drop(self, x: int, y: int) -> None:
        """A cell is as it should be."""
        row = self.get(y)
        if row is not None:
            row.pop(x, None)
            if not row:
                del self[y]

    def in_turn(self) -> list[int]:
        """Return the rows that have cells waiting, in the order they are to be
        sent.
        """
        return sorted(self, key=self._turn)

    def _turn(self, y: int) -> tuple[int, int, int]:
        """Return the sort key of a row, which decides when it is sent: how long
        it has waited, how many runs it has, and where it is.
        """
        runs = sum(1 for _ in _runs(self[y]))
        return -self._touched[y], runs, y

    def take(self, y: int) -> Iterator[tuple[int, str, S]]:
        """Yield a row's runs of one style, as their first column, text and
        style; they wait no longer.
        """
        return _runs(self.pop(y))

    def clear(self) -> None:
        """Nothing waits."""
        super().clear()
        self._touched.clear()


def _runs(row: dict[int, tuple[str, S]]) -> Iterator[tuple[int, str, S]]:
    """Yield a row's runs of cells beside each other that have one style."""
    start = end = 0
    text = ""
    style: S | None = None
    for x, (char, own) in sorted(row.items()):
        if text and style is not None and (x != end or own != style):
            yield start, text, style
            text = ""

        if not text:
            start = x
            style = own

        text += char
        end = x + 1

    if text and style is not None:
        yield start, text, style
