"""A ConvLSTM's fast path: an LSTM's, with the pixels of all pictures in the
place of its batch.

h ∗ U is one product: the neighbourhood of every pixel is copied into a column,
a plane for each tap of the kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from rnn_tui.engine.cells.conv_lstm import ConvLSTMCell
from rnn_tui.engine.cells.picture_taps import convolution, cut_out
from rnn_tui.engine.cells.scan_lstm import LSTMScan
from rnn_tui.engine.cells.scan_row import Row
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.layers.convolve import margins_of


class ConvLSTMScan(LSTMScan):
    """A ConvLSTM over pictures of one size; `place` is the batch and the sides
    of its output.
    """

    cell: ConvLSTMCell

    def __init__(
        self,
        cell: ConvLSTMCell,
        dtype: np.dtype[Any],
        place: tuple[int, ...],
    ) -> None:
        super().__init__(cell, dtype)
        self.place = place

    def _project(self, x: Array) -> Array:
        """Return x ∗ W + b of the whole window,
        `(timesteps, gates · filters · pixels)`, a product each timestep.
        """
        cell = self.cell
        kernel = self.weights.kernel
        *size, channels, filters = kernel.shape
        sides = self.place[1:]
        pixels = prod(self.place)
        margins = margins_of(
            x.shape[2:-1],
            size,
            cell.strides,
            cell.dilation,
            cell.padding,
        )
        # (timesteps, channels, batch, …sides)
        channels_first = np.moveaxis(x, -1, 1)
        wide = np.pad(channels_first, [(0, 0)] * 3 + margins)

        # each tap's part of the pictures, below each other
        batch = len(x[0])
        columns = np.empty((*size, channels, batch, *sides), self.dtype)
        flat = columns.reshape(-1, pixels)
        taps = []
        for tap in np.ndindex(*size):
            starts = [t * d for t, d in zip(tap, cell.dilation, strict=True)]
            taps.append((columns[tap], starts))

        turned = kernel.reshape(-1, filters).T
        dot = np.ascontiguousarray(turned).dot
        z = np.empty((len(x), filters, pixels), self.dtype)
        for picture, z_t in zip(wide, z, strict=True):
            for column, starts in taps:
                column[...] = cut_out(picture, starts, sides, cell.strides)

            dot(flat, z_t)

        z += self.weights.bias[:, None]

        return z.reshape(len(x), -1)

    def _fed(self, batch: int) -> int:
        """Return 0: the input is convolved before the loop."""
        return 0

    def _product(self, row: Row, out: Array) -> Callable[[], object]:
        """Return the function that writes h ∗ U to `out`."""
        return convolution(row("h"), self.weights.recurrent, self.place, out)
