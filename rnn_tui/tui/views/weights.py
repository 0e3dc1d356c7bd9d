"""The Weights view: a row for each gate and part of a cell, or for each array
of another layer; a block as a heat map and as numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import reactive
from textual.widget import Widget

from rnn_tui.analysis.table import Table
from rnn_tui.tui.session.session import Session
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.text.nothing import no_cell
from rnn_tui.tui.views.base import View
from rnn_tui.tui.views.measurements import Done, Measurements
from rnn_tui.tui.views.requests import KeysChanged
from rnn_tui.tui.views.weights_body import WeightsBody
from rnn_tui.tui.weights_page.shown_layer import shown_layer
from rnn_tui.tui.widgets.entry import Choice
from rnn_tui.tui.widgets.table import RowTable

OPENED = (
    ("←→↑↓", "value"),
    ("tab", "map or numbers"),
    ("esc", "table"),
    ("y", "copy"),
)
"""The keys that matter in an open block."""


class WeightsView(View):
    """The gate table; Enter opens a block as a heat map, Tab shows its numbers,
    Escape goes back to its row.
    """

    DEFAULT_CSS = """
    WeightsView { padding: 1 1 0 1; }
    """
    FOOTER: ClassVar = (
        ("↑↓", "gate"),
        ("enter", "heat map"),
        ("tab", "numbers"),
        ("[ ]", "layer"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("part.next", "numbers"),
        bound("cancel", "back"),
    ]

    open: reactive[bool] = reactive(False, init=False)
    """Whether a block fills the view."""

    def __init__(self) -> None:
        super().__init__()
        self._measured = Measurements(self)
        self._key = ""
        """The cell or layer in question, empty when there is none."""

    def compose(self) -> ComposeResult:
        """One page."""
        yield WeightsBody()

    @property
    def footer(self) -> tuple[tuple[str, str], ...]:
        """The keys of the table, or those of the open block."""
        if self.open:
            return OPENED

        return self.FOOTER

    def first_focus(self) -> Widget:
        """The table, or the open block."""
        return self.body.first_focus()

    @property
    def body(self) -> WeightsBody:
        """The page."""
        return self.query_one(WeightsBody)

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
        """Follow the place, which may have moved while another view was
        shown.
        """
        self._follow()
        self._fill()

    @property
    def settled(self) -> bool:
        """Whether there are gates to choose from, unless there can't be any."""
        return not self._key or self._measured.known(self._key)

    def watch_open(self, is_open: bool) -> None:
        """Show the block alone, or the table."""
        self.body.open(is_open)
        self.post_message(KeysChanged())
        self._head()
        self.first_focus().focus()

    def findable(self) -> Sequence[Choice[Callable[[], object]]]:
        """The gates, parts and arrays of the layer that is shown."""
        return [
            Choice(
                f"{row.block.part.replace('_', ' ')} {row.block.gate}".strip(),
                f"of {row.block.key}",
                partial(self._go_to, number),
                row.block.part,
            )
            for number, row in enumerate(self._measured.rows(self._key))
        ]

    def _go_to(self, number: int) -> None:
        """Put the cursor on a block of the table."""
        self.open = False
        self.body.select(number)

    def copied(self) -> tuple[str, str] | None:
        """The value under the cursor, or the gate's statistics."""
        return self.body.copied()

    def shown_table(self) -> Table | None:
        """The gate table, or the open block's numbers."""
        return self.body.shown_table(self._measured.rows(self._key))

    def action_numbers(self) -> None:
        """Open the selected block's numbers."""
        if self.body.selected is not None and not self.open:
            self._open_selected()
            self.body.block.action_numbers()

    def action_back(self) -> None:
        """Go back to the gate table, or let the screen cancel the work under
        way.
        """
        if not self.open:
            self.call_later(self.run_action, "screen.command('cancel')")

        self.open = False

    @on(RowTable.Chosen, "#gates")
    def _open(self, event: RowTable.Chosen) -> None:
        event.stop()
        self._open_selected()

    def _open_selected(self) -> None:
        chosen = self.body.selected
        if chosen is not None and chosen.block.values.size:
            self.open = True
            self.body.block.show(chosen.block)

    @on(RowTable.Highlighted, "#gates")
    def _gate_pointed(self, event: RowTable.Highlighted) -> None:
        event.stop()
        self.body.preview()

    def _follow(self) -> None:
        """Turn to the layer in question, measured when that has not been
        done.
        """
        layer = shown_layer(self.session)
        opened = self.session.subject.opened
        if layer is None or opened is None:
            self._key = ""
            remark = ""
            if opened is not None:
                remark = no_cell(opened)

            self._head(remark)
            return

        if layer.key == self._key:
            return

        self._key = layer.key
        self.open = False
        self.body.clear()
        if not self._measured.known(layer.key):
            self._head("reading the weights …")
            self._measured.begin(opened, layer.key)

        self._fill()

    @on(Done)
    def _show_measured(self, event: Done) -> None:
        event.stop()
        self._measured.keep(event)
        if event.key == self._key:
            self._fill()

    def _fill(self) -> None:
        rows = self._measured.rows(self._key)
        layer = shown_layer(self.session)
        if not rows or layer is None:
            problem = self._measured.problem(self._key)
            if problem:
                self._head(problem)

            return

        ascii = bool(getattr(self.app, "ascii", False))
        self.body.fill(layer, rows, ascii)
        self._head()

    def _head(self, remark: str = "") -> None:
        rows = self._measured.rows(self._key)
        self.body.head(shown_layer(self.session), rows, remark)
