"""The dialog in which assumptions are changed: a row for each layer's setting,
its values to go through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.widgets.dialog import Dialog
from rnn_tui.tui.widgets.table import Cell, RowTable, column

if TYPE_CHECKING:
    from rnn_tui.tui.session.assumptions import Assumption

KEYS = (
    ("↑↓", "setting"),
    ("←→", "another value"),
    ("enter", "runs the model so"),
    ("esc", "leaves it"),
)


class AssumptionsDialog(Dialog[Mapping[str, str] | None]):
    """Answers with the changed settings, by the names `assuming` knows."""

    DEFAULT_CSS = """
    AssumptionsDialog { align: center bottom; background: $background 0%; }
    AssumptionsDialog > Vertical {
        height: auto;
        max-height: 100%;
        background: $surface;
        padding: 1 2;
    }
    AssumptionsDialog #title {
        color: $accent;
        text-style: bold;
        margin-bottom: 1;
    }
    AssumptionsDialog RowTable {
        height: auto;
        max-height: 12;
        background: $surface;
    }
    AssumptionsDialog #keys { color: $muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("cancel", "back"),
        bound("quit", "back"),
        bound("move.left", "turn(-1)", priority=True),
        bound("move.right", "turn(1)", priority=True),
        bound("play", "turn(1)", priority=True),
    ]

    def __init__(self, found: Sequence[Assumption], layer: str = "") -> None:
        super().__init__()
        self._found = tuple(found)
        self._values = [one.value for one in found]
        self._first = next(
            (k for k, one in enumerate(found) if one.layer == layer),
            0,
        )

    def compose(self) -> ComposeResult:
        """Title, settings, keys."""
        with Vertical():
            yield Static("What the file doesn't say", id="title", markup=False)
            yield RowTable()
            yield Static(self.key_line(KEYS), id="keys", markup=False)

    def on_mount(self) -> None:
        """Show the settings."""
        self._fill()
        table = self.query_one(RowTable)
        table.row = self._first
        table.focus()

    def action_turn(self, by: int) -> None:
        """Take another value of the setting under the cursor."""
        at = self.query_one(RowTable).row
        choices = self._found[at].choices
        self._values[at] = choices[
            (choices.index(self._values[at]) + by) % len(choices)
        ]
        self._fill()

    def on_row_table_highlighted(self, event: RowTable.Highlighted) -> None:
        """Nothing follows the cursor."""
        event.stop()

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        """Answer with the changed settings."""
        event.stop()
        pairs = zip(self._found, self._values, strict=True)
        self.dismiss(
            {one.name: value for one, value in pairs if value != one.value}
        )

    def action_back(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)

    def _fill(self) -> None:
        rows: list[tuple[Cell, ...]] = []
        layer = None
        for one, value in zip(self._found, self._values, strict=True):
            if one.layer != layer:
                shown = one.layer or "all layers"
            else:
                shown = ""

            layer = one.layer
            changed = value != one.value
            was: Cell
            if changed:
                was = (f"was {one.value}", "muted")
            else:
                was = ""

            rows.append(
                (
                    (shown, "accent"),
                    (one.key, "muted"),
                    (f"‹ {value} ›", "warning" if changed else ""),
                    was,
                )
            )

        width = (
            max(len(choice) for one in self._found for choice in one.choices)
            + 4
        )
        columns = [
            column("layer", rows, 0, most=32),
            column("setting", rows, 1),
            column("value", rows, 2),
        ]
        columns[2] = type(columns[2])("value", width)
        self.query_one(RowTable).show(
            [*columns, column("", rows, 3, most=24)],
            rows,
        )
