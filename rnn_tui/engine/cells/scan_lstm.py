"""An LSTM's fast path; see scans.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnn_tui.engine.cells.cells import LSTMCell
from rnn_tui.engine.cells.conv_lstm import ConvLSTMCell
from rnn_tui.engine.cells.scan_base import Scan, is_sigmoid
from rnn_tui.engine.cells.scan_row import Hold, Row
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask


class LSTMScan(Scan):
    """An LSTM: gates i f o c in memory, so that three sigmoids are one run and
    [i f] · [c̃ c] is one product.
    """

    slots = (
        "pre_i",
        "pre_f",
        "pre_o",
        "pre_c_tilde",
        "i",
        "f",
        "o",
        "c_tilde",
        "c",
        "h",
    )
    states = ("h", "c")
    cell: LSTMCell | ConvLSTMCell

    def __init__(
        self,
        cell: LSTMCell | ConvLSTMCell,
        dtype: np.dtype[Any],
    ) -> None:
        super().__init__(cell, dtype)
        if is_sigmoid(cell.recurrent_activation) and isinstance(cell, LSTMCell):
            self.negated = 3

        self.weights = self._arranged((0, 1, 3, 2), self.negated, cell.bias)

    def _loop(
        self,
        z: Array,
        states: list[Array],
        record: Array,
        mask: Mask | None,
        raw: Array | None,
    ) -> None:
        batch = states[0].shape[1]
        rows_fed = self._fed(batch)
        row = Row(self.slots, (self.units, batch), self.dtype, rows_fed)
        h = row("h")
        c = row("c")
        h[:] = states[0].reshape(-1)
        c[:] = states[1].reshape(-1)
        hold = None
        if mask is not None:
            hold = Hold([h, c], row.shape, mask, raw)

        # Stretches of the row, each flat: gates beside each other share a call.
        pre = row("pre_i", "pre_c_tilde")
        pre_gates = row("pre_i", "pre_o")
        gates = row("i", "o")
        i_f = row("i", "f")
        o = row("o")
        pre_c_tilde = row("pre_c_tilde")
        c_tilde = row("c_tilde")
        c_tilde_c = row("c_tilde", "c")
        products = np.empty_like(i_f)
        i_c_tilde, f_c = products.reshape(2, -1)
        phi_c = np.empty_like(c)

        # Memoryviews: copying one costs a half of assigning an array.
        fed = row.below.size
        below = row.below.data
        source = z.reshape(-1).data
        written = record.reshape(-1).data
        width = record.shape[1]
        current = row.flat[:width].data

        # Local names: looking up an attribute costs 30 ns, and a timestep 20 of
        # them.
        recurrent = self._product(row, pre)
        folded = self.folded(batch)
        one = np.ones((), self.dtype)
        φ = self.cell.activation.into
        σ = self.cell.recurrent_activation.into
        add = np.add
        exp = np.exp
        multiply = np.multiply
        reciprocal = np.reciprocal

        for t in range(len(z)):
            if hold:
                hold.remember()

            # pre = x·W + h·U + b of all gates
            if fed:
                below[:] = source[t * fed : (t + 1) * fed]
                recurrent()
            else:
                recurrent()
                add(pre, z[t], pre)

            # i, f, o = σ(…): 1 / (1 + exp(−x)), the sign being in the weights
            if folded:
                exp(pre_gates, gates)
                add(gates, one, gates)
                reciprocal(gates, gates)
            else:
                σ(pre_gates, gates)

            # c = i·c̃ + f·c: both products are one call
            φ(pre_c_tilde, c_tilde)
            multiply(i_f, c_tilde_c, products)
            add(f_c, i_c_tilde, c)

            # h = o·φ(c)
            φ(c, phi_c)
            multiply(o, phi_c, h)

            if hold:
                hold.apply(t)

            written[t * width : (t + 1) * width] = current

        states[0][...] = h.reshape(row.shape)
        states[1][...] = c.reshape(row.shape)

    def _fed(self, batch: int) -> int:
        """Return how many rows of input follow h into its product."""
        return self.weights.fed(batch)

    def _product(self, row: Row, out: Array) -> Callable[[], object]:
        """Return the function that writes h·U, and the input's product, to
        `out`.
        """
        return row.product("h", self.weights.joined(row.shape[1]), out)
