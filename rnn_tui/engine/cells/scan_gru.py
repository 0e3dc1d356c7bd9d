"""A GRU's fast path; see scans.py."""

from __future__ import annotations

from typing import Any

from rnn_tui.engine.cells.cells import GRUCell
from rnn_tui.engine.cells.scan_base import Hold, Row, Scan, is_sigmoid, product
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask


class GRUScan(Scan):
    """A GRU: 1 − z lies before z as h̃ before h, so that (1 − z)·h̃ + z·h is one
    product and one sum.

    A one lies behind h, so that the recurrent bias of the candidate is a last row of
    the recurrent kernel.
    """

    slots = ("z", "r", "pre_z", "pre_r", "pre_h_tilde", "h_tilde", "h")
    states = ("h",)
    cell: GRUCell

    def __init__(self, cell: GRUCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        self._weights(
            [0, 1, 2],
            2 if is_sigmoid(cell.recurrent_activation) else 0,
            cell.input_bias,
        )
        wide = 2 * self.units
        last = np.zeros((1, 3 * self.units), dtype)
        if cell.recurrent_bias is not None:
            bias = cell.recurrent_bias.astype(dtype)
            self.bias[:wide] += -bias[:wide] if self.negated else bias[:wide]
            last[0, wide:] = bias[wide:]

        self.of_candidate = np.ascontiguousarray(self.recurrent[:, wide:])
        self.ended = np.concatenate([self.recurrent, last])
        self.recurrent = self.ended[:-1]

    def fed(self, batch: int) -> int:
        """Return how many rows follow h: the one, and in a batch what the two gates
        read.
        """
        if batch > 1:
            return len(self.below)

        return 1

    def _join(self, batch: int) -> Array:
        """Return the recurrent kernel above what is fed: the candidate's part of the
        input stays apart.
        """
        wide = 2 * self.units
        whole = self.ended
        if batch > 1:
            of_gates = self.below.copy()
            of_gates[:-1, wide:], of_gates[-1, wide:] = 0, self.ended[-1, wide:]
            whole = np.concatenate([self.recurrent, of_gates])

        if self.cell.reset_after:
            return whole

        return np.ascontiguousarray(whole[:, :wide])

    def _project(self, x: Array) -> Array:
        """Return x·W + b, or what is fed to the gates before the candidate's x·W +
        b.
        """
        timesteps, batch, features = x.shape
        if batch == 1:
            projected: Array = self._with_one(x) @ self.below
            return projected

        wide = 2 * self.units
        turned = x.transpose(0, 2, 1)
        z = np.ones((timesteps, features + 1 + self.units, batch), self.dtype)
        z[:, :features] = turned
        np.matmul(self.kernel[:, wide:].T, turned, out=z[:, features + 1 :])
        z[:, features + 1 :] += self.bias[wide:, None]

        return z.reshape(timesteps, -1)

    def signed(self, record: Array, width: int) -> Array:
        """Return the columns whose sign was folded into the weights."""
        return record[:, 2 * width : 4 * width]

    def _loop(
        self,
        z: Array,
        states: list[Array],
        record: Array,
        mask: Mask | None,
        raw: Array | None,
    ) -> None:
        batch = states[0].shape[1]
        row = Row(
            ("1-z", *self.slots), (self.units, batch), self.dtype, self.fed(batch)
        )
        h = row("h")
        h_tilde = row("h_tilde")
        gates = row("z", "r")
        r = row("r")
        size = row.size
        h[:], row.below[:] = states[0].reshape(-1), 1
        pre = row("pre_z", "pre_h_tilde")
        pre_gates = row("pre_z", "pre_r")
        pre_h_tilde = row("pre_h_tilde")
        new = row("1-z")
        update = row("z")
        shares = row("1-z", "z")
        sources = row("h_tilde", "h")
        products = np.empty(2 * size, self.dtype)
        reset_h = np.empty(size, self.dtype)
        present, past = products.reshape(2, -1)
        after = self.cell.reset_after
        fed = row.below if batch > 1 else None
        recurrent = row.product("h", self.joined(batch), pre if after else pre_gates)
        candidate = product(reset_h, self.of_candidate, pre_h_tilde, batch)
        if mask is None:
            hold = None
        else:
            hold = Hold([h], row.shape, mask, raw)

        memory = record.reshape(-1).data
        width = record.shape[1]
        one = np.ones((), self.dtype)
        flat = row.flat[size : size + width].data
        split = z.shape[1] - size
        if self.folded(batch):
            σ = None
        else:
            σ = self.cell.recurrent_activation.into

        φ = self.cell.activation.into
        add = np.add
        multiply = np.multiply
        exp = np.exp
        reciprocal = np.reciprocal
        subtract = np.subtract

        for t, (z_gates, z_h) in enumerate(
            zip(z[:, :split], z[:, split:], strict=True)
        ):
            if hold:
                hold.remember()

            if fed is None:
                recurrent()
                add(pre_gates, z_gates, pre_gates)
            else:
                fed[:] = z_gates
                recurrent()

            if σ:
                σ(pre_gates, gates)
            else:
                exp(pre_gates, gates)
                add(gates, one, gates)
                reciprocal(gates, gates)

            if after:
                multiply(r, pre_h_tilde, reset_h)
                add(reset_h, z_h, pre_h_tilde)
            else:
                multiply(r, h, reset_h)
                candidate()
                add(pre_h_tilde, z_h, pre_h_tilde)

            φ(pre_h_tilde, h_tilde)
            subtract(one, update, new)
            multiply(shares, sources, products)
            add(present, past, h)
            if hold:
                hold.apply(t)

            memory[t * width : (t + 1) * width] = flat

        states[0][...] = h.reshape(row.shape)
