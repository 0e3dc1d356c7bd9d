"""A widget that is handed its lines and repaints those that changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from rnn_tui.tui.terminal.direct_paint import Straight, short_way

PLAIN = Style(dim=False)
"""A style that says nothing: a segment without one can't be shown in every colour
mode.
"""

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


def difference(before: Line, now: Line) -> tuple[int, Line | None]:
    """Return where two lines begin to differ and what stands there now; None where that
    isn't as wide as before.
    """
    most = min(len(before), len(now))
    first = next((k for k in range(most) if before[k] != now[k]), most)
    same = next(
        (k for k in range(most - first) if before[-1 - k] != now[-1 - k]), most - first
    )
    gone = before[first : len(before) - same]
    come = now[first : len(now) - same]
    if _width(gone) != _width(come):
        return 0, None

    return _width(now[:first]), come


def _width(line: Line) -> int:
    return sum(cell_len(segment.text) for segment in line)


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

    @property
    def ground(self) -> Style:
        """What stands behind the lines."""
        if self._ground is None:
            self._ground = self.rich_style

        return self._ground

    def draw(self, lines: Sequence[Line]) -> None:
        """Show these lines."""
        old = self._lines
        self._lines = list(lines)
        if len(old) != len(self._lines):
            self.refresh()
            return

        changed = [
            y
            for y, (before, now) in enumerate(zip(old, self._lines, strict=True))
            if before != now
        ]
        way = None
        if changed:
            way = short_way(self)

        if way is not None:
            self.painted_straight()
            for y in changed:
                x, parts = difference(old[y], self._lines[y])
                if parts is None:
                    way.add_lines(self, [y])
                else:
                    way.add_cells(
                        self,
                        [
                            (
                                x,
                                y,
                                [
                                    Segment(t, on_ground(s, self.ground))
                                    for t, s, _ in parts
                                ],
                            )
                        ],
                    )

            return

        width = self.size.width
        for y in changed:
            self.refresh(Region(0, y, width, 1))

    def render_line(self, y: int) -> Strip:
        """Return one line, as wide as the widget."""
        if y < len(self._lines):
            line = self._lines[y]
        else:
            line = []

        return fitted(line, self.size.width, self.ground)

    def text(self) -> list[str]:
        """Return what is shown, as text."""
        return ["".join(segment.text for segment in line) for line in self._lines]
