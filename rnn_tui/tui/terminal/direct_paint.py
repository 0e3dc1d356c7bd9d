"""The short way to the terminal: the few cells a timestep changes are written
past Textual's compositor.

The compositor renders every line of a widget that changes, cuts it where
widgets meet and joins it again: some 30 ms a frame for a column of cells and a
few numbers. A widget that knows which of its cells change hands just those to
its `ShortWay`; everything asked for while one message is handled becomes one
write. The terminal then shows the same as after a frame of the compositor, and
`CellDiff` knows it, so both ways may be mixed as they come.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from rich.color import ColorSystem
from rich.style import Style
from textual.errors import NoWidget
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from rnn_tui.tui.terminal.cell_diff import Run
from rnn_tui.tui.terminal.line_filters import harmless
from rnn_tui.tui.terminal.sgr import NOTHING, Colours, parse
from rnn_tui.tui.terminal.text_width import width_of
from rnn_tui.tui.terminal.textual_internals import (
    driver_of,
    forget_lines,
    soon,
)

if TYPE_CHECKING:
    from textual.app import App
    from textual.map_geometry import MapGeometry
    from textual.screen import Screen

Corner: TypeAlias = tuple[int, int]
"""The column and line of the screen a widget's content begins at."""

SYSTEMS = {"truecolor": ColorSystem.TRUECOLOR, "256": ColorSystem.EIGHT_BIT}
"""Where a style means the same to the terminal whichever way it goes: no filter
changes it.
"""

KNOWN = 8192
"""Styles that are remembered at most."""

_SGR = re.compile("\x1b\\[([\\d;]*)m")


def lines_alike(widget: Widget, crop: Region) -> list[Strip]:
    """Render a widget all of whose lines are the same: one of them, for all.

    It is the `render_lines` of widgets without content or border: Textual
    renders every line of every container, those too that its children cover, of
    the layer table's screen two thirds of all lines.
    """
    first = crop.crop_size((crop.width, 1))

    return Widget.render_lines(widget, first) * crop.height


