"""A ConvLSTM's fast path: an LSTM's, with the pixels of all pictures in the place of
its batch.

h ∗ U is one product: the neighbourhood of every pixel is copied into a column, a plane
for each tap of the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from rnn_tui.engine.cells.conv_lstm import ConvLSTMCell
from rnn_tui.engine.cells.scan_base import Row
from rnn_tui.engine.cells.scan_lstm import LSTMScan
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.layers.convolve import margins_of


class ConvLSTMScan(LSTMScan):
    """A ConvLSTM over pictures of one size; `place` is the batch and the sides of what
    it returns.
    """

    cell: ConvLSTMCell

    def __init__(
        self, cell: ConvLSTMCell, dtype: np.dtype[Any], place: tuple[int, ...]
    ) -> None:
        super().__init__(cell, dtype)
        self.place = place

    def _project(self, x: Array) -> Array:
        """Return x ∗ W + b of the whole window,
        `(timesteps, gates · filters · pixels)`, a product each timestep.
        """
        cell = self.cell
        size = self.kernel.shape[:-2]
        margins = margins_of(
            x.shape[2:-1], size, cell.strides, cell.dilation, cell.padding
        )
        wide = np.pad(np.moveaxis(x, -1, 1), [(0, 0)] * 3 + margins)
        columns = np.empty((*size, *wide.shape[1:3], *self.place[1:]), self.dtype)
        taps = [
            (tap, [t * d for t, d in zip(tap, cell.dilation, strict=True)])
            for tap in np.ndindex(*size)
        ]
        dot = np.ascontiguousarray(self.kernel.reshape(-1, self.kernel.shape[-1]).T).dot
        z = np.empty((len(x), self.kernel.shape[-1], prod(self.place)), self.dtype)
        for picture, z_t in zip(wide, z, strict=True):
            for tap, starts in taps:
                columns[tap] = _cut(picture, starts, self.place[1:], cell.strides)

            dot(columns.reshape(-1, z.shape[2]), z_t)

        z += self.bias[:, None]

        return z.reshape(len(x), -1)

    def fed(self, batch: int) -> int:
        """Return 0: the input is convolved before the loop."""
        return 0

    def _product(self, row: Row, out: Array) -> Callable[[], object]:
        """Return the function that writes h ∗ U to `out`."""
        batch, *sides = self.place
        size = self.recurrent.shape[:-2]
        ones = [1] * len(sides)
        margins = margins_of(sides, size, ones, ones, "same")
        around = [
            n + before + after
            for n, (before, after) in zip(sides, margins, strict=True)
        ]
        wide = np.zeros((self.units, batch, *around), self.dtype)
        inside = _cut(wide, [before for before, _ in margins], sides)
        picture = row("h").reshape(inside.shape)
        columns = np.empty((*size, *picture.shape), self.dtype)
        taps = [(columns[tap], _cut(wide, tap, sides)) for tap in np.ndindex(*size)]
        dot = np.ascontiguousarray(
            self.recurrent.reshape(-1, self.recurrent.shape[-1]).T
        ).dot
        flat, out2 = (
            columns.reshape(prod(size) * self.units, -1),
            out.reshape(-1, row.shape[1]),
        )

        def convolve() -> None:
            np.copyto(inside, picture)
            for column, seen in taps:
                np.copyto(column, seen)

            dot(flat, out2)

        return convolve


def _cut(
    wide: Array,
    starts: Sequence[int],
    sides: Sequence[int],
    strides: Sequence[int] | None = None,
) -> Array:
    """Return a picture's worth of `wide`, its last axes cut from `starts` in
    `strides`.
    """
    every = strides or [1] * len(sides)
    spatial = (
        slice(a, a + (n - 1) * s + 1, s)
        for a, n, s in zip(starts, sides, every, strict=True)
    )

    return wide[(slice(None), slice(None), *spatial)]
