"""One block of weights as a heat map with a cursor, and the norms of its rows and columns along its edges."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from rnn_tui.tui.look import ink, look_of
from rnn_tui.tui.renderables.bars import bar
from rnn_tui.tui.renderables.heatmap import CellPainter, legend
from rnn_tui.tui.renderables.histogram import bars
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.scales import Scale, ramp, signed_scale

LABEL = 7
NORM = 14
"""Cells at the left for the row's number and at the right for its norm."""

LINES = 3
"""Lines below the map: the columns' norms, their numbers, the scale."""


class BlockMap(Widget, can_focus=True):
    """Values of a gate's columns; the page follows the cursor, so a kernel of any size can be walked through."""

    DEFAULT_CSS = """
    BlockMap { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1, 0)", show=False),
        Binding("down,j", "move(1, 0)", show=False),
        Binding("left,h", "move(0, -1)", show=False),
        Binding("right,l", "move(0, 1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "edge(0)", show=False),
        Binding("end", "edge(1)", show=False),
    ]
    ALLOW_SELECT = False

    cursor: reactive[tuple[int, int]] = reactive((0, 0))
    """Row and column."""

    class Pointed(Message):
        """The cursor stands on another value."""

        def __init__(self, row: int, col: int) -> None:
            super().__init__()
            self.row = row
            self.col = col

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._values: NDArray[Any] = np.zeros((1, 1), np.float32)
        self._scale: Scale = signed_scale(self._values)
        self._row_norms: NDArray[Any] = np.zeros(1)
        self._column_norms: NDArray[Any] = np.zeros(1)

    def show(self, values: NDArray[Any]) -> None:
        """Show a matrix; a vector is one row."""
        self._values = values.reshape(-1, values.shape[-1])
        sound = np.nan_to_num(self._values, nan=0.0, posinf=0.0, neginf=0.0)
        self._scale = signed_scale(self._values)
        self._row_norms = np.sqrt(np.einsum("ij,ij->i", sound, sound))
        self._column_norms = np.sqrt(np.einsum("ij,ij->j", sound, sound))
        self.cursor = (0, 0)
        self.refresh()

    @property
    def cell_width(self) -> int:
        """Cells a value takes."""
        return max(1, min(6, (int(self.size.width) - LABEL - NORM) // max(int(self._values.shape[1]), 1)))

    @property
    def cell_height(self) -> int:
        """Lines a value takes."""
        return max(1, min(self.cell_width // 2, (self.size.height - LINES - 1) // max(len(self._values), 1)))

    @property
    def page(self) -> tuple[int, int]:
        """Rows and columns on a page."""
        rows = max(1, (self.size.height - LINES - 1) // self.cell_height)
        columns = max(1, (self.size.width - LABEL - NORM) // self.cell_width)
        return rows, min(columns, self._values.shape[1])

    @property
    def origin(self) -> tuple[int, int]:
        """The first row and column of the cursor's page."""
        rows, columns = self.page
        return self.cursor[0] // rows * rows, self.cursor[1] // columns * columns

    def validate_cursor(self, cursor: tuple[int, int]) -> tuple[int, int]:
        """Keep the cursor on a value."""
        rows, columns = self._values.shape
        return min(max(cursor[0], 0), rows - 1), min(max(cursor[1], 0), columns - 1)

    def watch_cursor(self, cursor: tuple[int, int]) -> None:
        """Redraw and tell."""
        self.refresh()
        self.post_message(self.Pointed(*cursor))

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor."""
        self.cursor = (self.cursor[0] + rows, self.cursor[1] + columns)

    def action_page(self, by: int) -> None:
        """Move by a page of rows."""
        self.cursor = (self.cursor[0] + by * self.page[0], self.cursor[1])

    def action_edge(self, last: int) -> None:
        """Move to the first or last column."""
        self.cursor = (self.cursor[0], (self._values.shape[1] - 1) * last)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the value clicked."""
        row, column = self.origin
        x, y = event.x - LABEL, event.y // self.cell_height
        if 0 <= x < self.page[1] * self.cell_width and 0 <= y < self.page[0] and row + y < len(self._values):
            self.cursor = (row + y, column + x // self.cell_width)

    def render_line(self, y: int) -> Strip:
        """Draw a row, or one of the lines below the map."""
        rows, columns = self.page
        first_row, first = self.origin
        tall = self.cell_height
        shown = min(rows, len(self._values) - first_row) * tall
        look = look_of(self.app)
        painter = CellPainter(ramp(look, signed=True))
        muted = ink(look.muted)
        if y < shown:
            segments = self._row(first_row + y // tall, first, columns, painter, muted, y % tall == 0)
        elif y == shown:
            top = float(self._column_norms.max()) or 1.0
            amounts = [round(1000 * float(norm) / top) for norm in self._column_norms[first : first + columns]]
            text = "".join(glyph * self.cell_width for glyph in bars(amounts, ascii_only=look.ascii, largest=1000))
            segments = [Segment("norm".rjust(LABEL - 1) + " ", muted), Segment(text, ink(look.faint))]
        elif y == shown + 1:
            last = min(first + columns, self._values.shape[1]) - 1
            text = f"column {first} … {last}" if last > first else f"column {first}"
            segments = [Segment(" " * LABEL + text, muted)]
        elif y == shown + 2:
            scale = f" {short(self._scale.low, 2)} "
            segments = [Segment(" " * (LABEL - 1) + scale, muted), *legend(painter, 17)]
            segments.append(Segment(f" {short(self._scale.high, 2)}   zero is the ground", muted))
        else:
            segments = []
        ground = self.rich_style
        return Strip([Segment(text, ground + (style or Style())) for text, style, _ in segments]).extend_cell_length(
            self.size.width, ground
        )

    def _row(
        self, row: int, first: int, columns: int, painter: CellPainter, muted: Style, named: bool
    ) -> list[Segment]:
        values = self._values[row, first : first + columns]
        levels = self._scale.levels(values, painter.ramp.count)
        width = self.cell_width
        here = row == self.cursor[0] and self.has_focus
        label = Segment(f"{row if named else '':>{LABEL - 1}} ", Style(bold=True) if here else muted)
        cells = painter.row(np.repeat(levels, width))
        strip = Strip([Segment(text, style or Style()) for text, style, _ in cells])
        if here:
            at = (self.cursor[1] - first) * width
            under = next(iter(strip.crop(at, at + 1)), Segment(" ")).style or Style()
            mark = "[" + " " * (width - 2) + "]" if width > 1 else "+"
            cursor = Segment(mark, under + ink(look_of(self.app).foreground, bold=True))
            strip = Strip([*strip.crop(0, at), cursor, *strip.crop(at + width)])
        if not named:
            return [label, *strip]
        top = float(self._row_norms.max()) or 1.0
        norm = float(self._row_norms[row])
        return [
            label,
            *strip,
            Segment(f" {bar(norm / top, 6, ascii_only=look_of(self.app).ascii)} {short(norm)}", muted),
        ]
