"""The geometry of a map of units × timesteps: the part that fits on a page, and
the cell of each value.

Time and units come in fixed pages, so nothing scrolls under the eye. The page
fills the room it has: a unit takes as many half lines as there are for each,
and where a timestep takes several cells, some take one more than others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

NUMBERED = 8
"""Cells from which on there is room for a value as a number."""

WIDEST, TALLEST = 12, 8
"""Cells and half lines a value takes at most: more would be blocks, not a
picture.
"""

UNEVEN, STRETCHED = 4, 3
"""Cells of a timestep from which on one more isn't taken for a longer time, and
those from which on it is better than a page with a tenth of it free.
"""


@dataclass(frozen=True)
class Grid:
    """A map's room in cells and its content; `half` says that a cell may show
    two units.

    All that follows from that is computed once: a timestep of playback asks for
    it some two hundred times.
    """

    width: int
    height: int
    timesteps: int
    units: int
    half: bool = True
    whole: int = 0
    """Timesteps of the whole sequence where each column shows a stretch of it;
    0 where each is one timestep.
    """

    def label(self, column: int) -> int:
        """Return the (first) timestep that `column` shows."""
        if self.whole:
            return column * self.whole // self.timesteps

        return column

    @cached_property
    def cells(self) -> int:
        """How many cells wide a timestep is at least."""
        return max(1, min(WIDEST, self.width // max(self.timesteps, 1)))

    @cached_property
    def edges(self) -> tuple[int, ...]:
        """The cell at which each column of a page begins, and the one after the
        last.
        """
        columns = self.columns
        width = columns * self.cells
        uneven = self.cells >= UNEVEN or (
            self.cells >= STRETCHED and width * 10 < self.width * 9
        )
        if uneven and self.cells < WIDEST:
            width = min(self.width, columns * WIDEST)

        return tuple([k * width // columns for k in range(columns + 1)])

    @property
    def used_width(self) -> int:
        """Cells the page's timesteps take."""
        return self.edges[-1]

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """How many cells wide each column of a page is."""
        edges = self.edges
        return tuple([edges[k + 1] - edges[k] for k in range(self.columns)])

    @cached_property
    def halves(self) -> int:
        """How many half lines high a unit is."""
        halves = 2 * self.height // max(self.units, 1)
        halves = max(1, min(TALLEST, halves))
        if self.half:
            return halves

        return max(2, halves // 2 * 2)

    @cached_property
    def columns(self) -> int:
        """Timesteps on a page."""
        return max(1, min(self.timesteps, self.width // self.cells))

    @cached_property
    def rows(self) -> int:
        """Units on a page."""
        return max(1, min(self.units, 2 * self.height // self.halves))

    @cached_property
    def used_lines(self) -> int:
        """Lines the page's units take."""
        return (self.rows * self.halves + 1) // 2

    def first_timestep(self, t: int) -> int:
        """Return the first timestep of the page that holds t."""
        return t // self.columns * self.columns

    def first_unit(self, unit: int) -> int:
        """Return the first unit of the page that holds `unit`."""
        return unit // self.rows * self.rows

    def x_of(self, t: int) -> int:
        """Return the cell at which timestep t begins on its page."""
        return self.edges[t - self.first_timestep(t)]

    def y_of(self, unit: int) -> int:
        """Return the line of `unit`'s number on its page: in its middle, and
        all of it where it has a line of its own.
        """
        return self.line_of(unit - self.first_unit(unit))

    def line_of(self, row: int) -> int:
        """Return the line in the middle of a row of the page: one that the row
        has alone, where there is one.
        """
        own = self.lines_of(row)
        if own:
            return own[(len(own) - 1) // 2]

        return row * self.halves // 2

    def lines_of(self, row: int) -> range:
        """Return the lines that belong to a row of the page alone."""
        start = row * self.halves
        return range((start + 1) // 2, (start + self.halves) // 2)

    def column_at(self, x: int) -> int | None:
        """Return the column of a page drawn at cell x, None beside it."""
        if not 0 <= x < self.used_width:
            return None

        columns = range(self.columns)

        return next(k for k in columns if x < self.edges[k + 1])

    def timestep_at(self, x: int, t: int) -> int | None:
        """Return the timestep drawn at cell x of t's page, None beside it."""
        column = self.column_at(x)
        if column is None:
            return None

        found = self.first_timestep(t) + column
        if found < self.timesteps:
            return found

        return None

    def unit_at(self, y: int, unit: int) -> int | None:
        """Return the (first) unit drawn on line y of `unit`'s page, None below
        it.
        """
        row = y * 2 // self.halves
        found = self.first_unit(unit) + row
        if 0 <= row < self.rows and found < self.units:
            return found

        return None


GUTTER = 6
"""Cells at the left for the units' numbers."""
