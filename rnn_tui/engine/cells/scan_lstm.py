"""An LSTM's fast path; see scans.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnn_tui.engine import lazy_numpy as np
from rnn_tui.engine.arrays import Array, Mask
from rnn_tui.engine.cells.cells import LSTMCell
from rnn_tui.engine.cells.conv_lstm import ConvLSTMCell
from rnn_tui.engine.cells.scan_base import Hold, Row, Scan, is_sigmoid


class LSTMScan(Scan):
    """An LSTM: gates i f o c in memory, so that three sigmoids are one run and [i f] · [c̃ c] is one product."""

    slots = ("pre_i", "pre_f", "pre_o", "pre_c_tilde", "i", "f", "o", "c_tilde", "c", "h")
    states = ("h", "c")
    cell: LSTMCell | ConvLSTMCell

    def __init__(self, cell: LSTMCell | ConvLSTMCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        fold = is_sigmoid(cell.recurrent_activation) and isinstance(cell, LSTMCell)
        self._weights([0, 1, 3, 2], 3 if fold else 0, cell.bias)

    def _loop(self, z: Array, states: list[Array], record: Array, mask: Mask | None, raw: Array | None) -> None:
        batch = states[0].shape[1]
        row = Row(self.slots, (self.units, batch), self.dtype, self.fed(batch))
        h, c, c_tilde, o = row("h"), row("c"), row("c_tilde"), row("o")
        h[:], c[:] = states[0].reshape(-1), states[1].reshape(-1)
        pre, pre_gates, pre_c_tilde = row("pre_i", "pre_c_tilde"), row("pre_i", "pre_o"), row("pre_c_tilde")
        gates, i_f, c_tilde_c = row("i", "o"), row("i", "f"), row("c_tilde", "c")
        products = np.empty_like(i_f)
        i_c_tilde, f_c = products.reshape(2, -1)
        phi_c = np.empty_like(c)
        recurrent, fed = self._product(row, pre), row.below.size
        below, source = row.below.data, z.reshape(-1).data
        hold = None if mask is None else Hold([h, c], row.shape, mask, raw)
        memory, size = record.reshape(-1).data, record.shape[1]
        flat, one = row.flat[:size].data, np.ones((), self.dtype)
        σ = None if self.folded(batch) else self.cell.recurrent_activation.into
        φ, add, multiply, exp, reciprocal = self.cell.activation.into, np.add, np.multiply, np.exp, np.reciprocal

        for t in range(len(z)):
            if hold:
                hold.remember()
            if fed:
                below[:] = source[t * fed : (t + 1) * fed]
                recurrent()
            else:
                recurrent()
                add(pre, z[t], pre)
            if σ:
                σ(pre_gates, gates)
            else:
                exp(pre_gates, gates)
                add(gates, one, gates)
                reciprocal(gates, gates)
            φ(pre_c_tilde, c_tilde)
            multiply(i_f, c_tilde_c, products)
            add(f_c, i_c_tilde, c)
            φ(c, phi_c)
            multiply(o, phi_c, h)
            if hold:
                hold.apply(t)
            memory[t * size : (t + 1) * size] = flat
        states[0][...], states[1][...] = h.reshape(row.shape), c.reshape(row.shape)

    def _product(self, row: Row, out: Array) -> Callable[[], object]:
        """Return what writes h·U, and what is fed, to `out`."""
        return row.product("h", self.joined(row.shape[1]), out)
