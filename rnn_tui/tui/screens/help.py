"""Help for one view: what it shows, its keys, and every other key."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from rnn_tui.tui.startup.keymap import COMMANDS, QUIT
from rnn_tui.tui.startup.shown_keys import ShownKeys
from rnn_tui.tui.startup.view_table import ViewEntry
from rnn_tui.tui.widgets.dialog import Dialog

Part = tuple[str, str]

WIDTH = 84
"""Cells of the page, where the screen has them."""
FRAME = 7
"""Cells of its padding and scrollbar."""
KEYS = 14
"""Cells for the keys."""


class HelpScreen(Dialog[None]):
    """A page over the view; any of Escape, ? and q closes it."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > VerticalScroll {
        width: 84;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        background: $surface;
        padding: 1 3;
        scrollbar-size-vertical: 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,question_mark,q,f1,enter",
            "close",
            "Close",
            show=False,
        ),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, view: ViewEntry) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        """The page."""
        width = max(min(WIDTH, self.app.size.width) - FRAME, 2 * KEYS)
        with VerticalScroll():
            yield Static(Content.assemble(*self._parts(width)), markup=False)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        """Move the page."""
        self.query_one(VerticalScroll).scroll_relative(y=2 * by, animate=False)

    def _parts(self, width: int) -> list[Part | str]:
        """The page's text; what is said of a key stays beside it."""
        parts: list[Part | str] = [(f"{self._view.title} view", "$accent bold")]
        parts.append(("   ↑ ↓ scroll · esc goes back\n\n", "$muted"))
        parts.append((f"{self._view.help}\n\n", "$foreground"))
        keys: ShownKeys = self.app.keys  # type: ignore[attr-defined]
        for shown, words in self._view.keys:
            parts += _line(keys.words(shown), words, width)

        parts.append("\n")
        parts.append(("everywhere\n", "$muted"))
        for key in COMMANDS:
            parts += _line(keys.of(key), key.help, width)

        parts += _line(
            "ctrl+p",
            "Command palette: every command by its name, and the themes",
            width,
        )
        parts += _line(keys.of(QUIT), QUIT.title, width)

        return parts


def _line(shown: str, words: str, width: int) -> list[Part | str]:
    lines = f"\n{' ' * KEYS}".join(wrap(words, width - KEYS))
    return [
        (f"  {shown:<{KEYS - 2}}", "$foreground bold"),
        (f"{lines}\n", "$muted"),
    ]
