"""The total derivative through time: cotangents of a cell's values pulled back
over its whole sequence, a window after the other from the last to the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.cells.kinds import kind_of
from rnn_tui.engine.cells.scan_base import SMALL
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.cells_back import Values, pull_back
from rnn_tui.engine.gradients.scan_back import (
    Entering,
    ScanBack,
    Window,
    fast_scan_back,
)
from rnn_tui.engine.memory.blas_threads import one_thread
from rnn_tui.engine.memory.large_arrays import release, roomy
from rnn_tui.errors import NotThroughError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.trace.trace import CellTrace

WINDOW = 2 << 20
"""Bytes that the cotangents of a window's pre-activations may take: they, and
the values computed from them, stay in the processor's cache.
"""
BLOCK = 16 << 20
"""Bytes of cotangents that are looked through at a time."""
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
    with _threads(trace):
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
            name: _units_first(np.zeros_like(bar))
            for name, bar in self.last.items()
        }

    def window(self, start: int, stop: int) -> None:
        """Go back over a window, in the order of reading."""
        # no row begins behind its own last timestep
        stop = min(stop, int(self.begun.max()) + 1)
        if stop <= start:
            return

        begun = self.begun[self.order]
        active = _active(begun, start, stop)
        count = active[0]
        rows = self.order[:count]
        entering = self.entering.window(start, stop, rows)
        at_work = {name: bar[:, :count] for name, bar in self.bars.items()}

        window = self.reading.window(start, stop, entering, active)
        scan = self.reading.scan
        with np.errstate(over="ignore", invalid="ignore"):
            pre = scan.window(window, at_work)
            x_bars = scan.input_bars(pre)  # (timesteps, rows, batch, features)

        rows_first = x_bars.transpose(1, 2, 0, 3)
        self.x_read[rows, :, start:stop] += rows_first
        release(self.x, self.reading.trace.x)

    def initial(self) -> dict[str, Array]:
        """Return the cotangents of the initial states; one that an edit set
        has none.
        """
        for name, bar in self.last.items():
            own = self.bars[name]  # (units, rows, batch)
            bar[self.order] += own.transpose(1, 2, 0)
            for edit in self.reading.trace.edits:
                if edit.initial and edit.quantity == name:
                    bar[...] = np.where(edit.mask, 0, bar)

        return self.last


def of_pictures(trace: CellTrace) -> str:
    """Return why states that are pictures aren't pulled back, with their
    size.
    """
    state = math.prod((*trace.sides, trace.units))

    return (
        f"its states are pictures of {state:,} values each, whose Jacobian of "
        f"{state:,} × {state:,} isn't computed"
    )


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
        raise NotThroughError(trace.key, of_pictures(trace))

    reading = _Reading(trace)
    if trace.reverse:
        start, stop = trace.timesteps - stop, trace.timesteps - start

    dtype = trace.x.dtype
    rows = len(next(iter(bars.values())))
    pulled = {}
    for name in trace.cell.states:
        bar = bars.get(name, _zeros(trace, rows))
        typed = bar.astype(dtype)
        pulled[name] = _units_first(typed)

    length = reading.window_length(rows)
    for first in reversed(range(start, stop, length)):
        behind = min(first + length, stop)
        active = [rows] * (behind - first)
        window = reading.window(first, behind, {}, active)
        with np.errstate(over="ignore", invalid="ignore"), _threads(trace):
            reading.scan.window(window, pulled)

    return {name: bar.transpose(1, 2, 0) for name, bar in pulled.items()}


def _threads(trace: CellTrace) -> AbstractContextManager[None]:
    """Return the context in which the products of a cell use as many threads as
    they are better off with.
    """
    if trace.units <= SMALL:
        return one_thread()

    return nullcontext()


def _active(begun: NDArray[np.intp], start: int, stop: int) -> list[int]:
    """Return how many rows have begun at each timestep on the way back; `begun`
    falls.
    """
    timesteps = np.arange(start, stop)
    active: list[int] = np.searchsorted(-begun, -timesteps, "right").tolist()

    return active


def _zeros(trace: CellTrace, rows: int) -> Array:
    return np.zeros((rows, trace.batch, trace.units), trace.x.dtype)


def _units_first(bar: Array) -> Array:
    """Return `(rows, batch, units)` as `(units, rows, batch)`, a copy."""
    return np.ascontiguousarray(bar.transpose(2, 0, 1))


class _Reading:
    """A cell's run in the order in which it read its input."""

    def __init__(self, trace: CellTrace) -> None:
        self.trace = trace
        self.scan: ScanBack = fast_scan_back(
            trace.cell, trace.x.dtype, trace.edits
        )
        self.gates = len(kind_of(trace.cell).gates)

    def turned(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return `(…, timesteps, units)` turned between input time and the
        order of reading, a view.
        """
        if not self.trace.reverse:
            return values

        backwards: NDArray[Any] = values[..., ::-1, :]

        return backwards

    def window_length(self, rows: int) -> int:
        """Return how many timesteps of so many rows make a window."""
        trace = self.trace
        wide = rows * trace.batch * self.gates * trace.units
        bytes_a_timestep = wide * trace.x.dtype.itemsize
        fitting = WINDOW // max(1, bytes_a_timestep)
        shortest = min(fitting, LONGEST, trace.timesteps)
        chosen = max(1, shortest)
        best_read = trace.values.window_of(chosen)

        return max(1, min(chosen, best_read))

    def windows_back(self, rows: int) -> Iterator[tuple[int, int]]:
        """Yield where each window begins and ends, the last one first."""
        timesteps = self.trace.timesteps
        length = self.window_length(rows)
        for start in reversed(range(0, timesteps, length)):
            yield start, min(start + length, timesteps)

    def read(self, name: str, start: int, stop: int) -> Array:
        """Return a quantity in the order of reading,
        `(timesteps, units, batch)`: that of a record, which so is read as it
        is.
        """
        trace = self.trace
        if trace.reverse:
            start, stop = trace.timesteps - stop, trace.timesteps - start

        values = self.turned(trace.read(name, start, stop))
        timesteps_first: Array = np.transpose(values, (1, 2, 0))

        return timesteps_first

    def window(
        self,
        start: int,
        stop: int,
        entering: Mapping[str, Entering],
        active: list[int],
    ) -> Window:
        """Return a window of the run."""
        trace = self.trace
        values = {name: self.read(name, start, stop) for name in trace.names}
        before = {}
        for name, value in values.items():
            if name not in trace.cell.states:
                continue

            first = self.before(name, start)
            others = value[:-1]
            before[name] = np.concatenate([first[None], others])

        mask = None
        if trace.mask is not None:
            deep = trace.mask[..., None]  # (batch, timesteps, 1)
            in_order = self.turned(deep)
            mask = in_order[:, start:stop, 0].T

        return Window(values, before, mask, entering, active)

    def before(self, name: str, t: int) -> Array:
        """Return a state before a timestep, `(units, batch)`."""
        if t == 0:
            return self.trace.initial[name].T

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

        self.some = {name: _some(bar) for name, bar in self.of_states.items()}

    def _add(self, others: Mapping[str, Array]) -> None:
        """Take the other quantities back to the states and inputs that they
        read.
        """
        one = next(iter(others.values()))
        self.of_states = {
            name: bar.copy() for name, bar in self.of_states.items()
        }
        for name in self.reading.trace.cell.states:
            self.of_states.setdefault(name, np.zeros_like(one))

        by_quantity = [_some(bar).any(axis=0) for bar in others.values()]
        some = np.logical_or.reduce(by_quantity)
        for t in np.flatnonzero(some).tolist():
            bars = {name: bar[:, :, t] for name, bar in others.items()}
            self._step(t, bars)

    def _step(self, t: int, bars: Values) -> None:
        window = self.reading.window(t, t + 1, {}, [0])
        values = window.at(0)
        before = window.before_at(0)
        trace = self.reading.trace
        pulled = pull_back(trace.cell, values, before, bars, trace.edits)

        assert pulled.x is not None  # which only pictures leave out
        self.x[:, :, t] += pulled.x
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
        for some in self.some.values():
            begun = np.maximum(begun, _last_timestep(some))

        return np.argsort(-begun, kind="stable"), begun

    def window(
        self,
        start: int,
        stop: int,
        rows: NDArray[np.intp],
    ) -> dict[str, Entering]:
        """Return those that enter the states in a stretch of time, of some
        rows.
        """
        return {
            name: Entering(
                bar[:, :, start:stop],
                self.some[name][:, start:stop],
                rows,
            )
            for name, bar in self.of_states.items()
        }


def _some(bar: Array) -> NDArray[np.bool_]:
    """Return where cotangents `(rows, batch, timesteps, units)` aren't 0,
    `(rows, timesteps)`.
    """
    rows, _, timesteps, _ = bar.shape
    some = np.empty((rows, timesteps), np.bool_)
    bytes_a_timestep = bar[:, :, :1].nbytes
    step = max(1, BLOCK // max(1, bytes_a_timestep))
    for start in range(0, timesteps, step):
        stop = start + step
        part = bar[:, :, start:stop]
        # two passes over the numbers take less time than one over their test;
        # NaN, which both of them return, isn't 0
        largest = part.max(axis=(1, 3))
        smallest = part.min(axis=(1, 3))
        some[:, start:stop] = (largest != 0) | (smallest != 0)

    return some


def _last_timestep(some: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the last timestep at which each row isn't 0, −1 for one that
    never is: `some` is `(rows, timesteps)`.
    """
    timesteps = some.shape[1]
    backwards = some[:, ::-1]
    zeros_behind = backwards.argmax(axis=1)
    last: NDArray[np.intp] = timesteps - 1 - zeros_behind
    ever = some.any(axis=1)

    return np.where(ever, last, -1)
