"""A cell's way back over a window of time, from its last timestep to its first;
the page in cells_back.py is what it means.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rnn_tui.engine.cells.cell import Cell
from rnn_tui.engine.cells.kinds import kind_of, named_class
from rnn_tui.engine.core import lazy_numpy as np
from rnn_tui.engine.core.arrays import Array, Mask
from rnn_tui.engine.gradients.cells_back import Values, page_of, pull_back

if TYPE_CHECKING:
    from rnn_tui.engine.core.edits import Edit


@dataclass(frozen=True, eq=False)
class Window:
    """A stretch of a run in the order in which the cell read it.

    `values` are its quantities, `before` the states before each of its
    timesteps, each `(timesteps, batch, units)`; `mask`, `(timesteps, batch)`,
    is True where a timestep was read. `given` are cotangents of the states that
    enter at a timestep, `(rows, batch, timesteps, units)`. `active` counts the
    rows that have begun at each timestep: they are the first ones.
    """

    values: Values
    before: Values
    mask: Mask | None
    given: Values
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

    def entering(self, name: str) -> Entering:
        """Return the cotangents that enter a state."""
        return Entering(self.given.get(name), self.timesteps)


class Entering:
    """The cotangents that enter a state at the timesteps of a window."""

    def __init__(self, given: Array | None, timesteps: int) -> None:
        self.given = given
        self.some = [False] * timesteps
        if given is not None:
            self.some = some_at(given, 2).tolist()

    def add(self, t: int, bar: Array) -> None:
        """Add those of a timestep to the cotangents of the state after it,
        `(rows, batch, units)`.
        """
        if self.some[t] and self.given is not None:
            np.add(bar, self.given[: len(bar), :, t], bar)


def some_at(values: Array, *axes: int) -> Mask:
    """Return at which places along `axes` any value isn't 0."""
    others = tuple(axis for axis in range(values.ndim) if axis not in axes)
    some: Mask = (values != 0).any(axis=others)

    return some


class ScanBack(ABC):
    """A cell made ready for one dtype."""

    def __init__(self, cell: Cell, dtype: np.dtype[Any]) -> None:
        self.cell = cell
        self.dtype = dtype
        self.gates = len(kind_of(cell).gates)
        self.recurrent = np.asarray(cell.recurrent_kernel, dtype)
        self.kernel = np.asarray(cell.kernel, dtype)

    @abstractmethod
    def window(self, window: Window, bars: dict[str, Array]) -> Array:
        """Go back over a window; return the cotangents of the pre-activations,
        `(timesteps, rows, batch, …)` with those of the gates side by side.

        `bars` are those of the states after it, each `(rows, batch, units)` and
        contiguous; they become those of the states before it, in place. Rows
        that haven't begun are left as they are.
        """

    def input_bars(self, pre: Array, read: tuple[int, ...]) -> Array:
        """Return the cotangents of the input for those of the pre-activations,
        `(timesteps, rows, batch, features)`; `read` is the shape of one
        timestep of one sequence.
        """
        sides = pre.shape[:3]
        flat = pre.reshape(-1, self.kernel.shape[1])

        bars: Array = (flat @ self.kernel.T).reshape(*sides, -1)

        return bars


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
        one = next(iter(bars.values()))  # (rows, batch, …, units)
        columns = self.gates * self.cell.units
        wide = (window.timesteps, *one.shape[:-1], columns)
        pre = np.zeros(wide, self.dtype)
        entering = {name: window.entering(name) for name in bars}
        for rows, stretch in window.stretches():
            begun = {name: bar[:rows] for name, bar in bars.items()}
            for t in stretch:
                for name, bar in begun.items():
                    entering[name].add(t, bar)

                after = self._step(window, t, begun, pre[t, :rows])
                for name, bar in begun.items():
                    bar[...] = after[name]

        return pre

    def _step(
        self,
        window: Window,
        t: int,
        bars: dict[str, Array],
        pre: Array,
    ) -> dict[str, Array]:
        """Return the cotangents of the states before a timestep."""
        values = {name: value[t] for name, value in window.values.items()}
        before = {name: value[t] for name, value in window.before.items()}
        if window.mask is None:
            pulled = pull_back(self.typed, values, before, bars, self.edits)
            pre[...] = pulled.pre
            return pulled.before

        one = next(iter(before.values()))  # (batch, …, units)
        was_read = window.mask[t].reshape(-1, *[1] * (one.ndim - 1))
        read = {k: np.where(was_read, bar, 0) for k, bar in bars.items()}
        pulled = pull_back(self.typed, values, before, read, self.edits)
        pre[...] = pulled.pre

        return {
            name: bar + np.where(was_read, 0, bars[name])
            for name, bar in pulled.before.items()
        }


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
    made: type[ScanBack] = named_class(kind_of(cell).scan_back)
    if issubclass(made, PageScanBack):
        return made(cell, dtype, edits)

    activations = [
        cell.activation,
        getattr(cell, "recurrent_activation", cell.activation),
    ]
    elementwise = all(activation.elementwise for activation in activations)
    if edits or not elementwise:
        return PageScanBack(cell, dtype, edits)

    return made(cell, dtype)
