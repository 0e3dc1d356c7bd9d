"""The table of gates in the Weights view: a row for each gate and part of a
cell, the cursor on one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnn_tui.engine.cells.kinds import kind_of
from rnn_tui.tui.renderables.symbols import PARTS
from rnn_tui.tui.weights_page.gate_rows import gate_rows
from rnn_tui.tui.weights_page.statistics_job import Measured
from rnn_tui.tui.widgets.table import RowTable

if TYPE_CHECKING:
    from rnn_tui.engine.model import CellEntry


class GateTable(RowTable):
    """Shows what was measured of a cell."""

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

    def fill(
        self,
        entry: CellEntry,
        measured: Sequence[Measured],
        width: int,
        ascii: bool,
    ) -> None:
        """Show the blocks of a cell in a view `width` cells wide."""
        meanings = kind_of(entry.cell).purposes
        columns, cells, index = gate_rows(
            measured,
            meanings,
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
