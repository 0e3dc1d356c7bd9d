"""The lines of the selected unit: the rail beside the maps, or one line below
them where there is no room for it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment

from rnn_tui.analysis.pixels import pixel_words
from rnn_tui.tui.renderables.compared_units import legend
from rnn_tui.tui.renderables.grid import GUTTER
from rnn_tui.tui.renderables.palette import ink
from rnn_tui.tui.renderables.unit_column import Drawing
from rnn_tui.tui.renderables.unit_column import rail as courses_below
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.unit_order import UnitOrder
from rnn_tui.tui.states_page.input_lane import Line
from rnn_tui.tui.states_page.parts import Moment
from rnn_tui.tui.states_page.unit_panel import UnitPage

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace
    from rnn_tui.tui.states_page.images import StateImages


class UnitRail:
    """A title, the pictures of a cell that has them, and the courses of the
    channels; `pixel` is the one that the maps show, None for the mean.
    """

    def __init__(
        self,
        page: UnitPage,
        run: CellTrace,
        order: UnitOrder,
        pixel: int | None,
    ) -> None:
        self._page = page
        self._grid = page.grid
        self._look = page.look
        self._kept = page.kept
        self._run = run
        self._order = order
        self._pixel = pixel

    def images(self, width: int, height: int) -> StateImages | None:
        """Return the pictures in a rail of this size, None where there are
        none.
        """
        if not self._run.sides:
            return None

        from rnn_tui.tui.states_page.images import state_images

        room = width, height

        return state_images(
            self._run,
            room,
            self._look,
            self._pixel,
            self._kept,
        )

    def lines(
        self,
        moment: Moment,
        t: int,
        size: tuple[int, int],
        digits: int,
        *,
        marked: bool,
    ) -> list[Line]:
        """Return the rail in a size of columns and lines: the unit's channels,
        now and over the page. `t` is the timestep of the run; the column of
        time may be `marked`.
        """
        width, height = size
        unit = moment.place.unit
        compared: tuple[int, ...] = ()
        if self._order.pinned:
            compared = self._order.compared_with(unit)

        lines = [self._title(moment.place, compared, width)]
        images = self.images(width, height)
        if images is not None:
            lines += images.lines(moment.place, t)

        courses = self._page.courses(
            moment.place,
            moment.seen,
            moment.filled,
            marked=marked,
            compared=compared,
        )

        def keep(key: Hashable, make: Callable[[], Drawing]) -> Drawing:
            return self._kept.keep((unit, key), make)

        left = height - len(lines)
        lines += courses_below(courses, self._look, width, left, digits, keep)

        return lines

    def now(self, place: Place) -> Line:
        """Return the unit's values on one line."""
        text = f"{place.unit}".rjust(GUTTER - 1) + " "
        number = Segment(text, ink(self._look.accent, bold=True))

        return [number, *self._page.now(place)]

    def _title(
        self,
        place: Place,
        compared: tuple[int, ...],
        width: int,
    ) -> Line:
        """Return the unit and the timestep in words, and the colours of the
        units that it is compared with.
        """
        words = self._when(place)
        if self._pixel is not None:
            words += f", {pixel_words(self._pixel, self._run.sides)}"

        title = [
            Segment(f"unit {place.unit}", ink(self._look.accent, bold=True)),
            Segment(words, ink(self._look.muted)),
        ]
        if compared:
            room = width - sum(cell_len(segment.text) for segment in title)
            title += legend((place.unit, *compared), self._look, room)

        return title

    def _when(self, place: Place) -> str:
        """Return the timestep of the place in words."""
        first = self._grid.label(place.t)
        if self._grid.whole:
            last = self._grid.label(place.t + 1) - 1
            return f" extremes of t {first}–{last}"

        return f" at t {first}"
