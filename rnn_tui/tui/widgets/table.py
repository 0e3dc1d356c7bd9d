"""A table of any length: only the rows and columns on the screen are formatted, so
opening it costs nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rnn_tui.tui.renderables.rows import GAP, Rows, line, starts
from rnn_tui.tui.renderables.rows import Cell as Cell
from rnn_tui.tui.renderables.rows import Column as Column
from rnn_tui.tui.renderables.rows import column as column

TONES = ("accent", "muted", "faint", "warning")


class RowTable(ScrollView, can_focus=True):
    """Rows with a cursor. `Highlighted` follows the cursor, `Chosen` is Enter or a
    click on the cursor's row.
    """

    DEFAULT_CSS = """
    RowTable {
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        overflow-x: auto;
    }
    RowTable > .table--header { color: $muted; text-style: none; }
    RowTable > .table--accent { color: $accent; }
    RowTable > .table--muted { color: $muted; }
    RowTable > .table--faint { color: $faint; }
    RowTable > .table--warning { color: $warning; }
    RowTable > .table--cursor { background: $block-cursor-background; }
    RowTable:nocolor > .table--cursor { text-style: reverse; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"table--{part}" for part in ("header", "cursor", *TONES)
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("left,h", "aside(-1)", "Left", show=False),
        Binding("right,l", "aside(1)", "Right", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(-1)", "First", show=False),
        Binding("end", "edge(1)", "Last", show=False),
        Binding("enter", "choose", "Choose", show=False),
    ]
    ALLOW_SELECT = False

    row: reactive[int] = reactive(0)
    """The cursor's row."""
    col: reactive[int] = reactive(0)
    """The cursor's column, in tables with a cell cursor."""

    class Highlighted(Message):
        """The cursor moved to another cell or row."""

        def __init__(self, table: RowTable, row: int, col: int) -> None:
            super().__init__()
            self.table = table
            self.row = row
            self.col = col
            self._rows = table.rows

        @property
        def outdated(self) -> bool:
            """Whether the table shows other rows by now: keys pressed fast arrive after
            what they change.
            """
            return self._rows is not self.table.rows

        @property
        def control(self) -> RowTable:
            """The table, for selectors."""
            return self.table

    class Chosen(Highlighted):
        """Enter was pressed, or the cursor's row clicked."""

    def __init__(self, *, cells: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._by_cell = cells
        self._columns: tuple[Column, ...] = ()
        self._starts: list[int] = [0]
        self._rows: Rows = ()
        self._still: frozenset[int] = frozenset()

    @property
    def rows(self) -> Rows:
        """The rows shown."""
        return self._rows

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns shown."""
        return self._columns

    def show(
        self,
        columns: Sequence[Column],
        rows: Rows,
        still: Sequence[int] = (),
        gap: int = GAP,
    ) -> None:
        """Show these rows, columns `gap` cells apart; the cursor passes over the
        `still` ones (headings).
        """
        self._columns = tuple(columns)
        self._rows = rows
        self._still = frozenset(still)
        self._starts = starts(self._columns, gap)
        self.virtual_size = Size(max(self._starts[-1] - gap, 0), len(rows) + 1)
        self.row = self._allowed(self.row, 1)
        self.refresh()

    def validate_row(self, row: int) -> int:
        """Keep the cursor on a row."""
        return min(max(row, 0), max(len(self._rows) - 1, 0))

    def validate_col(self, col: int) -> int:
        """Keep the cursor in a column."""
        return min(max(col, 0), max(len(self._columns) - 1, 0))

    def watch_row(self, before: int, row: int) -> None:
        """Redraw the two rows and tell."""
        for changed in (before, row):
            self._refresh_row(changed)

        self._moved()

    def watch_col(self) -> None:
        """Redraw and tell."""
        self.refresh()
        self._moved()

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self.row = self._allowed(self.row + by, by)

    def action_aside(self, by: int) -> None:
        """Move by columns, or scroll sideways."""
        if self._by_cell:
            self.col += by
        else:
            self.scroll_relative(x=8 * by, animate=False)

    def action_page(self, by: int) -> None:
        """Move the cursor by pages."""
        self.row = self._allowed(
            self.row + by * max(self.scrollable_content_region.height - 2, 1), by
        )

    def action_edge(self, by: int) -> None:
        """Move to the first or last row; with a cell cursor, to the first or last
        column.
        """
        if self._by_cell:
            if by < 0:
                self.col = 0
            else:
                self.col = len(self._columns) - 1
        else:
            self.row = self._allowed(0 if by < 0 else len(self._rows) - 1, -by)

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self._rows:
            self.post_message(self.Chosen(self, self.row, self.col))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor here; choose when it was here already."""
        row = event.y - 1 + round(self.scroll_y)
        if event.y < 1 or row >= len(self._rows) or row in self._still:
            return

        if self._by_cell:
            self.col = bisect_right(self._starts, event.x + round(self.scroll_x)) - 1

        if row == self.row:
            self.action_choose()

        self.row = row

    def render_line(self, y: int) -> Strip:
        """Draw the title line or a row."""
        width = self.scrollable_content_region.width
        if y:
            row = y - 1 + round(self.scroll_y)
        else:
            row = -1

        left = round(self.scroll_x)
        cells: Sequence[Cell] = ()
        if y == 0:
            cells = [column.title for column in self._columns]
        elif row < len(self._rows):
            cells = self._rows[row]
        else:
            return Strip.blank(width, self.rich_style)

        styles = self._styles(row)
        if len(cells) == 1 < len(self._columns):  # a heading takes the whole line
            if isinstance(cells[0], str):
                text = cells[0]
                tone = ""
            else:
                text, tone = cells[0]

            return Strip([Segment(text, styles[tone or "text"])]).crop_extend(
                left, left + width, styles["end"]
            )

        under = None
        if self._by_cell and row == self.row:
            under = self.col

        here, segments = line(
            cells, self._columns, self._starts, (left, left + width), styles, under
        )

        return Strip(segments).crop_extend(
            left - here, left - here + width, styles["end"]
        )

    def _styles(self, row: int) -> dict[str, Style]:
        """The line's styles, looked up once."""
        base = self.rich_style
        if row < 0:
            header = self.get_component_rich_style("table--header")
            return dict.fromkeys(("text", "end", "cursor", *TONES), header)

        cursor = self.get_component_rich_style("table--cursor", partial=True)
        if row == self.row and not self._by_cell and row < len(self._rows):
            whole = base + cursor
        else:
            whole = base

        styles = {"text": whole, "end": whole, "cursor": cursor}
        for tone in TONES:
            styles[tone] = whole + self.get_component_rich_style(
                f"table--{tone}", partial=True
            )

        return styles

    def _allowed(self, row: int, direction: int) -> int:
        """The nearest row the cursor may stand on, in `direction` first."""
        row = self.validate_row(row)
        for way in (1 if direction >= 0 else -1, -1 if direction >= 0 else 1):
            at = row
            while 0 <= at < len(self._rows):
                if at not in self._still:
                    return at

                at += way

        return row

    def _moved(self) -> None:
        if self._by_cell and self._columns:
            start = self._starts[self.col]
        else:
            start = round(self.scroll_x)

        if self._by_cell and self._columns:
            width = self._columns[self.col].width
        else:
            width = 1

        self.scroll_to_region(
            Region(start, self.row, width, 2),
            animate=False,
            immediate=True,
            x_axis=self._by_cell,
        )
        if self._rows:
            self.post_message(self.Highlighted(self, self.row, self.col))

    def _refresh_row(self, row: int) -> None:
        y = row + 1 - round(self.scroll_y)
        self.refresh(Region(0, y, self.size.width, 1))
