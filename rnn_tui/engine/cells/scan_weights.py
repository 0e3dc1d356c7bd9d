"""The weights of a fast path, and the input's way to them: a product before the
loop, or rows that follow h into its product.
"""

from __future__ import annotations

from typing import Any

from rnn_tui.engine.cells.gate_layout import GateLayout
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array

NARROW = 64
"""Units up to which a product with few rows more costs less than the call it
saves.
"""
FEW = 17
"""Rows that are few: sixteen features and the one."""


class ScanWeights:
    """A cell's weights in gate-major order, the sign of every sigmoid folded
    into them.

    `negated` counts the gates whose sign was folded. `below` is the kernel
    above the bias, `kernel` and `bias` are its views.
    """

    def __init__(
        self,
        layout: GateLayout,
        recurrent_kernel: Array,
        kernel: Array,
        bias: Array | None,
    ) -> None:
        self.units = layout.units
        self.dtype = layout.dtype
        self.negated = layout.negate
        self.recurrent = layout.arranged(recurrent_kernel)
        self.below, self.kernel = layout.below(kernel, bias)
        self.bias: Array = self.below[-1]
        self._joined: dict[bool, Array] = {}

    def fed(self, batch: int) -> int:
        """Return how many rows of input follow h into its product; 0 where x·W
        is computed before the loop.

        For one sequence one product for all timesteps is best, unless it is so
        small that the call which adds it costs more. In a batch it would be
        written and read back, more than the work itself. So x and a one for the
        bias are below h, and [h x 1]·[U W b] is the whole pre-activation.
        """
        rows = len(self.below)
        if batch > 1 or (rows <= FEW and self.units <= NARROW):
            return rows

        return 0

    def projected(self, x: Array) -> Array:
        """Return the input of each timestep of the window: x·W + b, or x and a
        one where they are fed.
        """
        z = with_one(x, self.dtype)
        if self.fed(x.shape[1]):
            return z

        return z @ self.below

    def joined(self, batch: int) -> Array:
        """Return the recurrent kernel, above the kernel and the bias where the
        input is fed; made once.
        """
        several = batch > 1
        if several not in self._joined:
            self._joined[several] = self._join(batch)
            if several:
                gates = self._joined[several][:, : self.negated * self.units]
                np.negative(gates, gates)

        return self._joined[several]

    def _join(self, batch: int) -> Array:
        """Return the matrix that `joined` keeps, signs folded."""
        if self.fed(batch):
            return np.concatenate([self.recurrent, self.below])

        return self.recurrent


def with_one(x: Array, dtype: np.dtype[Any]) -> Array:
    """Return x with a one below its features,
    `(timesteps, (features + 1) · batch)`.
    """
    timesteps, batch, features = x.shape
    fed = np.ones((timesteps, features + 1, batch), dtype)
    fed[:, :-1] = x.transpose(0, 2, 1)

    return fed.reshape(timesteps, -1)
