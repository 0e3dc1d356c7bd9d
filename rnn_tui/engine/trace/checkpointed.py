"""The record of a run that would be too much to keep: it is recomputed window
by window.

Kept are the states at the start of every window, and h, which is the layer's
output; reading any other quantity runs its windows again by the same calls on
the same shapes, so that every bit is the same. An overview (min, mean, max of
stretches of time) and the means of pictures are filled while the run goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.memory.large_arrays import roomy
from rnn_tui.engine.trace.kept_parts import EXACT, KeptParts
from rnn_tui.engine.trace.overview import Summary, summary, summed_in_turn
from rnn_tui.engine.trace.reading import Reading, run_again, run_window
from rnn_tui.engine.trace.recomputed import RecomputedWindows
from rnn_tui.engine.trace.record import Record
from rnn_tui.engine.trace.record_axes import RecordAxes


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
        self.kept = KeptParts(
            scan,
            reading,
            states,
            self.axes,
            self.length,
            limit,
        )
        shape = (self.length, self.axes.columns)
        self.buffer = np.empty(shape, scan.dtype)
        self.again = RecomputedWindows(
            self.length,
            self._computed,
            max(2, cache // self.buffer.nbytes),
        )

    def advance(self) -> None:
        """Compute the next window, keep its first states, its h and its
        extremes.
        """
        k = self.done // self.length
        stop = min(self.done + self.length, self.timesteps)
        window = slice(self.done, stop)
        self.kept.checkpoints[k] = self.states
        record = self.buffer[: window.stop - window.start]
        run_window(
            self.scan,
            self.reading.part(window),
            self.states,
            record,
            self.kept.raw_of(window),
        )
        self.kept.add(k, window, record)
        self.done = window.stop

    def held(self) -> list[Array]:
        """Return h and the arrays that the rest is computed from."""
        return [*self.kept.held(), self.buffer]

    def quantity(self, name: str, window: slice) -> Array:
        """Return timesteps of a quantity in processing order, computed again
        unless it is h.
        """
        if name == "raw" and self.kept.raw is not None:
            return self.kept.raw[window]
        if name in ("h", "raw"):
            return self.kept.h[window]

        timesteps = window.stop - window.start
        out = roomy((timesteps, self.width), self.scan.dtype)
        self.again.fill(out, window, self.axes.slot(name))

        return out

    def read_rows(
        self,
        name: str,
        rows: tuple[int, ...],
        start: int = 0,
        stop: int | None = None,
    ) -> Array:
        """Return as `read` does, of some sequences only: a window is computed
        once for all quantities of these.
        """
        window, turned = self.axes.processed(start, stop, self.timesteps)
        if name in ("h", "raw") or window.stop == window.start:
            return super().read_rows(name, rows, start, stop)

        divide = partial(_divided_rows, self.axes)
        read = self.again.rows_between(name, rows, window, divide)

        return read[:, turned]

    def _means(self, name: str, window: slice) -> Array:
        """Return the means of timesteps in processing order,
        `(timesteps, units · batch)`, as they were kept.
        """
        kept = self.kept.means(name, window)
        if kept is None:
            return super()._means(name, window)

        return kept

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
        if self.kept.filling is None:
            return summed_in_turn(
                partial(self.read, name),
                columns,
                start,
                stop,
                EXACT * self.length,
            )

        window, turned = self.axes.processed(start, stop, self.timesteps)
        parts = self.kept.filling.columns(self.axes.slot(name), columns, window)
        shaped = [self.axes.shaped(part)[:, turned] for part in parts]

        return Summary(*shaped)

    def windows(
        self,
        timesteps: int | None = None,
    ) -> Iterator[tuple[int, Mapping[str, Array]]]:
        """Yield the first timestep of each window of time with every quantity
        in it; each window of the run is computed once for all of them.
        """
        step = timesteps or self.length
        for start in range(0, self.timesteps, step):
            stop = start + step
            window, turned = self.axes.processed(start, stop, self.timesteps)
            flat = self.again.between(window)
            every = self.axes.divided(flat)
            in_input_time = {}
            for name in self.names:
                in_input_time[name] = every[name][:, turned]

            yield start, in_input_time

    def recomputes(self, name: str) -> bool:
        """Return whether each reading of a quantity computes it again; h is
        kept.
        """
        return name != "h"

    def window_of(self, timesteps: int) -> int:
        """Return whole windows of the run, no more than are kept; of a reversed
        cell they may begin within one.
        """
        most = self.again.kept - 1
        windows = min(timesteps // self.length, most)
        return self.length * max(1, windows)

    def _computed(self, k: int) -> Array:
        """Return the record of window k, run again from its checkpoint."""
        start = k * self.length
        stop = min(start + self.length, self.timesteps)
        window = slice(start, stop)
        part = self.reading.part(window)
        first = self.kept.checkpoints[k]

        return run_again(self.scan, part, first)


def _divided_rows(
    axes: RecordAxes,
    record: Array,
    rows: tuple[int, ...],
) -> dict[str, Array]:
    """Return every quantity of some sequences in the record of a window, each
    `(rows, timesteps, …, units)`.
    """
    chosen = list(rows)
    every = axes.divided(record)

    return {name: values[chosen] for name, values in every.items()}
