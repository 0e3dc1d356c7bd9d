"""A heat map of units × timesteps: one page of it, in vertical tiles, so that a
step of time repaints one of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from rnn_tui.tui.renderables.grid import GUTTER, Grid
from rnn_tui.tui.renderables.heat_page import HeatPage, Picture
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.terminal.direct_paint import (
    Piece,
    ShortWay,
    Straight,
    short_way,
)
from rnn_tui.tui.widgets.drawn import PLAIN, Drawn, fitted
from rnn_tui.tui.widgets.pane import Columns

TILE = 32
"""Cells a tile is wide at most: narrower ones cost time, wider ones repaint
more than changes.
"""

BLANK = Segment(" " * GUTTER, PLAIN)
"""The place of a unit's number where there is none."""

FEW = 12
"""Timesteps painted one by one; when more come or go, their tiles are drawn."""


def tile_edges(grid: Grid) -> list[int]:
    """Return where tiles begin that hold whole timesteps, and where the last
    one ends.
    """
    edges = grid.edges
    found = [0]
    for edge, following in pairwise(edges):
        if following - found[-1] > TILE and edge > found[-1]:
            found.append(edge)

    return [*found, edges[-1]]


class Tile(Straight):
    """Some columns of a heat map."""

    DEFAULT_CSS = "Tile { height: 100%; }"
    ALLOW_SELECT = False

    def __init__(self, start: int, width: int) -> None:
        super().__init__()
        self.start = start
        self.cells = width
        self.styles.width = width

    def render_line(self, y: int) -> Strip:
        """Return one line of the tile's cells."""
        width = self.size.width
        heat = self.parent
        if isinstance(heat, HeatMap):
            segments = heat.cells(y, self.start, self.start + width)
        else:
            segments = []

        if (
            segments
            and segments[0].style is not None
            and segments[0].style.bgcolor is not None
        ):
            return Strip(segments, width)

        return fitted(segments, width, self.rich_style)


