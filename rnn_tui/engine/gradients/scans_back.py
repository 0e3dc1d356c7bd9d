"""The fast ways back of the SimpleRNN, the LSTM and the GRU.

All that depends on the values of the run alone is computed for a whole window
at once; a timestep then has one product with the recurrent kernel and a handful
of calls, each on all rows and sequences. Units come first and sequences last,
as in the run's own record: its values need no turning. A timestep that was
skipped has the factors 0, and its cotangents pass.
"""

from __future__ import annotations

from typing import Any

from rnn_tui.engine.cells.cells import GRUCell, LSTMCell, SimpleRNNCell
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activation_derivatives import derivative
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.gradients.scan_back import ScanBack, Window


class SimpleRNNScanBack(ScanBack):
    """p = h̄ ⊙ φ′, h̄_before = U·p."""

    cell: SimpleRNNCell

    def window(self, window: Window, bars: dict[str, Array]) -> Array:
        """Go back over a window."""
        values = window.values
        slope = derivative(self.cell.activation, values["pre_h"], values["h"])
        slope = _read(slope, window)[:, :, None]  # (…, units, 1, batch)
        passes = _Passes(window, self.dtype)
        h_bar = bars["h"]
        pre = self.room(window, h_bar)
        flat_pre = _flat_gates(pre)
        U = self.recurrent
        entering = window.at_state("h")

        for rows, stretch in window.stretches():
            h = h_bar[:, :rows]
            flat_h = _flat(h)
            columns = flat_h.shape[1]
            for t in stretch:
                entering.add(t, h)

                np.multiply(h, slope[t], pre[t, 0, :, :rows])
                held = passes.at(t, h)
                np.matmul(U, flat_pre[t, :, :columns], flat_h)
                if held is not None:
                    np.add(h, held, h)

        return pre


class LSTMScanBack(ScanBack):
    """c̄ += h̄ ⊙ o·φ′(c); p is c̄ (for o h̄) times factors; h̄_before = U·p,
    c̄_before = c̄ ⊙ f.
    """

    cell: LSTMCell

    def window(self, window: Window, bars: dict[str, Array]) -> Array:
        """Go back over a window."""
        to_c, to_pre, f = self._factors(window)
        passes = _Passes(window, self.dtype)
        h_bar, c_bar = bars["h"], bars["c"]
        pre = self.room(window, h_bar)
        flat_pre = _flat_gates(pre)
        room = np.empty(c_bar.shape, self.dtype)
        U = self.recurrent
        to_h = window.at_state("h")
        to_state = window.at_state("c")
        of_c = to_pre[:, :3]
        of_h = to_pre[:, 3]

        for rows, stretch in window.stretches():
            h = h_bar[:, :rows]
            c = c_bar[:, :rows]
            through_h = room[:, :rows]
            flat_h = _flat(h)
            columns = flat_h.shape[1]
            for t in stretch:
                p = pre[t, :, :, :rows]  # (gates, units, rows, batch)
                to_h.add(t, h)
                to_state.add(t, c)

                np.multiply(h, to_c[t], through_h)
                np.add(c, through_h, c)
                np.multiply(c, of_c[t], p[:3])
                np.multiply(h, of_h[t], p[3])

                held = passes.at(t, h)
                np.matmul(U, flat_pre[t, :, :columns], flat_h)
                np.multiply(c, f[t], c)
                if held is not None:
                    np.add(h, held, h)

        return pre

    def _factors(self, window: Window) -> tuple[Array, Array, Array]:
        """Return dc̄/dh̄, the cotangents of the pre-activations in shares of c̄
        (of o: of h̄), and f, with an axis for rows before that of the batch.
        """
        φ = self.cell.activation
        σ = self.cell.recurrent_activation
        v = window.values
        c = v["c"]
        c_before = window.before["c"]
        phi_c = φ(c)

        to_c: Array = v["o"] * derivative(φ, c, phi_c)
        of_i = v["c_tilde"], _slope(σ, v, "i")
        of_f = c_before, _slope(σ, v, "f")
        of_c_tilde = v["i"], _slope(φ, v, "c_tilde")
        of_o = phi_c, _slope(σ, v, "o")
        to_pre = _beside(of_i, of_f, of_c_tilde, of_o)

        f = _one_where_skipped(v["f"], window)
        to_c = _read(to_c, window)
        to_pre = _read(to_pre, window)

        return to_c[:, :, None], to_pre[:, :, :, None], f[:, :, None]


