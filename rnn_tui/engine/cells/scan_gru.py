"""A GRU's fast path; see scans.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnn_tui.engine.cells.cells import GRUCell
from rnn_tui.engine.cells.gate_layout import GateLayout
from rnn_tui.engine.cells.gru_memory import Memory, working_memory
from rnn_tui.engine.cells.gru_weights import GRUWeights
from rnn_tui.engine.cells.scan_base import Scan, is_sigmoid
from rnn_tui.engine.cells.scan_row import Hold, product
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask


class GRUScan(Scan):
    """A GRU: 1 − z is before z as h̃ is before h, so that (1 − z)·h̃ + z·h is
    one product and one sum.
    """

    slots = ("z", "r", "pre_z", "pre_r", "pre_h_tilde", "h_tilde", "h")
    states = ("h",)
    cell: GRUCell
    weights: GRUWeights

    def __init__(self, cell: GRUCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        if is_sigmoid(cell.recurrent_activation):
            self.negated = 2

        layout = GateLayout((0, 1, 2), self.negated, self.units, dtype)
        self.weights = GRUWeights(layout, cell)

    def signed(self, record: Array, width: int) -> Array:
        """Return the columns whose sign was folded into the weights."""
        return record[:, 2 * width : 4 * width]

    def _recurrent(self, memory: Memory, batch: int) -> Callable[[], object]:
        """Return the function that writes h·U, and in a batch the input's
        product, to the pre-activations: of all three gates where the reset gate
        works after the product, else of two.
        """
        out = memory.pre_gates
        if self.cell.reset_after:
            out = memory.row("pre_z", "pre_h_tilde")

        return memory.row.product("h", self.weights.joined(batch), out)

    def _loop(
        self,
        z: Array,
        states: list[Array],
        record: Array,
        mask: Mask | None,
        raw: Array | None,
    ) -> None:
        batch = states[0].shape[1]
        memory = working_memory(
            states[0],
            self.slots,
            self.weights.fed(batch),
        )
        row = memory.row
        recurrent = self._recurrent(memory, batch)
        candidate = product(
            memory.reset_h,
            self.weights.of_candidate,
            memory.pre_h_tilde,
            batch,
        )
        hold = None
        if mask is not None:
            hold = Hold([memory.h], row.shape, mask, raw)

        # z is (timesteps, products of the gates, then units · batch of the
        # candidate)
        split = z.shape[1] - row.size
        of_gates = z[:, :split]
        of_candidate = z[:, split:]

        # The record's rows leave out 1−z, which is first in the working memory.
        written = record.reshape(-1).data
        width = record.shape[1]
        current = row.flat[row.size : row.size + width].data

        # Local names: looking up an attribute costs 30 ns, and a timestep 20 of
        # them.
        _, pre_gates, gates, pre_h_tilde, h_tilde, update, r, *rest = memory
        new, shares, sources, h, products, reset_h = rest
        present, past = products.reshape(2, -1)
        fed = row.below if batch > 1 else None
        after = self.cell.reset_after
        one = np.ones((), self.dtype)
        φ = self.cell.activation.into
        σ = self.cell.recurrent_activation.into
        folded = self.folded(batch)
        add = np.add
        exp = np.exp
        multiply = np.multiply
        reciprocal = np.reciprocal
        subtract = np.subtract

        for t, (z_gates, z_h) in enumerate(
            zip(of_gates, of_candidate, strict=True)
        ):
            if hold:
                hold.remember()

            # pre_z, pre_r = x·W + h·U + b
            if fed is None:
                recurrent()
                add(pre_gates, z_gates, pre_gates)
            else:
                fed[:] = z_gates
                recurrent()

            # z, r = σ(…): 1 / (1 + exp(−x)), the sign being in the weights
            if folded:
                exp(pre_gates, gates)
                add(gates, one, gates)
                reciprocal(gates, gates)
            else:
                σ(pre_gates, gates)

            # h̃ = φ(x·W + b + r·(h·U + b)), or φ(x·W + b + (r·h)·U)
            if after:
                multiply(r, pre_h_tilde, reset_h)
                add(reset_h, z_h, pre_h_tilde)
            else:
                multiply(r, h, reset_h)
                candidate()
                add(pre_h_tilde, z_h, pre_h_tilde)

            φ(pre_h_tilde, h_tilde)

            # h = (1 − z)·h̃ + z·h: both products are one call
            subtract(one, update, new)
            multiply(shares, sources, products)
            add(present, past, h)

            if hold:
                hold.apply(t)

            written[t * width : (t + 1) * width] = current

        states[0][...] = h.reshape(row.shape)
