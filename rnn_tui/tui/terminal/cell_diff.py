"""Only the cells that change go to the terminal.

Textual rewrites every changed widget in full, each run of cells with its colours and a
reset. `CellDiff` stands between it and the terminal: it follows what the terminal
shows, cell by cell, and turns a frame into the moves, colours and characters that are
really new. Anything it doesn't know passes unchanged, and what it knew is forgotten.

With a limit, only about so many bytes are returned, and the rest waits for its turn
(see `waiting`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from rnn_tui.tui.terminal.pending_cells import Waiting
from rnn_tui.tui.terminal.sgr import NOTHING, Colours, change, full, parse, seen

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


class Run(NamedTuple):
    """Characters of one style, and the cell they begin at."""

    x: int
    y: int
    text: str
    style: Colours


class CellDiff:
    """What the terminal shows, and what must be written to make it show something
    else.
    """

    def __init__(self) -> None:
        self.size: tuple[int, int] | None = None
        """The terminal's columns and lines, None where they aren't known."""
        self._held = ""
        self._synchronised = False
        self._waiting: Waiting[Colours] = Waiting()
        self.forget()

    def forget(self) -> None:
        """Know nothing of the terminal: whatever comes next is written in full, and
        what waited is not.
        """
        self._waiting.clear()
        self._rows: dict[int, tuple[list[str], list[Colours]]] = {}
        self._at: tuple[int, int] | None = None
        self._goal: tuple[int, int] | None = None
        self._style: Colours | None = None

    @property
    def waits(self) -> bool:
        """Whether something waits for its turn."""
        return bool(self._waiting)

    def feed(self, data: str, limit: int | None = None) -> str:
        """Return what to write for `data`: all of it, or up to the row in which `limit`
        characters are reached.
        """
        if data in (SYNC_START, SYNC_END):
            return self._synchronise(data)

        out = self._begin(limit)
        x = y = 0
        placed = False  # whether the position is known
        sgr = ""
        target: tuple[int, int] | None = None
        for token in TOKEN.finditer(data):
            kind = token.lastgroup
            if kind == "x":
                x = int(token["x"]) - 1
                y = int(token["y"]) - 1
                placed = True
                target = (x, y)
            elif kind == "sgr":
                given = token["sgr"]
                if given in ("", "0"):
                    sgr = ""
                elif sgr:
                    sgr = f"{sgr};{given}"
                else:
                    sgr = given
            elif kind == "text" and placed:
                self._put(out, Run(x, y, token["text"], parse(sgr)), limit)
                x += cell_len(token["text"])
                target = None
            elif kind == "newline":
                placed = False
            else:
                return self._unknown(
                    out, data, token.start(), kind == "mode" and not sgr
                )

        self._take_turns(out, limit)

        return self._finish(out, target)

    def paint(self, runs: Iterable[Run], limit: int | None = None) -> str:
        """Return what to write for a frame that comes as runs of cells."""
        out = self._begin(limit)
        for run in runs:
            self._put(out, run, limit)

        self._take_turns(out, limit)
        changed = self._finish(out, None)
        if changed and self._synchronised:
            return f"{SYNC_START}{changed}{SYNC_END}"

        return changed

    def _begin(self, limit: int | None) -> list[str]:
        """Return what a frame is collected in."""
        out: list[str] = []
        if limit is None:
            self._take_turns(out, None)

        self._waiting.begin_frame()

        return out

    def _put(self, out: list[str], run: Run, limit: int | None) -> None:
        """Write a run, or let it wait; what lies beyond the terminal's edge would stand
        somewhere else.
        """
        x, y, text, style = run
        if self.size is not None:
            columns, lines = self.size
            if y >= lines or x >= columns:
                return

            if x + cell_len(text) > columns:
                text = set_cell_size(text, columns - x)

        put = self._write if limit is None else self._put_off
        put(out, x, y, text, style)

    def _take_turns(self, out: list[str], limit: int | None) -> None:
        """Write what waits, row by row, until the limit is reached."""
        if not self._waiting or limit == 0:
            return

        for y in self._waiting.in_turn():
            if limit is not None and sum(map(len, out)) >= limit:
                return

            for x, text, style in self._waiting.take(y):
                self._write(out, x, y, text, style)

    def _put_off(
        self, out: list[str], x: int, y: int, text: str, style: Colours
    ) -> None:
        """Let a run of cells wait where they differ from what is there.

        Text with wide characters goes at once: it can't be cut.
        """
        width = cell_len(text)
        whole = width != len(text)
        style = seen(text, style)
        chars, styles = self._rows.get(y, ([], []))
        known = min(len(chars) - x, width)
        for k in range(width):
            if whole or (
                k < known and chars[x + k] == text[k] and styles[x + k] == style
            ):
                self._waiting.drop(x + k, y)
            else:
                self._waiting.put(x + k, y, text[k], style)

        if whole:
            self._write(out, x, y, text, style)

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

    def _write(self, out: list[str], x: int, y: int, text: str, style: Colours) -> None:
        """Write a run of cells where they differ from what is there."""
        chars, styles = self._rows.setdefault(y, ([], []))
        width = cell_len(text)
        if width == len(text):
            cells = list(text)
        else:
            cells = [text, *[""] * (width - 1)]

        end = x + width
        if len(chars) < end:
            missing = end - len(chars)
            chars += ["\0"] * missing
            styles += [NOTHING] * missing

        style = seen(text, style)
        blank = text.isspace() and not style.attributes
        same = [style] * width
        old = chars[x:end]
        old_styles = styles[x:end]
        if old == cells and old_styles == same:
            return

        first, last = 0, width
        if width == len(text):
            while old[first] == cells[first] and old_styles[first] == style:
                first += 1

            while old[last - 1] == cells[last - 1] and old_styles[last - 1] == style:
                last -= 1

            text = text[first:last]

        self._go(out, x + first, y)
        out.append(
            change(self._style or NOTHING, style, blank)
            if self._style is not None
            else f"\x1b[m{full(style)}"
        )
        out.append(text)
        before = self._style or NOTHING
        # see `change`
        if blank and before.attributes == style.attributes:
            kept = before.front
        else:
            kept = style.front

        self._style = Colours(style.attributes, kept, style.ground)
        self._at = (x + last, y)
        chars[x:end], styles[x:end] = cells, same

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
        """Let the rest of the data pass as it is; forget all but what terminal modes
        don't touch.
        """
        rest = data[start:]
        modes_only = (
            harmless
            and not any(other in rest for other in OTHER_SCREEN)
            and _modes(rest)
        )
        if not modes_only:
            self._take_turns(out, None)

        written = "".join(out)
        if not modes_only:
            if self._style not in (None, NOTHING):
                written += "\x1b[m"
            else:
                written += ""

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

        held = self._held
        self._held = ""

        return held + written


def _modes(data: str) -> bool:
    return all(token.lastgroup == "mode" for token in TOKEN.finditer(data))
