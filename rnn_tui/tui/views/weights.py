"""The Weights view: a row for each gate and part of a cell; a block as a heat map and
as numbers.
"""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from rnn_tui.analysis.table import Table
from rnn_tui.tui.session.session import Session
from rnn_tui.tui.text.nothing import no_cell
from rnn_tui.tui.views.base import View
from rnn_tui.tui.views.exported_weights import (
    copied_gate,
    copied_value,
    gates_table,
    values_table,
)
from rnn_tui.tui.views.gate_table import GateTable
from rnn_tui.tui.views.measurements import Done, Measurements
from rnn_tui.tui.views.requests import KeysChanged
from rnn_tui.tui.weights_page.gate_rows import heading
from rnn_tui.tui.widgets.openblock import OpenBlock
from rnn_tui.tui.widgets.table import RowTable

PREVIEW = 16
"""Lines below the table from which on the selected block is shown there."""


OPENED = (
    ("←→↑↓", "value"),
    ("tab", "map or numbers"),
    ("esc", "table"),
    ("y", "copy"),
    ("e", "export"),
)
"""The keys that matter in an open block."""


class WeightsView(View):
    """The gate table; Enter opens a block as a heat map, Tab shows its numbers, Escape
    goes back to its row.
    """

    DEFAULT_CSS = """
    WeightsView { layout: vertical; padding: 1 1 0 1; }
    WeightsView #heading { height: auto; margin-bottom: 1; }
    WeightsView > GateTable { height: 1fr; }
    WeightsView > OpenBlock { display: none; }
    WeightsView.-preview #gates { height: auto; margin-bottom: 1; }
    WeightsView.-preview OpenBlock, WeightsView.-open OpenBlock { display: block; }
    WeightsView.-open #gates { display: none; }
    """
    FOOTER: ClassVar = (
        ("↑↓", "gate"),
        ("enter", "heat map"),
        ("tab", "numbers"),
        ("[ ]", "layer"),
        ("e", "export"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "numbers", "Numbers", show=False),
        Binding("escape", "back", "Back", show=False),
    ]

    open: reactive[bool] = reactive(False, init=False)
    """Whether a block fills the view."""

    def __init__(self) -> None:
        super().__init__()
        self._measured = Measurements(self)
        self._key = ""
        """The cell in question, empty when there is none."""

    def compose(self) -> ComposeResult:
        """Heading, gate table, the open block."""
        yield Static(id="heading", markup=False)
        yield GateTable()
        block = OpenBlock()
        block.set_class(True, "-preview")
        yield block

    @property
    def footer(self) -> tuple[tuple[str, str], ...]:
        """The keys of the table, or those of the open block."""
        if self.open:
            return OPENED

        return self.FOOTER

    def first_focus(self) -> Widget:
        """The table, or the open block."""
        if self.open:
            return self.query_one(OpenBlock).first_focus()

        return self.table

    @property
    def table(self) -> GateTable:
        """The gates."""
        return self.query_one(GateTable)

    def on_resize(self) -> None:
        """Show more columns where there is room."""
        self._fill()

    def watch_session(self, before: Session, session: Session) -> None:
        """Follow the place to another cell; forget another file's weights."""
        if before.subject.opened is not session.subject.opened:
            self._measured.forget()
            self._key = ""

        if self.display and self.is_mounted:
            self._follow()

    def draw(self) -> None:
        """Follow the place, which may have moved while another view was shown."""
        self._follow()
        self._fill()

    @property
    def settled(self) -> bool:
        """Whether there are gates to choose from, unless there can't be any."""
        return not self._key or self._measured.known(self._key)

    def watch_open(self, is_open: bool) -> None:
        """Show the block alone, or the table."""
        self.set_class(is_open, "-open")
        self.post_message(KeysChanged())
        self.query_one(OpenBlock).set_class(not is_open, "-preview")
        self._head()
        self.first_focus().focus()

    def copied(self) -> tuple[str, str] | None:
        """The value under the cursor, or the gate's statistics."""
        chosen = self.table.selected
        if chosen is None:
            return None
        if not self.open:
            return copied_gate(chosen)

        opened = self.query_one(OpenBlock)

        return copied_value(chosen, opened.values, opened.pointed)

    def shown_table(self) -> Table | None:
        """The gate table, or the open block's numbers."""
        block = self.query_one(OpenBlock)
        table = None
        if self.open and block.block is not None:
            table = values_table(block.block, block.values)

        return table or gates_table(self._measured.rows(self._key))

    def action_numbers(self) -> None:
        """Open the selected block's numbers."""
        if self.table.selected is not None and not self.open:
            self._open_selected()
            self.query_one(OpenBlock).action_numbers()

    def action_back(self) -> None:
        """Go back to the gate table, or let the screen cancel what is under way."""
        if not self.open:
            self.call_later(self.run_action, "screen.command('cancel')")

        self.open = False

    @on(RowTable.Chosen, "#gates")
    def _open(self, event: RowTable.Chosen) -> None:
        event.stop()
        self._open_selected()

    def _open_selected(self) -> None:
        chosen = self.table.selected
        if chosen is not None:
            self.open = True
            self.query_one(OpenBlock).show(chosen.block)

    @on(RowTable.Highlighted, "#gates")
    def _gate_pointed(self, event: RowTable.Highlighted) -> None:
        event.stop()
        self._preview()

    def _follow(self) -> None:
        """Turn to the cell in question, measured when that has not been done."""
        entry = self.session.entry
        if entry is None or self.opened is None:
            self._key = ""
            self._head(no_cell(self.opened) if self.opened is not None else "")
            return

        if entry.key == self._key:
            return

        self._key = entry.key
        self.open = False
        self.table.clear()
        if not self._measured.known(entry.key):
            self._head("reading the weights …")
            self._measured.begin(self.opened, entry.key)

        self._fill()

    @on(Done)
    def _show_measured(self, event: Done) -> None:
        event.stop()
        self._measured.keep(event)
        if event.key == self._key:
            self._fill()

    def _fill(self) -> None:
        rows = self._measured.rows(self._key)
        entry = self.session.entry
        if not rows or entry is None:
            problem = self._measured.problem(self._key)
            if problem:
                self._head(problem)

            return

        ascii = bool(getattr(self.app, "ascii", False))
        self.table.fill(entry, rows, self.size.width - 2, ascii)
        height = len(self.table.rows) + PREVIEW
        self.set_class(not self.open and self.size.height >= height, "-preview")
        self._preview()
        self._head()

    def _preview(self) -> None:
        """Show the selected block below the table, where there is room."""
        chosen = self.table.selected
        if not self.open and self.has_class("-preview") and chosen is not None:
            self.query_one(OpenBlock).show(chosen.block)

    def _head(self, remark: str = "") -> None:
        entry = self.session.entry
        if entry is None or not self.is_mounted:
            self.query_one("#heading", Static).update(Content(remark))
            return

        rows = self._measured.rows(self._key)
        chosen = self.table.selected if self.open else None
        parts = heading(entry, rows, chosen, remark)
        self.query_one("#heading", Static).update(Content.assemble(*parts))
