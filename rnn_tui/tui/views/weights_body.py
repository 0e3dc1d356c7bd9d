"""The page of the Weights view: a heading, the table of gates, and a block
beside it, below it or in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from rnn_tui.analysis.table import Table
from rnn_tui.tui.views.distribution import Distribution
from rnn_tui.tui.views.exported_weights import (
    copied_gate,
    copied_value,
    gates_table,
    values_table,
)
from rnn_tui.tui.views.gate_table import GateTable
from rnn_tui.tui.weights_page.gate_rows import heading
from rnn_tui.tui.weights_page.statistics_job import Measured
from rnn_tui.tui.widgets.draw_once import DrawOnce
from rnn_tui.tui.widgets.openblock import OpenBlock
from rnn_tui.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from rnn_tui.tui.weights_page.shown_layer import ShownLayer

PREVIEW = 16
"""Lines below the table from which on the selected block is shown there."""
WIDE = 112
"""Width of the page from which on the selected block is shown beside the
table.
"""
MAP_ROOM = 32
"""Cells that the block has beside the table at least."""
APART = 3
"""Cells between the table and the block."""


class WeightsBody(Pane):
    """Shows the table, with the selected block beside it or below it where
    there is room, or that block alone.
    """

    DEFAULT_CSS = """
    WeightsBody { layout: vertical; }
    WeightsBody #heading { height: auto; margin-bottom: 1; }
    WeightsBody > #parts { layout: vertical; height: 1fr; }
    WeightsBody #table { layout: vertical; height: 1fr; }
    WeightsBody #gates { height: 1fr; }
    WeightsBody Distribution { display: none; }
    WeightsBody OpenBlock { display: none; }
    WeightsBody.-preview #table { height: auto; margin-bottom: 1; }
    WeightsBody.-preview #gates { height: auto; }
    WeightsBody.-preview OpenBlock, WeightsBody.-open OpenBlock {
        display: block;
    }
    WeightsBody.-beside > #parts { layout: horizontal; }
    WeightsBody.-beside #table {
        width: auto;
        height: 100%;
        margin: 0 3 0 0;
    }
    WeightsBody.-beside #gates { max-height: 100%; }
    WeightsBody.-beside Distribution {
        display: block;
        height: 1fr;
        margin-top: 1;
    }
    WeightsBody.-open #table { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_open = False
        self._previewing = DrawOnce(self, self._show_preview)

    def compose(self) -> ComposeResult:
        """Heading, gate table, the open block."""
        yield Static(id="heading", markup=False)
        block = OpenBlock()
        block.set_class(True, "-preview")
        with Pane(id="parts"):
            with Pane(id="table"):
                yield GateTable()
                yield Distribution()

            yield block

    @property
    def selected(self) -> Measured | None:
        """The gate under the cursor."""
        return self.query_one(GateTable).selected

    def select(self, number: int) -> None:
        """Put the cursor on a block, by its number."""
        self.query_one(GateTable).select(number)

    @property
    def block(self) -> OpenBlock:
        """The block that is open or seen below the table."""
        return self.query_one(OpenBlock)

    def first_focus(self) -> Widget:
        """Return the table, or the open block."""
        if self._is_open:
            return self.block.first_focus()

        return self.query_one(GateTable)

    def open(self, is_open: bool) -> None:
        """Show the block alone, or the table."""
        self._is_open = is_open
        self.set_class(is_open, "-open")
        self.block.set_class(not is_open, "-preview")

    def clear(self) -> None:
        """Show no gate."""
        self.query_one(GateTable).clear()

    def fill(
        self,
        layer: ShownLayer,
        rows: Sequence[Measured],
        ascii: bool,
    ) -> None:
        """Show the gates of a cell, or the arrays of a layer."""
        table = self.query_one(GateTable)
        width = self.size.width - 2
        table.fill(layer, rows, width, ascii)
        beside = self.size.width >= WIDE
        if beside and self._room_beside(table) < MAP_ROOM:
            # fewer columns
            table.fill(layer, rows, width - MAP_ROOM - APART, ascii)
            beside = self._room_beside(table) >= MAP_ROOM

        below = self.size.height >= len(table.rows) + PREVIEW
        self._lay_out(table, beside, below)
        self.preview()

    def _room_beside(self, table: GateTable) -> int:
        """Return the cells that the table leaves to a block beside it."""
        return self.size.width - table.virtual_size.width - APART

    def _lay_out(self, table: GateTable, beside: bool, below: bool) -> None:
        """Show the selected block beside the table, below it or not at all."""
        has_room = beside or below
        self.set_class(not self._is_open and has_room, "-preview")
        self.set_class(not self._is_open and beside, "-beside")
        if beside:
            table.styles.width = table.virtual_size.width + 1
        else:
            table.styles.width = "100%"

    def preview(self) -> None:
        """Show the selected block beside or below the table, where there is
        room: once for all keys that wait.
        """
        self._previewing.ask()

    def _show_preview(self) -> None:
        chosen = self.selected
        if chosen is None or self._is_open:
            return

        self.query_one(Distribution).show(chosen)
        # values that haven't been measured may have to be read first
        is_read = chosen.statistics is not None
        is_new = self.block.block is not chosen.block
        if is_read and is_new and self.has_class("-preview"):
            self.block.show(chosen.block)

    def head(
        self,
        layer: ShownLayer | None,
        rows: Sequence[Measured],
        remark: str,
    ) -> None:
        """Write the heading for a layer, and only the remark where there is
        none.
        """
        line = self.query_one("#heading", Static)
        if layer is None or not self.is_mounted:
            line.update(Content(remark))
            return

        chosen = None
        if self._is_open:
            chosen = self.selected

        line.update(Content.assemble(*heading(layer, rows, chosen, remark)))

    def copied(self) -> tuple[str, str] | None:
        """Return the value under the cursor, or the gate's statistics."""
        chosen = self.selected
        if chosen is None:
            return None
        if not self._is_open:
            return copied_gate(chosen)

        return copied_value(chosen, self.block.values, self.block.pointed)

    def shown_table(self, rows: Sequence[Measured]) -> Table:
        """Return the table of gates, or the open block's numbers."""
        block = self.block
        table = None
        if self._is_open and block.block is not None:
            table = values_table(block.block, block.values)

        return table or gates_table(rows)
