"""The record of a cell's run: every quantity at every timestep, read a stretch
of time at a time.

A kept record is one array. A longer one is recomputed (see checkpointed.py), to
the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy

from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.memory.large_arrays import release
from rnn_tui.engine.trace.reading import Reading, axes_of, run_window
from rnn_tui.engine.trace.values import Values

WINDOW = 16 << 20
"""Bytes one window may take."""
NARROW = 128
"""Units of all sequences up to which windows that are kept are longer."""
KEPT_LONGER = 4
"""How many times as long those are."""


def window_length(units: int, bytes_a_timestep: int) -> int:
    """Return how many timesteps make a window: some milliseconds of work and
    few megabytes, whatever the width.
    """
    if units <= 128:
        quick = 256
    elif units <= 1024:
        quick = 64
    else:
        quick = 8

    return max(1, min(quick, WINDOW // bytes_a_timestep))


def longest_window(units: int, bytes_a_timestep: int) -> int:
    """Return how many timesteps a window has at most: those that are kept are
    longer where they are narrow.
    """
    return KEPT_LONGER * window_length(units, bytes_a_timestep)


class Record(Values):
    """Every quantity of a cell as its run leaves it.

    `done` timesteps have been computed, counted in the order the cell reads.
    """

    def __init__(
        self,
        scan: Scan,
        reading: Reading,
        states: list[Array],
    ) -> None:
        self.scan = scan
        self.reading = reading
        self.axes = axes_of(scan, reading)
        self.initial = [state.copy() for state in states]
        self.states = states
        self.length_read = len(reading.x)
        self.width = states[0].size
        self.length = window_length(
            scan.units,
            len(scan.slots) * states[0].nbytes,
        )
        self.done = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities in the order of the cell's Step."""
        return self.scan.cell.quantities

    @property
    def timesteps(self) -> int:
        """The length of the sequence."""
        return self.length_read

    @property
    def filled(self) -> int:
        """How many timesteps are computed, in the order in which the cell
        reads.
        """
        return self.done

    def advance(self) -> None:
        """Compute the next window."""
        raise NotImplementedError

    def held(self) -> list[Array]:
        """Return the arrays it is made of."""
        raise NotImplementedError

    def quantity(self, name: str, window: slice) -> Array:
        """Return timesteps of a quantity in processing order,
        `(timesteps, width)`.
        """
        raise NotImplementedError

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Array:
        """Return timesteps `start` to `stop` of a quantity in input time,
        `(batch, stop - start, units)`.
        """
        window, turned = self.axes.processed(start, stop, self.timesteps)
        return self.axes.shaped(self.quantity(name, window))[:, turned]

    def means(
        self,
        name: str,
        start: int = 0,
        stop: int | None = None,
    ) -> Array:
        """Return what `read` does of a cell that holds values, of one that
        holds pictures the mean of their pixels.
        """
        window, turned = self.axes.processed(start, stop, self.timesteps)
        return self.axes.units_last(self._means(name, window))[:, turned]

    def _means(self, name: str, window: slice) -> Array:
        """Return the means of timesteps in processing order,
        `(timesteps, units · batch)`.
        """
        return self.axes.averaged(self.quantity(name, window))

    def final(self) -> Mapping[str, Array]:
        """Return the states after the last timestep read, each
        `(batch, …, units)`.
        """
        last = [
            np.ascontiguousarray(self.axes.shaped(state.reshape(1, -1))[:, 0])
            for state in self.states
        ]
        return dict(zip(self.scan.states, last, strict=True))

    def until(self, timesteps: int) -> Record:
        """Return the same record as if it ended there: it is read while the run
        goes on.
        """
        part = copy(self)
        part.length_read = timesteps
        part.done = timesteps

        return part


class KeptRecord(Record):
    """All of it in one array, `(timesteps, slots · width)`."""

    def __init__(
        self,
        scan: Scan,
        reading: Reading,
        states: list[Array],
    ) -> None:
        super().__init__(scan, reading, states)
        one_timestep = reading.x[:1]
        read = one_timestep.nbytes * self.length
        if self.width <= NARROW and KEPT_LONGER * read <= WINDOW:
            # no window is computed again, and each costs as much as six
            # timesteps
            self.length *= KEPT_LONGER

        timesteps = self.timesteps
        self.array = np.empty((timesteps, self.axes.columns), scan.dtype)
        self.raw = None
        if reading.mask is not None:
            self.raw = np.empty((timesteps, self.width), scan.dtype)

    def advance(self) -> None:
        """Compute the next window."""
        window = slice(self.done, self.done + self.length)
        run_window(
            self.scan,
            self.reading.part(window),
            self.states,
            self.array[window],
            None if self.raw is None else self.raw[window],
        )
        release(self.reading.x)
        self.done = min(window.stop, self.length_read)

    def held(self) -> list[Array]:
        """Return the record."""
        if self.raw is None:
            return [self.array]

        return [self.array, self.raw]

    def quantity(self, name: str, window: slice) -> Array:
        """Return timesteps of a quantity in processing order, a view; "raw" is
        h before a mask held it.
        """
        if name == "raw":
            if self.raw is None:
                return self.array[window, self.axes.slot("h")]

            return self.raw[window]

        return self.array[window, self.axes.slot(name)]
