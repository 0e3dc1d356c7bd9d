"""The cell of a ConvLSTM as its file describes it: its units are filters, its
features channels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.cell_arrays import check_conv_arrays
from rnn_tui.engine.cells.conv_lstm import ConvLSTMCell
from rnn_tui.engine.cells.picture_kernel import (
    PictureKernel,
    conv_formula,
    kernel_of,
    kernel_words,
)
from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.cells.scan_conv_lstm import ConvLSTMScan
from rnn_tui.engine.cells.scans import fast_scan
from rnn_tui.engine.cells.stored_cell import CellSource
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array
from rnn_tui.errors import ConfigError


@dataclass(eq=False)
class ConvSource(CellSource):
    """A ConvLSTM cell: its units are filters, its features channels."""

    @property
    def kernel(self) -> PictureKernel:
        """The kernel's size and movement over the picture."""
        return kernel_of(self.config, self.kind.rank, self.shapes)

    @property
    def channels_first(self) -> bool:
        """Whether the channels are before the picture."""
        return self.config.get("data_format") == "channels_first"

    def formula(self) -> str:
        """Return how the parameters are counted:
        `4 × (3 × 3 × (1 + 40) × 40 + 40)`.
        """
        biased = len(self.weights) > 2
        return conv_formula(self.kernel.size, self.features, self.units, biased)

    def words(self) -> list[str]:
        """Return the kernel's size, and how it moves over the picture."""
        words = kernel_words(self.kernel)
        if self.channels_first:
            words.append("has the channels before the picture")

        return words + super().words()

    def state_shape(self, read: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of a state where the cell reads a sequence of the
        shape `read`: its pictures.
        """
        sides = (side or 0 for side in self.kernel.sides(read[2:-1]))
        return (read[0], *sides, self.units)

    def values_copied(self, x: Array) -> int:
        """Return how many values the pictures of one window have, with the
        zeros around them.
        """
        state = self.state_shape(x.shape)
        return self.kernel.padded(x.shape[2:-1]) * _values_read(x, state)

    def scan(self, dtype: np.dtype[Any], place: tuple[int, ...]) -> Scan:
        """Return the cell's fast path for `dtype` and pictures of one size:
        `place` is the batch and the sides of a state.
        """
        return fast_scan(self.load(), dtype, place)

    def _make(self, φ: Activation, σ: Activation) -> Cell:
        kernel, recurrent_kernel, *rest = (
            weight.value for weight in self.weights
        )
        bias = None
        if rest:
            bias = rest[0]

        moved = self.kernel

        return ConvLSTMCell(
            kernel,
            recurrent_kernel,
            bias,
            φ,
            σ,
            moved.strides,
            moved.padding,
            moved.dilation,
        )

    def _check(self) -> None:
        """Raise ConfigError when the weights' shapes and the configuration
        don't make this cell.
        """
        check_conv_arrays(self.class_name, self.kind.rank, self.shapes)
        self.kernel.check()

        along_axis = not (
            self.φ and self.φ.elementwise and self.σ and self.σ.elementwise
        )
        if along_axis and self.channels_first:
            raise ConfigError(
                "its activation looks along the last axis, which isn't the "
                "channels"
            )


def _values_read(x: Array, state: tuple[int, ...]) -> int:
    """Return how many values each place of a picture has in one window: those
    of all sequences, timesteps and channels.
    """
    from rnn_tui.engine.trace.record import longest_window

    bytes_a_timestep = (
        len(ConvLSTMScan.slots)
        * len(x)
        * max(1, math.prod(state[1:]))
        * x.itemsize
    )
    longest = longest_window(state[-1], bytes_a_timestep)
    timesteps: int = min(x.shape[1], longest)

    return len(x) * timesteps * int(x.shape[-1])
