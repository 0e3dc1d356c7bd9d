"""A GRU's fast path; see fast.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rnn_tui.engine.arrays import Array, Mask
from rnn_tui.engine.cells import GRUCell
from rnn_tui.engine.working import Hold, Row, Scan, is_sigmoid


class GRUScan(Scan):
    """A GRU: 1 − z lies behind z as h̃ behind h, so that z·h + (1 − z)·h̃ is one product and one sum."""

    slots = ("pre_r", "pre_z", "pre_h_tilde", "h", "h_tilde", "r", "z")
    states = ("h",)
    cell: GRUCell

    def __init__(self, cell: GRUCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        self._weights([1, 0, 2], 2 if is_sigmoid(cell.recurrent_activation) else 0, cell.input_bias)
        self.candidate_bias: Array | None = None
        if cell.recurrent_bias is not None:
            recurrent_bias = cell.recurrent_bias.astype(self.dtype).reshape(3, -1)[[1, 0, 2]]
            sign = -1 if self.negated else 1
            self.bias[: 2 * self.units] += sign * recurrent_bias[:2].reshape(-1)
            self.candidate_bias = recurrent_bias[2]
        if not cell.reset_after:
            self.recurrent_gates = np.ascontiguousarray(self.recurrent[:, : 2 * self.units])
            self.recurrent_candidate = np.ascontiguousarray(self.recurrent[:, 2 * self.units :])

    def _loop(self, z: Array, states: list[Array], record: Array, mask: Mask | None, raw: Array | None) -> None:
        row = Row((*self.slots, "1-z"), self.units, states[0].shape[1], self.dtype)
        h, h_tilde, gates, update, new = row("h"), row("h_tilde"), row("r", "z"), row("z"), row("1-z")
        h[:] = states[0].reshape(-1)
        pre_gates, pre_h_tilde = row("pre_r", "pre_z"), row("pre_h_tilde")
        products = np.empty(2 * row.size, self.dtype)
        past, present = products.reshape(2, -1)
        gates_of, candidate_of = self._products(row)
        shares, sources = row("z", "1-z"), row("h", "h_tilde")
        hold = None if mask is None else Hold([h], row.shape, mask, raw)
        flat, one = row.flat[: record.shape[1]], np.ones((), self.dtype)
        σ = None if self.negated else self.cell.recurrent_activation.into
        φ, add, multiply, exp, reciprocal = self.cell.activation.into, np.add, np.multiply, np.exp, np.reciprocal
        subtract, wide = np.subtract, 2 * row.size

        for t, (z_t, recorded) in enumerate(zip(z, record, strict=True)):
            if hold:
                hold.remember()
            add(gates_of(), z_t[:wide], pre_gates)
            if σ:
                σ(pre_gates, gates)
            else:
                exp(pre_gates, gates)
                add(gates, one, gates)
                reciprocal(gates, gates)
            add(candidate_of(), z_t[wide:], pre_h_tilde)
            φ(pre_h_tilde, h_tilde)
            subtract(one, update, new)
            multiply(shares, sources, products)
            add(past, present, h)
            if hold:
                hold.apply(t)
            recorded[:] = flat
        states[0][...] = h.reshape(row.shape)

    def _products(self, row: Row) -> tuple[Callable[[], Array], Callable[[], Array]]:
        """Return h·U of the two gates and of the candidate, the reset gate on its side of the product."""
        h, r, size = row("h"), row("r"), row.size
        part = np.empty(3 * size, self.dtype)
        gates, candidate, reset_h = part[: 2 * size], part[2 * size :], np.empty(size, self.dtype)
        if not self.cell.reset_after:
            product = row.product(h, self.recurrent_gates, gates)
            candidate_product = row.product(reset_h, self.recurrent_candidate, candidate)

            def before() -> Array:
                np.multiply(r, h, reset_h)
                candidate_product()
                return candidate

            return lambda: (product(), gates)[1], before
        product = row.product(h, self.recurrent, part)
        bias = None if self.candidate_bias is None else np.repeat(self.candidate_bias, row.shape[1])

        def after() -> Array:
            if bias is not None:
                np.add(candidate, bias, candidate)
            np.multiply(r, candidate, reset_h)
            return reset_h

        return lambda: (product(), gates)[1], after
