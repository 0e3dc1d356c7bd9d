"""The fast path: a cell over a window of time, in place, every value recorded; the page
in cells.py is what it means.

For a small layer NumPy's own call (some 0.4 µs each, whatever the size) is the whole
cost, for a large one the product h·U, which reads all of U from memory at every
timestep. So calls are saved, and nothing is added to the product:

- x·W + b of a whole window is one product. In a batch, where writing and reading it
  back costs more than the product, and for few features, where the call that adds it
  does, x and a one stand below h instead, and [h x 1]·[U W b] is the whole
  pre-activation.
- A quantity is `(units, batch)` in memory: each gate is one contiguous run at any batch
  size, so every ufunc below works on flat arrays, and all sequences of a batch share
  its call.
- σ(x) = 1 / (1 + exp(−x)) over all gates at once; for one sequence the sign is folded
  into the gates' columns of W, U and b, exactly, and turned back once for the whole
  window. A σ by tanh(x / 2) would save one call in eleven, but lose the digits of small
  gates: a forget gate of 1e-4 would be wrong by 1e-3 of itself.
- Gates that meet lie side by side: [i f]·[c̃ c] and [1−z z]·[h̃ h] are one product
  each.
- All of a timestep's values live in one row; the record takes it as one copy between
  memoryviews, 0.2 µs against 0.45 for an array assignment. Nothing is sliced or
  allocated inside a loop.
- The products of a batch of up to 128 units run on one thread (threads.py).
- Scalars are 0-d arrays of the dtype: a Python number costs 0.5 µs more in every call.

Measured on a Xeon core, everything recorded: an LSTM takes 6 to 7.5 µs a timestep at 1
to 32 units (10 or 11 calls, which is what bounds it), 2.3 × the bare product at 128 and
1.1 to 1.3 × from 512 on, where the product reads U at the speed of memory; a GRU has 12
calls. A batch of 64 sequences at 64 units takes 0.13 of 64 single runs: a third of it
is the product, a third the functions, a third the record, which is written to memory
that no cache holds. At 128 units its product alone, 10 million multiplications, takes
an eighth of what 64 single products take.
"""

from __future__ import annotations

from typing import Any

from rnn_tui.engine.cells.cells import Cell, GRUCell, SimpleRNNCell
from rnn_tui.engine.cells.scan_base import Hold, Row, Scan
from rnn_tui.engine.cells.scan_gru import GRUScan
from rnn_tui.engine.cells.scan_lstm import LSTMScan
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask


class SimpleRNNScan(Scan):
    """A SimpleRNN: one product, one sum, one activation."""

    slots = ("pre_h", "h")
    states = ("h",)
    cell: SimpleRNNCell

    def __init__(self, cell: SimpleRNNCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        self._weights([0], 0, cell.bias)

    def _loop(
        self,
        z: Array,
        states: list[Array],
        record: Array,
        mask: Mask | None,
        raw: Array | None,
    ) -> None:
        batch = states[0].shape[1]
        row = Row(self.slots, (self.units, batch), self.dtype, self.fed(batch))
        pre_h = row("pre_h")
        h = row("h")
        fed = row.below.size
        below = row.below.data
        source = z.reshape(-1).data
        memory = record.reshape(-1).data
        size = record.shape[1]
        flat = row.flat[:size].data
        h[:] = states[0].reshape(-1)
        recurrent = row.product("h", self.joined(batch), pre_h)
        if mask is None:
            hold = None
        else:
            hold = Hold([h], row.shape, mask, raw)

        φ = self.cell.activation.into
        add = np.add

        for t in range(len(z)):
            if hold:
                hold.remember()

            if fed:
                below[:] = source[t * fed : (t + 1) * fed]
                recurrent()
            else:
                recurrent()
                add(pre_h, z[t], pre_h)

            φ(pre_h, h)
            if hold:
                hold.apply(t)

            memory[t * size : (t + 1) * size] = flat

        states[0][...] = h.reshape(row.shape)


class PageScan(Scan):
    """Any cell by its page: for activations that look along the units (softmax), which
    the loops above can't place.
    """

    def __init__(
        self, cell: Cell, dtype: np.dtype[Any], place: tuple[int, ...] = (-1,)
    ) -> None:
        super().__init__(cell, dtype)
        self.place = place
        # The loops above have slots of their class, this one those of its cell.
        self.slots = cell.quantities  # type: ignore[misc]  # a ClassVar elsewhere
        self.states = cell.states  # type: ignore[misc]  # a ClassVar elsewhere

    def _project(self, x: Array) -> Array:
        return x

    def _loop(
        self,
        z: Array,
        states: list[Array],
        record: Array,
        mask: Mask | None,
        raw: Array | None,
    ) -> None:
        if mask is None:
            hold = None
        else:
            hold = Hold(states, states[0].shape, mask, raw)

        for t, (x_t, recorded) in enumerate(zip(z, record, strict=True)):
            if hold:
                hold.remember()

            step = self.cell.step(x_t, *map(self._page, states))._asdict()
            for state, name in zip(states, self.states, strict=True):
                state[...] = self._flat(step[name])

            if hold:
                hold.apply(t)

            for k, name in enumerate(self.slots):
                slot = recorded[k * states[0].size : (k + 1) * states[0].size].reshape(
                    states[0].shape
                )
                if name in self.states:
                    slot[...] = states[self.states.index(name)]
                else:
                    slot[...] = self._flat(step[name])

    def _page(self, state: Array) -> Array:
        return state.T.reshape(*self.place, self.units)

    def _flat(self, value: Array) -> Array:
        return value.reshape(-1, self.units).T


def fast_scan(cell: Cell, dtype: np.dtype[Any]) -> Scan:
    """Return the fast path for `cell`; its page where the activations don't work
    element by element.
    """
    activations = [
        cell.activation,
        getattr(cell, "recurrent_activation", cell.activation),
    ]
    if not all(activation.elementwise for activation in activations):
        return PageScan(cell, dtype)
    if isinstance(cell, GRUCell):
        return GRUScan(cell, dtype)
    if isinstance(cell, SimpleRNNCell):
        return SimpleRNNScan(cell, dtype)

    return LSTMScan(cell, dtype)
