"""The textbook page of a ConvLSTM read backwards: an LSTM's, whose products are
convolutions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnn_tui.engine.cells.conv_lstm import ConvLSTMCell
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.cells_back import Pulled, lstm_gates_back
from rnn_tui.engine.gradients.convolution_back import convolved_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rnn_tui.engine.gradients.cells_back import _Bars, _Step


def conv_lstm_back(
    cell: ConvLSTMCell,
    s: _Step,
    before: _Step,
    bar: _Bars,
) -> Pulled:
    """ConvLSTM, from h = o·φ(c) and c = f·c_before + i·c̃ up to h_before; the
    rest of the way to x is `pictures_back`.
    """
    pre_bar, c_before_bar = lstm_gates_back(cell, s, before, bar)
    h_before_bar = _state_back(cell, pre_bar)

    return Pulled(None, pre_bar, {"h": h_before_bar, "c": c_before_bar})


def _state_back(cell: ConvLSTMCell, pre_bar: Array) -> Array:
    """Return the cotangent of h for that of h ∗ U, which has its size."""
    U = cell.recurrent_kernel
    rank = U.ndim - 2
    *places, gates = pre_bar.shape
    sides = places[-rank:]
    ones = (1,) * rank
    flat = pre_bar.reshape(-1, *sides, gates)
    h_bar = convolved_back(flat, U, sides, ones, ones, "same")

    return h_bar.reshape(*places, -1)


def pictures_back(
    cell: ConvLSTMCell,
    pre_bar: Array,
    read: Sequence[int],
) -> Array:
    """Return the cotangent of x for that of x ∗ W + b, `(…, *read)`; `read` is
    the shape of one picture, `(…sides, channels)`.
    """
    W = cell.kernel
    *sides, _ = read
    rank = len(sides)
    outer = pre_bar.ndim - rank - 1
    before = pre_bar.shape[:outer]
    made = pre_bar.shape[outer:]
    flat = pre_bar.reshape(-1, *made)
    x_bar = convolved_back(
        flat,
        W,
        sides,
        cell.strides,
        cell.dilation,
        cell.padding,
    )

    return x_bar.reshape(*before, *read)
