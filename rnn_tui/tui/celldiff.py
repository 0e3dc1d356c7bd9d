"""Only the cells that change go to the terminal.

Textual rewrites every changed widget in full, each run of cells with its colours and a reset. `CellDiff` stands between
it and the terminal: it follows what the terminal shows, cell by cell, and turns a frame into the moves, colours and
characters that are really new. Anything it doesn't know passes unchanged, and what it knew is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

TOKEN = re.compile(
    r"\x1b\[(?P<y>\d+);(?P<x>\d+)H"
    r"|\x1b\[(?P<sgr>[\d;]*)m"
    r"|(?P<text>[^\x00-\x1f\x7f]+)"
    r"|(?P<newline>\n)"
    r"|(?P<mode>\x1b\[[?>][\d;]*(?:\$p|[a-zA-Z]))"
    r"|(?P<other>[\x00-\x1f\x7f])"
)
SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
OTHER_SCREEN = ("\x1b[?1049h", "\x1b[?1049l")


class Colours(NamedTuple):
    """A style as the terminal is told of it: attributes, colour and ground, each as its numbers."""

    attributes: tuple[str, ...]
    front: str | None
    ground: str | None


@lru_cache(4096)
def parse(sgr: str) -> Colours:
    """Return the parts of an SGR sequence that starts from nothing."""
    attributes: list[str] = []
    front = ground = None
    numbers = iter(sgr.split(";"))
    for number in numbers:
        if number in ("38", "48"):
            kind = next(numbers, "")
            count = 3 if kind == "2" else 1
            colour = ";".join([number, kind, *(next(numbers, "0") for _ in range(count))])
            front, ground = (colour, ground) if number == "38" else (front, colour)
        elif number[:1] in ("3", "9") and len(number) == 2:
            front = None if number == "39" else number
        elif (number[:1] == "4" and len(number) == 2) or number[:2] == "10":
            ground = None if number == "49" else number
        elif number not in ("", "0"):
            attributes.append(number)
    return Colours(tuple(attributes), front, ground)


@lru_cache(16384)
def change(before: Colours, after: Colours, blank: bool) -> str:
    """Return the shortest sequence from one style to another; on blank cells the colour of letters doesn't matter."""
    if before.attributes != after.attributes:
        parts = [*after.attributes, *(part for part in (after.front, after.ground) if part)]
        return f"\x1b[{';'.join(['0', *parts])}m" if parts else "\x1b[m"
    parts = []
    if before.front != after.front and not (blank and not after.attributes):
        parts.append(after.front or "39")
    if before.ground != after.ground:
        parts.append(after.ground or "49")
    return f"\x1b[{';'.join(parts)}m" if parts else ""


NOTHING = Colours((), None, None)


class Run(NamedTuple):
    """Characters of one style, and the cell they begin at."""

    x: int
    y: int
    text: str
    style: Colours


