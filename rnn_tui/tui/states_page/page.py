"""What the States view shows of one cell in the room there is: which maps, how
high, and every line at a place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from rnn_tui.analysis.table import Table
from rnn_tui.tui.renderables.channel import Channel
from rnn_tui.tui.renderables.grid import GUTTER, Grid
from rnn_tui.tui.renderables.heat_page import HeatPage
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.renderables.scales import Scale
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.playback import timestep_of
from rnn_tui.tui.session.unit_order import UnitOrder
from rnn_tui.tui.states_page.channels import without_pre_activations
from rnn_tui.tui.states_page.input_lane import Line
from rnn_tui.tui.states_page.input_lane import Vocabulary as Vocabulary
from rnn_tui.tui.states_page.lines import PageLines
from rnn_tui.tui.states_page.maps_table import Map, maps_table, next_name
from rnn_tui.tui.states_page.moments import Moments, PageCache, reached
from rnn_tui.tui.states_page.ordered import OrderedChannel
from rnn_tui.tui.states_page.parts import (
    NAMES,
    Extras,
    Lines,
    Moment,
    Pointer,
)
from rnn_tui.tui.states_page.pointing import NO_MAP, pointed, timestep_at
from rnn_tui.tui.states_page.ranges import own_scales
from rnn_tui.tui.states_page.rows import (
    Row,
    RowsChannel,
    ShownRows,
    fitted,
    shown_rows,
)
from rnn_tui.tui.states_page.unit_panel import UnitPage
from rnn_tui.tui.states_page.unit_rail import UnitRail

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace
    from rnn_tui.tui.states_page.images import StateImages


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
        self.size = (0, 0)
        """The columns and lines of the view that this was laid out for. A
        resize reaches the widgets one after another: what is drawn follows this
        size, never that of a widget that is ahead of it.
        """
        self.rail_beside = lines.rail_beside
        self.has_notes = True
        """Whether the rail has room for what is known of the unit beyond its
        values.
        """
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
        unit_page = UnitPage(offered, self.grid, look, self._kept)
        self._rail = UnitRail(unit_page, run, order, pixel)
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
        self._moments = Moments(cell, run, self.grid, order, self._kept)

    def heights(self) -> dict[str, int]:
        """Return the height of every part, 0 for those that aren't shown."""
        used = self.grid.used_lines, self.third_grid.used_lines

        return self.lines.heights(len(self.maps), *used)

    def seen(self, place: Place) -> Place:
        """Return the place as it is drawn: its column where the run is zoomed
        out.
        """
        return self._moments.seen(place)

    def images(self, width: int, height: int) -> StateImages | None:
        """Return the pictures in a rail of this size, None where there are
        none.
        """
        return self._rail.images(width, height)

    def pages(self, place: Place) -> dict[str, HeatPage]:
        """Return what the maps show."""
        moment = self._moments.at(place, self.reveals)
        place = moment.place
        pages = {}
        channels = self._ordered
        for name, channel in zip(NAMES, channels, strict=False):
            pages[name] = HeatPage(
                channel,
                self.grid,
                place.t,
                moment.row,
                reached(channel, moment),
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
            reached(channel, moment),
            self.look,
            moment.place.sequence,
            scales,
            names,
            self._column(channel, moment),
        )

    def _rows_of(self, moment: Moment) -> ShownRows:
        """Return the rows of the third map, made once for a unit of a page."""
        unit = moment.place.unit
        gates = gates_of(self.offered, self.cell)

        def make() -> ShownRows:
            return shown_rows(
                gates,
                unit,
                [self._scales(channel, moment) for channel in gates],
                [fitted(row, self.grid) for row in self._extras.rows],
                self.third_grid.units,
                ascii_only=self.look.ascii,
            )

        return self._kept.keep(("rows", unit), make)

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

    def lanes(self, place: Place) -> dict[str, list[Line]]:
        """Return the lines around the maps."""
        moment = self._moments.at(place, self.reveals)
        rows: Sequence[Row] = ()
        if self.lines.third:
            rows = self._rows_of(moment)[0]

        under_mouse = NO_MAP
        if self.pointer is not None:
            under_mouse = pointed(
                self.pointer,
                self.maps,
                rows,
                self.grid,
                self.order,
                moment.place.sequence,
                ascii_only=self.look.ascii,
            )

        shown = self._lines.around(
            moment,
            rows,
            self.vocabulary,
            under_mouse,
            marked=not self.moving,
        )
        if self.lines.now:
            shown["now"] = [self._rail.now(moment.place)]

        return shown

    def touched(self, name: str, x: int) -> Callable[[Place], int]:
        """Return what finds the timestep of the run at cell x of a line over
        time: on the strip of the whole run, else on the page of a place.
        """
        x -= GUTTER
        if name == "strip":
            return lambda place: self._lines.strip.timestep_at(x)

        return lambda place: timestep_at(self.grid, self.seen(place).t, x)

    def rail(
        self,
        place: Place,
        width: int,
        height: int,
        digits: int,
    ) -> list[Line]:
        """Return the selected unit's channels, now and over the page."""
        moment = self._moments.at(place, self.reveals)

        return self._rail.lines(
            moment,
            place.t,
            (width, height),
            digits,
            marked=not self.moving,
        )

    def next_name(self, which: str) -> str:
        """Return the channel after the one a map shows, none that the other map
        of the same cell does.
        """
        names = [channel.name for channel in self.offered]
        further = self._extras.further(self.cell)
        after_states = len(self.cell.cell.states)
        names[after_states:after_states] = [one.name for one in further]

        return next_name(self.maps, names, self.cell, NAMES.index(which))

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
        return maps_table(
            self.maps,
            self.grid,
            place,
            self._moments.at(place, self.reveals).span,
        )


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
