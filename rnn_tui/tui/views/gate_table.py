"""The table in the Weights view: a row for each gate and part of a cell, or
for each array of another layer, the cursor on one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnn_tui.engine.cells.kinds import kind_of
from rnn_tui.tui.renderables.symbols import PARTS
from rnn_tui.tui.weights_page.gate_rows import array_rows, gate_rows
from rnn_tui.tui.weights_page.statistics_job import Measured
from rnn_tui.tui.widgets.table import RowTable

if TYPE_CHECKING:
    from rnn_tui.tui.weights_page.shown_layer import ShownLayer


class GateTable(RowTable):
    """Shows the measurements of a layer."""

    def __init__(self) -> None:
        super().__init__(id="gates")
        self._measured: Sequence[Measured] = ()
        self._index: list[int] = []
        """For each row the block it shows, below zero for a heading."""

    @property
    def selected(self) -> Measured | None:
        """The block under the cursor."""
        if self.row >= len(self._index) or self._index[self.row] < 0:
            return None

        return self._measured[self._index[self.row]]

    def select(self, number: int) -> None:
        """Put the cursor on a block, by its number."""
        if number in self._index:
            self.row = self._index.index(number)

    def fill(
        self,
        layer: ShownLayer,
        measured: Sequence[Measured],
        width: int,
        ascii: bool,
    ) -> None:
        """Show the blocks of a layer in a view `width` cells wide."""
        if layer.entry is None:
            columns, cells, index = array_rows(
                measured,
                layer.path,
                width,
                ascii,
            )
        else:
            columns, cells, index = gate_rows(
                measured,
                kind_of(layer.entry.cell).purposes,
                PARTS,
                width,
                ascii,
            )

        self._measured = measured
        self._index = index
        still = [row for row, at in enumerate(index) if at < 0]
        self.show(columns, cells, still)

    def clear(self) -> None:
        """Show no block, with the cursor at the first row."""
        self._measured = ()
        self._index = []
        self.row = 0
