"""A cell's way back over a window of time, from its last timestep to its first;
it equals the page in cells_back.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.kinds import kind_of, named_class
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.gradients.cells_back import (
    Pulled,
    Values,
    page_of,
    pull_back,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnn_tui.engine.core.edits import Edit


@dataclass(frozen=True, eq=False)
class Window:
    """A stretch of a run in the order in which the cell read it.

    `values` are its quantities, `before` the states before each of its
    timesteps, each `(timesteps, units, batch)`; `mask`, `(timesteps, batch)`,
    is True where a timestep was read. `entering` are the cotangents of the
    states that enter at a timestep. `active` counts the rows that have begun at
    each timestep: they are the first ones.
    """

    values: Values
    before: Values
    mask: Mask | None
    entering: Mapping[str, Entering]
    active: list[int]

    @property
    def timesteps(self) -> int:
        """The length of the stretch."""
        return len(self.active)

    def stretches(self) -> Iterator[tuple[int, Sequence[int]]]:
        """Yield stretches of time, the last one first and each backwards, with
        the number of rows that have begun in it.
        """
        stop = self.timesteps
        while stop:
            rows = self.active[stop - 1]
            start = stop - 1
            while start and self.active[start - 1] == rows:
                start -= 1

            yield rows, range(stop - 1, start - 1, -1)
            stop = start

    def at(self, t: int) -> dict[str, Array]:
        """Return the quantities of a timestep, each `(batch, units)`."""
        return {name: value[t].T for name, value in self.values.items()}

    def before_at(self, t: int) -> dict[str, Array]:
        """Return the states before a timestep, each `(batch, units)`."""
        return {name: value[t].T for name, value in self.before.items()}

    def at_state(self, name: str) -> Entering:
        """Return the cotangents that enter a state."""
        return self.entering.get(name, NOTHING)


class Entering:
    """The cotangents that enter a state at the timesteps of a window.

    `given` is `(rows, batch, timesteps, units)`, and `some`,
    `(rows, timesteps)`, is True where it isn't 0. `order` are the rows in the
    order of the cotangents to which they are added.
    """

    def __init__(
        self,
        given: Array,
        some: NDArray[np.bool_],
        order: NDArray[np.intp],
    ) -> None:
        self.given = given
        self.order = order
        in_order = some[order]
        self.counts: list[int] = in_order.sum(axis=0).tolist()
        self.first: list[int] = in_order.argmax(axis=0).tolist()

    def add(self, t: int, bar: Array) -> None:
        """Add those of a timestep to the cotangents of the state after it,
        `(units, rows, batch)`.
        """
        count = self.counts[t]
        if count == 0:
            return

        if count == 1:
            row = self.first[t]
            own = self.order[row]
            given = self.given[own, :, t]  # (batch, units)
            added = bar[:, row]  # (units, batch)
            np.add(added, given.T, added)
            return

        begun = self.order[: bar.shape[1]]
        given = self.given[begun, :, t]  # (rows, batch, units)
        np.add(bar, given.transpose(2, 0, 1), bar)


class _Nothing(Entering):
    """A state at which nothing enters."""

    def __init__(self) -> None:
        """Hold nothing."""

    def add(self, t: int, bar: Array) -> None:
        """Add nothing."""


NOTHING = _Nothing()


class ScanBack(ABC):
    """A cell made ready for one dtype.

    `slots` counts the gates of its room for cotangents, of which the first ones
    belong to `kernel`, whose columns have their order.
    """

    def __init__(self, cell: Cell, dtype: np.dtype[Any]) -> None:
        self.cell = cell
        self.dtype = dtype
        self.gates = len(kind_of(cell).gates)
        self.slots = self.gates
        self.recurrent = np.asarray(cell.recurrent_kernel, dtype)
        self.kernel = np.asarray(cell.kernel, dtype)

    @abstractmethod
    def window(self, window: Window, bars: dict[str, Array]) -> Array:
        """Go back over a window; return the cotangents of the pre-activations,
        `(timesteps, slots, units, rows, batch)`.

        `bars` are those of the states after it, each `(units, rows, batch)`;
        they become those of the states before it, in place. Rows that haven't
        begun are left as they are.
        """

    def room(self, window: Window, bar: Array) -> Array:
        """Return room for the cotangents of a window: 0 for rows that haven't
        begun.
        """
        pre = np.empty((window.timesteps, self.slots, *bar.shape), self.dtype)
        for rows, stretch in window.stretches():
            if rows < bar.shape[1]:
                first = stretch[-1]  # it goes backwards
                stop = stretch[0] + 1
                pre[first:stop, :, :, rows:] = 0

        return pre

    def input_bars(self, pre: Array) -> Array:
        """Return the cotangents of the input for those of the pre-activations,
        `(timesteps, rows, batch, features)`.
        """
        timesteps, _, units, rows, batch = pre.shape
        wide = self.gates * units
        columns = rows * batch
        flat = pre.reshape(timesteps, -1, columns)[:, :wide]
        if columns == 1:
            vectors = flat[:, :, 0]
            bars = vectors @ self.kernel.T
        else:
            turned = flat.transpose(0, 2, 1)
            bars = turned @ self.kernel.T

        by_row: Array = bars.reshape(timesteps, rows, batch, -1)

        return by_row


class PageScanBack(ScanBack):
    """The page, a timestep after the other: right for every cell that has
    one.
    """

    def __init__(
        self,
        cell: Cell,
        dtype: np.dtype[Any],
        edits: Sequence[Edit] = (),
    ) -> None:
        super().__init__(cell, dtype)
        page_of(cell)
        self.edits = edits
        arrays = {
            name: value.astype(dtype)
            for name, value in vars(cell).items()
            if isinstance(value, np.ndarray)
        }
        self.typed: Cell = replace(cell, **arrays)  # type: ignore[type-var]  # every cell is a dataclass

    def window(self, window: Window, bars: dict[str, Array]) -> Array:
        """Step through the page."""
        pre = self.room(window, next(iter(bars.values())))
        for rows, stretch in window.stretches():
            begun = {name: bar[:, :rows] for name, bar in bars.items()}
            for t in stretch:
                for name, bar in begun.items():
                    window.at_state(name).add(t, bar)

                pulled = self._step(window, t, begun)
                for name, bar in begun.items():
                    bar[...] = _units_first(pulled.before[name])

                by_gate = np.split(pulled.pre, self.gates, axis=-1)
                for gate, gate_bar in enumerate(by_gate):
                    pre[t, gate, :, :rows] = _units_first(gate_bar)

        return pre

    def _step(self, window: Window, t: int, bars: Values) -> Pulled:
        """Return the cotangents of the inputs of a timestep,
        `(rows, batch, …)`.
        """
        values = window.at(t)
        before = window.before_at(t)
        after = {name: _units_last(bar) for name, bar in bars.items()}
        if window.mask is None:
            return pull_back(self.typed, values, before, after, self.edits)

        was_read = window.mask[t, :, None]  # (batch, 1)
        read = {}
        skipped = {}
        for name, bar in after.items():
            read[name] = np.where(was_read, bar, 0)
            skipped[name] = np.where(was_read, 0, bar)

        pulled = pull_back(self.typed, values, before, read, self.edits)
        passed = {}
        for name, bar in pulled.before.items():
            passed[name] = bar + skipped[name]

        return pulled._replace(before=passed)


def _units_first(bar: Array) -> Array:
    """Return `(rows, batch, units)` as `(units, rows, batch)`, a view."""
    return bar.transpose(2, 0, 1)


def _units_last(bar: Array) -> Array:
    """Return `(units, rows, batch)` as `(rows, batch, units)`, a view."""
    return bar.transpose(1, 2, 0)


def fast_scan_back(
    cell: Cell,
    dtype: np.dtype[Any],
    edits: Sequence[Edit] = (),
) -> ScanBack:
    """Return the loop that the table names for `cell`; its page where an
    activation doesn't work element by element, and for a run with edits.

    Raises NotThroughError for a kind whose page isn't written backwards.
    """
    page_of(cell)
    activations = [
        cell.activation,
        getattr(cell, "recurrent_activation", cell.activation),
    ]
    elementwise = all(activation.elementwise for activation in activations)
    if edits or not elementwise:
        return PageScanBack(cell, dtype, edits)

    made: ScanBack = named_class(kind_of(cell).scan_back)(cell, dtype)

    return made
