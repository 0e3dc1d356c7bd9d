"""The lines around the maps of a page: what was read, the axis of time, the
captions and the whole run.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment

from rnn_tui.tui.renderables import lanes
from rnn_tui.tui.renderables.grid import GUTTER, Grid
from rnn_tui.tui.renderables.lanes import message
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.ruler import ruler
from rnn_tui.tui.session.cursor import column_of
from rnn_tui.tui.session.playback import timestep_of
from rnn_tui.tui.session.unit_order import UnitOrder
from rnn_tui.tui.states_page.input_lane import InputLane, Line, Vocabulary
from rnn_tui.tui.states_page.map_caption import (
    map_caption,
    maps_width,
    rows_caption,
)
from rnn_tui.tui.states_page.maps_table import Map
from rnn_tui.tui.states_page.minimap import RunStrip
from rnn_tui.tui.states_page.moments import PageCache
from rnn_tui.tui.states_page.parts import Extras, Lines, Moment
from rnn_tui.tui.states_page.rows import Lane, Row, fitted
from rnn_tui.tui.terminal.text_width import by_parts

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import CellTrace, ModelTrace


class PageLines:
    """Everything of a page that is text: made anew at every timestep, or once
    a page where time changes nothing about it.
    """

    def __init__(
        self,
        trace: ModelTrace,
        cell: CellTrace,
        run: CellTrace,
        maps: Sequence[Map],
        grid: Grid,
        look: Look,
        lines: Lines,
        extras: Extras,
        order: UnitOrder,
        kept: PageCache,
        *,
        fit: bool,
    ) -> None:
        self._cell = cell
        self._run = run
        self._maps = maps
        self._grid = grid
        self._look = look
        self._lines = lines
        self._extras = extras
        self._order = order
        self._kept = kept
        self._fit = fit
        self._input = InputLane(trace, cell, grid, look, lines.input, kept)

    @cached_property
    def strip(self) -> RunStrip:
        """The whole of the run on one line, made where it is shown."""
        return RunStrip(self._run, self._grid)

    def around(
        self,
        moment: Moment,
        rows: Sequence[Row],
        vocabulary: Vocabulary | None,
        pointed: tuple[str, str],
        *,
        marked: bool,
    ) -> dict[str, list[Line]]:
        """Return the lines of every part that is shown; `pointed` is the map
        under the mouse and what is said of it, both empty where there is none.
        The column of time may be `marked`.
        """
        keep = self._kept.keep
        which, words = pointed
        said = {which: words}
        shown = {"ruler": [self._ruler(moment)]}
        shown["upper-caption"] = keep(
            ("upper", said.get("upper")),
            lambda: [self._caption(0, moment, said.get("upper", ""))],
        )
        if len(self._maps) > 1:
            shown["lower-caption"] = keep(
                ("lower", said.get("lower")),
                lambda: self._below(
                    self._caption(1, moment, said.get("lower", "")), 1
                ),
            )

        if self._lines.third:
            shown["third-caption"] = keep(
                ("third", moment.place.unit, said.get("third")),
                lambda: self._rows_caption(
                    moment, rows, said.get("third", "gates")
                ),
            )

        if self._lines.input:
            shown["input"] = self._input_lane(moment, vocabulary, marked)

        if self._lines.extra:
            shown["extra"] = self._extra_lanes(moment)

        if self._lines.strip:
            line = self.strip.line(
                moment.place,
                self._look,
                reveals=moment.reveals,
            )
            shown["strip"] = [[self._label("run"), *line]]

        if self._cell.mask is not None:
            shown["mask"] = keep("mask", lambda: [self._mask(moment)])

        return shown

    def _label(self, text: str) -> Segment:
        """Return what is written before a lane."""
        return _label(text, self._look)

    def _ruler(self, moment: Moment) -> Line:
        cells = {id(shown.cell): shown.cell for shown in self._maps}
        one = len(cells) == 1
        cursors = []
        for cell in cells.values():
            t = timestep_of(moment.step, cell.timesteps, cell.reverse)
            cursors.append((t, self._mark(one, cell.reverse)))

        line = ruler(
            self._grid,
            moment.place.t,
            self._look,
            cursors,
            [(self._column(t), sign) for t, sign in self._extras.marks],
        )

        return [self._label("t"), *line]

    def _column(self, t: int) -> int:
        """Return the column that a timestep of the run is in."""
        grid = self._grid
        if grid.whole:
            return column_of(t, grid.whole, grid.timesteps)

        return t

    def _mark(self, one: bool, reverse: bool) -> str:
        """Return the mark of time on the ruler; of two directions each points
        where it goes.
        """
        marks = "v><" if self._look.ascii else "▾▸◂"
        if one:
            return marks[0]
        if reverse:
            return marks[2]

        return marks[1]

    def _rows_caption(
        self,
        moment: Moment,
        rows: Sequence[Row],
        words: str,
    ) -> list[Line]:
        caption = rows_caption(
            moment.place.unit,
            rows,
            self._look,
            self._grid,
            words,
        )

        return self._below(caption, 2)

    def _caption(self, index: int, moment: Moment, pointed: str) -> Line:
        shown = self._maps[index]
        two_directions = shown.channel.direction is not None
        current = two_directions and shown.cell is self._cell

        return map_caption(
            shown.channel,
            self._grid,
            moment.place._replace(unit=moment.row),
            self._look,
            self._order,
            current=current,
            fit=self._fit,
            pointed=pointed,
        )

    def _below(self, line: Line, captions: int) -> list[Line]:
        """Return a caption below a map, after a free line where there is one
        for it.
        """
        if self._lines.gaps >= captions:
            return [message("", self._look), line]

        return [line]

    def _mask(self, moment: Moment) -> Line:
        assert self._cell.mask is not None
        start, stop = moment.span
        mask = self._cell.mask[moment.place.sequence, start:stop].tolist()

        return [
            self._label("mask"),
            *lanes.mask_line(mask, self._look, self._grid.widths),
        ]

    def _input_lane(
        self,
        moment: Moment,
        vocabulary: Vocabulary | None,
        marked: bool,
    ) -> list[Line]:
        lines = self._input.lines(
            moment.place,
            moment.span,
            moment.seen,
            vocabulary,
            marked=marked,
        )
        first, *others = lines
        rest = [[self._label(""), *line] for line in others]

        return [[self._label("input"), *first], *rest]

    @cached_property
    def _room(self) -> int:
        """Cells beside a lane's label: a rail takes what the maps leave."""
        grid = self._grid
        if not self._lines.rail_beside:
            return grid.width

        return maps_width(grid)

    def _extra_lanes(self, moment: Moment) -> list[Line]:
        lines = []
        for lane in self._extras.lanes:
            lines.append(self._extra_lane(lane, moment))
            for words in lane.caption.splitlines():
                shown = by_parts(words, self._room)
                text = Segment(shown, ink(self._look.muted))
                lines.append([self._label(""), text])

        return lines

    def _extra_lane(self, lane: Lane, moment: Moment) -> Line:
        if lane.tokens is not None:
            return self._text_lane(lane, moment)

        row = fitted(lane.row, self._grid)
        label = self._label(row.named(ascii_only=self._look.ascii))
        if lane.heights:
            return [label, *self._heights(row, moment)]

        columns = self._kept.keep(
            ("lane", row.key),
            lambda: lanes.signed_columns(
                row.read(*moment.span, moment.place.sequence),
                row.scale,
                self._look,
                self._grid.widths,
            ),
        )
        line = columns.lines(moment.seen)[0]

        return [label, *line]

    def _heights(self, row: Row, moment: Moment) -> Line:
        return lanes.level_line(
            row.read(*moment.span, moment.place.sequence),
            row.scale.low,
            row.scale.high,
            self._look,
            self._grid.widths,
            moment.seen,
        )

    def _text_lane(self, lane: Lane, moment: Moment) -> Line:
        start, stop = moment.span
        assert lane.tokens is not None
        times = [self._grid.label(column) for column in range(start, stop)]
        line = lanes.token_line(
            lane.tokens(times),
            self._look,
            self._grid.widths,
            moment.place.t - start,
            moment.seen.tolist(),
        )

        return [self._label(lane.row.named(ascii_only=self._look.ascii)), *line]


@lru_cache(maxsize=256)
def _label(text: str, look: Look) -> Segment:
    free = max(GUTTER - 1 - cell_len(text), 0)

    return Segment(" " * free + text + " ", ink(look.muted))
