"""The loop that runs any cell: its page, timestep after timestep."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.edited_step import EditedStep
from rnn_tui.engine.cells.scan_base import Scan
from rnn_tui.engine.cells.scan_row import Hold
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.core.edits import Edit


class PageScan(Scan):
    """Any cell by its page: for a kind that has no loop of its own, for
    activations that read along the units (softmax), which the loops can't
    place, and for a cell with edits.

    `place` is the batch and the sides of a picture; -1 is a batch of any size.
    `kept` names the quantities that are recorded, beside h, where not all are.
    """

    def __init__(
        self,
        cell: Cell,
        dtype: np.dtype[Any],
        place: tuple[int, ...] = (-1,),
        *,
        edits: Sequence[Edit] = (),
        kept: Collection[str] | None = None,
    ) -> None:
        super().__init__(cell, dtype)
        self.place = place
        self.edits = tuple(edits)
        # A loop has the slots of its class, the page those of its cell.
        self.slots = cell.quantities  # type: ignore[misc]  # a ClassVar elsewhere
        if kept is not None:
            self.slots = tuple(  # type: ignore[misc]  # as above
                name for name in cell.quantities if name in {*kept, "h"}
            )

        self.states = cell.states  # type: ignore[misc]  # a ClassVar elsewhere

    def _project(self, x: Array) -> Array:
        return x

    def _loop(
        self,
        z: Array,
        states: list[Array],
        record: Array,
        mask: Mask | None,
        raw: Array | None,
    ) -> None:
        # (timesteps, slots · width) → (timesteps, slots, units, batch), a view
        shape = states[0].shape
        slots = record.reshape(len(record), len(self.slots), *shape)
        hold = None
        if mask is not None:
            hold = Hold(states, shape, mask, raw)

        stepped = self._stepped()
        for t, x_t in enumerate(z):
            if hold:
                hold.remember()

            before = [self._page(state) for state in states]
            step = stepped(x_t, *before)
            for state, name in zip(states, self.states, strict=True):
                state[...] = self._flat(step[name])

            if hold:
                hold.apply(t)

            # A state that a mask held is recorded as it was held.
            held = dict(zip(self.states, states, strict=True))
            for slot, name in zip(slots[t], self.slots, strict=True):
                if name in held:
                    slot[...] = held[name]
                else:
                    slot[...] = self._flat(step[name])

    def _stepped(self) -> Callable[..., dict[str, Array]]:
        """Return the function that steps through one window: two windows may be
        run at the same time, one of them to be read.
        """
        if self.edits:
            return EditedStep(self.cell, self.edits)

        return self._unedited

    def _unedited(self, x: Array, *before: Array) -> dict[str, Array]:
        values: dict[str, Array] = self.cell.step(x, *before)._asdict()

        return values

    def _page(self, state: Array) -> Array:
        """Return a state `(units, batch · …)` as `(batch, …, units)`."""
        return state.T.reshape(*self.place, self.units)

    def _flat(self, value: Array) -> Array:
        """Return a value of the page, `(batch, …, units)`, as
        `(units, batch · …)`.
        """
        return value.reshape(-1, self.units).T
