"""The frame's three lines: the open model and the view, the place where the
user looks, the keys that matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.startup.key_names import typed_key
from rnn_tui.tui.startup.shown_keys import ARROWS
from rnn_tui.tui.startup.view_table import NAMES, VIEWS
from rnn_tui.tui.terminal.text_width import shortened, width_of
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.widgets.drawn import PLAIN, Drawn, Line, line_width

Part = tuple[str, str]
"""Text and its style."""


SHORTEST = 12
"""Cells that are left of a file's name."""

SEVERAL = " –"
"""The text between several keys: a click on it presses nothing."""


def _cells(keys: Sequence[Part]) -> int:
    """Return how wide keys with their words are, three cells apart."""
    return sum(len(key) + len(word) + 4 for key, word in keys) - 3


def _is_one(key: str) -> bool:
    """Whether one key is written so, not several."""
    if len(key) == 1:
        return True

    return key.strip(ARROWS) != "" and not set(key) & set(SEVERAL)


def fitted(left: Content, right: Content, width: int) -> Content:
    """Return `left` and, at the right edge, `right`; `left` gives way where
    both don't fit.
    """
    room = width - right.cell_length
    if room <= 0:
        return right.truncate(width)

    if left.cell_length > room - 1:
        left = left.truncate(room - 1, ellipsis=True)

    return Content.assemble(left, " " * (room - left.cell_length), right)


class TitleLine(Widget):
    """The file and the tabs; a click on a tab shows its view."""

    DEFAULT_CSS = """
    TitleLine { height: 1; padding: 0 1; background: $surface; color: $muted; }
    """

    facts: reactive[tuple[str, ...]] = reactive(())
    """The facts of the open model, the most important first; the last ones give
    way where there is no room.
    """
    current: reactive[str] = reactive(NAMES[0])

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, view: str) -> None:
            super().__init__()
            self.view = view

    ALLOW_SELECT = False

    def render(self) -> Content:
        """Draw the line."""
        width = self.content_size.width
        tabs = self._tabs(width)
        room = width - tabs.cell_length - 2
        facts = list(self.facts)
        while (
            len(facts) > 1 and sum(len(fact) + 3 for fact in facts) - 3 > room
        ):
            facts.pop()

        first, *others = facts or [""]
        first = shortened(first, max(room, SHORTEST))
        left = Content.assemble(
            (first, "$foreground bold"),
            *(f" · {fact}" for fact in others),
        )

        return fitted(left, tabs, width)

    def on_click(self, event: events.Click) -> None:
        """Tell which tab was clicked."""
        width = self.content_size.width
        x = event.x - 1 - (width - self._tabs(width).cell_length)
        for view, start, end in self._places(width):
            if start <= x < end:
                self.post_message(self.Chosen(view))

    def _names(self, width: int) -> list[str]:
        """The tabs as written: with all names, with the current one's, or
        digits alone.
        """
        names = [f"{view.digit} {view.title}" for view in VIEWS]
        if width >= 76:
            return names

        return [
            name if view == self.current and width >= 24 else name[0]
            for name, view in zip(names, NAMES, strict=True)
        ]

    def _places(self, width: int) -> list[tuple[str, int, int]]:
        places = []
        x = 0
        for view, name in zip(NAMES, self._names(width), strict=True):
            places.append((view, x, x + len(name)))
            x += len(name) + 2

        return places

    def _tabs(self, width: int) -> Content:
        parts: list[str | Part] = []
        for view, name in zip(NAMES, self._names(width), strict=True):
            if parts:
                parts.append("  ")

            parts.append(
                (
                    name,
                    "$accent bold underline"
                    if view == self.current
                    else "$muted",
                )
            )

        return Content.assemble(*parts)


