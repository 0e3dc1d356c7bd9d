"""Help for one view: its content, its keys, and every other key."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input, Static

from rnn_tui.tui.startup.keymap import COMMANDS, QUIT, bound
from rnn_tui.tui.startup.shown_keys import ShownKeys, key_hint
from rnn_tui.tui.startup.view_table import ViewEntry
from rnn_tui.tui.widgets.dialog import Dialog
from rnn_tui.tui.widgets.scrolled import Scrolled

Part = tuple[str, str]

WIDTH = 84
"""Cells of the page, where the screen has them."""
FRAME = 7
"""Cells of its padding and scrollbar."""
PALETTE = "Command palette: every command by its name, and the themes"
KEY_HINT = (("↑ ↓", "scroll"), ("/", "finds"), ("esc", "goes back"))
KEYS = 15
"""Cells for the keys."""


class HelpScreen(Dialog[None]):
    """A page over the view; any of Escape, ? and q closes it. Text typed after
    / leaves the lines that have it.
    """

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > Scrolled {
        width: 84;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        background: $surface;
        padding: 1 3;
    }
    HelpScreen Input, HelpScreen Input:focus {
        border: none;
        padding: 0;
        height: 1;
        background: $surface;
        display: none;
    }
    HelpScreen.-finding Input { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("cancel", "close"),
        bound("help", "close"),
        bound("quit", "close"),
        bound("choose", "close"),
        bound("find", "find"),
    ]

    def __init__(self, view: ViewEntry) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        """The page."""
        width = self._width()
        with Scrolled():
            line = Input(placeholder="find in this page")
            line.cursor_blink = False
            yield line
            yield Static(Content.assemble(*self._parts(width)), markup=False)

    def on_mount(self) -> None:
        """Give the keyboard to the page."""
        self.query_one(Scrolled).focus()

    def action_close(self) -> None:
        """Go back; from the lines found to the whole page first."""
        line = self.query_one(Input)
        if not self.has_class("-finding"):
            self.dismiss(None)
            return

        self.set_class(False, "-finding")
        line.value = ""
        self.query_one(Scrolled).focus()

    def action_find(self) -> None:
        """Ask for the words to look for."""
        self.set_class(True, "-finding")
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Leave the lines that have all words."""
        event.stop()
        width = self._width()
        words = event.value.lower().split()
        parts = self._parts(width)
        if words:
            parts = self._found(words, width)

        self.query_one(Static).update(Content.assemble(*parts))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go from the line to the page."""
        event.stop()
        self.query_one(Scrolled).focus()

    def _found(self, words: list[str], width: int) -> list[Part | str]:
        """Return the lines that have all words."""
        found: list[Part | str] = []
        for shown, about in self._lines():
            text = f"{shown} {about}".lower()
            if all(word in text for word in words):
                found += _line(shown, about, width)

        if not found:
            found.append(
                ("no key and no word of it here has this\n", "$warning")
            )

        return found

    def _width(self) -> int:
        return max(min(WIDTH, self.app.size.width) - FRAME, 2 * KEYS)

    def _lines(self) -> list[tuple[str, str]]:
        """Return every key with its effect."""
        return [*self._own_keys(), *self._every_key()]

    def _own_keys(self) -> list[tuple[str, str]]:
        shown = self._shown_keys

        name = self._view.name

        return [
            (shown.words(keys, name), words) for keys, words in self._view.keys
        ]

    def _every_key(self) -> list[tuple[str, str]]:
        shown = self._shown_keys
        lines = [(shown.of(key), key.help) for key in COMMANDS]
        lines.append(("ctrl+p", PALETTE))
        lines.append((shown.of(QUIT), QUIT.title))

        return lines

    @property
    def _shown_keys(self) -> ShownKeys:
        keys: ShownKeys = self.app.keys  # type: ignore[attr-defined]

        return keys

    def _parts(self, width: int) -> list[Part | str]:
        """The page's text; the words about a key stay beside it."""
        parts: list[Part | str] = [(f"{self._view.title} view", "$accent bold")]
        hint = key_hint(KEY_HINT, self._shown_keys, " · ")
        parts.append((f"   {hint}\n\n", "$muted"))
        parts.append((f"{self._view.help}\n\n", "$foreground"))
        for shown, words in self._own_keys():
            parts += _line(shown, words, width)

        parts.append("\n")
        parts.append(("everywhere\n", "$muted"))
        for shown, words in self._every_key():
            parts += _line(shown, words, width)

        return parts


def _line(shown: str, words: str, width: int) -> list[Part | str]:
    lines = f"\n{' ' * KEYS}".join(wrap(words, width - KEYS))
    return [
        (f"  {shown:<{KEYS - 2}}", "$foreground bold"),
        (f"{lines}\n", "$muted"),
    ]
