"""A GRU's fast path; see scans.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnn_tui.engine.cells.cells import GRUCell
from rnn_tui.engine.cells.gru_memory import Memory, working_memory
from rnn_tui.engine.cells.scan_base import Scan, is_sigmoid
from rnn_tui.engine.cells.scan_row import Hold, product
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask


class GRUScan(Scan):
    """A GRU: 1 − z is before z as h̃ is before h, so that (1 − z)·h̃ + z·h is
    one product and one sum.

    A one comes after h, so that the recurrent bias of the candidate is a last
    row of the recurrent kernel.
    """

    slots = ("z", "r", "pre_z", "pre_r", "pre_h_tilde", "h_tilde", "h")
    states = ("h",)
    cell: GRUCell

    def __init__(self, cell: GRUCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        negated = 0
        if is_sigmoid(cell.recurrent_activation):
            negated = 2

        self._weights([0, 1, 2], negated, cell.input_bias)
        wide = 2 * self.units  # the columns of z and r
        last = np.zeros((1, 3 * self.units), dtype)
        if cell.recurrent_bias is not None:
            bias = cell.recurrent_bias.astype(dtype)
            of_gates = bias[:wide]
            if self.negated:
                of_gates = -of_gates

            # The gates add both biases, the candidate's second one is scaled by
            # r.
            self.bias[:wide] += of_gates
            last[0, wide:] = bias[wide:]

        self.of_candidate = np.ascontiguousarray(self.recurrent[:, wide:])
        self.ended = np.concatenate(
            [self.recurrent, last]
        )  # (units + 1, 3 · units)
        self.recurrent = self.ended[:-1]

    def fed(self, batch: int) -> int:
        """Return how many rows follow h: the one, and in a batch what the two
        gates read.
        """
        if batch > 1:
            return len(self.below)

        return 1

    def _join(self, batch: int) -> Array:
        """Return the recurrent kernel above what is fed: the candidate's part
        of the input stays apart.
        """
        wide = 2 * self.units
        whole = self.ended
        if batch > 1:
            of_gates = self.below.copy()
            of_gates[:-1, wide:] = 0
            of_gates[-1, wide:] = self.ended[-1, wide:]
            whole = np.concatenate([self.recurrent, of_gates])

        if self.cell.reset_after:
            return whole

        return np.ascontiguousarray(whole[:, :wide])

    def _project(self, x: Array) -> Array:
        """Return x·W + b, or what is fed to the gates before the candidate's
        x·W + b.
        """
        timesteps, batch, features = x.shape
        if batch == 1:
            projected: Array = self._with_one(x) @ self.below
            return projected

        wide = 2 * self.units
        x_last = x.transpose(0, 2, 1)  # (timesteps, features, batch)

        # x, a one for the bias, the candidate's x·W + b
        z = np.ones((timesteps, features + 1 + self.units, batch), self.dtype)
        z[:, :features] = x_last
        of_candidate = z[:, features + 1 :]
        np.matmul(self.kernel[:, wide:].T, x_last, out=of_candidate)
        of_candidate += self.bias[wide:, None]

        return z.reshape(timesteps, -1)

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

        return memory.row.product("h", self.joined(batch), out)

    def _loop(
        self,
        z: Array,
        states: list[Array],
        record: Array,
        mask: Mask | None,
        raw: Array | None,
    ) -> None:
        batch = states[0].shape[1]
        memory = working_memory(states[0], self.slots, self.fed(batch))
        row = memory.row
        recurrent = self._recurrent(memory, batch)
        candidate = product(
            memory.reset_h,
            self.of_candidate,
            memory.pre_h_tilde,
            batch,
        )
        hold = None
        if mask is not None:
            hold = Hold([memory.h], row.shape, mask, raw)

        # z is (timesteps, what the gates read, then units · batch of the
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
