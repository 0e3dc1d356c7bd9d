"""The States view: hidden and cell state as units × timesteps, revealed timestep by
timestep.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from rnn_tui.analysis.table import Table
from rnn_tui.tui.renderables.grid import GUTTER
from rnn_tui.tui.renderables.lanes import messages
from rnn_tui.tui.renderables.numbers import MOVING, STILL
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.states_page.channels import picture
from rnn_tui.tui.states_page.layout import build
from rnn_tui.tui.states_page.page import Stage, Vocabulary
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.views.states_keys import StatesKeys
from rnn_tui.tui.widgets.drawn import Drawn
from rnn_tui.tui.widgets.heat import HeatMap

if TYPE_CHECKING:
    from rnn_tui.engine.trace.trace import ModelTrace

RAIL_WIDTH = 46
RAIL_FROM = 112
"""The narrowest view that has room for the rail beside the maps."""

LINES = (
    "input",
    "mask",
    "ruler",
    "strip",
    "upper-caption",
    "lower-caption",
    "now",
    "rail",
)


class StatesView(StatesKeys):
    """Two maps of the cell in question on one axis of time, the lanes above them, the
    selected unit beside them.
    """

    DEFAULT_CSS = """
    StatesView #maps { width: 1fr; padding: 0 1; }
    StatesView #rail { width: 46; padding: 0 1 0 1; height: 100%; }
    StatesView Drawn { height: 1; width: 100%; }
    StatesView HeatMap { height: auto; }
    StatesView .gutter { height: 100%; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._drawn = {name: Drawn(id=name) for name in LINES}
        self._maps = {name: HeatMap(id=name) for name in ("upper", "lower")}

    def compose(self) -> ComposeResult:
        """The lanes and maps, and the rail."""
        with Horizontal():
            with Vertical(id="maps"):
                yield from (
                    self._drawn["input"],
                    self._drawn["mask"],
                    self._drawn["ruler"],
                    self._drawn["strip"],
                )
                yield from (self._drawn["upper-caption"], self._maps["upper"])
                yield from (self._drawn["lower-caption"], self._maps["lower"])
                yield self._drawn["now"]

            yield self._drawn["rail"]

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.rebuild())

    def on_resize(self, event: events.Resize) -> None:
        """Lay the page out anew."""
        self.rebuild()

    def shown_again(self) -> None:
        """Draw what changed while another view was shown."""
        self.rebuild()

    def watch_opened(self) -> None:
        """Say what there is of another file."""
        self.rebuild()

    def watch_trace(self, trace: ModelTrace | None) -> None:
        """Show another run."""
        self.rebuild()

    def watch_place(self, before: Place, place: Place) -> None:
        """Follow the place."""
        if before.cell != place.cell or before.sequence != place.sequence:
            self.rebuild()
        else:
            self.update_page()

    def watch_playing(self, playing: bool) -> None:
        """Write numbers shorter while they run."""
        self.update_page()

    def watch_upper(self, name: str) -> None:
        """Show another quantity in the upper map."""
        self.rebuild()

    def watch_lower(self, name: str) -> None:
        """Show another quantity in the lower map."""
        self.rebuild()

    def watch_only_unit(self, only: bool) -> None:
        """Fold or unfold the rail."""
        self.rebuild()

    def watch_zoom(self, zoom: bool) -> None:
        """Show the whole run, or a page of it."""
        self.rebuild()

    def watch_pixel(self, pixel: int) -> None:
        """Show another pixel."""
        self.rebuild()

    def rebuild(self) -> None:
        """Lay out what there is to show in the room there is."""
        if not self.is_mounted:
            return

        self._stage = None  # what was drawn of another run is over, room or none
        if not self.display or not self.size.width:
            return

        cell = self.cell
        wide = self.size.width >= RAIL_FROM
        self.query_one("#maps").display = cell is None or wide or not self.only_unit
        self.query_one("#rail").display = cell is not None and (wide or self.only_unit)
        if cell is None or self.trace is None:
            self._show_empty()
            return

        room = self.size.width - (RAIL_WIDTH if wide else 0) - 2 - GUTTER
        self._stage = build(
            self.trace,
            cell,
            (self.upper, self.lower),
            (room, self.size.height),
            look_of(self.app),
            rail_beside=wide,
            zoom=self.zoom,
            pixel=self.pixel
            if 0 <= self.pixel < math.prod(picture(cell) or (0,))
            else None,
        )
        self._stage.vocabulary = self._vocabulary()
        if wide:
            self.query_one("#rail").styles.width = RAIL_WIDTH
        else:
            self.query_one("#rail").styles.width = self.size.width

        self._lay_out(self._stage)
        self.update_page()

    def update_page(self) -> None:
        """Draw the place: what changes when time or unit move."""
        shown = self._stage
        if shown is None or not self.display or not self.is_mounted:
            return

        place = self.place
        for name, line in shown.lanes(place).items():
            self._drawn[name].draw(line)

        for name, page in shown.pages(place).items():
            self._maps[name].show(page)

        digits = MOVING if self.playing else STILL
        rail = self._drawn["rail"]
        if rail.display:
            width = RAIL_WIDTH if shown.rail_beside else self.size.width
            rail.draw(shown.rail(place, width - 2, self.size.height, digits))

    def _lay_out(self, shown: Stage) -> None:
        for name, height in shown.heights().items():
            widget = self.query_one(f"#{name}")
            widget.display = height > 0
            widget.styles.height = height

    def _show_empty(self) -> None:
        for name in (
            "mask",
            "ruler",
            "strip",
            "upper-caption",
            "upper",
            "lower-caption",
            "lower",
            "now",
        ):
            self.query_one(f"#{name}").display = False

        said = self._drawn["input"]
        lines = messages(self.nothing, look_of(self.app), self.size.width - 2)
        said.display, said.styles.height = True, len(lines)
        said.draw(lines)

    def _vocabulary(self) -> Vocabulary | None:
        """What the token ids stand for, where the screen knows it."""
        return getattr(self.screen, "vocabulary", None)

    def on_heat_map_picked(self, event: HeatMap.Picked) -> None:
        """Go to the clicked unit and timestep."""
        event.stop()
        self.focus()
        if self._stage is None:
            t = event.t
        else:
            t = self._stage.grid.label(event.t)

        self.post_message(self.Moved(replace(self.place, unit=event.unit, t=t)))

    def copied(self) -> tuple[str, str] | None:
        """Return the value at the cross of unit and timestep."""
        if self._stage is None:
            return None

        return self._stage.copied(self.place)

    def shown_table(self) -> Table | None:
        """Return the page of the upper map as a table: a row for each timestep, a
        column for each unit.
        """
        if self._stage is None:
            return None

        return self._stage.table(self.place)
