"""The base of every fast path: a window of time from weights in its order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.gate_layout import GateLayout
from rnn_tui.engine.cells.scan_weights import ScanWeights
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.activations import Activation
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.memory.blas_threads import one_thread

SMALL = 128
"""Units up to which the products are better off on one thread."""


class Scan(ABC):
    """A cell made ready for one dtype.

    `slots` names the quantities of a record's row, in its order; `negated`
    counts those whose sign was folded into the weights. A loop that has
    products of its own has `weights`.
    """

    slots: ClassVar[tuple[str, ...]]
    states: ClassVar[tuple[str, ...]]
    weights: ScanWeights

    def __init__(self, cell: Cell, dtype: np.dtype[Any]) -> None:
        self.cell = cell
        self.dtype = dtype
        self.units = cell.units
        self.negated = 0

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
        batch = states[0].shape[1]
        threads: AbstractContextManager[object] = nullcontext()
        if self.units <= SMALL:
            threads = one_thread()

        with np.errstate(over="ignore"), threads:
            z = self._project(x)
            self._loop(z, states, record, mask, raw)

        if self.folded(batch):
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

    def _project(self, x: Array) -> Array:
        """Return the input of each timestep of the window, as the loop reads
        it.
        """
        return self.weights.projected(x)

    def _arranged(
        self,
        order: tuple[int, ...],
        negate: int,
        bias: Array | None,
    ) -> ScanWeights:
        """Return the weights with the gates in `order`, the first `negate` of
        them with their sign turned.
        """
        cell = self.cell
        layout = GateLayout(order, negate, self.units, self.dtype)

        return ScanWeights(layout, cell.recurrent_kernel, cell.kernel, bias)


def is_sigmoid(activation: Activation) -> bool:
    """Return whether its sign can be folded into the weights: a sigmoid needs
    exp(−x).
    """
    return activation.name == "sigmoid"
