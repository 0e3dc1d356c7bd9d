"""The short way to the terminal: the few cells a timestep changes are written past
Textual's compositor.

The compositor renders every line of a widget that changes, cuts it where widgets meet
and joins it again: some 30 ms a frame for what is a column of cells and a few numbers.
A widget that knows which of its cells change hands just those to its `ShortWay`;
everything asked for while one message is handled becomes one write. What a terminal
shows afterwards is what the compositor would have drawn, and `CellDiff` knows it, so
both ways may be mixed as they come.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.errors import NoWidget
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from rnn_tui.tui.terminal.cell_diff import Run
from rnn_tui.tui.terminal.line_filters import CONTROL
from rnn_tui.tui.terminal.sgr import NOTHING, Colours, parse

if TYPE_CHECKING:
    from textual.app import App

SYSTEMS = {"truecolor": ColorSystem.TRUECOLOR, "256": ColorSystem.EIGHT_BIT}
"""Where a style means the same to the terminal whichever way it goes: no filter changes
it.
"""

_SGR = re.compile("\x1b\\[([\\d;]*)m")


class Straight(Widget):
    """A widget whose cells may be painted past the compositor."""

    _painted_straight = False

    def painted_straight(self) -> None:
        """Remember that what Textual keeps of this widget's lines is out of date."""
        self._painted_straight = True

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines as they are now."""
        if self._painted_straight:
            self._painted_straight = False
            # forgets the kept lines; the repaint it asks for finds nothing to write
            self.refresh()

        return super().render_lines(crop)


class ShortWay:
    """What is to be painted when the message at hand has been dealt with."""

    def __init__(self, app: App[Any], driver: Any, system: ColorSystem) -> None:
        self._app = app
        self._driver = driver
        self._system = system
        self._lines: dict[Straight, set[int]] = {}
        self._cells: dict[Widget, list[tuple[int, int, list[Segment]]]] = {}

    def add_lines(self, widget: Straight, lines: Iterable[int]) -> None:
        """Paint lines of a widget, as its `render_line` gives them."""
        self._ask()
        widget.painted_straight()
        self._lines.setdefault(widget, set()).update(lines)

    def add_cells(
        self, widget: Widget, cells: Iterable[tuple[int, int, list[Segment]]]
    ) -> None:
        """Paint cells of a widget: where they begin in its content, and what they
        are.
        """
        self._ask()
        self._cells.setdefault(widget, []).extend(cells)

    def _ask(self) -> None:
        if not self._lines and not self._cells:
            self._app.call_next(self.paint)

    def paint(self) -> None:
        """Write everything that was asked for at once."""
        lines = self._lines
        cells = self._cells
        self._lines = {}
        self._cells = {}
        runs: list[Run] = []
        for widget, numbers in lines.items():
            place = self._place(widget)
            if place is None:
                widget.refresh()
                continue

            for y in sorted(numbers):
                self._add(runs, place[0], place[1] + y, widget.render_line(y))

        for owner, pieces in cells.items():
            place = self._place(owner)
            if place is None:
                for child in owner.walk_children(Straight, with_self=True):
                    child.refresh()

                continue

            for x, y, segments in pieces:
                self._add(runs, place[0] + x, place[1] + y, segments)

        if runs:
            self._driver.paint(runs)

    def _add(
        self, runs: list[Run], x: int, y: int, segments: Iterable[Segment]
    ) -> None:
        for text, style, _ in segments:
            if not text.isprintable():
                text = CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)

            runs.append(Run(x, y, text, told(style, self._system)))
            x += cell_len(text)

    def _place(self, widget: Widget) -> tuple[int, int] | None:
        """Return where a widget's content begins, None where it can't be painted:
        something covers it.
        """
        screen = widget.screen
        if screen is not self._app.screen:
            return None

        try:
            found = screen.find_widget(widget)
        except NoWidget:
            return None

        if found.visible_region != found.region:
            return None

        inside = found.region.shrink(widget.styles.gutter)

        return inside.x, inside.y


@lru_cache(maxsize=8192)
def told(style: Style | None, system: ColorSystem) -> Colours:
    """Return a style as the terminal is told of it."""
    found = None
    if style is not None:
        found = _SGR.match(style.render(" ", color_system=system))

    if found:
        return parse(found[1])

    return NOTHING


def short_way(widget: Widget) -> ShortWay | None:
    """Return the short way from a widget to its terminal, None where there is only the
    long one.

    Textual has no public way to its driver. Ours keeps the way, made when first asked
    for.
    """
    app = widget.app
    driver = getattr(app, "_driver", None)
    if (
        not hasattr(driver, "paint")
        or getattr(app, "ascii", False)
        or getattr(app, "no_color", False)
    ):
        return None

    system = SYSTEMS.get(app.console.color_system or "")
    if system is None or app.native_ansi_color:
        return None

    way = getattr(driver, "short_way", None)
    if way is None:
        way = ShortWay(app, driver, system)
        setattr(driver, "short_way", way)  # noqa: B010

    if isinstance(way, ShortWay):
        return way

    return None
