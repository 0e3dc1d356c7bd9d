"""The States view: hidden and cell state as units × timesteps, revealed
timestep by timestep.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import reactive

from rnn_tui.analysis.table import Table
from rnn_tui.tui.renderables.numbers import MOVING, STILL
from rnn_tui.tui.renderables.palette import Look
from rnn_tui.tui.session.influence import (
    known_influence,
    question_of,
)
from rnn_tui.tui.session.session import Session, Subject
from rnn_tui.tui.session.so_far import SO_FAR
from rnn_tui.tui.states_page.page import Stage
from rnn_tui.tui.states_page.questions import wanted
from rnn_tui.tui.text.nothing import why_nothing
from rnn_tui.tui.theme.palette import look_of
from rnn_tui.tui.views.pixel_keys import PixelView
from rnn_tui.tui.views.requests import Wanted
from rnn_tui.tui.views.states_body import Choice, StatesBody, stage_of
from rnn_tui.tui.views.states_keys import BINDINGS, StatesKeys
from rnn_tui.tui.views.states_mouse import StatesMouse

FOOTER = (
    ("space", "play"),
    ("←→", "time"),
    ("↑↓", "unit"),
    ("m M", "maps"),
    ("i", "what mattered"),
    ("x", "unit off"),
)
"""The keys that matter here."""


class StatesView(PixelView):
    """Moves about in units, timesteps and pixels, and chooses quantities and
    how much of a long run is seen.
    """

    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = FOOTER
    BINDINGS: ClassVar[list[BindingType]] = list(BINDINGS)

    choice: reactive[Choice] = reactive(Choice, init=False, repaint=False)

    def __init__(self) -> None:
        super().__init__()
        self._mouse = StatesMouse(self)
        self._body = StatesBody(self._mouse)
        self._look: Look | None = None
        self._stage: Stage | None = None
        self._played: Subject | None = None
        """The run that time last ran through, None before."""
        self._keys = StatesKeys(self)

    def compose(self) -> ComposeResult:
        """One page."""
        yield self._body

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, self._follow_theme)

    def _follow_theme(self, _: object) -> None:
        self._look = None
        self._rebuild()

    def on_resize(self, event: events.Resize) -> None:
        """Lay the page out anew."""
        self._rebuild()
        self.drawing.now()

    def watch_session(self, before: Session, session: Session) -> None:
        """Follow the place; another cell or sequence has another page."""
        if _is_elsewhere(before, session):
            self._stage = None
            self._mouse.pointer = None

        self._keys.influence_asked(before)
        if self._keys.order_asked and session.subject is not before.subject:
            self._keys.order()

        self.drawing.ask()

    def set_playing(self, playing: bool) -> None:
        """From the first time a run is played, show where time is in it."""
        if playing:
            self._played = self.session.subject

        super().set_playing(playing)

    def watch_choice(self) -> None:
        """Show what was chosen."""
        self._rebuild()

    def _rebuild(self) -> None:
        self._stage = None
        self._mouse.pointer = None
        self.drawing.ask()

    @property
    def stage(self) -> Stage | None:
        """What there is to show in the room there is, None where there is
        nothing or no room.
        """
        if self._stage is None and self.display and self.size.width:
            self._look = self._look or look_of(self.app)
            self._stage = stage_of(
                self.session,
                self.choice,
                self.size,
                self._look,
            )

        return self._stage

    def draw(self) -> None:
        """Draw the place."""
        session = self.session
        stage = self.stage
        has_notes = False
        if stage is not None:
            has_notes = stage.rail_beside and stage.has_notes

        for question in wanted(session, has_notes, self.playing):
            self.post_message(Wanted(question))

        if stage is None:
            self._body.say(why_nothing(session))
            return

        stage.reveals = _same_run(self._played, session.subject)
        stage.moving = self.playing
        stage.pointer = self._mouse.pointer
        self._body.draw(
            stage,
            session.cursor,
            MOVING if self.playing else STILL,
            self.choice.only_unit,
            session,
        )

    def action_time(self, by: int) -> None:
        """Move in the input's time, by columns."""
        self._keys.time(by)

    def action_choose(self, name: str, *given: object) -> None:
        """Carry out a key that chooses what is shown."""
        getattr(self._keys, name)(*given)

    def show_quantity(self, name: str) -> None:
        """Show a quantity by its name in the upper map."""
        self._keys.quantity(name)

    def copied(self) -> tuple[str, str] | None:
        """Return the value at the cross of unit and timestep."""
        if self.stage is None:
            return None

        return self.stage.copied(self.session.cursor)

    def shown_table(self) -> Table | None:
        """Return which timesteps mattered, where that is shown; otherwise what
        the maps show, as a trace's file has it.
        """
        return _shown_table(self.session, self.stage)


def _is_elsewhere(before: Session, session: Session) -> bool:
    """Whether another cell or sequence is shown, or its tokens have other
    names.
    """
    cursor = session.cursor
    same_run = (
        before.subject is session.subject
        and before.cursor.cell == cursor.cell
        and before.cursor.sequence == cursor.sequence
        and before.cursor.pixel == cursor.pixel
        and before.reference is session.reference
        and before.unit_order is session.unit_order
    )
    if same_run and session.influence is None:
        # only the place may be another one, as at every timestep of playback
        return before.influence is not None or (
            before.differing != session.differing
        )

    return (
        before.cell is not session.cell
        or before.cursor.sequence != session.cursor.sequence
        or before.cursor.pixel != session.cursor.pixel
        or before.differing != session.differing
        or before.reference is not session.reference
        or before.subject.columns is not session.subject.columns
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
    same_t = before.cursor.t == session.cursor.t

    return not (same_answers and same_t) or question_of(before) != question_of(
        session
    )


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


def _shown_table(session: Session, stage: Stage | None) -> Table | None:
    influence = known_influence(session)
    if influence is not None:
        return influence.table()
    if stage is None:
        return None

    return stage.table(session.cursor)
