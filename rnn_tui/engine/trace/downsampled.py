"""A long run seen as a whole: as many stretches of time as there are columns, each by
its mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from rnn_tui.engine.core.arrays import Array
from rnn_tui.engine.trace.trace import CellTrace, LayerTrace, ModelTrace


class Means(Mapping[str, Array]):
    """The mean of every quantity in each stretch, `(batch, columns, units)`, summed up
    when first asked for.
    """

    def __init__(self, cell: CellTrace, columns: int) -> None:
        self._cell = cell
        self._columns = columns
        self._kept: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._cell.names:
            raise KeyError(name)

        if name not in self._kept:
            mean = self._cell.overview(name, self._columns).mean
            where = np.minimum(
                np.arange(self._columns) * mean.shape[1] // self._columns,
                mean.shape[1] - 1,
            )
            # while a run goes on, and of very long ones, there are fewer stretches
            self._kept[name] = mean[:, where]

        return self._kept[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cell.names)

    def __len__(self) -> int:
        return len(self._cell.names)


def zoomed_out(cell: CellTrace, columns: int) -> CellTrace:
    """Return the cell's run in `columns` stretches; of what it read, and skipped, the
    first timestep of each.
    """
    starts = np.arange(columns) * cell.timesteps // columns
    if cell.mask is None:
        mask = None
    else:
        mask = cell.mask[:, starts]

    return replace(cell, x=cell.x[:, starts], values=Means(cell, columns), mask=mask)


def whole(trace: ModelTrace, columns: int) -> ModelTrace:
    """Return the run with every cell that is longer than `columns` zoomed out."""
    layers = {
        path: LayerTrace(
            path, (), tuple(fitting(cell, columns) for cell in layer.cells)
        )
        for path, layer in trace.layers.items()
        if layer.cells
    }
    return ModelTrace({}, (), layers)


def fitting(cell: CellTrace, columns: int) -> CellTrace:
    """Return the cell, zoomed out where it has more timesteps than columns."""
    if cell.timesteps > columns:
        return zoomed_out(cell, columns)

    return cell
