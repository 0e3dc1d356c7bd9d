"""The textbook page read backwards: from the cotangents of one timestep's
values to those of its inputs, one equation a line, in the order of cells.py
turned around.

A bar over a letter is a cotangent: `h_bar` is d(target)/dh, the total
derivative through everything that reads h. W, U, b, φ and σ are as in cells.py,
a value before the timestep ends in `_before`. Cotangents are
`(…, batch, units)`: any number of them may be pulled back at once. The values
are those of a trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.cells import GRUCell, LSTMCell, SimpleRNNCell
from rnn_tui.engine.cells.kinds import kind_of, named_class
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_derivatives import pulled_back
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array
from rnn_tui.errors import NotThroughError

if TYPE_CHECKING:
    from rnn_tui.engine.cells.conv_lstm import ConvLSTMCell
    from rnn_tui.engine.core.edits import Edit

Values = Mapping[str, Array]
"""Quantities of a cell, or cotangents of them, by their names."""


class Pulled(NamedTuple):
    """Cotangents of all that a timestep reads.

    `pre` are those of the pre-activations as x·W makes them, side by side in
    the order of the kernel's columns: `x` is pre·Wᵀ, None where it takes the
    size of the picture that was read.
    """

    x: Array | None
    pre: Array
    before: dict[str, Array]


def pull_back(
    cell: Cell,
    values: Values,
    before: Values,
    bars: Values,
    edits: Sequence[Edit] = (),
) -> Pulled:
    """Return the cotangents of x, of the pre-activations and of the states
    before a timestep.

    `values` are the timestep's quantities, `before` the states before it, each
    `(batch, units)`. `bars` are the cotangents of the states after it, and of
    any other quantity; one that is left out is 0. At least one of them has the
    shape of all: `(…, batch, units)`. `edits` are those that the run applied: a
    quantity that was set depends on nothing.

    Raises NotThroughError for a kind of cell whose page isn't written
    backwards.
    """
    page = page_of(cell)

    return page(cell, _Step(values), _Step(before), _Bars(values, bars, edits))


def page_of(cell: Cell) -> Callable[[Any, _Step, _Step, _Bars], Pulled]:
    """Return the page of a cell, read backwards."""
    kind = kind_of(cell)
    if not kind.back:
        raise NotThroughError(
            kind.name,
            f"the equations of {kind.class_name} aren't written backwards",
        )

    page: Callable[[Any, _Step, _Step, _Bars], Pulled]
    page = named_class(kind.back)

    return page


class _Step:
    """Quantities by attribute."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Array:
        return self._values[name]


class _Bars:
    """The cotangents of a timestep's quantities."""

    def __init__(
        self,
        values: Values,
        given: Values,
        edits: Sequence[Edit],
    ) -> None:
        self._none = np.zeros_like(next(iter(values.values())))
        self._given = given
        self._edits = edits

    def of(self, name: str, *terms: Array) -> Array:
        """Return the cotangent of a quantity: the one from outside and those
        from the quantities that read it; 0 where an edit set it.
        """
        total = self._given.get(name, self._none)
        for term in terms:
            total = total + term

        for edit in self._edits:
            if edit.quantity == name:
                total = np.where(edit.chosen(self._none), 0, total)

        return total

    def through(
        self,
        activation: Activation,
        x: Array,
        y: Array,
        y_bar: Array,
    ) -> Array:
        """Return the cotangent of `x` for that of y = φ(x)."""
        if self._edits:
            y = activation(x)  # before it was set

        return pulled_back(activation, x, y, y_bar)


def simple_rnn_back(
    cell: SimpleRNNCell,
    s: _Step,
    before: _Step,
    bar: _Bars,
) -> Pulled:
    """SimpleRNN, from h = φ(x·W + h·U + b)."""
    W, U, φ = cell.kernel, cell.recurrent_kernel, cell.activation

    h_bar = bar.of("h")
    pre_h_bar = bar.of("pre_h", bar.through(φ, s.pre_h, s.h, h_bar))

    h_before_bar = pre_h_bar @ U.T
    x_bar = pre_h_bar @ W.T

    return Pulled(x_bar, pre_h_bar, {"h": h_before_bar})


def lstm_back(
    cell: LSTMCell,
    s: _Step,
    before: _Step,
    bar: _Bars,
) -> Pulled:
    """LSTM, from h = o·φ(c) and c = f·c_before + i·c̃ up to x."""
    W, U = cell.kernel, cell.recurrent_kernel
    pre_bar, c_before_bar = lstm_gates_back(cell, s, before, bar)

    h_before_bar = pre_bar @ U.T
    x_bar = pre_bar @ W.T

    return Pulled(x_bar, pre_bar, {"h": h_before_bar, "c": c_before_bar})


