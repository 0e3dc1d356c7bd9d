"""The strip above a page of a long run: the whole of it for one unit on one
line, and where the page lies in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.segment import Segment

from rnn_tui.engine.trace.overview import summary
from rnn_tui.tui.renderables import lanes
from rnn_tui.tui.renderables.grid import Grid
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.session.cursor import Place, column_of
from rnn_tui.tui.states_page.channels import Quantity, picture

if TYPE_CHECKING:
    from rnn_tui.engine.trace.overview import Summary
    from rnn_tui.engine.trace.trace import CellTrace


class RunStrip:
    """A cell's run summed up in as many stretches as there are columns, made
    once.
    """

    def __init__(self, run: CellTrace) -> None:
        self._run = run
        self._summed: tuple[tuple[int, int], Summary] | None = None

    def line(
        self,
        grid: Grid,
        place: Place,
        look: Look,
        *,
        reveals: bool,
    ) -> list[Segment]:
        """Return the selected unit's h where it is farthest from zero in each
        stretch; the page in the accent. Where time `reveals` the run, what is
        ahead is faint.
        """
        low, _, high = self._summary(grid.used_width)
        low = low[place.sequence, :, place.unit]
        high = high[place.sequence, :, place.unit]
        columns = len(low)
        start = grid.first_timestep(place.t)
        stop = min(start + grid.columns, grid.timesteps) - 1
        first, last, now = (
            column_of(t, self._run.timesteps, columns)
            for t in (start, stop, place.t)
        )
        numbers = np.arange(columns)
        if self._run.reverse:
            ahead = numbers < now
        else:
            ahead = numbers > now

        ahead &= reveals
        values = np.where(np.abs(low) > np.abs(high), low, high)

        return lanes.strip_line(
            values,
            Quantity(self._run, "h").scale(),
            (first, last),
            ahead,
            look,
        )

    def _summary(self, columns: int) -> Summary:
        """The run summed up; of a run that still goes on as much as there
        is.
        """
        if self._summed is None or self._summed[0] != (
            columns,
            self._run.filled,
        ):
            run = self._run
            if picture(run):
                summed = summary(run.means("h"), columns)
            else:
                summed = run.overview("h", columns)

            self._summed = (columns, run.filled), summed

        return self._summed[1]
