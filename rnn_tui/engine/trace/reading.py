"""The input of a cell's run, and a window of it run into a record."""

from __future__ import annotations

from typing import NamedTuple

from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.trace.record_axes import RecordAxes


class Reading(NamedTuple):
    """The input of a cell, in processing order: x `(timesteps, batch, …)`, the
    mask `(timesteps, columns)`.
    """

    x: Array
    mask: Mask | None
    place: tuple[int, ...]
    """The batch, and the rows and columns of a picture."""
    reverse: bool

    def part(self, window: slice) -> Part:
        """Return x and the mask of some timesteps."""
        if self.mask is None:
            return Part(self.x[window], None)

        return Part(self.x[window], self.mask[window])


class Part(NamedTuple):
    """Some timesteps of a reading."""

    x: Array
    mask: Mask | None


def axes_of(scan: Scan, reading: Reading) -> RecordAxes:
    """Return the axes of the record that a scan writes."""
    return RecordAxes(scan.slots, scan.units, reading.place, reading.reverse)


def run_window(
    scan: Scan,
    part: Part,
    states: list[Array],
    record: Array,
    raw: Array | None,
) -> None:
    """Run a window from `states`, which are moved on in place, into `record`
    and `raw`.
    """
    scan.window(part.x, states, record, part.mask, raw)


def run_again(scan: Scan, part: Part, first: Array) -> Array:
    """Return the record of a window, run from its first states by the same
    calls as the first time.
    """
    states = [state.copy() for state in first]
    timesteps = len(part.x)
    width = states[0].size
    columns = len(scan.slots) * width
    record = np.empty((timesteps, columns), scan.dtype)
    raw = None
    if part.mask is not None:
        raw = np.empty((timesteps, width), scan.dtype)

    run_window(scan, part, states, record, raw)

    return record
