"""What the States view shows of one cell in the room there is: which maps, how
high, and every line at a place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from rich.segment import Segment

from rnn_tui.analysis.table import Table
from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.grid import GUTTER, Grid
from rnn_tui.tui.renderables.heat_page import HeatPage
from rnn_tui.tui.renderables.numbers import STILL, short
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.scales import Scale
from rnn_tui.tui.renderables.unit_column import Drawing, rail
from rnn_tui.tui.session.cursor import Place, seen_whole
from rnn_tui.tui.session.playback import timestep_of
from rnn_tui.tui.session.unit_order import UnitOrder
from rnn_tui.tui.states_page.channels import (
    picture,
    revealed,
    without_pre_activations,
)
from rnn_tui.tui.states_page.images import StateImages
from rnn_tui.tui.states_page.input_lane import Line
from rnn_tui.tui.states_page.input_lane import Vocabulary as Vocabulary
from rnn_tui.tui.states_page.lines import PageLines
from rnn_tui.tui.states_page.maps_table import Map, maps_table
from rnn_tui.tui.states_page.ordered import OrderedChannel
from rnn_tui.tui.states_page.page_cache import PageCache
from rnn_tui.tui.states_page.parts import (
    NAMES,
    Extras,
    Lines,
    Moment,
    Pointer,
)
from rnn_tui.tui.states_page.ranges import own_scales
from rnn_tui.tui.states_page.rows import (
    Row,
    RowsChannel,
    fitted,
    unit_rows,
)
from rnn_tui.tui.states_page.unit_panel import UnitPage

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace


FOR_IMAGES = 12
"""Lines of the rail from which on there is room for pictures."""


class Stage:
    """One cell (and its sibling of the other direction), two channels and a
    grid they share; a third map of rows below them.
    """

    def __init__(
        self,
        trace: ModelTrace,
        cell: CellTrace,
        run: CellTrace,
        maps: Sequence[Map],
        offered: Sequence[Channel],
        grids: tuple[Grid, Grid],
        look: Look,
        lines: Lines,
        extras: Extras,
        order: UnitOrder,
        *,
        fit: bool = False,
        pixel: int | None = None,
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
        self.grid, self.third_grid = grids
        self.look = look
        self.lines = lines
        self.rail_beside = lines.rail_beside
        self.vocabulary: Vocabulary | None = None
        self.reveals = True
        """Whether what time hasn't reached is dim: the whole of a run that
        hasn't been played is shown.
        """
        self.moving = False
        """Whether time runs; where it doesn't, its column is marked."""
        self.pointer: Pointer | None = None
        """What the mouse is over."""
        self.order = order
        self.pixel = pixel
        """Of pictures, the pixel that the maps show, None for the mean."""
        self._extras = extras
        self._fit = fit
        self._kept = PageCache()
        self._unit = UnitPage(offered, self.grid, look, self._kept)
        self._lines = PageLines(
            trace,
            cell,
            run,
            maps,
            self.grid,
            look,
            lines,
            extras,
            order,
            self._kept,
            fit=fit,
        )
        self._last: tuple[Place, Moment] | None = None
        """The place asked for last, and what follows from it."""

    def heights(self) -> dict[str, int]:
        """Return the height of every part, 0 for those that aren't shown."""
        lines = self.lines
        two = len(self.maps) > 1
        below = [1 + (lines.gaps > index) for index in range(2)]

        return {
            "input": lines.input,
            "extra": lines.extra,
            "mask": lines.mask,
            "ruler": lines.ruler,
            "strip": lines.strip,
            "upper-caption": 1,
            "upper": self.grid.used_lines,
            "lower-caption": below[0] if two else 0,
            "lower": self.grid.used_lines if two else 0,
            "third-caption": below[1] if lines.third else 0,
            "third": self.third_grid.used_lines if lines.third else 0,
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
        channels = self._ordered
        for name, channel in zip(NAMES, channels, strict=False):
            pages[name] = HeatPage(
                channel,
                self.grid,
                place.t,
                moment.row,
                self._reached(channel, moment.step),
                self.look,
                place.sequence,
                self._scales(channel, moment),
                now=self._column(channel, moment),
                units=self.order.units,
            )

        if self.lines.third:
            pages["third"] = self._third(moment)

        return pages

    @cached_property
    def _ordered(self) -> list[Channel]:
        """The channels of the maps, with the units that are shown."""
        channels = [shown.channel for shown in self.maps]
        if self.order.is_stored:
            return channels

        order = self.order.units

        return [OrderedChannel(channel, order) for channel in channels]

    def unit_of(self, row: int) -> int:
        """Return the unit that a row of the maps is of."""
        return self.order.units[row]

    def _scales(self, channel: Channel, moment: Moment) -> Sequence[Scale]:
        """Return each unit's own scale, where they aren't drawn on one."""
        if self._fit:
            return own_scales(channel, moment.place.sequence, moment.filled)

        return ()

    def _third(self, moment: Moment) -> HeatPage:
        """Return the map of rows."""
        rows, scales, names = self._rows_of(moment)
        channel = RowsChannel(rows, self.cell.timesteps, self.cell.reverse)

        return HeatPage(
            channel,
            self.third_grid,
            moment.place.t,
            0,
            self._reached(channel, moment.step),
            self.look,
            moment.place.sequence,
            scales,
            names,
            self._column(channel, moment),
        )

    def _column(self, channel: Channel, moment: Moment) -> int | None:
        """Return the column of the page at which a channel is, None while time
        runs.
        """
        if self.moving:
            return None

        t = timestep_of(moment.step, channel.timesteps, channel.reverse)
        start, stop = moment.span
        if start <= t < stop:
            return t - start

        return None

    def _rows_of(
        self,
        moment: Moment,
    ) -> tuple[Sequence[Row], Sequence[Scale], tuple[str, ...]]:
        """Return the rows of the third map, their scales and their names, made
        once for a unit of a page.
        """
        unit = moment.place.unit

        def make() -> tuple[Sequence[Row], Sequence[Scale], tuple[str, ...]]:
            scales = []
            for channel in self._gates:
                own = self._scales(channel, moment)
                scales.append(own[unit] if own else channel.scale())

            gates = unit_rows(self._gates, unit, scales)
            asked = [fitted(row, self.grid) for row in self._extras.rows]
            rows = [*asked, *gates][: self.third_grid.units]
            names = [row.named(ascii_only=self.look.ascii) for row in rows]

            return rows, [row.scale for row in rows], tuple(names)

        return self._kept.keep(("rows", unit), make)

    @cached_property
    def _gates(self) -> list[Channel]:
        """The channels that are rows of the third map."""
        return gates_of(self.offered, self.cell)

    def lanes(self, place: Place) -> dict[str, list[Line]]:
        """Return the lines around the maps."""
        moment = self._moment(place)
        rows: Sequence[Row] = ()
        if self.lines.third:
            rows = self._rows_of(moment)[0]

        shown = self._lines.around(
            moment,
            rows,
            self.vocabulary,
            self._pointed(moment, rows),
            marked=not self.moving,
        )
        if self.lines.now:
            shown["now"] = [self._now(moment)]

        return shown

    def _pointed(
        self,
        moment: Moment,
        rows: Sequence[Row],
    ) -> tuple[str, str]:
        """Return the map that the mouse is over, and the value there in
        words.
        """
        pointer = self.pointer
        if pointer is None:
            return "", ""

        sequence = moment.place.sequence
        t = pointer.t
        if pointer.which == "third" and pointer.row < len(rows):
            row = rows[pointer.row]
            name = row.named(ascii_only=self.look.ascii)
            value = row.read(t, t + 1, sequence)[0]
        elif pointer.which in NAMES[: len(self.maps)]:
            unit = self.unit_of(pointer.row)
            name = f"unit {unit}"
            channel = self.maps[NAMES.index(pointer.which)].channel
            value = channel.read(t, t + 1, sequence)[0, unit]
        else:
            return "", ""

        when = self.grid.label(t)
        words = f"{name} · t {when} · {short(float(value), STILL)}"

        return pointer.which, words

    def touched(self, name: str, x: int) -> Callable[[Place], int]:
        """Return what finds the timestep of the run at cell x of a line over
        time: on the strip of the whole run, else on the page of a place.
        """
        x -= GUTTER
        if name == "strip":
            return lambda place: self._lines.strip.timestep_at(x)

        def on_page(place: Place) -> int:
            grid = self.grid
            inside = min(max(x, 0), grid.used_width - 1)
            column = grid.column_at(inside) or 0
            start = grid.first_timestep(self.seen(place).t)

            return grid.label(min(start + column, grid.timesteps - 1))

        return on_page

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
        lines = [title]
        images = self.images(width, height)
        if images is not None:
            lines += images.lines(moment.place, place.t)

        courses = self._unit.courses(
            moment.place,
            moment.seen,
            moment.filled,
            marked=not self.moving,
        )

        def keep(key: Hashable, make: Callable[[], Drawing]) -> Drawing:
            return self._kept.keep((unit, key), make)

        left = height - len(lines)
        lines += rail(courses, self.look, width, left, digits, keep)

        return lines

    def images(self, width: int, height: int) -> StateImages | None:
        """Return the pictures in a rail of this size, in half of its height;
        None where the cell works on none, or where there is no room.
        """
        if not picture(self.run) or height < FOR_IMAGES:
            return None

        return self._kept.keep(
            ("images", width, height),
            lambda: StateImages(
                self.run,
                (width, height // 2),
                self.look,
                self.pixel,
            ),
        )

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
            self.order.rows.get(shown.unit, 0),
        )
        self._last = place, moment

        first_unit = self.grid.first_unit(moment.row)
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

    def _when(self, place: Place) -> str:
        """Return the timestep of the place in words."""
        first = self.grid.label(place.t)
        if self.grid.whole:
            return f" extremes of t {first}–{self.grid.label(place.t + 1) - 1}"

        return f" at t {first}"

    def _now(self, moment: Moment) -> Line:
        """Return the selected unit's values on one line, where there is no room
        for the rail.
        """
        text = f"{moment.place.unit}".rjust(GUTTER - 1) + " "
        number = Segment(text, ink(self.look.accent, bold=True))

        return [number, *self._unit.now(moment.place)]


def gates_of(
    offered: Sequence[Channel],
    cell: CellTrace,
) -> list[Channel]:
    """Return the channels of a cell that are followed and are no state."""
    states = cell.cell.states
    followed = without_pre_activations(offered)
    own = set(cell.names)

    return [
        channel
        for channel in followed
        if channel.name in own and channel.name not in states
    ]
