"""The channels of the difference mode: each quantity of the run that is shown,
less the same quantity of the run it is compared with.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.trace.downsampled import zoomed_out
from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.scales import Scale, usual_scale
from rnn_tui.tui.states_page.channels import (
    Offer,
    Quantity,
    choices,
    quantities,
    spread,
)

if TYPE_CHECKING:
    from rnn_tui.analysis.timeline import Timeline
    from rnn_tui.engine.trace.trace import CellTrace
    from rnn_tui.tui.session.session import Reference, Session

WINDOW = 512
"""Timesteps of each window in which the scale is looked for."""


@dataclass(frozen=True, eq=False)
class Difference:
    """What a quantity has more than the same quantity of another run.

    Where the other run is shorter, and at the further readings of a held
    timestep, there is nothing to compare: NaN.
    """

    after: Quantity
    before: Quantity

    @property
    def key(self) -> Hashable:
        """Equal for two that have the same values."""
        return "difference", self.after.key, self.before.key

    @property
    def name(self) -> str:
        """The quantity's own, so that a map keeps what it shows."""
        return self.after.name

    @property
    def title(self) -> str:
        """The quantity, and that it is a difference."""
        return f"{self.after.title}-difference"

    @property
    def symbol(self) -> str:
        """How the difference is written."""
        return f"Δ{self.after.symbol}"

    @property
    def ascii_symbol(self) -> str:
        """The same in plain letters."""
        return f"d{self.after.ascii_symbol}"

    @property
    def meaning(self) -> str:
        """What it is."""
        return f"{self.after.meaning}, difference to the other run"

    @property
    def direction(self) -> str | None:
        """The cell's direction."""
        return self.after.direction

    @property
    def where(self) -> str:
        """Which part of a picture is read, and where the other run ends before
        this one.
        """
        if self.before.timesteps < self.after.timesteps:
            ends = f"the other run ends at t {self.before.timesteps - 1}"
            return f"{self.after.where} {ends}".strip()

        return self.after.where

    @property
    def units(self) -> int:
        """The cell's units."""
        return self.after.units

    @property
    def timesteps(self) -> int:
        """The length of the run that is shown."""
        return self.after.timesteps

    @property
    def reverse(self) -> bool:
        """Whether the cell reads from the last timestep to the first."""
        return self.after.reverse

    def read(self, start: int, stop: int, sequence: int = 0) -> Array:
        """Return the differences at timesteps start to stop,
        `(timesteps, units)`.
        """
        after = self.after.read(start, stop, sequence)
        both = min(stop, self.before.timesteps)
        found = np.full_like(after, np.nan)
        if start < both:
            before = self.before.read(start, both, sequence)
            # equal values, infinities too, differ by nothing
            with np.errstate(invalid="ignore"):
                less = after[: both - start] - before

            same = after[: both - start] == before
            found[: both - start] = np.where(same, 0, less)

        return found

    def scale(self) -> Scale:
        """Return the scale of the differences: zero in its middle."""
        starts = spread(self.timesteps, WINDOW)
        parts = [
            self.read(start, min(start + WINDOW, self.timesteps))
            for start in starts
        ]

        return usual_scale(np.concatenate(parts))


@lru_cache(maxsize=16)
def _with_held(cell: CellTrace, timeline: Timeline) -> CellTrace:
    """Return a cell on the timeline of the run that holds timesteps: the same
    one at every drawing, by which maps know their values.
    """
    return timeline.with_held(cell)


def differences_to(reference: Reference, session: Session) -> Offer:
    """Return the channels of a cell's differences to the run it is compared
    with.
    """
    cells = {cell.key: cell for cell in reference.trace.cells}
    timeline = reference.comparison.timeline

    def differences(cell: CellTrace, pixel: int | None) -> Sequence[Channel]:
        other = cells.get(cell.key)
        if other is None or other.units != cell.units:
            return quantities(cell, pixel)

        if timeline is not None and other.timesteps == timeline.timesteps:
            other = _with_held(other, timeline)

        if not cell.values.exact:
            other = _zoomed_like(other, cell, session)

        return [
            Difference(
                Quantity(cell, name, pixel), Quantity(other, name, pixel)
            )
            for name in choices(cell)
            if name in other.names
        ]

    return differences


def _zoomed_like(
    other: CellTrace,
    cell: CellTrace,
    session: Session,
) -> CellTrace:
    """Return the other run in stretches as long as those of a cell that is
    zoomed out, so that both are on one timeline.
    """
    shown = session.cell
    columns = cell.timesteps
    if shown is not None and shown.timesteps != other.timesteps:
        columns = round(columns * other.timesteps / shown.timesteps)

    return zoomed_out(other, max(columns, 1))
