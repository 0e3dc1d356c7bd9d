"""One page of a quantity's map, as levels and as lines of cells: no widget, so
that it can be tested as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.grid import NUMBERED, Grid
from rnn_tui.tui.renderables.heatmap import painter_of
from rnn_tui.tui.renderables.numbermap import number_row
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import BLANK, Scale


@dataclass(frozen=True, eq=False)
class HeatPage:
    """What a heat map shows: a channel at a place, `seen` being the first and
    last timestep already read.
    """

    channel: Channel
    grid: Grid
    t: int
    unit: int
    seen: tuple[int, int]
    look: Look
    sequence: int = 0

    @cached_property
    def start(self) -> int:
        """The first timestep of the page."""
        return self.grid.first_timestep(self.t)

    @cached_property
    def first_unit(self) -> int:
        """The first unit of the page."""
        return self.grid.first_unit(self.unit)

    @cached_property
    def labels(self) -> tuple[object, ...]:
        """What decides about the units' numbers beside the map."""
        return self.unit, self.first_unit, self.grid, self.look

    def same_cells(self, other: HeatPage) -> bool:
        """Say whether the other page holds the same values in the same
        cells.
        """
        if (
            self.channel is not other.channel
            and self.channel.key != other.channel.key
        ):
            return False

        return self._cells == other._cells

    @cached_property
    def _cells(self) -> tuple[object, ...]:
        """What decides beside the channel which values are in which cells."""
        return self.grid, self.look, self.sequence, self.start, self.first_unit


class Picture:
    """The values of a page, as levels, and its lines of cells."""

    def __init__(self, page: HeatPage) -> None:
        grid = page.grid
        start = page.start
        stop = min(start + grid.columns, grid.timesteps)
        last = min(page.first_unit + grid.rows, grid.units)
        self.grid = grid
        self.scale: Scale = page.channel.scale()
        self.painter = painter_of(page.look, self.scale.signed)
        self.values = page.channel.read(start, stop, page.sequence)[
            :, page.first_unit : last
        ].T
        levels = self.scale.levels(self.values, self.painter.ramp.count)
        self.levels = np.full((grid.rows + 1, grid.columns), BLANK, np.uint8)
        self.levels[: levels.shape[0], : levels.shape[1]] = levels
        self.look = page.look

    def dim(self, page: HeatPage) -> NDArray[np.bool_]:
        """Return which columns of the page time hasn't reached."""
        t = np.arange(page.start, page.start + self.grid.columns)
        return (t < page.seen[0]) | (t > page.seen[1])

    def line(
        self,
        y: int,
        dim: NDArray[np.bool_],
        x0: int,
        x1: int,
    ) -> list[Segment]:
        """Return cells x0 to x1 of line y."""
        grid = self.grid
        if y >= grid.used_lines:
            return []

        columns = (
            np.arange(x0, min(x1, grid.columns * grid.cells)) // grid.cells
        )
        if not columns.size:
            return []

        if grid.double:
            upper = self.levels[2 * y]
            lower = self.levels[2 * y + 1]
            return self.painter.half_row(
                upper[columns],
                lower[columns],
                dim[columns],
            )

        row = y // grid.lines
        if self.numbered(y):
            shown = slice(x0 // grid.cells, -(-x1 // grid.cells))
            values = self.values[row, shown]
            levels = self.levels[row, shown]
            return number_row(
                self.painter,
                self.look,
                levels,
                values,
                dim[shown],
                grid.cells,
            )

        return self.painter.row(self.levels[row][columns], dim[columns])

    def numbered(self, y: int) -> bool:
        """Say whether line y shows its values as numbers."""
        grid = self.grid
        middle = (
            grid.cells >= NUMBERED and y % grid.lines == (grid.lines - 1) // 2
        )

        return middle and y // grid.lines < len(self.values)

    def column(
        self,
        column: int,
        dim: NDArray[np.bool_],
    ) -> list[list[Segment]]:
        """Return one timestep, line by line: what changes when time comes
        there.
        """
        grid = self.grid
        if grid.double:
            pairs = self.levels[: 2 * grid.used_lines, column]
            return self.painter.half_column(
                pairs[::2],
                pairs[1::2],
                bool(dim[column]),
                grid.cells,
            )

        plain = self.painter.column(
            self.levels[: grid.rows, column],
            bool(dim[column]),
            grid.cells,
        )
        x = column * grid.cells

        return [
            self.line(y, dim, x, x + grid.cells)
            if self.numbered(y)
            else plain[y // grid.lines]
            for y in range(grid.used_lines)
        ]
