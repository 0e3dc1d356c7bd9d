"""A GRU's fast path; see fast.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnn_tui.engine.arrays import Array, Mask
from rnn_tui.engine.cells import GRUCell
from rnn_tui.engine.working import Hold, Row, Scan, is_sigmoid


class GRUScan(Scan):
    """A GRU: 1 − z lies before z as h̃ before h, so that (1 − z)·h̃ + z·h is one product and one sum.

    A one lies behind h, so that the recurrent bias of the candidate is a last row of the recurrent kernel.
    """

    slots = ("z", "r", "pre_z", "pre_r", "pre_h_tilde", "h_tilde", "h")
    states = ("h",)
    cell: GRUCell

    def __init__(self, cell: GRUCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        self._weights([0, 1, 2], 2 if is_sigmoid(cell.recurrent_activation) else 0, cell.input_bias)
        wide = 2 * self.units
        last = np.zeros((1, 3 * self.units), dtype)
        if cell.recurrent_bias is not None:
            bias = cell.recurrent_bias.astype(dtype)
            self.bias[:wide] += -bias[:wide] if self.negated else bias[:wide]
            last[0, wide:] = bias[wide:]
        self.with_bias = np.concatenate([self.recurrent, last])
        self.of_gates = np.ascontiguousarray(self.recurrent[:, :wide])
        self.of_candidate = np.ascontiguousarray(self.recurrent[:, wide:])

    def signed(self, record: Array, width: int) -> Array:
        """Return the columns whose sign was folded into the weights."""
        return record[:, 2 * width : 4 * width]

    def _loop(self, z: Array, states: list[Array], record: Array, mask: Mask | None, raw: Array | None) -> None:
        row = Row(("1-z", *self.slots, "1"), self.units, states[0].shape[1], self.dtype)
        h, h_tilde, gates, r = row("h"), row("h_tilde"), row("z", "r"), row("r")
        h[:], row("1")[:] = states[0].reshape(-1), 1
        pre_gates, pre_h_tilde, wide = row("pre_z", "pre_r"), row("pre_h_tilde"), 2 * row.size
        new, update, shares, sources = row("1-z"), row("z"), row("1-z", "z"), row("h_tilde", "h")
        products, part = np.empty(wide, self.dtype), np.empty(3 * row.size, self.dtype)
        present, past = products.reshape(2, -1)
        part_gates, part_h, reset_h = part[:wide], part[wide:], np.empty(row.size, self.dtype)
        after = self.cell.reset_after
        with_one = row("h", "1")[: row.size + states[0].shape[1]]
        recurrent = row.product(with_one, self.with_bias, part) if after else row.product(h, self.of_gates, part_gates)
        candidate = row.product(reset_h, self.of_candidate, part_h)
        hold = None if mask is None else Hold([h], row.shape, mask, raw)
        memory, flat = record.reshape(-1).data, row.flat[row.size : -row.size].data
        size, one = record.shape[1], np.ones((), self.dtype)
        σ = None if self.negated else self.cell.recurrent_activation.into
        φ, add, multiply, exp, reciprocal = self.cell.activation.into, np.add, np.multiply, np.exp, np.reciprocal
        subtract = np.subtract

        for t, (z_gates, z_h) in enumerate(zip(z[:, :wide], z[:, wide:], strict=True)):
            if hold:
                hold.remember()
            recurrent()
            add(part_gates, z_gates, pre_gates)
            if σ:
                σ(pre_gates, gates)
            else:
                exp(pre_gates, gates)
                add(gates, one, gates)
                reciprocal(gates, gates)
            if after:
                multiply(r, part_h, reset_h)
                add(reset_h, z_h, pre_h_tilde)
            else:
                multiply(r, h, reset_h)
                candidate()
                add(part_h, z_h, pre_h_tilde)
            φ(pre_h_tilde, h_tilde)
            subtract(one, update, new)
            multiply(shares, sources, products)
            add(present, past, h)
            if hold:
                hold.apply(t)
            memory[t * size : (t + 1) * size] = flat
        states[0][...] = h.reshape(row.shape)
