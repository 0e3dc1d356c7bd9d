"""A heat map of units × timesteps: one page of it, in vertical tiles, so that a
step of time repaints one of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.strip import Strip

from rnn_tui.tui.renderables.grid import GUTTER, Grid
from rnn_tui.tui.renderables.heat_page import HeatPage, Picture
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.terminal.direct_paint import Straight, short_way
from rnn_tui.tui.widgets.drawn import PLAIN, Drawn, fitted

TILE = 32
"""Cells a tile is wide at most: narrower ones cost time, wider ones repaint
more than changes.
"""

BLANK = Segment(" " * GUTTER, PLAIN)
"""The place of a unit's number where there is none."""

CROWDED = 8
"""Lines up to which every unit has its number; of more every fourth."""

FEW = 12
"""Timesteps painted one by one; when more come or go, their tiles are drawn."""


def tile_width(cells: int) -> int:
    """Return the width of tiles that hold whole timesteps of `cells` cells."""
    return max(cells, TILE // cells * cells)


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


class HeatMap(Horizontal):
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

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._page: HeatPage | None = None
        self._picture: Picture | None = None
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

    def show(self, page: HeatPage) -> None:
        """Show a page, repainting what differs from the last one."""
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
            self._refresh_columns(changed, page.grid.cells)

        if last is None or page.labels != last.labels:
            self._gutter.draw(self._labels(page))

    def cells(self, y: int, x0: int, x1: int) -> list[Segment]:
        """Return cells x0 to x1 of line y of the page."""
        if self._picture is None:
            return []

        return self._picture.line(y, self._dim, x0, x1)

    def on_click(self, event: events.Click) -> None:
        """Tell which unit and timestep were clicked."""
        page = self._page
        if page is None:
            return

        x = event.screen_x - self.region.x - GUTTER
        y = event.screen_y - self.region.y
        t = page.grid.timestep_at(x, page.t)
        unit = page.grid.unit_at(y, page.unit)
        if t is not None and unit is not None:
            self.post_message(self.Picked(self, unit, t))

    def _refresh_columns(self, columns: list[int], cells: int) -> None:
        if not columns:
            return

        width = tile_width(cells)
        touched = {column * cells // width for column in columns}
        tiles = [
            self._tiles[index] for index in touched if index < len(self._tiles)
        ]
        way = None
        if len(columns) <= FEW:
            way = short_way(self)

        if way is None or self._picture is None:
            for tile in tiles:
                tile.refresh()

            return

        for tile in tiles:
            tile.painted_straight()

        for column in columns:
            x = GUTTER + column * cells
            lines = self._picture.column(column, self._dim)
            way.add_cells(self, [(x, y, line) for y, line in enumerate(lines)])

    def _lay_tiles(self, grid: Grid) -> None:
        width = grid.columns * grid.cells
        each = tile_width(grid.cells)
        widths = [min(each, width - start) for start in range(0, width, each)]
        if widths == [tile.cells for tile in self._tiles]:
            return

        for tile in self._tiles:
            tile.remove()

        self._tiles = [
            Tile(index * each, cells) for index, cells in enumerate(widths)
        ]
        self.mount(*self._tiles)

    def _labels(self, page: HeatPage) -> list[list[Segment]]:
        """The units' numbers: the selected one marked, others where there is
        room for the eye.
        """
        grid = page.grid
        middle = (grid.lines - 1) // 2
        selected = grid.y_of(page.unit) + middle
        if grid.used_lines <= CROWDED:
            every = 1
        else:
            every = 4

        lines = []
        for y in range(grid.used_lines):
            if y == selected:
                lines.append([_selected(page.unit, page.look)])
                continue

            unit = grid.unit_at(y, page.unit)
            if unit is None:
                lines.append([BLANK])
                continue

            is_middle = y == grid.y_of(unit) + middle
            if is_middle and (unit - page.first_unit) % every == 0:
                text = f"{unit}".rjust(GUTTER - 1) + " "
                lines.append([Segment(text, ink(page.look.faint))])
            else:
                lines.append([BLANK])

        return lines


def _selected(unit: int, look: Look) -> Segment:
    """Return the number of the selected unit, marked."""
    mark = ">" if look.ascii else "▸"
    text = f"{mark}{unit}".rjust(GUTTER - 1) + " "

    return Segment(text, ink(look.accent, bold=True))
