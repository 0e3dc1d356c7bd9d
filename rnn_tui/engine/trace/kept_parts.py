"""The parts that are kept of a run whose record would be too much to keep."""

from __future__ import annotations

import math

from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.memory.large_arrays import BLOCK, release, roomy
from rnn_tui.engine.trace.overview import Overview, affordable
from rnn_tui.engine.trace.reading import Reading
from rnn_tui.engine.trace.record_axes import RecordAxes

EXACT = 64
"""Windows that an overview reads again; a longer stretch comes from the
extremes that were kept during the run.
"""


class KeptParts:
    """The states at the start of every window, h in full, the extremes of
    windows and the means of pictures.

    `limit` is the bytes above which an array is a file.
    """

    def __init__(
        self,
        scan: Scan,
        reading: Reading,
        states: list[Array],
        axes: RecordAxes,
        length: int,
        limit: int,
    ) -> None:
        self.axes = axes
        self.read = reading.x
        timesteps = len(reading.x)
        windows = -(-timesteps // length)
        self.checkpoints = roomy(
            (windows, len(states), *states[0].shape),
            scan.dtype,
            limit,
        )
        self.h = roomy((timesteps, axes.width), scan.dtype, limit)
        self.raw: Array | None = None
        """h before a mask held it."""
        if reading.mask is not None:
            self.raw = roomy((timesteps, axes.width), scan.dtype, limit)

        self.filling: Overview | None = None
        if windows > EXACT and affordable(axes.columns):
            self.filling = Overview(windows, length, axes.columns)

        self.averages: Array | None = None
        """Of pictures, the mean of each quantity's pixels: a screen shows
        hundreds of timesteps at once.
        """
        pixels = math.prod(reading.place[1:])
        if pixels > 1:
            self.averages = np.empty(
                (timesteps, len(scan.slots) * scan.units * reading.place[0]),
                scan.dtype,
            )

        self.touched = 0

    def raw_of(self, window: slice) -> Array | None:
        """Return where h is written before a mask holds it; None without a
        mask.
        """
        if self.raw is None:
            return None

        return self.raw[window]

    def add(self, k: int, window: slice, record: Array) -> None:
        """Keep the h, the extremes and the means of window k."""
        h = record[:, self.axes.slot("h")]
        self.h[window] = h
        if self.filling is not None:
            self.filling.add(k, record)

        if self.averages is not None:
            self.averages[window] = self.axes.averaged(record)

        self.touched += h.nbytes + self.read[window].nbytes
        if self.touched > BLOCK:
            release(self.h, self.raw, self.checkpoints, self.read)
            self.touched = 0

    def means(self, name: str, window: slice) -> Array | None:
        """Return the means of pictures as they were kept,
        `(timesteps, units · batch)`; None where there are no pictures.
        """
        if self.averages is None:
            return None

        size = self.axes.units * self.axes.place[0]
        number = self.axes.slots.index(name)
        first = number * size
        stop = first + size

        return self.averages[window, first:stop]

    def held(self) -> list[Array]:
        """Return the arrays that are kept."""
        kept = [self.checkpoints, self.h, self.raw, self.averages]
        return [array for array in kept if array is not None]
