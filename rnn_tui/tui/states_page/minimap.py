"""The strip above a page of a long run: the whole of it for one unit on one
line, and where the page is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.segment import Segment

from rnn_tui.engine.trace.overview import summary
from rnn_tui.tui.renderables import lanes
from rnn_tui.tui.renderables.grid import Grid
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.session.cursor import Place, column_of
from rnn_tui.tui.states_page.ranges import axis_ends

if TYPE_CHECKING:
    from rnn_tui.engine.trace.overview import Summary
    from rnn_tui.engine.trace.trace import CellTrace

ROOMY = 80
"""Cells from which on the strip says beside itself what it shows."""


class RunStrip:
    """A cell's run summed up in two stretches for each cell of the strip, made
    once.
    """

    def __init__(self, run: CellTrace, grid: Grid) -> None:
        self._run = run
        self._grid = grid
        self._summed: tuple[int, Summary] | None = None

    def words(self, unit: int) -> str:
        """Return what is said of the strip beside it, always as wide."""
        widest = len(f"{self._run.units - 1}")
        if self._grid.used_width < ROOMY:
            return ""

        return f"  h of unit {unit:<{widest}} over all timesteps"

    @property
    def cells(self) -> int:
        """The cells of the strip itself."""
        return max(1, self._grid.used_width - len(self.words(0)))

    def timestep_at(self, x: int) -> int:
        """Return the timestep of the run at a cell of the strip, the nearest
        one beside it.
        """
        inside = min(max(x, 0), self.cells - 1)
        return inside * (self._run.timesteps - 1) // max(self.cells - 1, 1)

    def line(
        self,
        place: Place,
        look: Look,
        *,
        reveals: bool,
    ) -> list[Segment]:
        """Return the selected unit's h as a band, the page in the accent. Where
        time `reveals` the run, what is ahead is faint.
        """
        low, _, high = self._summary()
        smallest = low[place.sequence, :, place.unit]
        largest = high[place.sequence, :, place.unit]
        stretches = np.arange(2 * self.cells) * len(smallest)
        stretches //= 2 * self.cells
        first, last, now = self._page(place)
        numbers = np.arange(self.cells)
        if self._run.reverse:
            ahead = numbers < now
        else:
            ahead = numbers > now

        ends = axis_ends(
            float(np.nan_to_num(smallest).min()),
            float(np.nan_to_num(largest).max()),
        )
        line = lanes.strip_line(
            smallest[stretches],
            largest[stretches],
            ends,
            (first, last),
            ahead & reveals,
            look,
        )

        return [*line, Segment(self.words(place.unit), ink(look.faint))]

    def _page(self, place: Place) -> tuple[int, int, int]:
        """Return the cells of the page's first and last timestep, and that of
        the place.
        """
        grid = self._grid
        start = grid.first_timestep(place.t)
        stop = min(start + grid.columns, grid.timesteps)
        timesteps = (grid.label(start), grid.label(stop) - 1)
        first, last, now = (
            column_of(t, self._run.timesteps, self.cells)
            for t in (*timesteps, grid.label(place.t))
        )

        return first, last, now

    def _summary(self) -> Summary:
        """The run summed up; of a run that still goes on as much as there
        is.
        """
        run = self._run
        if self._summed is None or self._summed[0] != run.filled:
            if run.sides:
                summed = summary(run.means("h"), 2 * self.cells)
            else:
                summed = run.overview("h", 2 * self.cells)

            self._summed = run.filled, summed

        return self._summed[1]
