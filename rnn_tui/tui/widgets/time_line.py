"""Drawn lines that take clicks and drags."""

from __future__ import annotations

from textual import events
from textual.message import Message

from rnn_tui.tui.widgets.drawn import Drawn


class TimeLine(Drawn):
    """Drawn lines, usually over an axis of time: pressing the mouse on them, or
    dragging it along, asks for that place.
    """

    class Touched(Message):
        """The mouse is held down at cell `x` of line `y`; it may be beside
        them.
        """

        def __init__(self, line: TimeLine, x: int, y: int) -> None:
            super().__init__()
            self.line = line
            self.x = x
            self.y = y

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._held = False

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take the mouse and ask for the place under it."""
        if event.button == 1:
            self._held = True
            self.capture_mouse()
            self._ask(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Ask for the place that the mouse was dragged to."""
        if self._held:
            self._ask(event)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let the mouse go."""
        if self._held:
            self._held = False
            self.release_mouse()

    def _ask(self, event: events.MouseEvent) -> None:
        event.stop()
        x = int(event.screen_x) - self.content_region.x
        y = int(event.screen_y) - self.content_region.y
        self.post_message(self.Touched(self, x, y))
