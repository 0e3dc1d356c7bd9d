"""The fast path: a cell over a window of time, in place, every value recorded; the page in cells.py is what it means.

Shapes here put time first and the batch last: a quantity is `(units, batch)`, so a gate is one contiguous run of
memory at any batch size, and every ufunc below works on flat arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rnn_tui.engine.arrays import Array, Mask
from rnn_tui.engine.cells import Cell, GRUCell, SimpleRNNCell
from rnn_tui.engine.fast_gru import GRUScan
from rnn_tui.engine.fast_lstm import LSTMScan
from rnn_tui.engine.working import Hold, Row, Scan


class SimpleRNNScan(Scan):
    """A SimpleRNN: one product, one sum, one activation."""

    slots = ("pre_h", "h")
    states = ("h",)
    cell: SimpleRNNCell

    def __init__(self, cell: SimpleRNNCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        self._weights([0], 0, cell.bias)

    def _loop(self, z: Array, states: list[Array], record: Array, mask: Mask | None, raw: Array | None) -> None:
        batch = states[0].shape[1]
        row = Row(self.slots, (self.units, batch), self.dtype, self.fed(batch))
        pre_h, h, fed = row("pre_h"), row("h"), row.below
        memory, size = record.reshape(-1).data, record.shape[1]
        flat = row.flat[:size].data
        h[:] = states[0].reshape(-1)
        recurrent = row.product("h", self.joined(batch), pre_h)
        hold = None if mask is None else Hold([h], row.shape, mask, raw)
        φ, add = self.cell.activation.into, np.add

        for t, z_t in enumerate(z):
            if hold:
                hold.remember()
            if fed.size:
                fed[:] = z_t
                recurrent()
            else:
                recurrent()
                add(pre_h, z_t, pre_h)
            φ(pre_h, h)
            if hold:
                hold.apply(t)
            memory[t * size : (t + 1) * size] = flat
        states[0][...] = h.reshape(row.shape)


class PageScan(Scan):
    """Any cell by its page: for activations that look along the units (softmax), which the loops above can't place."""

    def __init__(self, cell: Cell, dtype: np.dtype[Any], place: tuple[int, ...] = (-1,)) -> None:
        super().__init__(cell, dtype)
        self.place = place
        self.slots = cell.quantities  # type: ignore[misc]
        self.states = cell.states  # type: ignore[misc]

    def _project(self, x: Array) -> Array:
        return x

    def _loop(self, z: Array, states: list[Array], record: Array, mask: Mask | None, raw: Array | None) -> None:
        hold = None if mask is None else Hold(states, states[0].shape, mask, raw)
        for t, (x_t, recorded) in enumerate(zip(z, record, strict=True)):
            if hold:
                hold.remember()
            step = self.cell.step(x_t, *map(self._page, states))._asdict()
            for state, name in zip(states, self.states, strict=True):
                state[...] = self._flat(step[name])
            if hold:
                hold.apply(t)
            for k, name in enumerate(self.slots):
                slot = recorded[k * states[0].size : (k + 1) * states[0].size].reshape(states[0].shape)
                slot[...] = states[self.states.index(name)] if name in self.states else self._flat(step[name])

    def _page(self, state: Array) -> Array:
        return state.T.reshape(*self.place, self.units)

    def _flat(self, value: Array) -> Array:
        return value.reshape(-1, self.units).T


def fast_scan(cell: Cell, dtype: np.dtype[Any]) -> Scan:
    """Return the fast path for `cell`; its page where the activations don't work element by element."""
    activations = [cell.activation, getattr(cell, "recurrent_activation", cell.activation)]
    if not all(activation.elementwise for activation in activations):
        return PageScan(cell, dtype)
    if isinstance(cell, GRUCell):
        return GRUScan(cell, dtype)
    return SimpleRNNScan(cell, dtype) if isinstance(cell, SimpleRNNCell) else LSTMScan(cell, dtype)
