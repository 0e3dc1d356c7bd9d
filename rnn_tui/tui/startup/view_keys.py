"""The keys of the views and dialogs that are no commands of their own: moving,
opening, and what one view alone understands.

It is read before Textual starts: it imports nothing of Textual's.
"""

from __future__ import annotations

from typing import NamedTuple

from rnn_tui.tui.startup.key_names import shown_key


class ViewKey(NamedTuple):
    """Keys by their id, as Textual names them, what they do, and the views in
    which they do it: all of them where none is named.
    """

    id: str
    keys: str
    title: str
    where: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """How the first key is written on the screen."""
        return shown_key(self.keys.split(",")[0])


START = "start"
"""The start screen, beside the names of the views."""

PICTURED = ("states", "step")
"""The views that show a pixel of a ConvLSTM's pictures."""

MOVES = (
    ViewKey("move.left", "left,h", "To the left: timestep, column, value"),
    ViewKey("move.right", "right,l", "To the right: timestep, column, value"),
    ViewKey("move.up", "up,k", "Up: unit, row, line"),
    ViewKey("move.down", "down,j", "Down: unit, row, line"),
    ViewKey("move.page_up", "pageup", "A page back"),
    ViewKey("move.page_down", "pagedown", "A page on"),
    ViewKey("move.first", "home", "To the first timestep or row"),
    ViewKey("move.last", "end", "To the last timestep or row"),
    ViewKey("move.line_start", "0", "To the first timestep or column"),
    ViewKey("move.line_end", "dollar_sign", "To the last timestep or column"),
    ViewKey("move.last_unit", "G", "To the last unit or row"),
)
"""The keys that move, the same in every view and dialog."""

PARTS = (
    ViewKey("choose", "enter", "Open what is selected"),
    ViewKey("part.next", "tab", "The view's other part"),
    ViewKey("part.previous", "shift+tab", "The part before", (START,)),
    ViewKey("folder_up", "backspace", "The folder above", (START,)),
)

STATES = (
    ViewKey(
        "rows.page_up",
        "K,shift+pageup",
        "A page of units up",
        ("states",),
    ),
    ViewKey(
        "rows.page_down",
        "J,shift+pagedown",
        "A page of units down",
        ("states",),
    ),
    ViewKey("unit_panel", "u", "The unit instead of the maps", ("states",)),
    ViewKey("zoom.out", "z", "Twice as many timesteps", ("states",)),
    ViewKey("zoom.in", "Z", "Half as many timesteps", ("states",)),
    ViewKey("own_scale", "f", "Each unit on its own scale", ("states",)),
    ViewKey("order", "S", "Order the units", ("states", "units")),
    ViewKey("pin", "c", "Keep the unit at the top", ("states",)),
    ViewKey("pixel.next", "p", "The next pixel", PICTURED),
    ViewKey("pixel.previous", "P", "The pixel before", PICTURED),
    ViewKey("pixel.left", "shift+left", "The pixel to the left", PICTURED),
    ViewKey("pixel.right", "shift+right", "The pixel to the right", PICTURED),
    ViewKey("pixel.up", "shift+up", "The pixel above", PICTURED),
    ViewKey("pixel.down", "shift+down", "The pixel below", PICTURED),
)

OTHERS = (
    ViewKey("one_gate", "m", "One gate alone", ("step",)),
    ViewKey(
        "block.zoom_in",
        "plus,equals_sign",
        "Into the tiles of a large block",
        ("weights",),
    ),
    ViewKey("block.zoom_out", "minus", "Out of the tiles", ("weights",)),
    ViewKey("block.tile", "m", "A tile's largest, or its mean", ("weights",)),
)

VIEW_KEYS = (*MOVES, *PARTS, *STATES, *OTHERS)
"""All of them, in the order in which they are listed."""
