"""Only the cells that change go to the terminal.

Textual rewrites every changed widget in full, each run of cells with its
colours and a reset. `CellDiff` is between it and the terminal: it follows the
content of the terminal, cell by cell, and turns a frame into the moves, colours
and characters that are really new. Anything it doesn't know passes unchanged,
and the known cells are forgotten.

With a limit, only about so many bytes are returned, and the rest waits for its
turn (see `pending_cells`).

A timestep of playback is some forty runs of cells. So a frame passes three
loops (what is inside the terminal, what of it is new, how that is said), and
what they ask for each run is a cached function (`width_of`, `moved`, `change`):
looking up runs no Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple, TypeAlias

from rich.cells import set_cell_size

from rnn_tui.tui.terminal.pending_cells import Waiting
from rnn_tui.tui.terminal.sgr import (
    NOTHING,
    Colours,
    change,
    ground_alone,
    parse,
)
from rnn_tui.tui.terminal.text_width import width_of

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

EDGELESS = 1 << 30
"""Columns and lines of a terminal whose size isn't known."""

NOWHERE = (-1, -1)
"""Where a cursor is whose place isn't known."""

Run: TypeAlias = tuple[int, int, str, Colours]
"""The column and the line of the cell that characters of one style begin at,
the characters and the style.

A plain tuple: a timestep of playback makes some forty, and to make a named one
runs a function of Python.
"""


Change: TypeAlias = tuple[int, int, int, str, Colours]
"""Cells that are new: their first column, their line, the column after the
last, and, as in a run, the characters and the style.
"""


Cell: TypeAlias = tuple[str, Colours]
"""A cell's character and its style."""

UNKNOWN: Cell = ("\0", NOTHING)
"""A cell of which nothing is known: no text is equal to it."""


class CellDiff:
    """The content of the terminal, and the output that changes it into another
    one.
    """

    def __init__(self) -> None:
        self.size: tuple[int, int] | None = None
        """The terminal's columns and lines, None where they aren't known."""
        self._held = ""
        self._synchronised = False
        self._waiting: Waiting[Colours] = Waiting()
        self.forget()

    def forget(self) -> None:
        """Know nothing of the terminal: whatever comes next is written in full,
        and waiting cells are not.
        """
        self._waiting.clear()
        self._rows: dict[int, list[Cell]] = {}
        self._at: tuple[int, int] | None = None
        self._goal: tuple[int, int] | None = None
        self._style: Colours | None = None

    @property
    def waits(self) -> bool:
        """Whether something waits for its turn."""
        return bool(self._waiting)

    def feed(self, data: str, limit: int | None = None) -> str:
        """Return the output for `data`: all of it, or up to the row in which
        `limit` characters are reached.
        """
        if data in (SYNC_START, SYNC_END):
            return self._synchronise(data)

        out = self._begin(limit)
        frame = read_frame(data)
        self._put(out, frame.runs, limit)
        if frame.rest:
            return self._unknown(out, frame)

        self._take_turns(out, limit)

        return self._finish(out, frame.target)

    def paint(self, runs: Iterable[Run], limit: int | None = None) -> str:
        """Return the output for a frame that comes as runs of cells."""
        out = self._begin(limit)
        self._put(out, runs, limit)
        self._take_turns(out, limit)
        changed = self._finish(out, None)
        if changed and self._synchronised:
            return f"{SYNC_START}{changed}{SYNC_END}"

        return changed

    def _begin(self, limit: int | None) -> list[str]:
        """Return the list that collects the parts of a frame."""
        out: list[str] = []
        if limit is None:
            self._take_turns(out, None)

        self._waiting.begin_frame()

        return out

    def _put(
        self,
        out: list[str],
        runs: Iterable[Run],
        limit: int | None,
    ) -> None:
        """Write runs, or let them wait."""
        inside = self._inside(runs)
        if limit is None:
            self._write(out, inside)
            return

        for run in inside:
            self._put_off(out, run)

    def _inside(self, runs: Iterable[Run]) -> list[Run]:
        """Return the part of the runs inside the terminal: cells beyond its
        edge would appear somewhere else.
        """
        columns, lines = self.size or (EDGELESS, EDGELESS)
        kept = []
        for x, y, text, style in runs:
            if y >= lines or x >= columns:
                continue

            if x + width_of(text) > columns:
                text = set_cell_size(text, columns - x)

            kept.append((x, y, text, style))

        return kept

    def _take_turns(self, out: list[str], limit: int | None) -> None:
        """Write the waiting cells, row by row, until the limit is reached."""
        if not self._waiting or limit == 0:
            return

        for y in self._waiting.in_turn():
            if limit is not None and sum(map(len, out)) >= limit:
                return

            taken = self._waiting.take(y)
            self._write(out, [(x, y, text, style) for x, text, style in taken])

    def _put_off(self, out: list[str], run: Run) -> None:
        """Let a run of cells wait where they differ from the terminal.

        Text with wide characters goes at once: it can't be cut.
        """
        x, y, text, style = run
        width = width_of(text)
        if width != len(text):
            for column in range(x, x + width):
                self._waiting.drop(column, y)

            self._write(out, [run])
            return

        if not style.attributes and text.isspace():
            style = ground_alone(style)

        row = self._rows.get(y, [])
        for column, cell in enumerate(zip(text, repeat(style)), x):
            if column < len(row) and row[column] == cell:
                self._waiting.drop(column, y)
            else:
                self._waiting.put(column, y, *cell)

    def _finish(self, out: list[str], target: tuple[int, int] | None) -> str:
        """Leave no colour behind, and the cursor where it was wanted."""
        if self._style not in (None, NOTHING):
            out.append("\x1b[m")
            self._style = NOTHING

        if self._waiting:
            target, self._goal = None, target or self._goal
        else:
            target = target or self._goal
            self._goal = None

        if target is not None and target != self._at:
            out.append(f"\x1b[{target[1] + 1};{target[0] + 1}H")
            self._at = target

        return self._released("".join(out))

    def _write(self, out: list[str], runs: Iterable[Run]) -> None:
        """Write runs of cells where they differ from the terminal: go there,
        take the style, write the text.
        """
        columns = self.size[0] if self.size else 0
        at = self._at or NOWHERE
        last = self._style
        for x, y, end, text, style in self._changes(runs):
            if at != (x, y):
                # after a line's last cell the cursor isn't where it would be
                is_along = at[1] == y and at[0] < min(x, columns)
                if is_along:
                    out.append(forward(x - at[0]))
                else:
                    out.append(f"\x1b[{y + 1};{x + 1}H")

            if last is not style:
                blank = not style.attributes and text.isspace()
                told, last = change(last, style, blank)
                out.append(told)

            out.append(text)
            at = end, y

        self._at = at
        self._style = last

    def _changes(self, runs: Iterable[Run]) -> list[Change]:
        """Return the cells of runs that aren't there yet; from here on they
        are.
        """
        found = []
        for x, y, text, style in runs:
            width = width_of(text)
            if not width:
                continue

            end = x + width
            row = self._rows.get(y)
            if row is None or len(row) < end:
                row = self._lengthened(y, end)

            if not style.attributes and text.isspace():
                style = ground_alone(style)

            before = row[x:end]
            one_each = width == len(text)
            if one_each:
                cells = list(zip(text, repeat(style)))
            else:
                cells = [(text, style), *[("", style)] * (width - 1)]

            if before == cells:
                continue

            row[x:end] = cells
            # of a text with wide or combining characters no part can be
            # written alone
            if one_each:
                first = 0
                while before[first] == cells[first]:
                    first += 1

                while before[-1] == cells[-1]:
                    before.pop()
                    cells.pop()

                text = text[first : len(cells)]
                end = x + len(cells)
                x += first

            found.append((x, y, end, text, style))

        return found

    def _lengthened(self, y: int, end: int) -> list[Cell]:
        """Return a row that has at least `end` cells; all of the terminal's,
        where that is known.
        """
        row = self._rows.setdefault(y, [])
        if self.size is not None:
            end = max(end, self.size[0])

        row += [UNKNOWN] * (end - len(row))

        return row

    def _unknown(self, out: list[str], frame: Frame) -> str:
        """Let the rest of the data pass as it is; forget all but what terminal
        modes don't touch.
        """
        if not frame.style_is_open and _modes_alone(frame.rest):
            return self._released("".join(out) + frame.rest)

        self._take_turns(out, None)
        if self._style not in (None, NOTHING):
            out.append("\x1b[m")

        self.forget()

        return self._released("".join(out) + frame.rest)

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

        held = self._held
        self._held = ""

        return held + written


