"""A SimpleRNN's fast path; see scans.py."""

from __future__ import annotations

from typing import Any

from rnn_tui.engine.cells.cells import SimpleRNNCell
from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.cells.scan_row import Hold, Row
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask


class SimpleRNNScan(Scan):
    """A SimpleRNN: one product, one sum, one activation."""

    slots = ("pre_h", "h")
    states = ("h",)
    cell: SimpleRNNCell

    def __init__(self, cell: SimpleRNNCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        self.weights = self._arranged((0,), 0, cell.bias)

    def _loop(
        self,
        z: Array,
        states: list[Array],
        record: Array,
        mask: Mask | None,
        raw: Array | None,
    ) -> None:
        batch = states[0].shape[1]
        rows_fed = self.weights.fed(batch)
        row = Row(self.slots, (self.units, batch), self.dtype, rows_fed)
        pre_h = row("pre_h")
        h = row("h")
        fed = row.below.size
        below = row.below.data
        source = z.reshape(-1).data
        memory = record.reshape(-1).data
        size = record.shape[1]
        flat = row.flat[:size].data
        h[:] = states[0].reshape(-1)
        recurrent = row.product("h", self.weights.joined(batch), pre_h)
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
