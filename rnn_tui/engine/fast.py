"""The fast path: a cell over a window of time, in place, every value recorded; the page in cells.py is what it means.

Shapes here put time first and the batch last: a quantity is `(units, batch)`, so a gate is one contiguous run of
memory at any batch size, and every ufunc below works on flat arrays.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from rnn_tui.engine.activations import Activation
from rnn_tui.engine.arrays import Array, Mask
from rnn_tui.engine.cells import Cell, GRUCell, LSTMCell, SimpleRNNCell


class Scan(ABC):
    """A cell made ready for one dtype: weights in gate-major order, the sign of every sigmoid folded into them.

    `slots` names the quantities of a record's row, in its order; `negated` counts those whose sign was folded.
    """

    slots: ClassVar[tuple[str, ...]]
    states: ClassVar[tuple[str, ...]]

    def __init__(self, cell: Cell, dtype: np.dtype[Any]) -> None:
        self.cell = cell
        self.dtype = dtype
        self.units = cell.units
        self.negated = 0

    def window(self, x: Array, states: list[Array], record: Array, mask: Mask | None, raw: Array | None) -> None:
        """Read `x`, `(timesteps, batch, features)`, write `record`, `(timesteps, slots · units · batch)`.

        `states` are `(units, batch)`, moved on in place. `mask`, `(timesteps, batch)`, holds them where it is False;
        `raw`, `(timesteps, units · batch)`, then receives every h as the cell computed it, before it was held.
        """
        with np.errstate(over="ignore"):
            self._loop(self._project(x), states, record, mask, raw)
        if self.negated:
            signed = record[:, : self.negated * states[0].size]
            np.negative(signed, signed)

    @abstractmethod
    def _loop(self, z: Array, states: list[Array], record: Array, mask: Mask | None, raw: Array | None) -> None:
        """Go through `z`, what the window's input adds to the pre-activations, one row a timestep."""

    def _project(self, x: Array) -> Array:
        """Return x·W + b of the whole window in one product, `(timesteps, gates · units · batch)`."""
        timesteps, batch, features = x.shape
        if batch == 1:
            z = x.reshape(timesteps, features) @ self.kernel
            z += self.bias
        else:
            z = np.matmul(self.kernel.T, x.transpose(0, 2, 1))
            z += self.bias[:, None]
        return z.reshape(timesteps, -1)

    def _weights(self, order: list[int], negate: int, bias: Array | None) -> None:
        """Lay the gates out in `order`, the first `negate` of them with their sign turned."""
        sign = np.ones((len(order), 1), self.dtype)
        sign[:negate] = -1
        self.negated = negate
        self.kernel = self._arrange(self.cell.kernel, order, sign)
        self.recurrent = self._arrange(self.cell.recurrent_kernel, order, sign)
        empty = np.zeros(len(order) * self.units, self.dtype)
        self.bias = empty if bias is None else self._arrange(bias, order, sign)

    def _arrange(self, array: Array, order: list[int], sign: Array) -> Array:
        blocks = array.astype(self.dtype).reshape(*array.shape[:-1], len(order), self.units)
        arranged = blocks[..., order, :] * sign
        return np.ascontiguousarray(arranged.reshape(array.shape))


class Row:
    """One timestep's working memory, flat, with a view for each slot; the record takes it as one copy."""

    def __init__(self, slots: tuple[str, ...], units: int, batch: int, dtype: np.dtype[Any]) -> None:
        self.size = units * batch
        self.shape = (units, batch)
        self.slots = slots
        self.flat = np.empty(len(slots) * self.size, dtype)

    def __call__(self, first: str, last: str | None = None) -> Array:
        """Return the slots from `first` to `last`, flat."""
        start, stop = self.slots.index(first), self.slots.index(last or first) + 1
        return self.flat[start * self.size : stop * self.size]

    def product(self, h: Array, kernel: Array, out: Array) -> Callable[[], object]:
        """Return what writes h·kernel to `out`: a row times a matrix for one sequence, one product for a batch."""
        batch = self.shape[1]
        if batch == 1:
            dot = h.reshape(-1).dot
            return lambda: dot(kernel, out)
        dot, h2, out2 = kernel.T.dot, h.reshape(-1, batch), out.reshape(-1, batch)
        return lambda: dot(h2, out2)


class Hold:
    """Holds the states of the sequences a mask skips, after the step that moved them."""

    def __init__(self, states: list[Array], shape: tuple[int, int], mask: Mask, raw: Array | None) -> None:
        self.states = [state.reshape(shape) for state in states]
        self.before = [state.copy() for state in self.states]
        self.skipped = ~mask
        self.raw = raw

    def remember(self) -> None:
        """Keep the states as they stand."""
        for before, state in zip(self.before, self.states, strict=True):
            np.copyto(before, state)

    def apply(self, t: int) -> None:
        """Put back what row t of the mask skips."""
        if self.raw is not None:
            self.raw[t] = self.states[0].reshape(-1)
        for before, state in zip(self.before, self.states, strict=True):
            np.copyto(state, before, where=self.skipped[t])


