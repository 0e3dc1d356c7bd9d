"""The textbook page of a ConvLSTM read backwards: an LSTM's, whose products are
convolutions; ∗ convolves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.engine.cells.conv_lstm import ConvLSTMCell
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.cells_back import Pulled, lstm_gates_back
from rnn_tui.engine.gradients.convolution_back import convolved_back
from rnn_tui.engine.gradients.scan_back import PageScanBack

if TYPE_CHECKING:
    from rnn_tui.engine.gradients.cells_back import _Bars, _Step


def conv_lstm_back(
    cell: ConvLSTMCell,
    s: _Step,
    before: _Step,
    bar: _Bars,
) -> Pulled:
    """ConvLSTM, from h = o·φ(c) and c = f·c_before + i·c̃ up to h_before; the
    rest of the way to x is `ConvLSTMScanBack.input_bars`.
    """
    pre_bar, c_before_bar = lstm_gates_back(cell, s, before, bar)
    h_before_bar = _state_back(cell, pre_bar)

    return Pulled(None, pre_bar, {"h": h_before_bar, "c": c_before_bar})


def _state_back(cell: ConvLSTMCell, pre_bar: Array) -> Array:
    """Return the cotangent of h for that of h ∗ U, which has its size."""
    U = cell.recurrent_kernel
    sides = pre_bar.shape[-1 - len(U.shape[:-2]) : -1]
    ones = (1,) * len(sides)
    flat = pre_bar.reshape(-1, *sides, pre_bar.shape[-1])
    h_bar = convolved_back(flat, U, sides, ones, ones, "same")

    return h_bar.reshape(*pre_bar.shape[:-1], -1)


class ConvLSTMScanBack(PageScanBack):
    """The page, a timestep after the other, and x ∗ W of a whole window."""

    typed: ConvLSTMCell

    def input_bars(self, pre: Array, read: tuple[int, ...]) -> Array:
        """Return the cotangents of the pictures for those of the
        pre-activations, `(timesteps, rows, batch, …sides, channels)`.
        """
        cell = self.typed
        *sides, _ = read
        flat = pre.reshape(-1, *pre.shape[3:])
        bars = convolved_back(
            flat,
            cell.kernel,
            sides,
            cell.strides,
            cell.dilation,
            cell.padding,
        )

        return bars.reshape(*pre.shape[:3], *read)