class GRUScanBack(ScanBack):
    """p is h̄ times factors; h̄_before = h̄ ⊙ z + U·p, r where the reset gate
    works.

    The gates are in the order h̃ z r, so that those of each product are
    together: with the kernel all three, with the recurrent kernel z, r and,
    where the reset gate works on h·U, r ⊙ h̃ behind them.
    """

    cell: GRUCell

    def __init__(self, cell: GRUCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        units = cell.units
        of_z_r, of_h_tilde = np.split(self.kernel, [2 * units], axis=1)
        self.kernel = np.concatenate([of_h_tilde, of_z_r], axis=1)
        if cell.reset_after:
            self.slots = 4

    def window(self, window: Window, bars: dict[str, Array]) -> Array:
        """Go back over a window."""
        z = _one_where_skipped(window.values["z"], window)
        z = z[:, :, None]  # (timesteps, units, 1, batch)
        if self.cell.reset_after:
            return self._reset_after(window, bars["h"], z)

        return self._reset_before(window, bars["h"], z)

    def _reset_after(self, window: Window, h_bar: Array, z: Array) -> Array:
        to_pre = self._to_pre(window)[:, :, :, None]
        pre = self.room(window, h_bar)
        units = self.cell.units
        of_state = _flat_gates(pre)[:, units:]  # z, r, r ⊙ h̃
        room = np.empty(h_bar.shape, self.dtype)
        U = self.recurrent
        entering = window.at_state("h")

        for rows, stretch in window.stretches():
            h = h_bar[:, :rows]
            added = room[:, :rows]
            flat_added = _flat(added)
            columns = flat_added.shape[1]
            for t in stretch:
                entering.add(t, h)

                np.multiply(h, to_pre[t], pre[t, :, :, :rows])
                np.matmul(U, of_state[t, :, :columns], flat_added)
                np.multiply(h, z[t], h)
                np.add(h, added, h)

        return pre

    def _to_pre(self, window: Window) -> Array:
        """Return the cotangents of h̃, z, r and of the part of h·U that h̃
        reads, in shares of h̄.
        """
        φ = self.cell.activation
        σ = self.cell.recurrent_activation
        v = window.values
        before = window.before["h"]
        gates = 2 * self.cell.units

        U_h = self.recurrent[:, gates:]
        h_h = np.matmul(U_h.T, before)
        if self.cell.recurrent_bias is not None:
            bias = self.cell.recurrent_bias[gates:].astype(self.dtype)
            h_h += bias[:, None]  # (units, 1)

        h_tilde_bar = 1 - v["z"]
        of_candidate = h_tilde_bar * _slope(φ, v, "h_tilde")
        of_z = before - v["h_tilde"], _slope(σ, v, "z")
        of_r = of_candidate * h_h, _slope(σ, v, "r")
        of_h_h = of_candidate, v["r"]
        to_pre = _beside((of_candidate,), of_z, of_r, of_h_h)

        return _read(to_pre, window)

    def _reset_before(self, window: Window, h_bar: Array, z: Array) -> Array:
        of_h_and_z, of_r = self._before_factors(window)
        r = window.values["r"][:, :, None]

        units = self.cell.units
        pre = self.room(window, h_bar)
        flat_pre = _flat_gates(pre)
        of_h_tilde = flat_pre[:, :units]
        of_gates = flat_pre[:, units:]
        room_r_h = np.empty(h_bar.shape, self.dtype)
        room = np.empty(h_bar.shape, self.dtype)
        U_gates, U_h = np.split(self.recurrent, [2 * units], axis=1)
        entering = window.at_state("h")

        for rows, stretch in window.stretches():
            h = h_bar[:, :rows]
            r_h = room_r_h[:, :rows]
            added = room[:, :rows]
            flat_r_h = _flat(r_h)
            flat_added = _flat(added)
            columns = flat_added.shape[1]
            for t in stretch:
                p = pre[t, :, :, :rows]
                entering.add(t, h)

                np.multiply(h, of_h_and_z[t], p[:2])
                np.matmul(U_h, of_h_tilde[t, :, :columns], flat_r_h)
                np.multiply(r_h, of_r[t], p[2])

                np.multiply(h, z[t], h)
                np.matmul(U_gates, of_gates[t, :, :columns], flat_added)
                np.add(h, added, h)
                np.multiply(r_h, r[t], r_h)
                np.add(h, r_h, h)

        return pre

    def _before_factors(self, window: Window) -> tuple[Array, Array]:
        """Return the cotangents of h̃ and z in shares of h̄, and that of r in
        shares of the cotangent of r ⊙ h, with an axis for rows before that of
        the batch.
        """
        φ = self.cell.activation
        σ = self.cell.recurrent_activation
        v = window.values
        before = window.before["h"]

        of_h_tilde = 1 - v["z"], _slope(φ, v, "h_tilde")
        of_z = before - v["h_tilde"], _slope(σ, v, "z")
        of_h_and_z = _read(_beside(of_h_tilde, of_z), window)
        of_r = _read(before * _slope(σ, v, "r"), window)

        return of_h_and_z[:, :, :, None], of_r[:, :, None]


class _Passes:
    """The cotangents of the timesteps that a mask skipped, which pass as they
    are.
    """

    def __init__(self, window: Window, dtype: np.dtype[Any]) -> None:
        self.skipped: Array | None = None
        self.some: list[bool] = []
        if window.mask is not None:
            skipped = np.logical_not(window.mask)
            self.skipped = skipped.astype(dtype)  # (timesteps, batch)
            self.some = [bool(row.any()) for row in skipped]

    def at(self, t: int, bar: Array) -> Array | None:
        """Return the cotangents of sequences that skipped a timestep, 0 for
        the others; None where all read it.
        """
        if self.skipped is None or not self.some[t]:
            return None

        passed: Array = bar * self.skipped[t]

        return passed


def _slope(activation: Activation, values: Any, gate: str) -> Array:
    """Return the derivative of a gate's activation."""
    return derivative(activation, values[f"pre_{gate}"], values[gate])


def _beside(*factors: tuple[Array, ...]) -> Array:
    """Return the product of each gate's one or two factors, side by side,
    `(timesteps, gates, units, batch)`.
    """
    first = factors[0][0]
    timesteps, *place = first.shape
    products = np.empty((timesteps, len(factors), *place), first.dtype)
    for gate, (factor, *others) in enumerate(factors):
        if others:
            np.multiply(factor, others[0], products[:, gate])
        else:
            products[:, gate] = factor

    return products


def _read(factors: Array, window: Window) -> Array:
    """Return factors `(timesteps, …, batch)` with 0 where a timestep was
    skipped.
    """
    if window.mask is None:
        return factors

    timesteps, batch = window.mask.shape
    deep = window.mask.reshape(timesteps, *[1] * (factors.ndim - 2), batch)

    return np.where(deep, factors, factors.dtype.type(0))


def _one_where_skipped(gate: Array, window: Window) -> Array:
    """Return a gate that keeps the state, `(timesteps, units, batch)`, with 1
    where a timestep was skipped.
    """
    if window.mask is None:
        return gate

    one = gate.dtype.type(1)

    return np.where(window.mask[:, None], gate, one)


def _flat(bar: Array) -> Array:
    """Return cotangents `(units, rows, batch)` as a matrix, a view."""
    units, rows, batch = bar.shape

    return bar.reshape(units, rows * batch)


def _flat_gates(pre: Array) -> Array:
    """Return cotangents `(timesteps, gates, units, rows, batch)` as a matrix
    for each timestep, a view.
    """
    timesteps, gates, units, rows, batch = pre.shape

    return pre.reshape(timesteps, gates * units, rows * batch)