@lru_cache(maxsize=512)
def forward(cells: int) -> str:
    """Return the sequence that moves the cursor on by so many cells of its
    line.

    With naming a place it is the only move that is written: what reads a
    terminal's output for strange control characters knows these two.
    """
    if cells == 1:
        return "\x1b[C"

    return f"\x1b[{cells}C"


class Frame(NamedTuple):
    """One write of Textual's, read."""

    runs: list[Run]
    rest: str
    """The data from the first token on that isn't a frame's, as it came."""
    style_is_open: bool
    """Whether that comes within a style."""
    target: tuple[int, int] | None
    """Where the cursor is left, None where that is after the last run."""


def read_frame(data: str) -> Frame:
    """Return the runs of cells in Textual's output: moves, styles that each end
    in a reset, text.
    """
    runs: list[Run] = []
    at: tuple[int, int] | None = None
    sgr: list[str] = []
    target: tuple[int, int] | None = None
    for token in TOKEN.finditer(data):
        kind = token.lastgroup
        if kind == "x":
            at = target = int(token["x"]) - 1, int(token["y"]) - 1
        elif kind == "sgr" and token["sgr"] in ("", "0"):
            sgr = []
        elif kind == "sgr":
            sgr.append(token["sgr"])
        elif kind == "text" and at is not None:
            text = token["text"]
            runs.append((*at, text, parse(";".join(sgr))))
            at = at[0] + width_of(text), at[1]
            target = None
        elif kind == "newline":
            at = None  # where a line begins depends on the terminal's modes
        else:
            return Frame(runs, data[token.start() :], bool(sgr), None)

    return Frame(runs, "", bool(sgr), target)


def _modes_alone(data: str) -> bool:
    """Say whether these are terminal modes alone, and none that changes the
    picture.
    """
    if any(other in data for other in OTHER_SCREEN):
        return False

    return all(token.lastgroup == "mode" for token in TOKEN.finditer(data))