def lstm_gates_back(
    cell: LSTMCell | ConvLSTMCell,
    s: _Step,
    before: _Step,
    bar: _Bars,
) -> tuple[Array, Array]:
    """An LSTM's states and gates: the cotangents of its pre-activations side by
    side, and of c_before.
    """
    φ = cell.activation
    σ = cell.recurrent_activation
    phi_c = φ(s.c)

    h_bar = bar.of("h")
    phi_c_bar = h_bar * s.o
    through_phi = bar.through(φ, s.c, phi_c, phi_c_bar)
    o_bar = bar.of("o", h_bar * phi_c)
    c_bar = bar.of("c", through_phi)

    i_bar = bar.of("i", c_bar * s.c_tilde)
    f_bar = bar.of("f", c_bar * before.c)
    c_tilde_bar = bar.of("c_tilde", c_bar * s.i)
    c_before_bar = c_bar * s.f

    through_o = bar.through(σ, s.pre_o, s.o, o_bar)
    pre_o_bar = bar.of("pre_o", through_o)
    through_c_tilde = bar.through(φ, s.pre_c_tilde, s.c_tilde, c_tilde_bar)
    pre_c_tilde_bar = bar.of("pre_c_tilde", through_c_tilde)
    through_f = bar.through(σ, s.pre_f, s.f, f_bar)
    pre_f_bar = bar.of("pre_f", through_f)
    through_i = bar.through(σ, s.pre_i, s.i, i_bar)
    pre_i_bar = bar.of("pre_i", through_i)

    pre_bar = _beside(pre_i_bar, pre_f_bar, pre_c_tilde_bar, pre_o_bar)

    return pre_bar, c_before_bar


def gru_back(
    cell: GRUCell,
    s: _Step,
    before: _Step,
    bar: _Bars,
) -> Pulled:
    """GRU, from h = z·h_before + (1 − z)·h̃ up to x; the reset gate works on
    h·U or on h.
    """
    if cell.reset_after:
        return _gru_back_reset_after(cell, s, before, bar)

    return _gru_back_reset_before(cell, s, before, bar)


def _gru_back_reset_after(
    cell: GRUCell,
    s: _Step,
    before: _Step,
    bar: _Bars,
) -> Pulled:
    W = cell.kernel
    U = cell.recurrent_kernel
    φ = cell.activation
    σ = cell.recurrent_activation

    _, _, U_h = np.split(U, 3, axis=-1)
    h_h = before.h @ U_h
    if cell.recurrent_bias is not None:
        _, _, b_h = np.split(cell.recurrent_bias, 3)
        h_h = h_h + b_h

    h_bar = bar.of("h")
    z_bar = bar.of("z", h_bar * (before.h - s.h_tilde))
    h_tilde_bar = bar.of("h_tilde", h_bar * (1 - s.z))

    through_h_tilde = bar.through(φ, s.pre_h_tilde, s.h_tilde, h_tilde_bar)
    pre_h_tilde_bar = bar.of("pre_h_tilde", through_h_tilde)
    h_h_bar = pre_h_tilde_bar * s.r
    r_bar = bar.of("r", pre_h_tilde_bar * h_h)

    through_r = bar.through(σ, s.pre_r, s.r, r_bar)
    pre_r_bar = bar.of("pre_r", through_r)
    through_z = bar.through(σ, s.pre_z, s.z, z_bar)
    pre_z_bar = bar.of("pre_z", through_z)

    h_U_bar = _beside(pre_z_bar, pre_r_bar, h_h_bar)
    kept = h_bar * s.z
    h_before_bar = kept + h_U_bar @ U.T
    pre_bar = _beside(pre_z_bar, pre_r_bar, pre_h_tilde_bar)
    x_bar = pre_bar @ W.T

    return Pulled(x_bar, pre_bar, {"h": h_before_bar})


def _gru_back_reset_before(
    cell: GRUCell,
    s: _Step,
    before: _Step,
    bar: _Bars,
) -> Pulled:
    W = cell.kernel
    φ = cell.activation
    σ = cell.recurrent_activation
    U_z, U_r, U_h = np.split(cell.recurrent_kernel, 3, axis=-1)

    h_bar = bar.of("h")
    z_bar = bar.of("z", h_bar * (before.h - s.h_tilde))
    h_tilde_bar = bar.of("h_tilde", h_bar * (1 - s.z))

    through_h_tilde = bar.through(φ, s.pre_h_tilde, s.h_tilde, h_tilde_bar)
    pre_h_tilde_bar = bar.of("pre_h_tilde", through_h_tilde)
    r_h_bar = pre_h_tilde_bar @ U_h.T
    r_bar = bar.of("r", r_h_bar * before.h)

    through_r = bar.through(σ, s.pre_r, s.r, r_bar)
    pre_r_bar = bar.of("pre_r", through_r)
    through_z = bar.through(σ, s.pre_z, s.z, z_bar)
    pre_z_bar = bar.of("pre_z", through_z)

    kept = h_bar * s.z
    of_z = pre_z_bar @ U_z.T
    of_r = pre_r_bar @ U_r.T
    of_r_h = r_h_bar * s.r
    h_before_bar = kept + of_z + of_r + of_r_h
    pre_bar = _beside(pre_z_bar, pre_r_bar, pre_h_tilde_bar)
    x_bar = pre_bar @ W.T

    return Pulled(x_bar, pre_bar, {"h": h_before_bar})


def _beside(*bars: Array) -> Array:
    """Return the cotangents of the gates side by side, all in one shape."""
    return np.concatenate(np.broadcast_arrays(*bars), axis=-1)
