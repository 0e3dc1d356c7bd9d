"""A widget that is handed its lines and repaints those that changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import is_, itemgetter

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from rnn_tui.tui.terminal.direct_paint import (
    Cells,
    ShortWay,
    Straight,
    short_way,
)
from rnn_tui.tui.terminal.text_width import width_of

PLAIN = Style(dim=False)
"""A style that says nothing: a segment without one can't be shown in every
colour mode.
"""

Line = list[Segment]

TEXT = itemgetter(0)
"""The text of a segment."""


def fitted(line: Line, width: int, ground: Style) -> Strip:
    """Return a line as a strip of `width` cells on the widget's ground."""
    if not line:
        return Strip.blank(width, ground)

    strip = Strip(
        [Segment(text, on_ground(style, ground)) for text, style, _ in line]
    )

    return strip.adjust_cell_length(width, ground)


@lru_cache(maxsize=4096)
def on_ground(style: Style | None, ground: Style) -> Style:
    """Return a style with the ground's where it says nothing."""
    return ground + style


def difference(before: Line, now: Line) -> tuple[int, Line | None]:
    """Return where two lines begin to differ and what follows there now, empty
    where they are equal; None where that isn't as wide as before.
    """
    most = min(len(before), len(now))
    first = x = 0
    while first < most and before[first] == now[first]:
        x += width_of(now[first][0])
        first += 1

    same = 0
    while same < most - first and before[-1 - same] == now[-1 - same]:
        same += 1

    come = now[first : len(now) - same]
    gone = before[first : len(before) - same]
    # the texts together: those that are gone were looked up when they came
    texts_come = "".join(map(TEXT, come))
    texts_gone = "".join(map(TEXT, gone))
    if width_of(texts_gone) != width_of(texts_come):
        return 0, None

    return x, come


def line_width(line: Line) -> int:
    """Return the cells a line takes."""
    return width_of("".join(map(TEXT, line)))


class Drawn(Straight):
    """Lines of segments, each repainted only when it changes."""

    ALLOW_SELECT = False

    def __init__(
        self,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._drawn_lines: list[Line] = []
        self._ground: Style | None = None
        self._styles: dict[int, tuple[Style | None, Style]] = {}
        """By a style's identity the style, which so keeps its number, and the
        style on this ground: to find it by the style itself would compute a
        hash in Python.
        """

    def notify_style_update(self) -> None:
        """Take the ground from the theme anew."""
        self._ground = None
        self._styles.clear()
        super().notify_style_update()

    @property
    def ground(self) -> Style:
        """The style behind the lines."""
        if self._ground is None:
            self._ground = self.rich_style

        return self._ground

    def draw(self, lines: Sequence[Line], way: ShortWay | None = None) -> None:
        """Show these lines; `way` is the short way to the terminal where it is
        known already.
        """
        old = self._drawn_lines
        new = self._drawn_lines = list(lines)
        if len(old) != len(new):
            self.refresh()
            return

        if all(map(is_, old, new)):
            return  # kept lines

        way = way or short_way(self)
        if way is not None:
            self._paint(way, old, new)
            return

        width = self.size.width
        for y, line in enumerate(new):
            if line != old[y]:
                self.refresh(Region(0, y, width, 1))

    def _paint(
        self,
        way: ShortWay,
        old: Sequence[Line],
        new: Sequence[Line],
    ) -> None:
        """Paint the differences in the lines that have changed."""
        self.painted_straight()
        whole = []
        pieces = []
        for y, line in enumerate(new):
            if line is old[y]:
                continue

            x, parts = difference(old[y], line)
            if parts is None:
                whole.append(y)
            elif parts:
                pieces.append((x, y, self._grounded(parts)))

        if whole:
            way.add_lines(self, whole)

        if pieces:
            way.add_cells(self, pieces)

    def _grounded(self, parts: Line) -> list[Cells]:
        """Return segments on the widget's ground."""
        ground = self.ground
        known = self._styles
        found: list[Cells] = []
        for text, style, _ in parts:
            entry = known.get(id(style))
            if entry is None:
                entry = known[id(style)] = style, on_ground(style, ground)

            found.append((text, entry[1], None))

        return found

    def render_line(self, y: int) -> Strip:
        """Return one line, as wide as the widget."""
        if y < len(self._drawn_lines):
            line = self._drawn_lines[y]
        else:
            line = []

        return fitted(line, self.size.width, self.ground)

    def text(self) -> list[str]:
        """Return the shown lines as text."""
        return [
            "".join(segment.text for segment in line)
            for line in self._drawn_lines
        ]
