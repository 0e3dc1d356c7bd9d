"""The parts of every fast path: weights in its order, the working memory of one
timestep, the states that a mask holds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any, ClassVar

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.memory.blas_threads import one_thread

SMALL = 128
"""Units up to which the products of a batch are better off on one thread."""
NARROW = 64
"""Units up to which a product with few rows more costs less than the call it saves."""
FEW = 17
"""Rows that are few: sixteen features and the one."""


class Scan(ABC):
    """A cell made ready for one dtype: weights in gate-major order, the sign of every
    sigmoid folded into them.

    `slots` names the quantities of a record's row, in its order; `negated` counts those
    whose sign was folded. `below` is the kernel above the bias, `kernel` and `bias` are
    its views.
    """

    slots: ClassVar[tuple[str, ...]]
    states: ClassVar[tuple[str, ...]]

    def __init__(self, cell: Cell, dtype: np.dtype[Any]) -> None:
        self.cell = cell
        self.dtype = dtype
        self.units = cell.units
        self.negated = 0
        self._joined: dict[bool, Array] = {}

    def window(
        self,
        x: Array,
        states: list[Array],
        record: Array,
        mask: Mask | None,
        raw: Array | None,
    ) -> None:
        """Read `x`, `(timesteps, batch, features)`, write `record`,
        `(timesteps, slots · units · batch)`.

        `states` are `(units, batch)`, moved on in place. `mask`, `(timesteps, batch)`,
        holds them where it is False; `raw`, `(timesteps, units · batch)`, then receives
        every h as the cell computed it, before it was held.
        """
        small = states[0].shape[1] > 1 and self.units <= SMALL
        with np.errstate(over="ignore"), one_thread() if small else nullcontext():
            self._loop(self._project(x), states, record, mask, raw)

        if self.folded(states[0].shape[1]):
            signed = self.signed(record, states[0].size)
            np.negative(signed, signed)

    def folded(self, batch: int) -> bool:
        """Return whether the loop reads gates whose sign was folded, which the window
        turns back when it is done.

        For one sequence that saves a call a timestep. A batch's record has left the
        cache by then: there the call is cheaper, on values that were just written.
        """
        return self.negated > 0 and batch == 1

    def signed(self, record: Array, width: int) -> Array:
        """Return the columns whose sign was folded into the weights: the first
        `negated` slots.
        """
        return record[:, : self.negated * width]

    @abstractmethod
    def _loop(
        self,
        z: Array,
        states: list[Array],
        record: Array,
        mask: Mask | None,
        raw: Array | None,
    ) -> None:
        """Go through `z`, the input's share of the pre-activations, one row a
        timestep.
        """

    def fed(self, batch: int) -> int:
        """Return how many rows of input follow h into its product; 0 where x·W is
        computed before the loop.

        For one sequence one product for all timesteps is best, unless it is so small
        that the call which adds it costs more. In a batch it would be written and read
        back, more than the work itself. So x and a one for the bias stand below h, and
        [h x 1]·[U W b] is the whole pre-activation.
        """
        rows = len(self.below)
        if batch > 1 or (rows <= FEW and self.units <= NARROW):
            return rows

        return 0

    def _project(self, x: Array) -> Array:
        """Return the input of each timestep of the window: x·W + b, or x and a one
        where they are fed.
        """
        z = self._with_one(x)
        return z if self.fed(x.shape[1]) else z @ self.below

    def _with_one(self, x: Array) -> Array:
        """Return x with a one below its features,
        `(timesteps, (features + 1) · batch)`.
        """
        timesteps, batch, features = x.shape
        fed = np.ones((timesteps, features + 1, batch), self.dtype)
        fed[:, :-1] = x.transpose(0, 2, 1)

        return fed.reshape(timesteps, -1)

    def _weights(self, order: list[int], negate: int, bias: Array | None) -> None:
        """Lay the gates out in `order`, the first `negate` of them with their sign
        turned.
        """
        sign = np.ones((len(order), 1), self.dtype)
        sign[:negate] = -1
        self.negated = negate
        self.recurrent = self._arrange(self.cell.recurrent_kernel, order, sign)
        kernel = self._arrange(self.cell.kernel, order, sign)
        row = np.zeros((1, kernel.shape[-1]), self.dtype)
        if bias is not None:
            row[0] = self._arrange(bias, order, sign)

        self.below = np.concatenate([kernel.reshape(-1, kernel.shape[-1]), row])
        self.kernel: Array = self.below[:-1].reshape(kernel.shape)
        self.bias: Array = self.below[-1]

    def joined(self, batch: int) -> Array:
        """Return the recurrent kernel, above the kernel and the bias where the input is
        fed; made once.
        """
        several = batch > 1
        if several not in self._joined:
            self._joined[several] = self._join(batch)
            if several:
                gates = self._joined[several][:, : self.negated * self.units]
                np.negative(gates, gates)

        return self._joined[several]

    def _join(self, batch: int) -> Array:
        """Return the matrix that `joined` keeps, signs folded."""
        if self.fed(batch):
            return np.concatenate([self.recurrent, self.below])

        return self.recurrent

    def _arrange(self, array: Array, order: list[int], sign: Array) -> Array:
        """Return the gates' columns in `order`, times `sign`; a wide kernel is copied
        once, not three times.
        """
        blocks = array.reshape(*array.shape[:-1], len(order), self.units)
        arranged = np.empty(blocks.shape, self.dtype)
        for place, gate in enumerate(order):
            np.multiply(
                blocks[..., gate, :],
                sign[place],
                out=arranged[..., place, :],
                casting="same_kind",
            )

        return arranged.reshape(array.shape)


class Row:
    """One timestep's working memory, flat, with a view for each slot; the record takes
    it as one copy.
    """

    def __init__(
        self,
        slots: tuple[str, ...],
        shape: tuple[int, int],
        dtype: np.dtype[Any],
        below: int = 0,
    ) -> None:
        self.size = shape[0] * shape[1]
        self.shape = shape
        self.slots = slots
        self.flat = np.empty(len(slots) * self.size + below * shape[1], dtype)
        self.below = self.flat[len(slots) * self.size :]
        """The rows after the last slot: the input that is fed to the product."""

    def __call__(self, first: str, last: str | None = None) -> Array:
        """Return the slots from `first` to `last`, flat."""
        start = self.slots.index(first)
        stop = self.slots.index(last or first) + 1

        return self.flat[start * self.size : stop * self.size]

    def product(self, first: str, kernel: Array, out: Array) -> Callable[[], object]:
        """Return the function that writes the slot `first` and the rows after it, times
        `kernel`, to `out`.

        A row times a matrix for one sequence, one product of matrices for a batch.
        """
        batch = self.shape[1]
        start = self.slots.index(first) * self.size
        operand = self.flat[start : start + len(kernel) * batch]

        return product(operand, kernel, out, batch)


class Hold:
    """Holds the states of the sequences a mask skips, after the step that moved
    them.
    """

    def __init__(
        self, states: list[Array], shape: tuple[int, int], mask: Mask, raw: Array | None
    ) -> None:
        self.states = [state.reshape(shape) for state in states]
        self.before = [state.copy() for state in self.states]
        self.skipped = ~mask
        self.raw = raw

    def remember(self) -> None:
        """Keep the states as they stand."""
        for before, state in zip(self.before, self.states, strict=True):
            np.copyto(before, state)

    def apply(self, t: int) -> None:
        """Put back the states of the sequences that row t of the mask skips."""
        if self.raw is not None:
            self.raw[t] = self.states[0].reshape(-1)

        for before, state in zip(self.before, self.states, strict=True):
            np.copyto(state, before, where=self.skipped[t])


def is_sigmoid(activation: Activation) -> bool:
    """Return whether its sign can be folded into the weights: exp(−x) is what a sigmoid
    needs.
    """
    return activation.name == "sigmoid"


def product(
    operand: Array, kernel: Array, out: Array, batch: int
) -> Callable[[], object]:
    """Return the function that writes `operand`, flat `(rows, batch)`, times `kernel`
    to `out`.
    """
    if batch == 1:
        return partial(operand.dot, kernel, out)

    return partial(kernel.T.dot, operand.reshape(-1, batch), out.reshape(-1, batch))
