"""The total derivative through time: cotangents of a cell's values pulled back
over its whole sequence, a window after the other from the last to the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.cells.kinds import kind_of
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.cells_back import Values, pull_back
from rnn_tui.engine.gradients.scan_back import (
    ScanBack,
    Window,
    fast_scan_back,
    some_at,
)
from rnn_tui.engine.memory.large_arrays import release, roomy
from rnn_tui.errors import NotThroughError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import CellTrace

WINDOW = 16 << 20
"""Bytes that the cotangents of a window's pre-activations may take."""
LONGEST = 1024
"""Timesteps of a window."""


@dataclass(frozen=True, eq=False)
class ThroughTime:
    """The cotangents of all that a cell read: its input in input time,
    `(rows, batch, timesteps, features)`, and its initial states by their names,
    each `(rows, batch, units)`.
    """

    x: Array
    initial: Mapping[str, Array]


def through_time(trace: CellTrace, given: Values) -> ThroughTime:
    """Return the total derivatives of a target through a cell.

    `given` are the target's cotangents of the cell's quantities, by their
    names, in input time: `(rows, batch, timesteps, units)`, each row a target
    of its own. A row costs nothing at the timesteps behind its last one.

    Raises NotThroughError for a kind of cell whose page isn't written
    backwards.
    """
    back = _Back(_Reading(trace), given)
    for start, stop in back.reading.windows_back(back.rows):
        back.window(start, stop)

    return ThroughTime(back.x, back.initial())


class _Back:
    """One way back through a cell's run: the cotangents that enter, and those
    that have come out so far.
    """

    def __init__(self, reading: _Reading, given: Values) -> None:
        trace = reading.trace
        self.reading = reading
        self.rows = len(next(iter(given.values())))
        self.x = roomy((self.rows, *trace.x.shape), trace.x.dtype)
        self.x_read = reading.turned(self.x)
        self.last = {
            name: _zeros(trace, self.rows) for name in trace.cell.states
        }
        self.entering = _Entering(
            reading,
            {name: reading.turned(bar) for name, bar in given.items()},
            self.x_read,
            self.last,
        )
        self.order, self.begun = self.entering.order_of_rows(self.rows)
        self.bars = {
            name: np.zeros_like(bar) for name, bar in self.last.items()
        }

    def window(self, start: int, stop: int) -> None:
        """Go back over a window, in the order of reading."""
        # no row begins behind its own last timestep
        stop = min(stop, int(self.begun.max()) + 1)
        if stop <= start:
            return

        active = _active(self.begun[self.order], start, stop)
        rows = self.order[: active[0]]
        given = {
            name: bar[rows, :, start:stop]
            for name, bar in self.entering.of_states.items()
        }
        at_work = {name: bar[: len(rows)] for name, bar in self.bars.items()}

        window = self.reading.window(start, stop, given, active)
        scan = self.reading.scan
        with np.errstate(over="ignore", invalid="ignore"):
            pre = scan.window(window, at_work)
            # (timesteps, rows, batch, features)
            x_bars = scan.input_bars(pre, self.x.shape[3:])

        self.x_read[rows, :, start:stop] += np.moveaxis(x_bars, 0, 2)
        release(self.x, self.reading.trace.x)

    def initial(self) -> dict[str, Array]:
        """Return the cotangents of the initial states; one that an edit set
        has none.
        """
        for name, bar in self.last.items():
            bar[self.order] += self.bars[name]
            for edit in self.reading.trace.edits:
                if edit.initial and edit.quantity == name:
                    chosen = edit.chosen(self.reading.trace.initial[name])
                    bar[...] = np.where(chosen, 0, bar)

        return self.last


def pull_states(
    trace: CellTrace,
    start: int,
    stop: int,
    bars: Values,
) -> dict[str, Array]:
    """Return the cotangents of the states before a stretch of time for those of
    the states after it, each `(rows, batch, units)`.

    The stretch is the timesteps `start` to `stop` of the input; a cell that
    reads from the end begins it at `stop` − 1. With the identity as rows these
    are the rows of the product of the Jacobians.

    Raises NotThroughError for a cell whose states are pictures, and for a kind
    whose page isn't written backwards.
    """
    if kind_of(trace.cell).rank:
        raise NotThroughError(trace.key, "its states are pictures")

    reading = _Reading(trace)
    if trace.reverse:
        start, stop = trace.timesteps - stop, trace.timesteps - start

    dtype = trace.x.dtype
    pulled = {
        name: np.array(bars[name], dtype, order="C")
        for name in trace.cell.states
        if name in bars
    }
    rows = len(next(iter(pulled.values())))
    for name in trace.cell.states:
        pulled.setdefault(name, _zeros(trace, rows))

    length = reading.window_length(rows)
    for first in reversed(range(start, stop, length)):
        behind = min(first + length, stop)
        active = [rows] * (behind - first)
        window = reading.window(first, behind, {}, active)
        with np.errstate(over="ignore", invalid="ignore"):
            reading.scan.window(window, pulled)

    return pulled


def _active(begun: NDArray[np.intp], start: int, stop: int) -> list[int]:
    """Return how many rows have begun at each timestep on the way back; `begun`
    falls.
    """
    timesteps = np.arange(start, stop)
    active: list[int] = np.searchsorted(-begun, -timesteps, "right").tolist()

    return active


def _zeros(trace: CellTrace, rows: int) -> Array:
    one = next(iter(trace.initial.values()))  # (batch, …, units)

    return np.zeros((rows, *one.shape), trace.x.dtype)