class CellDiff:
    """What the terminal shows, and what must be written to make it show something else."""

    def __init__(self) -> None:
        self._held = ""
        self._synchronised = False
        self.forget()

    def forget(self) -> None:
        """Know nothing of the terminal: whatever comes next is written in full."""
        self._rows: dict[int, tuple[list[str], list[Colours]]] = {}
        self._at: tuple[int, int] | None = None
        self._style: Colours | None = None

    def feed(self, data: str) -> str:
        """Return what to write for `data`."""
        if data in (SYNC_START, SYNC_END):
            return self._synchronise(data)
        out: list[str] = []
        x = y = 0
        placed = False  # whether the position is known
        sgr = ""
        target: tuple[int, int] | None = None
        for token in TOKEN.finditer(data):
            kind = token.lastgroup
            if kind == "x":
                x, y = int(token["x"]) - 1, int(token["y"]) - 1
                placed, target = True, (x, y)
            elif kind == "sgr":
                given = token["sgr"]
                sgr = "" if given in ("", "0") else f"{sgr};{given}" if sgr else given
            elif kind == "text" and placed:
                x += self._write(out, x, y, token["text"], parse(sgr))
                target = None
            elif kind == "newline":
                placed = False
            else:
                return self._unknown(out, data, token.start(), kind == "mode" and not sgr)
        return self._finish(out, target)

    def paint(self, runs: Iterable[Run]) -> str:
        """Return what to write for a frame that comes as runs of cells."""
        out: list[str] = []
        for x, y, text, style in runs:
            self._write(out, x, y, text, style)
        changed = self._finish(out, None)
        return f"{SYNC_START}{changed}{SYNC_END}" if changed and self._synchronised else changed

    def _finish(self, out: list[str], target: tuple[int, int] | None) -> str:
        """Leave no colour behind, and the cursor where it was wanted."""
        if self._style not in (None, NOTHING):
            out.append("\x1b[m")
            self._style = NOTHING
        if target is not None and target != self._at:
            out.append(f"\x1b[{target[1] + 1};{target[0] + 1}H")
            self._at = target
        return self._released("".join(out))

    def _write(self, out: list[str], x: int, y: int, text: str, style: Colours) -> int:
        """Write a run of cells where they differ from what is there; return its width."""
        chars, styles = self._rows.setdefault(y, ([], []))
        width = cell_len(text)
        cells = list(text) if width == len(text) else [text, *[""] * (width - 1)]
        end = x + width
        if len(chars) < end:
            missing = end - len(chars)
            chars += ["\0"] * missing
            styles += [NOTHING] * missing
        blank = text.isspace() and not style.attributes
        if blank:
            style = Colours((), None, style.ground)
        same = [style] * width
        old, old_styles = chars[x:end], styles[x:end]
        if old == cells and old_styles == same:
            return width
        first, last = 0, width
        if width == len(text):
            while old[first] == cells[first] and old_styles[first] == style:
                first += 1
            while old[last - 1] == cells[last - 1] and old_styles[last - 1] == style:
                last -= 1
            text = text[first:last]
        self._go(out, x + first, y)
        out.append(change(self._style or NOTHING, style, blank) if self._style is not None else f"\x1b[m{_full(style)}")
        out.append(text)
        kept = (self._style or NOTHING).front if blank else style.front
        self._style = Colours(style.attributes, kept, style.ground)
        self._at = (x + last, y)
        chars[x:end], styles[x:end] = cells, same
        return width

    def _go(self, out: list[str], x: int, y: int) -> None:
        if self._at == (x, y):
            return
        if self._at is not None and self._at[1] == y and 0 < x - self._at[0] < 100:
            distance = x - self._at[0]
            out.append(f"\x1b[{distance}C" if distance > 1 else "\x1b[C")
        else:
            out.append(f"\x1b[{y + 1};{x + 1}H")
        self._at = (x, y)

    def _unknown(self, out: list[str], data: str, start: int, harmless: bool) -> str:
        """Let the rest of the data pass as it is; forget all but what terminal modes don't touch."""
        rest = data[start:]
        modes_only = harmless and not any(other in rest for other in OTHER_SCREEN) and _modes(rest)
        written = "".join(out)
        if not modes_only:
            written += "\x1b[m" if self._style not in (None, NOTHING) else ""
            self.forget()
        return self._released(written + rest)

    def _synchronise(self, data: str) -> str:
        """Hold the mark of a frame's beginning until something is in it."""
        if data == SYNC_START:
            self._synchronised = True
            self._held = data
            return ""
        if self._held:
            self._held = ""
            return ""
        return data

    def _released(self, written: str) -> str:
        if not written:
            return ""
        held, self._held = self._held, ""
        return held + written


def _modes(data: str) -> bool:
    return all(token.lastgroup == "mode" for token in TOKEN.finditer(data))


@lru_cache(4096)
def _full(style: Colours) -> str:
    parts = [*style.attributes, *(part for part in (style.front, style.ground) if part)]
    return f"\x1b[{';'.join(parts)}m" if parts else ""
