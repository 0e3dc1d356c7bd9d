"""A heat map of units × timesteps: one page of it, in vertical tiles, so that a step of
time repaints one of them.
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
from rnn_tui.tui.renderables.palette import ink
from rnn_tui.tui.terminal.direct_paint import Straight, short_way
from rnn_tui.tui.widgets.drawn import PLAIN, Drawn, fitted

TILE = 32
"""Cells a tile is wide at most: narrower ones cost time, wider ones repaint more than
changes.
"""

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
            changed = np.flatnonzero(before != self._dim).tolist()
            self._refresh_columns(changed, page.grid.cells)

        if (
            last is None
            or page.unit != last.unit
            or page.first_unit != last.first_unit
            or page.grid != last.grid
            or page.look != last.look
        ):
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
        touched = {column * cells // tile_width(cells) for column in columns}
        tiles = [self._tiles[index] for index in touched if index < len(self._tiles)]
        way = None
        if len(columns) <= FEW:
            way = short_way(self)

        for tile in tiles:
            if way is None:
                tile.refresh()
            else:
                tile.painted_straight()

        if way is not None and self._picture is not None:
            for column in columns:
                lines = self._picture.column(column, self._dim)
                x = GUTTER + column * cells
                way.add_cells(
                    self, [(x, y, segments) for y, segments in enumerate(lines)]
                )

    def _lay_tiles(self, grid: Grid) -> None:
        width = grid.columns * grid.cells
        each = tile_width(grid.cells)
        widths = [min(each, width - start) for start in range(0, width, each)]
        if widths == [
            int(tile.styles.width.value)
            for tile in self._tiles
            if tile.styles.width is not None
        ]:
            return

        for tile in self._tiles:
            tile.remove()

        self._tiles = [Tile(index * each, cells) for index, cells in enumerate(widths)]
        self.mount(*self._tiles)

    def _labels(self, page: HeatPage) -> list[list[Segment]]:
        """The units' numbers: the selected one marked, others where there is room for
        the eye.
        """
        grid = page.grid
        look = page.look
        middle = (grid.lines - 1) // 2
        selected = grid.y_of(page.unit) + middle
        every = 1 if grid.used_lines <= 8 else 4
        mark = ">" if look.ascii else "▸"
        lines = []
        for y in range(grid.used_lines):
            unit = grid.unit_at(y, page.unit)
            if y == selected:
                lines.append(
                    [
                        Segment(
                            f"{mark}{page.unit}".rjust(GUTTER - 1) + " ",
                            ink(look.accent, bold=True),
                        )
                    ]
                )
            elif (
                unit is not None
                and (unit - page.first_unit) % every == 0
                and y == grid.y_of(unit) + middle
            ):
                lines.append(
                    [Segment(str(unit).rjust(GUTTER - 1) + " ", ink(look.faint))]
                )
            else:
                lines.append([Segment(" " * GUTTER, PLAIN)])

        return lines
