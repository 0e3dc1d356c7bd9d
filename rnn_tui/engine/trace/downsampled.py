"""A long run seen as a whole: as many stretches of time as there are columns,
each by its mean.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
from rnn_tui.engine.trace.values import Values


class Downsampled(Values):
    """The mean of every quantity in each stretch, `(batch, columns, units)`,
    summed up when first asked for.
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
        """Return the means of the stretches `start` to `stop`."""
        if name not in self._kept:
            self._kept[name] = self._means_of(name)

        return self._kept[name][:, start:stop]

    def _means_of(self, name: str) -> Array:
        mean = self._cell.overview(name, self._columns).mean
        # while a run goes on, and of very long ones, there are fewer stretches
        columns = np.arange(self._columns) * mean.shape[1] // self._columns

        return mean[:, np.minimum(columns, mean.shape[1] - 1)]


def zoomed_out(cell: CellTrace, columns: int) -> CellTrace:
    """Return the cell's run in `columns` stretches; of what it read, and
    skipped, the first timestep of each.
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
    """Return the run with every cell that is longer than `columns` zoomed
    out.
    """
    return trace.with_cells(lambda cell: fitting(cell, columns))


def fitting(cell: CellTrace, columns: int) -> CellTrace:
    """Return the cell, zoomed out where it has more timesteps than columns."""
    if cell.timesteps > columns:
        return zoomed_out(cell, columns)

    return cell
