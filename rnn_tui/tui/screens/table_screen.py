"""A table over the explorer: an answer that is one, to be read and exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.rows import Cell, column
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.widgets.dialog import Dialog
from rnn_tui.tui.widgets.table import RowTable

if TYPE_CHECKING:
    from rnn_tui.analysis.table import Table

KEYS = (
    ("↑ ↓", "rows"),
    ("← →", "sideways"),
    ("e", "export"),
    ("esc", "goes back"),
)


class TableScreen(Dialog[int | None]):
    """Shows a table below a title."""

    DEFAULT_CSS = """
    TableScreen { align: center middle; background: $background; }
    TableScreen > Vertical { padding: 0 1; }
    TableScreen #title { color: $accent; text-style: bold; height: 1; }
    TableScreen RowTable { height: 1fr; margin-top: 1; }
    TableScreen #keys { color: $muted; height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("cancel", "back"),
        bound("quit", "back"),
        bound("difference", "back"),
        bound("export", "export"),
    ]

    def __init__(self, title: str, table: Table) -> None:
        super().__init__()
        self._title = title
        self._table = table

    def compose(self) -> ComposeResult:
        """Title, table, keys."""
        with Vertical():
            yield Static(self._title, id="title", markup=False)
            yield RowTable()
            yield Static(self.key_line(KEYS), id="keys", markup=False)

    def on_mount(self) -> None:
        """Fill the table."""
        rows = [tuple(map(_cell, row)) for row in self._table.rows]
        columns = [
            column(name, rows, index, right=name in self._table.numbers)
            for index, name in enumerate(self._table.columns)
        ]
        table = self.query_one(RowTable)
        table.show(columns, rows)
        table.focus()

    def on_row_table_highlighted(self, event: RowTable.Highlighted) -> None:
        """Nothing follows the cursor."""
        event.stop()

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        """Nothing is chosen."""
        event.stop()

    def action_export(self) -> None:
        """Ask for a file and write the table to it."""
        explorer = self.app.explorer  # type: ignore[attr-defined]
        explorer.commands.questions.export_table(self._table)

    def action_back(self) -> None:
        """Go back to the view."""
        self.dismiss(None)


def _cell(value: object) -> Cell:
    """Return a value as a table shows it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return short(value)

    return str(value)
