"""A ConvLSTM's fast path: an LSTM's, with the pixels of all pictures in the place of its batch.

h ∗ U is one product: the neighbourhood of every pixel is copied into a column, a plane for each tap of the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from rnn_tui.engine.arrays import Array
from rnn_tui.engine.conv_cells import ConvLSTMCell
from rnn_tui.engine.fast_lstm import LSTMScan
from rnn_tui.engine.layers.convolve import margins_of
from rnn_tui.engine.working import Row


class ConvLSTMScan(LSTMScan):
    """A ConvLSTM over pictures of one size; `place` is the batch and the sides of what it returns."""

    cell: ConvLSTMCell

    def __init__(self, cell: ConvLSTMCell, dtype: np.dtype[Any], place: tuple[int, ...]) -> None:
        super().__init__(cell, dtype)
        self.place = place

    def _project(self, x: Array) -> Array:
        """Return x ∗ W + b of the whole window, `(timesteps, gates · filters · pixels)`."""
        timesteps = len(x)
        pictures = np.ascontiguousarray(x).reshape(-1, *x.shape[2:])
        z = self.cell.convolve_input(pictures, self.kernel, self.bias)
        return np.ascontiguousarray(z.reshape(timesteps, -1, z.shape[-1]).transpose(0, 2, 1)).reshape(timesteps, -1)

    def fed(self, batch: int) -> int:
        """Return 0: the input is convolved before the loop."""
        return 0

    def _product(self, row: Row, out: Array) -> Callable[[], object]:
        """Return what writes h ∗ U to `out`."""
        batch, *sides = self.place
        size = self.recurrent.shape[:-2]
        ones = [1] * len(sides)
        margins = margins_of(sides, size, ones, ones, "same")
        around = [n + before + after for n, (before, after) in zip(sides, margins, strict=True)]
        wide = np.zeros((self.units, batch, *around), self.dtype)
        inside = _cut(wide, [before for before, _ in margins], sides)
        picture = row("h").reshape(inside.shape)
        columns = np.empty((*size, *picture.shape), self.dtype)
        taps = [(columns[tap], _cut(wide, tap, sides)) for tap in np.ndindex(*size)]
        dot = np.ascontiguousarray(self.recurrent.reshape(-1, self.recurrent.shape[-1]).T).dot
        flat, out2 = columns.reshape(prod(size) * self.units, -1), out.reshape(-1, row.shape[1])

        def convolve() -> None:
            np.copyto(inside, picture)
            for column, seen in taps:
                np.copyto(column, seen)
            dot(flat, out2)

        return convolve


def _cut(wide: Array, starts: Sequence[int], sides: Sequence[int]) -> Array:
    """Return a picture's worth of `wide`, its last axes cut from `starts`."""
    spatial = (slice(start, start + side) for start, side in zip(starts, sides, strict=True))
    return wide[(slice(None), slice(None), *spatial)]
