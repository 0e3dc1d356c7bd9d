"""The States view: hidden and cell state as units × timesteps, revealed timestep by
timestep.
"""

from __future__ import annotations

import math
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive

from rnn_tui.analysis.table import ShownTable
from rnn_tui.tui.renderables.numbers import MOVING, STILL
from rnn_tui.tui.session.session import Session, moved
from rnn_tui.tui.states_page.channels import picture
from rnn_tui.tui.states_page.layout import build
from rnn_tui.tui.states_page.page import Stage
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.views.base import MovingView
from rnn_tui.tui.views.states_body import StatesBody
from rnn_tui.tui.widgets.heat import HeatMap


class StatesView(MovingView):
    """Moves about in units and timesteps, and chooses quantities, pixels and how much
    of a long run is seen.
    """

    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = (
        ("space", "play"),
        (", .", "step"),
        ("←→", "time"),
        ("↑↓", "unit"),
        ("m M", "maps"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "time_page(-1)", show=False),
        Binding("pagedown", "time_page(1)", show=False),
        Binding("K,shift+pageup", "unit_page(-1)", show=False),
        Binding("J,shift+pagedown", "unit_page(1)", show=False),
        Binding("m", "map('upper')", show=False),
        Binding("M", "map('lower')", show=False),
        Binding("u", "unit_rail", show=False),
        Binding("z", "zoom", show=False),
        Binding("p", "pixel(1)", show=False),
        Binding("P", "pixel(-1)", show=False),
    ]

    upper: reactive[str] = reactive("", init=False, repaint=False)
    """The quantity the upper map shows; empty is the cell's own first choice."""
    lower: reactive[str] = reactive("", init=False, repaint=False)
    only_unit: reactive[bool] = reactive(False, init=False, repaint=False)
    """Whether the rail stands in the maps' place, where there isn't room for both."""
    zoom: reactive[bool] = reactive(False, init=False, repaint=False)
    """Whether a long run is shown as a whole."""
    pixel: reactive[int] = reactive(-1, init=False, repaint=False)
    """Of pictures, the pixel that is shown; below zero the mean of all."""

    def __init__(self) -> None:
        super().__init__()
        self._stage: Stage | None = None

    def compose(self) -> ComposeResult:
        """One page."""
        yield StatesBody()

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._rebuild())

    def on_resize(self, event: events.Resize) -> None:
        """Lay the page out anew."""
        self._rebuild()
        self.draw_now()

    def watch_session(self, before: Session, session: Session) -> None:
        """Follow the place; another cell or sequence has another page."""
        if (
            before.cell is not session.cell
            or before.cursor.sequence != session.cursor.sequence
            or before.subject.vocabulary is not session.subject.vocabulary
        ):
            self._stage = None

        self.draw_soon()

    def watch_upper(self) -> None:
        """Show another quantity in the upper map."""
        self._rebuild()

    def watch_lower(self) -> None:
        """Show another quantity in the lower map."""
        self._rebuild()

    def watch_only_unit(self) -> None:
        """Fold or unfold the rail."""
        self._rebuild()

    def watch_zoom(self) -> None:
        """Show the whole run, or a page of it."""
        self._rebuild()

    def watch_pixel(self) -> None:
        """Show another pixel."""
        self._rebuild()

    def _rebuild(self) -> None:
        self._stage = None
        self.draw_soon()

    @property
    def stage(self) -> Stage | None:
        """What there is to show in the room there is, None where there is nothing or no
        room.
        """
        cell = self.cell
        if self._stage is not None or cell is None or self.trace is None:
            return self._stage

        width, height = self.size
        if not width or not self.display:
            return None

        pixels = math.prod(picture(cell) or (0,))
        self._stage = build(
            self.trace,
            cell,
            (self.upper, self.lower),
            (StatesBody.room(width), height),
            look_of(self.app),
            rail_beside=StatesBody.has_rail(width),
            zoom=self.zoom,
            pixel=self.pixel if 0 <= self.pixel < pixels else None,
        )
        self._stage.vocabulary = self.session.subject.vocabulary

        return self._stage

    def draw(self) -> None:
        """Draw the place."""
        body = self.query_one(StatesBody)
        stage = self.stage
        if stage is None:
            body.say(self.nothing)
        else:
            digits = MOVING if self.playing else STILL
            body.draw(stage, self.place, digits, self.only_unit)

    def on_heat_map_picked(self, event: HeatMap.Picked) -> None:
        """Go to the clicked unit and timestep."""
        event.stop()
        self.focus()
        if self.stage is not None:
            self.move(unit=event.unit, t=self.stage.grid.label(event.t))

    def action_time(self, by: int) -> None:
        """Move in the input's time, by a column where that is a stretch of it."""
        stage = self.stage
        if stage is not None and stage.grid.whole:
            self.post_message(self.Moved(partial(_by_columns, stage, by)))
        else:
            self.step(t=by)

    def action_time_page(self, by: int) -> None:
        """Turn a page of time."""
        if self.stage is not None:
            self.step(t=by * self.stage.grid.columns)

    def action_unit_page(self, by: int) -> None:
        """Turn a page of units."""
        if self.stage is not None:
            self.step(unit=by * self.stage.grid.rows)

    def action_map(self, which: str) -> None:
        """Show the next quantity in the upper or lower map."""
        if self.stage is not None:
            setattr(self, which, self.stage.next_name(which))

    def action_zoom(self) -> None:
        """Show the whole of a long run, or a page of it again."""
        self.zoom = not self.zoom

    def action_pixel(self, by: int) -> None:
        """Show another pixel of a picture; before the first and after the last stands
        the mean of all.
        """
        if self.cell is None or not picture(self.cell):
            return

        pixels = math.prod(picture(self.cell))
        self.pixel = (self.pixel + 1 + by) % (pixels + 1) - 1

    def action_unit_rail(self) -> None:
        """Show the selected unit instead of the maps, or the maps again."""
        self.only_unit = not self.only_unit

    def copied(self) -> tuple[str, str] | None:
        """Return the value at the cross of unit and timestep."""
        if self.stage is None:
            return None

        return self.stage.copied(self.place)

    def shown_table(self) -> ShownTable | None:
        """Return the page of the upper map as a table: a row for each timestep, a
        column for each unit.
        """
        if self.stage is None:
            return None

        return self.stage.table(self.place)


def _by_columns(stage: Stage, by: int, session: Session) -> Session:
    """Return the session so many columns on, where a column is a stretch of time."""
    column = stage.seen(session.cursor).t + by

    return moved(session, t=stage.grid.label(column))
