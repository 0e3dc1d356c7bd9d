"""The record of a run that would be too much to keep: it is recomputed window
by window.

Kept are the states at the start of every window, and h, which is the layer's
output; reading any other quantity runs its windows again by the same calls on
the same shapes, so that every bit is the same. An overview (min, mean, max of
stretches of time) and the means of pictures are filled while the run goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial

from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.memory.large_arrays import BLOCK, release, roomy
from rnn_tui.engine.trace.overview import (
    Overview,
    Summary,
    affordable,
    summary,
    summed_in_turn,
)
from rnn_tui.engine.trace.recomputed import RecomputedWindows
from rnn_tui.engine.trace.record import Reading, Record, averaged

EXACT = 64
"""Windows that an overview reads again; a longer stretch comes from what was
filled in during the run.
"""


class RecomputedRecord(Record):
    """Checkpoints of the states, h in full, an overview; the rest is computed
    again when it is read.

    `limit` is the bytes above which an array is a file, `cache` the bytes of
    windows kept for the next reading.
    """

    def __init__(
        self,
        scan: Scan,
        reading: Reading,
        states: list[Array],
        limit: int,
        cache: int,
    ) -> None:
        super().__init__(scan, reading, states)
        windows = -(-self.timesteps // self.length)
        self.checkpoints = roomy(
            (windows, len(states), *states[0].shape),
            scan.dtype,
            limit,
        )
        self.h = roomy((self.timesteps, self.width), scan.dtype, limit)
        if reading.mask is None:
            self.raw = None
        else:
            self.raw = roomy((self.timesteps, self.width), scan.dtype, limit)

        self.buffer = np.empty(
            (self.length, len(scan.slots) * self.width),
            scan.dtype,
        )
        needed = windows > EXACT and affordable(self.buffer.shape[1])
        self.filling = (
            Overview(windows, self.length, self.buffer.shape[1])
            if needed
            else None
        )
        self.averages: Array | None = None
        """Of pictures, the mean of each quantity's pixels: a screen shows
        hundreds of timesteps at once.
        """
        if math.prod(reading.place[1:]) > 1:
            self.averages = np.empty(
                (
                    self.timesteps,
                    len(scan.slots) * scan.units * reading.place[0],
                ),
                scan.dtype,
            )

        self.again = RecomputedWindows(
            self.length,
            self._computed,
            max(2, cache // self.buffer.nbytes),
        )
        self.touched = 0

    def advance(self) -> None:
        """Compute the next window, keep its first states, its h and its
        extremes.
        """
        k = self.done // self.length
        window = slice(self.done, min(self.done + self.length, self.timesteps))
        self.checkpoints[k] = self.states
        record = self.buffer[: window.stop - window.start]
        self._window(
            window.start,
            self.states,
            record,
            None if self.raw is None else self.raw[window],
        )
        self.h[window] = record[:, self._slot("h")]
        if self.filling is not None:
            self.filling.add(k, record)

        if self.averages is not None:
            self.averages[window] = averaged(record, self.reading.place)

        self.done = window.stop
        self.touched += (
            record[:, : self.width].nbytes + self.reading.x[window].nbytes
        )
        if self.touched > BLOCK:
            release(self.h, self.raw, self.checkpoints, self.reading.x)
            self.touched = 0

    def held(self) -> list[Array]:
        """Return h and what the rest is computed from."""
        kept = [self.checkpoints, self.h, self.buffer, self.raw, self.averages]
        return [array for array in kept if array is not None]

    def quantity(self, name: str, window: slice) -> Array:
        """Return timesteps of a quantity in processing order, computed again
        unless it is h.
        """
        if name == "raw" and self.raw is not None:
            return self.raw[window]
        if name in ("h", "raw"):
            return self.h[window]

        slot = self._slot(name)
        out = roomy((window.stop - window.start, self.width), self.scan.dtype)
        for k, inside in self.again.parts(window):
            first = k * self.length + inside.start - window.start
            part = self.again.window(k)[inside, slot]
            out[first : first + len(part)] = part

        return out

    def read_rows(
        self,
        name: str,
        rows: tuple[int, ...],
        start: int = 0,
        stop: int | None = None,
    ) -> Array:
        """Return what `read` does, of some sequences only: a window is computed
        once for all quantities of these.
        """
        window, turned = self._processed(start, stop)
        if name in ("h", "raw") or window.stop == window.start:
            return super().read_rows(name, rows, start, stop)

        parts = [
            self._rows_of(k, rows)[name][:, inside]
            for k, inside in self.again.parts(window)
        ]

        return np.concatenate(parts, axis=1)[:, turned]

    def _rows_of(self, k: int, rows: tuple[int, ...]) -> dict[str, Array]:
        """Return every quantity of some sequences in window k, each
        `(rows, timesteps, …, units)`.
        """
        return self.again.rows(k, rows, self._divided_rows)

    def _divided_rows(
        self,
        record: Array,
        rows: tuple[int, ...],
    ) -> dict[str, Array]:
        """Return every quantity of some sequences in the record of a window."""
        return {
            name: self.shaped(record[:, self._slot(name)])[list(rows)]
            for name in self.scan.slots
        }

    def _means(self, name: str, window: slice) -> Array:
        """Return the means of timesteps in processing order,
        `(timesteps, units · batch)`, as they were kept.
        """
        if self.averages is None:
            return super()._means(name, window)

        size = self.scan.units * self.reading.place[0]
        first = self.scan.slots.index(name) * size

        return self.averages[window, first : first + size]

    def overview(
        self,
        name: str,
        columns: int,
        start: int = 0,
        stop: int | None = None,
    ) -> Summary:
        """Return the smallest, mean and largest of each of `columns` stretches
        of input time.
        """
        start, stop, _ = slice(start, stop).indices(self.timesteps)
        if stop - start <= EXACT * self.length:
            return summary(self.read(name, start, stop), columns)
        if self.filling is None:
            return summed_in_turn(
                partial(self.read, name),
                columns,
                start,
                stop,
                EXACT * self.length,
            )

        if self.reading.reverse:
            start, stop = self.timesteps - stop, self.timesteps - start

        parts = self.filling.columns(
            self._slot(name),
            columns,
            start,
            min(stop, self.timesteps),
        )
        turned = slice(None, None, -1 if self.reading.reverse else 1)

        return Summary(*(self.shaped(part)[:, turned] for part in parts))

    def windows(
        self,
        timesteps: int | None = None,
    ) -> Iterator[tuple[int, Mapping[str, Array]]]:
        """Yield the first timestep of each window of time with every quantity
        in it; each window of the run is computed once for all of them.
        """
        step = timesteps or self.length
        for start in range(0, self.timesteps, step):
            window, turned = self._processed(start, start + step)
            flat = self.again.between(window)
            yield (
                start,
                {
                    name: self.shaped(flat[:, self._slot(name)])[:, turned]
                    for name in self.names
                },
            )

    def recomputes(self, name: str) -> bool:
        """Return whether each reading of a quantity computes it again; h is
        kept.
        """
        return name != "h"

    def window_of(self, timesteps: int) -> int:
        """Return whole windows of the run, no more than are kept; of a reversed
        cell they may begin within one.
        """
        windows = min(timesteps // self.length, self.again.kept - 1)
        return self.length * max(1, windows)

    def _computed(self, k: int) -> Array:
        """Return the record of window k, run from its checkpoint by the same
        calls as the first time.
        """
        start = k * self.length
        record = np.empty(
            (min(self.length, self.timesteps - start), self.buffer.shape[1]),
            self.scan.dtype,
        )
        raw = None
        if self.raw is not None:
            raw = np.empty((len(record), self.width), self.scan.dtype)

        states = [state.copy() for state in self.checkpoints[k]]
        self._window(start, states, record, raw)

        return record
