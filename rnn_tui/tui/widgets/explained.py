"""The explanation beside the layer table: text wrapped to the width it has, and
a page of its own to read it in.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from rnn_tui.tui.widgets.scrolled import Scrolled

NARROWEST = 20
"""Cells that a line of the text has at least."""


class Explanation(Static):
    """The text."""

    class Resized(Message):
        """It has another width than it was written for."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="explanation")
        self._wrapped = 0
        """The width the text is written for."""

    def begun(self, otherwise: int) -> int:
        """Return the width that a text about to be written has, `otherwise`
        before there is any.
        """
        self._wrapped = self.size.width

        return max(self._wrapped or otherwise, NARROWEST)

    def on_resize(self) -> None:
        """Tell the view, which wraps."""
        if self.size.width != self._wrapped:
            self.post_message(self.Resized())


class Explained(Scrolled, can_focus=True):
    """Scrolls the text with the keys, while it has them."""

    class Entered(Message):
        """It has the keyboard, or has it no longer."""

        def __init__(self, has_it: bool) -> None:
            super().__init__()
            self.has_it = has_it

    def compose(self) -> ComposeResult:
        """The text."""
        yield Explanation()

    def on_focus(self) -> None:
        """Tell the view."""
        self.post_message(self.Entered(True))

    def on_blur(self) -> None:
        """Tell the view."""
        self.post_message(self.Entered(False))
