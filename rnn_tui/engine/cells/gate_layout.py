"""The weights of a fast path: the columns of the gates in its order, with the
signs that are folded into them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array


@dataclass(frozen=True, eq=False)
class GateLayout:
    """The order of the gates, the first `negate` of which have their sign
    turned.
    """

    order: tuple[int, ...]
    negate: int
    units: int
    dtype: np.dtype[Any]

    def arranged(self, array: Array) -> Array:
        """Return the gates' columns in this order and with these signs; a wide
        kernel is copied once, not three times.
        """
        gates = len(self.order)
        sign = np.ones((gates, 1), self.dtype)
        sign[: self.negate] = -1

        inputs = array.shape[:-1]
        blocks = array.reshape(*inputs, gates, self.units)
        arranged = np.empty(blocks.shape, self.dtype)
        for place, gate in enumerate(self.order):
            np.multiply(
                blocks[..., gate, :],
                sign[place],
                out=arranged[..., place, :],
                casting="same_kind",
            )

        return arranged.reshape(array.shape)

    def below(self, kernel: Array, bias: Array | None) -> tuple[Array, Array]:
        """Return the kernel above the bias, `(inputs + 1, gates · units)`,
        zeros where there is none, and its view that has the kernel's shape.
        """
        columns = self.arranged(kernel)
        wide = columns.shape[-1]
        row = np.zeros((1, wide), self.dtype)
        if bias is not None:
            row[0] = self.arranged(bias)

        flat = columns.reshape(-1, wide)
        below = np.concatenate([flat, row])
        kernel_part = below[:-1].reshape(columns.shape)

        return below, kernel_part
