"""The States view: hidden and cell state as units × timesteps, revealed
timestep by timestep.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive

from rnn_tui.analysis.table import Table
from rnn_tui.tui.renderables.numbers import MOVING, STILL
from rnn_tui.tui.session.analyses import question_of as question_about
from rnn_tui.tui.session.cursor import Place
from rnn_tui.tui.session.influence import (
    known_influence,
    question_of,
)
from rnn_tui.tui.session.session import Session, Subject, moved, ordered
from rnn_tui.tui.session.so_far import SO_FAR
from rnn_tui.tui.session.unit_order import UnitOrder
from rnn_tui.tui.states_page.channels import picture
from rnn_tui.tui.states_page.layout import zoomed
from rnn_tui.tui.states_page.page import Stage
from rnn_tui.tui.states_page.parts import Extras, Pointer
from rnn_tui.tui.states_page.questions import wanted
from rnn_tui.tui.text.nothing import why_nothing
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.views.base import MovingView
from rnn_tui.tui.views.requests import Moved, Wanted
from rnn_tui.tui.views.states_body import Choice, StatesBody, stage_of
from rnn_tui.tui.widgets.heat import HeatMap
from rnn_tui.tui.widgets.time_line import TimeLine


class StatesView(MovingView):
    """Moves about in units and timesteps, and chooses quantities, pixels and
    how much of a long run is seen.
    """

    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = (
        ("space", "play"),
        ("←→", "time"),
        ("↑↓", "unit"),
        ("m M", "maps"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "page(-1, 0)", show=False),
        Binding("pagedown", "page(1, 0)", show=False),
        Binding("K,shift+pageup", "page(0, -1)", show=False),
        Binding("J,shift+pagedown", "page(0, 1)", show=False),
        Binding("m", "map('upper')", show=False, id="map.upper"),
        Binding("M", "map('lower')", show=False, id="map.lower"),
        Binding("u", "unit_rail", show=False),
        Binding("z", "zoom(1)", show=False),
        Binding("Z", "zoom(-1)", show=False),
        Binding("f", "fit", show=False),
        Binding("S", "order", show=False),
        Binding("c", "pin", show=False),
        Binding("p", "pixel(1)", show=False),
        Binding("P", "pixel(-1)", show=False),
    ]

    choice: reactive[Choice] = reactive(Choice, init=False, repaint=False)
    extras: reactive[Extras] = reactive(Extras, init=False, repaint=False)
    """What is shown beside the cell's own quantities."""

    def __init__(self) -> None:
        super().__init__()
        self._stage: Stage | None = None
        self._played: Subject | None = None
        """The run that time last ran through, None before."""
        self._pointer: Pointer | None = None
        self._order_asked = False
        """Whether the units are to be ordered once a ranking is known."""

    def compose(self) -> ComposeResult:
        """One page."""
        yield StatesBody()

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._rebuild())

    def on_resize(self, event: events.Resize) -> None:
        """Lay the page out anew."""
        self._rebuild()
        self.drawing.now()

    def watch_session(self, before: Session, session: Session) -> None:
        """Follow the place; another cell or sequence has another page."""
        if _is_elsewhere(before, session):
            self._stage = None
            self._pointer = None

        if self._order_asked and session.subject is not before.subject:
            self.action_order()

        self.drawing.ask()

    def watch_playing(self, playing: bool) -> None:
        """From the first time a run is played, show where time is in it."""
        if playing:
            self._played = self.session.subject

        super().watch_playing(playing)

    def watch_choice(self) -> None:
        """Show what was chosen."""
        self._rebuild()

    def watch_extras(self) -> None:
        """Show what else there is."""
        self._rebuild()

    def _rebuild(self) -> None:
        self._stage = None
        self._pointer = None
        self.drawing.ask()

    @property
    def stage(self) -> Stage | None:
        """What there is to show in the room there is, None where there is
        nothing or no room.
        """
        if self._stage is None and self.display and self.size.width:
            self._stage = stage_of(
                self.session,
                self.choice,
                self.size,
                look_of(self.app),
                self.extras,
            )

        return self._stage

    def draw(self) -> None:
        """Draw the place."""
        # each look at a reactive takes some calls, and this comes at every
        # timestep
        session = self.session
        playing = self.playing
        self._ask(session, playing)
        body = self.query_one(StatesBody)
        stage = self.stage
        if stage is None:
            body.say(why_nothing(session))
        else:
            stage.reveals = _same_run(self._played, session.subject)
            stage.moving = playing
            stage.pointer = self._pointer
            body.draw(
                stage,
                session.cursor,
                MOVING if playing else STILL,
                self.choice.only_unit,
                session,
            )

    def _ask(self, session: Session, playing: bool) -> None:
        """Ask for what is to be shown and isn't known."""
        stage = self.stage
        has_rail = stage is not None and stage.rail_beside
        for question in wanted(session, has_rail, playing):
            self.post_message(Wanted(question))

    def on_heat_map_picked(self, event: HeatMap.Picked) -> None:
        """Go to the clicked unit and timestep."""
        event.stop()
        self.focus()
        if self.stage is None:
            return

        t = self.stage.grid.label(event.t)
        # the rows of the third map are no units
        if event.heat.id == "third":
            self.move(t=t)
        else:
            self.move(unit=self.stage.unit_of(event.unit), t=t)

    def on_heat_map_pointed(self, event: HeatMap.Pointed) -> None:
        """Say what is under the mouse."""
        event.stop()
        which = event.heat.id or ""
        if event.at is not None:
            self._pointer = Pointer(which, *event.at)
        elif self._pointer is not None and self._pointer.which == which:
            self._pointer = None

        self.drawing.ask()

    def on_time_line_touched(self, event: TimeLine.Touched) -> None:
        """Go to the timestep under the mouse, or to the pixel."""
        event.stop()
        self.focus()
        stage = self.stage
        if stage is None:
            return

        if event.line.id == "rail":
            body = self.query_one(StatesBody)
            pixel = body.pixel_at(stage, event.x, event.y)
            if pixel is not None:
                self.choice = self.choice._replace(pixel=pixel)
        else:
            find = stage.touched(event.line.id or "", event.x)
            self.post_message(Moved(partial(_touched, find)))

    def action_time(self, by: int) -> None:
        """Move in the input's time, by a column where that is a stretch of
        it.
        """
        stage = self.stage
        if stage is not None and stage.grid.whole:
            self.post_message(Moved(partial(_by_columns, stage, by)))
        else:
            self.step(t=by)

    def action_page(self, t: int, unit: int) -> None:
        """Turn pages of time and of units."""
        if self.stage is None:
            return

        grid = self.stage.grid
        if t:
            self.action_time(t * grid.columns)

        if unit:
            self.step(unit=unit * grid.rows)

    def action_map(self, which: str) -> None:
        """Show the next quantity in the upper or lower map."""
        if self.stage is not None:
            self.choice = self.choice.of_map(which, self.stage.next_name(which))

    def show_quantity(self, name: str) -> None:
        """Show a quantity by its name in the upper map."""
        self.choice = self.choice.of_map("upper", name)

    def action_zoom(self, by: int) -> None:
        """Show twice or half as many timesteps of a long run; after the whole
        of it come its timesteps again.
        """
        stage = self.stage
        if stage is not None:
            zoom = zoomed(
                stage.run.timesteps,
                stage.grid.width,
                self.choice.zoom,
                by,
            )
            self.choice = self.choice._replace(zoom=zoom)

    def action_order(self) -> None:
        """Order the units by the next ranking; after the last one as they are
        stored.
        """
        if self.session.cell is None:
            return

        from rnn_tui.tui.units_page.known import known_of
        from rnn_tui.tui.units_page.rankings import rankings

        found = rankings(known_of(self.session))
        self._order_asked = not found
        if not found:
            self.post_message(Wanted(question_about(self.session, "units")))
            return

        names = ["", *(ranking.name for ranking in found)]
        now = self.session.order.ranking
        at = names.index(now) if now in names else 0
        following = (at + 1) % len(names)
        if following:
            ranking = found[following - 1]
            units = tuple(ranking.order().tolist())
            self._order(lambda order: order.by(ranking.name, units))
        else:
            self._order(lambda order: order.by("", ()))

    def action_pin(self) -> None:
        """Keep the selected unit at the top, to compare it; or no longer."""
        unit = self.session.cursor.unit
        self._order(lambda order: order.with_pinned(unit))

    def _order(self, change: Callable[[UnitOrder], UnitOrder]) -> None:
        self.post_message(Moved(partial(ordered, change=change)))

    def action_fit(self) -> None:
        """Draw each unit on its own scale, or all of them on one again."""
        self.choice = self.choice._replace(fit=not self.choice.fit)

    def action_pixel(self, by: int) -> None:
        """Show another pixel of a picture; before the first and after the last
        is the mean of all.
        """
        if self.session.cell is not None:
            self.choice = self.choice.other_pixel(
                by,
                picture(self.session.cell),
            )

    def action_unit_rail(self) -> None:
        """Show the selected unit instead of the maps, or the maps again."""
        self.choice = self.choice._replace(only_unit=not self.choice.only_unit)

    def copied(self) -> tuple[str, str] | None:
        """Return the value at the cross of unit and timestep."""
        if self.stage is None:
            return None

        return self.stage.copied(self.session.cursor)

    def shown_table(self) -> Table | None:
        """Return which timesteps mattered, where that is shown; otherwise what
        the maps show, as a trace's file has it.
        """
        influence = known_influence(self.session)
        if influence is not None:
            return influence.table()
        if self.stage is None:
            return None

        return self.stage.table(self.session.cursor)