class HeatMap(Columns):
    """A quantity of all units over a page of time; a click picks a unit and a
    timestep.
    """

    ALLOW_SELECT = False

    class Picked(Message):
        """A cell was clicked."""

        def __init__(self, heat: HeatMap, unit: int, t: int) -> None:
            super().__init__()
            self.heat = heat
            self.unit = unit
            self.t = t

    class Pointed(Message):
        """The mouse is over a unit and a timestep, or over nothing any more."""

        def __init__(self, heat: HeatMap, at: tuple[int, int] | None) -> None:
            super().__init__()
            self.heat = heat
            self.at = at

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._pointed: tuple[int, int] | None = None
        self._page: HeatPage | None = None
        self._picture: Picture | None = None
        self._edges: list[int] = [0]
        self._dim: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._gutter = Drawn(classes="gutter")
        self._gutter.styles.width = GUTTER
        self._tiles: list[Tile] = []

    def compose(self) -> ComposeResult:
        """The units' numbers; tiles come with the first page."""
        yield self._gutter

    @property
    def picture(self) -> Picture | None:
        """The page's values."""
        return self._picture

    def show(self, page: HeatPage, way: ShortWay | None = None) -> None:
        """Show a page, repainting the differences from the last one; `way` is
        the short way to the terminal where it is known already.
        """
        last = self._page
        self._page = page
        if last is None or self._picture is None or not page.same_cells(last):
            self._picture = Picture(page)
            self._dim = self._picture.dim(page)
            self._lay_tiles(page.grid)
            for tile in self._tiles:
                tile.refresh()
        else:
            before = self._dim
            self._dim = self._picture.dim(page)
            changed = (before != self._dim).nonzero()[0].tolist()
            if page.now != last.now:
                marked = {page.now, last.now} - {None, *changed}
                changed += [column for column in marked if column is not None]

            self._refresh_columns(changed, page.grid, way)
            if page.framed != last.framed:
                self._refresh_rows(page.grid, last.framed, page.framed)

        if last is None or page.labels != last.labels:
            self._gutter.draw(self._labels(page))

    def cells(self, y: int, x0: int, x1: int) -> list[Segment]:
        """Return cells x0 to x1 of line y of the page."""
        if self._picture is None or self._page is None:
            return []

        return self._picture.line(y, self._dim, x0, x1, self._page.marks)

    def on_click(self, event: events.Click) -> None:
        """Tell which unit and timestep were clicked."""
        found = self._under(event)
        if found is not None:
            self.post_message(self.Picked(self, *found))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Tell which unit and timestep the mouse is over."""
        self._point(self._under(event))

    def on_leave(self, event: events.Leave) -> None:
        """Tell that the mouse is elsewhere."""
        if not self.is_mouse_over:
            self._point(None)

    def _point(self, found: tuple[int, int] | None) -> None:
        if found != self._pointed:
            self._pointed = found
            self.post_message(self.Pointed(self, found))

    def _under(self, event: events.MouseEvent) -> tuple[int, int] | None:
        """Return the unit and the timestep under the mouse, None beside the
        map.
        """
        page = self._page
        if page is None:
            return None

        x = int(event.screen_x) - self.region.x - GUTTER
        y = int(event.screen_y) - self.region.y
        t = page.grid.timestep_at(x, page.t)
        unit = page.grid.unit_at(y, page.unit)
        if t is None or unit is None:
            return None

        return unit, t

    def _refresh_columns(
        self,
        columns: list[int],
        grid: Grid,
        way: ShortWay | None,
    ) -> None:
        """Repaint columns: a few of them past the compositor, more of them by
        their tiles.
        """
        if not columns:
            return

        if len(columns) > FEW:
            way = None
        else:
            way = way or short_way(self)

        tiles = self._tiles_of(columns, grid)
        if way is None or self._picture is None or self._page is None:
            for tile in tiles:
                tile.refresh()

            return

        for tile in tiles:
            tile.painted_straight()

        marks = self._page.marks
        pieces: list[Piece] = []
        for column in columns:
            x = GUTTER + grid.edges[column]
            lines = self._picture.column(column, self._dim, marks)
            order = self._picture.by_colour(column)
            pieces += [(x, y, lines[y]) for y in order]

        way.add_cells(self, pieces)

    def _tiles_of(self, columns: Sequence[int], grid: Grid) -> list[Tile]:
        """Return the tiles that hold columns."""
        found = []
        last = -1
        for column in columns:
            index = bisect_right(self._edges, grid.edges[column]) - 1
            if index != last and index < len(self._tiles):
                found.append(self._tiles[index])

            last = index

        return found

    def _refresh_rows(self, grid: Grid, *rows: int | None) -> None:
        """Repaint the lines of rows that are marked, or were."""
        lines = {
            y for row in rows if row is not None for y in grid.lines_of(row)
        }
        way = short_way(self)
        for tile in self._tiles:
            if way is not None:
                way.add_lines(tile, lines)
                continue

            for y in lines:
                tile.refresh(Region(0, y, tile.cells, 1))

    def _lay_tiles(self, grid: Grid) -> None:
        edges = tile_edges(grid)
        if edges == self._edges:
            return

        for tile in self._tiles:
            tile.remove()

        self._edges = edges
        self._tiles = [
            Tile(start, stop - start) for start, stop in pairwise(edges)
        ]
        self.mount(*self._tiles)

    def _labels(self, page: HeatPage) -> list[list[Segment]]:
        """The names of the rows, or the units' numbers with the selected one
        marked: one on every line that begins a row.
        """
        grid = page.grid
        first = page.first_unit
        room = GUTTER - 1
        rows = min(grid.rows, grid.units - first)
        lines = [[BLANK] for _ in range(grid.used_lines)]
        faint = ink(page.look.faint)
        # of two units that share a line the upper one is named
        for row in reversed(range(rows)):
            place = first + row
            if page.names:
                name = page.names[place]
            else:
                name = f"{page.number(place)}"

            length = min(cell_len(name), room)
            text = set_cell_size(name, length)
            blanks = " " * (room - cell_len(text))
            label = Segment(f"{blanks}{text} ", faint)
            y = grid.line_of(row)
            lines[y] = [label]

        if page.framed is not None:
            selected = _selected(page.number(page.unit), page.look)
            y = grid.line_of(page.framed)
            lines[y] = [selected]

        return lines


def _selected(unit: int, look: Look) -> Segment:
    """Return the number of the selected unit, marked."""
    mark = ">" if look.ascii else "▸"
    text = f"{mark}{unit}".rjust(GUTTER - 1) + " "

    return Segment(text, ink(look.accent, bold=True))