class Straight(Widget):
    """A widget whose cells may be painted past the compositor."""

    _painted_straight = False

    def painted_straight(self) -> None:
        """Note that Textual's copy of this widget's lines is out of date."""
        self._painted_straight = True

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines as they are now."""
        if self._painted_straight:
            self._painted_straight = False
            # not `refresh`: it asks for another repaint, which finds the widget
            # painted straight again, and so on while time runs
            forget_lines(self)

        return super().render_lines(crop)


Cells: TypeAlias = tuple[str, Style | None, object]
"""Cells of one style: a `Segment`, or a plain tuple like one, which is made
without running a function of Python.
"""

Piece: TypeAlias = tuple[int, int, Sequence[Cells]]
"""A run of cells of a widget: the column and the line of its content at which
it begins, and the cells.
"""


class ShortWay:
    """The cells to be painted when the message at hand has been dealt with."""

    def __init__(self, app: App[Any], driver: Any, system: ColorSystem) -> None:
        self.theme = ""
        """The theme that this way was last found right for."""
        self._app = app
        self._driver = driver
        self._system = system
        self._lines_of: dict[Straight, set[int]] = {}
        self._pieces_of: dict[Widget, list[Piece]] = {}
        self.asked = False
        """Whether something is to be painted."""
        self._layout: MapGeometry | None = None
        """The geometry of the screen in the layout that was painted last."""
        self._corners: dict[Widget, Corner | None] = {}
        """Where the content of each widget begins in that layout."""
        self._told: dict[int, tuple[Style | None, Colours]] = {}
        """By a style's identity the style, which so keeps its number, and its
        colours as the terminal is told them. To find it by the style itself
        would compute a hash in Python for every run.
        """

    def add_lines(self, widget: Straight, lines: Iterable[int]) -> None:
        """Paint lines of a widget, as its `render_line` gives them."""
        if not self.asked:
            self._ask()

        widget.painted_straight()
        self._lines_of.setdefault(widget, set()).update(lines)

    def add_cells(self, widget: Widget, pieces: Iterable[Piece]) -> None:
        """Paint cells of a widget."""
        if not self.asked:
            self._ask()

        self._pieces_of.setdefault(widget, []).extend(pieces)

    def _ask(self) -> None:
        """Have it painted as soon as the task at hand lets go of the event
        loop.
        """
        self.asked = True
        soon(self._app, self.paint)

    def paint(self) -> None:
        """Write everything that was asked for at once."""
        self.asked = False
        lines_of = self._lines_of
        self._lines_of = {}
        pieces_of = self._pieces_of
        self._pieces_of = {}
        if not self._app.screen_stack:
            return  # the app is ending

        screen = self._app.screen
        corners = self._corners_on(screen, [*lines_of, *pieces_of])
        runs: list[Run] = []
        for widget, lines in lines_of.items():
            corner = corners[widget]
            if corner is None:
                widget.refresh()
            else:
                pieces = [
                    (0, y, list(widget.render_line(y))) for y in sorted(lines)
                ]
                self._add(runs, corner, pieces)

        for owner, asked in pieces_of.items():
            corner = corners[owner]
            if corner is None:
                for child in owner.walk_children(Straight, with_self=True):
                    child.refresh()
            else:
                self._add(runs, corner, asked)

        if runs:
            self._driver.paint(runs)

    def _add(
        self,
        runs: list[Run],
        corner: Corner,
        pieces: Iterable[Piece],
    ) -> None:
        """Add the runs of pieces of a widget whose content begins at
        `corner`.
        """
        left, top = corner
        known = self._told
        for column, line, segments in pieces:
            x = left + column
            y = top + line
            for text, style, _ in segments:
                if not text.isprintable():
                    text = harmless(text)

                entry = known.get(id(style)) or self._learn(style)
                runs.append((x, y, text, entry[1]))
                x += width_of(text)

    def _learn(self, style: Style | None) -> tuple[Style | None, Colours]:
        """Remember the colours of a style as the terminal is told them."""
        if len(self._told) >= KNOWN:
            self._told.clear()

        entry = style, told(style, self._system)
        self._told[id(style)] = entry

        return entry

    def _corners_on(
        self,
        screen: Screen[Any],
        widgets: Iterable[Widget],
    ) -> Mapping[Widget, Corner | None]:
        """Return where the content of widgets begins on the upper screen.

        Every layout makes all geometries anew, so while that of the screen is
        the same, those of its widgets are.
        """
        layout = _geometry(screen, screen)
        if layout is None or layout is not self._layout:
            self._layout = layout
            self._corners.clear()

        for widget in widgets:
            if widget not in self._corners:
                self._corners[widget] = _corner(screen, widget)

        return self._corners


def _geometry(screen: Screen[Any], widget: Widget) -> MapGeometry | None:
    """Return where a widget is, None where it isn't on the screen."""
    try:
        return screen.find_widget(widget)
    except NoWidget:
        return None


def _corner(screen: Screen[Any], widget: Widget) -> Corner | None:
    """Return where a widget's content begins, None where it can't be painted:
    it isn't on that screen, or not seen in full.
    """
    geometry = _geometry(screen, widget)
    if geometry is None or geometry.visible_region != geometry.region:
        return None

    inside = geometry.region.shrink(widget.styles.gutter)

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
    """Return the short way from a widget to its terminal, None where there is
    only the long one.

    Our driver keeps the way, made when first asked for.
    """
    app = widget.app
    driver = driver_of(app)
    way = getattr(driver, "short_way", None)
    # what was right for the first widget of a frame is right for the others,
    # and what was right for a theme is right as long as it is shown
    if isinstance(way, ShortWay) and (way.asked or way.theme == app.theme):
        return way

    if not hasattr(driver, "paint"):
        return None

    system = system_of(app)
    if system is None:
        return None

    if not isinstance(way, ShortWay):
        way = ShortWay(app, driver, system)
        setattr(driver, "short_way", way)  # noqa: B010

    way.theme = app.theme

    return way


def system_of(app: App[Any]) -> ColorSystem | None:
    """Return how the terminal is told colours, None where a filter changes them
    on the way.
    """
    if getattr(app, "ascii", False) or getattr(app, "no_color", False):
        return None
    if app.native_ansi_color:
        return None

    return SYSTEMS.get(app.console.color_system or "")
