"""One drawing for all that changes together.

Ten keys of one packet are ten moves and one picture: positions are never
skipped, pictures may be.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from textual.widget import Widget

from rnn_tui.tui.terminal.input_queue import typed_waits
from rnn_tui.tui.terminal.textual_internals import soon

EVERY = 0.1
"""Seconds between two pictures while keys wait: a key that is held down is seen
to move.
"""


class DrawOnce:
    """Draws a widget after it was asked to, once for all that ask meanwhile."""

    def __init__(self, widget: Widget, draw: Callable[[], None]) -> None:
        self._widget = widget
        self._draw = draw
        self._due = False
        self._asked = False
        self._drawn = 0.0

    def ask(self) -> None:
        """Draw when the task at hand lets go, or later while keys wait."""
        self._due = True
        if not self._asked and self._widget.is_mounted:
            self._asked = True
            soon(self._widget.app, self._answer)

    def _answer(self) -> None:
        self._asked = False
        if not self._widget.is_running:
            return  # it was taken away meanwhile

        if typed_waits(self._widget.app) and monotonic() - self._drawn < EVERY:
            return  # the screen asks again when nothing waits any more

        self.catch_up()

    def catch_up(self) -> None:
        """Draw now what is to be drawn, if anything is."""
        if self._due:
            self.now()

    def now(self) -> None:
        """Draw now."""
        self._due = False
        self._draw()
        self._drawn = monotonic()
