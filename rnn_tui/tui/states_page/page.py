"""What the States view shows of one cell in the room there is: which maps, how high,
and every line at a place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from rich.segment import Segment

from rnn_tui.analysis.table import ShownTable
from rnn_tui.engine.cells.kinds import symbol
from rnn_tui.engine.core.arrays import Array
from rnn_tui.tui.renderables import lanes
from rnn_tui.tui.renderables.grid import GUTTER, Grid
from rnn_tui.tui.renderables.heat_page import HeatPage
from rnn_tui.tui.renderables.lanes import message
from rnn_tui.tui.renderables.palette import Look, ink
from rnn_tui.tui.renderables.scales import signed_scale
from rnn_tui.tui.renderables.unit_column import Drawing, rail
from rnn_tui.tui.session import tokens as reading
from rnn_tui.tui.session.cursor import Place, seen_whole
from rnn_tui.tui.session.playback import timestep_of
from rnn_tui.tui.states_page.channels import Quantity, revealed
from rnn_tui.tui.states_page.minimap import RunStrip
from rnn_tui.tui.states_page.page_cache import PageCache
from rnn_tui.tui.states_page.unit_panel import UnitPage, choices

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace

Line: TypeAlias = list[Segment]
Vocabulary: TypeAlias = Mapping[str, int] | Sequence[str]


class Stage:
    """One cell (and its sibling of the other direction), two quantities and a grid they
    share.
    """

    def __init__(
        self,
        trace: ModelTrace,
        maps: Sequence[Quantity],
        grid: Grid,
        look: Look,
        lines: int,
        rail_beside: bool,
    ) -> None:
        self.trace = trace
        self.cell = self.run = maps[0].cell
        """What is drawn, and the run itself: another one where it is zoomed out."""
        self.strip = 0
        """Lines of the strip that shows the whole run."""
        self.maps = maps
        self.grid = grid
        self.look = look
        self.lines = lines
        self.rail_beside = rail_beside
        self._kept = PageCache()
        self._run_strip: RunStrip | None = None
        self.gap = False
        """Whether there is room for a free line between the maps."""
        self.vocabulary: Vocabulary | None = None

    def heights(self) -> dict[str, int]:
        """Return the height of every part, 0 for those that aren't shown."""
        two = len(self.maps) > 1
        return {
            "input": self.lines,
            "mask": 1 if self.cell.mask is not None and self.lines else 0,
            "ruler": 1,
            "strip": self.strip,
            "upper-caption": 1,
            "upper": self.grid.used_lines,
            "lower-caption": (2 if self.gap else 1) if two else 0,
            "lower": self.grid.used_lines if two else 0,
            "now": 0 if self.rail_beside or not self.lines else 1,
        }

    def seen(self, place: Place) -> Place:
        """Return the place as it is drawn: its column where the run is zoomed out."""
        if self.grid.whole:
            return seen_whole(place, self.run.timesteps, self.cell.timesteps)

        return place

    def step(self, place: Place) -> int:
        """Return how many timesteps the cell has read before the place's."""
        return timestep_of(place.t, self.cell.timesteps, self.cell.reverse)

    def pages(self, place: Place) -> dict[str, HeatPage]:
        """Return what the maps show."""
        place = self.seen(place)
        step = self.step(place)

        return {
            name: HeatPage(
                quantity,
                self.grid,
                place.t,
                place.unit,
                revealed(quantity.cell, step),
                self.look,
                place.sequence,
            )
            for name, quantity in zip(("upper", "lower"), self.maps, strict=False)
        }

    def lanes(self, place: Place) -> dict[str, list[Line]]:
        """Return the lines around the maps."""
        place = self.seen(place)
        self._turn(place)
        start = self.grid.first_timestep(place.t)
        stop = min(start + self.grid.columns, self.grid.timesteps)
        shown = {
            "ruler": [self._ruler(place)],
            "upper-caption": [
                self._kept.keep("upper", lambda: self._caption(0, place))
            ],
        }
        if len(self.maps) > 1:
            lower = self._kept.keep("lower", lambda: self._caption(1, place))
            if self.gap:
                shown["lower-caption"] = [message("", self.look), lower]
            else:
                shown["lower-caption"] = [lower]

        if self.lines:
            shown["input"] = self._input(place, start, stop)
            shown["now"] = [self._now(place)]

        if self.strip:
            self._run_strip = self._run_strip or RunStrip(self.run)
            shown["strip"] = [
                [
                    self._label("whole"),
                    *self._run_strip.line(self.grid, place, self.look),
                ]
            ]

        if self.cell.mask is not None:
            shown["mask"] = self._kept.keep(
                "mask", lambda: [self._mask(place, start, stop)]
            )

        return shown

    def rail(self, place: Place, width: int, height: int, digits: int) -> list[Line]:
        """Return the selected unit's quantities, now and over the page."""
        place = self.seen(place)
        when = f" at t {self.grid.label(place.t)}"
        if self.grid.whole:
            when = (
                " means of t "
                f"{self.grid.label(place.t)}–{self.grid.label(place.t + 1) - 1}"
            )

        title = [
            Segment(f"unit {place.unit}", ink(self.look.accent, bold=True)),
            Segment(when, ink(self.look.muted)),
        ]
        self._turn(place)
        courses = self._unit().courses(place, self.step(place))

        def keep(key: Hashable, make: Callable[[], Drawing]) -> Drawing:
            return self._kept.keep((place.unit, key), make)

        return [
            title,
            message("", self.look),
            *rail(courses, self.look, width, height - 2, digits, keep),
        ]

    def next_name(self, which: str) -> str:
        """Return the quantity after the one a map shows."""
        names = choices(self.cell)
        index = 0 if which == "upper" else 1
        if index >= len(self.maps):
            return names[0]

        now = self.maps[index].name
        beside = {
            other.name
            for other in self.maps
            if other is not self.maps[index] and other.cell is self.cell
        }
        following = names[names.index(now) + 1 :] + names

        return next(name for name in following if name not in beside)

    def copied(self, place: Place) -> tuple[str, str]:
        """Return the upper map's value at the place, named."""
        quantity = self.maps[0]
        if self.grid.whole:
            source = Quantity(self.run, quantity.name, quantity.pixel)
        else:
            source = quantity

        value = source.read(place.t, place.t + 1, place.sequence)[0, place.unit]

        return f"{quantity.name} of unit {place.unit} at t {place.t}", repr(
            float(value)
        )

    def table(self, place: Place) -> ShownTable:
        """Return the upper map's page as a table."""
        quantity = self.maps[0]
        place = self.seen(place)
        start = self.grid.first_timestep(place.t)
        values = quantity.read(start, start + self.grid.columns, place.sequence)
        columns = (
            "timestep",
            *(f"{quantity.name}[{unit}]" for unit in range(values.shape[1])),
        )
        rows = [
            (self.grid.label(start + row), *line)
            for row, line in enumerate(values.tolist())
        ]

        return ShownTable(f"{quantity.cell.key}-{quantity.name}", columns, rows)

    def _label(self, text: str) -> Segment:
        return Segment(text.rjust(GUTTER - 1)[: GUTTER - 1] + " ", ink(self.look.muted))

    def _ruler(self, place: Place) -> Line:
        step = self.step(place)
        ascii_only = self.look.ascii
        cells = {quantity.cell.key: quantity.cell for quantity in self.maps}
        cursors = []
        for cell in cells.values():
            if cell.reverse:
                if ascii_only:
                    arrow = "<"
                else:
                    arrow = "◂"
            elif ascii_only:
                arrow = ">"
            else:
                arrow = "▸"

            down = "v" if ascii_only else "▾"
            cursors.append(
                (
                    timestep_of(step, cell.timesteps, cell.reverse),
                    arrow if len(cells) > 1 else down,
                )
            )

        return [self._label("t"), *lanes.ruler(self.grid, place.t, self.look, cursors)]

    def _caption(self, index: int, place: Place) -> Line:
        quantity = self.maps[index]
        about = [quantity.meaning]
        if quantity.cell.direction is not None:
            about.insert(0, quantity.cell.direction)

        if quantity.where:
            about.append(quantity.where)

        if self.grid.whole:
            about.append(
                f"means of {self.grid.whole / self.grid.timesteps:.3g} timesteps"
            )

        if self.grid.rows < self.grid.units:
            first = self.grid.first_unit(place.unit)
            about.append(
                f"units {first}–{min(first + self.grid.rows, self.grid.units) - 1} of "
                f"{self.grid.units}"
            )

        if self.grid.columns < self.grid.timesteps:
            start = self.grid.first_timestep(place.t)
            about.append(
                f"t {start}–{min(start + self.grid.columns, self.grid.timesteps) - 1}"
            )

        name = symbol(quantity.name, plain=self.look.ascii)
        width = max(self.grid.columns * self.grid.cells, min(self.grid.width, 60))
        mine = quantity.cell is self.cell and quantity.cell.direction is not None
        indent = Segment(" " * GUTTER, ink(self.look.muted))

        return [
            indent,
            *lanes.caption(
                name, about, quantity.scale(), self.look, width, current=mine
            ),
        ]

    def _mask(self, place: Place, start: int, stop: int) -> Line:
        assert self.cell.mask is not None
        mask = self.cell.mask[place.sequence, start:stop].tolist()
        return [self._label("mask"), *lanes.mask_line(mask, self.look, self.grid.cells)]

    def _input(self, place: Place, start: int, stop: int) -> list[Line]:
        cells = self.grid.cells
        step = self.step(place)
        first, last = revealed(self.cell, step)
        when = np.arange(start, stop)
        seen = (when >= first) & (when <= last)
        words = self._kept.keep("words", lambda: self._words(place, start, stop))
        label = self._label("input")
        if words is not None:
            line = lanes.token_line(
                words, self.look, cells, place.t - start, seen.tolist()
            )
            return [[label, *line]]

        values = self._kept.keep("features", lambda: self._features(place, start, stop))
        if len(values) == 1:
            low = float(np.nanmin(values))
            high = float(np.nanmax(values))
            return [
                [label, *lanes.level_line(values[0], low, high, self.look, cells, seen)]
            ]

        scale = self._kept.keep("scale", lambda: signed_scale(values))
        lines = lanes.feature_lines(values, scale, self.look, cells, seen, self.lines)
        blank = self._label("")

        return [[label if not k else blank, *line] for k, line in enumerate(lines)]

    def _words(self, place: Place, start: int, stop: int) -> list[str] | None:
        """The tokens of the page, None where features were read; ids stand for
        themselves where they fit.
        """
        ids = reading.token_ids(self.trace, self.cell, start, stop, place.sequence)
        if ids is None:
            words = None
        else:
            words = reading.tokens(ids, self.vocabulary)

        if words is None and ids is not None and self.grid.cells >= 3:
            return [str(token) for token in ids.tolist()]

        return words

    def _features(self, place: Place, start: int, stop: int) -> Array:
        """The features of the page, `(features, timesteps)`, as many as are shown."""
        x = self.cell.read_input(start, stop)[place.sequence]
        features: Array
        if x.ndim > 2:
            features = x.mean(axis=tuple(range(1, x.ndim - 1)))
        else:
            features = x

        return features.T

    def _now(self, place: Place) -> Line:
        """The selected unit's values on one line, where there is no room for the
        rail.
        """
        number = Segment(
            f"{place.unit}".rjust(GUTTER - 1) + " ", ink(self.look.accent, bold=True)
        )
        return [number, *self._unit().now(place)]

    def _unit(self) -> UnitPage:
        return UnitPage(self.cell, self.maps[0].pixel, self.grid, self.look, self._kept)

    def _turn(self, place: Place) -> None:
        """Turn to the place's page, forgetting what was kept for another."""
        first = self.grid.first_timestep(place.t), self.grid.first_unit(place.unit)
        self._kept.turn((*first, place.sequence, self.cell.filled))