class StateLine(Drawn):
    """Where the user looks: layer, timestep, unit and its values, the speed,
    and the verdict on exactness.
    """

    DEFAULT_CSS = """
    StateLine {
        height: 1;
        padding: 0 1;
        background: $surface;
        color: $foreground;
    }
    """

    left: tuple[Part, ...] = ()
    right: tuple[Part, ...] = ()

    _look: Look | None = None
    _width = 0

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(
            self,
            lambda _: self._follow_theme(),
        )

    def show(self, left: tuple[Part, ...], right: tuple[Part, ...]) -> None:
        """Write the place at the left, the speed and the verdict at the right.

        Not two reactives: each of them runs some twenty functions at every
        timestep.
        """
        if left != self.left or right != self.right:
            self.left = left
            self.right = right
            self.write()

    def _follow_theme(self) -> None:
        self._look = None
        self.write()

    def on_resize(self) -> None:
        """Write as much as fits."""
        self._width = self.size.width
        self.write()

    def write(self) -> None:
        """Write the line: the right end whole, as much of the left as there is
        room for.
        """
        width = self._width
        if not width:
            return

        look = self._look = self._look or look_of(self.app)
        right = cut(segments(self.right, look), width)
        room = width - line_width(right)
        left = cut(segments(self.left, look), max(0, room - 1))
        gap = room - line_width(left)
        self.draw([[*left, Segment(" " * gap, PLAIN), *right]])


def segments(parts: Sequence[Part], look: Look) -> Line:
    """Return parts of a line in the look's colours."""
    return [kept_segment(text, style, look) for text, style in parts]


def cut(line: Line, width: int) -> Line:
    """Return a line that is no wider than `width`; a point or three say that
    there was more.
    """
    kept: Line = []
    room = width
    for segment in line:
        size = width_of(segment.text)
        if size > room:
            if room > 0:
                text = set_cell_size(segment.text, room - 1) + "…"
                kept.append(Segment(text, segment.style))

            return kept

        kept.append(segment)
        room -= size

    return kept


@lru_cache(maxsize=1024)
def kept_segment(text: str, style: str, look: Look) -> Segment:
    """Return a part of a line, kept: most are the same at every timestep."""
    return Segment(text, inked(style, look))


@lru_cache(maxsize=256)
def inked(words: str, look: Look) -> Style:
    """Return a style written in words: a colour's name with its sign, `bold`,
    or both; empty is the text's own.
    """
    colours = {
        "$accent": look.accent,
        "$muted": look.muted,
        "$faint": look.faint,
        "$warning": look.warning,
        "$error": look.error,
    }
    colour = look.foreground
    for word in words.split():
        colour = colours.get(word, colour)

    return ink(colour, bold="bold" in words.split())


class FooterLine(Widget):
    """The keys that matter here; a click acts as the key."""

    DEFAULT_CSS = """
    FooterLine { height: 1; padding: 0 1; color: $faint; }
    """

    MOST: ClassVar[int] = 10
    ALLOW_SELECT = False

    keys: reactive[tuple[Part, ...]] = reactive(())
    """Keys as shown, with their effects."""

    kept: int = 4
    """How many at the end go last where there is no room: views, sequence,
    help, quit.
    """

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        x = event.x - 1
        for key, word in self._fitting():
            if 0 <= x < len(key) + 1 + len(word):
                if _is_one(key):
                    self.app.simulate_key(typed_key(key))

                return

            x -= len(key) + len(word) + 4

    def _fitting(self) -> list[Part]:
        """As many keys as fit, the last ones (`kept`) as long as there is one
        before them.
        """
        shown = list(self.keys)
        width = self.content_size.width
        while len(shown) > 1 and (
            len(shown) > self.MOST or _cells(shown) > width
        ):
            last = max(len(shown) - self.kept, 1)
            shown.pop(min(last, len(shown) - 1) - (last > 1))

        return shown

    def render(self) -> Content:
        """Draw the keys."""
        parts: list[str | Part] = []
        for key, word in self._fitting():
            if parts:
                parts.append("   ")

            parts += [(f"{key} ", "$foreground bold"), (word, "$muted")]

        return Content.assemble(*parts).truncate(self.content_size.width)