class LSTMScan(Scan):
    """An LSTM: gates i f o c in memory, so that three sigmoids are one run and [i f] · [c̃ c] is one product."""

    slots = ("pre_i", "pre_f", "pre_o", "pre_c_tilde", "i", "f", "o", "c_tilde", "c", "h")
    states = ("h", "c")
    cell: LSTMCell

    def __init__(self, cell: LSTMCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        self._weights([0, 1, 3, 2], 3 if is_sigmoid(cell.recurrent_activation) else 0, cell.bias)

    def _loop(self, z: Array, states: list[Array], record: Array, mask: Mask | None, raw: Array | None) -> None:
        row = Row(self.slots, self.units, states[0].shape[1], self.dtype)
        h, c, c_tilde, o = row("h"), row("c"), row("c_tilde"), row("o")
        h[:], c[:] = states[0].reshape(-1), states[1].reshape(-1)
        pre, pre_gates, pre_c_tilde = row("pre_i", "pre_c_tilde"), row("pre_i", "pre_o"), row("pre_c_tilde")
        gates, i_f, c_tilde_c = row("i", "o"), row("i", "f"), row("c_tilde", "c")
        products = np.empty_like(i_f)
        i_c_tilde, f_c = products.reshape(2, -1)
        phi_c = np.empty_like(c)
        recurrent = row.product(h, self.recurrent, pre)
        hold = None if mask is None else Hold([h, c], row.shape, mask, raw)
        flat, one = row.flat, np.ones((), self.dtype)
        σ = None if self.negated else self.cell.recurrent_activation.into
        φ, add, multiply, exp, reciprocal = self.cell.activation.into, np.add, np.multiply, np.exp, np.reciprocal

        for t, (z_t, recorded) in enumerate(zip(z, record, strict=True)):
            if hold:
                hold.remember()
            recurrent()
            add(pre, z_t, pre)
            if σ:
                σ(pre_gates, gates)
            else:
                exp(pre_gates, gates)
                add(gates, one, gates)
                reciprocal(gates, gates)
            φ(pre_c_tilde, c_tilde)
            multiply(i_f, c_tilde_c, products)
            add(f_c, i_c_tilde, c)
            φ(c, phi_c)
            multiply(o, phi_c, h)
            if hold:
                hold.apply(t)
            recorded[:] = flat
        states[0][...], states[1][...] = h.reshape(row.shape), c.reshape(row.shape)


class GRUScan(Scan):
    """A GRU: 1 − z lies behind z as h̃ behind h, so that z·h + (1 − z)·h̃ is one product and one sum."""

    slots = ("pre_r", "pre_z", "pre_h_tilde", "h", "h_tilde", "r", "z")
    states = ("h",)
    cell: GRUCell

    def __init__(self, cell: GRUCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        self._weights([1, 0, 2], 2 if is_sigmoid(cell.recurrent_activation) else 0, cell.input_bias)
        self.candidate_bias: Array | None = None
        if cell.recurrent_bias is not None:
            recurrent_bias = cell.recurrent_bias.astype(self.dtype).reshape(3, -1)[[1, 0, 2]]
            sign = -1 if self.negated else 1
            self.bias[: 2 * self.units] += sign * recurrent_bias[:2].reshape(-1)
            self.candidate_bias = recurrent_bias[2]
        if not cell.reset_after:
            self.recurrent_gates = np.ascontiguousarray(self.recurrent[:, : 2 * self.units])
            self.recurrent_candidate = np.ascontiguousarray(self.recurrent[:, 2 * self.units :])

    def _loop(self, z: Array, states: list[Array], record: Array, mask: Mask | None, raw: Array | None) -> None:
        row = Row((*self.slots, "1-z"), self.units, states[0].shape[1], self.dtype)
        h, h_tilde, gates, update, new = row("h"), row("h_tilde"), row("r", "z"), row("z"), row("1-z")
        h[:] = states[0].reshape(-1)
        pre_gates, pre_h_tilde = row("pre_r", "pre_z"), row("pre_h_tilde")
        products = np.empty(2 * row.size, self.dtype)
        past, present = products.reshape(2, -1)
        gates_of, candidate_of = self._products(row)
        shares, sources = row("z", "1-z"), row("h", "h_tilde")
        hold = None if mask is None else Hold([h], row.shape, mask, raw)
        flat, one = row.flat[: record.shape[1]], np.ones((), self.dtype)
        σ = None if self.negated else self.cell.recurrent_activation.into
        φ, add, multiply, exp, reciprocal = self.cell.activation.into, np.add, np.multiply, np.exp, np.reciprocal
        subtract, wide = np.subtract, 2 * row.size

        for t, (z_t, recorded) in enumerate(zip(z, record, strict=True)):
            if hold:
                hold.remember()
            add(gates_of(), z_t[:wide], pre_gates)
            if σ:
                σ(pre_gates, gates)
            else:
                exp(pre_gates, gates)
                add(gates, one, gates)
                reciprocal(gates, gates)
            add(candidate_of(), z_t[wide:], pre_h_tilde)
            φ(pre_h_tilde, h_tilde)
            subtract(one, update, new)
            multiply(shares, sources, products)
            add(past, present, h)
            if hold:
                hold.apply(t)
            recorded[:] = flat
        states[0][...] = h.reshape(row.shape)

    def _products(self, row: Row) -> tuple[Callable[[], Array], Callable[[], Array]]:
        """Return h·U of the two gates and of the candidate, the reset gate on its side of the product."""
        h, r, size = row("h"), row("r"), row.size
        part = np.empty(3 * size, self.dtype)
        gates, candidate, reset_h = part[: 2 * size], part[2 * size :], np.empty(size, self.dtype)
        if not self.cell.reset_after:
            product = row.product(h, self.recurrent_gates, gates)
            candidate_product = row.product(reset_h, self.recurrent_candidate, candidate)

            def before() -> Array:
                np.multiply(r, h, reset_h)
                candidate_product()
                return candidate

            return lambda: (product(), gates)[1], before
        product = row.product(h, self.recurrent, part)
        bias = None if self.candidate_bias is None else np.repeat(self.candidate_bias, row.shape[1])

        def after() -> Array:
            if bias is not None:
                np.add(candidate, bias, candidate)
            np.multiply(r, candidate, reset_h)
            return reset_h

        return lambda: (product(), gates)[1], after


class SimpleRNNScan(Scan):
    """A SimpleRNN: one product, one sum, one activation."""

    slots = ("pre_h", "h")
    states = ("h",)
    cell: SimpleRNNCell

    def __init__(self, cell: SimpleRNNCell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        self._weights([0], 0, cell.bias)

    def _loop(self, z: Array, states: list[Array], record: Array, mask: Mask | None, raw: Array | None) -> None:
        row = Row(self.slots, self.units, states[0].shape[1], self.dtype)
        pre_h, h, flat = row("pre_h"), row("h"), row.flat
        h[:] = states[0].reshape(-1)
        recurrent = row.product(h, self.recurrent, pre_h)
        hold = None if mask is None else Hold([h], row.shape, mask, raw)
        φ, add = self.cell.activation.into, np.add

        for t, (z_t, recorded) in enumerate(zip(z, record, strict=True)):
            if hold:
                hold.remember()
            recurrent()
            add(pre_h, z_t, pre_h)
            φ(pre_h, h)
            if hold:
                hold.apply(t)
            recorded[:] = flat
        states[0][...] = h.reshape(row.shape)


class PageScan(Scan):
    """Any cell by its page: for activations that look along the units (softmax), which the loops above can't place."""

    def __init__(self, cell: Cell, dtype: np.dtype[Any]) -> None:
        super().__init__(cell, dtype)
        self.slots = cell.quantities  # type: ignore[misc]
        self.states = cell.states  # type: ignore[misc]

    def _project(self, x: Array) -> Array:
        return x

    def _loop(self, z: Array, states: list[Array], record: Array, mask: Mask | None, raw: Array | None) -> None:
        hold = None if mask is None else Hold(states, states[0].shape, mask, raw)
        for t, (x_t, recorded) in enumerate(zip(z, record, strict=True)):
            if hold:
                hold.remember()
            step = self.cell.step(x_t, *(state.T for state in states))._asdict()
            for state, name in zip(states, self.states, strict=True):
                state[...] = step[name].T
            if hold:
                hold.apply(t)
            step.update({name: state.T for name, state in zip(self.states, states, strict=True)})
            recorded[:] = np.concatenate([np.asarray(step[name]).T.reshape(-1) for name in self.slots])


def is_sigmoid(activation: Activation) -> bool:
    """Return whether its sign can be folded into the weights: exp(−x) is what a sigmoid needs."""
    return activation.name == "sigmoid"


def fast_scan(cell: Cell, dtype: np.dtype[Any]) -> Scan:
    """Return the fast path for `cell`; its page where the activations don't work element by element."""
    activations = [cell.activation, getattr(cell, "recurrent_activation", cell.activation)]
    if not all(activation.elementwise for activation in activations):
        return PageScan(cell, dtype)
    if isinstance(cell, LSTMCell):
        return LSTMScan(cell, dtype)
    return GRUScan(cell, dtype) if isinstance(cell, GRUCell) else SimpleRNNScan(cell, dtype)
