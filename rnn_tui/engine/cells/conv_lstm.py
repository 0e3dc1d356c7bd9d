"""The textbook page of a ConvLSTM: an LSTM whose products are convolutions.

Shi et al. 2015.

x is `(batch, …, channels)`, h and c are `(batch, …, filters)`, with one, two or
three spatial axes; ∗ convolves. Source: keras/src/layers/rnn/conv_lstm.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.layers.convolve import convolve, padded


class ConvLSTMStep(NamedTuple):
    """Every value of one timestep of a ConvLSTM cell, each
    `(batch, …, filters)`.
    """

    pre_i: Array
    pre_f: Array
    pre_c_tilde: Array
    pre_o: Array
    i: Array
    f: Array
    c_tilde: Array
    o: Array
    c: Array
    h: Array


@dataclass(frozen=True, eq=False)
class ConvLSTMCell(Cell):
    """Gates i f c o in the last axis of W `(…, channels, 4·filters)`, U
    `(…, filters, 4·filters)` and b.

    The input is convolved with the layer's strides, padding and dilation, the
    hidden state always to its own size.
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array | None
    activation: Activation
    recurrent_activation: Activation
    strides: tuple[int, ...]
    padding: str
    dilation: tuple[int, ...]

    kind: ClassVar[str] = "conv_lstm"
    quantities: ClassVar[tuple[str, ...]] = ConvLSTMStep._fields

    @property
    def units(self) -> int:
        """How many filters the cell has."""
        return int(self.recurrent_kernel.shape[-2])

    def step(self, x: Array, h: Array, c: Array) -> ConvLSTMStep:
        """Read one timestep."""
        φ = self.activation
        σ = self.recurrent_activation

        pre = self.convolve_input(
            x,
            self.kernel,
            self.bias,
        ) + self.convolve_state(h)
        pre_i, pre_f, pre_c_tilde, pre_o = np.split(pre, 4, axis=-1)

        i = σ(pre_i)
        f = σ(pre_f)
        c_tilde = φ(pre_c_tilde)
        o = σ(pre_o)

        c = f * c + i * c_tilde
        h = o * φ(c)

        return ConvLSTMStep(
            pre_i,
            pre_f,
            pre_c_tilde,
            pre_o,
            i,
            f,
            c_tilde,
            o,
            c,
            h,
        )

    def convolve_input(self, x: Array, W: Array, b: Array | None) -> Array:
        """Return x ∗ W + b."""
        size = W.shape[:-2]
        wide = padded(x, size, self.strides, self.dilation, self.padding)

        return convolve(wide, W, self.strides, self.dilation) + (
            0 if b is None else b
        )

    def convolve_state(self, h: Array) -> Array:
        """Return h ∗ U, padded to the size of h."""
        U = self.recurrent_kernel
        ones = (1,) * (h.ndim - 2)

        return convolve(
            padded(h, U.shape[:-2], ones, ones, "same"),
            U,
            ones,
            ones,
        )
