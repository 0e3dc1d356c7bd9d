"""The textbook page: the equations of one recurrent cell in one timestep, one
equation a line, as Keras orders it.

x is `(batch, features)`, h and c are `(batch, units)`; W is the kernel
`(features, gates·units)`, U the recurrent kernel `(units, gates·units)`, b the
bias. φ is the activation, σ the recurrent activation. Sources:
keras/src/layers/rnn/{simple_rnn,lstm,gru}.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.kinds import RESET_AFTER
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array


class SimpleRNNStep(NamedTuple):
    """Every value of one timestep of a SimpleRNN cell, each
    `(batch, units)`.
    """

    pre_h: Array
    h: Array


class LSTMStep(NamedTuple):
    """Every value of one timestep of an LSTM cell, each `(batch, units)`."""

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


class GRUStep(NamedTuple):
    """Every value of one timestep of a GRU cell, each `(batch, units)`."""

    pre_z: Array
    pre_r: Array
    pre_h_tilde: Array
    z: Array
    r: Array
    h_tilde: Array
    h: Array


@dataclass(frozen=True, eq=False)
class SimpleRNNCell(Cell):
    """h = φ(x·W + h·U + b). Elman 1990."""

    kernel: Array
    recurrent_kernel: Array
    bias: Array | None
    activation: Activation

    kind: ClassVar[str] = "simple_rnn"
    quantities: ClassVar[tuple[str, ...]] = SimpleRNNStep._fields

    def step(self, x: Array, h: Array) -> SimpleRNNStep:
        """Read one timestep."""
        W, U, b, φ = (
            self.kernel,
            self.recurrent_kernel,
            self.bias,
            self.activation,
        )

        pre_h = x @ W + h @ U if b is None else x @ W + b + h @ U
        h = φ(pre_h)
        return SimpleRNNStep(pre_h, h)


@dataclass(frozen=True, eq=False)
class LSTMCell(Cell):
    """Gates i f c o in the columns of W, U and b.

    Hochreiter & Schmidhuber 1997, with the forget gate of Gers 2000.
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array | None
    activation: Activation
    recurrent_activation: Activation

    kind: ClassVar[str] = "lstm"
    quantities: ClassVar[tuple[str, ...]] = LSTMStep._fields

    def step(self, x: Array, h: Array, c: Array) -> LSTMStep:
        """Read one timestep."""
        W, U, b, φ, σ = (
            self.kernel,
            self.recurrent_kernel,
            self.bias,
            self.activation,
            self.recurrent_activation,
        )

        pre = x @ W + h @ U if b is None else x @ W + h @ U + b
        pre_i, pre_f, pre_c_tilde, pre_o = np.split(pre, 4, axis=-1)

        i = σ(pre_i)
        f = σ(pre_f)
        c_tilde = φ(pre_c_tilde)
        o = σ(pre_o)

        c = f * c + i * c_tilde
        h = o * φ(c)
        return LSTMStep(
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


@dataclass(frozen=True, eq=False)
class GRUCell(Cell):
    """Gates z r h in the columns; z near 1 keeps the past (papers differ).

    Cho et al. 2014.

    With `reset_after` the reset gate works on h·U + recurrent_bias instead of
    on h, and the bias has a row for each side, as cuDNN has it; without it
    `recurrent_bias` is None.
    """

    kernel: Array
    recurrent_kernel: Array
    input_bias: Array | None
    recurrent_bias: Array | None
    activation: Activation
    recurrent_activation: Activation
    reset_after: bool

    kind: ClassVar[str] = "gru"
    quantities: ClassVar[tuple[str, ...]] = GRUStep._fields

    @classmethod
    def made(
        cls,
        arrays: Mapping[str, Array | None],
        activations: Mapping[str, Activation],
        config: Mapping[str, Any],
    ) -> Cell:
        """Return the cell; its bias is a vector, or has a row for each side."""
        fields: dict[str, Any] = {**arrays, **activations}
        bias = fields.pop("bias")
        if bias is not None and bias.ndim == 2:
            return cls(
                **fields,
                input_bias=bias[0],
                recurrent_bias=bias[1],
                reset_after=True,
            )

        after = bool(config[RESET_AFTER])
        return cls(
            **fields,
            input_bias=bias,
            recurrent_bias=None,
            reset_after=after,
        )

    def step(self, x: Array, h: Array) -> GRUStep:
        """Read one timestep."""
        if self.reset_after:
            return self._step_reset_after(x, h)

        return self._step_reset_before(x, h)

    def _step_reset_after(self, x: Array, h: Array) -> GRUStep:
        W, U, φ, σ = (
            self.kernel,
            self.recurrent_kernel,
            self.activation,
            self.recurrent_activation,
        )
        b = 0 if self.input_bias is None else self.input_bias
        b_rec = 0 if self.recurrent_bias is None else self.recurrent_bias

        x_z, x_r, x_h = np.split(x @ W + b, 3, axis=-1)
        h_z, h_r, h_h = np.split(h @ U + b_rec, 3, axis=-1)

        pre_z = x_z + h_z
        pre_r = x_r + h_r
        z = σ(pre_z)
        r = σ(pre_r)
        pre_h_tilde = x_h + r * h_h
        h_tilde = φ(pre_h_tilde)

        h = z * h + (1 - z) * h_tilde
        return GRUStep(pre_z, pre_r, pre_h_tilde, z, r, h_tilde, h)

    def _step_reset_before(self, x: Array, h: Array) -> GRUStep:
        W, φ, σ = self.kernel, self.activation, self.recurrent_activation
        U_z, U_r, U_h = np.split(self.recurrent_kernel, 3, axis=-1)
        b = 0 if self.input_bias is None else self.input_bias

        x_z, x_r, x_h = np.split(x @ W + b, 3, axis=-1)

        pre_z = x_z + h @ U_z
        pre_r = x_r + h @ U_r
        z = σ(pre_z)
        r = σ(pre_r)
        pre_h_tilde = x_h + (r * h) @ U_h
        h_tilde = φ(pre_h_tilde)

        h = z * h + (1 - z) * h_tilde
        return GRUStep(pre_z, pre_r, pre_h_tilde, z, r, h_tilde, h)
