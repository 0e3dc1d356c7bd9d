"""A page that its keys scroll: Textual's, with the ids by which the user may
choose other keys.
"""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll

from rnn_tui.tui.startup.keymap import bound


class Scrolled(VerticalScroll, inherit_bindings=False):
    """Scrolls its content."""

    DEFAULT_CSS = """
    Scrolled { scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("move.up", "scroll_up"),
        bound("move.down", "scroll_down"),
        bound("move.left", "scroll_left"),
        bound("move.right", "scroll_right"),
        bound("move.first", "scroll_home"),
        bound("move.last", "scroll_end"),
        bound("move.page_up", "page_up"),
        bound("move.page_down", "page_down"),
    ]
