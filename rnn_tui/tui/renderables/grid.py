"""The geometry of a map of units × timesteps: what fits on a page, and which
cell stands where.

Time and units come in fixed pages, so nothing scrolls under the eye. Where room
is plenty a timestep takes several cells and a unit several lines; where it is
short two units share a line, as half-blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

NUMBERED = 8
"""Cells from which on there is room for a value as a number."""

WIDEST, TALLEST = 12, 4
"""Cells and lines a value takes at most: more would be blocks, not a
picture.
"""


@dataclass(frozen=True)
class Grid:
    """A map's room in cells and what it holds; `half` says that a cell may show
    two units.

    What follows from that is computed once: a timestep of playback asks for it
    some two hundred times.
    """

    width: int
    height: int
    timesteps: int
    units: int
    half: bool = True
    whole: int = 0
    """Timesteps of the whole sequence where each column stands for a stretch of
    it; 0 where each is one timestep.
    """

    def label(self, column: int) -> int:
        """Return the (first) timestep that `column` stands for."""
        if self.whole:
            return column * self.whole // self.timesteps

        return column

    @cached_property
    def cells(self) -> int:
        """How many cells wide a timestep is."""
        return max(1, min(WIDEST, self.width // max(self.timesteps, 1)))

    @cached_property
    def lines(self) -> int:
        """How many lines high a unit is (1 when two share a line)."""
        return max(1, min(TALLEST, self.height // max(self.units, 1)))

    @cached_property
    def double(self) -> bool:
        """Whether two units share a line."""
        return self.half and self.units > self.height

    @cached_property
    def columns(self) -> int:
        """Timesteps on a page."""
        return max(1, min(self.timesteps, self.width // self.cells))

    @cached_property
    def rows(self) -> int:
        """Units on a page."""
        return max(
            1,
            min(
                self.units,
                self.height * 2 if self.double else self.height // self.lines,
            ),
        )

    @cached_property
    def used_lines(self) -> int:
        """Lines the page's units take."""
        if self.double:
            return (self.rows + 1) // 2

        return self.rows * self.lines

    def first_timestep(self, t: int) -> int:
        """Return the first timestep of the page that holds t."""
        return t // self.columns * self.columns

    def first_unit(self, unit: int) -> int:
        """Return the first unit of the page that holds `unit`."""
        return unit // self.rows * self.rows

    def x_of(self, t: int) -> int:
        """Return the cell at which timestep t begins on its page."""
        return (t - self.first_timestep(t)) * self.cells

    def y_of(self, unit: int) -> int:
        """Return the line on which `unit` begins on its page."""
        row = unit - self.first_unit(unit)
        if self.double:
            return row // 2

        return row * self.lines

    def timestep_at(self, x: int, t: int) -> int | None:
        """Return the timestep drawn at cell x of t's page, None beside it."""
        found = self.first_timestep(t) + x // self.cells
        inside = 0 <= x < self.columns * self.cells and found < self.timesteps
        if inside:
            return found

        return None

    def unit_at(self, y: int, unit: int) -> int | None:
        """Return the (first) unit drawn on line y of `unit`'s page, None below
        it.
        """
        if self.double:
            row = y * 2
        else:
            row = y // self.lines

        found = self.first_unit(unit) + row
        if 0 <= row < self.rows and found < self.units:
            return found

        return None


GUTTER = 6
"""Cells at the left for the units' numbers."""
