"""The total derivative through time of a ConvLSTM: its page, a timestep after
the other from the last to the first, in windows that are read at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from rnn_tui.engine.cells.conv_lstm import ConvLSTMCell
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.cells_back import Pulled, Values, pull_back
from rnn_tui.engine.gradients.conv_lstm_back import pictures_back
from rnn_tui.engine.gradients.through_time import LONGEST, WINDOW, ThroughTime
from rnn_tui.engine.memory.large_arrays import release, roomy

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace


def pictures_through_time(trace: CellTrace, given: Values) -> ThroughTime:
    """Return the total derivatives of a target through a ConvLSTM.

    `given` are the target's cotangents of the cell's quantities, by their
    names, in input time: `(rows, batch, timesteps, …sides, filters)`.
    """
    back = _Back(trace, given)
    length = back.window_length()
    for start in reversed(range(0, trace.timesteps, length)):
        back.window(start, min(start + length, trace.timesteps))

    return ThroughTime(back.x, back.initial())


class _Back:
    """One way back: the cotangents of the states that it has reached, each
    `(rows, batch, …sides, filters)`. Timesteps are counted in the order of
    reading.
    """

    def __init__(self, trace: CellTrace, given: Values) -> None:
        self.trace = trace
        self.given = given
        self.rows = len(next(iter(given.values())))
        self.cell = _of_dtype(trace)
        self.x = roomy((self.rows, *trace.x.shape), trace.x.dtype)
        self.states = {
            name: np.zeros((self.rows, *state.shape), trace.x.dtype)
            for name, state in trace.initial.items()
        }

    def window_length(self) -> int:
        """Return how many timesteps are read at once."""
        state = next(iter(self.trace.initial.values()))
        a_timestep = state.nbytes * len(self.trace.names)
        fitting = WINDOW // max(1, a_timestep)
        shortest = min(fitting, LONGEST, self.trace.timesteps)
        chosen = max(1, shortest)
        best_read = self.trace.values.window_of(chosen)

        return max(1, min(chosen, best_read))

    def window(self, start: int, stop: int) -> None:
        """Go back over a window."""
        values = {
            name: self._read(name, start, stop) for name in self.trace.names
        }
        first = {name: self._before(name, start) for name in self.states}
        with np.errstate(over="ignore", invalid="ignore"):
            for t in reversed(range(start, stop)):
                place = t - start
                now = {name: value[:, place] for name, value in values.items()}
                before = first
                if place:
                    before = {
                        name: values[name][:, place - 1] for name in self.states
                    }

                self._timestep(t, now, before)

        release(self.x, self.trace.x)

    def _timestep(self, t: int, values: Values, before: Values) -> None:
        """Go back over one timestep."""
        at = self._input_time(t)
        bars = self._entered(at)
        if not any(bar.any() for bar in bars.values()):
            return  # the target is at earlier timesteps

        mask = self.trace.mask
        if mask is None:
            pulled = self._pulled(values, before, bars)
            self.states = pulled.before
        else:
            state = next(iter(before.values()))
            ones = [1] * (state.ndim - 1)
            read = mask[:, at].reshape(-1, *ones)
            of_read = {}
            skipped = {}
            for name in self.states:
                of_read[name] = np.where(read, bars[name], 0)
                skipped[name] = np.where(read, 0, bars[name])

            pulled = self._pulled(values, before, {**bars, **of_read})
            # a timestep that was skipped leaves the states as they were
            states = {}
            for name, bar in pulled.before.items():
                states[name] = bar + skipped[name]

            self.states = states

        picture = self.x.shape[3:]
        self.x[:, :, at] = pictures_back(self.cell, pulled.pre, picture)

    def _entered(self, at: int) -> dict[str, Array]:
        """Return the cotangents of the quantities of a timestep, in input time:
        those from later timesteps, and those of the target.
        """
        bars = dict(self.states)
        for name, bar in self.given.items():
            own = bar[:, :, at]
            if name in bars:
                own = bars[name] + own

            bars[name] = own

        return bars

    def _pulled(self, values: Values, before: Values, bars: Values) -> Pulled:
        return pull_back(self.cell, values, before, bars, self.trace.edits)

    def initial(self) -> Mapping[str, Array]:
        """Return the cotangents of the initial states; one that an edit set has
        none.
        """
        for edit in self.trace.edits:
            name = edit.quantity
            if edit.initial and name in self.states:
                chosen = edit.chosen(self.trace.initial[name])
                bar = self.states[name]
                self.states[name] = np.where(chosen, 0, bar)

        return self.states

    def _read(self, name: str, start: int, stop: int) -> Array:
        """Return a quantity, `(batch, timesteps, …)`."""
        trace = self.trace
        if not trace.reverse:
            return trace.read(name, start, stop)

        first, behind = trace.timesteps - stop, trace.timesteps - start

        return np.flip(trace.read(name, first, behind), 1)

    def _before(self, name: str, t: int) -> Array:
        """Return a state before a timestep, `(batch, …)`."""
        if t == 0:
            return self.trace.initial[name]

        last: Array = self._read(name, t - 1, t)[:, 0]

        return last

    def _input_time(self, t: int) -> int:
        if self.trace.reverse:
            return self.trace.timesteps - 1 - t

        return t


def _of_dtype(trace: CellTrace) -> ConvLSTMCell:
    """Return the cell with its arrays in the dtype of the run."""
    cell = trace.cell
    assert isinstance(cell, ConvLSTMCell)
    dtype = trace.x.dtype
    bias = cell.bias
    if bias is not None:
        bias = bias.astype(dtype)

    return replace(
        cell,
        kernel=cell.kernel.astype(dtype),
        recurrent_kernel=cell.recurrent_kernel.astype(dtype),
        bias=bias,
    )
