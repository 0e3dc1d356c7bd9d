"""The windows of a run that are computed again when they are read, the last
ones kept for the next reading.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array

Divide = Callable[[Array, tuple[int, ...]], dict[str, Array]]
"""Takes every quantity of some sequences from the record of a window, each
`(rows, timesteps, …, units)`.
"""
ROWS_KEPT = 32 << 20
"""Bytes of windows that are kept of some sequences, of a batch whose windows
are too large to be kept.
"""


class RecomputedWindows:
    """Windows of `length` timesteps, of which `kept` are kept; `compute`
    returns the record of one, `(timesteps, slots · width)`.
    """

    def __init__(
        self,
        length: int,
        compute: Callable[[int], Array],
        kept: int,
    ) -> None:
        self.length = length
        self.compute = compute
        self.kept = kept
        self.cache: OrderedDict[int, Array] = OrderedDict()
        self._rows: OrderedDict[
            tuple[int, tuple[int, ...]], dict[str, Array]
        ] = OrderedDict()

    def window(self, k: int) -> Array:
        """Return the record of window k."""
        if k in self.cache:
            self.cache.move_to_end(k)
            return self.cache[k]

        record = self.compute(k)
        self.cache[k] = record
        if len(self.cache) > self.kept:
            self.cache.popitem(last=False)

        return record

    def rows_between(
        self,
        name: str,
        rows: tuple[int, ...],
        window: slice,
        divide: Divide,
    ) -> Array:
        """Return a quantity of some sequences at the timesteps of `window`,
        `(rows, timesteps, …, units)`.
        """
        parts = []
        for k, inside in self.parts(window):
            every = self.rows(k, rows, divide)
            parts.append(every[name][:, inside])

        return np.concatenate(parts, axis=1)

    def rows(
        self,
        k: int,
        rows: tuple[int, ...],
        divide: Divide,
    ) -> dict[str, Array]:
        """Return every quantity of some sequences in window k, as `divide`
        takes them from its record.
        """
        key = (k, rows)
        if key in self._rows:
            self._rows.move_to_end(key)
            return self._rows[key]

        record = self.window(k)
        found = divide(record, rows)
        self._rows[key] = found

        one = next(iter(found.values()))
        window_bytes = max(1, len(found) * one.nbytes)
        most = max(2, ROWS_KEPT // window_bytes)
        if len(self._rows) > most:
            self._rows.popitem(last=False)

        return found

    def parts(self, window: slice) -> Iterator[tuple[int, slice]]:
        """Yield the number of each of the run's windows that has timesteps of
        `window`, and which of its own timesteps those are.
        """
        length = self.length
        first_window = window.start // length
        behind = -(-window.stop // length)
        for k in range(first_window, behind):
            begin = k * length
            first = max(window.start, begin)
            last = min(window.stop, begin + length)
            yield k, slice(first - begin, last - begin)

    def fill(self, out: Array, window: slice, slot: slice) -> None:
        """Set `out`, `(timesteps, width)`, to one slot of the record at the
        timesteps of `window`.
        """
        done = 0
        for k, inside in self.parts(window):
            record = self.window(k)
            part = record[inside, slot]
            stop = done + len(part)
            out[done:stop] = part
            done = stop

    def between(self, window: slice) -> Array:
        """Return the record of timesteps in processing order,
        `(timesteps, slots · width)`.
        """
        parts = []
        for k, inside in self.parts(window):
            record = self.window(k)
            parts.append(record[inside])

        if len(parts) == 1:
            return parts[0]

        return np.concatenate(parts)
