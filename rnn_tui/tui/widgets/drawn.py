"""A widget that is handed its lines and repaints those that changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from rnn_tui.tui.shortway import Straight, short_way

PLAIN = Style(dim=False)
"""A style that says nothing: a segment without one can't be shown in every colour mode."""

Line = list[Segment]


def fitted(line: Line, width: int, ground: Style) -> Strip:
    """Return a line as a strip of `width` cells on the widget's ground."""
    if not line:
        return Strip.blank(width, ground)
    strip = Strip([Segment(text, on_ground(style, ground)) for text, style, _ in line])
    return strip.adjust_cell_length(width, ground)


@lru_cache(maxsize=4096)
def on_ground(style: Style | None, ground: Style) -> Style:
    """Return a style with the ground's where it says nothing."""
    return ground + style


class Drawn(Straight):
    """Lines of segments, each repainted only when it changes."""

    ALLOW_SELECT = False

    def __init__(self, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self._ground: Style | None = None

    def notify_style_update(self) -> None:
        """Take the ground from the theme anew."""
        self._ground = None
        super().notify_style_update()

    def draw(self, lines: Sequence[Line]) -> None:
        """Show these lines."""
        old = self._lines
        self._lines = list(lines)
        if len(old) != len(self._lines):
            self.refresh()
            return
        changed = [y for y, (before, now) in enumerate(zip(old, self._lines, strict=True)) if before != now]
        way = short_way(self) if changed else None
        if way is not None:
            way.add_lines(self, changed)
            return
        width = self.size.width
        for y in changed:
            self.refresh(Region(0, y, width, 1))

    def render_line(self, y: int) -> Strip:
        """Return one line, as wide as the widget."""
        line = self._lines[y] if y < len(self._lines) else []
        if self._ground is None:
            self._ground = self.rich_style
        return fitted(line, self.size.width, self._ground)

    def text(self) -> list[str]:
        """Return what is shown, as text."""
        return ["".join(segment.text for segment in line) for line in self._lines]
