"""One page of a quantity's map, as levels and as lines of cells: no widget, so
that it can be tested as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.grid import NUMBERED, Grid
from rnn_tui.tui.renderables.heatmap import (
    LOWER,
    SHIFT,
    UPPER,
    CellPainter,
    painter_of,
)
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import BLANK, Levels, Scale


class Marks(NamedTuple):
    """The row and the column of a page that are marked, None for none."""

    row: int | None = None
    column: int | None = None


NOTHING = Marks()


@dataclass(frozen=True, eq=False)
class HeatPage:
    """The content of a heat map: a channel at a place, `seen` being the first
    and last timestep already read.
    """

    channel: Channel
    grid: Grid
    t: int
    unit: int
    seen: tuple[int, int]
    look: Look
    sequence: int = 0
    scales: Sequence[Scale] = ()
    """A scale for each unit, where they have their own."""
    names: tuple[str, ...] = ()
    """The label of each row, where it isn't the number of its unit: no row is
    the selected one then.
    """
    now: int | None = None
    """The column of the page that time is in, where it is marked."""
    units: Sequence[int] = ()
    """The unit of each row, where they aren't numbered from above; `unit` is a
    row then.
    """

    def number(self, row: int) -> int:
        """Return the unit of a row."""
        if self.units:
            return self.units[row]

        return row

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
        """The values that the units' numbers beside the map depend on."""
        return (
            self.unit,
            self.first_unit,
            self.grid,
            self.look,
            self.names,
            self.units,
        )

    @cached_property
    def marks(self) -> Marks:
        """The row and the column that are marked."""
        return Marks(self.framed, self.now)

    @cached_property
    def framed(self) -> int | None:
        """The row of the page that is marked, None where its rows are no
        units.
        """
        if self.names:
            return None

        return self.unit - self.first_unit

    def same_cells(self, other: HeatPage) -> bool:
        """Say whether the other page holds the same values in the same
        cells.
        """
        if (
            self.channel is not other.channel
            and self.channel.key != other.channel.key
        ):
            return False

        return self.scales is other.scales and self._cells == other._cells

    @cached_property
    def _cells(self) -> tuple[object, ...]:
        """The values that decide, beside the channel, which cell shows which
        value.
        """
        return self.grid, self.look, self.sequence, self.start, self.first_unit


