"""The influence map: how much each timestep of the input moves the selected
unit at every other timestep, over the explorer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from rnn_tui.tui.renderables.influence_map import (
    Line,
    Window,
    bars,
    columns_line,
    drawn,
    floor_of,
    legend,
)
from rnn_tui.tui.renderables.numbers import short
from rnn_tui.tui.renderables.palette import ink
from rnn_tui.tui.startup.keymap import bound
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.widgets.dialog import Dialog
from rnn_tui.tui.widgets.drawn import Drawn

if TYPE_CHECKING:
    from rnn_tui.analysis.influence import InfluenceMap

KEYS = (
    ("← →", "input's timestep"),
    ("↑ ↓", "target's timestep"),
    ("e", "export"),
    ("y", "copy"),
    ("esc", "goes back"),
)
NUMBER = 6
"""Cells of a row's timestep."""
LOW = 20
"""Lines below which there is no room for the bars and the note."""
BARS = 3
"""Lines of the bars above the map: the row under the cursor."""


class InfluenceMapScreen(Dialog[int | None]):
    """Shows the map; answers with the target's timestep at which it was
    left.
    """

    DEFAULT_CSS = """
    InfluenceMapScreen { align: center middle; background: $background; }
    InfluenceMapScreen > Vertical { padding: 0 1; }
    InfluenceMapScreen Static {
        height: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    InfluenceMapScreen #title { color: $accent; text-style: bold; }
    InfluenceMapScreen #bars { height: 3; margin-top: 1; }
    InfluenceMapScreen.-low #bars, InfluenceMapScreen.-low #note {
        display: none;
    }
    InfluenceMapScreen #map { height: 1fr; }
    InfluenceMapScreen #legend { height: 1; }
    InfluenceMapScreen #note { color: $muted; }
    InfluenceMapScreen #keys { color: $muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("cancel", "back"),
        bound("quit", "back"),
        bound("influence_map", "back"),
        bound("export", "export"),
        bound("copy", "copy"),
        bound("move.left", "move(-1, 0)"),
        bound("move.right", "move(1, 0)"),
        bound("move.up", "move(0, -1)"),
        bound("move.down", "move(0, 1)"),
    ]

    def __init__(self, found: InfluenceMap, t: int) -> None:
        super().__init__()
        self._found = found
        distances = [abs(row - t) for row in found.rows]
        self._row = int(np.argmin(distances))
        self._column = min(t, found.values.shape[1] - 1)

    def compose(self) -> ComposeResult:
        """Title, the row under the cursor as bars, the map, words."""
        title = (
            f"how much {self._found.target} at t moves when "
            f"{self._found.input!r} at s moves"
        )
        with Vertical():
            yield Static(title, id="title", markup=False)
            yield Static(id="place", markup=False)
            yield Drawn(id="bars")
            yield Drawn(id="map")
            yield Drawn(id="legend")
            yield Static(self._found.note, id="note", markup=False)
            yield Static(self.key_line(KEYS), id="keys", markup=False)

    def on_mount(self) -> None:
        """Draw once the room is known."""
        self.call_after_refresh(self._draw)

    def on_resize(self, event: events.Resize) -> None:
        """Draw in the room there is: where it is low, the map alone."""
        self.set_class(event.size.height < LOW, "-low")
        self.call_after_refresh(self._draw)

    def action_move(self, across: int, down: int) -> None:
        """Go to another cell."""
        rows, columns = self._found.values.shape
        self._column = min(max(self._column + across, 0), columns - 1)
        self._row = min(max(self._row + down, 0), rows - 1)
        self._draw()

    def action_export(self) -> None:
        """Ask for a file and write the numbers to it."""
        explorer = self.app.explorer  # type: ignore[attr-defined]
        explorer.commands.questions.export_table(self._found.table())

    def action_copy(self) -> None:
        """Copy the value under the cursor to the terminal's clipboard."""
        value = float(self._found.values[self._row, self._column])
        self.app.copy_to_clipboard(repr(value))
        t = self._found.rows[self._row]
        self.query_one("#place", Static).update(
            f"copied t {t}, s {self._column}: {value!r} (through the terminal: "
            "OSC 52)"
        )

    def action_back(self) -> None:
        """Go back to the view, at the target's timestep."""
        self.dismiss(self._found.rows[self._row])

    def _draw(self) -> None:
        look = look_of(self.app)
        place = self.query_one("#map", Drawn)
        width, height = place.size
        room = width - NUMBER - 1
        if room < 1 or height < 2:
            return

        values = self._found.values
        window = Window.around(
            values.shape,
            (self._row, self._column),
            (height - 1, room),
            half=look.half,
        )
        scale = (floor_of(values), float(np.nanmax(values, initial=0.0)) or 1.0)
        lines = drawn(values, window, scale, look)
        numbered = [
            [self._number(window, index), *line]
            for index, line in enumerate(lines)
        ]
        margin = Segment(" " * (NUMBER + 1))
        place.draw([[margin, *columns_line(window, look)], *numbered])
        self.query_one("#bars", Drawn).draw(self._bars(window))
        self.query_one("#legend", Drawn).draw([legend(scale, look)])
        self.query_one("#place", Static).update(self._place())

    def _number(self, window: Window, line: int) -> Segment:
        """Return the target's timestep of a line; of two rows the upper."""
        look = look_of(self.app)
        row = window.top + line * window.per_line
        here = row <= self._row < row + window.per_line
        shown = self._row if here else row
        text = f"t {self._found.rows[shown]}".rjust(NUMBER) + " "

        return Segment(text, ink(look.accent if here else look.muted))

    def _bars(self, window: Window) -> list[Line]:
        look = look_of(self.app)
        row = self._found.values[self._row]
        label = Segment(" " * (NUMBER + 1))

        return [[label, *line] for line in bars(row, window, BARS, look)]

    def _place(self) -> str:
        t = self._found.rows[self._row]
        value = float(self._found.values[self._row, self._column])

        return (
            f"t {t}, s {self._column}: {short(value)}     bars: the row t {t}; "
            "map: logarithms"
        )
