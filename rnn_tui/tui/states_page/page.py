"""What the States view shows of one cell in the room there is: which maps, how
high, and every line at a place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from rnn_tui.analysis.table import Table
from rnn_tui.tui.renderables import lanes
from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.grid import GUTTER, Grid
from rnn_tui.tui.renderables.heat_page import HeatPage
from rnn_tui.tui.renderables.lanes import message
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.ruler import ruler
from rnn_tui.tui.renderables.unit_column import Drawing, rail
from rnn_tui.tui.session.cursor import Place, seen_whole
from rnn_tui.tui.session.playback import timestep_of
from rnn_tui.tui.states_page.channels import revealed
from rnn_tui.tui.states_page.input_lane import InputLane, Line
from rnn_tui.tui.states_page.input_lane import Vocabulary as Vocabulary
from rnn_tui.tui.states_page.map_caption import map_caption
from rnn_tui.tui.states_page.maps_table import Map, maps_table
from rnn_tui.tui.states_page.minimap import RunStrip
from rnn_tui.tui.states_page.page_cache import PageCache
from rnn_tui.tui.states_page.unit_panel import UnitPage

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace

NAMES = ("upper", "lower")
"""The maps, from above."""


class Lines(NamedTuple):
    """Lines of everything but the maps and their captions."""

    rail_beside: bool
    """Whether the selected unit has its place beside the maps."""
    input: int = 0
    mask: int = 0
    now: int = 0
    """The selected unit's values, where it hasn't."""
    strip: int = 0
    """The whole run, where it is longer than a page."""
    ruler: int = 1
    gap: bool = False
    """Whether there is room for a free line between the maps."""

    @property
    def taken(self) -> int:
        """Lines that are taken from the maps."""
        return self.input + self.mask + self.now + self.strip + self.ruler


class Moment(NamedTuple):
    """A place as it is drawn, and what follows from it."""

    place: Place
    step: int
    """How many timesteps the cell has read before."""
    span: tuple[int, int]
    """The first timestep of the place's page, and the one after its last."""
    seen: NDArray[np.bool_]
    """Which timesteps of the page the cell has read."""
    filled: int
    """How many timesteps of the run had been computed."""
    reveals: bool
    """Whether time had run, so that what it hasn't reached is dim."""


