"""The channel "written and still there": which part of each unit's last state
was written at each timestep.

It says when the present content was written, not why: see
rnn_tui/analysis/written.py.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rnn_tui.analysis.carried import WRITTEN, carried
from rnn_tui.analysis.written import written_map
from rnn_tui.engine.cells.kinds import symbol
from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables.scales import Scale, usual_scale
from rnn_tui.tui.states_page.channels import spread

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace

WINDOW = 512
"""Timesteps of each window in which the scale is looked for."""


@dataclass(frozen=True, eq=False)
class Written:
    """What of the last state of each unit was written at each timestep."""

    cell: CellTrace
    state: str
    """The state that a gate carries."""

    name = WRITTEN
    where = ""

    @property
    def key(self) -> Hashable:
        """Equal for two that have the same values."""
        return WRITTEN, self.cell

    @property
    def title(self) -> str:
        """The cell, and what is shown of it."""
        return f"{self.cell.key}-{WRITTEN}"

    @property
    def symbol(self) -> str:
        """How the channel is written."""
        return f"→{symbol(self.state)}"

    @property
    def ascii_symbol(self) -> str:
        """The same in plain letters."""
        return f">{symbol(self.state, plain=True)}"

    @property
    def meaning(self) -> str:
        """What it is, in a few words."""
        return f"written at t, in {symbol(self.state)} at the end"

    @property
    def direction(self) -> str | None:
        """The cell's direction."""
        return self.cell.direction

    @property
    def units(self) -> int:
        """The cell's units."""
        return self.cell.units

    @property
    def timesteps(self) -> int:
        """The length of the sequence."""
        return self.cell.timesteps

    @property
    def reverse(self) -> bool:
        """Whether the cell reads from the last timestep to the first."""
        return self.cell.reverse

    def read(self, start: int, stop: int, sequence: int = 0) -> Array:
        """Return timesteps start to stop, `(timesteps, units)`."""
        found: Array = written_map(self.cell, start, stop, sequence=sequence)
        return found

    def scale(self) -> Scale:
        """Return the scale of what was written: zero in its middle."""
        return self._scale

    @cached_property
    def _scale(self) -> Scale:
        if self.cell.timesteps <= WINDOW:
            return usual_scale(self.read(0, self.cell.timesteps))

        # what is left is written near the end; of a slow gate anywhere
        starts = [*spread(self.cell.timesteps, WINDOW)[-1:], 0]
        parts = [self.read(start, start + WINDOW) for start in starts]

        return usual_scale(np.concatenate(parts))


def written_channels(cell: CellTrace) -> list[Written]:
    """Return the channel of a cell whose state a gate carries, none of another:
    nor of pictures, or where a column is a stretch of time.
    """
    by_gate = carried(cell.cell)
    if by_gate is None or cell.sides or not cell.values.exact:
        return []

    return [Written(cell, by_gate.state)]