class Picture:
    """The values of a page, as levels, and its lines of cells."""

    def __init__(self, page: HeatPage) -> None:
        grid = page.grid
        start = page.start
        stop = min(start + grid.columns, grid.timesteps)
        first = page.first_unit
        last = min(first + grid.rows, grid.units)
        every = page.channel.read(start, stop, page.sequence)
        shown = every[:, first:last]  # (timesteps, units)

        self.grid = grid
        self.look = page.look
        self.scale: Scale = page.channel.scale()
        self.scales = page.scales[first:last]
        self.painter = painter_of(page.look, self.scale.signed)
        self.painters = self._painters()
        self.values = shown.T
        # a row more, for the half line below the last unit
        self.levels = np.full((grid.rows + 1, grid.columns), BLANK, np.uint8)
        self._set_levels()

        halves = np.arange(2 * grid.used_lines)
        rows = np.minimum(halves // grid.halves, grid.rows)
        self._upper: NDArray[np.int64] = rows[::2]
        self._lower: NDArray[np.int64] = rows[1::2]
        self._column_at = np.repeat(np.arange(grid.columns), grid.widths)

    def _painters(self) -> list[CellPainter]:
        """Return a painter for each row whose scales aren't all of one kind;
        none where one painter draws them all.
        """
        painters = [
            painter_of(self.look, scale.signed) for scale in self.scales
        ]
        if all(painter is self.painter for painter in painters):
            return []

        return painters

    def _set_levels(self) -> None:
        """Cut the values into levels, each row by its own scale where it has
        one.
        """
        columns = self.values.shape[1]
        if not self.scales:
            found = self.scale.levels(self.values, self.painter.ramp.count)
            self.levels[: len(found), :columns] = found
            return

        for row, scale in enumerate(self.scales):
            count = painter_of(self.look, scale.signed).ramp.count
            levels = scale.levels(self.values[row], count)
            self.levels[row, :columns] = levels

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
        marks: Marks = NOTHING,
    ) -> list[Segment]:
        """Return cells x0 to x1 of line y, with the marks of a row and of a
        column.
        """
        grid = self.grid
        if y >= grid.used_lines:
            return []

        columns = self._column_at[x0:x1]
        if not columns.size:
            return []

        upper = int(self._upper[y])
        lower = int(self._lower[y])
        flag = self.frame(y, marks.row)
        now = self._cell_of(marks.column, x0, x1)
        if self.numbered(y):
            from rnn_tui.tui.renderables.numbermap import number_row

            shown = slice(int(columns[0]), int(columns[-1]) + 1)
            return number_row(
                self._painter_of(upper),
                self.look,
                self._scale_of(upper),
                self.levels[upper, shown],
                self.values[upper, shown],
                dim[shown],
                grid.widths[shown],
                framed=flag == LOWER,
                now=None if now is None else marks.column,
                first=int(columns[0]),
            )

        if upper == lower:
            painter = self._painter_of(upper)
            return painter.row(
                self.levels[upper][columns],
                dim[columns],
                flag,
                now,
            )

        return self.painter.half_row(
            self.levels[upper][columns],
            self.levels[lower][columns],
            dim[columns],
            now,
        )

    def _cell_of(self, column: int | None, x0: int, x1: int) -> int | None:
        """Return the cell at which a column begins, counted from x0; None where
        it begins elsewhere.
        """
        if column is None:
            return None

        x = self.grid.edges[column]
        if x0 <= x < x1:
            return x - x0

        return None

    def _painter_of(self, row: int) -> CellPainter:
        if row < len(self.painters):
            return self.painters[row]

        return self.painter

    def _scale_of(self, row: int) -> Scale:
        if row < len(self.scales):
            return self.scales[row]

        return self.scale

    def frame(self, y: int, framed: int | None) -> int:
        """Return how line y marks the row `framed`: at the edges of the row
        that are edges of a line; 0 where it doesn't.
        """
        if framed is None:
            return 0

        halves = self.grid.halves
        lines = self.grid.lines_of(framed)
        if y not in lines:
            return 0
        if y == lines[-1] and (framed + 1) * halves % 2 == 0:
            return LOWER
        if y == lines[0] and framed * halves % 2 == 0:
            return UPPER

        return 0

    def numbered(self, y: int) -> bool:
        """Say whether line y shows its values as numbers."""
        grid = self.grid
        if grid.cells < NUMBERED or grid.halves < 2:
            return False

        row = int(self._upper[y])

        return row < len(self.values) and y == grid.line_of(row)

    def column(
        self,
        column: int,
        dim: NDArray[np.bool_],
        marks: Marks = NOTHING,
    ) -> list[list[Segment]]:
        """Return one timestep, line by line: the cells that change when time
        comes there.
        """
        grid = self.grid
        if column == marks.column:
            start, stop = grid.edges[column : column + 2]
            return [
                self.line(y, dim, start, stop, marks)
                for y in range(grid.used_lines)
            ]

        is_dim = bool(dim[column])
        width = grid.widths[column]
        levels = self.levels[:, column]
        if self.painters:
            lines = self._column_by_rows(levels, is_dim, width)
        elif self.look.half:
            lines = self.painter.half_column(
                levels[self._upper],
                levels[self._lower],
                is_dim,
                width,
            )
        else:
            lines = self.painter.column(levels[self._upper], is_dim, width)

        x = grid.edges[column]
        for y in self._own_lines(marks.row):
            lines[y] = self.line(y, dim, x, x + width, marks)

        return lines

    def by_colour(self, column: int) -> list[int]:
        """Return the lines of a timestep in the order of their colours: painted
        after each other they need few changes of colour.
        """
        levels = self.levels[:, column].astype(np.int32)
        codes = (levels[self._upper] << SHIFT) | levels[self._lower]
        lines: list[int] = codes.argsort(kind="stable").tolist()

        return lines

    def _column_by_rows(
        self,
        levels: Levels,
        is_dim: bool,
        width: int,
    ) -> list[list[Segment]]:
        """Return one timestep of rows that are drawn by painters of their
        own.
        """
        lines = []
        for row in self._upper.tolist():
            level = levels[row : row + 1]
            lines += self._painter_of(row).column(level, is_dim, width)

        return lines

    def _own_lines(self, framed: int | None) -> list[int]:
        """Return the lines that have numbers or a mark."""
        lines = range(self.grid.used_lines)
        if self.grid.cells >= NUMBERED:
            return [
                y for y in lines if self.numbered(y) or self.frame(y, framed)
            ]
        if framed is None:
            return []

        return [y for y in self.grid.lines_of(framed) if self.frame(y, framed)]
