"""The weights of a GRU's fast path: the candidate's recurrent bias is a row of
its own, and its part of the input stays apart.
"""

from __future__ import annotations

from rnn_tui.engine.cells.cells import GRUCell
from rnn_tui.engine.cells.gate_layout import GateLayout
from rnn_tui.engine.cells.scan_weights import ScanWeights, with_one
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array


class GRUWeights(ScanWeights):
    """The weights of a GRU; a one comes after h, so that the recurrent bias of
    the candidate is a last row of the recurrent kernel.
    """

    def __init__(self, layout: GateLayout, cell: GRUCell) -> None:
        super().__init__(
            layout,
            cell.recurrent_kernel,
            cell.kernel,
            cell.input_bias,
        )
        self.reset_after = cell.reset_after
        wide = 2 * self.units  # the columns of z and r
        last = np.zeros((1, 3 * self.units), self.dtype)
        if cell.recurrent_bias is not None:
            bias = cell.recurrent_bias.astype(self.dtype)
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
        """Return how many rows follow h: the one, and in a batch the products
        of the two gates.
        """
        if batch > 1:
            return len(self.below)

        return 1

    def projected(self, x: Array) -> Array:
        """Return x·W + b, or the rows fed to the gates before the candidate's
        x·W + b.
        """
        timesteps, batch, features = x.shape
        if batch == 1:
            projected: Array = with_one(x, self.dtype) @ self.below
            return projected

        wide = 2 * self.units
        kernel = self.kernel[:, wide:]
        bias = self.bias[wide:]
        x_last = x.transpose(0, 2, 1)  # (timesteps, features, batch)

        # x, a one for the bias, the candidate's x·W + b
        rows = features + 1 + self.units
        z = np.ones((timesteps, rows, batch), self.dtype)
        z[:, :features] = x_last
        of_candidate = z[:, features + 1 :]
        np.matmul(kernel.T, x_last, out=of_candidate)
        of_candidate += bias[:, None]

        return z.reshape(timesteps, -1)

    def _join(self, batch: int) -> Array:
        """Return the recurrent kernel above that of the rows fed: the
        candidate's part of the input stays apart.
        """
        wide = 2 * self.units
        whole = self.ended
        if batch > 1:
            of_gates = self.below.copy()
            of_gates[:-1, wide:] = 0
            of_candidate = self.ended[-1, wide:]
            of_gates[-1, wide:] = of_candidate
            whole = np.concatenate([self.recurrent, of_gates])

        if self.reset_after:
            return whole

        return np.ascontiguousarray(whole[:, :wide])
