"""What is shown of the selected unit beside or below the maps: its quantities now, and
their course over the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rich.segment import Segment

from rnn_tui.engine.cells.kinds import symbol
from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.grid import Grid
from rnn_tui.tui.renderables.numbers import MOVING, short
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.unit_column import Course
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.states_page.channels import Quantity, revealed
from rnn_tui.tui.states_page.page_cache import PageCache

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace


def choices(cell: CellTrace) -> list[str]:
    """Return a cell's quantities in the order `m` goes through them: states, gates,
    pre-activations.
    """
    names = cell.names
    states = cell.cell.states
    before = [name for name in names if name.startswith("pre_")]

    return [
        *states,
        *(name for name in names if name not in states and name not in before),
        *before,
    ]


@dataclass(frozen=True, eq=False)
class UnitPage:
    """One unit's quantities over the page of a place, each page of values read once."""

    cell: CellTrace
    pixel: int | None
    grid: Grid
    look: Look
    kept: PageCache

    def now(self, place: Place) -> list[Segment]:
        """Return the unit's values on one line, where there is no room for the rail."""
        line = []
        for name in self._names():
            value = self._window(Quantity(self.cell, name, self.pixel), place)[
                self._column(place), place.unit
            ]
            line.append(
                Segment(f"{symbol(name, plain=self.look.ascii)} ", ink(self.look.muted))
            )
            line.append(
                Segment(f"{short(float(value), MOVING):<9}", ink(self.look.foreground))
            )

        return line

    def courses(self, place: Place, step: int) -> list[Course]:
        """Return the course of each quantity, as far as it is known when `step`
        timesteps have been read.
        """
        start, stop = self._span(place)
        first, last = revealed(self.cell, step)
        when = np.arange(start, stop)
        seen = (when >= first) & (when <= last)
        names = self._names()
        found = []
        for name in names if len(names) > 1 else choices(self.cell):
            quantity = Quantity(self.cell, name, self.pixel)
            values = self._window(quantity, place)[:, place.unit]
            shown = symbol(name, plain=self.look.ascii)
            found.append(
                Course(shown, quantity.scale(), values, self._column(place), seen)
            )

        return found

    def _names(self) -> list[str]:
        return [name for name in choices(self.cell) if not name.startswith("pre_")]

    def _span(self, place: Place) -> tuple[int, int]:
        start = self.grid.first_timestep(place.t)
        return start, min(start + self.grid.columns, self.grid.timesteps)

    def _column(self, place: Place) -> int:
        return place.t - self.grid.first_timestep(place.t)

    def _window(self, quantity: Quantity, place: Place) -> Array:
        """Return a page of a quantity, read once: in a long run reading may mean
        computing.
        """
        start, stop = self._span(place)
        return self.kept.keep(
            ("window", quantity.name),
            lambda: quantity.read(start, stop, place.sequence),
        )
