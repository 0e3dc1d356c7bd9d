"""The fast ways back of the SimpleRNN, the LSTM and the GRU.

All that depends on the values of the run alone is computed for a whole window
at once; a timestep then has one product with the recurrent kernel and a handful
of calls, each on all rows and sequences. A timestep that was skipped has the
factors 0, and its cotangents pass.
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
    """p = h̄ ⊙ φ′, h̄_before = p·Uᵀ."""

    cell: SimpleRNNCell

    def window(self, window: Window, bars: dict[str, Array]) -> Array:
        """Go back over a window."""
        values = window.values
        slope = derivative(self.cell.activation, values["pre_h"], values["h"])
        slope = _read(slope, window)
        passes = _Passes(window, self.dtype)
        h_bar = bars["h"]
        pre = _room(window, h_bar, 1, self.dtype)
        U_T = self.recurrent.T
        entering = window.entering("h")

        for rows, stretch in window.stretches():
            h = h_bar[:rows]
            flat_h = _flat(h)
            for t in stretch:
                p = pre[t, :rows, :, 0]
                entering.add(t, h)

                np.multiply(h, slope[t], p)
                held = passes.at(t, h)
                np.dot(_flat(p), U_T, flat_h)
                if held is not None:
                    np.add(h, held, h)

        return pre


class LSTMScanBack(ScanBack):
    """c̄ += h̄ ⊙ o·φ′(c); p is c̄ (for o h̄) times factors; h̄_before = p·Uᵀ,
    c̄_before = c̄ ⊙ f.
    """

    cell: LSTMCell

    def window(self, window: Window, bars: dict[str, Array]) -> Array:
        """Go back over a window."""
        to_c, to_pre, f = self._factors(window)
        passes = _Passes(window, self.dtype)
        h_bar, c_bar = bars["h"], bars["c"]
        pre = _room(window, h_bar, 4, self.dtype)
        room = np.empty_like(c_bar)
        U_T = self.recurrent.T
        to_h = window.entering("h")
        to_state = window.entering("c")
        of_c = to_pre[:, :, :3]
        of_h = to_pre[:, :, 3]

        for rows, stretch in window.stretches():
            h = h_bar[:rows]
            c = c_bar[:rows]
            through_h = room[:rows]
            flat_h = _flat(h)
            c_of_gates = c[:, :, None]  # (rows, batch, 1, units)
            for t in stretch:
                p = pre[t, :rows]  # (rows, batch, gates, units)
                to_h.add(t, h)
                to_state.add(t, c)

                np.multiply(h, to_c[t], through_h)
                np.add(c, through_h, c)
                np.multiply(c_of_gates, of_c[t], p[:, :, :3])
                np.multiply(h, of_h[t], p[:, :, 3])

                held = passes.at(t, h)
                np.dot(_flat(p), U_T, flat_h)
                np.multiply(c, f[t], c)
                if held is not None:
                    np.add(h, held, h)

        return pre

    def _factors(self, window: Window) -> tuple[Array, Array, Array]:
        """Return dc̄/dh̄, the cotangents of the pre-activations in shares of c̄
        (of o: of h̄), and f.
        """
        v = window.values
        φ, σ = self.cell.activation, self.cell.recurrent_activation
        phi_c = φ(v["c"])

        to_c = v["o"] * derivative(φ, v["c"], phi_c)
        to_pre = _beside(
            v["c_tilde"] * _slope(σ, v, "i"),
            window.before["c"] * _slope(σ, v, "f"),
            v["i"] * _slope(φ, v, "c_tilde"),
            phi_c * _slope(σ, v, "o"),
        )
        f = v["f"]
        if window.mask is not None:
            f = np.where(window.mask[..., None], f, f.dtype.type(1))

        return _read(to_c, window), _read(to_pre, window), f


class GRUScanBack(ScanBack):
    """p is h̄ times factors; h̄_before = h̄ ⊙ z + p·Uᵀ, r where the reset gate
    works.
    """

    cell: GRUCell

    def window(self, window: Window, bars: dict[str, Array]) -> Array:
        """Go back over a window."""
        z = window.values["z"]
        if window.mask is not None:
            z = np.where(window.mask[..., None], z, z.dtype.type(1))

        if self.cell.reset_after:
            return self._reset_after(window, bars["h"], z)

        return self._reset_before(window, bars["h"], z)

    def _reset_after(self, window: Window, h_bar: Array, z: Array) -> Array:
        v = window.values
        to_pre = self._to_pre(window)
        to_state = to_pre.copy()  # the factors of what h·U makes
        to_state[:, :, 2] *= v["r"]
        entered = _room(window, h_bar, 1, self.dtype)
        through_U = np.empty((*h_bar.shape[:2], 3, self.cell.units), self.dtype)
        room = np.empty_like(h_bar)
        U_T = self.recurrent.T
        entering = window.entering("h")

        for rows, stretch in window.stretches():
            h = h_bar[:rows]
            h_of_gates = h[:, :, None]  # (rows, batch, 1, units)
            p = through_U[:rows]
            added = room[:rows]
            flat_p = _flat(p)
            flat_added = _flat(added)
            for t in stretch:
                entering.add(t, h)

                entered[t, :rows, :, 0] = h
                np.multiply(h_of_gates, to_state[t], p)
                np.dot(flat_p, U_T, flat_added)
                np.multiply(h, z[t], h)
                np.add(h, added, h)

        pre: Array = entered * to_pre[:, None]

        return pre

    def _to_pre(self, window: Window) -> Array:
        """Return the cotangents of the pre-activations in shares of h̄."""
        v = window.values
        φ, σ = self.cell.activation, self.cell.recurrent_activation
        before = window.before["h"]
        units = self.cell.units

        h_h = before @ self.recurrent[:, 2 * units :]
        if self.cell.recurrent_bias is not None:
            h_h += self.cell.recurrent_bias[2 * units :].astype(self.dtype)

        of_candidate = (1 - v["z"]) * _slope(φ, v, "h_tilde")
        to_pre = _beside(
            (before - v["h_tilde"]) * _slope(σ, v, "z"),
            of_candidate * h_h * _slope(σ, v, "r"),
            of_candidate,
        )

        return _read(to_pre, window)

    def _reset_before(self, window: Window, h_bar: Array, z: Array) -> Array:
        v = window.values
        φ, σ = self.cell.activation, self.cell.recurrent_activation
        before = window.before["h"]
        of_z_and_h = _beside(
            (before - v["h_tilde"]) * _slope(σ, v, "z"),
            (1 - v["z"]) * _slope(φ, v, "h_tilde"),
        )
        of_z_and_h = _read(of_z_and_h, window)
        of_r = _read(before * _slope(σ, v, "r"), window)
        r = v["r"]

        units = self.cell.units
        pre = _room(window, h_bar, 3, self.dtype)
        room_r_h = np.empty_like(h_bar)
        room = np.empty_like(h_bar)
        U_gates_T = np.ascontiguousarray(self.recurrent[:, : 2 * units].T)
        U_h_T = np.ascontiguousarray(self.recurrent[:, 2 * units :].T)
        entering = window.entering("h")

        for rows, stretch in window.stretches():
            h = h_bar[:rows]
            h_of_gates = h[:, :, None]  # (rows, batch, 1, units)
            r_h = room_r_h[:rows]
            added = room[:rows]
            for t in stretch:
                p = pre[t, :rows]
                flat = p.reshape(-1, 3 * units)
                entering.add(t, h)

                np.multiply(h_of_gates, of_z_and_h[t], p[:, :, ::2])
                np.dot(flat[:, 2 * units :], U_h_T, _flat(r_h))
                np.multiply(r_h, of_r[t], p[:, :, 1])

                np.multiply(h, z[t], h)
                np.dot(flat[:, : 2 * units], U_gates_T, _flat(added))
                np.add(h, added, h)
                np.multiply(r_h, r[t], r_h)
                np.add(h, r_h, h)

        return pre


class _Passes:
    """The cotangents of the timesteps that a mask skipped, which pass as they
    are.
    """

    def __init__(self, window: Window, dtype: np.dtype[Any]) -> None:
        self.skipped: Array | None = None
        self.some: list[bool] = []
        if window.mask is not None:
            skipped = np.logical_not(window.mask)
            self.skipped = skipped[..., None].astype(dtype)
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


def _beside(*factors: Array) -> Array:
    """Return factors of gates side by side, `(timesteps, batch, gates,
    units)`.
    """
    return np.stack(factors, axis=2)


def _read(factors: Array, window: Window) -> Array:
    """Return factors with 0 where a timestep was skipped."""
    if window.mask is None:
        return np.ascontiguousarray(factors)

    deep = window.mask.reshape(*window.mask.shape, *[1] * (factors.ndim - 2))

    return np.where(deep, factors, factors.dtype.type(0))


def _room(
    window: Window,
    bar: Array,
    gates: int,
    dtype: np.dtype[Any],
) -> Array:
    """Return room for cotangents of each timestep,
    `(timesteps, rows, batch, gates, units)`.
    """
    rows, batch, units = bar.shape

    return np.zeros((window.timesteps, rows, batch, gates, units), dtype)


def _flat(bar: Array) -> Array:
    """Return cotangents `(rows, batch, …)` as a matrix, a view."""
    return bar.reshape(bar.shape[0] * bar.shape[1], -1)
