"""The base of every fast path: a window of time from weights in its order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext
from typing import Any, ClassVar

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.gate_layout import GateLayout
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.memory.blas_threads import one_thread

SMALL = 128
"""Units up to which the products of a batch are better off on one thread."""
NARROW = 64
"""Units up to which a product with few rows more costs less than the call it
saves.
"""
FEW = 17
"""Rows that are few: sixteen features and the one."""


class Scan(ABC):
    """A cell made ready for one dtype: weights in gate-major order, the sign of
    every sigmoid folded into them.

    `slots` names the quantities of a record's row, in its order; `negated`
    counts those whose sign was folded. `below` is the kernel above the bias,
    `kernel` and `bias` are its views.
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

        `states` are `(units, batch)`, moved on in place. `mask`,
        `(timesteps, batch)`, holds them where it is False; `raw`,
        `(timesteps, units · batch)`, then receives every h as the cell computed
        it, before it was held.
        """
        small = states[0].shape[1] > 1 and self.units <= SMALL
        with (
            np.errstate(over="ignore"),
            one_thread() if small else nullcontext(),
        ):
            self._loop(self._project(x), states, record, mask, raw)

        if self.folded(states[0].shape[1]):
            signed = self.signed(record, states[0].size)
            np.negative(signed, signed)

    def folded(self, batch: int) -> bool:
        """Return whether the loop reads gates whose sign was folded, which the
        window turns back when it is done.

        For one sequence that saves a call a timestep. A batch's record has left
        the cache by then: there the call is cheaper, on values that were just
        written.
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
        """Return how many rows of input follow h into its product; 0 where x·W
        is computed before the loop.

        For one sequence one product for all timesteps is best, unless it is so
        small that the call which adds it costs more. In a batch it would be
        written and read back, more than the work itself. So x and a one for the
        bias stand below h, and [h x 1]·[U W b] is the whole pre-activation.
        """
        rows = len(self.below)
        if batch > 1 or (rows <= FEW and self.units <= NARROW):
            return rows

        return 0

    def _project(self, x: Array) -> Array:
        """Return the input of each timestep of the window: x·W + b, or x and a
        one where they are fed.
        """
        z = self._with_one(x)
        if self.fed(x.shape[1]):
            return z

        return z @ self.below

    def _with_one(self, x: Array) -> Array:
        """Return x with a one below its features,
        `(timesteps, (features + 1) · batch)`.
        """
        timesteps, batch, features = x.shape
        fed = np.ones((timesteps, features + 1, batch), self.dtype)
        fed[:, :-1] = x.transpose(0, 2, 1)

        return fed.reshape(timesteps, -1)

    def _weights(
        self,
        order: list[int],
        negate: int,
        bias: Array | None,
    ) -> None:
        """Lay the gates out in `order`, the first `negate` of them with their
        sign turned.
        """
        layout = GateLayout(tuple(order), negate, self.units, self.dtype)
        self.negated = negate
        self.recurrent = layout.arranged(self.cell.recurrent_kernel)
        self.below, self.kernel = layout.below(self.cell.kernel, bias)
        self.bias: Array = self.below[-1]

    def joined(self, batch: int) -> Array:
        """Return the recurrent kernel, above the kernel and the bias where the
        input is fed; made once.
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


def is_sigmoid(activation: Activation) -> bool:
    """Return whether its sign can be folded into the weights: exp(−x) is what a
    sigmoid needs.
    """
    return activation.name == "sigmoid"
