"""One block of weights as a heat map with a cursor, and the norms of its rows
and columns along its edges.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from textual import events, on, work
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import get_current_worker

from rnn_tui.errors import RunCancelledError
from rnn_tui.tui.renderables.blockpage import LABEL, LINES, NORM, BlockPage
from rnn_tui.tui.renderables.mosaic import Kind, Survey, fitting, survey, tiles
from rnn_tui.tui.renderables.palette import ink
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.theme.palette import look_of

AT_ONCE = 1 << 18
"""Values that are surveyed at once; more take a thread."""

ZOOM = 4
"""How many times finer + makes the map."""


class BlockMap(Widget, can_focus=True):
    """Values of a gate's columns.

    A block that has no room is shown in tiles; Enter and + go into them, − out.
    """

    DEFAULT_CSS = """
    BlockMap { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("move.up", "move(-1, 0)"),
        bound("move.down", "move(1, 0)"),
        bound("move.left", "move(0, -1)"),
        bound("move.right", "move(0, 1)"),
        bound("move.page_up", "page(-1)"),
        bound("move.page_down", "page(1)"),
        bound("move.first", "edge(0)"),
        bound("move.line_start", "edge(0)"),
        bound("move.last", "edge(1)"),
        bound("move.line_end", "edge(1)"),
        bound("move.last_unit", "last_row"),
        bound("choose", "zoom(1)"),
        bound("block.zoom_in", "zoom(1)"),
        bound("block.zoom_out", "zoom(-1)"),
        bound("block.tile", "kind"),
    ]
    ALLOW_SELECT = False

    cursor: reactive[tuple[int, int]] = reactive((0, 0))
    """Row and column."""
    factor: reactive[tuple[int, int]] = reactive((1, 1))
    """Rows and columns that a cell of the map shows."""
    kind: reactive[Kind] = reactive("largest")
    """The value of its tile that such a cell shows."""

    class Pointed(Message):
        """The cursor is on another value."""

        def __init__(self, row: int, col: int) -> None:
            super().__init__()
            self.row = row
            self.col = col

    class Surveyed(Message):
        """The block has been looked at as a whole."""

        def __init__(self, values: NDArray[Any], found: Survey) -> None:
            super().__init__()
            self.values = values
            self.found = found

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._values: NDArray[Any] = np.zeros((1, 1), np.float32)
        self._survey: Survey | None = None
        self._page: BlockPage | None = None

    def show(self, values: NDArray[Any]) -> None:
        """Show a matrix; a vector is one row."""
        self._values = values.reshape(-1, values.shape[-1])
        self._survey = None
        self.cursor = (0, 0)
        self._fit()

    @property
    def whole(self) -> tuple[int, int]:
        """The factor at which the whole block is on the page."""
        room = self.size.height - LINES - 1, self.size.width - LABEL - NORM
        return fitting((self._values.shape[0], self._values.shape[1]), room)

    def under(self) -> tuple[slice, slice, float]:
        """Return the rows and columns under the cursor, and their value in the
        map.
        """
        (row, column), (down, across) = self.cursor, self.factor
        rows = slice(
            row // down * down,
            min(row // down * down + down, self._values.shape[0]),
        )
        columns = slice(
            column // across * across,
            min(column // across * across + across, self._values.shape[1]),
        )

        return (
            rows,
            columns,
            float(
                tiles(self._values[rows, columns], (down, across), self.kind)[
                    0, 0
                ]
            ),
        )

    def on_resize(self) -> None:
        """Fit the block into the new size."""
        self._fit()

    def validate_cursor(self, cursor: tuple[int, int]) -> tuple[int, int]:
        """Keep the cursor on a value."""
        rows, columns = self._values.shape
        return min(max(cursor[0], 0), rows - 1), min(
            max(cursor[1], 0),
            columns - 1,
        )

    def watch_cursor(self, cursor: tuple[int, int]) -> None:
        """Redraw and tell."""
        self._page = None
        self.refresh()
        self.post_message(self.Pointed(*cursor))

    def watch_factor(self) -> None:
        """Redraw and tell."""
        self.watch_cursor(self.cursor)

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor by cells of the map."""
        self.cursor = (
            self.cursor[0] + rows * self.factor[0],
            self.cursor[1] + columns * self.factor[1],
        )

    def action_page(self, by: int) -> None:
        """Move by a page of rows."""
        if self._survey is not None:
            self.action_move(by * self.page().rows, 0)

    def action_edge(self, last: int) -> None:
        """Move to the first or last column."""
        self.cursor = (self.cursor[0], (self._values.shape[1] - 1) * last)

    def action_last_row(self) -> None:
        """Move to the last row."""
        self.cursor = (self._values.shape[0] - 1, self.cursor[1])

    def action_zoom(self, by: int) -> None:
        """Make the map finer or coarser around the cursor."""
        down, across = self.factor
        if by > 0:
            self.factor = (max(1, down // ZOOM), max(1, across // ZOOM))
        else:
            most = self.whole
            self.factor = (
                min(most[0], down * ZOOM),
                min(most[1], across * ZOOM),
            )

    def action_kind(self) -> None:
        """Show the mean of each tile, or its largest value."""
        self.kind = "mean" if self.kind == "largest" else "largest"
        self._fit()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the value clicked."""
        if self._survey is None:
            return

        page = self.page()
        x = event.x - LABEL
        y = event.y // page.tall
        row = page.first_row + y
        column = page.first_column + x // page.wide
        if (
            x >= 0
            and row * self.factor[0] < self._values.shape[0]
            and column * self.factor[1] < self._values.shape[1]
        ):
            self.cursor = (row * self.factor[0], column * self.factor[1])

    def render_line(self, y: int) -> Strip:
        """Draw a row, or one of the lines below the map."""
        ground = self.rich_style
        if self._survey is None:
            segments = [
                Segment(
                    "computing …" if y == 0 else "",
                    ink(look_of(self.app).muted),
                )
            ]
        else:
            segments = self.page().line(
                y,
                self.cursor if self.has_focus else None,
            )

        return (
            Strip(segments)
            .apply_style(ground)
            .adjust_cell_length(self.size.width, ground)
        )

    def page(self) -> BlockPage:
        """Return the page the cursor is on."""
        if self._page is None or self._page.look != look_of(self.app):
            whole = self._survey
            assert whole is not None
            size = (self.size.width, self.size.height)
            self._page = BlockPage.at(
                self._values,
                whole,
                self.factor,
                self.cursor,
                size,
                look_of(self.app),
            )

        return self._page

    def _fit(self) -> None:
        """Show the whole block; a large one is surveyed in a thread."""
        if not self.size.height:
            return

        self._page = None
        factor = self.whole
        self.factor = factor
        if self._survey is None or (self._survey.factor, self._survey.kind) != (
            factor,
            self.kind,
        ):
            if self._values.size <= AT_ONCE:
                self._survey = survey(self._values, factor, self.kind)
            else:
                self._survey = None
                self._look(self._values, factor, self.kind)

        self.watch_cursor(self.cursor)

    @work(thread=True, exclusive=True, group="survey", exit_on_error=True)
    def _look(
        self,
        values: NDArray[Any],
        factor: tuple[int, int],
        kind: Kind,
    ) -> None:
        worker = get_current_worker()

        def check() -> None:
            if worker.is_cancelled:
                raise RunCancelledError

        try:
            found = survey(values, factor, kind, check)
            check()
        except RunCancelledError:
            return

        self.post_message(self.Surveyed(values, found))

    @on(Surveyed)
    def _show_survey(self, event: Surveyed) -> None:
        event.stop()
        if event.values is self._values:
            self._survey = event.found
            self.watch_cursor(self.cursor)
