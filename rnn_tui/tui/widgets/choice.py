"""A dialog that offers a list: typed text narrows it, Enter or a click takes an
entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from rnn_tui.tui.widgets.dialog import LineDialog
from rnn_tui.tui.widgets.entry import Choice

Answer = TypeVar("Answer")

AROUND = 9
"""Lines of a terminal that the list leaves to the dialog around it."""
FEWEST, MOST = 3, 40
"""Entries that are shown at once, on a low terminal and on a high one."""
WIDEST = 40
"""Cells beyond which a long name doesn't move the words about the others."""


class ChoiceDialog(LineDialog[Answer], Generic[Answer]):
    """Asks for one of a list.

    All of it is at hand, so that nothing is on its way when the dialog has
    gone.
    """

    DEFAULT_CSS = """
    ChoiceDialog #meaning {
        max-height: 42;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "choose(-1)", "Up", show=False),
        Binding("down", "choose(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
    ]
    NOTHING: ClassVar[str] = "nothing has this in it"

    def __init__(self, choices: Iterable[Choice[Answer]]) -> None:
        super().__init__()
        self._choices = tuple(choices)
        self._found: list[Choice[Answer]] = []
        self._at = 0
        self._first = 0

    @property
    def shown(self) -> int:
        """How many entries there is room for."""
        return min(max(self.app.size.height - AROUND, FEWEST), MOST)

    def understand(self, text: str) -> None:
        """Show the entries that fit: those whose names have every word
        first.
        """
        words = text.lower().split()
        named = [
            x
            for x in self._choices
            if all(word in x.name.lower() for word in words)
        ]
        about = [
            x
            for x in self._choices
            if all(
                word in f"{x.name} {x.about} {x.words}".lower()
                for word in words
            )
        ]
        self._found = [*named, *(x for x in about if x not in named)]
        self._at = self._first = 0
        self._list()

    def answer(self, text: str) -> None:
        """Answer with the chosen entry."""
        if self._found:
            self.dismiss(self._found[self._at].answer)

    def action_choose(self, by: int) -> None:
        """Take the next or previous of the entries found: after the last one
        comes the first.
        """
        if self._found:
            self._at = (self._at + by) % len(self._found)

        self._list()

    def action_page(self, by: int) -> None:
        """Go on by as many as are shown."""
        self._go(by * self.shown)

    def _go(self, by: int) -> None:
        """Take an entry so many further on, at most the last one."""
        last = max(len(self._found) - 1, 0)
        self._at = min(max(self._at + by, 0), last)
        self._list()

    def on_resize(self) -> None:
        """Show as many as there is room for."""
        self._list()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go up."""
        event.stop()
        self._go(-1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go down."""
        event.stop()
        self._go(1)

    def on_click(self, event: events.Click) -> None:
        """Take the entry that was clicked on."""
        for place in self.query("#meaning").results(Static):
            row = event.screen_y - place.region.y
            if place.region.contains(
                event.screen_x,
                event.screen_y,
            ) and row < min(self.shown, len(self._found)):
                self._at = self._first + row
                self.answer(self.text)

    def _list(self) -> None:
        if not self._found:
            self.mean(self.NOTHING, error=True)
            return

        least = self._at - self.shown + 1
        self._first = min(max(self._first, least), self._at)
        stop = self._first + self.shown
        seen = self._found[self._first : stop]
        longest = max(cell_len(choice.name) for choice in seen)
        wide = min(longest, WIDEST)
        parts: list[tuple[str, str]] = []
        for index, choice in enumerate(seen, self._first):
            if index == self._at:
                mark = "› "
                style = "bold $accent"
            else:
                mark = "  "
                style = "$foreground"

            blanks = wide - cell_len(choice.name) + 2
            parts.append((mark + choice.name, style))
            parts.append((" " * blanks, ""))
            parts.append((choice.about + "\n", "$muted"))

        rest = len(self._found) - self._first - len(seen)
        more = ""
        if rest:
            more = f"  and {rest} more"

        parts.append((more, "$faint"))
        self.mean(Content.assemble(*parts))