class _Reading:
    """A cell's run in the order in which it read its input."""

    def __init__(self, trace: CellTrace) -> None:
        self.trace = trace
        self.scan: ScanBack = fast_scan_back(
            trace.cell, trace.x.dtype, trace.edits
        )
        self.gates = len(kind_of(trace.cell).gates)

    def turned(self, values: NDArray[Any], axis: int = 2) -> NDArray[Any]:
        """Return `(rows, batch, timesteps, …)`, or an array with its timesteps
        along `axis`, turned between input time and the order of reading, a
        view.
        """
        if not self.trace.reverse:
            return values

        return np.flip(values, axis)

    def window_length(self, rows: int) -> int:
        """Return how many timesteps of so many rows make a window."""
        trace = self.trace
        state = next(iter(trace.initial.values()))  # (batch, …, units)
        wide = rows * self.gates * state.size
        fitting = WINDOW // max(1, wide * trace.x.dtype.itemsize)
        chosen = max(1, min(fitting, LONGEST, trace.timesteps))

        return max(1, min(chosen, trace.values.window_of(chosen)))

    def windows_back(self, rows: int) -> Iterator[tuple[int, int]]:
        """Yield where each window begins and ends, the last one first."""
        timesteps = self.trace.timesteps
        length = self.window_length(rows)
        for start in reversed(range(0, timesteps, length)):
            yield start, min(start + length, timesteps)

    def read(self, name: str, start: int, stop: int) -> Array:
        """Return a quantity in the order of reading,
        `(timesteps, batch, units)`.
        """
        trace = self.trace
        if trace.reverse:
            start, stop = trace.timesteps - stop, trace.timesteps - start

        values = self.turned(trace.read(name, start, stop), 1)

        return np.swapaxes(values, 0, 1)

    def window(
        self,
        start: int,
        stop: int,
        given: Values,
        active: list[int],
    ) -> Window:
        """Return a window of the run."""
        trace = self.trace
        values = {name: self.read(name, start, stop) for name in trace.names}
        before = {
            name: np.concatenate([self.before(name, start)[None], value[:-1]])
            for name, value in values.items()
            if name in trace.cell.states
        }
        mask = None
        if trace.mask is not None:
            mask = self.turned(trace.mask, 1)[:, start:stop].T

        return Window(values, before, mask, given, active)

    def before(self, name: str, t: int) -> Array:
        """Return a state before a timestep, `(batch, units)`."""
        if t == 0:
            return self.trace.initial[name]

        last: Array = self.read(name, t - 1, t)[0]

        return last


class _Entering:
    """The cotangents that enter from outside, those of the states and those of
    the other quantities, which a step of the page turns into those of the
    states before.
    """

    def __init__(
        self,
        reading: _Reading,
        given: Mapping[str, Array],
        x: Array,
        last: Mapping[str, Array],
    ) -> None:
        self.reading = reading
        self.x = x
        self.last = last
        names = reading.trace.cell.states
        self.of_states = {
            name: bar for name, bar in given.items() if name in names
        }
        others = {name: bar for name, bar in given.items() if name not in names}
        if others:
            self._add(others)

    def _add(self, others: Mapping[str, Array]) -> None:
        """Take the other quantities back to what they read."""
        one = next(iter(others.values()))
        self.of_states = {
            name: bar.copy() for name, bar in self.of_states.items()
        }
        for name in self.reading.trace.cell.states:
            self.of_states.setdefault(name, np.zeros_like(one))

        some = np.logical_or.reduce(
            [some_at(bar, 2) for bar in others.values()]
        )
        for t in np.flatnonzero(some).tolist():
            bars = {name: bar[:, :, t] for name, bar in others.items()}
            self._step(t, bars)

    def _step(self, t: int, bars: Values) -> None:
        window = self.reading.window(t, t + 1, {}, [0])
        values = {name: value[0] for name, value in window.values.items()}
        before = {name: value[0] for name, value in window.before.items()}
        trace = self.reading.trace
        pulled = pull_back(trace.cell, values, before, bars, trace.edits)

        scan = self.reading.scan
        x_bars = scan.input_bars(pulled.pre[None], self.x.shape[3:])
        self.x[:, :, t] += x_bars[0]
        for name, bar in pulled.before.items():
            if t:
                self.of_states[name][:, :, t - 1] += bar
            else:
                self.last[name][...] += bar

    def order_of_rows(
        self,
        rows: int,
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the rows in the order in which they begin on the way back, and
        the timestep with which each begins; −1 for one that is 0.
        """
        begun = np.full(rows, -1)
        for bar in self.of_states.values():
            begun = np.maximum(begun, _last_timestep(bar))

        return np.argsort(-begun, kind="stable"), begun


def _last_timestep(bar: Array) -> NDArray[np.intp]:
    """Return the last timestep at which each row isn't 0, −1 for one that
    never is: `bar` is `(rows, batch, timesteps, …)`.
    """
    last = np.full(len(bar), -1)
    each = max(1, bar[:, :, :1].nbytes)
    step = max(1, WINDOW // each)
    for start in reversed(range(0, bar.shape[2], step)):
        some = some_at(bar[:, :, start : start + step], 0, 2)
        behind = some[:, ::-1].argmax(axis=1)
        found = start + some.shape[1] - 1 - behind
        last = np.where((last < 0) & some.any(axis=1), found, last)
        if (last >= 0).all():
            break

    return last