class Stage:
    """One cell (and its sibling of the other direction), two channels and a
    grid they share.
    """

    def __init__(
        self,
        trace: ModelTrace,
        cell: CellTrace,
        run: CellTrace,
        maps: Sequence[Map],
        offered: Sequence[Channel],
        grid: Grid,
        look: Look,
        lines: Lines,
    ) -> None:
        self.cell = cell
        """What is drawn, and the run itself: another one where it is zoomed
        out.
        """
        self.run = run
        self.maps = maps
        self.offered = offered
        """The channels there are of the cell, in the order `m` goes through
        them.
        """
        self.grid = grid
        self.look = look
        self.lines = lines
        self.rail_beside = lines.rail_beside
        self.vocabulary: Vocabulary | None = None
        self.reveals = True
        """Whether what time hasn't reached is dim: the whole of a run that
        hasn't been played is shown.
        """
        self._kept = PageCache()
        self._unit = UnitPage(offered, grid, look, self._kept)
        self._input = InputLane(
            trace,
            cell,
            grid,
            look,
            lines.input,
            self._kept,
        )
        self._strip = RunStrip(run)
        self._last: tuple[Place, Moment] | None = None
        """The place asked for last, and what follows from it."""

    def heights(self) -> dict[str, int]:
        """Return the height of every part, 0 for those that aren't shown."""
        lines = self.lines
        two = len(self.maps) > 1

        return {
            "input": lines.input,
            "mask": lines.mask,
            "ruler": lines.ruler,
            "strip": lines.strip,
            "upper-caption": 1,
            "upper": self.grid.used_lines,
            "lower-caption": (2 if lines.gap else 1) if two else 0,
            "lower": self.grid.used_lines if two else 0,
            "now": lines.now,
        }

    def seen(self, place: Place) -> Place:
        """Return the place as it is drawn: its column where the run is zoomed
        out.
        """
        if self.grid.whole:
            return seen_whole(place, self.run.timesteps, self.cell.timesteps)

        return place

    def pages(self, place: Place) -> dict[str, HeatPage]:
        """Return what the maps show."""
        moment = self._moment(place)
        place = moment.place
        pages = {}
        for name, shown in zip(NAMES, self.maps, strict=False):
            pages[name] = HeatPage(
                shown.channel,
                self.grid,
                place.t,
                place.unit,
                self._reached(shown.channel, moment.step),
                self.look,
                place.sequence,
            )

        return pages

    def lanes(self, place: Place) -> dict[str, list[Line]]:
        """Return the lines around the maps."""
        moment = self._moment(place)
        keep = self._kept.keep
        shown = {"ruler": [self._ruler(moment)]}
        shown["upper-caption"] = keep(
            "upper",
            lambda: [self._caption(0, moment)],
        )
        if len(self.maps) > 1:
            shown["lower-caption"] = keep(
                "lower",
                lambda: self._lower_caption(moment),
            )

        if self.lines.input:
            shown["input"] = self._input_lane(moment)
            shown["now"] = [self._now(moment)]

        if self.lines.strip:
            line = self._strip.line(
                self.grid,
                moment.place,
                self.look,
                reveals=self.reveals,
            )
            shown["strip"] = [[self._label("whole"), *line]]

        if self.cell.mask is not None:
            shown["mask"] = keep("mask", lambda: [self._mask(moment)])

        return shown

    def rail(
        self,
        place: Place,
        width: int,
        height: int,
        digits: int,
    ) -> list[Line]:
        """Return the selected unit's channels, now and over the page."""
        moment = self._moment(place)
        unit = moment.place.unit
        title = [
            Segment(f"unit {unit}", ink(self.look.accent, bold=True)),
            Segment(self._when(moment.place), ink(self.look.muted)),
        ]
        courses = self._unit.courses(moment.place, moment.seen)

        def keep(key: Hashable, make: Callable[[], Drawing]) -> Drawing:
            return self._kept.keep((unit, key), make)

        drawn = rail(courses, self.look, width, height - 2, digits, keep)

        return [title, message("", self.look), *drawn]

    def next_name(self, which: str) -> str:
        """Return the channel after the one a map shows, none that the other map
        of the same cell does.
        """
        names = [channel.name for channel in self.offered]
        index = NAMES.index(which)
        if index >= len(self.maps):
            return names[0]

        now = self.maps[index].channel.name
        beside = {
            other.channel.name
            for other in self.maps
            if other is not self.maps[index] and other.cell is self.cell
        }
        following = names[names.index(now) + 1 :] + names

        return next(name for name in following if name not in beside)

    def copied(self, place: Place) -> tuple[str, str]:
        """Return the upper map's value at the place, named."""
        channel = self.maps[0].exact
        values = channel.read(place.t, place.t + 1, place.sequence)
        value = float(values[0, place.unit])

        return f"{channel.name} of unit {place.unit} at t {place.t}", repr(
            value
        )

    def table(self, place: Place) -> Table:
        """Return the values of the maps, as a trace's file has them."""
        return maps_table(self.maps, self.grid, place, self._moment(place).span)

    def _moment(self, place: Place) -> Moment:
        """Return a place as it is drawn; another page forgets what was kept for
        the last one.
        """
        cell = self.cell
        filled = cell.filled
        if self._last is not None:
            last_place, last = self._last
            same_run = last.filled == filled and last.reveals == self.reveals
            if last_place is place and same_run:
                return last

        shown = self.seen(place)
        start = self.grid.first_timestep(shown.t)
        stop = min(start + self.grid.columns, self.grid.timesteps)
        step = timestep_of(shown.t, cell.timesteps, cell.reverse)
        first_read, last_read = self._reached(cell, step)
        when = np.arange(start, stop)
        seen = (when >= first_read) & (when <= last_read)
        moment = Moment(
            shown,
            step,
            (start, stop),
            seen,
            filled,
            self.reveals,
        )
        self._last = place, moment

        first_unit = self.grid.first_unit(shown.unit)
        self._kept.turn((start, first_unit, shown.sequence, filled))

        return moment

    def _reached(
        self,
        read: Channel | CellTrace,
        step: int,
    ) -> tuple[int, int]:
        """Return the first and last timestep that isn't dim."""
        if self.reveals:
            return revealed(read, step)

        return (0, read.timesteps - 1)

    def _label(self, text: str) -> Segment:
        """Return what is written before a lane."""
        return Segment(
            text.rjust(GUTTER - 1)[: GUTTER - 1] + " ",
            ink(self.look.muted),
        )

    def _when(self, place: Place) -> str:
        """Return the timestep of the place in words."""
        first = self.grid.label(place.t)
        if self.grid.whole:
            return f" means of t {first}–{self.grid.label(place.t + 1) - 1}"

        return f" at t {first}"

    def _ruler(self, moment: Moment) -> Line:
        cells = {id(shown.cell): shown.cell for shown in self.maps}
        one = len(cells) == 1
        cursors = []
        for cell in cells.values():
            t = timestep_of(moment.step, cell.timesteps, cell.reverse)
            cursors.append((t, self._mark(one, cell.reverse)))

        line = ruler(self.grid, moment.place.t, self.look, cursors)

        return [self._label("t"), *line]

    def _mark(self, one: bool, reverse: bool) -> str:
        """Return the mark of time on the ruler; of two directions each points
        where it goes.
        """
        marks = "v><" if self.look.ascii else "▾▸◂"
        if one:
            return marks[0]
        if reverse:
            return marks[2]

        return marks[1]

    def _caption(self, index: int, moment: Moment) -> Line:
        shown = self.maps[index]
        two_directions = shown.channel.direction is not None
        current = two_directions and shown.cell is self.cell

        return map_caption(
            shown.channel,
            self.grid,
            moment.place,
            self.look,
            current=current,
        )

    def _lower_caption(self, moment: Moment) -> list[Line]:
        line = self._caption(1, moment)
        if self.lines.gap:
            return [message("", self.look), line]

        return [line]

    def _mask(self, moment: Moment) -> Line:
        assert self.cell.mask is not None
        start, stop = moment.span
        mask = self.cell.mask[moment.place.sequence, start:stop].tolist()

        return [
            self._label("mask"),
            *lanes.mask_line(mask, self.look, self.grid.cells),
        ]

    def _input_lane(self, moment: Moment) -> list[Line]:
        lines = self._input.lines(
            moment.place,
            moment.span,
            moment.seen,
            self.vocabulary,
        )
        first, *others = lines
        rest = [[self._label(""), *line] for line in others]

        return [[self._label("input"), *first], *rest]

    def _now(self, moment: Moment) -> Line:
        """Return the selected unit's values on one line, where there is no room
        for the rail.
        """
        text = f"{moment.place.unit}".rjust(GUTTER - 1) + " "
        number = Segment(text, ink(self.look.accent, bold=True))

        return [number, *self._unit.now(moment.place)]