def _is_elsewhere(before: Session, session: Session) -> bool:
    """Whether another cell or sequence is shown, or its tokens have other
    names.
    """
    return (
        before.cell is not session.cell
        or before.cursor.sequence != session.cursor.sequence
        or before.differing != session.differing
        or before.reference is not session.reference
        or _so_far(before) is not _so_far(session)
        or before.influence is not session.influence
        or _is_another_influence(before, session)
        or before.order != session.order
        or before.subject.vocabulary is not session.subject.vocabulary
    )


def _is_another_influence(before: Session, session: Session) -> bool:
    """Whether the lane of influence shows something else: another question, or
    an answer that has come.
    """
    if session.influence is None:
        return False

    same_answers = before.subject.answers is session.subject.answers

    return not same_answers or question_of(before) != question_of(session)


def _so_far(session: Session) -> object:
    return session.subject.answers.get(SO_FAR)


def _same_run(played: Subject | None, subject: Subject) -> bool:
    """Whether the run that was played is the one that is shown: the same
    sequence on the same model, as far as it is computed by now.
    """
    if played is None:
        return False

    same_model = played.opened is subject.opened

    return same_model and played.texts == subject.texts


def _touched(find: Callable[[Place], int], session: Session) -> Session:
    """Return the session at the timestep that was touched."""
    return moved(session, t=find(session.cursor))


def _by_columns(stage: Stage, by: int, session: Session) -> Session:
    """Return the session so many columns on, where a column is a stretch of
    time.
    """
    column = stage.seen(session.cursor).t + by

    return moved(session, t=stage.grid.label(column))
