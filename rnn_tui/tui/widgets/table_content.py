"""The content of a table: its columns and rows, which of them the cursor may be
on, and a line as it is drawn.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from rnn_tui.tui.renderables.rows import (
    GAP,
    Cell,
    Column,
    Rows,
    line,
    parts,
    starts,
)

TONES = ("accent", "muted", "faint", "warning")

TITLES = -1
"""The number of the line of titles, above the first row."""


class TableContent:
    """Rows below columns that are `gap` cells apart; `still` rows, such as
    headings, are passed over by the cursor.
    """

    def __init__(
        self,
        columns: Sequence[Column] = (),
        rows: Rows = (),
        still: Sequence[int] = (),
        gap: int = GAP,
    ) -> None:
        self.columns = tuple(columns)
        self.rows = rows
        self.still = frozenset(still)
        self.starts = starts(self.columns, gap)
        self.width = max(self.starts[-1] - gap, 0)

    def nearest_row(self, row: int) -> int:
        """Return the row of the table that is nearest to a number."""
        return min(max(row, 0), max(len(self.rows) - 1, 0))

    def nearest_col(self, col: int) -> int:
        """Return the column of the table that is nearest to a number."""
        return min(max(col, 0), max(len(self.columns) - 1, 0))

    def allowed(self, row: int, direction: int) -> int:
        """Return the nearest row the cursor may be on, in `direction` first."""
        row = self.nearest_row(row)
        ways = (1, -1)
        if direction < 0:
            ways = (-1, 1)

        for way in ways:
            at = row
            while 0 <= at < len(self.rows):
                if at not in self.still:
                    return at

                at += way

        return row

    def col_at(self, x: int) -> int:
        """Return the column that is so many cells from the left."""
        return bisect_right(self.starts, x) - 1

    def strip(
        self,
        row: int,
        span: tuple[int, int],
        styles: Mapping[str, Style],
        cursor: int | None,
    ) -> Strip | None:
        """Return the cells `span` of a row, None below the last; `cursor` is
        the column under a cell cursor.
        """
        cells: Sequence[Cell]
        if row == TITLES:
            cells = [column.title for column in self.columns]
        elif row < len(self.rows):
            cells = self.rows[row]
        else:
            return None

        left, right = span
        if (
            len(cells) == 1 < len(self.columns)
        ):  # a heading takes the whole line
            text, tone = parts(cells[0])
            heading = Strip([Segment(text, styles[tone or "text"])])

            return heading.crop_extend(left, right, styles["end"])

        here, segments = line(
            cells,
            self.columns,
            self.starts,
            span,
            styles,
            cursor,
        )

        return Strip(segments).crop_extend(
            left - here,
            right - here,
            styles["end"],
        )


class LineStyles:
    """The styles of a table's lines, looked up once for each picture."""

    def __init__(self, table: Widget) -> None:
        self._table = table
        self._known: dict[tuple[bool, bool], dict[str, Style]] = {}

    def forget(self) -> None:
        """Look them up again: the theme may be another."""
        self._known.clear()

    def of(self, titles: bool, under_cursor: bool) -> dict[str, Style]:
        """Return those of the line of titles, or of a row."""
        found = self._known.get((titles, under_cursor))
        if found is None:
            if titles:
                found = title_styles(self._table)
            else:
                found = row_styles(self._table, under_cursor)

            self._known[titles, under_cursor] = found

        return found


def title_styles(table: Widget) -> dict[str, Style]:
    """Return the styles of a table's titles."""
    header = table.get_component_rich_style("table--header")

    return dict.fromkeys(("text", "end", "cursor", *TONES), header)


def row_styles(table: Widget, under_cursor: bool) -> dict[str, Style]:
    """Return the styles of one of a table's rows, looked up once."""
    cursor = table.get_component_rich_style("table--cursor", partial=True)
    whole = table.rich_style
    if under_cursor:
        whole = whole + cursor

    styles = {"text": whole, "end": whole, "cursor": cursor}
    for tone in TONES:
        own = table.get_component_rich_style(f"table--{tone}", partial=True)
        styles[tone] = whole + own

    return styles
