"""A long run seen from farther away: stretches of time as columns, each by its
most unusual value, so that a single event is still seen.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
from rnn_tui.engine.trace.values import Values


class Downsampled(Values):
    """The extreme value of every quantity in each stretch: the smallest or the
    largest, whichever is farther from the unit's mean over the run. It is
    `(batch, columns, units)` and found when first asked for.
    """

    exact = False

    def __init__(self, cell: CellTrace, columns: int) -> None:
        self._cell = cell
        self._columns = columns
        self._kept: dict[str, Array] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities of the cell."""
        return self._cell.names

    @property
    def timesteps(self) -> int:
        """How many stretches there are."""
        return self._columns

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Array:
        """Return the extremes of the stretches `start` to `stop`."""
        if name not in self._kept:
            self._kept[name] = self._extremes_of(name)

        return self._kept[name][:, start:stop]

    def _extremes_of(self, name: str) -> Array:
        low, mean, high = self._cell.overview(name, self._columns)
        usual = _mean_of_numbers(mean)
        above = np.abs(high - usual)
        below = np.abs(low - usual)
        extreme: Array = np.where(above >= below, high, low)

        # while a run goes on, and of very long ones, there are fewer stretches
        stretches = mean.shape[1]
        columns = np.arange(self._columns)
        nearest = columns * stretches // self._columns
        chosen = np.minimum(nearest, stretches - 1)

        return extreme[:, chosen]


def _mean_of_numbers(values: Array) -> Array:
    """Return the mean over time of `(batch, timesteps, units)`, without NaN:
    where two runs are compared, some timesteps have no other.
    """
    known = ~np.isnan(values)
    total = np.where(known, values, 0).sum(axis=1, keepdims=True)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    usual: Array = total / count.astype(values.dtype)

    return usual


def zoomed_out(cell: CellTrace, columns: int) -> CellTrace:
    """Return the cell's run in `columns` stretches; of its input and its mask
    the first timestep of each.
    """
    starts = np.arange(columns) * cell.timesteps // columns
    if cell.mask is None:
        mask = None
    else:
        mask = cell.mask[:, starts]

    return replace(
        cell,
        x=cell.x[:, starts],
        values=Downsampled(cell, columns),
        mask=mask,
        run_length=None,
    )


def whole(trace: ModelTrace, columns: int) -> ModelTrace:
    """Return the run with every cell that is longer than `columns` zoomed out
    to so many.
    """
    return trace.with_cells(lambda cell: fitting(cell, columns))


def fitting(cell: CellTrace, columns: int) -> CellTrace:
    """Return the cell, zoomed out where it has more timesteps than columns."""
    if cell.timesteps > columns:
        return zoomed_out(cell, columns)

    return cell
