"""A table of any length: only the rows and columns on the screen are formatted,
so opening it costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rnn_tui.tui.renderables.rows import GAP, Rows
from rnn_tui.tui.renderables.rows import Cell as Cell
from rnn_tui.tui.renderables.rows import Column as Column
from rnn_tui.tui.renderables.rows import column as column
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.widgets.table_content import (
    TITLES,
    TONES,
    LineStyles,
    TableContent,
)


class RowTable(ScrollView, can_focus=True):
    """Rows with a cursor. `Highlighted` follows the cursor, `Chosen` is Enter
    or a click on the cursor's row.
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
        bound("move.up", "move(-1)"),
        bound("move.down", "move(1)"),
        bound("move.left", "aside(-1)"),
        bound("move.right", "aside(1)"),
        bound("move.page_up", "page(-1)"),
        bound("move.page_down", "page(1)"),
        bound("move.first", "edge(-1)"),
        bound("move.last", "edge(1)"),
        bound("move.last_unit", "last_row"),
        bound("move.line_start", "side(-1)"),
        bound("move.line_end", "side(1)"),
        bound("choose", "choose"),
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
            """Whether the table shows other rows by now: keys pressed fast
            arrive after what they change.
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
        self._content = TableContent()
        self._line_styles = LineStyles(self)

    @property
    def rows(self) -> Rows:
        """The rows shown."""
        return self._content.rows

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns shown."""
        return self._content.columns

    def show(
        self,
        columns: Sequence[Column],
        rows: Rows,
        still: Sequence[int] = (),
        gap: int = GAP,
    ) -> None:
        """Show these rows, columns `gap` cells apart; the cursor passes over
        the `still` ones (headings).
        """
        self._content = TableContent(columns, rows, still, gap)
        self.virtual_size = Size(self._content.width, len(rows) + 1)
        self.row = self._content.allowed(self.row, 1)
        self.refresh()

    def validate_row(self, row: int) -> int:
        """Keep the cursor on a row."""
        return self._content.nearest_row(row)

    def validate_col(self, col: int) -> int:
        """Keep the cursor in a column."""
        return self._content.nearest_col(col)

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
        self.row = self._content.allowed(self.row + by, by)

    def action_aside(self, by: int) -> None:
        """Move by columns, or scroll sideways."""
        if self._by_cell:
            self.col += by
        else:
            self.scroll_relative(x=8 * by, animate=False)

    def action_page(self, by: int) -> None:
        """Move the cursor by pages."""
        page = max(self.scrollable_content_region.height - 2, 1)
        self.row = self._content.allowed(self.row + by * page, by)

    def action_edge(self, by: int) -> None:
        """Move to the first or last row; with a cell cursor, to the first or
        last column.
        """
        if by < 0:
            col, row = 0, 0
        else:
            col = len(self.columns) - 1
            row = len(self.rows) - 1

        if self._by_cell:
            self.col = col
        else:
            self.row = self._content.allowed(row, -by)

    def action_last_row(self) -> None:
        """Move to the last row."""
        self.row = self._content.allowed(len(self.rows) - 1, -1)

    def action_side(self, by: int) -> None:
        """Move to the first or last column, or scroll there."""
        if self._by_cell:
            self.col = (len(self.columns) - 1) * (by > 0)
        elif by < 0:
            self.scroll_to(x=0, animate=False)
        else:
            self.scroll_to(x=self.virtual_size.width, animate=False)

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self.rows:
            self.post_message(self.Chosen(self, self.row, self.col))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor here; choose when it was here already."""
        row = event.y - 1 + round(self.scroll_y)
        if event.y < 1 or row >= len(self.rows) or row in self._content.still:
            return

        if self._by_cell:
            self.col = self._content.col_at(event.x + round(self.scroll_x))

        if row == self.row:
            self.action_choose()

        self.row = row

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the lines, whose styles are looked up once for all."""
        self._line_styles.forget()

        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw the title line or a row."""
        row = TITLES
        if y:
            row = y - 1 + round(self.scroll_y)

        cursor = None
        if self._by_cell and row == self.row:
            cursor = self.col

        left = round(self.scroll_x)
        width = self.scrollable_content_region.width
        under_cursor = row == self.row and not self._by_cell
        styles = self._line_styles.of(row == TITLES, under_cursor)
        strip = self._content.strip(row, (left, left + width), styles, cursor)
        if strip is None:
            return Strip.blank(width, styles["end"])

        return strip

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._keep_in_sight()

    def _moved(self) -> None:
        self._keep_in_sight()
        if self.rows:
            self.post_message(self.Highlighted(self, self.row, self.col))

    def _keep_in_sight(self) -> None:
        start = round(self.scroll_x)
        width = 1
        if self._by_cell and self.columns:
            start = self._content.starts[self.col]
            width = self.columns[self.col].width

        self.scroll_to_region(
            Region(start, self.row, width, 2),
            animate=False,
            immediate=True,
            x_axis=self._by_cell,
        )

    def _refresh_row(self, row: int) -> None:
        y = row + 1 - round(self.scroll_y)
        self.refresh(Region(0, y, self.size.width, 1))
